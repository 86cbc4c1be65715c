// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: the receive buffer of a stage.
//   Keystream 1  ciphertext and keystream are written side by side, and added when the beat is read
//     (as built)
//   Keystream 0  ciphertext alone; the keystream comes when the beat is read
//
// Timing: a beat in and a beat out a clock; the sum one clock behind the read.

module rx_buffer
  import ipsec_offload_pkg::*;
#(
    parameter bit Keystream = 1'b1
) (
    input logic clk_i,
    input logic rst_ni,

    input logic write_i,
    input frame_beat_t beat_i,
    input logic has_ks_i,
    input logic [127:0] ks_i,

    input logic read_i,
    input logic apply_i,
    input logic out_has_ks_i,  // Keystream 0: with the read data
    input logic [127:0] out_ks_i,

    output logic valid_o,
    output frame_beat_t beat_o
);

  localparam int unsigned AddrW = $clog2(StageBeats);

  frame_beat_t buffer_q[StageBeats];
  frame_beat_t read_q;
  logic [AddrW-1:0] wr_q, rd_q;
  logic has_ks;
  logic [127:0] ks;

  always_ff @(posedge clk_i) begin
    if (write_i) buffer_q[wr_q] <= beat_i;
    if (read_i) read_q <= buffer_q[rd_q];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_q <= '0;
      rd_q <= '0;
      valid_o <= 1'b0;
    end else begin
      if (write_i) wr_q <= wr_q + 1'b1;
      if (read_i) rd_q <= rd_q + 1'b1;
      valid_o <= read_i;
    end
  end

  if (Keystream) begin : gen_keystream
    logic [127:0] keystream_q[StageBeats];
    logic buffer_has_ks_q[StageBeats];
    logic read_has_ks_q;
    logic [127:0] read_ks_q;
    always_ff @(posedge clk_i) begin
      if (write_i) buffer_has_ks_q[wr_q] <= has_ks_i;
      if (write_i && has_ks_i) keystream_q[wr_q] <= ks_i;
      if (read_i) begin
        read_has_ks_q <= buffer_has_ks_q[rd_q];
        read_ks_q <= keystream_q[rd_q];
      end
    end
    assign has_ks = read_has_ks_q;
    assign ks = read_ks_q;
    logic unused_ks;
    assign unused_ks = ^{out_has_ks_i, out_ks_i};
  end else begin : gen_late
    assign has_ks = out_has_ks_i;
    assign ks = out_ks_i;
    logic unused_ks;
    assign unused_ks = ^{has_ks_i, ks_i};
  end

  always_comb begin
    beat_o = '0;
    if (valid_o) begin
      beat_o = read_q;
      if (apply_i && has_ks) beat_o.data = read_q.data ^ ks;
    end
  end

endmodule
