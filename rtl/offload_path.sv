// SPDX-License-Identifier: Apache-2.0
//
// One direction: ingress, then Stages times a front and a crypto stage, then egress.
//
// Timing: docs/cycle_formulae.md. From the edge that takes a frame's first beat to the edge that gives it away
// Stages * (B + 33) clocks and the decision beats of the portions; a frame costs max(4, B) clocks, an AH portion
// max(4, B + 1).
//
// Byte k of a beat is data[8*k +: 8].

module offload_path
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Stages = 2,  // 1, 2 or 4
    parameter int unsigned NumSa = 1024  // 16, 1,024 or 16,384
) (
    input logic clk_i,
    input logic rst_ni,

    // reset_ctrl
    input logic open_i,  // new stream frames may start
    input logic cut_i,  // soft reset: a frame that is half in ends here
    output logic idle_o,  // nothing inside, no completion waiting
    input logic clear_i,  // first clock of a sweep: counters restart
    input path_cfg_t cfg_i,
    input logic [15:0] udp_port_i,  // taken by each front with the first beat of a frame

    // Stream in; s_user_i is 0 for receive
    input logic s_valid_i,
    input logic [127:0] s_data_i,
    input logic [15:0] s_keep_i,
    input logic s_last_i,
    input logic [95:0] s_user_i,
    output logic s_ready_o,

    // Stream out; m_user_o is 0 for transmit
    output logic m_valid_o,
    output logic [127:0] m_data_o,
    output logic [15:0] m_keep_o,
    output logic m_last_o,
    output logic [63:0] m_user_o,
    input logic m_ready_i,

    // Completions (transmit)
    output logic cpl_valid_o,
    output logic [63:0] cpl_data_o,
    input logic cpl_ready_i,

    // diag_port
    input logic diag_en_i,
    input logic diag_valid_i,
    input logic [127:0] diag_data_i,
    input logic [15:0] diag_keep_i,
    input logic diag_last_i,
    input logic [95:0] diag_user_i,
    output logic diag_ready_o,
    output logic dsink_valid_o,
    output logic [127:0] dsink_data_o,
    output logic [15:0] dsink_keep_o,
    output logic dsink_last_o,
    output logic [63:0] dsink_user_o,
    output logic dcpl_valid_o,
    output logic [63:0] dcpl_data_o,

    // Self-test
    input logic st_start_i,
    output logic st_busy_o,
    output logic [Stages-1:0] st_pass_o,

    // sa_table and sa_mode
    output table_req_t [Stages-1:0] table_req_o,
    input  table_rsp_t [Stages-1:0] table_rsp_i,
    output mode_wr_t   [Stages-1:0] mode_wr_o,
    output logic       [Stages-1:0] parity_o,

    // sa_stats and sa_delete_req (receive)
    output sa_count_t     [Stages-1:0] sa_count_o,
    output delete_query_t              delete_query_o,
    input  logic                       delete_req_i,

    // oid_engine (drain of DELETE): requests looked up, frames whose keys are gone
    output logic [Stages-1:0][15:0] taken_o,
    output logic [Stages-1:0][15:0] verdicts_o,

    // counters
    output path_event_t event_o
);

  // Integration checks
  if (Stages != 1 && Stages != 2 && Stages != 4) begin : gen_bad_stages
    $fatal(1, "offload_path: Stages must be 1, 2 or 4");
  end

  // Links: 0 is the input of front 0, s + 1 the output of stage s.
  logic valid[Stages+1];
  logic ready[Stages+1];
  frame_beat_t beat[Stages+1];
  frame_meta_t meta[Stages+1];

  delete_query_t delete_query[Stages];
  assign delete_query_o = delete_query[Stages-1];

  // -------------------------------------------------------------------------------------------
  // Ingress, self-test
  // -------------------------------------------------------------------------------------------

  logic mid;
  logic st_valid, st_last, st_ready, st_take;
  logic [127:0] st_data;
  logic [  1:0] st_stage;

  frame_ingress #(
      .Receive(Receive)
  ) u_ingress (
      .clk_i,
      .rst_ni,
      .open_i,
      .cut_i,
      .mid_o(mid),
      .s_valid_i,
      .s_data_i,
      .s_keep_i,
      .s_last_i,
      .s_user_i,
      .s_ready_o,
      .diag_valid_i,
      .diag_data_i,
      .diag_keep_i,
      .diag_last_i,
      .diag_user_i,
      .diag_ready_o,
      .st_valid_i(st_valid),
      .st_data_i(st_data),
      .st_last_i(st_last),
      .st_stage_i(st_stage),
      .st_ready_o(st_ready),
      .valid_o(valid[0]),
      .beat_o(beat[0]),
      .meta_o(meta[0]),
      .ready_i(ready[0])
  );

  assign st_take = valid[Stages] && ready[Stages] && meta[Stages].kind == KindSelfTest;

  self_test #(
      .Receive(Receive),
      .Stages (Stages)
  ) u_self_test (
      .clk_i,
      .rst_ni,
      .start_i(st_start_i),
      .cut_i,
      .busy_o (st_busy_o),
      .pass_o (st_pass_o),
      .valid_o(st_valid),
      .data_o (st_data),
      .last_o (st_last),
      .stage_o(st_stage),
      .ready_i(st_ready),
      .take_i (st_take),
      .beat_i (beat[Stages]),
      .meta_i (meta[Stages])
  );

  probe_point #(
      .Receive (Receive),
      .Boundary(0)
  ) u_probe_in (
      .clk_i,
      .rst_ni,
      .xfer_i(valid[0] && ready[0]),
      .beat_i(beat[0])
  );

  // -------------------------------------------------------------------------------------------
  // Portions
  // -------------------------------------------------------------------------------------------

  for (genvar s = 0; s < Stages; s++) begin : gen_stage
    logic front_valid, front_ready;
    frame_beat_t front_beat;
    logic [15:0] front_mask;
    stage_ctx_t ctx;

    portion_front #(
        .Receive(Receive),
        .Stage  (s),
        .Stages (Stages),
        .NumSa  (NumSa)
    ) u_front (
        .clk_i,
        .rst_ni,
        .clear_i,
        .cfg_i,
        .udp_port_i,
        .valid_i(valid[s]),
        .beat_i(beat[s]),
        .meta_i(meta[s]),
        .ready_o(ready[s]),
        .valid_o(front_valid),
        .beat_o(front_beat),
        .mask_o(front_mask),
        .ctx_o(ctx),
        .ready_i(front_ready),
        .table_req_o(table_req_o[s]),
        .table_rsp_i(table_rsp_i[s]),
        .taken_o(taken_o[s]),
        .parity_o(parity_o[s])
    );

    crypto_stage #(
        .Receive(Receive),
        .Last   (s == Stages - 1)
    ) u_stage (
        .clk_i,
        .rst_ni,
        .clear_i,
        .valid_i(front_valid),
        .beat_i(front_beat),
        .mask_i(front_mask),
        .ctx_i(ctx),
        .ready_o(front_ready),
        .valid_o(valid[s+1]),
        .beat_o(beat[s+1]),
        .meta_o(meta[s+1]),
        .ready_i(ready[s+1]),
        .mode_wr_o(mode_wr_o[s]),
        .verdicts_o(verdicts_o[s]),
        .sa_count_o(sa_count_o[s]),
        .delete_query_o(delete_query[s]),
        .delete_req_i(s == Stages - 1 && delete_req_i)
    );

    probe_point #(
        .Receive (Receive),
        .Boundary(s + 1)
    ) u_probe (
        .clk_i,
        .rst_ni,
        .xfer_i(valid[s+1] && ready[s+1]),
        .beat_i(beat[s+1])
    );
  end

  // -------------------------------------------------------------------------------------------
  // Egress
  // -------------------------------------------------------------------------------------------

  logic no_completion;

  if (Receive) begin : gen_rx
    egress_rx u_egress (
        .clk_i,
        .rst_ni,
        .valid_i(valid[Stages]),
        .beat_i (beat[Stages]),
        .meta_i (meta[Stages]),
        .ready_o(ready[Stages]),
        .m_valid_o,
        .m_data_o,
        .m_keep_o,
        .m_last_o,
        .m_user_o,
        .m_ready_i,
        .dsink_valid_o,
        .dsink_data_o,
        .dsink_keep_o,
        .dsink_last_o,
        .dsink_user_o,
        .event_o
    );
    assign no_completion = 1'b1;
    assign cpl_valid_o = 1'b0;
    assign cpl_data_o = '0;
    assign dcpl_valid_o = 1'b0;
    assign dcpl_data_o = '0;
    logic unused_cpl;
    assign unused_cpl = cpl_ready_i;
  end else begin : gen_tx
    egress_tx u_egress (
        .clk_i,
        .rst_ni,
        .clear_i,
        .idle_o (no_completion),
        .valid_i(valid[Stages]),
        .beat_i (beat[Stages]),
        .meta_i (meta[Stages]),
        .ready_o(ready[Stages]),
        .m_valid_o,
        .m_data_o,
        .m_keep_o,
        .m_last_o,
        .m_ready_i,
        .cpl_valid_o,
        .cpl_data_o,
        .cpl_ready_i,
        .dsink_valid_o,
        .dsink_data_o,
        .dsink_keep_o,
        .dsink_last_o,
        .dcpl_valid_o,
        .dcpl_data_o,
        .event_o
    );
    assign m_user_o = '0;
    assign dsink_user_o = '0;
  end

  // -------------------------------------------------------------------------------------------
  // Occupancy
  // -------------------------------------------------------------------------------------------

  // 16 frames in a front and 256 in a stage, four times, are 1,088; those in the output queues less.
  logic [11:0] inside_q;
  logic in_sof, out_eof;
  assign in_sof  = valid[0] && ready[0] && beat[0].sof;
  assign out_eof = valid[Stages] && ready[Stages] && beat[Stages].eof;
  assign idle_o  = inside_q == '0 && !mid && no_completion;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) inside_q <= '0;
    else if (in_sof != out_eof) inside_q <= in_sof ? inside_q + 12'd1 : inside_q - 12'd1;
  end

  // The source is chosen by diag_valid_i; open_i is low while diag_en_i is high.
  logic unused_diag;
  assign unused_diag = diag_en_i;

  // Implementation checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(out_eof && inside_q == '0))
      else $error("offload_path: a frame leaves that never came");
      assert (inside_q < 12'd2048)
      else $error("offload_path: frame count ran away");
      assert (!(clear_i && !idle_o))
      else $error("offload_path: sweep with frames inside");
      assert (!(diag_valid_i && open_i))
      else $error("offload_path: diagnostic frame while the stream is open");
    end
  end

endmodule
