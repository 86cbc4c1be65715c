// SPDX-License-Identifier: Apache-2.0
//
// Replays the golden cases of this folder on ipsec_offload. Plain Verilog-2005: RTL, gates with delays below four
// tenths of a clock, or the Verilog that a synthesis tool wrote; any simulator.
//
//   iverilog -g2005 -o bench.vvp bench.v ipsec_offload.v     in this folder: it reads golden_params.vh and *.hex here
//   vvp -n bench.vvp [+smoke] [+first=NUMBER] [+cases=N] [+verbose]     NUMBER of a case from 0, in the order of names.hex
//
// It prints PASS or FAIL of each case with the first step that is not as expected (steps as numbered in cases/NAME.json,
// from 0), and in the end GOLDEN PASS or GOLDEN FAIL.
//
// Inputs change at falling edges, what comes out is collected a tenth of a clock before them. Frames out of the device and
// completions are kept until a step asks for them; what nobody asked for is a failure at the end of the case.

`timescale 1ns / 1ps
`include "golden_params.vh"

module bench;

  localparam integer AccessClocks = 1000;  // of a register access, at most
  localparam integer FrameClocks = 100000;  // until a frame goes in or comes out, at most
  localparam integer Ring = 4096;  // beats that are kept of an output
  localparam integer Frames = 1024;  // frames and completions that are kept

  reg clk = 1'b0;
  reg rst_n = 1'b0;

  wire irq;
  reg awvalid = 1'b0, wvalid = 1'b0, arvalid = 1'b0;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  reg [15:0] awaddr = 16'h0, araddr = 16'h0;
  reg [31:0] wdata = 32'h0;
  reg [3:0] wstrb = 4'h0;
  wire [31:0] rdata;

  reg tx_in_valid = 1'b0, tx_in_last = 1'b0, rx_in_valid = 1'b0, rx_in_last = 1'b0;
  wire tx_in_ready, rx_in_ready;
  reg [127:0] tx_in_data = 128'h0, rx_in_data = 128'h0;
  reg [15:0] tx_in_keep = 16'h0, rx_in_keep = 16'h0;
  reg [95:0] tx_in_user = 96'h0;
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
    .s_axil_wstrb(wstrb),
    .s_axil_bvalid(bvalid),
    .s_axil_bready(1'b1),
    .s_axil_bresp(bresp),
    .s_axil_arvalid(arvalid),
    .s_axil_arready(arready),
    .s_axil_araddr(araddr),
    .s_axil_rvalid(rvalid),
    .s_axil_rready(1'b1),
    .s_axil_rdata(rdata),
    .s_axil_rresp(rresp),
    .s_axis_tx_tvalid(tx_in_valid),
    .s_axis_tx_tready(tx_in_ready),
    .s_axis_tx_tdata(tx_in_data),
    .s_axis_tx_tkeep(tx_in_keep),
    .s_axis_tx_tlast(tx_in_last),
    .s_axis_tx_tuser(tx_in_user),
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

  // The program and its data
  reg [31:0] ops[0:`GOLDEN_OPS-1];
  reg [127:0] beats[0:`GOLDEN_BEATS-1];
  reg [511:0] names[0:`GOLDEN_CASES-1];

  // The case under way
  integer pc = 0, step = 0, current = 0, played = 0, failed_cases = 0;
  integer total_clocks = 0, clocks = 0;
  reg failed = 1'b0, playing = 1'b0;

  always @(posedge clk) clocks = clocks + 1;

  // Says it once a case; the rest of the case is skipped.
  task fail(input [8*40-1:0] what, input [127:0] actual, input [127:0] expected);
    begin
      if (!failed) begin
        $display("FAIL %0s: step %0d: %0s: %h, expected %h (clock %0d)", names[current], step, what, actual, expected,
                 clocks);
        failed = 1'b1;
      end
    end
  endtask

  // What came out and was not asked for yet. Index 0: transmit, 1: receive
  reg [127:0] tx_ring[0:Ring-1], rx_ring[0:Ring-1];
  integer tx_beats = 0, rx_beats = 0, tx_frames = 0, rx_frames = 0, completions = 0;
  integer tx_first[0:Frames-1], rx_first[0:Frames-1];
  integer tx_bytes[0:Frames-1], rx_bytes[0:Frames-1];
  reg [63:0] rx_words[0:Frames-1], cpls[0:Frames-1];
  integer tx_start = 0, rx_start = 0, tx_taken = 0, rx_taken = 0, cpl_taken = 0;

  // Bytes of a beat; 99 if tkeep is not contiguous from bit 0, or not all ones where the frame goes on
  function integer kept(input [15:0] keep, input last);
    integer k;
    begin
      kept = 0;
      for (k = 0; k < 16; k = k + 1) if (keep[k] === 1'b1) kept = kept + 1;
      if (keep !== 16'hffff >> (16 - kept) || kept == 0 || (last !== 1'b1 && kept != 16)) kept = 99;
    end
  endfunction

  integer bytes;

  // Before the falling edge, at which the steps look at what was collected: no simulator's order of processes matters.
  always @(posedge clk) begin
    #4;
    // A pin that X has reached is a failure even where nobody waits for it.
    if (rst_n && playing && (^{irq, awready, wready, bvalid, arready, rvalid, tx_in_ready, rx_in_ready, tx_valid,
                               cpl_valid, rx_valid}) === 1'bx)
      fail("X on a control pin", 128'h0, 128'h0);
    if (rst_n && tx_valid === 1'b1) begin
      bytes = kept(tx_keep, tx_last);
      if (bytes == 99) fail("tkeep of transmit", tx_keep, 128'hffff);
      tx_ring[tx_beats%Ring] = tx_data;
      tx_beats = tx_beats + 1;
      if (tx_last === 1'b1) begin
        tx_first[tx_frames%Frames] = tx_start;
        tx_bytes[tx_frames%Frames] = 16 * (tx_beats - tx_start - 1) + bytes;
        tx_start = tx_beats;
        tx_frames = tx_frames + 1;
      end
    end
    if (rst_n && rx_valid === 1'b1) begin
      bytes = kept(rx_keep, rx_last);
      if (bytes == 99) fail("tkeep of receive", rx_keep, 128'hffff);
      rx_ring[rx_beats%Ring] = rx_data;
      if (rx_beats == rx_start) rx_words[rx_frames%Frames] = rx_user;
      else if (rx_user !== rx_words[rx_frames%Frames])
        fail("tuser changes inside a frame", rx_user, rx_words[rx_frames%Frames]);
      rx_beats = rx_beats + 1;
      if (rx_last === 1'b1) begin
        rx_first[rx_frames%Frames] = rx_start;
        rx_bytes[rx_frames%Frames] = 16 * (rx_beats - rx_start - 1) + bytes;
        rx_start = rx_beats;
        rx_frames = rx_frames + 1;
      end
    end
    if (rst_n && cpl_valid === 1'b1) begin
      cpls[completions%Frames] = cpl_data;
      completions = completions + 1;
    end
  end

  task forget;
    begin
      tx_taken = tx_frames;
      rx_taken = rx_frames;
      cpl_taken = completions;
      tx_start = tx_beats;
      rx_start = rx_beats;
    end
  endtask

  // Register accesses
  reg aw, w;
  integer waited;

  task write(input [15:0] addr, input [31:0] data, input [3:0] strobe);
    begin
      awvalid = 1'b1;
      wvalid = 1'b1;
      awaddr = addr;
      wdata = data;
      wstrb = strobe;
      waited = 0;
      while ((awvalid || wvalid) && waited < AccessClocks) begin
        // Ready is a register: what it is now it is at the rising edge.
        aw = awready === 1'b1;
        w = wready === 1'b1;
        @(negedge clk);
        if (aw) awvalid = 1'b0;
        if (w) wvalid = 1'b0;
        waited = waited + 1;
      end
      while (bvalid !== 1'b1 && waited < AccessClocks) begin
        @(negedge clk);
        waited = waited + 1;
      end
      if (waited >= AccessClocks) fail("no answer to a write of", addr, 128'h0);
      else if (bresp !== 2'b00) fail("bresp", bresp, 128'h0);
      awvalid = 1'b0;
      wvalid = 1'b0;
      @(negedge clk);
    end
  endtask

  task read(input [15:0] addr, output [31:0] value);
    begin
      arvalid = 1'b1;
      araddr = addr;
      waited = 0;
      while (arready !== 1'b1 && waited < AccessClocks) begin
        @(negedge clk);
        waited = waited + 1;
      end
      @(negedge clk);
      arvalid = 1'b0;
      while (rvalid !== 1'b1 && waited < AccessClocks) begin
        @(negedge clk);
        waited = waited + 1;
      end
      value = rdata;
      if (waited >= AccessClocks) fail("no answer to a read of", addr, 128'h0);
      else if (rresp !== 2'b00) fail("rresp", rresp, 128'h0);
      @(negedge clk);
    end
  endtask

  // Frames
  integer beat, left;

  task send(input receive, input integer first, input integer length, input [95:0] user);
    reg [15:0] keep;
    reg last;
    begin
      beat = first;
      left = length;
      waited = 0;
      while (left > 0 && waited < FrameClocks) begin
        last = left <= 16;
        keep = last ? 16'hffff >> (16 - left) : 16'hffff;
        if (receive) begin
          rx_in_valid = 1'b1;
          rx_in_data = beats[beat];
          rx_in_keep = keep;
          rx_in_last = last;
        end else begin
          tx_in_valid = 1'b1;
          tx_in_data = beats[beat];
          tx_in_keep = keep;
          tx_in_last = last;
          tx_in_user = user;
        end
        if ((receive ? rx_in_ready : tx_in_ready) === 1'b1) begin
          beat = beat + 1;
          left = left - 16;
        end
        waited = waited + 1;
        @(negedge clk);
      end
      if (left > 0) fail("the input is not ready", 128'h0, 128'h1);
      tx_in_valid = 1'b0;
      rx_in_valid = 1'b0;
      tx_in_data = 128'h0;
      rx_in_data = 128'h0;
      tx_in_keep = 16'h0;
      rx_in_keep = 16'h0;
      tx_in_last = 1'b0;
      rx_in_last = 1'b0;
      tx_in_user = 96'h0;
    end
  endtask

  integer at, got;
  reg [127:0] data, mask;

  task expect_frame(input receive, input integer first, input integer length, input [31:0] mask_at, input [63:0] words);
    begin
      waited = 0;
      while ((receive ? rx_taken == rx_frames : tx_taken == tx_frames) && waited < FrameClocks) begin
        @(negedge clk);
        waited = waited + 1;
      end
      if (receive ? rx_taken == rx_frames : tx_taken == tx_frames) fail("no frame came out", 128'h0, length);
      else begin
        got = receive ? rx_bytes[rx_taken%Frames] : tx_bytes[tx_taken%Frames];
        at = receive ? rx_first[rx_taken%Frames] : tx_first[tx_taken%Frames];
        if (receive && rx_words[rx_taken%Frames] !== words) fail("tuser", rx_words[rx_taken%Frames], words);
        if (got != length) fail("length of the frame", got, length);
        for (beat = 0; 16 * beat < length; beat = beat + 1) begin
          data = receive ? rx_ring[(at+beat)%Ring] : tx_ring[(at+beat)%Ring];
          mask = mask_at == 32'hffffffff ? {128{1'b1}} : beats[mask_at+beat];
          // Lanes behind the frame are nobody's.
          if (length - 16 * beat < 16) mask = mask & ((128'h1 << 8 * (length - 16 * beat)) - 128'h1);
          if ((data & mask) !== (beats[first+beat] & mask)) fail("frame data", data & mask, beats[first+beat] & mask);
        end
        if (receive) rx_taken = rx_taken + 1;
        else tx_taken = tx_taken + 1;
      end
    end
  endtask

  task expect_completion(input [31:0] number, input [31:0] status);
    begin
      waited = 0;
      while (cpl_taken == completions && waited < FrameClocks) begin
        @(negedge clk);
        waited = waited + 1;
      end
      if (cpl_taken == completions) fail("no completion came", 128'h0, {number, status});
      else begin
        if (cpls[cpl_taken%Frames] !== {number, status})
          fail("completion", cpls[cpl_taken%Frames], {number, status});
        cpl_taken = cpl_taken + 1;
      end
    end
  endtask

  // Ends the case under way.
  task finish_case;
    begin
      if (playing) begin
        if (!failed) begin
          // What is still inside comes out, and is too much.
          repeat (64) @(negedge clk);
          if (tx_taken != tx_frames) fail("frames on m_axis_tx too many", tx_frames - tx_taken, 128'h0);
          if (rx_taken != rx_frames) fail("frames on m_axis_rx too many", rx_frames - rx_taken, 128'h0);
          if (cpl_taken != completions) fail("completions too many", completions - cpl_taken, 128'h0);
        end
        played = played + 1;
        if (failed) failed_cases = failed_cases + 1;
        else $display("PASS %0s (%0d clocks)", names[current], clocks);
        total_clocks = total_clocks + clocks;
      end
    end
  endtask

  reg [31:0] word, value;
  reg ended, verbose;
  integer from, last_case, start;

  // Words of a step
  function integer size(input [7:0] code);
    begin
      case (code)
        8'h02, 8'h05, 8'h06: size = 2;
        8'h03, 8'h09: size = 3;
        8'h04: size = 4;
        8'h07, 8'h08: size = 6;
        default: size = 1;
      endcase
    end
  endfunction

  initial begin
    $readmemh("ops.hex", ops);
    $readmemh("beats.hex", beats);
    $readmemh("names.hex", names);
    from = 0;
    last_case = `GOLDEN_CASES - 1;
    verbose = $test$plusargs("verbose");
    if ($test$plusargs("smoke")) last_case = `GOLDEN_SMOKE - 1;
    if ($value$plusargs("first=%d", from)) last_case = `GOLDEN_CASES - 1;
    if ($value$plusargs("cases=%d", value)) last_case = from + value - 1;
    if (last_case > `GOLDEN_CASES - 1) last_case = `GOLDEN_CASES - 1;
    ended = 1'b0;
    @(negedge clk);
    while (!ended) begin
      word = ops[pc];
      if (word[31:24] == 8'h01 || word[31:24] == 8'h0a) begin
        finish_case;
        current = word[23:0];
        playing = word[31:24] == 8'h01 && current >= from && current <= last_case;
        ended = word[31:24] == 8'h0a || (word[31:24] == 8'h01 && current > last_case);
        failed = 1'b0;
        step = 0;
        clocks = 0;
      end else begin
        if (playing && !failed) begin
          if (verbose) $display("%0s: step %0d: %h at clock %0d", names[current], step, word, clocks);
          case (word[31:24])
            8'h02: write(word[15:0], ops[pc+1], word[19:16]);
            8'h03: begin
              read(word[15:0], value);
              if ((value & ops[pc+2]) !== (ops[pc+1] & ops[pc+2]))
                fail("read", value & ops[pc+2], ops[pc+1] & ops[pc+2]);
            end
            8'h04: begin
              start = clocks;
              read(word[15:0], value);
              while ((value & ops[pc+2]) !== (ops[pc+1] & ops[pc+2]) && clocks - start < ops[pc+3] && !failed)
                read(word[15:0], value);
              if ((value & ops[pc+2]) !== (ops[pc+1] & ops[pc+2]))
                fail("poll", value & ops[pc+2], ops[pc+1] & ops[pc+2]);
            end
            8'h05: repeat (ops[pc+1]) @(negedge clk);
            8'h06: begin
              rst_n = 1'b0;
              repeat (ops[pc+1]) @(negedge clk);
              forget;
              rst_n = 1'b1;
              @(negedge clk);
            end
            8'h07: send(word[0], ops[pc+1], ops[pc+2], {ops[pc+5], ops[pc+4], ops[pc+3]});
            8'h08: expect_frame(word[0], ops[pc+1], ops[pc+2], ops[pc+3], {ops[pc+5], ops[pc+4]});
            8'h09: expect_completion(ops[pc+1], ops[pc+2]);
            default: fail("no such step", word, 128'h0);
          endcase
        end
        step = step + 1;
      end
      pc = pc + size(word[31:24]);
    end
    $display("golden: %0d cases, %0d failed, %0d clocks", played, failed_cases, total_clocks);
    if (failed_cases == 0 && played > 0) $display("GOLDEN PASS");
    else $display("GOLDEN FAIL");
    $finish;
  end

endmodule
