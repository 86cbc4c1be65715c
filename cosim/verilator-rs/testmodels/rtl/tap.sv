// SPDX-License-Identifier: Apache-2.0

// Keeps a class of its own in the generated code, as large modules do.
module tap (
    input logic         clk_i,
    input logic [135:0] wide_i
);
  /* verilator no_inline_module */
  logic [135:0] seen_q  /*verilator public_flat_rd*/;
  logic [7:0]   mem_q   [2] [3]  /*verilator public_flat_rd*/;
  logic [135:0] hidden_q;

  always_ff @(posedge clk_i) begin
    seen_q   <= wide_i;
    hidden_q <= ~seen_q;
    for (int i = 0; i < 2; i++) begin
      for (int j = 0; j < 3; j++) mem_q[i][j] <= hidden_q[7:0] ^ 8'(16 * i + j);
    end
  end

  logic unused;
  assign unused = ^{hidden_q, mem_q[0][0]};
endmodule
