// SPDX-License-Identifier: Apache-2.0
//
// One portion of every frame, in place, store and forward. Transmit: encrypts, and replaces the ICV when
// the frame is read again. Receive: keeps ciphertext and keystream apart until the tag is known to be good,
// and adds them when the frame is read again: plaintext of a frame that fails never exists. (Pad length and
// next header are the exception: two bytes, in registers that only a good verdict lets out.)
//
// Timing (s, v, r, p as in docs/cycle_formulae.md): a beat a clock; a beat taken at edge s is in the buffer
// after s + 17; the verdict of a frame is queued at v = s(eof) + 22; a beat read at r is in the output
// queue after r + 1. Nothing stalls between s and the buffer: room is reserved at s.

module crypto_stage
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Stage = 0,  // 0..3: position in the chain
    parameter bit Last = 1'b0  // of the chain
) (
    input logic clk_i,
    input logic rst_ni,
    input logic clear_i,  // a sweep starts (nothing is inside): counters restart
    // From the front: a first beat comes with its context
    input logic valid_i,
    input frame_beat_t beat_i,
    input stage_ctx_t ctx_i,  // valid with sof
    output logic ready_o,
    // Output queue
    output logic valid_o,
    output frame_beat_t beat_o,
    output frame_meta_t meta_o,  // constant through the frame
    input logic ready_i,
    // Verdicts
    output mode_wr_t mode_wr_o,
    output logic [15:0] verdicts_o,  // frames whose keys are gone, for the drain of DELETE
    output sa_count_t sa_count_o,
    // SaDeleteReq (receive, last stage): the query with the edge r of a first beat, the answer behind it
    output delete_query_t delete_query_o,
    input logic delete_req_i
);

  localparam int unsigned BeatW = $clog2(StageBeats);
  localparam int unsigned FrameW = $clog2(StageFrames);
  localparam int unsigned OutW = $clog2(OutBeats);

  localparam logic [15:0] StatusInvalid = 16'd1;
  localparam logic [15:0] StatusTransportIcv = 16'd3;
  localparam logic [15:0] StatusTunnelIcv = 16'd5;
  localparam logic [15:0] StatusSyntax = 16'd6;
  localparam logic [7:0] ProtoIpv4 = 8'd4;
  localparam logic [7:0] ProtoIpv6 = 8'd41;

  // What is still needed of a context behind the GCM core. No key material.
  typedef struct packed {
    logic crypt;
    logic bad_parity;
    logic bad_syntax;
    logic first;
    logic tunnel_mode;
    logic [14:0] sa_row;
    logic [15:0] generation;
    logic [13:0] txt_off;
    logic [13:0] icv_off;
    logic [16:0] end_off;
    frame_meta_t meta;
  } post_t;

  // What the output needs to know of a frame.
  typedef struct packed {
    logic blank;  // no byte of it may be seen any more
    logic apply;  // receive: add the keystream; transmit: fill in the ICV
    logic [13:0] icv_off;
    frame_meta_t meta;
  } descriptor_t;

  // At most 8 contexts wait in front, and a further one comes every 4 clocks: 14 in 22 clocks.
  localparam int unsigned PostFrames = 16;

  // -------------------------------------------------------------------------------------------
  // Input: room is reserved for every beat that is taken
  // -------------------------------------------------------------------------------------------

  logic [BeatW:0] beats_q;  // from s to r
  logic [FrameW:0] frames_q, frames;  // from s(0) to r of the last beat
  logic take, take_sof, read;
  logic read_valid_q;
  frame_beat_t read_q;
  logic [OutW:0] out_q;  // from r to p

  assign frames = frames_q - (FrameW + 1)'(read_valid_q && read_q.eof);
  assign ready_o = beats_q < (BeatW + 1)'(StageBeats) &&
      (!beat_i.sof || frames < (FrameW + 1)'(StageFrames));
  assign take = valid_i && ready_o;
  assign take_sof = take && beat_i.sof;

  // Nothing inside and nothing coming: nothing to do, for a simulator either. Every register behind s has
  // come to rest when the last beat is read, 23 clocks later at the earliest.
  logic busy;
  assign busy = valid_i || beats_q != '0 || out_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beats_q  <= '0;
      frames_q <= '0;
    end else if (busy) begin
      if (take != read) beats_q <= take ? beats_q + 1'b1 : beats_q - 1'b1;
      frames_q <= frames + (FrameW + 1)'(take_sof);
    end
  end

  // X0
  logic x_valid_q;
  frame_beat_t x_beat_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) x_valid_q <= 1'b0;
    else if (busy) x_valid_q <= take;
  end

  always_ff @(posedge clk_i) begin  // qualified by x_valid_q
    if (take) x_beat_q <= beat_i;
  end

  // -------------------------------------------------------------------------------------------
  // GCM
  // -------------------------------------------------------------------------------------------

  logic y_valid, y_has_ks, tag_valid;
  frame_beat_t y_beat;
  logic [9:0] y_index;
  logic [127:0] y_ks, tag;

  gcm_core #(
      .Decrypt(Receive)
  ) u_gcm (
      .clk_i,
      .rst_ni,
      .start_i    (take_sof),
      .crypt_i    (ctx_i.crypt && !ctx_i.bad_syntax),
      .key_size_i (ctx_i.key_size),
      .key_i      (ctx_i.key),
      .salt_i     (ctx_i.salt),
      .iv_i       (ctx_i.iv),
      .h_i        (ctx_i.h),
      .aad_off_i  (ctx_i.aad_off),
      .aad_len_i  (ctx_i.aad_len),
      .txt_off_i  (ctx_i.txt_off),
      .txt_len_i  (ctx_i.txt_len),
      .esn_i      (ctx_i.esn),
      .seq_high_i (ctx_i.seq_high),
      .x_valid_i  (x_valid_q),
      .x_beat_i   (x_beat_q),
      .y_valid_o  (y_valid),
      .y_beat_o   (y_beat),
      .y_index_o  (y_index),
      .y_has_ks_o (y_has_ks),
      .y_ks_o     (y_ks),
      .tag_valid_o(tag_valid),
      .tag_o      (tag)
  );

  // -------------------------------------------------------------------------------------------
  // Buffer
  // -------------------------------------------------------------------------------------------

  frame_beat_t buffer_q[StageBeats];
  logic buffer_has_ks_q[StageBeats];
  logic [BeatW-1:0] buffer_wr_q, buffer_rd_q;
  logic [BeatW:0] stored_q;  // in the buffer
  logic read_has_ks_q;

  // Memories need no reset: stored_q qualifies them.
  always_ff @(posedge clk_i) begin
    if (y_valid) begin
      buffer_q[buffer_wr_q] <= y_beat;
      buffer_has_ks_q[buffer_wr_q] <= y_has_ks;
    end
    if (read) begin
      read_q <= buffer_q[buffer_rd_q];
      read_has_ks_q <= buffer_has_ks_q[buffer_rd_q];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      buffer_wr_q <= '0;
      buffer_rd_q <= '0;
      stored_q <= '0;
    end else if (busy) begin
      if (y_valid) buffer_wr_q <= buffer_wr_q + 1'b1;
      if (read) buffer_rd_q <= buffer_rd_q + 1'b1;
      if (y_valid != read) stored_q <= y_valid ? stored_q + 1'b1 : stored_q - 1'b1;
    end
  end

  // -------------------------------------------------------------------------------------------
  // Frame behind the GCM core: length, ICV, trailer
  // -------------------------------------------------------------------------------------------

  post_t post_q[PostFrames];
  logic [3:0] post_wr_q, post_y_q, post_rd_q;
  post_t post_y;  // of the frame in Y

  assign post_y = post_q[post_y_q];

  always_ff @(posedge clk_i) begin  // qualified by the pointers
    if (take_sof) begin
      post_q[post_wr_q] <= '{
          crypt: ctx_i.crypt,
          bad_parity: ctx_i.bad_parity,
          bad_syntax: ctx_i.bad_syntax,
          first: ctx_i.first,
          tunnel_mode: ctx_i.tunnel_mode,
          sa_row: ctx_i.sa_row,
          generation: ctx_i.generation,
          txt_off: ctx_i.txt_off,
          icv_off: ctx_i.icv_off,
          end_off: ctx_i.end_off,
          meta: ctx_i.meta
      };
    end
  end

  // A verdict is due with the last beat, or with the first beat that shows that a frame is too long:
  // the buffer cannot hold all of such a frame. `judged_q`: it was given before the last beat.
  logic judged_q, judge;
  assign judge = y_valid && !judged_q && (y_beat.eof || y_beat.bad_len);

  // Places after y: edges s + 17 to s + 21
  logic [4:0] due_q, ended_q, fits_q, bad_q, cut_q;
  logic y_crypt_q;  // frame in Y, set behind its first beat
  logic [13:0] icv_off_q;
  logic [3:0] tail_lane_q;  // first lane of the ICV, of the frame whose tag comes next
  logic [127:0] icv_q, rotated_q;
  logic icv_good_q;
  logic [7:0] next_header_q, pad_length_q, v_next_header_q, v_pad_length_q;

  function automatic logic [127:0] rotate(input logic [127:0] b, input logic [3:0] lanes);
    logic [127:0] r;
    r = b;
    if (lanes[0]) r = {r[119:0], r[127:120]};
    if (lanes[1]) r = {r[111:0], r[127:112]};
    if (lanes[2]) r = {r[95:0], r[127:96]};
    if (lanes[3]) r = {r[63:0], r[127:64]};
    return r;
  endfunction

  // All ones from lane n on
  function automatic logic [127:0] lanes_from(input logic [3:0] n);
    logic [127:0] m;
    for (int unsigned i = 0; i < 16; i++) m[8*i+:8] = {8{4'(i) >= n}};
    return m;
  endfunction

  logic unused_post;
  assign unused_post = ^{post_y.first, post_y.bad_parity, post_y.tunnel_mode, post_y.sa_row,
                         post_y.generation, post_y.txt_off, post_y.meta};

  logic [13:0] trailer_off;  // of PadLength
  assign trailer_off = icv_off_q - 14'd2;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_behind
    if (!rst_ni) begin
      post_wr_q <= '0;
      post_y_q <= '0;
      post_rd_q <= '0;
      judged_q <= 1'b0;
      due_q <= '0;
      ended_q <= '0;
      fits_q <= '0;
      bad_q <= '0;
      cut_q <= '0;
      y_crypt_q <= 1'b0;
      icv_off_q <= '0;
      tail_lane_q <= '0;
      icv_q <= '0;
      rotated_q <= '0;
      icv_good_q <= 1'b0;
      next_header_q <= '0;
      pad_length_q <= '0;
      v_next_header_q <= '0;
      v_pad_length_q <= '0;
    end else if (busy) begin
      if (take_sof) post_wr_q <= post_wr_q + 4'd1;
      if (judge) post_y_q <= post_y_q + 4'd1;
      if (due_q[4]) post_rd_q <= post_rd_q + 4'd1;
      due_q   <= {due_q[3:0], judge};
      ended_q <= {ended_q[3:0], y_valid && y_beat.eof};
      fits_q  <= {fits_q[3:0], 1'b0};
      bad_q   <= {bad_q[3:0], 1'b0};
      cut_q   <= {cut_q[3:0], 1'b0};
      if (y_valid) begin
        judged_q  <= (judged_q || judge) && !y_beat.eof;
        fits_q[0] <= {3'b0, y_index, 4'b0} + {12'b0, y_beat.bytes} >= post_y.end_off;
        bad_q[0]  <= y_beat.bad_len;
        cut_q[0]  <= y_beat.cut;
        if (y_beat.sof) begin
          y_crypt_q <= post_y.crypt && !post_y.bad_syntax;
          icv_off_q <= post_y.icv_off;
        end else if (y_crypt_q) begin
          if (y_beat.eof) tail_lane_q <= icv_off_q[3:0];
          if (Receive) begin
            if (y_index == icv_off_q[13:4]) begin
              icv_q <= y_beat.data;
            end else if (y_index == icv_off_q[13:4] + 10'd1) begin
              icv_q <= (icv_q & lanes_from(icv_off_q[3:0])) |
                  (y_beat.data & ~lanes_from(icv_off_q[3:0]));
            end
            if (y_index == trailer_off[13:4]) begin
              pad_length_q <= y_beat.data[8*trailer_off[3:0]+:8] ^ y_ks[8*trailer_off[3:0]+:8];
            end
            // Its lane is 15 at most: lane 0 of the next beat if PadLength has lane 15
            if (trailer_off[3:0] == 4'd15 ? y_index == trailer_off[13:4] + 10'd1
                                          : y_index == trailer_off[13:4]) begin
              next_header_q <= y_beat.data[8*(trailer_off[3:0]+4'd1)+:8] ^
                  y_ks[8*(trailer_off[3:0]+4'd1)+:8];
            end
          end
        end
      end
      // s + 21
      if (tag_valid) begin
        if (Receive) begin
          icv_good_q <= rotate(tag, tail_lane_q) == icv_q;
          v_next_header_q <= next_header_q;
          v_pad_length_q <= pad_length_q;
        end else begin
          rotated_q <= rotate(tag, tail_lane_q);
        end
      end else if (due_q[4]) begin
        icv_good_q <= 1'b0;
        v_next_header_q <= '0;
        v_pad_length_q <= '0;
        rotated_q <= '0;
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // Verdict, at s + 22
  // -------------------------------------------------------------------------------------------

  descriptor_t verdict;
  mode_wr_t mode_wr;
  sa_count_t sa_count;

  always_comb begin : p_verdict
    logic [15:0] status;
    logic decrypt;
    logic [13:0] trailer;  // bytes of padding, PadLength, NextHeader
    // verilator lint_off UNUSEDSIGNAL
    post_t post;  // end_off has done its work
    // verilator lint_on UNUSEDSIGNAL
    post = '0;
    verdict = '0;
    mode_wr = '0;
    sa_count = '0;
    status = '0;
    decrypt = 1'b0;
    trailer = {6'b0, v_pad_length_q} + 14'd2;
    if (due_q[4]) begin
      post = post_q[post_rd_q];
      verdict.meta = post.meta;
      verdict.meta.discard = post.meta.discard || cut_q[4];
      verdict.meta.start = StartNone;
      verdict.meta.start_off = '0;
      verdict.meta.limit = '0;
      verdict.icv_off = post.icv_off;
      if (Receive) begin
        decrypt = post.crypt && !post.bad_syntax && fits_q[4] &&
            icv_good_q && !bad_q[4] && !cut_q[4];
        if (bad_q[4]) begin
          verdict.meta.rx_slot1  = '0;
          verdict.meta.rx_slot12 = '0;
        end else if (post.crypt) begin
          if (post.bad_parity) begin
            status = StatusInvalid;
          end else if (post.bad_syntax || !fits_q[4]) begin
            status = StatusSyntax;
          end else if (!icv_good_q) begin
            status = post.tunnel_mode ? StatusTunnelIcv : StatusTransportIcv;
          end else if (trailer > post.icv_off - post.txt_off) begin
            status = StatusSyntax;
          end
          verdict.meta.rx_slot1[31:16] = status;
          verdict.meta.rx_slot1[Slot1CryptoDone] = 1'b1;
          verdict.meta.rx_slot1[Slot1NextCryptoDone] = !post.first;
          verdict.meta.rx_slot12 = '0;
          if (post.first) begin
            verdict.meta.offload_handle = {post.generation, {1'b0, post.sa_row[14:1]} + 16'd1};
          end
          if (status == '0) begin
            verdict.meta.rx_slot12 = {15'b0, 1'b1, v_pad_length_q, v_next_header_q};
            if (post.meta.kind != KindSelfTest && !cut_q[4]) begin
              if (v_next_header_q == ProtoIpv4) verdict.meta.start = StartIpv4;
              else if (v_next_header_q == ProtoIpv6) verdict.meta.start = StartIpv6;
            end
            verdict.meta.start_off = post.txt_off;
            verdict.meta.limit = post.icv_off - trailer;
            sa_count.valid = !cut_q[4];
          end
        end
        verdict.apply = decrypt;
        mode_wr.valid = decrypt && post.meta.kind != KindSelfTest;
        mode_wr.row = post.sa_row;
        mode_wr.generation = post.generation;
        mode_wr.tunnel = v_next_header_q == ProtoIpv4 || v_next_header_q == ProtoIpv6;
      end else begin
        verdict.meta.refused = post.meta.refused || bad_q[4] || (post.crypt && !fits_q[4]);
        verdict.apply = post.crypt;
        if (Stage == 0 && post.meta.tunnel_handle != '0 && !verdict.meta.refused) begin
          verdict.meta.start = StartEth;
        end
        sa_count.valid = post.crypt && !verdict.meta.refused && !cut_q[4];
      end
      verdict.blank = verdict.meta.refused || verdict.meta.discard;
      if (post.meta.kind == KindSelfTest) sa_count.valid = 1'b0;
      sa_count.bundle_idx = post.sa_row[14:1];
      sa_count.generation = post.generation;
      sa_count.bytes = post.icv_off - post.txt_off;
    end
  end

  descriptor_t descriptor_q[StageFrames];
  logic [127:0] icv_fill_q[StageFrames];  // transmit: the ICV in its lanes
  logic [FrameW:0] desc_wr_q, desc_rd_q;
  logic read_sof;

  always_ff @(posedge clk_i) begin  // qualified by the pointers
    if (due_q[4]) begin
      descriptor_q[desc_wr_q[FrameW-1:0]] <= verdict;
      if (!Receive) icv_fill_q[desc_wr_q[FrameW-1:0]] <= rotated_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      desc_wr_q  <= '0;
      desc_rd_q  <= '0;
      mode_wr_o  <= '0;
      sa_count_o <= '0;
      verdicts_o <= '0;
    end else if (clear_i) begin
      verdicts_o <= '0;
    end else if (busy) begin
      if (due_q[4]) desc_wr_q <= desc_wr_q + 1'b1;
      if (read_sof) desc_rd_q <= desc_rd_q + 1'b1;
      if (mode_wr.valid) mode_wr_o <= mode_wr;
      else mode_wr_o.valid <= 1'b0;
      if (sa_count.valid) sa_count_o <= sa_count;
      else sa_count_o.valid <= 1'b0;
      if (ended_q[4]) verdicts_o <= verdicts_o + 16'd1;
    end
  end

  // -------------------------------------------------------------------------------------------
  // Output: read at r, complete at r + 1, given away at p
  // -------------------------------------------------------------------------------------------

  logic read_mid_q;  // the beat read last was not a frame's last
  logic mid;
  logic give;
  descriptor_t desc_q;
  logic [127:0] fill_q;
  logic [9:0] read_index_q;  // transmit: of the beat in read_q

  assign mid = read_valid_q ? !read_q.eof : read_mid_q;
  assign read = stored_q != '0 && out_q < (OutW + 1)'(OutBeats) && (mid || desc_wr_q != desc_rd_q);
  assign read_sof = read && !mid;
  assign give = valid_o && ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_valid_q <= 1'b0;
      read_mid_q <= 1'b0;
      out_q <= '0;
      read_index_q <= '0;
    end else if (busy) begin
      read_valid_q <= read;
      if (read_valid_q) read_mid_q <= !read_q.eof;
      if (read != give) out_q <= read ? out_q + 1'b1 : out_q - 1'b1;
      if (!Receive && read) read_index_q <= mid ? read_index_q + 10'd1 : '0;
    end
  end

  always_ff @(posedge clk_i) begin  // qualified by read_valid_q
    if (read_sof) begin
      desc_q <= descriptor_q[desc_rd_q[FrameW-1:0]];
      if (!Receive) fill_q <= icv_fill_q[desc_rd_q[FrameW-1:0]];
    end
  end

  // SaDeleteReq: final words, and whose they are
  if (Receive && Last) begin : gen_delete_query
    logic good_q[StageFrames];
    logic [31:0] handle_q[StageFrames];
    always_ff @(posedge clk_i) begin  // qualified by the pointers
      if (due_q[4]) begin
        good_q[desc_wr_q[FrameW-1:0]] <= verdict.meta.kind != KindSelfTest &&
            !verdict.meta.discard && verdict.meta.rx_slot1[Slot1CryptoDone] &&
            verdict.meta.rx_slot1[31:16] == '0;
        handle_q[desc_wr_q[FrameW-1:0]] <= verdict.meta.offload_handle;
      end
    end
    always_comb begin
      delete_query_o = '0;
      if (read_sof && good_q[desc_rd_q[FrameW-1:0]]) begin
        delete_query_o.valid  = 1'b1;
        delete_query_o.handle = handle_q[desc_rd_q[FrameW-1:0]];
      end
    end
  end else begin : gen_no_delete_query
    assign delete_query_o = '0;
  end

  logic [127:0] read_ks;  // keystream beside read_q

  if (Receive) begin : gen_keystream
    logic [127:0] keystream_q[StageBeats];
    logic [127:0] read_ks_q;
    always_ff @(posedge clk_i) begin  // qualified by buffer_has_ks_q
      if (y_valid && y_has_ks) keystream_q[buffer_wr_q] <= y_ks;
      if (read) read_ks_q <= keystream_q[buffer_rd_q];
    end
    assign read_ks = read_ks_q;
  end else begin : gen_no_keystream
    assign read_ks = '0;
    logic unused_ks;
    assign unused_ks = ^{y_ks, read_ks, read_has_ks_q};
  end

  frame_beat_t queue_q[OutBeats];
  frame_meta_t meta_q [OutBeats];
  logic [OutW-1:0] queue_wr_q, queue_rd_q, meta_wr_q, meta_rd_q;
  logic [OutW:0] queued_q;
  frame_beat_t done;
  frame_meta_t done_meta;
  logic [127:0] icv_lanes;

  always_comb begin : p_complete
    done = '0;
    done_meta = '0;
    icv_lanes = '0;
    if (read_valid_q) begin
      done = read_q;
      if (read_q.sof) begin
        done_meta = desc_q.meta;
        if (delete_req_i) done_meta.rx_slot1[Slot1SaDeleteReq] = 1'b1;
      end
      if (desc_q.blank) begin
        done.data = '0;
      end else if (desc_q.apply) begin
        if (Receive) begin
          if (read_has_ks_q) done.data = read_q.data ^ read_ks;
        end else begin
          if (read_index_q == desc_q.icv_off[13:4]) begin
            icv_lanes = lanes_from(desc_q.icv_off[3:0]);
          end else if (read_index_q == desc_q.icv_off[13:4] + 10'd1) begin
            icv_lanes = ~lanes_from(desc_q.icv_off[3:0]);
          end
          if (icv_lanes != '0) done.data = (read_q.data & ~icv_lanes) | (fill_q & icv_lanes);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin  // qualified by queued_q
    if (read_valid_q) begin
      queue_q[queue_wr_q] <= done;
      if (read_q.sof) meta_q[meta_wr_q] <= done_meta;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      queue_wr_q <= '0;
      queue_rd_q <= '0;
      meta_wr_q  <= '0;
      meta_rd_q  <= '0;
      queued_q   <= '0;
    end else if (busy) begin
      if (read_valid_q) begin
        queue_wr_q <= queue_wr_q + 1'b1;
        if (read_q.sof) meta_wr_q <= meta_wr_q + 1'b1;
      end
      if (give) begin
        queue_rd_q <= queue_rd_q + 1'b1;
        if (beat_o.eof) meta_rd_q <= meta_rd_q + 1'b1;
      end
      if (read_valid_q != give) queued_q <= read_valid_q ? queued_q + 1'b1 : queued_q - 1'b1;
    end
  end

  assign valid_o = queued_q != '0;
  assign beat_o  = queue_q[queue_rd_q];
  assign meta_o  = meta_q[meta_rd_q];

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (busy) begin
      assert (beats_q <= (BeatW + 1)'(StageBeats))
      else $error("crypto_stage: more beats taken than the buffer holds");
      assert (frames_q <= (FrameW + 1)'(StageFrames))
      else $error("crypto_stage: more frames taken than there are descriptors");
      assert (!y_valid || stored_q < beats_q)
      else $error("crypto_stage: beat without reserved room");
      assert (!read || stored_q != '0)
      else $error("crypto_stage: read of an empty buffer");
      assert (!due_q[4] || (FrameW + 1)'(desc_wr_q - desc_rd_q) < (FrameW + 1)'(StageFrames))
      else $error("crypto_stage: descriptor queue overflow");
      assert (!due_q[4] || post_wr_q != post_rd_q)
      else $error("crypto_stage: verdict without a frame");
      assert (!take_sof || 4'(post_wr_q + 4'd1) != post_rd_q)
      else $error("crypto_stage: too many frames before their verdicts");
      assert (!tag_valid || ended_q[3])
      else $error("crypto_stage: tag at another edge than s(eof) + 20");
      assert (!(Receive && due_q[4] && verdict.apply) || icv_good_q)
      else $error("crypto_stage: keystream released without a good tag");
      assert (!(Receive && read_valid_q) || desc_q.apply || desc_q.blank ||
              done.data == read_q.data)
      else $error("crypto_stage: bytes changed without a good verdict");
      assert (!(due_q[4] && verdict.meta.refused) || verdict.blank)
      else $error("crypto_stage: bytes of a refused frame go on");
      assert (!read_valid_q || queued_q < (OutW + 1)'(OutBeats))
      else $error("crypto_stage: output queue overflow");
      assert (!read_valid_q || !read_q.sof || desc_q.meta.start == StartNone ||
              !desc_q.meta.refused)
      else $error("crypto_stage: a refused frame is parsed on");
      assert (!delete_req_i || (Receive && Last && read_valid_q && read_q.sof))
      else $error("crypto_stage: SaDeleteReq for no frame");
      assert (queued_q <= out_q)
      else $error("crypto_stage: output count is off");
    end
  end

endmodule
