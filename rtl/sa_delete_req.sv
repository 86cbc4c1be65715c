// SPDX-License-Identifier: Apache-2.0
//
// SaDeleteReq: whether a good receive frame asks the host to delete its SA, once per SA above the watermark and
// again after a number of frames. See docs/theory_of_operation.md, "SA table".
//
// Timing: a query at edge r reads the memories; the answer stands in the clock behind r, and the state is
// written at r + 1. Good frames have at least 4 beats, so that queries are at least 4 clocks apart and a query
// sees the state that the one before it left.

module sa_delete_req
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned NumSa = 1024
) (
    input logic clk_i,
    input logic rst_ni,

    // Sweep (reset_ctrl)
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    // Bundle rows as oid_engine writes them
    input logic        bundle_we_i,
    input logic [13:0] bundle_idx_i,
    input logic        bundle_live_i,
    input logic [15:0] bundle_generation_i,

    // Occupancy and settings
    input logic [15:0] sa_count_i,
    input logic [15:0] watermark_i,
    input logic [15:0] repeat_i,     // frames; 0: never

    // Last crypto_stage of the receive path
    input  delete_query_t query_i,
    output logic          req_o
);

  localparam int unsigned IdxWidth = $clog2(NumSa);

  typedef struct packed {
    logic live;
    logic [15:0] generation;
  } live_t;

  typedef struct packed {
    logic requested;
    logic [15:0] generation;
    logic [15:0] frames;  // since it was requested last, stops at 65,535
  } state_t;

  logic sweep;
  logic [IdxWidth-1:0] sweep_idx;
  assign sweep = sweep_i && {18'b0, sweep_row_i} < NumSa;
  assign sweep_idx = sweep_row_i[IdxWidth-1:0];

  live_t  live_mem [NumSa];
  state_t state_mem[NumSa];
  live_t  live_q;
  state_t state_q, state_d;
  logic valid_q;
  logic [IdxWidth-1:0] idx_q;
  logic [15:0] generation_q;

  logic [IdxWidth-1:0] query_idx;
  assign query_idx = IdxWidth'(query_i.handle[15:0] - 16'd1);

  always_ff @(posedge clk_i) begin
    if (sweep || bundle_we_i) begin
      live_mem[sweep?sweep_idx : bundle_idx_i[IdxWidth-1:0]] <=
          sweep ? '0 : {bundle_live_i, bundle_generation_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (sweep || valid_q) begin
      state_mem[sweep?sweep_idx : idx_q] <= sweep ? '0 : state_d;
    end
  end

  always_ff @(posedge clk_i) begin  // qualified by valid_q
    if (query_i.valid) begin
      live_q       <= live_mem[query_idx];
      state_q      <= state_mem[query_idx];
      idx_q        <= query_idx;
      generation_q <= query_i.handle[31:16];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (query_i.valid || valid_q) valid_q <= query_i.valid;
  end

  always_comb begin : p_decide
    logic above;
    logic [15:0] frames;
    req_o   = 1'b0;
    state_d = '0;
    above   = 1'b0;
    frames  = '0;
    if (valid_q) begin
      above   = sa_count_i > watermark_i;
      state_d = state_q;
      if (live_q.live && live_q.generation == generation_q) begin
        // The state of another generation is that of a deleted SA.
        if (state_q.generation != generation_q) state_d = '0;
        state_d.generation = generation_q;
        if (!state_d.requested) begin
          req_o = above;
          state_d.requested = above;
        end else begin
          frames = state_d.frames == '1 ? state_d.frames : state_d.frames + 16'd1;
          req_o = above && repeat_i != '0 && frames >= repeat_i;
          state_d.frames = req_o ? '0 : frames;
        end
      end
    end
  end

  logic unused_idx;
  assign unused_idx = ^{bundle_idx_i, sweep_row_i};

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  if (NumSa < 2 || NumSa > 16384 || (NumSa & (NumSa - 1)) != 0) begin : gen_bad_num_sa
    $fatal(1, "sa_delete_req: NumSa is %0d: expected a power of two from 2 to 16,384", NumSa);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (query_i.valid || valid_q) begin
      Spaced_A :
      assert (!(query_i.valid && valid_q))
      else $error("sa_delete_req: two good frames within 2 clocks");
      Handle_A :
      assert (!query_i.valid ||
              (query_i.handle[15:0] != '0 && {16'b0, query_i.handle[15:0]} <= NumSa))
      else $error("sa_delete_req: a good frame without a bundle");
      QuietSweep_A :
      assert (!sweep_i)
      else $error("sa_delete_req: a frame during the sweep");
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (req_o) begin
      Remembered_A :
      assert (state_d.requested && state_d.frames == '0)
      else $error("sa_delete_req: a request that is not remembered");
    end
  end

endmodule
