// SPDX-License-Identifier: Apache-2.0
//
// Diagnostic frame port: a frame from a window into either path, the frame and completion that come out into
// another window. Byte k of a frame is bits 8*(k%32) +: 8 of row k/32. Sweeps clear both windows.
//
// Timing: register accesses act at their edge. A beat is read at one edge and offered from then on until ingress takes it,
// so that a beat takes two clocks at least. Output beats are never held back. The output window answers a read one clock
// after the register port: its data join on the way to the pins (axil_front).

module diag_port
  import ipsec_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // Register port, relative to DIAG
    input  reg_req_t        req_i,
    output logic     [31:0] rdata_o,
    output logic     [31:0] late_rdata_o,
    input  logic            rtaken_i,

    // reset_ctrl
    input logic        init_done_i,
    input logic        abort_i,
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    output logic enable_o,
    output logic done_o,    // DIAG.STATUS.done is set at the next edge

    // Injection (frame_ingress of the chosen path)
    output logic [  1:0] valid_o,  // 0 transmit, 1 receive
    output logic [127:0] data_o,
    output logic [ 15:0] keep_o,
    output logic         last_o,
    output logic [ 95:0] user_o,
    input  logic [  1:0] ready_i,

    // Capture (egress of both paths)
    input logic         tx_valid_i,
    input logic [127:0] tx_data_i,
    input logic [ 15:0] tx_keep_i,
    input logic         tx_last_i,
    input logic         cpl_valid_i,
    input logic [ 63:0] cpl_data_i,
    input logic         rx_valid_i,
    input logic [127:0] rx_data_i,
    input logic [ 15:0] rx_keep_i,
    input logic         rx_last_i,
    input logic [ 63:0] rx_user_i
);

  localparam int unsigned Bytes = 2048;
  // Of two beats, so that a sweep of 64 clocks clears the windows
  localparam int unsigned Rows = Bytes / 32;

  localparam logic [8:0] OffCtrl = 9'h00;
  localparam logic [8:0] OffStart = 9'h01;
  localparam logic [8:0] OffStatus = 9'h02;
  localparam logic [8:0] OffLength = 9'h03;
  localparam logic [8:0] OffUser0 = 9'h04;
  localparam logic [8:0] OffUser1 = 9'h05;
  localparam logic [8:0] OffUser2 = 9'h06;
  localparam logic [8:0] OffOutLength = 9'h07;
  localparam logic [8:0] OffOutUser0 = 9'h08;
  localparam logic [8:0] OffOutUser1 = 9'h09;
  localparam logic [8:0] OffCplNumber = 9'h0A;
  localparam logic [8:0] OffCplStatus = 9'h0B;

  logic enable_q, lock_q, busy_q, done_q, frame_v_q, cpl_v_q;
  logic receive_q;
  logic [15:0] length_q;
  logic [95:0] user_q;
  logic [15:0] out_length_q;
  logic [63:0] out_user_q, cpl_q;

  // Injection and capture
  logic fetch_q, offer_q;
  logic [6:0] row_q, out_row_q;
  logic [15:0] out_bytes_q;

  logic write, in_regs;
  logic [8:0] word;
  logic start;
  assign write = req_i.req && req_i.write && !busy_q;
  assign in_regs = req_i.addr[12:11] == 2'b00;
  assign word = req_i.addr[10:2];
  assign start = write && in_regs && word == OffStart && req_i.wdata[0] && req_i.biten[0] &&
      enable_q && init_done_i && length_q != '0 && length_q <= 16'(Bytes);

  // Capture: only the chosen direction, only while a frame of ours is under way
  logic cap_valid, cap_last, taken;
  logic [127:0] cap_data;
  logic [ 15:0] cap_keep;
  assign cap_valid = busy_q && !abort_i && (receive_q ? rx_valid_i : tx_valid_i);
  assign cap_last = receive_q ? rx_last_i : tx_last_i;
  assign cap_data = receive_q ? rx_data_i : tx_data_i;
  assign cap_keep = receive_q ? rx_keep_i : tx_keep_i;
  assign taken = offer_q && ready_i[receive_q];

  assign done_o = receive_q ? cap_valid && cap_last : busy_q && !abort_i && cpl_valid_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      enable_q     <= 1'b0;
      lock_q       <= 1'b0;
      busy_q       <= 1'b0;
      done_q       <= 1'b0;
      frame_v_q    <= 1'b0;
      cpl_v_q      <= 1'b0;
      receive_q    <= 1'b0;
      length_q     <= '0;
      user_q       <= '0;
      out_length_q <= '0;
      out_user_q   <= '0;
      cpl_q        <= '0;
      fetch_q      <= 1'b0;
      offer_q      <= 1'b0;
      row_q        <= '0;
      out_row_q    <= '0;
      out_bytes_q  <= '0;
    end else begin
      if (write && in_regs) begin
        case (word)
          OffCtrl: begin
            if (req_i.biten[0]) begin
              enable_q <= req_i.wdata[0] && !req_i.wdata[1] && !lock_q;
              if (req_i.wdata[1]) lock_q <= 1'b1;
            end
          end
          OffLength: begin
            length_q <= (length_q & ~req_i.biten[15:0]) | (req_i.wdata[15:0] & req_i.biten[15:0]);
          end
          OffUser0: begin
            user_q[31:0] <= (user_q[31:0] & ~req_i.biten) | (req_i.wdata & req_i.biten);
          end
          OffUser1: begin
            user_q[63:32] <= (user_q[63:32] & ~req_i.biten) | (req_i.wdata & req_i.biten);
          end
          OffUser2: begin
            user_q[95:64] <= (user_q[95:64] & ~req_i.biten) | (req_i.wdata & req_i.biten);
          end
          default: ;
        endcase
        if (start) begin
          busy_q      <= 1'b1;
          done_q      <= 1'b0;
          frame_v_q   <= 1'b0;
          cpl_v_q     <= 1'b0;
          receive_q   <= req_i.wdata[1];
          fetch_q     <= 1'b1;
          row_q       <= '0;
          out_row_q   <= '0;
          out_bytes_q <= '0;
        end
      end
      if (busy_q) begin
        if (fetch_q) begin
          fetch_q <= 1'b0;
          offer_q <= 1'b1;
        end
        if (taken) begin
          offer_q <= 1'b0;
          row_q   <= row_q + 7'd1;
          fetch_q <= !last_o;
        end
        if (cap_valid) begin
          out_row_q   <= out_row_q + 7'd1;
          out_bytes_q <= out_bytes_q + 16'($countones(cap_keep));
          if (cap_last) begin
            frame_v_q    <= 1'b1;
            out_length_q <= out_bytes_q + 16'($countones(cap_keep));
            out_user_q   <= receive_q ? rx_user_i : '0;
          end
        end
        if (cpl_valid_i && !receive_q && busy_q && !abort_i) begin
          cpl_v_q <= 1'b1;
          cpl_q   <= cpl_data_i;
        end
        if (done_o) begin
          done_q <= 1'b1;
          busy_q <= 1'b0;
        end
        if (abort_i) begin
          busy_q  <= 1'b0;
          fetch_q <= 1'b0;
          offer_q <= 1'b0;
          cpl_v_q <= 1'b0;
        end
      end
    end
  end

  assign enable_o = enable_q;

  // ---------------------------------------------------------------------------------------------
  // Input window
  // ---------------------------------------------------------------------------------------------

  logic [255:0] in_mem[Rows];
  logic [255:0] in_q;
  logic in_half_q;
  logic sweep;
  logic [31:0] byte_en;
  assign sweep = sweep_i && sweep_row_i < 14'(Rows);
  assign byte_en = 32'({req_i.biten[24], req_i.biten[16], req_i.biten[8], req_i.biten[0]}) <<
      {req_i.addr[4:2], 2'b00};

  always_ff @(posedge clk_i) begin
    if (sweep || (write && init_done_i && req_i.addr[12:11] == 2'b01)) begin
      for (int unsigned b = 0; b < 32; b++) begin
        if (sweep || byte_en[b]) begin
          in_mem[sweep?sweep_row_i[5:0] : req_i.addr[10:5]][8*b+:8] <=
              sweep ? 8'b0 : req_i.wdata[8*(b%4)+:8];
        end
      end
    end
  end

  // Qualified by offer_q
  always_ff @(posedge clk_i) begin
    if (fetch_q) begin
      in_q      <= in_mem[row_q[6:1]];
      in_half_q <= row_q[0];
    end
  end

  assign valid_o = {offer_q && receive_q, offer_q && !receive_q};
  assign last_o  = row_q == 7'((length_q - 16'd1) >> 4);
  assign data_o  = in_half_q ? in_q[255:128] : in_q[127:0];
  assign keep_o  = last_o && length_q[3:0] != '0 ? ~(16'hFFFF << length_q[3:0]) : 16'hFFFF;
  assign user_o  = user_q;

  // ---------------------------------------------------------------------------------------------
  // Output window
  // ---------------------------------------------------------------------------------------------

  logic [255:0] out_mem[Rows];
  logic [255:0] out_q;
  logic [2:0] lane_q;
  logic out_read;
  logic [127:0] cap_masked;
  assign out_read = req_i.req && !req_i.write && init_done_i && req_i.addr[12:11] == 2'b10;

  always_comb begin
    cap_masked = '0;
    if (cap_valid) begin
      for (int unsigned b = 0; b < 16; b++) begin
        if (cap_keep[b]) cap_masked[8*b+:8] = cap_data[8*b+:8];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (sweep || cap_valid) begin
      for (int unsigned h = 0; h < 2; h++) begin
        if (sweep || out_row_q[0] == 1'(h)) begin
          out_mem[sweep?sweep_row_i[5:0] : out_row_q[6:1]][128*h+:128] <= sweep ? '0 : cap_masked;
        end
      end
    end
  end

  // Qualified by late_v_q
  always_ff @(posedge clk_i) begin
    if (out_read) begin
      out_q  <= out_mem[req_i.addr[10:5]];
      lane_q <= req_i.addr[4:2];
    end
  end

  logic late_v_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) late_v_q <= 1'b0;
    else if (out_read) late_v_q <= 1'b1;
    else if (rtaken_i) late_v_q <= 1'b0;
  end
  assign late_rdata_o = late_v_q ? out_q[32*lane_q+:32] : '0;

  always_comb begin
    rdata_o = '0;
    if (req_i.req && !req_i.write && in_regs) begin
      case (word)
        OffCtrl: rdata_o = {30'b0, lock_q, enable_q};
        OffStatus: rdata_o = {28'b0, cpl_v_q, frame_v_q, done_q, busy_q};
        OffLength: rdata_o = {16'b0, length_q};
        OffUser0: rdata_o = user_q[31:0];
        OffUser1: rdata_o = user_q[63:32];
        OffUser2: rdata_o = user_q[95:64];
        OffOutLength: rdata_o = {16'b0, out_length_q};
        OffOutUser0: rdata_o = out_user_q[31:0];
        OffOutUser1: rdata_o = out_user_q[63:32];
        OffCplNumber: rdata_o = cpl_q[63:32];
        OffCplStatus: rdata_o = cpl_q[31:0];
        default: rdata_o = '0;
      endcase
    end
  end

  logic unused_bits;
  assign unused_bits = ^{req_i.addr[1:0], req_i.biten};

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      FrameFits_A :
      assert (!cap_valid || out_bytes_q < 16'(Bytes))
      else $error("diag_port: a frame comes out that is longer than the window");
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      LockHolds_A :
      assert (!(lock_q && enable_q))
      else $error("diag_port: enabled although locked");
      OfferBusy_A :
      assert (!(offer_q || fetch_q) || busy_q)
      else $error("diag_port: a beat is offered while no frame is under way");
    end
  end

endmodule
