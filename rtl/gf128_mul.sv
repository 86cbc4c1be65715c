// SPDX-License-Identifier: Apache-2.0
//
// Multiplier of GF(2^128) as GHASH defines it (NIST SP 800-38D, 6.3): the polynomial
// x^128 + x^7 + x^2 + x + 1 with reflected bits, x^0 on top (bit 127 of the 128-bit value).
//
// Two levels of Karatsuba leave nine 32 x 32-bit products, which is the least logic of the forms that
// were compared; everything is written in 64-bit halves, because
// a simulator computes with 64-bit words. See the decision record on the GCM micro-architecture.
//
// Timing: one product a clock, result one clock later; the result stands until the next valid_i.
//
// hi = bytes 0..7 of a block (byte 0 in bits 63:56), lo = bytes 8..15.

module gf128_mul (
    input logic clk_i,
    input logic rst_ni,

    input logic clear_i,  // wipes the result
    input logic valid_i,
    input logic [63:0] a_hi_i,
    input logic [63:0] a_lo_i,
    input logic [63:0] b_hi_i,
    input logic [63:0] b_lo_i,

    output logic [63:0] p_hi_o,
    output logic [63:0] p_lo_o
);

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(valid_i && clear_i))
      else $error("gf128_mul: product and clear in one clock");
    end
  end

  // Carry-less 32 x 32
  function automatic logic [63:0] mul32(input logic [31:0] a, input logic [31:0] b);
    logic [63:0] p;
    p = '0;
    for (int unsigned i = 0; i < 32; i++) p = p ^ (({64{a[i]}} & {32'b0, b}) << i);
    return p;
  endfunction

  function automatic logic [127:0] product(input logic [63:0] a_hi, input logic [63:0] a_lo,
                                           input logic [63:0] b_hi, input logic [63:0] b_lo);
    logic [63:0] a, b, low, high, mid;
    logic [63:0] ll_hi, ll_lo, hh_hi, hh_lo, mm_hi, mm_lo;
    logic [63:0] p3, p2, p1, p0, over, z_hi, z_lo;
    a = a_lo;
    b = b_lo;
    low = mul32(a[31:0], b[31:0]);
    high = mul32(a[63:32], b[63:32]);
    mid = mul32(a[31:0] ^ a[63:32], b[31:0] ^ b[63:32]) ^ low ^ high;
    ll_lo = low ^ {mid[31:0], 32'b0};
    ll_hi = high ^ {32'b0, mid[63:32]};
    a = a_hi;
    b = b_hi;
    low = mul32(a[31:0], b[31:0]);
    high = mul32(a[63:32], b[63:32]);
    mid = mul32(a[31:0] ^ a[63:32], b[31:0] ^ b[63:32]) ^ low ^ high;
    hh_lo = low ^ {mid[31:0], 32'b0};
    hh_hi = high ^ {32'b0, mid[63:32]};
    a = a_hi ^ a_lo;
    b = b_hi ^ b_lo;
    low = mul32(a[31:0], b[31:0]);
    high = mul32(a[63:32], b[63:32]);
    mid = mul32(a[31:0] ^ a[63:32], b[31:0] ^ b[63:32]) ^ low ^ high;
    mm_lo = low ^ {mid[31:0], 32'b0} ^ ll_lo ^ hh_lo;
    mm_hi = high ^ {32'b0, mid[63:32]} ^ ll_hi ^ hh_hi;
    // 255 coefficients, moved up by one: x^k is bit 255 - k of {p3, p2, p1, p0}
    p0 = {ll_lo[62:0], 1'b0};
    p1 = {ll_hi[62:0] ^ mm_lo[62:0], ll_lo[63]};
    p2 = {hh_lo[62:0] ^ mm_hi[62:0], ll_hi[63] ^ mm_lo[63]};
    p3 = {hh_hi[62:0], hh_lo[63] ^ mm_hi[63]};
    // x^128 = x^7 + x^2 + x + 1; what that shifts out of the lower half is folded once more
    over = (p0 << 63) ^ (p0 << 62) ^ (p0 << 57);
    z_hi = p3 ^ p1 ^ (p1 >> 1) ^ (p1 >> 2) ^ (p1 >> 7) ^
        over ^ (over >> 1) ^ (over >> 2) ^ (over >> 7);
    z_lo = p2 ^ p0 ^ {p1[0], p0[63:1]} ^ {p1[1:0], p0[63:2]} ^ {p1[6:0], p0[63:7]};
    return {z_hi, z_lo};
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      p_hi_o <= '0;
      p_lo_o <= '0;
    end else if (valid_i) begin
      {p_hi_o, p_lo_o} <= product(a_hi_i, a_lo_i, b_hi_i, b_lo_i);
    end else if (clear_i) begin
      p_hi_o <= '0;
      p_lo_o <= '0;
    end
  end

endmodule
