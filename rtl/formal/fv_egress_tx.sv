// SPDX-License-Identifier: Apache-2.0
//
// egress_tx: what leaves, when, and what is told of it.

`include "fv_names.svh"

module fv_egress_tx
  import ipsec_offload_pkg::*;
(
    input logic        clk_i,
    input logic        mark_i,      // the solver's choice
    input logic        clear_i,
    input logic        valid_i,
    input frame_beat_t beat_i,
    input frame_meta_t meta_i,
    input logic        m_ready_i,
    input logic        cpl_ready_i
);

  localparam int unsigned PtrW = $clog2(CplDepth);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic ready, m_valid, m_last, cpl_valid, dsink_valid, dsink_last, dcpl_valid, idle;
  logic [127:0] m_data, dsink_data;
  logic [15:0] m_keep, dsink_keep;
  logic [63:0] cpl_data, dcpl_data;
  path_event_t events;

  egress_tx u_dut (
      .clk_i,
      .rst_ni,
      .clear_i,
      .idle_o       (idle),
      .valid_i,
      .beat_i,
      .meta_i,
      .ready_o      (ready),
      .m_valid_o    (m_valid),
      .m_data_o     (m_data),
      .m_keep_o     (m_keep),
      .m_last_o     (m_last),
      .m_ready_i,
      .cpl_valid_o  (cpl_valid),
      .cpl_data_o   (cpl_data),
      .cpl_ready_i,
      .dsink_valid_o(dsink_valid),
      .dsink_data_o (dsink_data),
      .dsink_keep_o (dsink_keep),
      .dsink_last_o (dsink_last),
      .dcpl_valid_o (dcpl_valid),
      .dcpl_data_o  (dcpl_data),
      .event_o      (events)
  );

  // What stood on the wires one clock ago
  logic valid_q, ready_q, mid_q;
  frame_beat_t beat_q;
  frame_meta_t meta_q;
  logic m_valid_q, m_ready_q, m_last_q, cpl_valid_q, cpl_ready_q;
  logic [127:0] m_data_q;
  logic [ 15:0] m_keep_q;
  logic [ 63:0] cpl_data_q;
  always_ff @(posedge clk_i) begin
    valid_q <= valid_i && rst_ni;
    ready_q <= ready;
    beat_q <= beat_i;
    meta_q <= meta_i;
    m_valid_q <= m_valid && rst_ni;
    m_ready_q <= m_ready_i;
    m_data_q <= m_data;
    m_keep_q <= m_keep;
    m_last_q <= m_last;
    cpl_valid_q <= cpl_valid && rst_ni;
    cpl_ready_q <= cpl_ready_i;
    cpl_data_q <= cpl_data;
    if (!rst_ni) mid_q <= 1'b0;
    else if (valid_i && ready) mid_q <= !beat_i.eof;
  end

  // The completion of one frame, whichever.
  logic marked_q, marked_refused_q;  // until it is taken
  logic [PtrW:0] marked_at_q;
  logic [31:0] marked_number_q, number_q;
  logic done, push, pop;
  assign done = valid_i && ready && beat_i.eof && meta_i.kind != KindSelfTest && !meta_i.discard;
  assign push = done && meta_i.kind == KindNormal;
  assign pop  = cpl_valid && cpl_ready_i;
  logic [PtrW:0] pushes_q, pops_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      marked_q <= 1'b0;
      pushes_q <= '0;
      pops_q   <= '0;
      number_q <= '0;
    end else begin
      pushes_q <= pushes_q + (PtrW + 1)'(push);
      pops_q   <= pops_q + (PtrW + 1)'(pop);
      if (clear_i) number_q <= '0;
      else if (done) number_q <= number_q + 32'd1;
      if (push && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        marked_refused_q <= meta_i.refused;
        marked_number_q <= number_q;
        marked_at_q <= pushes_q;
      end else if (pop && pops_q == marked_at_q) begin
        marked_q <= 1'b0;
      end
    end
  end
  logic [PtrW:0] waiting, ahead;
  assign waiting = pushes_q - pops_q;
  assign ahead   = marked_at_q - pops_q;
  logic [32:0] marked_word;
  assign marked_word = `FV_CPL_MEM[marked_at_q[PtrW-1:0]];

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The stage in front: a beat stays until it is taken, words are constant through a frame.
      if (valid_q && !ready_q) assume (valid_i && beat_i == beat_q && meta_i == meta_q);
      if (valid_i && mid_q) assume (!beat_i.sof);
      if (valid_i && mid_q) assume (meta_i == meta_q);
      assume (!valid_i || (beat_i.bytes >= 5'd1 && beat_i.bytes <= 5'd16));

      // Refused
      RefusedNoByte_A : assert (!(valid_i && meta_i.refused) || (!m_valid && !dsink_valid));
      DiscardNoByte_A : assert (!(valid_i && meta_i.discard) || (!m_valid && !dsink_valid));
      IdleZero_A : assert (m_valid || (m_data == '0 && m_keep == '0 && !m_last));
      OnlyInput_A :
      assert (!m_valid || (valid_i && m_data == beat_i.data && m_last == beat_i.eof &&
                                         meta_i.kind == KindNormal));
      OnePlace_A : assert (!(m_valid && dsink_valid));

      // AXI-Stream
      if (m_valid_q && !m_ready_q) begin
        MStays_A : assert (m_valid);
        MStable_A : assert (m_data == m_data_q && m_keep == m_keep_q && m_last == m_last_q);
      end
      if (cpl_valid_q && !cpl_ready_q) begin
        CplStays_A : assert (cpl_valid);
        CplStable_A : assert (cpl_data == cpl_data_q);
      end
      if (m_valid) KeepShape_A : assert (m_keep[0] && (m_keep & (m_keep + 16'd1)) == '0);

      // Completion queue: room, order, contents
      CplCount_A : assert (waiting <= (PtrW + 1)'(CplDepth) && cpl_valid == (waiting != '0));
      CplRoom_A : assert (!push || waiting < (PtrW + 1)'(CplDepth));
      if (cpl_valid && marked_q && ahead == '0) begin
        CplOrder_A :
        assert (cpl_data == {marked_number_q, marked_refused_q ? 32'hC000_0001 : 32'd0});
      end

      // Invariants
      CplPointers_I : assert (`FV_CPL_WR == pushes_q && `FV_CPL_RD == pops_q);
      CplNumber_I : assert (`FV_CPL_NUMBER == number_q);
      if (marked_q) begin
        CplMarked_I :
        assert (ahead < waiting && marked_word == {marked_number_q, marked_refused_q});
      end
    end
  end

endmodule
