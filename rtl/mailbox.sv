// SPDX-License-Identifier: Apache-2.0
//
// Command slots: registers, windows, and the end of commands that reset cuts short.
//
// Window byte k is bits 8*(k%16) +: 8 of row k/16. Host accesses act at their edge; the engine's window reads
// take one clock. A window can hold keys: it is write-only for the host, its read register is zero unless
// it was read at the last edge, and it is wiped by the engine at the end of each command or by the sweep.

module mailbox
  import ipsec_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // Register port, relative to MAILBOX
    input  reg_req_t    req_i,
    output logic [31:0] rdata_o,

    // reset_ctrl
    input logic        init_done_i,
    input logic        abort_i,
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    // oid_engine
    output logic         [NumSlots-1:0] pending_o,       // waits for its first grant
    input  logic                        grant_i,
    input  logic         [         1:0] grant_slot_i,
    input  logic         [         1:0] slot_i,          // whose command the next three describe
    output logic         [        31:0] oid_o,
    output logic         [        31:0] length_o,
    output logic                        cancel_o,
    input  window_req_t                 window_i,
    output logic         [       127:0] window_rdata_o,
    input  command_end_t                end_i,

    // Events, for one clock: set at the next edge
    output logic [NumSlots-1:0] slot_done_o,
    output logic                count_ok_o,
    output logic [         2:0] count_failed_o,
    output logic                count_unknown_o,
    output logic                count_busy_o,
    output logic                any_busy_o
);

  localparam logic [6:0] OffOid = 7'h00;
  localparam logic [6:0] OffLength = 7'h01;
  localparam logic [6:0] OffDoorbell = 7'h02;
  localparam logic [6:0] OffState = 7'h03;
  localparam logic [6:0] OffStatus = 7'h04;
  localparam logic [6:0] OffRead = 7'h05;
  localparam logic [6:0] OffNeeded = 7'h06;

  logic [NumSlots-1:0] busy_q, done_q, pending_q, cancel_q, handle_ex_q;
  logic [NumSlots-1:0][31:0] oid_q, length_q, bytes_read_q, bytes_needed_q, handle_q;
  ndis_status_e [NumSlots-1:0] status_q;

  // Host access
  logic [1:0] slot;
  logic in_window;
  logic [6:0] word;
  logic write;
  logic doorbell_start, doorbell_cancel;
  assign slot = req_i.addr[11:10];
  assign in_window = req_i.addr[9];
  assign word = req_i.addr[8:2];
  assign write = req_i.req && req_i.write;
  assign doorbell_start = write && !in_window && word == OffDoorbell &&
      req_i.wdata[0] && req_i.biten[0];
  assign doorbell_cancel = write && !in_window && word == OffDoorbell &&
      req_i.wdata[1] && req_i.biten[1];

  // A slot that is busy while the device is not ready ends at once; its window is left to the sweep.
  logic [NumSlots-1:0] cut;
  assign cut = init_done_i ? '0 : busy_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q         <= '0;
      done_q         <= '0;
      pending_q      <= '0;
      cancel_q       <= '0;
      oid_q          <= '0;
      length_q       <= '0;
      status_q       <= {NumSlots{StatusSuccess}};
      bytes_read_q   <= '0;
      bytes_needed_q <= '0;
      handle_q       <= '0;
      handle_ex_q    <= '0;
    end else begin
      if (write && !in_window) begin
        if (!busy_q[slot]) begin
          if (word == OffOid) begin
            oid_q[slot] <= (oid_q[slot] & ~req_i.biten) | (req_i.wdata & req_i.biten);
          end
          if (word == OffLength) begin
            length_q[slot] <= (length_q[slot] & ~req_i.biten) | (req_i.wdata & req_i.biten);
          end
          if (doorbell_start) begin
            busy_q[slot]         <= 1'b1;
            done_q[slot]         <= 1'b0;
            pending_q[slot]      <= 1'b1;
            cancel_q[slot]       <= 1'b0;
            status_q[slot]       <= StatusPending;
            bytes_read_q[slot]   <= '0;
            bytes_needed_q[slot] <= '0;
            handle_q[slot]       <= '0;
          end
        end else if (doorbell_cancel) begin
          cancel_q[slot] <= 1'b1;
        end
      end
      if (grant_i) pending_q[grant_slot_i] <= 1'b0;
      if (end_i.valid) begin
        busy_q[end_i.slot]         <= 1'b0;
        done_q[end_i.slot]         <= 1'b1;
        status_q[end_i.slot]       <= end_i.status;
        bytes_read_q[end_i.slot]   <= end_i.bytes_read;
        bytes_needed_q[end_i.slot] <= end_i.bytes_needed;
        handle_q[end_i.slot]       <= end_i.handle_valid ? end_i.handle : '0;
        handle_ex_q[end_i.slot]    <= end_i.handle_ex;
      end
      if (!init_done_i) begin
        if (abort_i) handle_q <= '0;
        for (int unsigned s = 0; s < NumSlots; s++) begin
          if (busy_q[s]) begin
            busy_q[s]    <= 1'b0;
            done_q[s]    <= 1'b1;
            pending_q[s] <= 1'b0;
            if (abort_i) status_q[s] <= StatusRequestAborted;
            else if (oid_q[s] == OidDeleteSa) status_q[s] <= StatusNotAccepted;
            else status_q[s] <= StatusResetInProgress;
          end
        end
      end
    end
  end

  assign pending_o = pending_q;
  assign any_busy_o = |busy_q;
  assign oid_o = oid_q[slot_i];
  assign length_o = length_q[slot_i];
  assign cancel_o = cancel_q[slot_i];

  always_comb begin
    slot_done_o = cut;
    count_failed_o = '0;
    if (cut != '0) begin
      for (int unsigned s = 0; s < NumSlots; s++) count_failed_o = count_failed_o + 3'(cut[s]);
    end
    if (end_i.valid) begin
      slot_done_o[end_i.slot] = 1'b1;
      if (end_i.status != StatusSuccess) count_failed_o = 3'd1;
    end
  end
  assign count_ok_o = end_i.valid && end_i.status == StatusSuccess;
  assign count_unknown_o = end_i.valid && end_i.unknown_delete;
  assign count_busy_o = doorbell_start && busy_q[slot];

  always_comb begin
    rdata_o = '0;
    if (req_i.req && !req_i.write) begin
      if (in_window) begin
        if (word == (handle_ex_q[slot] ? 7'd12 : 7'd14)) rdata_o = handle_q[slot];
      end else begin
        case (word)
          OffOid: rdata_o = oid_q[slot];
          OffLength: rdata_o = length_q[slot];
          OffState: rdata_o = {30'b0, done_q[slot], busy_q[slot]};
          OffStatus: rdata_o = status_q[slot];
          OffRead: rdata_o = bytes_read_q[slot];
          OffNeeded: rdata_o = bytes_needed_q[slot];
          default: rdata_o = '0;
        endcase
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Windows
  // ---------------------------------------------------------------------------------------------

  logic sweep;
  logic [127:0] window_q[NumSlots];
  logic [15:0] byte_en;
  logic host_write;
  assign sweep = sweep_i && sweep_row_i < 14'(WindowRows);
  assign host_write = write && in_window && !busy_q[slot] && init_done_i;
  assign byte_en = 16'({req_i.biten[24], req_i.biten[16], req_i.biten[8], req_i.biten[0]}) <<
      {req_i.addr[3:2], 2'b00};

  for (genvar s = 0; s < NumSlots; s++) begin : gen_window
    logic [127:0] mem[WindowRows];
    logic wipe;
    assign wipe = sweep || (window_i.wipe && window_i.slot == 2'(s));
    always_ff @(posedge clk_i) begin
      if (wipe || (host_write && slot == 2'(s))) begin
        for (int unsigned b = 0; b < 16; b++) begin
          if (wipe || byte_en[b]) begin
            mem[sweep?sweep_row_i[4:0] : wipe ? window_i.row : req_i.addr[8:4]][8*b+:8] <=
                wipe ? 8'b0 : req_i.wdata[8*(b%4)+:8];
          end
        end
      end
    end
    always_ff @(posedge clk_i) begin
      if (window_i.read && window_i.slot == 2'(s)) window_q[s] <= mem[window_i.row];
      else window_q[s] <= '0;
    end
  end

  always_comb begin
    window_rdata_o = '0;
    for (int unsigned s = 0; s < NumSlots; s++) window_rdata_o = window_rdata_o | window_q[s];
  end

  logic unused_addr;
  assign unused_addr = ^{req_i.addr[12], req_i.addr[1:0], req_i.biten};

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      EndOfBusy_A :
      assert (!end_i.valid || busy_q[end_i.slot])
      else $error("mailbox: the engine ended a command of a slot that is not busy");
      EndOrCut_A :
      assert (!end_i.valid || init_done_i)
      else $error("mailbox: the engine ended a command in reset");
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      NoKeyRead_A :
      assert (!(req_i.req && in_window) || rdata_o == '0 || rdata_o == handle_q[slot])
      else $error("mailbox: a window byte other than OffloadHandle was read");
      OneState_A :
      assert ((busy_q & done_q) == '0 && (pending_q & ~busy_q) == '0)
      else $error("mailbox: slot state is inconsistent");
    end
  end

endmodule
