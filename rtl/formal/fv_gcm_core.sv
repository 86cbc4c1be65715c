// SPDX-License-Identifier: Apache-2.0
//
// gcm_core keeps to what its stand-in promises to crypto_stage: beats leave in order and unchanged 16 clocks after they came;
// the tag of a frame with crypto stands for one clock, 4, 5 or 6 clocks behind its last beat in Y; there is no
// other. aes_pipe and gf128_mul are cut points. Two proofs: that of the tags assumes what the one of the beats has proved.

`include "fv_names.svh"

module fv_gcm_core
  import ipsec_offload_pkg::*;
#(
    parameter bit Tags = 1'b0
) (
    input logic clk_i,
    input logic take_i,
    input frame_beat_t beat_i,
    input logic [15:0] mask_i,
    input stage_ctx_t ctx_i,
    input logic mark_i  // the solver's choice
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // X0 of the stage
  logic x_valid_q;
  frame_beat_t x_beat_q;
  logic [15:0] x_mask_q;

  logic y_valid, tag_valid;
  frame_beat_t y_beat;
  logic [9:0] y_index;

  gcm_core #(
      .Decrypt(1'b1)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .start_i(take_i && beat_i.sof),
      .crypt_i(ctx_i.crypt),
      .key_size_i(ctx_i.key_size),
      .key_i(ctx_i.key),
      .salt_i(ctx_i.salt),
      .iv_i(ctx_i.iv),
      .h_i(ctx_i.h),
      .aad_off_i(ctx_i.aad_off),
      .aad_len_i(ctx_i.aad_len),
      .txt_off_i(ctx_i.txt_off),
      .txt_len_i(ctx_i.txt_len),
      .ah_i(ctx_i.ah),
      .v6_i(ctx_i.v6),
      .esn_i(ctx_i.esn),
      .seq_high_i(ctx_i.seq_high),
      .x_valid_i(x_valid_q),
      .x_beat_i(x_beat_q),
      .x_mask_i(x_mask_q),
      .y_valid_o(y_valid),
      .y_beat_o(y_beat),
      .y_index_o(y_index),
      .y_has_ks_o(),
      .y_ks_o(),
      .tag_valid_o(tag_valid),
      .tag_o()
  );

  // The beats of the last 16 clocks behind X: what of them decides about tags
  typedef struct packed {
    logic valid, sof, eof, cut, crypt;
    logic [1:0] index;  // of the beat, stops at 3
  } past_t;
  past_t past_q[16];
  logic mid_q, crypt_q, x_crypt_q;
  logic [2:0] beats_q, beats;  // of the frame before this beat, stops at 7
  logic [5:0] quiet_q;  // clocks since a cut, stops at 63
  assign beats = beat_i.sof ? '0 : beats_q;

  // A beat, whichever
  logic marked_q;
  logic [4:0] age_q;  // clocks since it was in X
  logic [3:0] at_q;
  frame_beat_t kept_q;
  logic kept_crypt_q;
  logic [9:0] last_index_q;  // of the beat that was in Y last
  always_ff @(posedge clk_i) begin
    if (!rst_ni) last_index_q <= '0;
    else if (y_valid) last_index_q <= y_index;
  end

  // Tags to come: clocks since the last beat of a frame with crypto in Y, of whole ones and of cut ones
  logic [5:0] whole_q, cut_q;
  logic given_q, issued_q;  // its tag has stood; its last operation is done
  logic ends, issues, left;
  assign ends   = past_q[15].valid && past_q[15].eof && past_q[15].crypt;
  assign issues = `FV_GCM_OP && `FV_GCM_OP_LAST && !`FV_GCM_OP_CUT;
  assign left   = `FV_GCM_HELD && `FV_GCM_HELD_LAST && !`FV_GCM_HELD_CUT;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_valid_q <= 1'b0;
      mid_q <= 1'b0;
      crypt_q <= 1'b0;
      x_crypt_q <= 1'b0;
      quiet_q <= '1;
      marked_q <= 1'b0;
      whole_q <= '0;
      cut_q <= '0;
      given_q <= 1'b0;
      issued_q <= 1'b0;
      for (int unsigned i = 0; i < 16; i++) past_q[i] <= '0;
    end else begin
      x_valid_q <= take_i;
      if (take_i) begin
        x_beat_q <= beat_i;
        x_mask_q <= mask_i;
        mid_q <= !beat_i.eof;
        if (beat_i.sof) crypt_q <= ctx_i.crypt;
        beats_q <= beats + 3'(beats != '1);
      end
      quiet_q <= take_i && beat_i.cut ? '0 : quiet_q == '1 ? '1 : quiet_q + 6'd1;
      past_q[0] <= '{
          valid: x_valid_q,
          sof: x_beat_q.sof,
          eof: x_beat_q.eof,
          cut: x_beat_q.cut,
          crypt: crypt_q,
          index: beats_q > 3'd3 ? 2'd3 : 2'(beats_q - 3'd1)
      };
      for (int unsigned i = 1; i < 16; i++) past_q[i] <= past_q[i-1];
      if (x_valid_q && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        age_q <= 5'd1;
        at_q <= `FV_GCM_DELAY_WR;
        kept_q <= x_beat_q;
        kept_crypt_q <= crypt_q;
      end else if (marked_q) begin
        age_q <= age_q + 5'd1;
        if (age_q == 5'd16) marked_q <= 1'b0;
      end
      whole_q <= {whole_q[4:0], ends && !past_q[15].cut};
      cut_q <= {cut_q[4:0], ends && past_q[15].cut};
      given_q <= (tag_valid || given_q) && !whole_q[5];
      issued_q <= issues || (issued_q && !whole_q[0]);
    end
  end

  // Beats in the delay; the frame in Y has crypto
  logic [4:0] younger, stored;
  logic valid_ok, framing_ok, spaced_ok;
  logic [10:0] y_beats;  // of the frame in Y, in front of the clock before
  logic y_mid_q, y_mid, y_crypt_q;
  logic [1:0] y_next_q;  // index of the next beat in Y
  assign y_beats = {1'b0, y_index} + 11'(!y_valid);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) {y_mid_q, y_crypt_q, y_next_q} <= '0;
    else if (past_q[15].valid) begin
      y_mid_q   <= !past_q[15].eof;
      y_crypt_q <= past_q[15].crypt;
      y_next_q  <= past_q[15].index == 2'd3 ? 2'd3 : past_q[15].index + 2'd1;
    end
  end
  assign y_mid = past_q[15].valid ? !past_q[15].sof : y_mid_q;
  always_comb begin : p_past
    logic middle, crypt;
    logic [1:0] index;  // of the next beat
    stored   = '0;
    younger  = '0;
    valid_ok = 1'b1;
    for (int unsigned k = 0; k < 15; k++) begin
      if (5'(k) + 5'd1 < age_q) younger = younger + 5'(past_q[k].valid);
      stored = stored + 5'(past_q[k].valid);
      if (`FV_GCM_DELAY_VALID[k] != past_q[k].valid) valid_ok = 1'b0;
    end
    // Oldest first: beats of one frame follow each other and have its crypto
    framing_ok = 1'b1;
    middle = y_mid_q;
    crypt = y_crypt_q;
    index = y_next_q;
    for (int k = 15; k >= 0; k--) begin
      if (past_q[k].valid) begin
        if (past_q[k].sof == middle || (!past_q[k].sof && past_q[k].crypt != crypt) ||
            past_q[k].index != (past_q[k].sof ? 2'd0 : index) ||
            (past_q[k].eof && past_q[k].crypt && !past_q[k].cut && past_q[k].index != 2'd3) ||
            (past_q[k].cut && (!past_q[k].eof || past_q[k].sof))) begin
          framing_ok = 1'b0;
        end
        middle = !past_q[k].eof;
        crypt  = past_q[k].crypt;
        index  = past_q[k].index == 2'd3 ? 2'd3 : past_q[k].index + 2'd1;
      end
    end
    if (x_valid_q) begin
      if (x_beat_q.sof == middle || (!x_beat_q.sof && crypt_q != crypt) ||
          beats_q == '0 || (beats_q > 3'd3 ? 2'd3 : 2'(beats_q - 3'd1)) != (x_beat_q.sof ? 2'd0 : index) ||
          (x_beat_q.eof && crypt_q && !x_beat_q.cut && beats_q <= 3'd3) ||
          (x_beat_q.cut && (!x_beat_q.eof || x_beat_q.sof))) begin
        framing_ok = 1'b0;
      end
      middle = !x_beat_q.eof;
      crypt  = crypt_q;
    end else if (middle && (beats_q == '0 || (beats_q >= 3'd3 ? 2'd3 : beats_q[1:0]) != index)) begin
      framing_ok = 1'b0;
    end
    if (middle != mid_q || (mid_q && crypt != crypt_q)) framing_ok = 1'b0;
    // No frame with crypto ends soon before the frame in Y has come far
    spaced_ok = 1'b1;
    for (int unsigned i = 0; i < 6; i++) begin
      if ((whole_q[i] || cut_q[i]) && y_mid && y_beats > 11'(i)) spaced_ok = 1'b0;
      for (int unsigned j = i + 1; j < 6; j++) begin
        if (j < i + 4 && whole_q[i] && whole_q[j]) spaced_ok = 1'b0;
        if (j < i + 2 && cut_q[i] && whole_q[j]) spaced_ok = 1'b0;
        if (cut_q[j] && (whole_q[i] || cut_q[i])) spaced_ok = 1'b0;
      end
      if (whole_q[i] && cut_q[i]) spaced_ok = 1'b0;
    end
  end

  // What is in Y is the oldest beat of the past, of a frame with its crypto
  logic y_ok;
  always_comb begin
    y_ok = !y_mid_q || y_next_q != '0;
    if (past_q[15].valid) begin
      if (y_beat.sof != past_q[15].sof || y_beat.eof != past_q[15].eof ||
          y_beat.cut != past_q[15].cut || `FV_GCM_CRYPT_IN_Y != past_q[15].crypt ||
          past_q[15].index != (y_index > 10'd3 ? 2'd3 : y_index[1:0]) ||
          (y_beat.sof && y_index != '0)) begin
        y_ok = 1'b0;
      end
    end else if (y_mid_q) begin
      if (`FV_GCM_CRYPT_IN_Y != y_crypt_q ||
          y_next_q != (y_index >= 10'd2 ? 2'd3 : y_index[1:0] + 2'd1)) begin
        y_ok = 1'b0;
      end
    end
  end

  logic quiet_ok, cut_ok, spill, done;
  assign spill = `FV_GCM_SPILL && !`FV_GCM_SHORT;
  assign done  = `FV_GCM_DONE && !`FV_GCM_DONE_CUT;
  always_comb begin
    quiet_ok = !x_valid_q || quiet_q == '0;
    cut_ok   = !(x_valid_q && x_beat_q.cut) || quiet_q == '0;
    for (int unsigned i = 0; i < 16; i++) begin
      if (past_q[i].valid && 6'(i) + 6'd1 < quiet_q) quiet_ok = 1'b0;
      if (past_q[i].valid && past_q[i].cut && quiet_q != 6'(i) + 6'd1) cut_ok = 1'b0;
    end
    for (int unsigned i = 0; i < 6; i++) if (cut_q[i] && quiet_q != 6'(i) + 6'd17) cut_ok = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (take_i) begin
        assume (beat_i.sof == !mid_q);
        // frame_ingress: a cut is the last beat of a frame that has begun, and nothing comes behind it for long
        assume (!beat_i.cut || (beat_i.eof && mid_q));
        assume (quiet_q >= 6'd24);
        // frame_parser
        if (beat_i.eof && !beat_i.cut && (beat_i.sof ? ctx_i.crypt : crypt_q))
          assume (beats >= 3'd3);
      end
      // sa_lookup: an AH header is 36 bytes, and its IP header 20
      if (y_valid && y_beat.sof && `FV_GCM_REGION.esn == EsnBehind) begin
        assume (`FV_GCM_REGION.aad_len >= 14'd56);
      end
      // Asserted in the core: two operations to hold
      assume (!(`FV_GCM_HELD && `FV_GCM_BLOCK_DUE && `FV_GCM_TAIL_DUE));

      if (Tags) begin
        assume (y_valid == past_q[15].valid && framing_ok && y_ok);
        if (tag_valid) begin
          TagWindow_A : assert (whole_q[5:3] != '0);
          TagOnce_A : assert (!given_q);
        end
        if (whole_q[5]) TagComes_A : assert (tag_valid || given_q);
        Spaced_I : assert (spaced_ok);
        // Nothing behind a cut
        if (quiet_q <= 6'd24) Quiet_I : assert (quiet_ok);
        CutAge_I : assert (cut_ok);
        // A block of AH that takes the upper word in: not before the fourth beat
        if (y_mid && `FV_GCM_CRYPT_IN_Y && `FV_GCM_REGION.esn == EsnBehind && y_beats <= 11'd3) begin
          AadLeft_I : assert (`FV_GCM_AAD_LEFT >= 14'd56 - {y_beats[9:0], 4'b0});
        end
        if (`FV_GCM_OPEN && `FV_GCM_OPEN_ESN == EsnBehind) begin
          Open_I :
          assert (whole_q[0] || cut_q[0] || (y_mid && `FV_GCM_CRYPT_IN_Y && y_beats >= 11'd4));
        end
        // The last operation of a frame: due, waiting in the held place, done, tag
        if (whole_q[1]) Due_I : assert (!issued_q && !left);
        if (whole_q[2]) DueSpill_I : assert (spill ? !issued_q && !left : issued_q != left);
        if (whole_q[3]) Late_I : assert (issued_q != left);
        if (whole_q[4]) Issued_I : assert (issued_q);
        if (whole_q[3:2] == '0) NoneLeft_I : assert (!left);
        if (whole_q[5]) begin
          Last_I : assert (tag_valid != given_q && !done);
        end else if (whole_q[4:1] != '0) begin
          Way_I : assert ({2'b0, done} + {2'b0, tag_valid} + {2'b0, given_q} == {2'b0, issued_q});
        end else begin
          NoWay_I : assert (!done && !tag_valid && !given_q);
        end
        if (done) Done_I : assert (whole_q[4:2] != '0);
        if (tag_valid) Tag_I : assert (whole_q[5:3] != '0);
        // Tails
        Flush_I : assert (`FV_GCM_FLUSH == (whole_q[0] || cut_q[0]));
        TailBits_I :
        assert (`FV_GCM_TAILS == (whole_q[2:0] | cut_q[2:0]) && `FV_GCM_TAIL_CUT == cut_q[2:0]);
      end else begin
        Valid_A : assert (y_valid == past_q[15].valid);
        if (marked_q && age_q == 5'd16) begin
          Beat_A : assert (y_valid && y_beat == kept_q);
          if (kept_q.sof) Crypt_A : assert (`FV_GCM_CRYPT_IN_Y == kept_crypt_q);
        end
        if (y_valid) begin
          Index_A :
          assert (y_index ==
                  (y_beat.sof ? 10'd0 : last_index_q == '1 ? last_index_q : last_index_q + 10'd1));
        end
        LastIndex_I : assert (y_valid || y_index == last_index_q);
        XCrypt_I : assert (`FV_GCM_X_CRYPT == crypt_q);
        Delay_I : assert (valid_ok && stored[3:0] == `FV_GCM_DELAY_WR - `FV_GCM_DELAY_RD);
        if (marked_q) begin
          Age_I : assert (age_q >= 5'd1 && age_q <= 5'd16 && past_q[age_q-5'd1].valid);
          if (age_q <= 5'd15) begin
            Marked_I :
            assert (at_q == `FV_GCM_DELAY_WR - 4'd1 - younger[3:0] &&
                    `FV_GCM_DELAY[at_q] == kept_q && `FV_GCM_DELAY_CRYPT[at_q] == kept_crypt_q);
          end
        end
      end
    end
  end

endmodule
