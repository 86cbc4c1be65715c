// SPDX-License-Identifier: Apache-2.0
//
// From a parsed portion to the context of the crypto stage: hash and chain walks on receive, the handle on
// transmit and for ESP of a bundle of two, then the records, then all rules that need no more than the headers
// (docs/packet_semantics.md).
//
// Timing: a request every 4 clocks as long as no chain is longer than 4; a request taken at edge a is in
// the context queue after a + 4 + max(1, n), n = entries read (docs/cycle_formulae.md). Three places in a
// row (hash, heads, walk) each hold one request and move on when the next is free.

module sa_lookup
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Stage = 0,
    parameter int unsigned Stages = 2,  // 1, 2 or 4
    parameter int unsigned NumSa = 1024  // 16, 1,024 or 16,384
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               clear_i,      // a sweep starts: counters restart (nothing is inside)
    input  path_cfg_t          cfg_i,
    // Requests, from frame_parser
    input  logic               req_valid_i,
    input  lookup_req_t        req_i,
    output logic               req_pop_o,
    // Table
    output table_req_t         table_req_o,
    input  table_rsp_t         table_rsp_i,
    // Contexts, to crypto_stage
    output logic               ctx_valid_o,
    output stage_ctx_t         ctx_o,
    input  logic               ctx_pop_i,    // the stage takes the frame's first beat
    // Requests taken so far, for the drain of DELETE
    output logic        [15:0] taken_o,
    // A lookup found a parity error: one clock, behind the edge at which its context is queued
    output logic               parity_o
);

  localparam int unsigned BucketW = $clog2(4 * NumSa);
  localparam int unsigned CtxW = $clog2(LookupFrames);

  // The known answer, see docs/cycle_formulae.md, Self-test
  localparam logic [255:0] SelfTestKey =
      256'h000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;
  localparam logic [127:0] SelfTestH = 128'hf29000b62a499fd0a9f39a6add2e7780;

  // -------------------------------------------------------------------------------------------
  // S1: key and hash
  // -------------------------------------------------------------------------------------------

  logic accept;
  logic [1:0] pace_q;  // edges until the next request may be taken, less one
  logic [CtxW:0] outstanding_q;  // taken and not yet in the stage

  // Nothing inside and nothing coming: nothing to do, for a simulator either.
  logic busy;

  logic s1_valid_q;
  lookup_req_t s1_req_q;
  logic [1:0] s1_on_q;  // {AH, ESP}, as at the edge that took the request
  logic [15:0] s1_exact_q, s1_wild_q;

  logic s2_valid_q, s2_fresh_q;
  lookup_req_t s2_req_q;
  logic [1:0] s2_on_q;
  logic s2_search_q;
  chain_ptr_t s2_exact_q, s2_wild_q;

  logic walk_valid_q, walk_end;
  logic s1_move, s2_move;

  logic s1_search;
  assign s1_search = Receive && s1_req_q.found && s1_req_q.meta.start != StartPair &&
      s1_on_q[s1_req_q.ah];

  assign s2_move = s2_valid_q && (!walk_valid_q || walk_end);
  assign s1_move = s1_valid_q && (!s2_valid_q || s2_move);
  assign accept = req_valid_i && pace_q == '0 && outstanding_q < (CtxW + 1)'(LookupFrames) &&
      (!s1_valid_q || s1_move);
  assign req_pop_o = accept;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pace_q <= '0;
      outstanding_q <= '0;
      s1_valid_q <= 1'b0;
      s1_req_q <= '0;
      s1_on_q <= '0;
      s1_exact_q <= '0;
      s1_wild_q <= '0;
      taken_o <= '0;
    end else if (busy || clear_i) begin
      if (pace_q != '0) pace_q <= pace_q - 1'b1;
      if (accept != ctx_pop_i) begin
        outstanding_q <= accept ? outstanding_q + 1'b1 : outstanding_q - 1'b1;
      end
      if (s1_move) s1_valid_q <= 1'b0;
      if (accept) begin
        pace_q <= 2'd3;
        s1_valid_q <= 1'b1;
        s1_req_q <= req_i;
        s1_on_q <= Receive ? {cfg_i.rx_ah, cfg_i.rx_esp} : {cfg_i.tx_ah, cfg_i.tx_esp};
        if (Receive && req_i.found) begin
          s1_exact_q <= 16'(BucketW'(sa_hash(
              cfg_i.hash_seed, req_i.spi, req_i.dst, req_i.v6, req_i.ah
          )));
          s1_wild_q <= 16'(BucketW'(sa_hash(cfg_i.hash_seed, req_i.spi, '0, req_i.v6, req_i.ah)));
        end
      end
      if (clear_i) taken_o <= '0;
      else if (accept) taken_o <= taken_o + 16'd1;
    end
  end

  // -------------------------------------------------------------------------------------------
  // S2: chain heads. They are on the table's read register for one clock only.
  // -------------------------------------------------------------------------------------------

  chain_ptr_t head_exact, head_wild;
  assign head_exact = s2_fresh_q ? table_rsp_i.head_exact : s2_exact_q;
  assign head_wild  = s2_fresh_q ? table_rsp_i.head_wild : s2_wild_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s2_valid_q <= 1'b0;
      s2_fresh_q <= 1'b0;
      s2_req_q <= '0;
      s2_on_q <= '0;
      s2_search_q <= 1'b0;
      s2_exact_q <= '0;
      s2_wild_q <= '0;
    end else if (busy) begin
      s2_fresh_q <= s1_move && s1_search;
      if (s2_fresh_q) begin
        s2_exact_q <= table_rsp_i.head_exact;
        s2_wild_q  <= table_rsp_i.head_wild;
      end
      if (s2_move) s2_valid_q <= 1'b0;
      if (s1_move) begin
        s2_valid_q <= 1'b1;
        s2_req_q <= s1_req_q;
        s2_on_q <= s1_on_q;
        s2_search_q <= s1_search;
        s2_exact_q <= '0;
        s2_wild_q <= '0;
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // Walk: both chains side by side, an entry a clock
  // -------------------------------------------------------------------------------------------

  lookup_req_t walk_req_q;
  logic [1:0] walk_on_q;
  chain_ptr_t exact_q, wild_q;  // entries on the table's read registers
  logic wild_hit_q;  // the wildcard chain matched before
  logic [14:0] wild_row_q;

  logic exact_match, wild_match, exact_more, wild_more;
  always_comb begin
    exact_match = 1'b0;
    wild_match  = 1'b0;
    if (exact_q.valid) begin
      exact_match = table_rsp_i.entry_exact.spi == walk_req_q.spi &&
          table_rsp_i.entry_exact.dst == walk_req_q.dst &&
          table_rsp_i.entry_exact.v6 == walk_req_q.v6 &&
          table_rsp_i.entry_exact.ah == walk_req_q.ah;
    end
    if (wild_q.valid) begin
      wild_match = table_rsp_i.entry_wild.spi == walk_req_q.spi &&
          table_rsp_i.entry_wild.dst == '0 && table_rsp_i.entry_wild.v6 == walk_req_q.v6 &&
          table_rsp_i.entry_wild.ah == walk_req_q.ah;
    end
  end
  assign exact_more = exact_q.valid && !exact_match && table_rsp_i.entry_exact.next.valid;
  assign wild_more  = wild_q.valid && !wild_match && table_rsp_i.entry_wild.next.valid;
  assign walk_end   = walk_valid_q && (exact_match || !(exact_more || wild_more));

  logic rec_valid_q, rec_hit_q;
  logic [1:0] rec_on_q;
  logic ctx_push_q;
  lookup_req_t rec_req_q;
  logic [14:0] rec_row_q;

  // Transmit, and receive for a pair: the handle of the portion names the row
  function automatic logic [31:0] handle_of(input logic level1, input logic [31:0] offload,
                                            input logic [31:0] tunnel);
    return Receive || (!level1 && tunnel != '0) ? tunnel : offload;
  endfunction

  logic [15:0] number;  // bundle + 1
  logic by_handle, second;  // of a bundle of two
  assign by_handle = !Receive || walk_req_q.meta.start == StartPair;
  assign second = !Receive && (walk_req_q.meta.start == StartLevel1Ah ||
                               walk_req_q.meta.start == StartLevel0Ah);
  always_comb begin
    number = '0;
    if (walk_valid_q) begin
      number = 16'(handle_of(walk_req_q.meta.level1, walk_req_q.meta.offload_handle,
                             walk_req_q.meta.tunnel_handle));
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_valid_q <= 1'b0;
      walk_req_q <= '0;
      walk_on_q <= '0;
      exact_q <= '0;
      wild_q <= '0;
      wild_hit_q <= 1'b0;
      wild_row_q <= '0;
      rec_valid_q <= 1'b0;
      rec_hit_q <= 1'b0;
      rec_on_q <= '0;
      rec_req_q <= '0;
      rec_row_q <= '0;
    end else if (busy) begin
      if (walk_valid_q) begin
        exact_q <= exact_more ? table_rsp_i.entry_exact.next : '0;
        wild_q  <= wild_more ? table_rsp_i.entry_wild.next : '0;
        if (wild_match) begin
          wild_hit_q <= 1'b1;
          wild_row_q <= wild_q.ptr;
        end
      end
      if (walk_end) walk_valid_q <= 1'b0;
      if (s2_move) begin
        walk_valid_q <= 1'b1;
        walk_req_q <= s2_req_q;
        walk_on_q <= s2_on_q;
        exact_q <= s2_search_q ? head_exact : '0;
        wild_q <= s2_search_q ? head_wild : '0;
        wild_hit_q <= 1'b0;
      end
      rec_valid_q <= walk_end;
      if (walk_end) begin
        rec_req_q <= walk_req_q;
        rec_on_q  <= walk_on_q;
        if (by_handle) begin
          // Behind stage 0 the handles are for frames that have a portion left.
          rec_hit_q <= number != '0 && number <= 16'(NumSa) &&
              (Stage == 0 || walk_req_q.meta.start != StartNone);
          rec_row_q <= {14'(number - 16'd1), second};
        end else begin
          rec_hit_q <= exact_match || wild_match || wild_hit_q;
          rec_row_q <= exact_match ? exact_q.ptr : (wild_match ? wild_q.ptr : wild_row_q);
        end
      end
    end
  end

  always_comb begin
    table_req_o = '0;
    table_req_o.head_en = s1_move && s1_search;
    table_req_o.head_exact = s1_exact_q;
    table_req_o.head_wild = s1_wild_q;
    if (s2_move) begin
      table_req_o.entry_exact_en = s2_search_q && head_exact.valid;
      table_req_o.entry_exact = head_exact.ptr;
      table_req_o.entry_wild_en = s2_search_q && head_wild.valid;
      table_req_o.entry_wild = head_wild.ptr;
    end else if (walk_valid_q && !exact_match) begin
      table_req_o.entry_exact_en = exact_more;
      table_req_o.entry_exact = table_rsp_i.entry_exact.next.ptr;
      table_req_o.entry_wild_en = wild_more;
      table_req_o.entry_wild = table_rsp_i.entry_wild.next.ptr;
    end
    table_req_o.rec_en  = rec_valid_q && rec_hit_q;
    table_req_o.rec_row = rec_row_q;
  end

  assign busy = req_valid_i || pace_q != '0 || s1_valid_q || s2_valid_q || walk_valid_q ||
      rec_valid_q || ctx_push_q || ctx_pop_i;

  // -------------------------------------------------------------------------------------------
  // Context
  // -------------------------------------------------------------------------------------------

  logic ctx_hit_q;
  logic [1:0] ctx_on_q;
  lookup_req_t ctx_req_q;
  logic [14:0] ctx_row_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ctx_push_q <= 1'b0;
      ctx_hit_q  <= 1'b0;
      ctx_on_q   <= '0;
      ctx_req_q  <= '0;
      ctx_row_q  <= '0;
    end else if (busy) begin
      ctx_push_q <= rec_valid_q;
      if (rec_valid_q) begin
        ctx_req_q <= rec_req_q;
        ctx_hit_q <= rec_hit_q;
        ctx_on_q  <= rec_on_q;
        ctx_row_q <= rec_row_q;
      end
    end
  end

  // Parity is checked where the rows are read, the ESN bits of the bundle are for UPDATE_SA.
  logic unused_rsp;
  assign unused_rsp = ^{table_rsp_i.sa.parity, table_rsp_i.bundle.parity, table_rsp_i.bundle.esn};

  // The members above again
  // verilator lint_off UNUSEDSIGNAL
  // Everything that the headers alone can say about a portion: what is left is the frame's length.
  function automatic stage_ctx_t context_of(
      input lookup_req_t r, input logic hit, input logic [1:0] on, input logic [14:0] row,
      input bundle_t bundle, input sa_t sa, input logic [31:0] seq_high, input logic tunnel_mode,
      input logic bad_parity);
    stage_ctx_t c;
    logic [31:0] handle;
    logic pair, udp_fits, lengths_fit, fits;
    logic [16:0] header;  // offset of the portion's header
    c = '0;
    c.meta = r.meta;
    c.first = !r.meta.rx_slot1[Slot1CryptoDone];
    handle = handle_of(r.meta.level1, r.meta.offload_handle, r.meta.tunnel_handle);
    pair = Receive && r.meta.start == StartPair;
    header = {3'b0, r.off};
    udp_fits = r.udp == (bundle.udp[0] || bundle.udp[1] || (bundle.udp[2] && !r.meta.level1) ||
                         (bundle.udp[3] && r.meta.level1));
    // An end that no frame can reach is refused here, so that the lengths below fit their 14 bits.
    lengths_fit = r.found && !r.truncated && r.udp_ends && r.ip_end <= 17'(MaxFrameBytes);
    if (Receive && r.meta.limit != '0 && r.ip_end > {3'b0, r.meta.limit}) lengths_fit = 1'b0;
    c.ah = r.ah;
    c.v6 = r.v6;
    c.level1 = r.meta.level1;
    c.key_size = sa.key_size;
    c.icv_len = sa.icv_len;
    c.bundle_idx = row[14:1];
    c.generation = bundle.generation;
    c.end_off = r.ip_end;
    if (r.ah) begin
      if (!r.ah_size_ok || {3'b0, r.ah_end} > r.ip_end) lengths_fit = 1'b0;
      c.icv_off = r.off + 14'd20;
      c.inner_off = r.ah_end;
      c.inner_len = 14'(r.ip_end) - r.ah_end;
      c.aad_off = r.ip_off;
      c.aad_len = 14'(r.ip_end) - r.ip_off;
      c.esn = sa.esn ? EsnBehind : EsnNone;
      c.next_ip = r.ah_next_ip;
      c.next_v6 = r.ah_next_v6;
    end else begin
      // PadLength and NextHeader at least
      if (r.ip_end < header + 17'd18 + {12'b0, sa.icv_len}) lengths_fit = 1'b0;
      c.icv_off   = 14'(r.ip_end) - {9'b0, sa.icv_len};
      c.inner_off = r.off + 14'd16;
      c.inner_len = c.icv_off - c.inner_off;
      if (sa.gmac) begin
        c.aad_off = sa.esn ? r.off - 14'd4 : r.off;
        c.aad_len = c.icv_off - c.aad_off;
        c.esn = sa.esn ? EsnAhead : EsnNone;
      end else begin
        c.aad_off = r.off;
        c.aad_len = 14'd8;
        c.txt_off = c.inner_off;
        c.txt_len = c.inner_len;
        c.esn = sa.esn ? EsnInside : EsnNone;
      end
    end
    if (Receive) begin
      c.crypt = hit;
      c.both  = r.ah && bundle.two;
      case (bundle.udp)
        4'h1: c.tunnel_mode = 1'b0;
        4'h2: c.tunnel_mode = 1'b1;
        4'h4, 4'h8: c.tunnel_mode = !r.meta.level1;
        default: c.tunnel_mode = tunnel_mode;
      endcase
      if (pair) begin
        if (bad_parity || !bundle.live || bundle.generation != handle[31:16]) c.status = 3'd1;
        else if (!lengths_fit) c.status = 3'd6;
      end else begin
        if (bundle.two && (on != 2'b11 || Stage == Stages - 1)) c.crypt = 1'b0;
        if (bad_parity) c.status = 3'd1;
        else if (bundle.two && !(r.both && r.pair_spi == sa.pair_spi)) c.status = 3'd7;
        else if (bundle.two && !r.ah) c.status = 3'd7;
        else if (!udp_fits) c.status = 3'd7;
        else if (!lengths_fit) c.status = 3'd6;
      end
    end else begin
      c.both = r.both;
      fits = hit && on[r.ah] && bundle.live && !bundle.inbound && !bad_parity &&
          bundle.generation == handle[31:16] && r.found && bundle.v6 == r.v6 && sa.spi == r.spi &&
          (bundle.dst == '0 || bundle.dst == r.dst) && bundle.two == r.both && sa.ah == r.ah &&
          udp_fits && lengths_fit;
      if (Stage == 0) begin
        if (r.meta.hint != '0 && r.meta.hint[31:16] != {r.esp_words, r.ah_words}) fits = 1'b0;
        if (r.portions > 3'(Stages)) fits = 1'b0;
      end
      // Level 0 holds all of level 1.
      if (!r.meta.level1 && r.meta.limit > (r.ah ? 14'(r.ip_end) : c.icv_off)) fits = 1'b0;
      if (Stage == 0 ? r.meta.offload_handle != '0 || r.meta.tunnel_handle != '0
                     : r.meta.start != StartNone) begin
        c.crypt = fits && !r.meta.refused;
        c.meta.refused = r.meta.refused || !fits;
      end
    end
    if (c.crypt && c.status == '0) begin
      c.salt = sa.salt;
      c.h = sa.h;
      c.key = sa.key;
      c.iv = r.iv;
      c.seq_high = sa.esn ? seq_high : '0;
    end else begin
      c.aad_len = '0;
      c.txt_len = '0;
      c.esn = EsnNone;
    end
    if (r.meta.kind == KindSelfTest) begin
      c = '0;
      c.meta = r.meta;
      if (r.meta.st_stage == 2'(Stage)) begin
        c.crypt = 1'b1;
        c.key_size = KeyAes256;
        c.first = 1'b1;
        c.icv_len = 5'd16;
        c.aad_off = 14'd34;
        c.aad_len = 14'd8;
        c.txt_off = 14'd50;
        c.txt_len = 14'd30;
        c.icv_off = 14'd80;
        c.inner_off = 14'd50;
        c.inner_len = 14'd30;
        c.end_off = 17'd96;
        c.salt = 32'h20212223;
        c.iv = 64'h2425262728292a2b;
        c.h = SelfTestH;
        c.key = SelfTestKey;
      end
    end
    return c;
  endfunction
  // verilator lint_on UNUSEDSIGNAL

  stage_ctx_t ctx_q[LookupFrames];
  logic [CtxW:0] ctx_wr_q, ctx_rd_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ctx_wr_q <= '0;
      ctx_rd_q <= '0;
      for (int unsigned i = 0; i < LookupFrames; i++) ctx_q[i] <= '0;
    end else if (busy) begin
      if (ctx_pop_i) begin
        ctx_q[ctx_rd_q[CtxW-1:0]] <= '0;  // it held a key
        ctx_rd_q <= ctx_rd_q + 1'b1;
      end
      if (ctx_push_q) begin
        ctx_q[ctx_wr_q[CtxW-1:0]] <= context_of(
            ctx_req_q,
            ctx_hit_q,
            ctx_on_q,
            ctx_row_q,
            table_rsp_i.bundle,
            table_rsp_i.sa,
            table_rsp_i.seq_high,
            table_rsp_i.tunnel_mode,
            table_rsp_i.bad_parity
        );
        ctx_wr_q <= ctx_wr_q + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) parity_o <= 1'b0;
    else if (ctx_push_q || parity_o) parity_o <= ctx_push_q && table_rsp_i.bad_parity;
  end

  assign ctx_valid_o = ctx_wr_q != ctx_rd_q;
  always_comb begin
    ctx_o = '0;
    if (ctx_valid_o) ctx_o = ctx_q[ctx_rd_q[CtxW-1:0]];
  end

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (busy) begin
      assert ((CtxW + 1)'(ctx_wr_q - ctx_rd_q) <= (CtxW + 1)'(LookupFrames))
      else $error("sa_lookup: context queue overflow");
      assert (!ctx_pop_i || ctx_valid_o)
      else $error("sa_lookup: pop of an empty context queue");
      assert (!(exact_match && wild_match && exact_q.ptr == wild_q.ptr) || walk_req_q.dst == '0)
      else $error("sa_lookup: one entry matches exactly and as wildcard");
      assert (!s2_move || !walk_valid_q || walk_end)
      else $error("sa_lookup: walk overrun");
    end
  end

endmodule
