// SPDX-License-Identifier: Apache-2.0
//
// AES-GCM of one frame after the other, in place (NIST SP 800-38D; the use in ESP: RFC 4106 and RFC 4543, in AH: RFC
// 4543). AAD and text are regions of the frame, given by byte offsets; everything outside passes unchanged. Encrypt:
// the text leaves as ciphertext. Decrypt: the beats leave unchanged, and beside them the keystream,
// which is for the caller to add once the tag is known to be good.
//
// Timing (s = edge at which the source handed the beat over, so that it is in X0 after s): the beat
// leaves (Y) after s + 16, the tag stands for one clock after s(eof) + 20, + 21 or + 22. A frame that ends with a cut
// gets none: it can be too short for a tag of its own between those of its neighbours. The pipeline never stalls;
// there may be any number of idle clocks between beats. start_i comes with the hand-over of the first
// beat, at edge s(0).
//
// The one AES block of a beat: beat 2 carries J0, and the beat in which text block i starts carries
// counter block i + 2. The one GHASH operation of a clock, at s + 17: a block of a region starts in one
// beat and ends in the next, because offsets are 2 modulo 4; it is taken with the beat behind its
// first, or one clock after `eof` (flush) if there is none. Behind the flush come the upper word of AH's ESN if it
// starts a block of its own (spill), and the lengths: at s(eof) + 19 (+ 20 with a spill). An operation whose clock is
// taken is held for one clock: see "GCM core timing rules" in docs/theory_of_operation.md for why one place is enough.
//
// Offsets are 2 modulo 4: Ethernet's 14 bytes precede headers that are all multiples of 4 long. So a
// block is three or four whole words of the word stream that is shifted by 2 bytes, and the aligners
// are 4:1 instead of 16:1.

module gcm_core
  import ipsec_offload_pkg::*;
