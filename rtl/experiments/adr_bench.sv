// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: one variant of a part of the GCM core under full
// load, for scripts/measure_adr.sh. Variants of one part give the same results on the same
// stimulus.
//
// Use: fill 16 keys (round_i 15: the cipher key, or H in the high and H^2 in the low half; else
// round key round_i in the low half), then hold run_i. AES works in frames of 8 clocks, each with
// another key: its key, a pause, six blocks; GHASH in messages of 8 blocks; all else without
// pauses.

module adr_bench
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned Variant = 0
) (
    input logic clk_i,
    input logic rst_ni,

    input logic fill_i,
    input logic [3:0] row_i,
    input logic [3:0] round_i,
    input logic [255:0] key_i,

    input logic run_i,
    input logic [127:0] data_i,

    output logic valid_o,
    output logic [127:0] data_o
);

  logic [9:0] count_q;  // clocks of the run
  logic [2:0] phase;
  logic [3:0] row;
  logic wave, block_valid, last;
  logic [127:0] h_q, h2_q;

  assign phase = count_q[2:0];
  assign row = count_q[6:3];
  assign wave = run_i && phase == 3'd0;
  assign block_valid = run_i && phase >= 3'd2;
  assign last = run_i && phase == 3'd7;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= '0;
      h_q <= '0;
      h2_q <= '0;
    end else begin
      if (run_i) count_q <= count_q + 10'd1;
      if (fill_i && row_i == 4'd0 && round_i == 4'd15) {h_q, h2_q} <= key_i;
    end
  end

  if (Variant == 0) begin : gen_aes_pipe
    logic [255:0] key_mem[16];
    always_ff @(posedge clk_i) begin
      if (fill_i && round_i == 4'd15) key_mem[row_i] <= key_i;
    end
    aes_pipe u_aes (
        .clk_i,
        .rst_ni,
        .wave_i(wave),
        .clear_i(1'b0),
        .key_size_i(KeyAes256),
        .key_i(wave ? key_mem[row] : '0),
        .valid_i(block_valid),
        .block_i(data_i),
        .valid_o,
        .block_o(data_o)
    );
  end else if (Variant == 1) begin : gen_aes_pipe_stored
    aes_pipe_stored #(
        .Rows(16)
    ) u_aes (
        .clk_i,
        .rst_ni,
        .we_i(fill_i),
        .we_row_i(row_i),
        .we_round_i(round_i),
        .we_key_i(key_i[127:0]),
        .wave_i(wave),
        .clear_i(1'b0),
        .key_size_i(KeyAes256),
        .row_i(row),
        .valid_i(block_valid),
        .block_i(data_i),
        .valid_o,
        .block_o(data_o)
    );
  end else if (Variant <= 4) begin : gen_aes_rounds
    aes_rounds #(
        .Form(Variant - 2)
    ) u_rounds (
        .clk_i,
        .rst_ni,
        .key_i  (h_q),
        .valid_i(run_i),
        .block_i(data_i),
        .valid_o,
        .block_o(data_o)
    );
  end else if (Variant == 5) begin : gen_ghash
    ghash u_ghash (
        .clk_i,
        .rst_ni,
        .load_i(!run_i || last),
        .h_i(h_q),
        .valid_i(run_i),
        .last_i(last),
        .block_i(data_i),
        .done_o(valid_o),
        .y_o(data_o)
    );
  end else if (Variant == 6) begin : gen_ghash_powers
    ghash_powers u_ghash (
        .clk_i,
        .rst_ni,
        .load_i(!run_i || last),
        .even_i(1'b1),
        .h_i(h_q),
        .h2_i(h2_q),
        .valid_i(run_i),
        .last_i(last),
        .block_i(data_i),
        .done_o(valid_o),
        .y_o(data_o)
    );
  end else if (Variant <= 11) begin : gen_mul
    logic [127:0] a;
    logic valid_q;
    assign a = data_o ^ data_i;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= 1'b0;
      else valid_q <= run_i;
    end
    assign valid_o = valid_q;
    if (Variant == 7) begin : gen_built
      gf128_mul u_mul (
          .clk_i,
          .rst_ni,
          .clear_i(1'b0),
          .valid_i(run_i),
          .a_hi_i (a[127:64]),
          .a_lo_i (a[63:0]),
          .b_hi_i (h_q[127:64]),
          .b_lo_i (h_q[63:0]),
          .p_hi_o (data_o[127:64]),
          .p_lo_o (data_o[63:0])
      );
    end else begin : gen_form
      gf128_mul_forms #(
          .Form(Variant - 8)
      ) u_mul (
          .clk_i,
          .rst_ni,
          .clear_i(1'b0),
          .valid_i(run_i),
          .a_hi_i (a[127:64]),
          .a_lo_i (a[63:0]),
          .b_hi_i (h_q[127:64]),
          .b_lo_i (h_q[63:0]),
          .p_hi_o (data_o[127:64]),
          .p_lo_o (data_o[63:0])
      );
    end
  end else begin : gen_rx_buffer
    // The reader is a frame of 600 beats behind the writer; three beats of four have keystream.
    frame_beat_t beat, beat_out;
    logic reading_q;
    logic [9:0] read_q;
    always_comb begin
      beat = '0;
      beat.bytes = 5'd16;
      beat.data = data_i;
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        reading_q <= 1'b0;
        read_q <= '1;
      end else begin
        if (count_q == 10'd600) reading_q <= 1'b1;
        if (run_i && reading_q) read_q <= read_q + 10'd1;
      end
    end
    rx_buffer #(
        .Keystream(Variant == 12)
    ) u_buffer (
        .clk_i,
        .rst_ni,
        .write_i(run_i),
        .beat_i(beat),
        .has_ks_i(count_q[1:0] != '0),
        .ks_i({h_q[117:0], count_q}),
        .read_i(run_i && reading_q),
        .apply_i(1'b1),
        .out_has_ks_i(read_q[1:0] != '0),
        .out_ks_i({h_q[117:0], read_q}),
        .valid_o,
        .beat_o(beat_out)
    );
    assign data_o = beat_out.data;
    logic unused_out;
    assign unused_out = ^beat_out[136:128];
  end

  // Each variant uses a part of these.
  logic unused;
  assign unused = ^{h_q, h2_q, row, round_i, row_i, wave, block_valid, last, key_i};

endmodule
