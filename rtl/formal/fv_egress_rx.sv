// SPDX-License-Identifier: Apache-2.0
//
// egress_rx: what leaves is what came, and stays until it is taken.

module fv_egress_rx
  import ipsec_offload_pkg::*;
(
    input logic        clk_i,
    input logic        valid_i,
    input frame_beat_t beat_i,
    input frame_meta_t meta_i,
    input logic        m_ready_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic ready, m_valid, m_last, dsink_valid, dsink_last;
  logic [127:0] m_data, dsink_data;
  logic [15:0] m_keep, dsink_keep;
  logic [63:0] m_user, dsink_user;
  path_event_t events;

  egress_rx u_dut (
      .clk_i,
      .rst_ni,
      .valid_i,
      .beat_i,
      .meta_i,
      .ready_o      (ready),
      .m_valid_o    (m_valid),
      .m_data_o     (m_data),
      .m_keep_o     (m_keep),
      .m_last_o     (m_last),
      .m_user_o     (m_user),
      .m_ready_i,
      .dsink_valid_o(dsink_valid),
      .dsink_data_o (dsink_data),
      .dsink_keep_o (dsink_keep),
      .dsink_last_o (dsink_last),
      .dsink_user_o (dsink_user),
      .event_o      (events)
  );

  // What stood on the wires one clock ago
  logic valid_q, ready_q, m_valid_q, m_ready_q, m_last_q;
  frame_beat_t beat_q;
  frame_meta_t meta_q;
  logic [127:0] m_data_q;
  logic [15:0] m_keep_q;
  logic [63:0] m_user_q;
  always_ff @(posedge clk_i) begin
    valid_q   <= valid_i && rst_ni;
    ready_q   <= ready;
    beat_q    <= beat_i;
    meta_q    <= meta_i;
    m_valid_q <= m_valid && rst_ni;
    m_ready_q <= m_ready_i;
    m_data_q  <= m_data;
    m_keep_q  <= m_keep;
    m_last_q  <= m_last;
    m_user_q  <= m_user;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The stage in front (proved of it: output): a beat stays until it is taken.
      if (valid_q && !ready_q) assume (valid_i && beat_i == beat_q && meta_i == meta_q);
      assume (!valid_i || (beat_i.bytes >= 5'd1 && beat_i.bytes <= 5'd16));

      DiscardNoByte_A : assert (!(valid_i && meta_i.discard) || (!m_valid && !dsink_valid));
      KindOnly_A : assert (!m_valid || (valid_i && meta_i.kind == KindNormal));
      OnlyInput_A :
      assert (!m_valid || (m_data == beat_i.data && m_last == beat_i.eof &&
                           m_user == {meta_i.rx_slot12, meta_i.rx_slot1}));
      IdleZero_A : assert (m_valid || (m_data == '0 && m_keep == '0 && !m_last && m_user == '0));
      OnePlace_A : assert (!(m_valid && dsink_valid));
      AllShown_A : assert (!(valid_i && meta_i.kind == KindNormal && !meta_i.discard) || m_valid);
      NoLoss_A : assert (!(m_valid && ready) || m_ready_i);
      if (m_valid_q && !m_ready_q) begin
        MStays_A : assert (m_valid);
        MStable_A :
        assert (m_data == m_data_q && m_keep == m_keep_q && m_last == m_last_q &&
                m_user == m_user_q);
      end
      if (m_valid) KeepShape_A : assert (m_keep[0] && (m_keep & (m_keep + 16'd1)) == '0);
    end
  end

endmodule
