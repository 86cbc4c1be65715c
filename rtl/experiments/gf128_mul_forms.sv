// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: forms of gf128_mul, same pins and timing.
//   Form 0  shift and add, 128-bit variables
//   Form 1  shift and add, 64-bit halves
//   Form 2  table of the 16 multiples of b, 4 bits of a at a time (Shoup), 64-bit halves
//   Form 3  one level of Karatsuba, 64 x 64-bit products

module gf128_mul_forms #(
    parameter int unsigned Form = 0
) (
    input logic clk_i,
    input logic rst_ni,

    input logic clear_i,
    input logic valid_i,
    input logic [63:0] a_hi_i,
    input logic [63:0] a_lo_i,
    input logic [63:0] b_hi_i,
    input logic [63:0] b_lo_i,

    output logic [63:0] p_hi_o,
    output logic [63:0] p_lo_o
);

  function automatic logic [127:0] wide(input logic [127:0] a, input logic [127:0] b);
    logic [127:0] v, z;
    v = b;
    z = '0;
    for (int unsigned i = 0; i < 128; i++) begin
      if (a[127-i]) z = z ^ v;
      v = {1'b0, v[127:1]} ^ (v[0] ? {8'he1, 120'b0} : '0);
    end
    return z;
  endfunction

  function automatic logic [127:0] halves(input logic [63:0] a_hi, input logic [63:0] a_lo,
                                          input logic [63:0] b_hi, input logic [63:0] b_lo);
    logic [63:0] v_hi, v_lo, z_hi, z_lo, m;
    logic c;
    v_hi = b_hi;
    v_lo = b_lo;
    z_hi = '0;
    z_lo = '0;
    for (int unsigned i = 0; i < 128; i++) begin
      m = {64{i < 64 ? a_hi[63-(i%64)] : a_lo[63-(i%64)]}};
      z_hi = z_hi ^ (v_hi & m);
      z_lo = z_lo ^ (v_lo & m);
      c = v_lo[0];
      v_lo = {v_hi[0], v_lo[63:1]};
      v_hi = {1'b0, v_hi[63:1]} ^ ({64{c}} & 64'he100000000000000);
    end
    return {z_hi, z_lo};
  endfunction

  function automatic logic [127:0] shoup(input logic [63:0] a_hi, input logic [63:0] a_lo,
                                         input logic [63:0] b_hi, input logic [63:0] b_lo);
    logic [63:0] t_hi[16];
    logic [63:0] t_lo[16];
    logic [63:0] z_hi, z_lo;
    logic [3:0] out, digit;
    logic [15:0] fold;
    t_hi[0] = '0;
    t_lo[0] = '0;
    t_hi[8] = b_hi;
    t_lo[8] = b_lo;
    for (int unsigned i = 4; i > 0; i = i / 2) begin
      t_lo[i] = {t_hi[2*i][0], t_lo[2*i][63:1]};
      t_hi[i] = {1'b0, t_hi[2*i][63:1]} ^ (t_lo[2*i][0] ? 64'he100000000000000 : '0);
    end
    for (int unsigned i = 2; i < 16; i = i * 2) begin
      for (int unsigned j = 1; j < i; j++) begin
        t_hi[i+j] = t_hi[i] ^ t_hi[j];
        t_lo[i+j] = t_lo[i] ^ t_lo[j];
      end
    end
    z_hi = '0;
    z_lo = '0;
    for (int unsigned i = 0; i < 32; i++) begin
      out = z_lo[3:0];
      digit = i < 16 ? a_lo[4*(i%16)+:4] : a_hi[4*(i%16)+:4];
      fold = (out[0] ? 16'h1c20 : '0) ^ (out[1] ? 16'h3840 : '0) ^ (out[2] ? 16'h7080 : '0) ^
          (out[3] ? 16'he100 : '0);
      z_lo = {z_hi[3:0], z_lo[63:4]} ^ t_lo[digit];
      z_hi = {4'b0, z_hi[63:4]} ^ {fold, 48'b0} ^ t_hi[digit];
    end
    return {z_hi, z_lo};
  endfunction

  function automatic logic [127:0] mul64(input logic [63:0] x, input logic [63:0] y);
    logic [63:0] p_hi, p_lo, m;
    p_hi = '0;
    p_lo = '0;
    for (int unsigned i = 0; i < 64; i++) begin
      m = {64{x[i]}} & y;
      p_lo = p_lo ^ (m << i);
      if (i != 0) p_hi = p_hi ^ (m >> (64 - i));
    end
    return {p_hi, p_lo};
  endfunction

  function automatic logic [127:0] karatsuba(input logic [63:0] a_hi, input logic [63:0] a_lo,
                                             input logic [63:0] b_hi, input logic [63:0] b_lo);
    logic [63:0] ll_hi, ll_lo, hh_hi, hh_lo, mm_hi, mm_lo;
    logic [63:0] p3, p2, p1, p0, over, z_hi, z_lo;
    {ll_hi, ll_lo} = mul64(a_lo, b_lo);
    {hh_hi, hh_lo} = mul64(a_hi, b_hi);
    {mm_hi, mm_lo} = mul64(a_hi ^ a_lo, b_hi ^ b_lo);
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

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      p_hi_o <= '0;
      p_lo_o <= '0;
    end else if (valid_i) begin
      if (Form == 0) {p_hi_o, p_lo_o} <= wide({a_hi_i, a_lo_i}, {b_hi_i, b_lo_i});
      else if (Form == 1) {p_hi_o, p_lo_o} <= halves(a_hi_i, a_lo_i, b_hi_i, b_lo_i);
      else if (Form == 2) {p_hi_o, p_lo_o} <= shoup(a_hi_i, a_lo_i, b_hi_i, b_lo_i);
      else {p_hi_o, p_lo_o} <= karatsuba(a_hi_i, a_lo_i, b_hi_i, b_lo_i);
    end else if (clear_i) begin
      p_hi_o <= '0;
      p_lo_o <= '0;
    end
  end

endmodule
