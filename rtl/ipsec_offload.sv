// SPDX-License-Identifier: Apache-2.0
//
// IPsec offload engine of a NIC: the top level. Pins and register map: docs/interfaces.md, docs/registers.md;
// how it works: docs/theory_of_operation.md; every clock: docs/cycle_formulae.md.
//
// Pins carry standard AXI names, without direction suffixes, so that any bus model attaches by prefix. No output
// depends on an input of the same clock; payload pins are zero while their valid is low.

module ipsec_offload
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
  import ipsec_offload_regs_pkg::*;
#(
    parameter int unsigned NumSa = 1024,  // SA bundles: 16, 1,024, 16,384
    parameter int unsigned Stages = 2,  // crypto stages per direction: 1, 2, 4
    parameter bit SaCounters = 1'b1  // packet and byte counters of every SA
) (
    input  logic clk_i,
    input  logic rst_ni,
    output logic irq_o,

    // Registers and mailbox
    input  logic        s_axil_awvalid,
    output logic        s_axil_awready,
    input  logic [15:0] s_axil_awaddr,
    input  logic        s_axil_wvalid,
    output logic        s_axil_wready,
    input  logic [31:0] s_axil_wdata,
    input  logic [ 3:0] s_axil_wstrb,
    output logic        s_axil_bvalid,
    input  logic        s_axil_bready,
    output logic [ 1:0] s_axil_bresp,
    input  logic        s_axil_arvalid,
    output logic        s_axil_arready,
    input  logic [15:0] s_axil_araddr,
    output logic        s_axil_rvalid,
    input  logic        s_axil_rready,
    output logic [31:0] s_axil_rdata,
    output logic [ 1:0] s_axil_rresp,

    // Frames from the host; tuser = {slot-12 word, tunnel handle, offload handle}
    input  logic         s_axis_tx_tvalid,
    output logic         s_axis_tx_tready,
    input  logic [127:0] s_axis_tx_tdata,
    input  logic [ 15:0] s_axis_tx_tkeep,
    input  logic         s_axis_tx_tlast,
    input  logic [ 95:0] s_axis_tx_tuser,
    // Frames to the wire
    output logic         m_axis_tx_tvalid,
    input  logic         m_axis_tx_tready,
    output logic [127:0] m_axis_tx_tdata,
    output logic [ 15:0] m_axis_tx_tkeep,
    output logic         m_axis_tx_tlast,
    // Completions: {frame number, NDIS_STATUS}
    output logic         m_axis_txcpl_tvalid,
    input  logic         m_axis_txcpl_tready,
    output logic [ 63:0] m_axis_txcpl_tdata,
    // Frames from the wire
    input  logic         s_axis_rx_tvalid,
    output logic         s_axis_rx_tready,
    input  logic [127:0] s_axis_rx_tdata,
    input  logic [ 15:0] s_axis_rx_tkeep,
    input  logic         s_axis_rx_tlast,
    // Frames to the host; tuser = {slot-12 word, slot-1 word}
    output logic         m_axis_rx_tvalid,
    input  logic         m_axis_rx_tready,
    output logic [127:0] m_axis_rx_tdata,
    output logic [ 15:0] m_axis_rx_tkeep,
    output logic         m_axis_rx_tlast,
    output logic [ 63:0] m_axis_rx_tuser
);

  // AH and ESP in one bundle take two stages: one stage needs half of the records.
  localparam int unsigned Associations = Stages >= 2 ? 2 : 1;

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  if (Stages != 1 && Stages != 2 && Stages != 4) begin : gen_bad_stages
    $fatal(1, "ipsec_offload: Stages is %0d: expected 1, 2 or 4", Stages);
  end

  // Sources hold what is not taken (tkeep is checked by frame_ingress). The copies are made only of beats
  // that wait, so that the check costs nothing in an unstalled run.
  logic tx_wait_q, rx_wait_q;
  logic [144:0] tx_wait_beat_q, rx_wait_beat_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tx_wait_q <= 1'b0;
      rx_wait_q <= 1'b0;
      tx_wait_beat_q <= '0;
      rx_wait_beat_q <= '0;
    end else begin
      tx_wait_q <= s_axis_tx_tvalid && !s_axis_tx_tready;
      rx_wait_q <= s_axis_rx_tvalid && !s_axis_rx_tready;
      if (s_axis_tx_tvalid && !s_axis_tx_tready) begin
        tx_wait_beat_q <= {s_axis_tx_tlast, s_axis_tx_tkeep, s_axis_tx_tdata};
      end
      if (s_axis_rx_tvalid && !s_axis_rx_tready) begin
        rx_wait_beat_q <= {s_axis_rx_tlast, s_axis_rx_tkeep, s_axis_rx_tdata};
      end
      if (tx_wait_q) begin
        TxHeld_A :
        assert (s_axis_tx_tvalid &&
                tx_wait_beat_q == {s_axis_tx_tlast, s_axis_tx_tkeep, s_axis_tx_tdata})
        else $error("ipsec_offload: s_axis_tx changed while it was held back");
      end
      if (rx_wait_q) begin
        RxHeld_A :
        assert (s_axis_rx_tvalid &&
                rx_wait_beat_q == {s_axis_rx_tlast, s_axis_rx_tkeep, s_axis_rx_tdata})
        else $error("ipsec_offload: s_axis_rx changed while it was held back");
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Registers
  // ---------------------------------------------------------------------------------------------

  logic reg_req, reg_write, reg_rd_ack, reg_wr_ack, reg_taken;
  logic [15:0] reg_addr;
  logic [31:0] reg_wdata, reg_biten, reg_rdata, late_rdata;
  ipsec_offload__in_t  hw_in;
  ipsec_offload__out_t hw_out;

  axil_front u_axil_front (
      .clk_i,
      .rst_ni,
      .awvalid_i(s_axil_awvalid),
      .awready_o(s_axil_awready),
      .awaddr_i(s_axil_awaddr),
      .wvalid_i(s_axil_wvalid),
      .wready_o(s_axil_wready),
      .wdata_i(s_axil_wdata),
      .wstrb_i(s_axil_wstrb),
      .bvalid_o(s_axil_bvalid),
      .bready_i(s_axil_bready),
      .bresp_o(s_axil_bresp),
      .arvalid_i(s_axil_arvalid),
      .arready_o(s_axil_arready),
      .araddr_i(s_axil_araddr),
      .rvalid_o(s_axil_rvalid),
      .rready_i(s_axil_rready),
      .rdata_o(s_axil_rdata),
      .rresp_o(s_axil_rresp),
      .req_o(reg_req),
      .write_o(reg_write),
      .addr_o(reg_addr),
      .wdata_o(reg_wdata),
      .biten_o(reg_biten),
      .ack_i(reg_rd_ack || reg_wr_ack),
      .rdata_i(reg_rdata),
      .late_rdata_i(late_rdata),
      .rtaken_o(reg_taken)
  );

  // Every external block answers in the clock of the access, so the stalls never rise.
  logic unused_stall_wr, unused_stall_rd, unused_rd_err, unused_wr_err;

  ipsec_offload_regs u_regs (
      .clk(clk_i),
      .arst_n(rst_ni),
      .s_cpuif_req(reg_req),
      .s_cpuif_req_is_wr(reg_write),
      .s_cpuif_addr(reg_addr),
      .s_cpuif_wr_data(reg_wdata),
      .s_cpuif_wr_biten(reg_biten),
      .s_cpuif_req_stall_wr(unused_stall_wr),
      .s_cpuif_req_stall_rd(unused_stall_rd),
      .s_cpuif_rd_ack(reg_rd_ack),
      .s_cpuif_rd_err(unused_rd_err),
      .s_cpuif_rd_data(reg_rdata),
      .s_cpuif_wr_ack(reg_wr_ack),
      .s_cpuif_wr_err(unused_wr_err),
      .hwif_in(hw_in),
      .hwif_out(hw_out)
  );

  reg_req_t ipsecv2_req, limit_req, stats_req, caps_req, counters_req, mailbox_req, diag_req;
  logic [31:0] ipsecv2_rdata, limit_rdata, stats_rdata, caps_rdata, counters_rdata;
  logic [31:0] mailbox_rdata, diag_rdata;

  function automatic reg_req_t port(input logic req, input logic write, input logic [12:0] addr,
                                    input logic [31:0] wdata, input logic [31:0] biten);
    reg_req_t r;
    r = '0;
    if (req) begin
      r.req   = 1'b1;
      r.write = write;
      r.addr  = addr;
      r.wdata = wdata;
      r.biten = biten;
    end
    return r;
  endfunction

  always_comb begin
    ipsecv2_req = port(hw_out.IPSECV2.req, reg_write, '0, reg_wdata, reg_biten);
    limit_req = port(hw_out.SA_LIMIT.req, reg_write, '0, reg_wdata, reg_biten);
    stats_req =
        port(hw_out.SA_STATS.req, reg_write, 13'(hw_out.SA_STATS.addr), reg_wdata, reg_biten);
    caps_req = port(hw_out.CAPS.req, reg_write, 13'(hw_out.CAPS.addr), reg_wdata, reg_biten);
    counters_req =
        port(hw_out.COUNTERS.req, reg_write, 13'(hw_out.COUNTERS.addr), reg_wdata, reg_biten);
    mailbox_req =
        port(hw_out.MAILBOX.req, reg_write, 13'(hw_out.MAILBOX.addr), reg_wdata, reg_biten);
    diag_req = port(hw_out.DIAG.req, reg_write, 13'(hw_out.DIAG.addr), reg_wdata, reg_biten);
  end

  // ---------------------------------------------------------------------------------------------
  // Reset
  // ---------------------------------------------------------------------------------------------

  logic init_done, resetting, abort, cut, sweep, sweep_first, sweep_last;
  logic [13:0] sweep_row;
  logic tx_idle, rx_idle;

  reset_ctrl #(
      .NumSa(NumSa)
  ) u_reset_ctrl (
      .clk_i,
      .rst_ni,
      .soft_reset_i(hw_out.COMMAND.soft_reset.value),
      .tx_idle_i(tx_idle),
      .rx_idle_i(rx_idle),
      .init_done_o(init_done),
      .resetting_o(resetting),
      .abort_o(abort),
      .cut_o(cut),
      .sweep_o(sweep),
      .sweep_row_o(sweep_row),
      .sweep_first_o(sweep_first),
      .sweep_last_o(sweep_last)
  );

  // ---------------------------------------------------------------------------------------------
  // Configuration
  // ---------------------------------------------------------------------------------------------

  logic config_on, esp_on, ah_on, combined_on, config_changed;
  logic [3:0] udp_esp;
  logic [15:0] sa_limit;
  path_cfg_t path_cfg;

  capabilities #(
      .NumSa (NumSa),
      .Stages(Stages)
  ) u_capabilities (
      .clk_i,
      .rst_ni,
      .engine_enable_i(hw_out.CTRL.engine_enable.value),
      .ipsecv2_req_i(ipsecv2_req),
      .ipsecv2_rdata_o(ipsecv2_rdata),
      .limit_req_i(limit_req),
      .limit_rdata_o(limit_rdata),
      .caps_req_i(caps_req),
      .caps_rdata_o(caps_rdata),
      .config_on_o(config_on),
      .esp_on_o(esp_on),
      .ah_on_o(ah_on),
      .combined_on_o(combined_on),
      .udp_esp_o(udp_esp),
      .sa_limit_o(sa_limit),
      .config_changed_o(config_changed)
  );

  assign path_cfg.tx_esp = esp_on;
  assign path_cfg.tx_ah = ah_on;
  assign path_cfg.rx_esp = esp_on && hw_out.CTRL.encapsulation.value;
  assign path_cfg.rx_ah = ah_on && hw_out.CTRL.encapsulation.value;
  assign path_cfg.hash_seed = hw_out.HASH_SEED.seed.value;

  // ---------------------------------------------------------------------------------------------
  // Commands
  // ---------------------------------------------------------------------------------------------

  logic [NumSlots-1:0] pending, slot_done;
  logic grant, cancel, any_busy;
  logic [1:0] grant_slot, engine_slot;
  logic [31:0] oid, length;
  window_req_t window;
  logic [127:0] window_rdata;
  command_end_t command_end;
  logic count_ok, count_unknown, count_busy;
  logic [2:0] count_failed;

  mailbox u_mailbox (
      .clk_i,
      .rst_ni,
      .req_i(mailbox_req),
      .rdata_o(mailbox_rdata),
      .init_done_i(init_done),
      .abort_i(abort),
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .pending_o(pending),
      .grant_i(grant),
      .grant_slot_i(grant_slot),
      .slot_i(engine_slot),
      .oid_o(oid),
      .length_o(length),
      .cancel_o(cancel),
      .window_i(window),
      .window_rdata_o(window_rdata),
      .end_i(command_end),
      .slot_done_o(slot_done),
      .count_ok_o(count_ok),
      .count_failed_o(count_failed),
      .count_unknown_o(count_unknown),
      .count_busy_o(count_busy),
      .any_busy_o(any_busy)
  );

  logic hkey_start, hkey_done;
  key_size_e hkey_size;
  logic [255:0] hkey_key;
  logic [127:0] hkey_h;
  table_ctl_req_t table_ctl_req;
  table_ctl_rsp_t table_ctl_rsp;
  logic [Stages-1:0][15:0] tx_taken, tx_verdicts, rx_taken, rx_verdicts;
  logic [15:0] sa_count;
  parity_inject_t inject, injected;
  assign inject.sa = hw_out.PARITY_INJECT.sa.value;
  assign inject.bundle = hw_out.PARITY_INJECT.bundle.value;
  assign inject.esn = hw_out.PARITY_INJECT.esn.value;

  oid_engine #(
      .NumSa (NumSa),
      .Stages(Stages)
  ) u_oid_engine (
      .clk_i,
      .rst_ni,
      .init_done_i(init_done),
      .sweep_i(sweep),
      .halt_i(hw_out.HALT.halt.value),
      .config_on_i(config_on),
      .esp_on_i(esp_on),
      .ah_on_i(ah_on),
      .combined_on_i(combined_on),
      .udp_esp_i(udp_esp),
      .spi_host_order_i(hw_out.CTRL.spi_host_order.value),
      .hash_seed_i(hw_out.HASH_SEED.seed.value),
      .sa_limit_i(sa_limit),
      .inject_i(inject),
      .injected_o(injected),
      .pending_i(pending),
      .grant_o(grant),
      .grant_slot_o(grant_slot),
      .slot_o(engine_slot),
      .oid_i(oid),
      .length_i(length),
      .cancel_i(cancel),
      .window_o(window),
      .window_rdata_i(window_rdata),
      .end_o(command_end),
      .hkey_start_o(hkey_start),
      .hkey_size_o(hkey_size),
      .hkey_key_o(hkey_key),
      .hkey_h_i(hkey_h),
      .hkey_done_i(hkey_done),
      .table_o(table_ctl_req),
      .table_i(table_ctl_rsp),
      .tx_taken_i(tx_taken),
      .tx_verdicts_i(tx_verdicts),
      .rx_taken_i(rx_taken),
      .rx_verdicts_i(rx_verdicts),
      .sa_count_o(sa_count)
  );

  key_setup u_key_setup (
      .clk_i,
      .rst_ni,
      .start_i(hkey_start),
      .key_i(hkey_key),
      .size_i(hkey_size),
      .done_o(hkey_done),
      .h_o(hkey_h)
  );

  // ---------------------------------------------------------------------------------------------
  // SA table
  // ---------------------------------------------------------------------------------------------

  table_req_t [Stages-1:0] tx_table_req, rx_table_req;
  table_rsp_t [Stages-1:0] tx_table_rsp, rx_table_rsp;
  mode_wr_t [Stages-1:0] tx_mode_wr, rx_mode_wr;
  logic [Stages-1:0] rx_mode_tunnel, rx_record_en;
  logic [Stages-1:0][15:0] rx_mode_generation;
  logic [Stages-1:0][14:0] rx_record_row;

  sa_table #(
      .NumSa(NumSa),
      .Stages(Stages),
      .Associations(Associations)
  ) u_sa_table (
      .clk_i,
      .rst_ni,
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .ctl_i(table_ctl_req),
      .ctl_o(table_ctl_rsp),
      .tx_req_i(tx_table_req),
      .tx_rsp_o(tx_table_rsp),
      .rx_req_i(rx_table_req),
      .rx_rsp_o(rx_table_rsp),
      .rx_mode_tunnel_i(rx_mode_tunnel),
      .rx_mode_generation_i(rx_mode_generation)
  );

  for (genvar s = 0; s < Stages; s++) begin : gen_record
    assign rx_record_en[s]  = rx_table_req[s].rec_en;
    assign rx_record_row[s] = rx_table_req[s].rec_row;
  end

  sa_mode #(
      .NumSa(NumSa),
      .Stages(Stages),
      .Associations(Associations)
  ) u_sa_mode (
      .clk_i,
      .rst_ni,
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .wr_i(rx_mode_wr),
      .re_i(rx_record_en),
      .row_i(rx_record_row),
      .tunnel_o(rx_mode_tunnel),
      .generation_o(rx_mode_generation)
  );

  delete_query_t delete_query, unused_tx_delete_query;
  logic delete_req;

  sa_delete_req #(
      .NumSa(NumSa)
  ) u_sa_delete_req (
      .clk_i,
      .rst_ni,
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .bundle_we_i(table_ctl_req.bundle_we),
      .bundle_idx_i(table_ctl_req.bundle_idx),
      .bundle_live_i(table_ctl_req.bundle.live),
      .bundle_generation_i(table_ctl_req.bundle.generation),
      .sa_count_i(sa_count),
      .watermark_i(hw_out.SA_WATERMARK.count.value),
      .repeat_i(hw_out.SA_DELETE_REPEAT.frames.value),
      .query_i(delete_query),
      .req_o(delete_req)
  );

  sa_count_t [Stages-1:0] tx_sa_count, rx_sa_count;

  sa_stats #(
      .NumSa(NumSa),
      .Banks(2 * Stages),
      .SaCounters(SaCounters)
  ) u_sa_stats (
      .clk_i,
      .rst_ni,
      .init_done_i(init_done),
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .req_i(stats_req),
      .rdata_o(stats_rdata),
      .count_i({tx_sa_count, rx_sa_count})
  );

  // ---------------------------------------------------------------------------------------------
  // Diagnostic port and self-test
  // ---------------------------------------------------------------------------------------------

  logic diag_enable, diag_done, diag_last;
  logic [1:0] diag_valid, diag_ready;
  logic [127:0] diag_data;
  logic [ 15:0] diag_keep;
  logic [ 95:0] diag_user;
  logic dsink_tx_valid, dsink_tx_last, dsink_rx_valid, dsink_rx_last, dcpl_valid;
  logic [127:0] dsink_tx_data, dsink_rx_data;
  logic [15:0] dsink_tx_keep, dsink_rx_keep;
  logic [63:0] dsink_rx_user, dcpl_data;

  diag_port u_diag_port (
      .clk_i,
      .rst_ni,
      .req_i(diag_req),
      .rdata_o(diag_rdata),
      .late_rdata_o(late_rdata),
      .rtaken_i(reg_taken),
      .init_done_i(init_done),
      .abort_i(abort),
      .sweep_i(sweep),
      .sweep_row_i(sweep_row),
      .enable_o(diag_enable),
      .done_o(diag_done),
      .valid_o(diag_valid),
      .data_o(diag_data),
      .keep_o(diag_keep),
      .last_o(diag_last),
      .user_o(diag_user),
      .ready_i(diag_ready),
      .tx_valid_i(dsink_tx_valid),
      .tx_data_i(dsink_tx_data),
      .tx_keep_i(dsink_tx_keep),
      .tx_last_i(dsink_tx_last),
      .cpl_valid_i(dcpl_valid),
      .cpl_data_i(dcpl_data),
      .rx_valid_i(dsink_rx_valid),
      .rx_data_i(dsink_rx_data),
      .rx_keep_i(dsink_rx_keep),
      .rx_last_i(dsink_rx_last),
      .rx_user_i(dsink_rx_user)
  );

  logic st_start, st_busy_q, st_done_q, st_end;
  logic tx_st_busy, rx_st_busy;
  logic [Stages-1:0] tx_st_pass, rx_st_pass;

  // With each INIT_DONE, and on request
  assign st_start = sweep_last || (hw_out.SELFTEST.start.value && init_done && !st_busy_q);
  assign st_end   = st_busy_q && !tx_st_busy && !rx_st_busy && !abort;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      st_busy_q <= 1'b0;
      st_done_q <= 1'b0;
    end else if (st_start) begin
      st_busy_q <= 1'b1;
      st_done_q <= 1'b0;
    end else if (abort) begin
      st_busy_q <= 1'b0;
    end else if (st_end) begin
      st_busy_q <= 1'b0;
      st_done_q <= 1'b1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Paths
  // ---------------------------------------------------------------------------------------------

  logic open;
  logic [Stages-1:0] tx_parity, rx_parity;
  logic [3:0] parity_errors;
  path_event_t tx_event, rx_event;
  logic [63:0] unused_tx_user, unused_dsink_tx_user, unused_rx_cpl_data, unused_rx_dcpl_data;
  logic unused_rx_cpl_valid, unused_rx_dcpl_valid;
  assign open = init_done && !diag_enable;

  offload_path #(
      .Receive(1'b0),
      .Stages (Stages),
      .NumSa  (NumSa)
  ) u_tx_path (
      .clk_i,
      .rst_ni,
      .open_i(open),
      .cut_i(cut),
      .idle_o(tx_idle),
      .clear_i(sweep_first),
      .cfg_i(path_cfg),
      .udp_port_i(hw_out.UDP_PORT.port.value),
      .s_valid_i(s_axis_tx_tvalid),
      .s_data_i(s_axis_tx_tdata),
      .s_keep_i(s_axis_tx_tkeep),
      .s_last_i(s_axis_tx_tlast),
      .s_user_i(s_axis_tx_tuser),
      .s_ready_o(s_axis_tx_tready),
      .m_valid_o(m_axis_tx_tvalid),
      .m_data_o(m_axis_tx_tdata),
      .m_keep_o(m_axis_tx_tkeep),
      .m_last_o(m_axis_tx_tlast),
      .m_user_o(unused_tx_user),
      .m_ready_i(m_axis_tx_tready),
      .cpl_valid_o(m_axis_txcpl_tvalid),
      .cpl_data_o(m_axis_txcpl_tdata),
      .cpl_ready_i(m_axis_txcpl_tready),
      .diag_en_i(diag_enable),
      .diag_valid_i(diag_valid[0]),
      .diag_data_i(diag_data),
      .diag_keep_i(diag_keep),
      .diag_last_i(diag_last),
      .diag_user_i(diag_user),
      .diag_ready_o(diag_ready[0]),
      .dsink_valid_o(dsink_tx_valid),
      .dsink_data_o(dsink_tx_data),
      .dsink_keep_o(dsink_tx_keep),
      .dsink_last_o(dsink_tx_last),
      .dsink_user_o(unused_dsink_tx_user),
      .dcpl_valid_o(dcpl_valid),
      .dcpl_data_o(dcpl_data),
      .st_start_i(st_start),
      .st_busy_o(tx_st_busy),
      .st_pass_o(tx_st_pass),
      .table_req_o(tx_table_req),
      .table_rsp_i(tx_table_rsp),
      .mode_wr_o(tx_mode_wr),
      .parity_o(tx_parity),
      .sa_count_o(tx_sa_count),
      .delete_query_o(unused_tx_delete_query),
      .delete_req_i(1'b0),
      .taken_o(tx_taken),
      .verdicts_o(tx_verdicts),
      .event_o(tx_event)
  );

  offload_path #(
      .Receive(1'b1),
      .Stages (Stages),
      .NumSa  (NumSa)
  ) u_rx_path (
      .clk_i,
      .rst_ni,
      .open_i(open),
      .cut_i(cut),
      .idle_o(rx_idle),
      .clear_i(sweep_first),
      .cfg_i(path_cfg),
      .udp_port_i(hw_out.UDP_PORT.port.value),
      .s_valid_i(s_axis_rx_tvalid),
      .s_data_i(s_axis_rx_tdata),
      .s_keep_i(s_axis_rx_tkeep),
      .s_last_i(s_axis_rx_tlast),
      .s_user_i('0),
      .s_ready_o(s_axis_rx_tready),
      .m_valid_o(m_axis_rx_tvalid),
      .m_data_o(m_axis_rx_tdata),
      .m_keep_o(m_axis_rx_tkeep),
      .m_last_o(m_axis_rx_tlast),
      .m_user_o(m_axis_rx_tuser),
      .m_ready_i(m_axis_rx_tready),
      .cpl_valid_o(unused_rx_cpl_valid),
      .cpl_data_o(unused_rx_cpl_data),
      .cpl_ready_i(1'b1),
      .diag_en_i(diag_enable),
      .diag_valid_i(diag_valid[1]),
      .diag_data_i(diag_data),
      .diag_keep_i(diag_keep),
      .diag_last_i(diag_last),
      .diag_user_i('0),
      .diag_ready_o(diag_ready[1]),
      .dsink_valid_o(dsink_rx_valid),
      .dsink_data_o(dsink_rx_data),
      .dsink_keep_o(dsink_rx_keep),
      .dsink_last_o(dsink_rx_last),
      .dsink_user_o(dsink_rx_user),
      .dcpl_valid_o(unused_rx_dcpl_valid),
      .dcpl_data_o(unused_rx_dcpl_data),
      .st_start_i(st_start),
      .st_busy_o(rx_st_busy),
      .st_pass_o(rx_st_pass),
      .table_req_o(rx_table_req),
      .table_rsp_i(rx_table_rsp),
      .mode_wr_o(rx_mode_wr),
      .parity_o(rx_parity),
      .sa_count_o(rx_sa_count),
      .delete_query_o(delete_query),
      .delete_req_i(delete_req),
      .taken_o(rx_taken),
      .verdicts_o(rx_verdicts),
      .event_o(rx_event)
  );

  // ---------------------------------------------------------------------------------------------
  // Counters
  // ---------------------------------------------------------------------------------------------

  logic tx_stalled_q, rx_stalled_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tx_stalled_q <= 1'b0;
      rx_stalled_q <= 1'b0;
    end else begin
      tx_stalled_q <= init_done && s_axis_tx_tvalid && !s_axis_tx_tready;
      rx_stalled_q <= init_done && s_axis_rx_tvalid && !s_axis_rx_tready;
    end
  end

  always_comb begin
    parity_errors = '0;
    if ({tx_parity, rx_parity} != '0) begin
      for (int unsigned s = 0; s < Stages; s++) begin
        parity_errors = parity_errors + 4'(tx_parity[s]) + 4'(rx_parity[s]);
      end
    end
  end

  counters u_counters (
      .clk_i,
      .rst_ni,
      .req_i(counters_req),
      .rdata_o(counters_rdata),
      .tx_event_i(tx_event),
      .rx_event_i(rx_event),
      .tx_stalled_i(tx_stalled_q),
      .rx_stalled_i(rx_stalled_q),
      .command_ok_i(count_ok),
      .command_failed_i(count_failed),
      .delete_unknown_i(count_unknown),
      .doorbell_busy_i(count_busy),
      .parity_errors_i(parity_errors)
  );

  // ---------------------------------------------------------------------------------------------
  // Register block's hardware side
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    hw_in.NUM_SA.value.next = NumSa;
    hw_in.STAGES.value.next = Stages;
    hw_in.FEATURES.sa_counters.next = SaCounters;
    hw_in.STATUS.init_done.next = init_done;
    hw_in.STATUS.resetting.next = resetting;
    hw_in.STATUS.tx_idle.next = tx_idle;
    hw_in.STATUS.rx_idle.next = rx_idle;
    hw_in.HASH_SEED.seed.swwe = sa_count == '0 && !any_busy && init_done;
    hw_in.SA_COUNT.count.next = {16'b0, sa_count};
    hw_in.INTR_STATE.slot0.hwset = slot_done[0];
    hw_in.INTR_STATE.slot1.hwset = slot_done[1];
    hw_in.INTR_STATE.slot2.hwset = slot_done[2];
    hw_in.INTR_STATE.slot3.hwset = slot_done[3];
    hw_in.INTR_STATE.config_.hwset = config_changed;
    hw_in.INTR_STATE.init_done.hwset = sweep_last;
    hw_in.INTR_STATE.selftest.hwset = st_end;
    hw_in.INTR_STATE.diag.hwset = diag_done;
    hw_in.INTR_STATE.parity.hwset = parity_errors != '0;
    hw_in.PARITY_INJECT.sa.hwclr = injected.sa;
    hw_in.PARITY_INJECT.bundle.hwclr = injected.bundle;
    hw_in.PARITY_INJECT.esn.hwclr = injected.esn;
    hw_in.SELFTEST.busy.next = st_busy_q;
    hw_in.SELFTEST.done.next = st_done_q;
    hw_in.SELFTEST.pass_tx.next = st_done_q ? 4'(tx_st_pass) : 4'b0;
    hw_in.SELFTEST.pass_rx.next = st_done_q ? 4'(rx_st_pass) : 4'b0;

    hw_in.IPSECV2.rd_ack = hw_out.IPSECV2.req && !reg_write;
    hw_in.IPSECV2.wr_ack = hw_out.IPSECV2.req && reg_write;
    hw_in.IPSECV2.rd_data = ipsecv2_rdata;
    hw_in.SA_LIMIT.rd_ack = hw_out.SA_LIMIT.req && !reg_write;
    hw_in.SA_LIMIT.wr_ack = hw_out.SA_LIMIT.req && reg_write;
    hw_in.SA_LIMIT.rd_data = limit_rdata;
    hw_in.SA_STATS.rd_ack = hw_out.SA_STATS.req && !reg_write;
    hw_in.SA_STATS.wr_ack = hw_out.SA_STATS.req && reg_write;
    hw_in.SA_STATS.rd_data = stats_rdata;
    hw_in.CAPS.rd_ack = hw_out.CAPS.req && !reg_write;
    hw_in.CAPS.wr_ack = hw_out.CAPS.req && reg_write;
    hw_in.CAPS.rd_data = caps_rdata;
    hw_in.COUNTERS.rd_ack = hw_out.COUNTERS.req && !reg_write;
    hw_in.COUNTERS.wr_ack = hw_out.COUNTERS.req && reg_write;
    hw_in.COUNTERS.rd_data = counters_rdata;
    hw_in.MAILBOX.rd_ack = hw_out.MAILBOX.req && !reg_write;
    hw_in.MAILBOX.wr_ack = hw_out.MAILBOX.req && reg_write;
    hw_in.MAILBOX.rd_data = mailbox_rdata;
    hw_in.DIAG.rd_ack = hw_out.DIAG.req && !reg_write;
    hw_in.DIAG.wr_ack = hw_out.DIAG.req && reg_write;
    hw_in.DIAG.rd_data = diag_rdata;
  end

  logic [8:0] intr_state;
  assign intr_state = {
    hw_out.INTR_STATE.parity.value,
    hw_out.INTR_STATE.diag.value,
    hw_out.INTR_STATE.selftest.value,
    hw_out.INTR_STATE.init_done.value,
    hw_out.INTR_STATE.config_.value,
    hw_out.INTR_STATE.slot3.value,
    hw_out.INTR_STATE.slot2.value,
    hw_out.INTR_STATE.slot1.value,
    hw_out.INTR_STATE.slot0.value
  };

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) irq_o <= 1'b0;
    else irq_o <= (intr_state & hw_out.INTR_ENABLE.enable.value) != '0;
  end

  // Transmit writes no mode, and the word of a transmitted frame has no pins.
  logic unused_paths;
  assign unused_paths = ^{tx_mode_wr, unused_tx_delete_query, unused_tx_user,
                          unused_dsink_tx_user, unused_rx_cpl_data, unused_rx_dcpl_data,
                          unused_rx_cpl_valid, unused_rx_dcpl_valid, unused_stall_wr,
                          unused_stall_rd, unused_rd_err, unused_wr_err};

  // ---------------------------------------------------------------------------------------------
  // Implementation checks (payload that moves while stalled is checked by the egress modules)
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      QuietTx_A :
      assert (m_axis_tx_tvalid || {m_axis_tx_tlast, m_axis_tx_tkeep, m_axis_tx_tdata} == '0)
      else $error("ipsec_offload: m_axis_tx payload without tvalid");
      QuietCpl_A :
      assert (m_axis_txcpl_tvalid || m_axis_txcpl_tdata == '0)
      else $error("ipsec_offload: m_axis_txcpl payload without tvalid");
      QuietRx_A :
      assert (m_axis_rx_tvalid ||
              {m_axis_rx_tuser, m_axis_rx_tlast, m_axis_rx_tkeep, m_axis_rx_tdata} == '0)
      else $error("ipsec_offload: m_axis_rx payload without tvalid");
    end
  end

endmodule
