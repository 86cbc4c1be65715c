// SPDX-License-Identifier: Apache-2.0
//
// Names the beats that pass a stage boundary, for the simulator: it reads these registers after every
// edge. No other logic depends on them; synthesis drops them.
//
// Timing: an event shows after the edge of its transfer.

module probe_point
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Boundary = 0  // 0: input of the path; s + 1: output of stage s
) (
    input logic clk_i,
    input logic rst_ni,

    input logic xfer_i,
    input frame_beat_t beat_i
);

  logic xfer_q  /*verilator public_flat_rd*/;
  logic [127:0] data_q  /*verilator public_flat_rd*/;
  logic [4:0] bytes_q  /*verilator public_flat_rd*/;
  logic sof_q  /*verilator public_flat_rd*/;
  logic eof_q  /*verilator public_flat_rd*/;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) xfer_q <= 1'b0;
    else xfer_q <= xfer_i;
  end

  always_ff @(posedge clk_i) begin  // qualified by xfer_q
    if (xfer_i) begin
      data_q  <= beat_i.data;
      bytes_q <= beat_i.bytes;
      sof_q   <= beat_i.sof;
      eof_q   <= beat_i.eof;
    end
  end

  logic unused_bad_len;
  assign unused_bad_len = beat_i.bad_len;

  // Integration checks
  logic mid_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) mid_q <= 1'b0;
    else if (xfer_i) mid_q <= !beat_i.eof;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (xfer_i) begin
      assert (beat_i.sof != mid_q)
      else
        $error(
            "probe_point: frames are not whole at boundary %0d (receive %0d)", Boundary, Receive
        );
      assert ((beat_i.bytes != '0 && (beat_i.eof || beat_i.bytes == 5'd16)))
      else
        $error(
            "probe_point: beat of %0d bytes at boundary %0d (receive %0d)",
            beat_i.bytes,
            Boundary,
            Receive
        );
      assert (!beat_i.cut || beat_i.eof)
      else $error("probe_point: cut without eof at boundary %0d (receive %0d)", Boundary, Receive);
    end
  end

endmodule
