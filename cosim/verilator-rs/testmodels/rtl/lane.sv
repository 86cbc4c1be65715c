// SPDX-License-Identifier: Apache-2.0

// Adds its number to every word.
module lane #(
    parameter int unsigned Number = 0
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic [39:0] data_i,
    output logic [39:0] data_o
);
  logic [39:0] probe_data  /*verilator public_flat_rd*/;
  logic        probe_odd  /*verilator public_flat_rd*/;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) probe_data <= '0;
    else probe_data <= data_i + 40'(Number);
  end
  assign probe_odd = probe_data[0];
  assign data_o = probe_data;
endmodule
