// SPDX-License-Identifier: Apache-2.0
//
// One portion of every frame, in place, store and forward. Transmit: encrypts, and replaces the ICV when
// the frame is read again. Receive: keeps ciphertext and keystream apart until the tag is known to be good,
// and adds them when the frame is read again: plaintext of a frame that fails never exists. (Pad length and
// next header are the exception: two bytes, in registers that only a good verdict lets out.)
//
// Timing (s, v, r, p as in docs/cycle_formulae.md): a beat a clock; a beat taken at edge s is in the buffer
// after s + 17; the verdict of a frame is queued at v = s(eof) + 24; a beat read at r is in the output
// queue after r + 1. Nothing stalls between s and the buffer: room is reserved at s. An AH portion to be hashed starts
// two clocks at the earliest behind the last beat of the frame before (GHASH, see gcm_core).

module crypto_stage
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter bit Last = 1'b0  // stage of the chain
) (
    input logic clk_i,
    input logic rst_ni,
    input logic clear_i,  // a sweep starts (nothing is inside): counters restart
    // From the front: a first beat comes with its context
    input logic valid_i,
    input frame_beat_t beat_i,
    input logic [15:0] mask_i,  // bytes that AH counts as zero
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

  localparam logic [2:0] StatusTransportAhIcv = 3'd2;
  localparam logic [2:0] StatusTransportEspIcv = 3'd3;
  localparam logic [2:0] StatusTunnelAhIcv = 3'd4;
  localparam logic [2:0] StatusTunnelEspIcv = 3'd5;
  localparam logic [2:0] StatusSyntax = 3'd6;
  localparam logic [7:0] ProtoIpv4 = 8'd4;
  localparam logic [7:0] ProtoIpv6 = 8'd41;

  // What is still needed of a context behind the GCM core. No key material.
  typedef struct packed {
    logic crypt;
    logic [2:0] status;
    logic ah;
    logic both;
    logic level1;
    logic first;
    logic tunnel_mode;
    logic next_ip;
    logic next_v6;
    logic [4:0] icv_len;
    logic [13:0] bundle_idx;
    logic [15:0] generation;
    logic [13:0] icv_off;
    logic [13:0] inner_off;
    logic [13:0] inner_len;
    logic [16:0] end_off;
    frame_meta_t meta;
  } post_t;

  // What the output needs to know of a frame.
  typedef struct packed {
    logic blank;  // no byte of it may be seen any more
    logic apply;  // receive: add the keystream; transmit: fill in the ICV
    logic [4:0] icv_len;
    logic [13:0] icv_off;
    frame_meta_t meta;
  } descriptor_t;

  // At most 8 contexts wait in front, and a further one comes every 4 clocks: 14 in 24 clocks.
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
  logic hashed, ended_just_q;  // AH portion; the last edge took a last beat
  assign hashed = ctx_i.crypt && ctx_i.status == '0 && ctx_i.ah;
  assign ready_o = beats_q < (BeatW + 1)'(StageBeats) &&
      (!beat_i.sof || (frames < (FrameW + 1)'(StageFrames) && !(hashed && ended_just_q)));
  assign take = valid_i && ready_o;
  assign take_sof = take && beat_i.sof;

  // Nothing inside and nothing coming: nothing to do, for a simulator either. Every register behind s has
  // come to rest when the last beat is read, 25 clocks later at the earliest, but for the end of a frame that is too
  // long: it was judged before.
  logic busy;
  logic [6:0] ended_q;  // last beats: places after y, edges s + 17 to s + 23
  assign busy = valid_i || beats_q != '0 || out_q != '0 || ended_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beats_q <= '0;
      frames_q <= '0;
      ended_just_q <= 1'b0;
    end else if (busy) begin
      ended_just_q <= take && beat_i.eof;
      if (take != read) beats_q <= take ? beats_q + 1'b1 : beats_q - 1'b1;
      frames_q <= frames + (FrameW + 1)'(take_sof);
    end
  end

  // X0
  logic x_valid_q;
  frame_beat_t x_beat_q;
  logic [15:0] x_mask_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) x_valid_q <= 1'b0;
    else if (busy) x_valid_q <= take;
  end

  always_ff @(posedge clk_i) begin  // qualified by x_valid_q
    if (take) begin
      x_beat_q <= beat_i;
      x_mask_q <= mask_i;
    end
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
      .crypt_i    (ctx_i.crypt && ctx_i.status == '0),
      .key_size_i (ctx_i.key_size),
      .key_i      (ctx_i.key),
      .salt_i     (ctx_i.salt),
      .iv_i       (ctx_i.iv),
      .h_i        (ctx_i.h),
      .aad_off_i  (ctx_i.aad_off),
      .aad_len_i  (ctx_i.aad_len),
      .txt_off_i  (ctx_i.txt_off),
      .txt_len_i  (ctx_i.txt_len),
      .ah_i       (ctx_i.ah),
      .v6_i       (ctx_i.v6),
      .esn_i      (ctx_i.esn),
      .seq_high_i (ctx_i.seq_high),
      .x_valid_i  (x_valid_q),
      .x_beat_i   (x_beat_q),
      .x_mask_i   (x_mask_q),
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
          status: ctx_i.status,
          ah: ctx_i.ah,
          both: ctx_i.both,
          level1: ctx_i.level1,
          first: ctx_i.first,
          tunnel_mode: ctx_i.tunnel_mode,
          next_ip: ctx_i.next_ip,
          next_v6: ctx_i.next_v6,
          icv_len: ctx_i.icv_len,
          bundle_idx: ctx_i.bundle_idx,
          generation: ctx_i.generation,
          icv_off: ctx_i.icv_off,
          inner_off: ctx_i.inner_off,
          inner_len: ctx_i.inner_len,
          end_off: ctx_i.end_off,
          meta: ctx_i.meta
      };
    end
  end

  // A verdict is due with the last beat, or with the first beat that shows that a frame is too long:
  // the buffer cannot hold all of such a frame. `judged_q`: it was given before the last beat.
  logic judged_q, judge;
  assign judge = y_valid && !judged_q && (y_beat.eof || y_beat.bad_len);

  // Places after y: edges s + 17 to s + 23
  logic [6:0] due_q, fits_q, bad_q, cut_q;
  logic y_crypt, y_crypt_q;  // frame in Y; set behind its first beat
  assign y_crypt = y_beat.sof ? post_y.crypt && post_y.status == '0 : y_crypt_q;
  logic [13:0] icv_off_q;
  logic [ 4:0] icv_len_q;
  logic [127:0] icv_q, rotated_q;
  logic [7:0] next_header_q, pad_length_q;
  // Of the frame that ended last. v_: from s(eof) + 20 on, for the tag, which comes up to two clocks later, when the ICV
  // of the next frame may be in Y already. A cut frame gets no tag, and can be so short that the one in front still waits
  // for its own.
  logic [3:0] tail_lane_q, v_lane_q;
  logic [4:0] tail_icv_len_q, v_icv_len_q;
  logic [127:0] v_icv_q;
  logic [7:0] v_next_header_q, v_pad_length_q;
  logic icv_good_q;

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

  // All ones in the lanes of an ICV of `len` bytes that starts in lane n: a place in each of two beats
  function automatic logic [127:0] icv_lanes_of(input logic [3:0] n, input logic [4:0] len);
    logic [127:0] m;
    for (int unsigned i = 0; i < 16; i++) m[8*i+:8] = {8{{1'b0, 4'(i) - n} < len}};
    return m;
  endfunction

  logic unused_post;
  assign unused_post = ^{post_y.ah, post_y.both, post_y.level1, post_y.first, post_y.tunnel_mode,
                         post_y.next_ip, post_y.next_v6, post_y.bundle_idx, post_y.generation,
                         post_y.inner_off, post_y.inner_len, post_y.meta};

  logic [13:0] trailer_off;  // of PadLength
  assign trailer_off = icv_off_q - 14'd2;
  // A signal of 4 bits: an index is computed in 32, and 8 * (15 + 1) would be behind the beat.
  logic [3:0] next_header_lane;
  assign next_header_lane = trailer_off[3:0] + 4'd1;

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
      icv_len_q <= '0;
      icv_q <= '0;
      rotated_q <= '0;
      next_header_q <= '0;
      pad_length_q <= '0;
      tail_lane_q <= '0;
      tail_icv_len_q <= '0;
      v_lane_q <= '0;
      v_icv_len_q <= '0;
      v_icv_q <= '0;
      v_next_header_q <= '0;
      v_pad_length_q <= '0;
      icv_good_q <= 1'b0;
    end else if (busy) begin
      if (take_sof) post_wr_q <= post_wr_q + 4'd1;
      if (judge) post_y_q <= post_y_q + 4'd1;
      if (due_q[6]) post_rd_q <= post_rd_q + 4'd1;
      due_q   <= {due_q[5:0], judge};
      ended_q <= {ended_q[5:0], y_valid && y_beat.eof};
      fits_q  <= {fits_q[5:0], 1'b0};
      bad_q   <= {bad_q[5:0], 1'b0};
      cut_q   <= {cut_q[5:0], 1'b0};
      if (y_valid) begin
        y_crypt_q <= y_crypt;
        judged_q  <= (judged_q || judge) && !y_beat.eof;
        fits_q[0] <= {3'b0, y_index, 4'b0} + {12'b0, y_beat.bytes} >= post_y.end_off;
        bad_q[0]  <= y_beat.bad_len;
        cut_q[0]  <= y_beat.cut;
        if (y_beat.sof) begin
          icv_off_q <= post_y.icv_off;
          icv_len_q <= post_y.icv_len;
        end else if (y_crypt_q) begin
          if (y_beat.eof && !y_beat.cut) begin
            tail_lane_q <= icv_off_q[3:0];
            tail_icv_len_q <= icv_len_q;
          end
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
            // Lane 0 of the next beat if PadLength has lane 15
            if (trailer_off[3:0] == 4'd15 ? y_index == trailer_off[13:4] + 10'd1
                                          : y_index == trailer_off[13:4]) begin
              next_header_q <= y_beat.data[8*next_header_lane+:8] ^ y_ks[8*next_header_lane+:8];
            end
          end
        end
      end
      // s + 20
      if (ended_q[2] && !cut_q[2]) begin
        v_lane_q <= tail_lane_q;
        if (Receive) begin
          v_icv_len_q <= tail_icv_len_q;
          v_icv_q <= icv_q;
          v_next_header_q <= next_header_q;
          v_pad_length_q <= pad_length_q;
        end
      end
      // s + 21 to s + 23
      if (tag_valid) begin
        if (Receive) begin
          icv_good_q <= ((rotate(tag, v_lane_q) ^ v_icv_q) & icv_lanes_of(v_lane_q, v_icv_len_q)) ==
              '0;
        end else begin
          rotated_q <= rotate(tag, v_lane_q);
        end
      end else if (due_q[6] || ended_q[6]) begin
        icv_good_q <= 1'b0;
        rotated_q  <= '0;
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // Verdict, at s + 24
  // -------------------------------------------------------------------------------------------

  descriptor_t verdict;
  mode_wr_t mode_wr;
  sa_count_t sa_count;

  always_comb begin : p_verdict
    logic [2:0] status;
    logic decrypt, next_ip, next_v6;  // the portion holds an IP packet, of version 6
    logic [13:0] trailer;  // bytes of padding, PadLength, NextHeader
    logic [31:0] handle;
    post_t post;
    post = '0;
    verdict = '0;
    mode_wr = '0;
    sa_count = '0;
    status = '0;
    decrypt = 1'b0;
    next_ip = 1'b0;
    next_v6 = 1'b0;
    trailer = '0;
    handle = '0;
    if (due_q[6]) begin
      post = post_q[post_rd_q];
      handle = {post.generation, {2'b0, post.bundle_idx} + 16'd1};
      verdict.meta = post.meta;
      verdict.meta.discard = post.meta.discard || cut_q[6];
      verdict.meta.level1 = 1'b0;
      verdict.meta.start = StartNone;
      verdict.meta.start_off = '0;
      verdict.meta.limit = '0;
      verdict.icv_off = post.icv_off;
      verdict.icv_len = post.icv_len;
      if (Receive) begin
        decrypt = post.crypt && post.status == '0 && fits_q[6] && icv_good_q && !bad_q[6] &&
            !cut_q[6];
        if (post.ah) begin
          next_ip = post.next_ip;
          next_v6 = post.next_v6;
        end else begin
          trailer = {6'b0, v_pad_length_q} + 14'd2;
          next_v6 = v_next_header_q == ProtoIpv6;
          next_ip = next_v6 || v_next_header_q == ProtoIpv4;
        end
        verdict.meta.tunnel_handle = '0;
        if (bad_q[6]) begin
          verdict.meta.rx_slot1  = '0;
          verdict.meta.rx_slot12 = '0;
        end else if (post.crypt) begin
          if (post.status != '0) begin
            status = post.status;
          end else if (!fits_q[6]) begin
            status = StatusSyntax;
          end else if (!icv_good_q) begin
            if (post.ah) status = post.tunnel_mode ? StatusTunnelAhIcv : StatusTransportAhIcv;
            else status = post.tunnel_mode ? StatusTunnelEspIcv : StatusTransportEspIcv;
          end else if (trailer > post.inner_len && !post.ah) begin
            status = StatusSyntax;
          end
          verdict.meta.rx_slot1[31:16] = {13'b0, status};
          verdict.meta.rx_slot1[Slot1CryptoDone] = 1'b1;
          verdict.meta.rx_slot1[Slot1NextCryptoDone] = post.level1;
          if (post.first) verdict.meta.offload_handle = handle;
          if (status != '0) begin
            verdict.meta.rx_slot12 = '0;
          end else begin
            if (!post.ah) begin
              verdict.meta.rx_slot12 = {15'b0, 1'b1, v_pad_length_q, v_next_header_q};
            end
            if (post.meta.kind != KindSelfTest && !cut_q[6]) begin
              if (post.both) begin
                verdict.meta.start = StartPair;
                verdict.meta.level1 = post.level1;
                verdict.meta.tunnel_handle = handle;
              end else if (next_ip) begin
                verdict.meta.start  = next_v6 ? StartIpv6 : StartIpv4;
                verdict.meta.level1 = 1'b1;
              end
            end
            verdict.meta.start_off = post.inner_off;
            verdict.meta.limit = post.inner_off + post.inner_len - trailer;
            sa_count.valid = !cut_q[6];
          end
        end
        verdict.apply = decrypt;
        // Of a bundle of two ESP says what the mode is.
        mode_wr.valid = decrypt && !post.both && post.meta.kind != KindSelfTest;
        mode_wr.row = {post.bundle_idx, 1'b0};
        mode_wr.generation = post.generation;
        mode_wr.tunnel = next_ip;
      end else begin
        verdict.meta.refused = post.meta.refused || bad_q[6] || (post.crypt && !fits_q[6]);
        verdict.apply = post.crypt;
        if (post.crypt && !verdict.meta.refused) begin
          if (post.both && !post.ah) begin
            verdict.meta.start  = post.level1 ? StartLevel1Ah : StartLevel0Ah;
            verdict.meta.level1 = post.level1;
          end else if (post.level1) begin
            verdict.meta.start = StartLevel0;
          end
          verdict.meta.limit = post.level1 ? post.end_off[13:0] : post.meta.limit;
          sa_count.valid = !cut_q[6];
        end
      end
      verdict.blank = verdict.meta.refused || verdict.meta.discard;
      // AH of a bundle of two counts with its ESP.
      if (post.meta.kind == KindSelfTest || (post.ah && post.both)) sa_count.valid = 1'b0;
      sa_count.bundle_idx = post.bundle_idx;
      sa_count.generation = post.generation;
      sa_count.bytes = post.inner_len;
    end
  end

  descriptor_t descriptor_q[StageFrames];
  logic [127:0] icv_fill_q[StageFrames];  // transmit: the ICV in its lanes
  logic [FrameW:0] desc_wr_q, desc_rd_q;
  logic read_sof;

  always_ff @(posedge clk_i) begin  // qualified by the pointers
    if (due_q[6]) begin
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
      if (due_q[6]) desc_wr_q <= desc_wr_q + 1'b1;
      if (read_sof) desc_rd_q <= desc_rd_q + 1'b1;
      if (mode_wr.valid) mode_wr_o <= mode_wr;
      else mode_wr_o.valid <= 1'b0;
      if (sa_count.valid) sa_count_o <= sa_count;
      else sa_count_o.valid <= 1'b0;
      if (ended_q[6]) verdicts_o <= verdicts_o + 16'd1;
    end
  end

  // -------------------------------------------------------------------------------------------
  // Output: read at r, complete at r + 1, given away at p
  // -------------------------------------------------------------------------------------------

  logic read_mid_q;  // the beat read last was not a frame's last
  logic read_mid;
  logic give;
  descriptor_t desc_q;
  logic [127:0] fill_q;
  logic [9:0] read_index_q;  // transmit: of the beat in read_q

  assign read_mid = read_valid_q ? !read_q.eof : read_mid_q;
  assign read = stored_q != '0 && out_q < (OutW + 1)'(OutBeats) &&
      (read_mid || desc_wr_q != desc_rd_q);
  assign read_sof = read && !read_mid;
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
      if (!Receive && read) read_index_q <= read_mid ? read_index_q + 10'd1 : '0;
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
      if (due_q[6]) begin
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
            icv_lanes = icv_lanes_of(desc_q.icv_off[3:0], desc_q.icv_len) &
                lanes_from(desc_q.icv_off[3:0]);
          end else if (read_index_q == desc_q.icv_off[13:4] + 10'd1) begin
            icv_lanes = icv_lanes_of(desc_q.icv_off[3:0],
                                     desc_q.icv_len) & ~lanes_from(desc_q.icv_off[3:0]);
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
      assert (!due_q[6] || (FrameW + 1)'(desc_wr_q - desc_rd_q) < (FrameW + 1)'(StageFrames))
      else $error("crypto_stage: descriptor queue overflow");
      assert (!due_q[6] || post_wr_q != post_rd_q)
      else $error("crypto_stage: verdict without a frame");
      assert (!take_sof || 4'(post_wr_q + 4'd1) != post_rd_q)
      else $error("crypto_stage: too many frames before their verdicts");
      assert (!tag_valid || ended_q[5:3] != '0)
      else $error("crypto_stage: tag not between s(eof) + 20 and s(eof) + 22");
      assert (!(y_valid && y_beat.eof && !y_beat.cut && y_crypt) || y_index >= 10'd3)
      else $error("crypto_stage: a portion in a frame of fewer than 4 beats");
      assert (!(take_sof && ctx_i.crypt && ctx_i.status == '0) || (ctx_i.icv_off >= 14'd48 &&
              {3'b0, ctx_i.icv_off} + {12'b0, ctx_i.icv_len} <= ctx_i.end_off &&
              ctx_i.end_off <= 17'(MaxFrameBytes)))
      else $error("crypto_stage: an ICV outside its portion");
      assert (!(take_sof && hashed && x_valid_q && x_beat_q.eof))
      else $error("crypto_stage: an AH portion right behind another frame");
      assert (!(Receive && tag_valid) || v_icv_len_q == 5'd8 || v_icv_len_q == 5'd12 ||
              v_icv_len_q == 5'd16)
      else $error("crypto_stage: no ICV length to compare");
      assert (!(Receive && due_q[6] && verdict.apply) || icv_good_q)
      else $error("crypto_stage: keystream released without a good tag");
      assert (!(Receive && read_valid_q) || desc_q.apply || desc_q.blank ||
              done.data == read_q.data)
      else $error("crypto_stage: bytes changed without a good verdict");
      assert (!(Receive && due_q[6]) || verdict.meta.start == StartNone ||
              (verdict.meta.start_off >= 14'd50 && verdict.meta.start_off <= 14'(MaxFrameBytes)))
      else $error("crypto_stage: the next portion starts in front of what this one holds");
      assert (!(due_q[6] && verdict.meta.refused) || verdict.blank)
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
