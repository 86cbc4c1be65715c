// SPDX-License-Identifier: Apache-2.0

// Does on command everything that ends a simulation.
module trouble (
    input  logic        clk,
    input  logic [ 3:0] cmd_i,
    input  logic        loop_i,
    output logic [31:0] count_o
);
  /* verilator lint_off UNOPTFLAT */
  logic a;
  logic b;
  always_comb a = loop_i & ~b;
  always_comb b = a;

  initial count_o = '0;

  always_ff @(posedge clk) begin
    count_o <= count_o + 32'd1 + 32'(b);
    case (cmd_i)
      4'd1: $fatal(1, "fatal at %0d", count_o);
      4'd2: $error("error at %0d", count_o);
      4'd3: $stop;
      4'd4: $finish;
      4'd5: assert (count_o == '1);
      4'd6:
      assert (count_o == '1)
      else $error("not all ones: %0d", count_o);
      4'd7: $display("hello %0d", count_o);
      4'd8: $warning("careful");
      default: ;
    endcase
  end

  a_cmd :
  assert property (@(posedge clk) cmd_i != 4'd9);
endmodule
