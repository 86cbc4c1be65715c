// SPDX-License-Identifier: Apache-2.0
//
// Smoke test for the Verilog that Yosys writes from the RTL, under an event-driven simulator with four-state
// logic: what synthesis made still initializes, answers its registers, passes its own known answers and
// moves a frame each way. It prints SMOKE PASS, or SMOKE FAIL and why. Any NumSa and Stages.
//
// Inputs change at falling edges, outputs are looked at just before rising ones.

`timescale 1ns / 1ps

module smoke;

  localparam integer ClockLimit = 40000;  // the sweep of the largest table is 16,384

  // A frame of 75 bytes: 5 beats, the last with 11 bytes
  localparam integer FrameBytes = 75;
  localparam integer Beats = (FrameBytes + 15) / 16;
  localparam [15:0] LastKeep = 16'h07ff;

  localparam [31:0] Name = 32'h43535049;  // 'I', 'P', 'S', 'C' in address order
  localparam [15:0] AddrName = 16'h0000;
  localparam [15:0] AddrNumSa = 16'h0008;
  localparam [15:0] AddrStages = 16'h000c;
  localparam [15:0] AddrStatus = 16'h0030;
  localparam [15:0] AddrSelfTest = 16'h0048;
  localparam [15:0] AddrTxPassed = 16'h0410;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  integer clocks = 0;
  integer failures = 0;

  wire irq;
  reg awvalid = 1'b0, wvalid = 1'b0, bready = 1'b1, arvalid = 1'b0, rready = 1'b1;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  reg [15:0] awaddr = 16'h0, araddr = 16'h0;
  reg [31:0] wdata = 32'h0;
  wire [31:0] rdata;

  reg tx_in_valid = 1'b0, tx_in_last = 1'b0, rx_in_valid = 1'b0, rx_in_last = 1'b0;
  wire tx_in_ready, rx_in_ready;
  reg [127:0] tx_in_data = 128'h0, rx_in_data = 128'h0;
  reg [15:0] tx_in_keep = 16'h0, rx_in_keep = 16'h0;
  wire tx_valid, tx_last, cpl_valid, rx_valid, rx_last;
  wire [127:0] tx_data, rx_data;
  wire [15:0] tx_keep, rx_keep;
  wire [63:0] cpl_data, rx_user;

  ipsec_offload dut (
    .clk_i(clk),
    .rst_ni(rst_n),
    .irq_o(irq),
    .s_axil_awvalid(awvalid),
    .s_axil_awready(awready),
    .s_axil_awaddr(awaddr),
    .s_axil_wvalid(wvalid),
    .s_axil_wready(wready),
    .s_axil_wdata(wdata),
    .s_axil_wstrb(4'hf),
    .s_axil_bvalid(bvalid),
    .s_axil_bready(bready),
    .s_axil_bresp(bresp),
    .s_axil_arvalid(arvalid),
    .s_axil_arready(arready),
    .s_axil_araddr(araddr),
    .s_axil_rvalid(rvalid),
    .s_axil_rready(rready),
    .s_axil_rdata(rdata),
    .s_axil_rresp(rresp),
    .s_axis_tx_tvalid(tx_in_valid),
    .s_axis_tx_tready(tx_in_ready),
    .s_axis_tx_tdata(tx_in_data),
    .s_axis_tx_tkeep(tx_in_keep),
    .s_axis_tx_tlast(tx_in_last),
    .s_axis_tx_tuser(96'h0),
    .m_axis_tx_tvalid(tx_valid),
    .m_axis_tx_tready(1'b1),
    .m_axis_tx_tdata(tx_data),
    .m_axis_tx_tkeep(tx_keep),
    .m_axis_tx_tlast(tx_last),
    .m_axis_txcpl_tvalid(cpl_valid),
    .m_axis_txcpl_tready(1'b1),
    .m_axis_txcpl_tdata(cpl_data),
    .s_axis_rx_tvalid(rx_in_valid),
    .s_axis_rx_tready(rx_in_ready),
    .s_axis_rx_tdata(rx_in_data),
    .s_axis_rx_tkeep(rx_in_keep),
    .s_axis_rx_tlast(rx_in_last),
    .m_axis_rx_tvalid(rx_valid),
    .m_axis_rx_tready(1'b1),
    .m_axis_rx_tdata(rx_data),
    .m_axis_rx_tkeep(rx_keep),
    .m_axis_rx_tlast(rx_last),
    .m_axis_rx_tuser(rx_user)
  );

  always #5 clk = !clk;

  always @(posedge clk) begin
    if (rst_n) clocks = clocks + 1;
    if (clocks > ClockLimit) begin
      $display("SMOKE FAIL: %0d clocks without an end", clocks);
      $finish;
    end
  end

  task fail(input [8*40-1:0] what);
    begin
      $display("SMOKE FAIL at clock %0d: %0s", clocks, what);
      failures = failures + 1;
    end
  endtask

  // A pin that X has reached is a failure even where nobody waits for it.
  always @(negedge clk) begin
    if (rst_n && (^{irq, awready, wready, bvalid, arready, rvalid, tx_in_ready, rx_in_ready, tx_valid,
                    cpl_valid, rx_valid}) === 1'bx) begin
      fail("X on a control pin");
      $finish;
    end
  end

  task read(input [15:0] addr, output [31:0] value);
    begin
      @(negedge clk);
      arvalid = 1'b1;
      araddr = addr;
      while (arready !== 1'b1) @(negedge clk);
      @(negedge clk);
      arvalid = 1'b0;
      while (rvalid !== 1'b1) @(negedge clk);
      value = rdata;
      if (rresp !== 2'b00) fail("read not OKAY");
      @(negedge clk);
    end
  endtask

  // Byte k of the frame of a direction
  function [7:0] frame_byte(input receive, input integer k);
    begin
      // The Ethernet type (0x88b5, local experiments) is nothing that the device looks into.
      if (k == 12) frame_byte = 8'h88;
      else if (k == 13) frame_byte = 8'hb5;
      else if (k >= FrameBytes) frame_byte = 8'h00;
      else frame_byte = 8'd37 * k[7:0] + (receive ? 8'h5a : 8'h03);
    end
  endfunction

  function [127:0] frame_beat(input receive, input integer j);
    integer i;
    begin
      for (i = 0; i < 16; i = i + 1) frame_beat[8*i+:8] = frame_byte(receive, 16 * j + i);
    end
  endfunction

  // Sources
  integer tx_in = 0, rx_in = 0;
  reg go = 1'b0;

  always @(negedge clk) begin
    tx_in_valid = go && tx_in < Beats;
    tx_in_data = tx_in_valid ? frame_beat(1'b0, tx_in) : 128'h0;
    tx_in_last = tx_in == Beats - 1;
    tx_in_keep = tx_in_last ? LastKeep : 16'hffff;
    rx_in_valid = go && rx_in < Beats;
    rx_in_data = rx_in_valid ? frame_beat(1'b1, rx_in) : 128'h0;
    rx_in_last = rx_in == Beats - 1;
    rx_in_keep = rx_in_last ? LastKeep : 16'hffff;
    // Ready is a register: what it is now it is at the rising edge.
    if (tx_in_valid && tx_in_ready === 1'b1) tx_in = tx_in + 1;
    if (rx_in_valid && rx_in_ready === 1'b1) rx_in = rx_in + 1;
  end

  // Sinks, always ready
  integer tx_out = 0, rx_out = 0, completions = 0;

  always @(negedge clk) begin
    if (rst_n && tx_valid === 1'b1) begin
      if (tx_data !== frame_beat(1'b0, tx_out)) fail("transmit data");
      if (tx_last !== (tx_out == Beats - 1)) fail("transmit tlast");
      if (tx_keep !== (tx_out == Beats - 1 ? LastKeep : 16'hffff)) fail("transmit tkeep");
      tx_out = tx_out + 1;
    end
    if (rst_n && rx_valid === 1'b1) begin
      if (rx_data !== frame_beat(1'b1, rx_out)) fail("receive data");
      if (rx_last !== (rx_out == Beats - 1)) fail("receive tlast");
      if (rx_keep !== (rx_out == Beats - 1 ? LastKeep : 16'hffff)) fail("receive tkeep");
      if (rx_user !== 64'h0) fail("receive words not zero");
      rx_out = rx_out + 1;
    end
    if (rst_n && cpl_valid === 1'b1) begin
      if (tx_out != Beats) fail("completion before its frame");
      if (cpl_data !== 64'h0) fail("completion is not frame 0, SUCCESS");
      completions = completions + 1;
    end
  end

  reg [31:0] value, stages;
  integer i;

  initial begin
    repeat (4) @(negedge clk);
    rst_n = 1'b1;

    read(AddrName, value);
    if (value !== Name) fail("NAME");
    read(AddrNumSa, value);
    read(AddrStages, stages);
    $display("smoke: NUM_SA %0d, STAGES %0d", value, stages);
    if (stages !== 32'd1 && stages !== 32'd2 && stages !== 32'd4) fail("STAGES");

    value = 32'h0;
    while (value[0] !== 1'b1) read(AddrStatus, value);
    $display("smoke: INIT_DONE at clock %0d", clocks);

    // The self-test starts by itself with INIT_DONE.
    value = 32'h0;
    while (value[2] !== 1'b1) read(AddrSelfTest, value);
    $display("smoke: SELFTEST %h at clock %0d", value, clocks);
    if (value[7:4] !== (4'd1 << stages) - 4'd1) fail("self-test of transmit");
    if (value[11:8] !== (4'd1 << stages) - 4'd1) fail("self-test of receive");

    go = 1'b1;
    while (completions == 0 || rx_out < Beats) @(negedge clk);
    repeat (40) @(negedge clk);
    if (tx_out != Beats || rx_out != Beats || completions != 1) fail("more than one frame out");
    read(AddrTxPassed, value);
    if (value !== 32'd1) fail("TX_PASSED");
    read(AddrStatus, value);
    if (value !== 32'hd) fail("STATUS: not idle at the end");

    if (failures == 0) $display("SMOKE PASS: %0d clocks", clocks);
    else $display("SMOKE FAIL: %0d findings", failures);
    $finish;
  end

endmodule
