// SPDX-License-Identifier: Apache-2.0
//
// Stands for gcm_core in the proofs of crypto_stage: what the stage relies on, with a shorter pipeline. Beats
// leave in order and unchanged after one clock; the tag of a frame with crypto stands for one clock, 4, 5 or 6 clocks
// behind its last beat, unless that is a cut. Keystream, tag and which of the three clocks it is are free. That the real
// one keeps to this (with 16 clocks) is the proof gcm_core.

module gcm_core
  import ipsec_offload_pkg::*;
#(
    parameter bit Decrypt = 1'b0
) (
    input logic clk_i,
    input logic rst_ni,
    input logic start_i,
    input logic crypt_i,
    input key_size_e key_size_i,
    input logic [255:0] key_i,
    input logic [31:0] salt_i,
    input logic [63:0] iv_i,
    input logic [127:0] h_i,
    input logic [13:0] aad_off_i,
    input logic [13:0] aad_len_i,
    input logic [13:0] txt_off_i,
    input logic [13:0] txt_len_i,
    input logic ah_i,
    input logic v6_i,
    input esn_place_e esn_i,
    input logic [31:0] seq_high_i,
    input logic x_valid_i,
    input frame_beat_t x_beat_i,
    input logic [15:0] x_mask_i,
    output logic y_valid_o,
    output frame_beat_t y_beat_o,
    output logic [9:0] y_index_o,
    output logic y_has_ks_o,
    output logic [127:0] y_ks_o,
    output logic tag_valid_o,
    output logic [127:0] tag_o
);

  logic has_ks, now;
  logic [127:0] ks, tag;
  fv_free u_free (.any_o({now, has_ks, ks, tag}));

  logic crypt_q, x_crypt, y_crypt_q;
  logic [5:0] tail_q;  // clocks since the last beat of a frame with crypto
  logic given_q;  // its tag has stood
  assign x_crypt = x_beat_i.sof ? crypt_q : y_crypt_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      y_valid_o <= 1'b0;
      tail_q <= '0;
      given_q <= 1'b0;
      crypt_q <= 1'b0;
      y_crypt_q <= 1'b0;
      y_index_o <= '0;
    end else begin
      if (start_i) crypt_q <= crypt_i;
      y_valid_o <= x_valid_i;
      y_beat_o  <= x_beat_i;
      if (x_valid_i) begin
        y_crypt_q <= x_crypt;
        y_index_o <= x_beat_i.sof ? '0 : y_index_o == '1 ? y_index_o : y_index_o + 10'd1;
      end
      tail_q  <= {tail_q[4:0], y_valid_o && y_beat_o.eof && y_crypt_q && !y_beat_o.cut};
      given_q <= (tag_valid_o || given_q) && !tail_q[5];
    end
  end

  assign y_has_ks_o = has_ks;
  assign y_ks_o = ks;
  assign tag_valid_o = (tail_q[3] && now) || (tail_q[4] && !given_q && now) ||
      (tail_q[5] && !given_q);
  assign tag_o = tag;

endmodule
