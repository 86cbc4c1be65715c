// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: GHASH with a multiplier of two pipeline stages, in
// place of ghash. Blocks go by turns into two accumulators, which multiply by H^2; the last block
// of a message is multiplied by H, so that the hash is the sum of both.
//
// Timing: a block a clock; done_o two clocks after the last block (ghash: one). even_i (the number
// of blocks of the message is even) and H^2 are needed with load_i.

module ghash_powers (
    input logic clk_i,
    input logic rst_ni,

    input logic load_i,
    input logic even_i,
    input logic [127:0] h_i,
    input logic [127:0] h2_i,

    input logic valid_i,
    input logic last_i,
    input logic [127:0] block_i,

    output logic done_o,
    output logic [127:0] y_o
);

  logic [127:0] h_q, h2_q;
  logic odd_q;  // the next block goes into the accumulator that the last block does not go into
  logic [1:0] start_q;
  logic [1:0] done_q;
  logic valid_q, odd_product_q;
  logic [1:0][127:0] sum_q;
  logic [127:0] a, b, result;

  // Products of 32 bits, three for each of the three 64-bit products of two levels of Karatsuba
  logic [2:0][2:0][63:0] product_q;

  function automatic logic [63:0] mul32(input logic [31:0] x, input logic [31:0] y);
    logic [63:0] p;
    p = '0;
    for (int unsigned i = 0; i < 32; i++) p = p ^ (({64{x[i]}} & {32'b0, y}) << i);
    return p;
  endfunction

  function automatic logic [2:0][63:0] products(input logic [63:0] x, input logic [63:0] y);
    return {
      mul32(x[31:0] ^ x[63:32], y[31:0] ^ y[63:32]),
      mul32(x[63:32], y[63:32]),
      mul32(x[31:0], y[31:0])
    };
  endfunction

  function automatic logic [127:0] joined(input logic [2:0][63:0] p);
    logic [63:0] mid;
    mid = p[2] ^ p[1] ^ p[0];
    return {p[1] ^ {32'b0, mid[63:32]}, p[0] ^ {mid[31:0], 32'b0}};
  endfunction

  function automatic logic [127:0] reduced(input logic [2:0][2:0][63:0] p);
    logic [63:0] ll_hi, ll_lo, hh_hi, hh_lo, mm_hi, mm_lo;
    logic [63:0] p3, p2, p1, p0, over, z_hi, z_lo;
    {ll_hi, ll_lo} = joined(p[0]);
    {hh_hi, hh_lo} = joined(p[1]);
    {mm_hi, mm_lo} = joined(p[2]);
    mm_lo = mm_lo ^ ll_lo ^ hh_lo;
    mm_hi = mm_hi ^ ll_hi ^ hh_hi;
    p0 = {ll_lo[62:0], 1'b0};
    p1 = {ll_hi[62:0] ^ mm_lo[62:0], ll_lo[63]};
    p2 = {hh_lo[62:0] ^ mm_hi[62:0], ll_hi[63] ^ mm_lo[63]};
    p3 = {hh_hi[62:0], hh_lo[63] ^ mm_hi[63]};
    over = (p0 << 63) ^ (p0 << 62) ^ (p0 << 57);
    z_hi = p3 ^ p1 ^ (p1 >> 1) ^ (p1 >> 2) ^ (p1 >> 7) ^
        over ^ (over >> 1) ^ (over >> 2) ^ (over >> 7);
    z_lo = p2 ^ p0 ^ {p1[0], p0[63:1]} ^ {p1[1:0], p0[63:2]} ^ {p1[6:0], p0[63:7]};
    return {z_hi, z_lo};
  endfunction

  assign result = valid_q ? reduced(product_q) : '0;

  always_comb begin
    a = '0;
    b = '0;
    if (valid_i) begin
      a = {
        aes_pkg::swap32(block_i[31:0]),
        aes_pkg::swap32(block_i[63:32]),
        aes_pkg::swap32(block_i[95:64]),
        aes_pkg::swap32(block_i[127:96])
      };
      if (!start_q[odd_q]) a = a ^ sum_q[odd_q];
      b = last_i ? h_q : h2_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      h_q <= '0;
      h2_q <= '0;
      odd_q <= 1'b0;
      start_q <= '1;
      done_q <= '0;
      valid_q <= 1'b0;
      odd_product_q <= 1'b0;
      product_q <= '0;
      sum_q <= '0;
    end else begin
      valid_q <= valid_i;
      done_q  <= {done_q[0], valid_i && last_i};
      if (valid_i) begin
        product_q <= {
          products(a[127:64] ^ a[63:0], b[127:64] ^ b[63:0]),
          products(a[127:64], b[127:64]),
          products(a[63:0], b[63:0])
        };
        odd_product_q <= odd_q;
        odd_q <= !odd_q;
        start_q[odd_q] <= 1'b0;
      end
      if (valid_q) sum_q[odd_product_q] <= result;
      // A message of one block adds nothing to the other accumulator.
      if (valid_i && last_i && start_q[!odd_q]) sum_q[!odd_q] <= '0;
      if (load_i) begin
        h_q <= h_i;
        h2_q <= h2_i;
        odd_q <= even_i;
        start_q <= '1;
      end else if (valid_i && last_i) begin
        h_q  <= '0;
        h2_q <= '0;
      end
    end
  end

  assign done_o = done_q[1];
  assign y_o = sum_q[0] ^ sum_q[1];

endmodule
