// SPDX-License-Identifier: Apache-2.0
//
// AXI4-Lite subordinate to the register port: one access at a time, writes first.
//
// Timing: valid seen idle before edge n; transfer at n + 1; register access at n + 2; response after n + 2.
// Every pin comes from a register. Responses are always OKAY, read data zero while rvalid is low.

module axil_front (
    input logic clk_i,
    input logic rst_ni,

    // AXI4-Lite
    input  logic        awvalid_i,
    output logic        awready_o,
    input  logic [15:0] awaddr_i,
    input  logic        wvalid_i,
    output logic        wready_o,
    input  logic [31:0] wdata_i,
    input  logic [ 3:0] wstrb_i,
    output logic        bvalid_o,
    input  logic        bready_i,
    output logic [ 1:0] bresp_o,
    input  logic        arvalid_i,
    output logic        arready_o,
    input  logic [15:0] araddr_i,
    output logic        rvalid_o,
    input  logic        rready_i,
    output logic [31:0] rdata_o,
    output logic [ 1:0] rresp_o,

    // Register port: req_o for one clock, answered in the same clock
    output logic        req_o,
    output logic        write_o,
    output logic [15:0] addr_o,
    output logic [31:0] wdata_o,
    output logic [31:0] biten_o,
    input  logic        ack_i,
    input  logic [31:0] rdata_i,
    // Data of a memory that answers one clock later (diag_port); held until rtaken_o, else zero
    input  logic [31:0] late_rdata_i,
    output logic        rtaken_o
);

  typedef enum logic [2:0] {
    StIdle,
    StWriteAccept,
    StReadAccept,
    StAccess,
    StResponse
  } state_e;

  state_e state_q;
  logic write_q;
  logic [15:0] addr_q;
  logic [31:0] wdata_q;
  logic [3:0] strb_q;
  logic [31:0] rdata_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      write_q <= 1'b0;
      addr_q  <= '0;
      wdata_q <= '0;
      strb_q  <= '0;
      rdata_q <= '0;
    end else begin
      case (state_q)
        StIdle: begin
          if (awvalid_i && wvalid_i) state_q <= StWriteAccept;
          else if (arvalid_i) state_q <= StReadAccept;
        end
        StWriteAccept: begin
          write_q <= 1'b1;
          addr_q  <= {awaddr_i[15:2], 2'b00};
          wdata_q <= wdata_i;
          strb_q  <= wstrb_i;
          state_q <= StAccess;
        end
        StReadAccept: begin
          write_q <= 1'b0;
          addr_q  <= {araddr_i[15:2], 2'b00};
          wdata_q <= '0;
          strb_q  <= '0;
          state_q <= StAccess;
        end
        StAccess: begin
          // What was written may be a key: it does not stay here.
          wdata_q <= '0;
          if (!write_q) rdata_q <= rdata_i;
          state_q <= StResponse;
        end
        StResponse: begin
          if (write_q ? bready_i : rready_i) begin
            rdata_q <= '0;
            state_q <= StIdle;
          end
        end
        default: state_q <= StIdle;
      endcase
    end
  end

  assign awready_o = state_q == StWriteAccept;
  assign wready_o  = state_q == StWriteAccept;
  assign arready_o = state_q == StReadAccept;
  assign bvalid_o  = state_q == StResponse && write_q;
  assign rvalid_o  = state_q == StResponse && !write_q;
  assign bresp_o   = 2'b00;
  assign rresp_o   = 2'b00;
  assign rdata_o   = rdata_q | late_rdata_i;

  assign req_o     = state_q == StAccess;
  assign write_o   = write_q;
  assign addr_o    = addr_q;
  assign wdata_o   = wdata_q;
  assign biten_o   = {{8{strb_q[3]}}, {8{strb_q[2]}}, {8{strb_q[1]}}, {8{strb_q[0]}}};
  assign rtaken_o  = state_q == StResponse && !write_q && rready_i;

  // Accesses are words.
  logic unused_addr;
  assign unused_addr = ^{awaddr_i[1:0], araddr_i[1:0]};

  // ---------------------------------------------------------------------------------------------
  // Integration checks: the host keeps a request up until it is taken; the register block answers
  // at once (an access has a fixed length).
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      AwHeld_A :
      assert (state_q != StWriteAccept || (awvalid_i && wvalid_i))
      else $error("axil_front: awvalid or wvalid fell before its transfer");
      ArHeld_A :
      assert (state_q != StReadAccept || arvalid_i)
      else $error("axil_front: arvalid fell before its transfer");
      AckNow_A :
      assert (state_q != StAccess || ack_i)
      else $error("axil_front: the register block did not answer in the clock of the access");
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      QuietData_A :
      assert (rvalid_o || rdata_o == '0)
      else $error("axil_front: read data without rvalid");
    end
  end

endmodule
