// SPDX-License-Identifier: Apache-2.0

// Ports of every kind of width, a memory, and two lanes.
module wide #(
    parameter int unsigned Depth = 8
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         we_i,
    input  logic [  7:0] addr_i,
    input  logic [ 11:0] twelve_i,
    input  logic [ 23:0] type_i,
    input  logic [ 39:0] forty_i,
    input  logic [135:0] wide_i,
    output logic         odd_o,
    output logic [ 11:0] twelve_o,
    output logic [ 23:0] type_o,
    output logic [ 39:0] forty_o,
    output logic [ 63:0] count_o,
    output logic [135:0] wide_o
);
  logic [135:0] mem_q[Depth]  /*verilator public_flat_rd*/;

  localparam int unsigned AddrWidth = $clog2(Depth);
  logic [AddrWidth-1:0] addr;
  assign addr = addr_i[AddrWidth-1:0];

  always_ff @(posedge clk_i) begin
    if (we_i) mem_q[addr] <= wide_i;
    wide_o <= mem_q[addr];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_o  <= '0;
      twelve_o <= '0;
      type_o   <= '0;
    end else begin
      count_o  <= count_o + 64'd1;
      twelve_o <= ~twelve_i;
      type_o   <= ~type_i;
    end
  end

  logic [39:0] chain[3];
  assign chain[0] = forty_i;
  for (genvar g = 0; g < 2; g++) begin : g_lane
    lane #(
        .Number(g + 1)
    ) u_lane (
        .clk_i,
        .rst_ni,
        .data_i(chain[g]),
        .data_o(chain[g+1])
    );
  end
  assign forty_o = chain[2];
  assign odd_o   = chain[2][0];

  tap u_tap (
      .clk_i,
      .wide_i
  );

  logic unused;
  assign unused = ^addr_i;
endmodule
