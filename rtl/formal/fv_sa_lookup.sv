// SPDX-License-Identifier: Apache-2.0
//
// sa_lookup: its places (hash, heads, walk, record) and its context queue. One context for each request, in order; the queue
// never overflows; a place of the queue that holds no context holds no key.

`include "fv_names.svh"

module fv_sa_lookup
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input logic clk_i,
    input logic clear_i,
    input path_cfg_t cfg_i,
    input logic req_valid_i,
    input lookup_req_t req_i,
    input table_rsp_t table_rsp_i,
    input logic pop_i,
    input logic mark_i,  // the solver's choice
    input logic [$clog2(LookupFrames)-1:0] choice_i  // ... taken once: a place of the queue
);

  localparam int unsigned CtxW = $clog2(LookupFrames);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic take, valid;
  stage_ctx_t ctx;

  sa_lookup #(
      .Receive(Receive),
      .Stage(0),
      .Stages(2),
      .NumSa(16)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i,
      .cfg_i,
      .req_valid_i,
      .req_i,
      .req_pop_o(take),
      .table_req_o(),
      .table_rsp_i,
      .ctx_valid_o(valid),
      .ctx_o(ctx),
      .ctx_pop_i(pop_i),
      .taken_o(),
      .parity_o()
  );

  logic [CtxW-1:0] place, from_rd;
  always_ff @(posedge clk_i) if (!rst_ni) place <= choice_i;

  // A request is known by its slot-12 word, which goes through unchanged.
  logic [CtxW:0] inside_q, ahead_q, queued;
  logic marked_q, waiting_q;
  logic [31:0] hint_q;
  logic [1:0] pace_q;  // clocks until the next request may be taken
  assign queued  = `FV_LOOKUP_WR - `FV_LOOKUP_RD;
  assign from_rd = place - `FV_LOOKUP_RD[CtxW-1:0];

  always_ff @(posedge clk_i) begin
    waiting_q <= rst_ni && req_valid_i && !take;
    if (!rst_ni) begin
      inside_q <= '0;
      marked_q <= 1'b0;
      pace_q   <= '0;
    end else begin
      inside_q <= inside_q + (CtxW + 1)'(take) - (CtxW + 1)'(pop_i);
      if (take) pace_q <= 2'd3;
      else if (pace_q != '0) pace_q <= pace_q - 2'd1;
      if (take && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        ahead_q <= inside_q - (CtxW + 1)'(pop_i);
        hint_q <= req_i.meta.hint;
      end else if (marked_q && pop_i) begin
        if (ahead_q == '0) marked_q <= 1'b0;
        else ahead_q <= ahead_q - (CtxW + 1)'(1);
      end
    end
  end

  // All that is inside, oldest first: queue, what goes into it, records, walk, heads, hash
  logic [CtxW:0] held;
  logic place_ok;
  logic [CtxW-1:0] slot;
  stage_ctx_t word;
  assign slot = `FV_LOOKUP_RD[CtxW-1:0] + ahead_q[CtxW-1:0];
  assign word = `FV_LOOKUP_MEM[slot];
  always_comb begin
    held = queued;
    place_ok = !(ahead_q < held) || word.meta.hint == hint_q;
    if (`FV_LOOKUP_PUSH) begin
      if (ahead_q == held && `FV_LOOKUP_PUSH_REQ.meta.hint != hint_q) place_ok = 1'b0;
      held = held + (CtxW + 1)'(1);
    end
    if (`FV_LOOKUP_REC) begin
      if (ahead_q == held && `FV_LOOKUP_REC_REQ.meta.hint != hint_q) place_ok = 1'b0;
      held = held + (CtxW + 1)'(1);
    end
    if (`FV_LOOKUP_WALK) begin
      if (ahead_q == held && `FV_LOOKUP_WALK_REQ.meta.hint != hint_q) place_ok = 1'b0;
      held = held + (CtxW + 1)'(1);
    end
    if (`FV_LOOKUP_S2) begin
      if (ahead_q == held && `FV_LOOKUP_S2_REQ.meta.hint != hint_q) place_ok = 1'b0;
      held = held + (CtxW + 1)'(1);
    end
    if (`FV_LOOKUP_S1) begin
      if (ahead_q == held && `FV_LOOKUP_S1_REQ.meta.hint != hint_q) place_ok = 1'b0;
      held = held + (CtxW + 1)'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // frame_parser; portion_front
      if (waiting_q) assume (req_valid_i);
      assume (!pop_i || valid);

      Room_A : assert (queued <= (CtxW + 1)'(LookupFrames));
      PushRoom_A : assert (!`FV_LOOKUP_PUSH || queued < (CtxW + 1)'(LookupFrames));
      Bound_A : assert (inside_q <= (CtxW + 1)'(LookupFrames));
      Pace_A : assert (!take || pace_q == '0);
      if (marked_q && ahead_q == '0 && valid) Order_A : assert (ctx.meta.hint == hint_q);
      // What held a key is wiped when its frame leaves.
      if ((CtxW + 1)'(from_rd) >= queued) Wiped_A : assert (`FV_LOOKUP_MEM[place] == '0);

      One_I : assert (held == inside_q && `FV_LOOKUP_OUTSTANDING == inside_q);
      Pace_I : assert (`FV_LOOKUP_PACE == pace_q);
      if (marked_q) begin
        Inside_I : assert (ahead_q < inside_q);
        Place_I : assert (place_ok);
      end
    end
  end

endmodule
