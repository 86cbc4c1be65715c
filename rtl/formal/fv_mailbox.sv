// SPDX-License-Identifier: Apache-2.0
//
// mailbox: states of a slot, and who may see and change its window. One slot and one byte of its window, whichever.

`include "fv_names.svh"

module fv_mailbox
  import ipsec_control_pkg::*;
(
    input logic clk_i,
    input reg_req_t req_i,
    input logic init_done_i,
    input logic abort_i,
    input logic sweep_i,
    input logic [13:0] sweep_row_i,
    input logic grant_i,
    input logic [1:0] grant_slot_i,
    input logic [1:0] slot_i,
    input window_req_t window_i,
    input command_end_t end_i,
    input logic [10:0] choice_i  // the solver's choice of slot and byte (taken once)
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic [31:0] rdata, oid, length;
  logic [NumSlots-1:0] pending, slot_done;
  logic cancel, any_busy;
  logic [127:0] window_rdata;

  mailbox u_dut (
      .clk_i,
      .rst_ni,
      .req_i,
      .rdata_o(rdata),
      .init_done_i,
      .abort_i,
      .sweep_i,
      .sweep_row_i,
      .pending_o(pending),
      .grant_i,
      .grant_slot_i,
      .slot_i,
      .oid_o(oid),
      .length_o(length),
      .cancel_o(cancel),
      .window_i,
      .window_rdata_o(window_rdata),
      .end_i,
      .slot_done_o(slot_done),
      .count_ok_o(),
      .count_failed_o(),
      .count_unknown_o(),
      .count_busy_o(),
      .any_busy_o(any_busy)
  );

  logic [1:0] slot;
  logic [8:0] at;
  always_ff @(posedge clk_i) if (!rst_ni) {slot, at} <= choice_i;

  // Access of the host: address bits 11:10 the slot, bit 9 its window (docs/registers.md)
  logic mine, in_window, host_write, doorbell;
  assign mine = req_i.req && req_i.addr[11:10] == slot;
  assign in_window = req_i.addr[9];
  assign host_write = mine && req_i.write && in_window;
  assign doorbell = mine && req_i.write && !in_window && req_i.addr[8:2] == 7'd2 &&
      req_i.wdata[0] && req_i.biten[0];

  // The documented state machine
  logic busy_q, done_q, pending_q, handle_v_q, handle_ex_q;
  logic [31:0] handle_q;
  logic ends, granted;
  assign ends = end_i.valid && end_i.slot == slot;
  assign granted = grant_i && grant_slot_i == slot;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
      pending_q <= 1'b0;
      handle_q <= '0;
      handle_ex_q <= 1'b0;
    end else begin
      if (!busy_q && doorbell) begin
        busy_q <= 1'b1;
        done_q <= 1'b0;
        pending_q <= 1'b1;
        handle_q <= '0;
      end else if (busy_q && (ends || !init_done_i)) begin
        busy_q <= 1'b0;
        done_q <= 1'b1;
        pending_q <= 1'b0;
        if (ends) begin
          handle_q <= end_i.handle_valid ? end_i.handle : '0;
          handle_ex_q <= end_i.handle_ex;
        end
      end else if (granted) pending_q <= 1'b0;
      if (!init_done_i && abort_i) handle_q <= '0;
    end
  end

  // The byte of the window
  logic [7:0] byte_q;
  logic row_swept, row_wiped, byte_written, row_read_q;
  assign row_swept = sweep_i && sweep_row_i == {9'b0, at[8:4]};
  assign row_wiped = window_i.wipe && window_i.slot == slot && window_i.row == at[8:4];
  assign byte_written = host_write && !busy_q && init_done_i && req_i.addr[8:2] == at[8:2] &&
      req_i.biten[{at[1:0], 3'b000}];
  logic [NumSlots-1:0][7:0] bytes;
  for (genvar s = 0; s < NumSlots; s++) begin : gen_byte
    logic [127:0] row;
    assign row = `FV_WINDOW(s) [at[8:4]];
    assign bytes[s] = row[{at[3:0], 3'b000}+:8];
  end
  assign byte_q = bytes[slot];

  logic byte_valid_q;
  logic [7:0] byte_before_q;
  logic cleared_before_q, written_before_q, read_before_q;
  logic [7:0] wdata_before_q;
  always_ff @(posedge clk_i) begin
    byte_valid_q <= rst_ni;
    byte_before_q <= byte_q;
    cleared_before_q <= row_swept || row_wiped;
    written_before_q <= byte_written;
    wdata_before_q <= req_i.wdata[{at[1:0], 3'b000}+:8];
    row_read_q <= window_i.read && window_i.slot == slot && window_i.row == at[8:4];
    read_before_q <= window_i.read;
  end

  logic [31:0] window_word;
  assign window_word = req_i.addr[8:2] == (handle_ex_q ? 7'd12 : 7'd14) ? handle_q : '0;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // oid_engine
      assume (!end_i.valid || init_done_i);
      assume (!ends || (busy_q && !pending_q));
      assume (!granted || (pending_q && init_done_i));
      assume (!(window_i.read && window_i.wipe));
      assume (!(window_i.wipe && window_i.slot == slot) || (busy_q && init_done_i));
      // A whole byte is written or not (axil_front).
      assume (req_i.biten == {{8{req_i.biten[24]}}, {8{req_i.biten[16]}}, {8{req_i.biten[8]}},
                              {8{req_i.biten[0]}}});
      // reset_ctrl
      assume (!sweep_i || !init_done_i);
      assume (!(sweep_i && window_i.wipe));

      // State
      if (mine && !req_i.write && !in_window && req_i.addr[8:2] == 7'd3) begin
        State_A : assert (rdata == {30'b0, done_q, busy_q});
      end
      Pending_A : assert (pending[slot] == pending_q);
      NotBoth_A : assert (!(busy_q && done_q) && (!pending_q || busy_q));
      DoneEvent_A : assert (slot_done[slot] == (busy_q && (ends || !init_done_i)));
      AnyBusy_A : assert (!busy_q || any_busy);
      if (mine && !req_i.write && !in_window && req_i.addr[8:2] == 7'd4 && busy_q) begin
        StatusPending_A : assert (rdata == 32'h103);
      end

      // Window: the host reads nothing of it but the handle of the last command.
      if (mine && !req_i.write && in_window) WriteOnly_A : assert (rdata == window_word);
      if (!req_i.req || req_i.write) QuietRead_A : assert (rdata == '0);
      // It changes by a write of the host to a slot that is not busy, by the wipe and by the sweep, else not.
      if (byte_valid_q) begin
        if (cleared_before_q)
          Wiped_A :
          assert (byte_q == '0);
          else if (written_before_q)
            Written_A :
            assert (byte_q == wdata_before_q);
            else Kept_A : assert (byte_q == byte_before_q);
        // The engine sees it one clock after it has asked, and then only.
        if (row_read_q)
          EngineReads_A : assert (window_rdata[{at[3:0], 3'b000}+:8] == byte_before_q);
        if (!read_before_q) EngineQuiet_A : assert (window_rdata == '0);
      end

      Busy_I : assert (`FV_SLOT_BUSY[slot] == busy_q && `FV_SLOT_DONE[slot] == done_q);
      Handle_I :
      assert (`FV_SLOT_HANDLE[slot] == handle_q && `FV_SLOT_HANDLE_EX[slot] == handle_ex_q);
      Status_I : assert (!busy_q || `FV_SLOT_STATUS[slot] == 32'h103);
    end
  end

endmodule
