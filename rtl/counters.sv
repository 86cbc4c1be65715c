// SPDX-License-Identifier: Apache-2.0
//
// 64-bit event counters, COUNTERS of the register map, in its order. Reading a low word latches the high word.
//
// Timing: events count at the edge at which they are seen; a host access acts at its edge and wins.

module counters
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // Register port, relative to COUNTERS
    input  reg_req_t    req_i,
    output logic [31:0] rdata_o,

    // Events
    input path_event_t       tx_event_i,
    input path_event_t       rx_event_i,
    input logic              tx_stalled_i,
    input logic              rx_stalled_i,
    input logic              command_ok_i,
    input logic        [2:0] command_failed_i,
    input logic              delete_unknown_i,
    input logic              doorbell_busy_i,
    input logic        [3:0] parity_errors_i
);

  localparam int unsigned TxFrames = 0;
  localparam int unsigned TxBytes = 1;
  localparam int unsigned TxPassed = 2;
  localparam int unsigned TxProcessed = 3;
  localparam int unsigned TxTwo = 4;
  localparam int unsigned TxBadLength = 5;
  localparam int unsigned TxRefused = 6;
  localparam int unsigned TxStalled = 7;
  localparam int unsigned RxFrames = 8;
  localparam int unsigned RxBytes = 9;
  localparam int unsigned RxPassed = 10;
  localparam int unsigned RxProcessed = 11;
  localparam int unsigned RxTwo = 12;
  localparam int unsigned RxBadLength = 13;
  localparam int unsigned RxStalled = 14;
  localparam int unsigned RxStatus1 = 15;  // 1..7
  localparam int unsigned CommandsOk = 22;
  localparam int unsigned CommandsFailed = 23;
  localparam int unsigned DeletesUnknown = 24;
  localparam int unsigned DoorbellsBusy = 25;
  localparam int unsigned ParityErrors = 26;
  localparam int unsigned SaDeleteReqs = 27;
  localparam int unsigned NumCounters = 28;

  logic [63:0] count_q[NumCounters];
  logic [31:0] high_q;

  logic in_range;
  logic [4:0] idx;
  assign idx = req_i.addr[7:3];
  assign in_range = req_i.addr[12:8] == '0 && 32'(idx) < NumCounters;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned c = 0; c < NumCounters; c++) count_q[c] <= '0;
      high_q <= '0;
    end else begin
      if (tx_event_i.frame) begin
        count_q[TxFrames] <= count_q[TxFrames] + 64'd1;
        count_q[TxBytes]  <= count_q[TxBytes] + 64'(tx_event_i.frame_bytes);
        if (tx_event_i.passed) count_q[TxPassed] <= count_q[TxPassed] + 64'd1;
        if (tx_event_i.processed) count_q[TxProcessed] <= count_q[TxProcessed] + 64'd1;
        if (tx_event_i.two) count_q[TxTwo] <= count_q[TxTwo] + 64'd1;
        if (tx_event_i.bad_length) count_q[TxBadLength] <= count_q[TxBadLength] + 64'd1;
        if (tx_event_i.refused) count_q[TxRefused] <= count_q[TxRefused] + 64'd1;
      end
      if (rx_event_i.frame) begin
        count_q[RxFrames] <= count_q[RxFrames] + 64'd1;
        count_q[RxBytes]  <= count_q[RxBytes] + 64'(rx_event_i.frame_bytes);
        if (rx_event_i.passed) count_q[RxPassed] <= count_q[RxPassed] + 64'd1;
        if (rx_event_i.processed) count_q[RxProcessed] <= count_q[RxProcessed] + 64'd1;
        if (rx_event_i.two) count_q[RxTwo] <= count_q[RxTwo] + 64'd1;
        if (rx_event_i.bad_length) count_q[RxBadLength] <= count_q[RxBadLength] + 64'd1;
        if (rx_event_i.delete_req) count_q[SaDeleteReqs] <= count_q[SaDeleteReqs] + 64'd1;
        for (int unsigned k = 1; k < 8; k++) begin
          if (rx_event_i.status[k]) count_q[RxStatus1+k-1] <= count_q[RxStatus1+k-1] + 64'd1;
        end
      end
      if (tx_stalled_i) count_q[TxStalled] <= count_q[TxStalled] + 64'd1;
      if (rx_stalled_i) count_q[RxStalled] <= count_q[RxStalled] + 64'd1;
      if (command_ok_i) count_q[CommandsOk] <= count_q[CommandsOk] + 64'd1;
      if (command_failed_i != '0) begin
        count_q[CommandsFailed] <= count_q[CommandsFailed] + 64'(command_failed_i);
      end
      if (delete_unknown_i) count_q[DeletesUnknown] <= count_q[DeletesUnknown] + 64'd1;
      if (parity_errors_i != '0) begin
        count_q[ParityErrors] <= count_q[ParityErrors] + 64'(parity_errors_i);
      end
      if (doorbell_busy_i) count_q[DoorbellsBusy] <= count_q[DoorbellsBusy] + 64'd1;
      if (req_i.req && in_range) begin
        if (!req_i.write) begin
          if (!req_i.addr[2]) high_q <= count_q[idx][63:32];
        end else begin
          // The whole counter is written, so that an event at this edge cannot touch one half only.
          if (req_i.addr[2]) begin
            count_q[idx] <= {
              (count_q[idx][63:32] & ~req_i.biten) | (req_i.wdata & req_i.biten), count_q[idx][31:0]
            };
          end else begin
            count_q[idx] <= {
              count_q[idx][63:32], (count_q[idx][31:0] & ~req_i.biten) | (req_i.wdata & req_i.biten)
            };
          end
        end
      end
    end
  end

  always_comb begin
    rdata_o = '0;
    if (req_i.req && !req_i.write && in_range) begin
      rdata_o = req_i.addr[2] ? high_q : count_q[idx][31:0];
    end
  end

  logic unused_bits;
  assign unused_bits = ^{req_i.addr[1:0], tx_event_i.status, rx_event_i.refused,
                         rx_event_i.status[0], tx_event_i.delete_req};

endmodule
