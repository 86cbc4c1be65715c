// SPDX-License-Identifier: Apache-2.0
//
// axil_front: the rules of AXI4-Lite for a subordinate; one register access and one response a request.

module fv_axil_front (
    input logic        clk_i,
    input logic        awvalid_i,
    input logic [15:0] awaddr_i,
    input logic        wvalid_i,
    input logic [31:0] wdata_i,
    input logic [ 3:0] wstrb_i,
    input logic        bready_i,
    input logic        arvalid_i,
    input logic [15:0] araddr_i,
    input logic        rready_i,
    input logic [31:0] rdata_i,
    input logic [31:0] late_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic awready, wready, bvalid, arready, rvalid, req, write, rtaken;
  logic [1:0] bresp, rresp;
  logic [31:0] rdata, wdata, biten;
  logic [15:0] addr;
  // A memory that answers one clock late holds its word while the response waits, and shows zero else.
  logic [31:0] late, late_q;
  logic late_v_q;
  assign late = late_v_q ? late_q : '0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) late_v_q <= 1'b0;
    else if (req && !write) begin
      late_v_q <= 1'b1;
      late_q   <= late_i;
    end else if (rtaken) late_v_q <= 1'b0;
  end

  axil_front u_dut (
      .clk_i,
      .rst_ni,
      .awvalid_i,
      .awready_o   (awready),
      .awaddr_i,
      .wvalid_i,
      .wready_o    (wready),
      .wdata_i,
      .wstrb_i,
      .bvalid_o    (bvalid),
      .bready_i,
      .bresp_o     (bresp),
      .arvalid_i,
      .arready_o   (arready),
      .araddr_i,
      .rvalid_o    (rvalid),
      .rready_i,
      .rdata_o     (rdata),
      .rresp_o     (rresp),
      .req_o       (req),
      .write_o     (write),
      .addr_o      (addr),
      .wdata_o     (wdata),
      .biten_o     (biten),
      .ack_i       (1'b1),
      .rdata_i,
      .late_rdata_i(late),
      .rtaken_o    (rtaken)
  );

  logic past_q = 1'b0;
  logic aw_q, w_q, ar_q, b_q, r_q;  // stalled one clock ago
  logic [15:0] awaddr_q, araddr_q;
  logic [31:0] wdata_q, rdata_q;
  logic [3:0] wstrb_q;
  // Requests taken: accessed; responded
  logic [1:0]
      w_open_q, r_open_q;  // bit 0: taken and not accessed, bit 1: accessed and not responded
  logic [15:0] taken_addr_q;
  logic [31:0] taken_data_q, answer_q;
  logic [3:0] taken_strb_q;
  logic waits_q;  // a request waited in the clock before
  logic [2:0] wait_q;

  always_ff @(posedge clk_i) begin
    aw_q <= rst_ni && awvalid_i && !awready;
    w_q <= rst_ni && wvalid_i && !wready;
    ar_q <= rst_ni && arvalid_i && !arready;
    b_q <= rst_ni && bvalid && !bready_i;
    r_q <= rst_ni && rvalid && !rready_i;
    {awaddr_q, araddr_q, wdata_q, wstrb_q, rdata_q} <= {
      awaddr_i, araddr_i, wdata_i, wstrb_i, rdata
    };
    if (!rst_ni) begin
      w_open_q <= '0;
      r_open_q <= '0;
      wait_q   <= '0;
    end else begin
      if (awvalid_i && awready) begin
        w_open_q[0]  <= 1'b1;
        taken_addr_q <= awaddr_i;
        taken_data_q <= wdata_i;
        taken_strb_q <= wstrb_i;
      end else if (req && write) begin
        w_open_q <= 2'b10;
      end else if (bvalid && bready_i) begin
        w_open_q <= '0;
      end
      if (arvalid_i && arready) begin
        r_open_q[0]  <= 1'b1;
        taken_addr_q <= araddr_i;
      end else if (req && !write) begin
        r_open_q <= 2'b10;
        answer_q <= rdata_i;
      end else if (rvalid && rready_i) begin
        r_open_q <= '0;
      end
      wait_q <= awvalid_i && wvalid_i && !awready && w_open_q == '0 && r_open_q == '0 ?
          wait_q + 3'd1 : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The host
      if (aw_q) assume (awvalid_i && awaddr_i == awaddr_q);
      if (w_q) assume (wvalid_i && wdata_i == wdata_q && wstrb_i == wstrb_q);
      if (ar_q) assume (arvalid_i && araddr_i == araddr_q);

      if (b_q) BStays_A : assert (bvalid && bresp == 2'b00);
      if (r_q) RStays_A : assert (rvalid && rresp == 2'b00 && rdata == rdata_q);
      Together_A : assert (awready == wready && !(awready && arready));
      NoReadyBeforeValid_A : assert (!awready || (awvalid_i && wvalid_i));
      ArAfterValid_A : assert (!arready || arvalid_i);
      // A response answers a request whose access was made; there is one of each.
      BOpen_A : assert (bvalid == w_open_q[1]);
      ROpen_A : assert (rvalid == r_open_q[1]);
      AccessOpen_A : assert (req == (w_open_q[0] || r_open_q[0]));
      OneOpen_A : assert (({w_open_q, r_open_q} & ({w_open_q, r_open_q} - 4'd1)) == '0);
      NoOverlap_A : assert (!(awready || arready) || (w_open_q == '0 && r_open_q == '0));
      if (req) begin
        AccessKind_A : assert (write == w_open_q[0]);
        AccessAddr_A : assert (addr == {taken_addr_q[15:2], 2'b00});
        if (write) begin
          AccessData_A :
          assert (wdata == taken_data_q && biten == {{8{taken_strb_q[3]}}, {8{taken_strb_q[2]}},
                                                     {8{taken_strb_q[1]}}, {8{taken_strb_q[0]}}});
        end
      end
      RData_A : assert (rdata == (rvalid ? answer_q | late : '0));
      WriteServed_A : assert (wait_q <= 3'd2);
      RespOkay_A : assert (bresp == 2'b00 && rresp == 2'b00);
      LateOpen_I : assert (late_v_q == r_open_q[1]);
    end
  end

endmodule
