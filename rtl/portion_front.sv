// SPDX-License-Identifier: Apache-2.0
//
// In front of a crypto stage: delays a frame while its next portion is parsed and looked up.
//
// Timing: a beat can leave in the clock after it came; the first beat of a frame leaves when the frame's
// context is there (docs/cycle_formulae.md, s(0)). Steady throughput a beat a clock.

module portion_front
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Stage = 0,
    parameter int unsigned Stages = 2,
    parameter int unsigned NumSa = 1024
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               clear_i,
    input  path_cfg_t          cfg_i,
    input  logic        [15:0] udp_port_i,
    // From ingress or the stage before
    input  logic               valid_i,
    input  frame_beat_t        beat_i,
    input  frame_meta_t        meta_i,
    output logic               ready_o,
    // To the stage: a first beat comes with its context
    output logic               valid_o,
    output frame_beat_t        beat_o,
    output logic        [15:0] mask_o,       // bytes that AH counts as zero, see frame_parser
    output stage_ctx_t         ctx_o,        // valid with sof
    input  logic               ready_i,
    // Table
    output table_req_t         table_req_o,
    input  table_rsp_t         table_rsp_i,
    output logic        [15:0] taken_o,
    output logic               parity_o
);

  localparam int unsigned PtrW = $clog2(FrontBeats);
  localparam int unsigned FrameW = $clog2(FrontFrames);

  logic push, pop, pop_sof;
  assign push = valid_i && ready_o;
  assign pop = valid_o && ready_i;
  assign pop_sof = pop && beat_o.sof;

  // Beats. The memory needs no reset: the pointers qualify it.
  frame_beat_t fifo_q[FrontBeats];
  logic [PtrW:0] wr_q, rd_q, beats_q;
  logic [FrameW:0] frames_q;

  always_ff @(posedge clk_i) begin
    if (push) fifo_q[wr_q[PtrW-1:0]] <= beat_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_q <= '0;
      rd_q <= '0;
      beats_q <= '0;
      frames_q <= '0;
    end else begin
      if (push) wr_q <= wr_q + 1'b1;
      if (pop) rd_q <= rd_q + 1'b1;
      if (push != pop) beats_q <= push ? beats_q + 1'b1 : beats_q - 1'b1;
      if ((push && beat_i.sof) != pop_sof) begin
        frames_q <= pop_sof ? frames_q - 1'b1 : frames_q + 1'b1;
      end
    end
  end

  assign ready_o = beats_q < (PtrW + 1)'(FrontBeats) && frames_q < (FrameW + 1)'(FrontFrames);
  assign beat_o  = fifo_q[rd_q[PtrW-1:0]];

  logic ctx_valid;
  assign valid_o = beats_q != '0 && (!beat_o.sof || ctx_valid);

  logic req_valid, req_pop;
  lookup_req_t req;

  frame_parser #(
      .Receive(Receive)
  ) u_parser (
      .clk_i,
      .rst_ni,
      .udp_port_i (udp_port_i),
      .xfer_i     (push),
      .beat_i     (beat_i),
      .meta_i     (meta_i),
      .beat_wr_i  (wr_q[PtrW-1:0]),
      .beat_rd_i  (rd_q[PtrW-1:0]),
      .mask_o     (mask_o),
      .req_valid_o(req_valid),
      .req_o      (req),
      .req_pop_i  (req_pop)
  );

  sa_lookup #(
      .Receive(Receive),
      .Stage  (Stage),
      .Stages (Stages),
      .NumSa  (NumSa)
  ) u_lookup (
      .clk_i,
      .rst_ni,
      .clear_i    (clear_i),
      .cfg_i      (cfg_i),
      .req_valid_i(req_valid),
      .req_i      (req),
      .req_pop_o  (req_pop),
      .table_req_o(table_req_o),
      .table_rsp_i(table_rsp_i),
      .ctx_valid_o(ctx_valid),
      .ctx_o      (ctx_o),
      .ctx_pop_i  (pop_sof),
      .taken_o    (taken_o),
      .parity_o   (parity_o)
  );

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (push || pop) begin
      assert ((PtrW + 1)'(wr_q - rd_q) == beats_q)
      else $error("portion_front: beat count is off");
      assert (beats_q <= (PtrW + 1)'(FrontBeats))
      else $error("portion_front: beat FIFO overflow");
      assert (frames_q <= (FrameW + 1)'(FrontFrames))
      else $error("portion_front: frame count overflow");
    end
  end

endmodule