#(
    parameter bit Decrypt = 1'b0
) (
    input logic clk_i,
    input logic rst_ni,

    // Frame parameters, at edge s(0)
    input logic start_i,
    input logic crypt_i,  // 0: the frame passes; no other parameter counts
    input key_size_e key_size_i,
    input logic [255:0] key_i,
    input logic [31:0] salt_i,
    input logic [63:0] iv_i,
    input logic [127:0] h_i,
    input logic [13:0] aad_off_i,
    input logic [13:0] aad_len_i,
    input logic [13:0] txt_off_i,
    input logic [13:0] txt_len_i,
    // AH: bytes of the mask count as zero, and the first AAD byte is that of an IPv6 header with v6_i
    input logic ah_i,
    input logic v6_i,
    input esn_place_e esn_i,
    input logic [31:0] seq_high_i,

    // X0
    input logic x_valid_i,
    input frame_beat_t x_beat_i,
    input logic [15:0] x_mask_i,  // bit i: byte 16 * j - 2 + i of the frame, j = index of the beat

    // Y
    output logic y_valid_o,
    output frame_beat_t y_beat_o,
    output logic [9:0] y_index_o,  // of the beat in its frame, stops at 1,023
    output logic y_has_ks_o,
    output logic [127:0] y_ks_o,  // decrypt: zero outside the text

    output logic tag_valid_o,  // frames with crypt_i that do not end with a cut
    output logic [127:0] tag_o  // byte lanes of a beat
);

  // What the end of the pipeline has to know of a frame.
  typedef struct packed {
    logic [13:0] aad_off;
    logic [13:0] aad_len;
    logic [13:0] txt_off;
    logic [13:0] txt_len;
    logic ah;
    logic v6;
    esn_place_e esn;
    logic [31:0] seq_high;
  } region_t;

  // Frames with crypto are at least 4 beats long (but for a cut one, the last), so at most 6 are between s and s + 18.
  localparam int unsigned Inflight = 8;

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (start_i) begin
      assert (!crypt_i || txt_len_i == '0 || (txt_off_i >= 14'd48 && txt_off_i[1:0] == 2'd2))
      else $error("gcm_core: text must start at 48 or behind, at 2 modulo 4");
      assert (!crypt_i || esn_i != EsnInside || aad_len_i == 14'd8)
      else $error("gcm_core: with ESN inside the frame has 8 bytes of AAD");
      assert (!crypt_i || esn_i != EsnBehind || (ah_i && aad_len_i != '0))
      else $error("gcm_core: ESN is behind the AAD of AH only");
      assert (!crypt_i || !ah_i || txt_len_i == '0)
      else $error("gcm_core: AH has no text");
      assert (!crypt_i || aad_len_i == '0 || (aad_off_i >= 14'd14 && aad_off_i[1:0] == 2'd2))
      else $error("gcm_core: AAD must start at 14 or behind, at 2 modulo 4");
    end
  end

  // Nothing inside and nothing coming: nothing to do, for a simulator either.
  logic busy;

  // ---------------------------------------------------------------------------------------------
  // X0: key wave, clear wave, counter blocks
  // ---------------------------------------------------------------------------------------------

  logic x_crypt_q, wave_q, clear_q, keys_live_q;
  key_size_e key_size_q;
  logic [255:0] key_q;
  logic [95:0] nonce_q;  // byte lanes of a beat
  logic [31:0] counter_q;
  logic [9:0] x_index_q, x_first_q, x_blocks_q;
  logic x_j0, x_text, aes_valid;
  logic [127:0] aes_block;

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_x0
    if (!rst_ni) begin
      x_crypt_q <= 1'b0;
      wave_q <= 1'b0;
      clear_q <= 1'b0;
      keys_live_q <= 1'b0;
      key_size_q <= KeyAes128;
      key_q <= '0;
      nonce_q <= '0;
      counter_q <= '0;
      x_index_q <= '0;
      x_first_q <= '0;
      x_blocks_q <= '0;
    end else if (busy) begin
      wave_q  <= start_i && crypt_i;
      // The keys in the pipeline serve no block any more when a frame has ended and none with a key
      // of its own follows at once.
      clear_q <= keys_live_q && !(start_i && crypt_i) && (start_i || (x_valid_i && x_beat_i.eof));
      if (start_i) begin
        x_index_q <= '0;
        x_crypt_q <= crypt_i;
      end else if (x_valid_i) begin
        x_index_q <= x_index_q + 10'(x_index_q != '1);
      end
      if (start_i && crypt_i) begin
        keys_live_q <= 1'b1;
        key_size_q <= key_size_i;
        key_q <= key_i;
        nonce_q <= {
          aes_pkg::swap32(iv_i[31:0]), aes_pkg::swap32(iv_i[63:32]), aes_pkg::swap32(salt_i)
        };
        counter_q <= 32'd2;
        x_first_q <= txt_off_i[13:4];
        x_blocks_q <= 10'((15'(txt_len_i) + 15'd15) >> 4);
      end else begin
        if (wave_q) key_q <= '0;
        if (keys_live_q && (start_i || (x_valid_i && x_beat_i.eof))) begin
          keys_live_q <= 1'b0;
          nonce_q <= '0;
        end
        if (x_text) begin
          counter_q  <= counter_q + 32'd1;
          x_blocks_q <= x_blocks_q - 10'd1;
        end
      end
    end
  end

  assign x_j0 = x_valid_i && x_crypt_q && x_index_q == 10'd2;
  assign x_text = x_valid_i && x_crypt_q && x_index_q >= x_first_q && x_blocks_q != '0;
  assign aes_valid = x_j0 || x_text;

  always_comb begin
    aes_block = '0;
    if (aes_valid) aes_block = {aes_pkg::swap32(x_j0 ? 32'd1 : counter_q), nonce_q};
  end

  logic ks_valid;
  logic [127:0] ks_block;

  aes_pipe u_aes (
      .clk_i,
      .rst_ni,
      .wave_i(wave_q),
      .clear_i(clear_q),
      .key_size_i(key_size_q),
      .key_i(key_q),
      .valid_i(aes_valid),
      .block_i(aes_block),
      .valid_o(ks_valid),
      .block_o(ks_block)
  );

  // ---------------------------------------------------------------------------------------------
  // Beside the AES: the beats in a circular memory, and the parameters of the frames
  // ---------------------------------------------------------------------------------------------

  frame_beat_t delay_q[16];
  logic [15:0] delay_mask_q[16];
  logic [15:0] delay_crypt_q;
  logic [3:0] delay_wr_q, delay_rd_q;
  logic [14:0] delay_valid_q;
  logic [14:0] delay_j0_q;

  region_t region_q[Inflight];
  logic [127:0] h_q[Inflight];
  logic [2:0] region_wr_q, region_rd_q, h_rd_q;

  logic z_valid, z_crypt;  // the beat that moves into Y

  assign z_valid = delay_valid_q[14];
  assign z_crypt = delay_crypt_q[delay_rd_q];

  always_ff @(posedge clk_i) begin : p_delay_mem  // qualified by delay_valid_q
    if (x_valid_i) begin
      delay_q[delay_wr_q] <= x_beat_i;
      delay_mask_q[delay_wr_q] <= x_mask_i;
    end
  end

  always_ff @(posedge clk_i) begin : p_region_mem  // qualified by delay_crypt_q
    if (start_i && crypt_i) begin
      region_q[region_wr_q] <= '{
          aad_off: aad_off_i,
          aad_len: aad_len_i,
          txt_off: txt_off_i,
          txt_len: txt_len_i,
          ah: ah_i,
          v6: v6_i,
          esn: esn_i,
          seq_high: seq_high_i
      };
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_delay
    if (!rst_ni) begin
      delay_wr_q <= '0;
      delay_rd_q <= '0;
      delay_valid_q <= '0;
      delay_crypt_q <= '0;
      delay_j0_q <= '0;
      region_wr_q <= '0;
      region_rd_q <= '0;
    end else if (busy) begin
      delay_valid_q <= {delay_valid_q[13:0], x_valid_i};
      delay_j0_q <= {delay_j0_q[13:0], x_j0};
      if (x_valid_i) begin
        delay_wr_q <= delay_wr_q + 4'd1;
        delay_crypt_q[delay_wr_q] <= x_crypt_q;
      end
      if (z_valid) delay_rd_q <= delay_rd_q + 4'd1;
      if (start_i && crypt_i) region_wr_q <= region_wr_q + 3'd1;
      if (z_valid && z_crypt && delay_q[delay_rd_q].sof) region_rd_q <= region_rd_q + 3'd1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Y: keystream alignment
  // ---------------------------------------------------------------------------------------------

  // The first n bytes of a block.
  function automatic logic [127:0] first_bytes(input logic [127:0] b, input logic [13:0] n);
    logic [127:0] r;
    if (n >= 14'd16) return b;
    r = '0;
    for (int unsigned i = 0; i < 16; i++) if (14'(i) < n) r[8*i+:8] = b[8*i+:8];
    return r;
  endfunction

  logic y_crypt_q;
  logic [15:0] y_mask_q;
  region_t y_region_q;
  logic [13:0] ks_left_q;  // text bytes whose keystream has not come
  logic [127:16] former_ks_q;  // keystream block whose end lies in the next beat
  logic former_ks_valid_q;
  logic [127:0] mask_q;  // AES(J0)

  logic text_ks;
  logic [127:0] ks_cut, ks_aligned;
  assign text_ks = ks_valid && !delay_j0_q[14];

  always_comb begin : p_align
    logic [ 111:0] c;
    logic [127:16] p;
    ks_cut = '0;
    ks_aligned = '0;
    if (text_ks || former_ks_valid_q) begin
      if (text_ks) ks_cut = first_bytes(ks_block, ks_left_q);
      c = ks_cut[111:0];
      p = former_ks_q;
      case (y_region_q.txt_off[3:2])
        2'd0: ks_aligned = {c[111:0], p[127:112]};
        2'd1: ks_aligned = {c[79:0], p[127:80]};
        2'd2: ks_aligned = {c[47:0], p[127:48]};
        default: ks_aligned = {c[15:0], p[127:16]};
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_y
    if (!rst_ni) begin
      y_valid_o <= 1'b0;
      y_beat_o <= '0;
      y_has_ks_o <= 1'b0;
      y_ks_o <= '0;
      y_crypt_q <= 1'b0;
      y_mask_q <= '0;
      y_region_q <= '0;
      ks_left_q <= '0;
      former_ks_q <= '0;
      former_ks_valid_q <= 1'b0;
    end else if (busy) begin
      y_valid_o <= z_valid;
      if (z_valid) begin
        y_beat_o   <= delay_q[delay_rd_q];
        y_mask_q   <= delay_mask_q[delay_rd_q];
        y_has_ks_o <= 1'b0;
        if (delay_q[delay_rd_q].sof) begin
          y_crypt_q <= z_crypt;
          former_ks_valid_q <= 1'b0;
          if (former_ks_valid_q) former_ks_q <= '0;
          if (Decrypt && y_has_ks_o) y_ks_o <= '0;
          if (z_crypt) begin
            y_region_q <= region_q[region_rd_q];
            ks_left_q  <= region_q[region_rd_q].txt_len;
          end
        end else begin
          former_ks_valid_q <= text_ks;
          if (text_ks) begin
            former_ks_q <= ks_cut[127:16];
            ks_left_q   <= ks_left_q > 14'd16 ? ks_left_q - 14'd16 : '0;
          end else if (former_ks_valid_q) begin
            former_ks_q <= '0;
          end
          if (Decrypt && y_has_ks_o) y_ks_o <= '0;
          if (text_ks || former_ks_valid_q) begin
            y_has_ks_o <= 1'b1;
            if (Decrypt) y_ks_o <= ks_aligned;
            else y_beat_o.data <= delay_q[delay_rd_q].data ^ ks_aligned;
          end
        end
      end else if (y_valid_o) begin
        y_has_ks_o <= 1'b0;
        if (Decrypt && y_has_ks_o) y_ks_o <= '0;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // GHASH: realignment of the blocks, lengths, tag
  // ---------------------------------------------------------------------------------------------

  logic [13:0] aad_left_q, txt_left_q;  // bytes of blocks that have not started
  logic open_q, flush_q;  // a block has started in the former beat; the former beat was the last
  logic open_ah_q, open_first_q;  // of AH; the first of the AAD
  logic open_v6_q;
  esn_place_e open_esn_q;  // where it takes the upper word of the sequence number in
  logic [31:0] seq_high_q;
  logic [1:0] open_word_q;
  logic [13:0] open_left_q;
  logic [127:16] former_q;  // former beat
  logic [15:4] former_mask_q;
  logic y_first, aad_starts, txt_starts;
  logic [13:0] aad_left, txt_left;
  logic [2:0] tail_q;  // edges since the last beat of a frame with crypto
  logic [2:0] tail_cut_q;  // which was a cut
  logic [13:0] tail_aad_q, tail_txt_q;
  logic [127:0] tail_mask_q;
  logic short_q;  // that frame ends in its AAD
  logic spill_q;  // the upper word has not been taken in as a whole
  logic [31:0] spill_word_q;  // what is left of it
  logic h_wait_q, hashing_q;  // H of the frame in Y is not in GHASH yet; a message is in GHASH
  logic h_ready, h_load;
  logic held_q, held_last_q, held_cut_q;
  logic [127:0] held_block_q;
  logic block_due, spill_due, length_due, tail_due;
  logic [127:0] block, tail_block;
  logic op_valid, op_last;
  logic length_cut, op_cut, done_cut_q;  // the operation is that of a cut frame
  logic [127:0] op_block;
  logic hash_done;
  logic [127:0] hash;

  assign y_first = y_beat_o.sof;
  assign aad_left = y_first ? y_region_q.aad_len : aad_left_q;
  assign txt_left = y_first ? y_region_q.txt_len : txt_left_q;
  assign aad_starts = aad_left != '0 && y_index_o >= y_region_q.aad_off[13:4];
  assign txt_starts = txt_left != '0 && y_index_o >= y_region_q.txt_off[13:4];

  assign block_due = open_q && (y_valid_o || flush_q);
  assign spill_due = tail_q[1] && spill_q && !short_q;
  assign length_due = spill_q && !short_q ? tail_q[2] : tail_q[1];

  assign length_cut = spill_q && !short_q ? tail_cut_q[2] : tail_cut_q[1];

  assign tail_due = spill_due || length_due;

  // H goes into GHASH behind the last operation of the message before, and ahead of the frame's first one, which
  // is due with the frame's second beat.
  assign h_ready = h_wait_q || (y_valid_o && y_crypt_q && y_first);
  assign h_load = h_ready && (!hashing_q || (op_valid && op_last));

  // The bytes of a block that its mask does not name
  function automatic logic [127:0] unmasked(input logic [127:0] b, input logic [15:0] m);
    logic [127:0] r;
    r = b;
    for (int unsigned i = 0; i < 16; i++) if (m[i]) r[8*i+:8] = '0;
    return r;
  endfunction

  always_comb begin : p_block
    logic [ 111:0] c;
    logic [127:16] f;
    logic [  15:0] m;
    block = '0;
    if (block_due) begin
      f = former_q;
      c = flush_q ? '0 : y_beat_o.data[111:0];
      case (open_word_q)
        2'd0: block = {c[15:0], f[127:16]};
        2'd1: block = {c[47:0], f[127:48]};
        2'd2: block = {c[79:0], f[127:80]};
        default: block = {c[111:0], f[127:112]};
      endcase
      if (open_ah_q) begin
        // Masks are by groups of the shifted stream: a whole one if the block starts in its first word
        m = flush_q ? '0 : y_mask_q;
        case (open_word_q)
          2'd0: m = {m[3:0], former_mask_q[15:4]};
          2'd1: m = {m[7:0], former_mask_q[15:8]};
          2'd2: m = {m[11:0], former_mask_q[15:12]};
          default: ;
        endcase
        if (m != '0) block = unmasked(block, m);
        if (open_first_q && open_v6_q) block[7:0] = 8'h60;
      end
      block = first_bytes(block, open_left_q);
      case (open_esn_q)
        EsnInside: block = {32'b0, block[63:32], aes_pkg::swap32(seq_high_q), block[31:0]};
        EsnAhead:  block = {block[127:64], aes_pkg::swap32(seq_high_q), block[63:32]};
        EsnBehind: begin
          block = block | (128'(aes_pkg::swap32(seq_high_q)) << {open_left_q[4:0], 3'b0});
        end
        default:   ;
      endcase
    end
  end

  always_comb begin : p_op
    tail_block = '0;
    if (spill_due) begin
      tail_block = {96'b0, spill_word_q};
    end else if (length_due) begin
      tail_block = {
        aes_pkg::swap32({15'b0, tail_txt_q, 3'b0}),
        32'b0,
        aes_pkg::swap32({15'b0, tail_aad_q, 3'b0}),
        32'b0
      };
    end
    op_valid = held_q || block_due || tail_due;
    op_last  = held_q ? held_last_q : length_due;
    op_cut   = held_q ? held_cut_q : length_cut;
    op_block = '0;
    if (held_q) op_block = held_block_q;
    else if (tail_due) op_block = tail_block;
    else if (block_due) op_block = block;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_ghash
    if (!rst_ni) begin
      y_index_o <= '0;
      aad_left_q <= '0;
      txt_left_q <= '0;
      open_q <= 1'b0;
      flush_q <= 1'b0;
      open_ah_q <= 1'b0;
      open_first_q <= 1'b0;
      open_v6_q <= 1'b0;
      open_esn_q <= EsnNone;
      seq_high_q <= '0;
      open_word_q <= '0;
      open_left_q <= '0;
      tail_q <= '0;
      tail_cut_q <= '0;
      tail_aad_q <= '0;
      tail_txt_q <= '0;
      tail_mask_q <= '0;
      short_q <= 1'b0;
      spill_q <= 1'b0;
      spill_word_q <= '0;
      h_wait_q <= 1'b0;
      hashing_q <= 1'b0;
      held_q <= 1'b0;
      held_last_q <= 1'b0;
      held_cut_q <= 1'b0;
      done_cut_q <= 1'b0;
      held_block_q <= '0;
      mask_q <= '0;
      h_rd_q <= '0;
      tag_valid_o <= 1'b0;
      tag_o <= '0;
    end else if (busy) begin
      tail_q <= {tail_q[1:0], y_valid_o && y_crypt_q && y_beat_o.eof};
      tail_cut_q <= {tail_cut_q[1:0], y_valid_o && y_crypt_q && y_beat_o.cut};
      flush_q <= y_valid_o && y_crypt_q && y_beat_o.eof;
      if (flush_q) open_q <= 1'b0;
      if (z_valid) y_index_o <= delay_q[delay_rd_q].sof ? '0 : y_index_o + 10'(y_index_o != '1);
      if (tail_q[2]) spill_q <= 1'b0;
      if (block_due && open_esn_q == EsnBehind && open_left_q >= 14'd13) begin
        spill_q <= 1'b1;
        spill_word_q <= aes_pkg::swap32(seq_high_q) >> {5'd16 - open_left_q[4:0], 3'b0};
      end
      if (y_valid_o && y_crypt_q) begin
        open_q <= aad_starts || txt_starts;
        if (aad_starts) begin
          open_ah_q <= y_region_q.ah;
          open_v6_q <= y_region_q.v6;
          open_first_q <= y_index_o == y_region_q.aad_off[13:4];
          open_esn_q <= EsnNone;
          if (y_region_q.esn == EsnBehind ? aad_left <= 14'd16
                                          : y_index_o == y_region_q.aad_off[13:4]) begin
            open_esn_q <= y_region_q.esn;
            seq_high_q <= y_region_q.seq_high;
          end
          open_word_q <= y_region_q.aad_off[3:2];
          open_left_q <= aad_left;
        end else if (txt_starts) begin
          open_ah_q   <= 1'b0;
          open_esn_q  <= EsnNone;
          open_word_q <= y_region_q.txt_off[3:2];
          open_left_q <= txt_left;
        end
        aad_left_q <= aad_left;
        txt_left_q <= txt_left;
        if (aad_starts) aad_left_q <= aad_left > 14'd16 ? aad_left - 14'd16 : '0;
        else if (txt_starts) txt_left_q <= txt_left > 14'd16 ? txt_left - 14'd16 : '0;
        if (y_beat_o.eof && !y_beat_o.cut) begin
          tail_aad_q <= y_region_q.aad_len +
              (y_region_q.esn == EsnInside || y_region_q.esn == EsnBehind ? 14'd4 : 14'd0);
          tail_txt_q <= y_region_q.txt_len;
          short_q <= {y_index_o, 4'b0} + {9'b0, y_beat_o.bytes} <
              y_region_q.aad_off + y_region_q.aad_len;
        end
      end
      // The tag comes at s(eof) + 22 at the latest, and the frame behind gets here four clocks later, or is a cut one.
      if (tail_q[1] && !tail_cut_q[1]) tail_mask_q <= mask_q;
      else if (hash_done) tail_mask_q <= '0;
      if (ks_valid && delay_j0_q[14]) mask_q <= ks_block;
      else if (tail_q[1]) mask_q <= '0;
      h_wait_q <= h_ready && !h_load;
      if (h_load) begin
        h_rd_q <= h_rd_q + 3'd1;
        hashing_q <= 1'b1;
      end else if (op_valid && op_last) begin
        hashing_q <= 1'b0;
      end
      // A block and a tail that are due at one edge: the tail is that of the frame before.
      held_q <= held_q ? block_due || tail_due : block_due && tail_due;
      if (block_due && (held_q || tail_due)) begin
        held_block_q <= block;
        held_last_q  <= 1'b0;
        held_cut_q   <= 1'b0;
      end else if (held_q && tail_due) begin
        held_block_q <= tail_block;
        held_last_q  <= length_due;
        held_cut_q   <= length_cut;
      end
      done_cut_q  <= op_valid && op_last && op_cut;
      tag_valid_o <= hash_done && !done_cut_q;
      if (hash_done && !done_cut_q) begin
        tag_o <= tail_mask_q ^ {aes_pkg::swap32(hash[31:0]), aes_pkg::swap32(hash[63:32]),
                                aes_pkg::swap32(hash[95:64]), aes_pkg::swap32(hash[127:96])};
      end else if (tag_valid_o) begin
        tag_o <= '0;
      end
    end
  end

  always_ff @(posedge clk_i) begin : p_former  // qualified by open_q
    if (y_valid_o && y_crypt_q) begin
      former_q <= y_beat_o.data[127:16];
      former_mask_q <= y_mask_q[15:4];
    end
  end

  // H waits here until GHASH takes it; the place is wiped then.
  always_ff @(posedge clk_i or negedge rst_ni) begin : p_h
    if (!rst_ni) begin
      for (int unsigned i = 0; i < Inflight; i++) h_q[i] <= '0;
    end else if (busy) begin
      if (h_load) h_q[h_rd_q] <= '0;
      if (start_i && crypt_i) h_q[region_wr_q] <= h_i;
    end
  end

  ghash u_ghash (
      .clk_i,
      .rst_ni,
      .load_i(h_load),
      .h_i(h_q[h_rd_q]),
      .valid_i(op_valid),
      .last_i(op_last),
      .block_i(op_block),
      .done_o(hash_done),
      .y_o(hash)
  );

  assign busy = start_i || x_valid_i || wave_q || clear_q || delay_valid_q != '0 || y_valid_o ||
      tail_q != '0 || held_q || h_wait_q || hash_done || tag_valid_o;

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (busy) begin
      assert (!(x_j0 && x_text))
      else $error("gcm_core: two AES blocks in one beat");
      assert (!(y_valid_o && y_crypt_q && aad_starts && txt_starts))
      else $error("gcm_core: AAD block and text block start in one beat");
      assert (!(held_q && block_due && tail_due))
      else $error("gcm_core: two GHASH operations to hold");
      assert (!(flush_q && block_due && tail_due))
      else $error("gcm_core: a flush while the frame before has operations due");
      assert (!op_valid || hashing_q)
      else $error("gcm_core: GHASH operation before its message");
      assert (!(h_wait_q && y_valid_o && y_crypt_q && y_first))
      else $error("gcm_core: H of two frames waits");
      assert (!(tail_q[1] && !tail_cut_q[1] && hash_done && !done_cut_q))
      else $error("gcm_core: J0 mask replaced before its tag");
      assert (!ks_valid || z_valid)
      else $error("gcm_core: keystream without its beat");
      assert (tag_valid_o || tag_o == '0)
      else $error("gcm_core: tag kept");
      assert (!(start_i && crypt_i) || 3'(region_wr_q + 3'd1) != h_rd_q)
      else $error("gcm_core: too many frames in flight");
    end
  end

endmodule
