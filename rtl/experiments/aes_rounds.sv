// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: 13 full rounds of AES and the last, with fixed
// round keys, to compare forms of SubBytes and MixColumns.
//   Form 0  one table of 256 x 32 bits a byte (aes_pkg)
//   Form 1  S-box of 256 x 8 bits a byte, then MixColumns on 32-bit words
//   Form 2  S-box of 256 x 8 bits a byte, then MixColumns byte by byte
//
// Timing: a block a clock, 15 clocks.

module aes_rounds #(
    parameter int unsigned Form = 0
) (
    input logic clk_i,
    input logic rst_ni,

    input logic [127:0] key_i,

    input logic valid_i,
    input logic [127:0] block_i,

    output logic valid_o,
    output logic [127:0] block_o
);

  function automatic logic [31:0] mix_word(input logic [31:0] t);
    logic [31:0] u, x;
    u = t ^ {t[7:0], t[31:8]};
    x = {u[30:0], 1'b0} & 32'hfefefefe;
    x = x ^ (((u >> 7) & 32'h01010101) * 32'h1b);
    return x ^ {t[7:0], t[31:8]} ^ {u[15:0], u[31:16]};
  endfunction

  function automatic logic [31:0] mix_bytes(input logic [31:0] t);
    logic [3:0][7:0] b, x, r;
    b = t;
    for (int unsigned i = 0; i < 4; i++) x[i] = aes_pkg::xtime(b[i]);
    for (int unsigned i = 0; i < 4; i++) begin
      r[i] = x[i] ^ x[(i+1)%4] ^ b[(i+1)%4] ^ b[(i+2)%4] ^ b[(i+3)%4];
    end
    return r;
  endfunction

  function automatic logic [127:0] full_round(input logic [127:0] s);
    logic [127:0] t;
    if (Form == 0) return aes_pkg::full_round(s);
    t = aes_pkg::last_round(s);
    if (Form == 1) begin
      return {mix_word(t[127:96]), mix_word(t[95:64]), mix_word(t[63:32]), mix_word(t[31:0])};
    end
    return {mix_bytes(t[127:96]), mix_bytes(t[95:64]), mix_bytes(t[63:32]), mix_bytes(t[31:0])};
  endfunction

  logic [14:0] valid_q;
  logic [127:0] state_q[15];
  logic [127:0] round_key_q[15];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[13:0], valid_i};
  end

  // The keys have to be registers for the comparison to be one of rounds with keys.
  always_ff @(posedge clk_i) begin
    if (!valid_i) begin
      for (int unsigned r = 0; r < 15; r++) round_key_q[r] <= key_i ^ {16{8'(r)}};
    end
  end

  always_ff @(posedge clk_i) begin  // qualified by valid_q
    if (valid_i) state_q[0] <= block_i ^ round_key_q[0];
    if (valid_q[13]) state_q[14] <= aes_pkg::last_round(state_q[13]) ^ round_key_q[14];
  end

  for (genvar r = 1; r < 14; r++) begin : gen_round
    always_ff @(posedge clk_i) begin  // qualified by valid_q
      if (valid_q[r-1]) state_q[r] <= full_round(state_q[r-1]) ^ round_key_q[r];
    end
  end

  assign valid_o = valid_q[14];
  assign block_o = state_q[14];

endmodule
