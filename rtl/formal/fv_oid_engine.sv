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
    input logic [13:0] choice_i,  // the solver's choices, taken once: a bundle,
    input logic [1:0] slot_choice_i  // a slot
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
  logic [ 1:0] chosen;
  always_ff @(posedge clk_i) if (!rst_ni) {chosen, bundle} <= {slot_choice_i, choice_i};

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

  logic popped_before_q, generation_before_q;
  logic [13:0] free_idx_q;
  logic [15:0] generation_q;
  always_ff @(posedge clk_i) begin
    popped_before_q <= tab.pop;
    free_idx_q <= table_i.free_idx;
    generation_before_q <= tab.generation_re;
    generation_q <= table_i.generation;
  end

  // The row that this command made live
  logic live_q;
  logic [15:0] live_generation_q;
  logic [13:0] live_idx_q;
  logic publish;
  assign publish = tab.bundle_we && tab.bundle.live;

  // The slot's DELETE: unlinked, requests taken by then, all of them gone at some clock since
  logic open_q;  // the slot has been granted, and its command has not ended
  logic unlinked_q, over_q;
  logic [15:0] taken_q, unlinked_generation_q;
  logic [13:0] unlinked_idx_q;
  logic unlink, inbound_q, over;
  assign unlink = tab.bundle_we && !tab.bundle.live && `FV_OID_IS(`FV_StUnlink);
  assign over = !((inbound_q ? rx_verdicts_i : tx_verdicts_i) - taken_q >= 16'h8000);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      live_q <= 1'b0;
      unlinked_q <= 1'b0;
      over_q <= 1'b0;
      open_q <= 1'b0;
    end else begin
      if (!init_done_i) open_q <= 1'b0;
      else if (grant && grant_slot == chosen) open_q <= 1'b1;
      else if (finish.valid && finish.slot == chosen) open_q <= 1'b0;
      if (grant) live_q <= 1'b0;
      else if (publish) begin
        live_q <= 1'b1;
        live_generation_q <= tab.bundle.generation;
        live_idx_q <= tab.bundle_idx;
      end
      if (!init_done_i) unlinked_q <= 1'b0;
      else if (unlink && slot == chosen) begin
        unlinked_q <= 1'b1;
        over_q <= 1'b0;
        inbound_q <= tab.bundle.inbound;
        unlinked_generation_q <= tab.bundle.generation;
        unlinked_idx_q <= tab.bundle_idx;
        taken_q <= tab.bundle.inbound ? rx_taken_i : tx_taken_i;
      end else begin
        if (unlinked_q && over) over_q <= 1'b1;
        if (tab.push && slot == chosen) unlinked_q <= 1'b0;
      end
    end
  end

  logic deleted;
  assign deleted = `FV_OID_DELETE && `FV_OID_STATUS == StatusSuccess && !`FV_OID_UNKNOWN;

  logic zeroing;
  assign zeroing = `FV_OID_IS(`FV_StZero) && `FV_OID_BUNDLE == bundle;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // sa_table
      if (!popped_before_q) assume (table_i.free_idx == free_idx_q);
      if (!generation_before_q) assume (table_i.generation == generation_q);

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
      // No key and no salt outside the phases that need them, and between commands no window is touched.
      if (!(`FV_OID_IS(`FV_StKey) || `FV_OID_IS(`FV_StHkey) || `FV_OID_IS(`FV_StWrite))) begin
        KeyGone_A : assert (hkey_key == '0 && `FV_OID_SALT == '0);
        KeyComes_I : assert (!`FV_OID_KEY_COMES);
      end
      if (quiet_q) WindowQuiet_A : assert (!window.read && !window.wipe);
      // The handle that the host gets is that of the row that went live, and not 0.
      if (finish.valid && finish.handle_valid) begin
        Handle_A :
        assert (live_q && finish.handle == {live_generation_q, 2'b00, live_idx_q} + 32'd1);
        HandleZero_A : assert (finish.handle[15:0] != '0);
      end
      if (publish) PublishTaken_A : assert (popped_q && tab.bundle_idx == table_i.free_idx);
      // Rows are zeroed behind UNLINK and when the frames that were looked up before are gone.
      if (`FV_OID_IS(`FV_StZero) && slot == chosen) Drained_A : assert (unlinked_q && over_q);
      // ... of the bundle that was unlinked, and its next handle is another.
      if (tab.push && slot == chosen) begin
        SameBundle_A : assert (tab.bundle_idx == unlinked_idx_q);
        NextGeneration_A : assert (tab.generation == unlinked_generation_q + 16'd1);
      end
      if (`FV_OID_IS(`FV_StUnlink) || `FV_OID_IS(`FV_StSecond)) begin
        Unlink_I :
        assert (`FV_OID_DELETE && `FV_OID_UNLINKED.generation == `FV_OID_GENERATION);
      end
      if ((`FV_OID_IS(`FV_StZero) || `FV_OID_IS(`FV_StFree)) && slot == chosen) begin
        Zero_I :
        assert (`FV_OID_DELETE && unlinked_q && over_q && `FV_OID_BUNDLE == unlinked_idx_q &&
                `FV_OID_GENERATION == unlinked_generation_q);
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
      OneKind_I : assert (!(`FV_OID_DELETE && `FV_OID_UPDATE));
      if (`FV_OID_DELETE && `FV_OID_IS(`FV_StFetch)) begin
        Fetch_I :
        assert (`FV_OID_COUNT <= 6'd5 && `FV_OID_WORD == (`FV_OID_COUNT != '0) &&
                (!`FV_OID_WORD || `FV_OID_WORD_NO == `FV_OID_COUNT - 6'd1));
      end
      if (`FV_OID_DELETE && `FV_OID_IS(`FV_StCheck)) Check_I : assert (`FV_OID_WORD_NO == 6'd5);
      if (`FV_OID_IS(`FV_StUpdate)) Update_I : assert (!`FV_OID_DELETE);
      Idle_I : assert (!quiet_q || `FV_OID_IS(`FV_StIdle));
      if (`FV_OID_HANDLE_V) begin
        HandleV_I : assert (`FV_OID_IS(`FV_StWipe) || `FV_OID_IS(`FV_StIdle));
        if (`FV_OID_IS(`FV_StWipe)) begin
          Live_I :
          assert (live_q && live_generation_q == table_i.generation &&
                  live_idx_q == table_i.free_idx);
        end
      end
      // mailbox: a slot whose command is under way is not pending
      if (open_q) assume (!pending_i[chosen]);
      if (`FV_OID_DRAINING[chosen] || `FV_OID_DRAINED[chosen]) begin
        NotBoth_I :
        assert (open_q && (`FV_OID_IS(`FV_StIdle) || slot != chosen) &&
                !(`FV_OID_DRAINING[chosen] && `FV_OID_DRAINED[chosen]));
      end
      if (!`FV_OID_IS(`FV_StIdle) && slot == chosen) Open_I : assert (open_q);
      if (`FV_OID_DRAINING[chosen]) begin
        Draining_I :
        assert (unlinked_q && `FV_OID_DRAIN_INBOUND[chosen] == inbound_q &&
                `FV_OID_DRAIN_TAKEN[chosen] == taken_q);
      end
      if (`FV_OID_DRAINING[chosen] || `FV_OID_DRAINED[chosen]) begin
        DrainBundle_I :
        assert (`FV_OID_DRAIN_IDX[chosen] == unlinked_idx_q &&
                `FV_OID_DRAIN_GENERATION[chosen] == unlinked_generation_q);
      end
      if (`FV_OID_DRAINED[chosen]) Over_I : assert (unlinked_q && over_q);
      if (`FV_OID_IS(`FV_StZero)) ZeroTwo_I : assert (`FV_OID_COUNT <= 6'd1);
      if (zeroing && `FV_OID_COUNT == 6'd1) begin
        ZeroFirst_I : assert (sa_zero_q[0] && esn_zero_q[0] && entry_zero_q[0]);
      end
      if (`FV_OID_IS(`FV_StKey) || `FV_OID_IS(`FV_StHkey) || `FV_OID_IS(`FV_StWrite) ||
          `FV_OID_IS(`FV_StLink) || `FV_OID_IS(`FV_StPublish)) begin
        Popped_I : assert (popped_q);
      end
    end
  end

endmodule
