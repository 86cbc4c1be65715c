// SPDX-License-Identifier: Apache-2.0
//
// Receive crypto_stage: a beat leaves changed only if its frame was to be decrypted and its tag was the one
// that came.
//
// One beat is marked, whichever, and one bit of it and one bit of the ICV of its frame, whichever: if the bit leaves
// changed, the bit of the ICV is that of the tag. As the solver chooses both bits, any change means that the
// whole ICV is good. Of the names inside the stage only the tag is used.

`include "fv_names.svh"

module fv_stage_rx
  import ipsec_offload_pkg::*;
#(
    // The comparison of tag and ICV is a free bit (bit 0 of the tag), and bit 0 of the beat stands for all
    parameter bit Control = 1'b0
) (
    input logic clk_i,
    input logic valid_i,
    input frame_beat_t beat_i,
    input logic [15:0] mask_i,
    input stage_ctx_t ctx_i,
    input logic ready_i,
    input logic delete_i,
    // The solver's choice: a beat, and bits (taken once)
    input logic mark_i,
    input logic [13:0] choice_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic ready, valid;
  frame_beat_t beat;
  frame_meta_t meta;
  delete_query_t query;
  logic query_q;
  always_ff @(posedge clk_i) query_q <= rst_ni && query.valid;

  crypto_stage #(
      .Receive(1'b1),
      .Last(1'b1)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .valid_i,
      .beat_i,
      .mask_i,
      .ctx_i,
      .ready_o(ready),
      .valid_o(valid),
      .beat_o(beat),
      .meta_o(meta),
      .ready_i,
      .mode_wr_o(),
      .verdicts_o(),
      .sa_count_o(),
      .delete_query_o(query),
      .delete_req_i(query_q && delete_i)
  );

  logic [6:0] text_bit;
  logic [3:0] icv_byte;
  logic [2:0] icv_bit;
  if (Control) begin : gen_fixed
    assign {text_bit, icv_byte, icv_bit} = '0;
  end else begin : gen_choice
    always_ff @(posedge clk_i) if (!rst_ni) {text_bit, icv_byte, icv_bit} <= choice_i;
  end

  logic push, pop, mid_q;
  assign push = valid_i && ready;
  assign pop  = valid && ready_i;

  // The frame that comes in
  logic crypt_q, crypt, bad_q;
  logic [13:0] icv_at_q, icv_at;  // of the byte that is looked at
  logic beyond_q, beyond, frame_beyond_q;  // the ICV is shorter
  logic [9:0] index_q, index;
  logic wire_q, wire_now;
  assign crypt = beat_i.sof ? ctx_i.crypt && ctx_i.status == '0 : crypt_q;
  assign icv_at = beat_i.sof ? ctx_i.icv_off + {10'b0, icv_byte} : icv_at_q;
  assign beyond = beat_i.sof ? {1'b0, icv_byte} >= ctx_i.icv_len : beyond_q;
  assign index = beat_i.sof ? '0 : index_q;
  assign wire_now = index == icv_at[13:4] ? beat_i.data[{icv_at[3:0], icv_bit}] : wire_q;

  // The marked beat: of the frame that is coming, until its last beat has come
  logic marked_q, here_q, here, bit_q, frame_crypt_q, frame_wire_q, good_q;
  logic [7:0] fill_q, ahead_q;
  logic [8:0] tail_q;  // clocks since the last beat of the frame
  logic got_q;  // its tag has stood
  logic frame_cut_q, frame_bad_q;
  assign here = push && ((mark_i && !marked_q) || here_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mid_q <= 1'b0;
      crypt_q <= 1'b0;
      fill_q <= '0;
      marked_q <= 1'b0;
      here_q <= 1'b0;
      good_q <= 1'b0;
      got_q <= 1'b0;
      tail_q <= '0;
    end else begin
      fill_q <= fill_q + 8'(push) - 8'(pop);
      if (push) begin
        mid_q <= !beat_i.eof;
        crypt_q <= crypt;
        icv_at_q <= icv_at;
        beyond_q <= beyond;
        index_q <= index == '1 ? index : index + 10'd1;
        wire_q <= wire_now;
        bad_q <= beat_i.bad_len || (!beat_i.sof && bad_q);
        here_q <= here && !beat_i.eof;
      end
      if (push && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        bit_q <= beat_i.data[text_bit];
        ahead_q <= fill_q - 8'(pop);
        good_q <= 1'b0;
        got_q <= 1'b0;
      end else if (marked_q && pop) begin
        ahead_q <= ahead_q - 8'd1;
      end
      if (here && beat_i.eof) begin
        frame_crypt_q <= crypt;
        frame_wire_q <= wire_now;
        frame_beyond_q <= beyond;
        frame_cut_q <= beat_i.cut;
        frame_bad_q <= beat_i.bad_len || (!beat_i.sof && bad_q);
      end
      tail_q <= {tail_q[7:0], here && beat_i.eof};
      // Tags come 4, 5 or 6 clocks behind the last beat in Y.
      if (tail_q[7:5] != '0 && `FV_STAGE_TAG_VALID && !got_q && frame_crypt_q && !frame_cut_q) begin
        got_q  <= 1'b1;
        if (Control) good_q <= `FV_STAGE_TAG[0];
        else good_q <= frame_beyond_q || `FV_STAGE_TAG[{icv_byte, icv_bit}] == frame_wire_q;
      end
    end
  end

  // Where the marked beat is: all beats inside, oldest first, are those of the queue, the one just read, the buffer, Y, X.
  localparam int unsigned BufW = $clog2(StageBeats);
  localparam int unsigned OutW = $clog2(OutBeats);
  localparam int unsigned FrameW = $clog2(StageFrames);
  logic place_ok, frames_ok;
  logic [FrameW:0] taken_q, frame_q;  // frames taken; number of the marked one
  logic [7:0] sofs, all_sofs;  // first beats not read yet: up to the marked one, all
  logic inside_q;  // the marked beat has not left
  logic blank_q, mark_crypt_q;
  logic [3:0] taken16_q, frame16_q;  // the same, in places of the contexts behind the GCM core
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      taken_q   <= '0;
      taken16_q <= '0;
      inside_q  <= 1'b0;
    end else begin
      if (push && beat_i.sof) begin
        taken_q   <= taken_q + 1'b1;
        taken16_q <= taken16_q + 4'd1;
      end
      if (push && mark_i && !marked_q) begin
        inside_q <= 1'b1;
        frame_q <= beat_i.sof ? taken_q : taken_q - 1'b1;
        frame16_q <= beat_i.sof ? taken16_q : taken16_q - 4'd1;
        mark_crypt_q <= crypt;
      end else if (inside_q && pop && ahead_q == '0) inside_q <= 1'b0;
      if (`FV_STAGE_READ_VALID && ahead_q == 8'(`FV_STAGE_QUEUED)) blank_q <= `FV_STAGE_DESC.blank;
    end
  end

  if (Control) begin : gen_place
    always_comb begin : p_place
      logic [7:0] base;
      logic middle;
      frame_beat_t word;
      logic [BufW-1:0] at;
      place_ok = 1'b1;
      frames_ok = 1'b1;
      all_sofs = '0;
      middle = `FV_STAGE_MID;
      sofs = '0;
      base = 8'(`FV_STAGE_QUEUED);
      if (`FV_STAGE_READ_VALID) begin
        if (ahead_q == base && `FV_STAGE_READ_BEAT.data[0] != bit_q) place_ok = 1'b0;
        base = base + 8'd1;
      end
      for (int unsigned i = 0; i < StageBeats; i++) begin
        at   = `FV_STAGE_BUFFER_RD + BufW'(i);
        word = `FV_STAGE_BUFFER[at];
        if ((BufW + 1)'(i) < `FV_STAGE_STORED) begin
          if (ahead_q == base && word.data[0] != bit_q) place_ok = 1'b0;
          if (ahead_q >= base && word.sof) sofs = sofs + 1'b1;
          all_sofs = all_sofs + 8'(word.sof);
          if (word.sof == middle) frames_ok = 1'b0;
          middle = !word.eof;
          base   = base + 8'd1;
        end
      end
      if (`FV_STAGE_Y) begin
        if (ahead_q == base && `FV_STAGE_Y_BEAT.data[0] != bit_q) place_ok = 1'b0;
        if (ahead_q >= base && `FV_STAGE_Y_BEAT.sof) sofs = sofs + 1'b1;
        all_sofs = all_sofs + 8'(`FV_STAGE_Y_BEAT.sof);
        if (`FV_STAGE_Y_BEAT.sof == middle) frames_ok = 1'b0;
        middle = !`FV_STAGE_Y_BEAT.eof;
        base   = base + 8'd1;
      end
      if (`FV_STAGE_X) begin
        if (ahead_q == base && `FV_STAGE_X_BEAT.data[0] != bit_q) place_ok = 1'b0;
        if (ahead_q >= base && `FV_STAGE_X_BEAT.sof) sofs = sofs + 1'b1;
        all_sofs = all_sofs + 8'(`FV_STAGE_X_BEAT.sof);
        if (`FV_STAGE_X_BEAT.sof == middle) frames_ok = 1'b0;
        middle = !`FV_STAGE_X_BEAT.eof;
        base   = base + 8'd1;
      end
      if (middle != mid_q) frames_ok = 1'b0;
    end
    logic x_sof, y_sof, next_mid;
    logic unread;  // not in the queue
    assign unread = inside_q && ahead_q >= 8'(`FV_STAGE_QUEUED);
    // Queue
    logic [OutW-1:0] slot;
    frame_beat_t queued;
    assign slot   = `FV_STAGE_QUEUE_RD + OutW'(ahead_q);
    assign queued = `FV_STAGE_QUEUE[slot];
    // Descriptor of the marked frame: written, or read last
    logic written, current;
    logic [FrameW:0] wr, rd;
    assign wr = `FV_STAGE_DESC_WR;
    assign rd = `FV_STAGE_DESC_RD;
    assign written = (FrameW + 1)'(frame_q - rd) < (FrameW + 1)'(wr - rd);
    assign current = (FrameW + 1)'(frame_q + 1'b1) == rd;
    logic stored_apply, stored_blank;
    assign stored_apply = `FV_STAGE_DESC_MEM[frame_q[FrameW-1:0]].apply;
    assign stored_blank = `FV_STAGE_DESC_MEM[frame_q[FrameW-1:0]].blank;
    // Verdicts under way: number of the frame of each
    logic [6:0] due;
    logic [6:0][FrameW:0] due_frame;
    logic [FrameW:0] judged;  // frames whose verdict is given or under way
    logic [3:0] due_count;
    assign due = `FV_STAGE_DUE;
    logic due_ok, newest_bad;
    logic [FrameW:0] last;
    assign last = wr - 1'b1;
    always_comb begin
      newest_bad = 1'b1;
      judged = wr;
      due_count = '0;
      due_ok = 1'b1;
      due_frame = '0;
      for (int i = 6; i >= 0; i--) begin
        due_frame[i] = judged;
        if (due[i]) begin
          if (!`FV_STAGE_BAD[i] && judged == frame_q &&
              (!tail_q[i+2] || `FV_STAGE_CUT[i] != frame_cut_q || frame_bad_q)) begin
            due_ok = 1'b0;
          end
          newest_bad = `FV_STAGE_BAD[i];
          judged = judged + 1'b1;
          due_count = due_count + 4'd1;
        end
      end
    end
    logic [FrameW:0] behind_y;  // frames whose first beat has passed Y
    logic [FrameW:0] y_frame, x_frame;
    assign x_sof = `FV_STAGE_X && `FV_STAGE_X_BEAT.sof;
    assign y_sof = `FV_STAGE_Y && `FV_STAGE_Y_BEAT.sof;
    assign next_mid = `FV_STAGE_Y ? !`FV_STAGE_Y_BEAT.sof :
        `FV_STAGE_X ? !`FV_STAGE_X_BEAT.sof : mid_q;
    assign behind_y = taken_q - (FrameW + 1)'(x_sof) - (FrameW + 1)'(y_sof);
    assign x_frame = taken_q - 1'b1;
    assign y_frame = taken_q - 1'b1 - (FrameW + 1)'(x_sof);
    logic pending;  // marked, and without verdict
    assign pending = unread && !written && !current;
    logic post_crypt, last_crypt;
    logic [3:0] last16;
    assign last16 = taken16_q - 4'd1;
    assign last_crypt = `FV_STAGE_POST_MEM[last16].crypt &&
        `FV_STAGE_POST_MEM[last16].status == '0;
    assign post_crypt = `FV_STAGE_POST_MEM[frame16_q].crypt &&
        `FV_STAGE_POST_MEM[frame16_q].status == '0;
    // A frame with crypto has 4 beats or more: no frame in front of it ends in the 3 clocks before its end.
    logic spaced_ok, apart_ok;
    logic [10:0] y_beats;  // beats of the frame in Y in front of the clock before
    logic has_tag;  // the marked frame gets a tag
    logic [9:0] ended, due_wide, tail_wide;
    logic newest_came_bad;
    assign newest_came_bad = (`FV_STAGE_X && `FV_STAGE_X_BEAT.bad_len) ||
        (!x_sof && ((`FV_STAGE_Y && `FV_STAGE_Y_BEAT.bad_len) || `FV_STAGE_JUDGED));
    logic mark_bad;  // the marked frame is too long, as far as it has come
    assign mark_bad = here_q ? bad_q : frame_bad_q;
    assign has_tag = mark_crypt_q && !frame_cut_q;
    assign ended = {3'b0, `FV_STAGE_ENDED};
    assign due_wide = {3'b0, due};
    assign tail_wide = {4'b0, `FV_GCM_TAIL};
    assign y_beats = {1'b0, `FV_GCM_Y_INDEX} + 11'(!`FV_STAGE_Y);
    always_comb begin
      spaced_ok = 1'b1;
      apart_ok  = 1'b1;
      for (int unsigned i = 0; i < 7; i++) begin
        if ((ended[i] || tail_wide[i] || (due[i] && !`FV_STAGE_JUDGED)) &&
            (`FV_STAGE_Y || next_mid) && y_beats > 11'(i)) begin
          spaced_ok = 1'b0;
        end
        if (tail_wide[i] && (tail_wide[i+1+:3] != '0 || !ended[i])) spaced_ok = 1'b0;
        if (tail_q[i+2] && !frame_bad_q &&
            (!due[i] || due_frame[i] != frame_q || `FV_STAGE_BAD[i])) begin
          apart_ok = 1'b0;
        end
        if (tail_q[i+2] && has_tag && !frame_bad_q &&
            ({ended[i+1+:3], due_wide[i+1+:3], tail_wide[i+1+:3]} != '0 || !ended[i])) begin
          apart_ok = 1'b0;
        end
      end
    end
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        Fill_I : assert (fill_q == 8'(`FV_STAGE_BEATS) + 8'(`FV_STAGE_OUT));
        Inside_I : assert (!inside_q || (marked_q && ahead_q < fill_q));
        Place_I : assert (!inside_q || place_ok);
        Reserved_I :
        assert (`FV_STAGE_BEATS == `FV_STAGE_STORED + (BufW + 1)'(`FV_STAGE_X) +
                (BufW + 1)'(`FV_STAGE_Y) &&
                `FV_STAGE_BEATS <= (BufW + 1)'(StageBeats) && `FV_STAGE_STORED <= `FV_STAGE_BEATS);
        Buffer_I :
        assert (BufW'(`FV_STAGE_BUFFER_WR - `FV_STAGE_BUFFER_RD) == `FV_STAGE_STORED[BufW-1:0]);
        Out_I :
        assert (`FV_STAGE_OUT == `FV_STAGE_QUEUED + (OutW + 1)'(`FV_STAGE_READ_VALID) &&
                `FV_STAGE_OUT <= (OutW + 1)'(OutBeats) && `FV_STAGE_QUEUED <= `FV_STAGE_OUT);
        Queue_I :
        assert (OutW'(`FV_STAGE_QUEUE_WR - `FV_STAGE_QUEUE_RD) == `FV_STAGE_QUEUED[OutW-1:0]);
        if (inside_q && ahead_q < 8'(`FV_STAGE_QUEUED)) begin
          Queued_I : assert (queued.data[0] == bit_q || good_q || (blank_q && queued.data == '0));
        end
        // Judged before its end: too long
        if (unread && (here_q || tail_q != '0)) begin
          EarlyMark_I :
          assert ((!written || !stored_apply || stored_blank) &&
                  (!current || !`FV_STAGE_DESC.apply || `FV_STAGE_DESC.blank));
        end
        if (unread && written) Written_I : assert (!stored_apply || stored_blank || good_q);
        if (unread && current)
          Current_I : assert (!`FV_STAGE_DESC.apply || `FV_STAGE_DESC.blank || good_q);
        // Frames: room, range of the pointers
        Frames_I :
        assert (8'(`FV_STAGE_FRAMES) == all_sofs + 8'(`FV_STAGE_READ_VALID || `FV_STAGE_READ_MID) &&
                `FV_STAGE_FRAMES <= (FrameW + 1)'(StageFrames));
        Range_I :
        assert ((FrameW + 1)'(taken_q - wr) <= (FrameW + 1)'(taken_q - rd) &&
                8'((FrameW + 1)'(wr - rd)) + 8'(due_count) <= 8'((FrameW + 1)'(taken_q - rd)));
        Post_I :
        assert (`FV_STAGE_POST_WR == taken16_q && (FrameW + 1)'(taken16_q) == taken_q &&
                4'(taken16_q - `FV_STAGE_POST_RD) == 4'((FrameW + 1)'(taken_q - wr)) &&
                `FV_STAGE_POST_Y == 4'(`FV_STAGE_POST_RD + due_count));
        if (marked_q) Frame16_I : assert ((FrameW + 1)'(frame16_q) == frame_q);
        if (unread && !current) begin
          Frame16Range_I :
          assert (4'(taken16_q - frame16_q) == 4'((FrameW + 1)'(taken_q - frame_q)) &&
                  taken_q != frame_q);
        end
        if (pending) PostCrypt_I : assert (post_crypt == mark_crypt_q);
        // Verdicts
        Judged_I : assert (judged == behind_y - (FrameW + 1)'(next_mid && !`FV_STAGE_JUDGED));
        // A verdict before the last beat is one of a frame that is too long.
        if (`FV_STAGE_JUDGED) Early_I : assert (newest_bad);
        if (`FV_STAGE_JUDGED && due_count == '0 && wr != rd) begin
          EarlyWritten_I :
          assert (!`FV_STAGE_DESC_MEM[last[FrameW-1:0]].apply ||
                  `FV_STAGE_DESC_MEM[last[FrameW-1:0]].blank);
        end
        if (`FV_STAGE_JUDGED && due_count == '0 && wr == rd) begin
          EarlyRead_I : assert (!`FV_STAGE_DESC.apply || `FV_STAGE_DESC.blank);
        end
        JudgedMid_I : assert (!`FV_STAGE_JUDGED || next_mid);
        if (pending) Due_I : assert (due_ok);
        Spaced_I : assert (spaced_ok);
        if (pending) Apart_I : assert (apart_ok);
        if (pending && due[6] && wr == frame_q && !`FV_STAGE_BAD[6] && has_tag) begin
          Good_I : assert (!`FV_STAGE_ICV_GOOD || good_q);
        end
        // The frame in X and Y: its end, its crypto
        if (pending) begin
          if (x_frame == frame_q) MarkBad_I : assert (mark_bad == bad_q);
          Here_I : assert (here_q == (mid_q && frame_q == (FrameW + 1)'(taken_q - 1'b1)));
          if (here_q) HereCrypt_I : assert (crypt_q == mark_crypt_q);
          if (`FV_STAGE_X && x_frame == frame_q) begin
            XBad_I : assert (!`FV_STAGE_X_BEAT.bad_len || mark_bad);
            XEnd_I :
            assert (!`FV_STAGE_X_BEAT.eof || (tail_q[0] && `FV_STAGE_X_BEAT.cut == frame_cut_q));
          end
          if (`FV_STAGE_Y && y_frame == frame_q) begin
            YBad_I :
            assert ((`FV_STAGE_Y_BEAT.bad_len || `FV_STAGE_JUDGED) == mark_bad ||
                    y_frame == x_frame);
            YEnd_I :
            assert (!`FV_STAGE_Y_BEAT.eof || (tail_q[1] && `FV_STAGE_Y_BEAT.cut == frame_cut_q));
            YCrypt_I : assert (`FV_GCM_Y_CRYPT == mark_crypt_q);
          end
          if (`FV_STAGE_JUDGED && y_frame == frame_q) JudgedBad_I : assert (mark_bad);
          if (x_frame == frame_q && x_sof) XCrypt_I : assert (`FV_GCM_CRYPT == mark_crypt_q);
          if (!`FV_STAGE_Y && next_mid && y_frame == frame_q)
            MidCrypt_I : assert (`FV_GCM_Y_CRYPT == mark_crypt_q);
          if (tail_q[0])
            TailX_I : assert (`FV_STAGE_X && `FV_STAGE_X_BEAT.eof && x_frame == frame_q);
          if (tail_q[1])
            TailY_I : assert (`FV_STAGE_Y && `FV_STAGE_Y_BEAT.eof && y_frame == frame_q);
          EndCrypt_I : assert (tail_q == '0 || frame_crypt_q == mark_crypt_q);
          Tail_I : assert ((tail_q[7:2] & (has_tag ? ~`FV_GCM_TAIL : `FV_GCM_TAIL)) == '0);
          if (has_tag && !frame_bad_q) begin
            if (tail_q[5:0] != '0) NotYet_I : assert (!got_q);
            if (tail_q[7:6] != '0) Got_I : assert (got_q == `FV_GCM_GIVEN);
            if (tail_q[8]) GotAll_I : assert (got_q);
            if (got_q && tail_q[8:6] != '0) begin
              Fresh_I : assert (`FV_STAGE_ICV_GOOD == good_q);
            end
          end
        end
        // The frame that came last
        if (`FV_STAGE_X || `FV_STAGE_Y || mid_q) NewestBad_I : assert (bad_q == newest_came_bad);
        Given_I : assert (!`FV_GCM_GIVEN || `FV_GCM_TAIL[5:4] != '0);
        TailOnce_I : assert ((tail_q & (tail_q - 9'd1)) == '0 && !(here_q && tail_q != '0));
        Unmarked_I : assert (marked_q || (tail_q == '0 && !here_q));
        // Indices, and that a frame with crypto does not end before its fourth beat
        if (`FV_STAGE_X) begin
          XIndex_I :
          assert (index_q == '1 ? `FV_GCM_Y_INDEX >= 10'd1000 && !`FV_STAGE_X_BEAT.sof :
                  {1'b0, index_q} ==
                  (`FV_STAGE_X_BEAT.sof ? 11'd1 : {1'b0, `FV_GCM_Y_INDEX} + 11'd2));
          XLong_I :
          assert (!`FV_STAGE_X_BEAT.eof || `FV_STAGE_X_BEAT.cut || !crypt_q || index_q >= 10'd4);
        end else if (mid_q) begin
          YIndex_I :
          assert (index_q == '1 ? `FV_GCM_Y_INDEX >= 10'd1000 :
                  {1'b0, index_q} == {1'b0, `FV_GCM_Y_INDEX} + 11'd1);
        end
        if (`FV_STAGE_Y) begin
          YLong_I :
          assert (!`FV_STAGE_Y_BEAT.eof || `FV_STAGE_Y_BEAT.cut || !`FV_GCM_Y_CRYPT ||
                  `FV_GCM_Y_INDEX >= 10'd3);
        end
        Crypt_I : assert (`FV_GCM_CRYPT == crypt_q && (x_sof || `FV_GCM_Y_CRYPT == crypt_q));
        if (mid_q) PostLast_I : assert (last_crypt == crypt_q);
        GoodLate_I : assert (!got_q || (marked_q && !here_q && tail_q[5:0] == '0));
        GoodGot_I : assert (!good_q || got_q);
        Framing_I : assert (frames_ok);
        AllFrames_I : assert (8'((FrameW + 1)'(taken_q - `FV_STAGE_DESC_RD)) == all_sofs);
        // The descriptor that is read next belongs to the first frame that starts in the buffer.
        Frame_I : assert (!unread || 8'((FrameW + 1)'(frame_q + 1'b1 - `FV_STAGE_DESC_RD)) == sofs);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!valid_i || (beat_i.sof == !mid_q && beat_i.bytes <= 5'd16));
      // sa_lookup: the ICV ends where the portion ends, behind a text that starts at 48 or an AH header.
      if (!Control && valid_i && beat_i.sof && ctx_i.crypt && ctx_i.status == '0) begin
        assume (ctx_i.end_off >= {3'b0, ctx_i.icv_off} + {12'b0, ctx_i.icv_len});
        assume (ctx_i.icv_off >= 14'd48);
        assume (ctx_i.icv_len == 5'd8 || ctx_i.icv_len == 5'd12 || ctx_i.icv_len == 5'd16);
      end
      // frame_parser: the header of a portion is in the frame, else it is truncated (a status).
      if (push && beat_i.eof && crypt && !beat_i.cut) assume (index >= 10'd3);

      // Bytes of a frame that is discarded are zero.
      if (marked_q && inside_q && ahead_q == '0 && valid) begin
        NoPlaintext_A :
        assert (beat.data[text_bit] == bit_q || good_q || (blank_q && beat.data == '0));
      end
    end
  end

endmodule
