// SPDX-License-Identifier: Apache-2.0
//
// Top of a unit test: key_setup and both forms of gcm_core on pins, for known answers with any AAD and any
// text length. Not part of the device.
//
// Use: load a key (key_start_i, wait for key_done_o); then send frames of at least 3 beats, any number of idle
// clocks between beats, at least 4 clocks between first beats. AAD and text lie in the frame at offsets
// that are 2 modulo 4; the AAD starts at 14 or behind, the text at 48 or behind and in a later beat than the last AAD
// block.
//
// Timing: beat out 17 clocks after beat in, tag 21 clocks after the last beat in.

module gcm_unit_top
  import ipsec_offload_pkg::*;
(
    input  logic         clk_i,
    input  logic         rst_ni,
    // Key; stays until the next
    input  logic         key_start_i,
    input  logic [255:0] key_i,        // byte 0 in bits 255:248
    input  logic [  1:0] key_size_i,   // 0: 128, 1: 192, 2: 256 bits
    output logic         key_done_o,
    // Frame parameters, with the first beat
    input  logic         decrypt_i,
    input  logic [ 95:0] iv_i,         // byte 0 in bits 95:88
    input  logic [ 13:0] aad_off_i,
    input  logic [ 13:0] aad_len_i,
    input  logic [ 13:0] txt_off_i,
    input  logic [ 13:0] txt_len_i,
    // Beats in
    input  logic         valid_i,
    input  logic         sof_i,
    input  logic         eof_i,
    input  logic [127:0] data_i,
    // Beats out: text en- or decrypted in place
    output logic         valid_o,
    output logic [127:0] data_o,
    output logic         tag_valid_o,
    output logic [127:0] tag_o         // byte 0 in bits 7:0
);

  logic [255:0] key_q;
  key_size_e key_size_q;
  logic [127:0] h, h_q;
  logic decrypt_q;

  key_setup u_key_setup (
      .clk_i,
      .rst_ni,
      .start_i(key_start_i),
      .key_i  (key_i),
      .size_i (key_size_e'(key_size_i)),
      .done_o (key_done_o),
      .h_o    (h)
  );

  frame_beat_t beat, x_beat_q;
  logic x_valid_q;

  always_comb begin
    beat = '0;
    beat.sof = sof_i;
    beat.eof = eof_i;
    beat.bytes = 5'd16;
    beat.data = data_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      key_q <= '0;
      key_size_q <= KeyAes128;
      h_q <= '0;
      x_valid_q <= 1'b0;
      x_beat_q <= '0;
      decrypt_q <= 1'b0;
    end else begin
      if (key_start_i) begin
        key_q <= key_i;
        key_size_q <= key_size_e'(key_size_i);
      end
      if (key_done_o) h_q <= h;
      x_valid_q <= valid_i;
      if (valid_i) x_beat_q <= beat;
      if (valid_i && sof_i) decrypt_q <= decrypt_i;
    end
  end

  logic [1:0] y_valid, y_has_ks, tag_valid;
  frame_beat_t y_beat[2];
  logic [127:0] y_ks[2], tag[2];
  logic [9:0] y_index[2];
  logic [1:0] unused_ks;
  logic unused_beats;

  for (genvar d = 0; d < 2; d++) begin : gen_core
    logic this_one;
    assign this_one = (valid_i && sof_i ? decrypt_i : decrypt_q) == 1'(d);

    gcm_core #(
        .Decrypt(1'(d))
    ) u_core (
        .clk_i,
        .rst_ni,
        .start_i    (valid_i && sof_i && this_one),
        .crypt_i    (1'b1),
        .key_size_i (key_size_q),
        .key_i      (key_q),
        .salt_i     (iv_i[95:64]),
        .iv_i       (iv_i[63:0]),
        .h_i        (h_q),
        .aad_off_i,
        .aad_len_i,
        .txt_off_i,
        .txt_len_i,
        .ah_i       (1'b0),
        .v6_i       (1'b0),
        .esn_i      (EsnNone),
        .seq_high_i ('0),
        .x_valid_i  (x_valid_q && decrypt_q == 1'(d)),
        .x_beat_i   (x_beat_q),
        .x_mask_i   ('0),
        .y_valid_o  (y_valid[d]),
        .y_beat_o   (y_beat[d]),
        .y_index_o  (y_index[d]),
        .y_has_ks_o (y_has_ks[d]),
        .y_ks_o     (y_ks[d]),
        .tag_valid_o(tag_valid[d]),
        .tag_o      (tag[d])
    );
  end

  assign valid_o = |y_valid;
  assign data_o = y_valid[1] ? y_beat[1].data ^ y_ks[1] : y_beat[0].data;
  assign tag_valid_o = |tag_valid;
  assign tag_o = tag_valid[1] ? tag[1] : tag[0];
  assign unused_ks = {y_has_ks[0], y_has_ks[1] ^ (^y_ks[0])};
  assign unused_beats = ^{y_beat[0], y_beat[1][136:128], y_index[0], y_index[1]};

endmodule
