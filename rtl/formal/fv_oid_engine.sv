// SPDX-License-Identifier: Apache-2.0
//
// oid_engine: zeroization. What it writes into the table is watched for one bundle, whichever.

`include "fv_names.svh"

module fv_oid_engine
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa = 16
) (
    input logic clk_i,
    input logic init_done_i,
    input logic halt_i,
    input logic config_on_i,
    input logic esp_on_i,
    input logic ah_on_i,
    input logic combined_on_i,
    input logic [3:0] udp_esp_i,
    input logic spi_host_order_i,
    input logic [31:0] hash_seed_i,
    input logic [15:0] sa_limit_i,
    input parity_inject_t inject_i,
    input logic [NumSlots-1:0] pending_i,
    input logic [31:0] oid_i,
    input logic [31:0] length_i,
    input logic cancel_i,
    input logic [127:0] window_rdata_i,
    input logic [127:0] hkey_h_i,
    input table_ctl_rsp_t table_i,
    input logic [15:0] tx_taken_i,
    input logic [15:0] tx_verdicts_i,
    input logic [15:0] rx_taken_i,
    input logic [15:0] rx_verdicts_i,
    input logic [13:0] choice_i  // the solver's choice of a bundle (taken once)
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic grant, hkey_start;
  logic [1:0] grant_slot, slot;
  window_req_t window;
  command_end_t finish;
  logic [255:0] hkey_key;
  table_ctl_req_t tab;

  oid_engine #(
      .NumSa (NumSa),
      .Stages(1)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .init_done_i,
      .sweep_i(1'b0),
      .halt_i,
      .config_on_i,
      .esp_on_i,
      .ah_on_i,
      .combined_on_i,
      .udp_esp_i,
      .spi_host_order_i,
      .hash_seed_i,
      .sa_limit_i,
      .inject_i,
      .injected_o(),
      .pending_i,
      .grant_o(grant),
      .grant_slot_o(grant_slot),
      .slot_o(slot),
      .oid_i,
      .length_i,
      .cancel_i,
      .window_o(window),
      .window_rdata_i,
      .end_o(finish),
      .hkey_start_o(hkey_start),
      .hkey_size_o(),
      .hkey_key_o(hkey_key),
      .hkey_h_i,
      .hkey_done_i(1'b1),
      .table_o(tab),
      .table_i,
      .tx_taken_i,
      .tx_verdicts_i,
      .rx_taken_i,
      .rx_verdicts_i,
      .sa_count_o()
  );

  logic [13:0] bundle;
  always_ff @(posedge clk_i) if (!rst_ni) bundle <= choice_i;

  // The last write to each row of the bundle was of zeroes, and with the right parity.
  logic [1:0] sa_zero_q, esn_zero_q, entry_zero_q;
  logic bundle_zero_q;
  logic popped_q, freed_q;  // by this command
  logic [13:0] freed_idx_q;
  logic quiet_q;  // no command since the last one ended

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {sa_zero_q, esn_zero_q, entry_zero_q, bundle_zero_q} <= '0;
      popped_q <= 1'b0;
      freed_q <= 1'b0;
      quiet_q <= 1'b1;
    end else begin
      if (tab.sa_we && tab.sa_row[14:1] == bundle)
        sa_zero_q[tab.sa_row[0]] <= tab.sa == '0 && !tab.sa_flip;
      if (tab.esn_we && tab.sa_row[14:1] == bundle)
        esn_zero_q[tab.sa_row[0]] <= tab.seq_high == '0 && !tab.esn_flip;
      if (tab.entry_we && tab.entry_row[14:1] == bundle)
        entry_zero_q[tab.entry_row[0]] <= tab.entry == '0;
      if (tab.bundle_we && tab.bundle_idx == bundle)
        bundle_zero_q <= tab.bundle == '0 && !tab.bundle_flip;
      if (grant) freed_q <= 1'b0;
      else if (tab.push) begin
        freed_q <= 1'b1;
        freed_idx_q <= tab.bundle_idx;
      end
      if (grant) popped_q <= 1'b0;
      else if (tab.pop) popped_q <= 1'b1;
      if (grant) quiet_q <= 1'b0;
      else if (finish.valid) quiet_q <= 1'b1;
    end
  end

  logic popped_before_q;
  logic [13:0] free_idx_q;
  always_ff @(posedge clk_i) begin
    popped_before_q <= tab.pop;
    free_idx_q <= table_i.free_idx;
  end

  logic deleted;
  assign deleted = `FV_OID_DELETE && `FV_OID_STATUS == StatusSuccess && !`FV_OID_UNKNOWN;

  logic zeroing;
  assign zeroing = `FV_OID_IS(`FV_StZero) && `FV_OID_BUNDLE == bundle;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // sa_table
      if (!popped_before_q) assume (table_i.free_idx == free_idx_q);

      // A bundle is given back with all its rows zeroed.
      if (tab.push && tab.bundle_idx == bundle) begin
        ZeroSa_A : assert (sa_zero_q == 2'b11);
        ZeroEsn_A : assert (esn_zero_q == 2'b11);
        ZeroEntry_A : assert (entry_zero_q == 2'b11);
        ZeroBundle_A : assert (bundle_zero_q);
      end
      // Key material goes into the rows of a bundle that this command took, and nowhere else.
      if (tab.sa_we && (tab.sa != '0 || tab.sa_flip)) begin
        OnlyTaken_A : assert (popped_q && tab.sa_row[14:1] == table_i.free_idx);
      end
      // A DELETE that says success without "unknown" has given its bundle back, and that one is still zero.
      if (deleted && finish.valid) begin
        DeleteFreed_A : assert (freed_q);
        if (freed_idx_q == bundle) begin
          DeleteZero_A :
          assert (sa_zero_q == 2'b11 && esn_zero_q == 2'b11 && entry_zero_q == 2'b11);
        end
      end
      if (`FV_OID_IS(`FV_StWipe) && deleted) begin
        Freed_I : assert (freed_q);
        if (freed_idx_q == bundle) begin
          FreedZero_I : assert (sa_zero_q == 2'b11 && esn_zero_q == 2'b11 && entry_zero_q == 2'b11);
        end
      end
      NoEmptyPop_A : assert (!tab.pop || !table_i.free_none);
      OneAtATime_A : assert (!(tab.pop && tab.push));
      // Between commands there is no key at the port of key_setup, and no window is touched.
      if (quiet_q) begin
        KeyGone_A : assert (hkey_key == '0);
        WindowQuiet_A : assert (!window.read && !window.wipe);
      end

      Word_I : assert (!`FV_OID_WORD || `FV_OID_IS(`FV_StFetch) || `FV_OID_IS(`FV_StCheck));
      if (
          `FV_OID_IS(`FV_StKey)
          ||
          `FV_OID_IS(`FV_StDup)
          ||
          `FV_OID_IS(`FV_StAlloc)
          ||
          `FV_OID_IS(`FV_StHkey)
          ||
          `FV_OID_IS(`FV_StWrite)
          ||
          `FV_OID_IS(`FV_StLink)
          ||
          `FV_OID_IS(`FV_StPublish)
          ) begin
        Add_I : assert (`FV_OID_ADD);
      end
      if (`FV_OID_IS(`FV_StUpdate)) Update_I : assert (!`FV_OID_DELETE);
      Idle_I : assert (!quiet_q || `FV_OID_IS(`FV_StIdle));
      if (
          `FV_OID_IS(`FV_StIdle)
          ||
          `FV_OID_IS(`FV_StDecode)
          ||
          `FV_OID_IS(`FV_StFetch)
          ||
          `FV_OID_IS(`FV_StCheck)
          ||
          `FV_OID_IS(`FV_StUnlink)
          ||
          `FV_OID_IS(`FV_StZero)
          ) begin
        NoKey_I : assert (hkey_key == '0 && !`FV_OID_KEY_COMES);
      end
      if (`FV_OID_IS(`FV_StZero)) ZeroTwo_I : assert (`FV_OID_COUNT <= 6'd1);
      if (zeroing && `FV_OID_COUNT == 6'd1) begin
        ZeroFirst_I : assert (sa_zero_q[0] && esn_zero_q[0] && entry_zero_q[0] && bundle_zero_q);
      end
      if (`FV_OID_IS(`FV_StHkey) || `FV_OID_IS(`FV_StWrite)) Popped_I : assert (popped_q);
    end
  end

endmodule
