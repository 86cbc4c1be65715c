// SPDX-License-Identifier: Apache-2.0
//
// GHASH of one message after the other: Y = (Y + X) * H, one block a clock (NIST SP 800-38D, 6.4).
//
// Timing: a block before edge n is in Y after n. load_i brings H and starts a message; the first
// block may come in the next clock. A load may coincide with the last block of the message before.
// With its last block a message loses H; Y of the whole message stands for one clock.
//
// Blocks have the byte lanes of a beat; H, Y: byte 0 in bits 127:120.

module ghash (
    input logic clk_i,
    input logic rst_ni,

    input logic load_i,
    input logic [127:0] h_i,

    input logic valid_i,
    input logic last_i,
    input logic [127:0] block_i,

    output logic done_o,  // y_o is the hash of the message
    output logic [127:0] y_o
);

  logic [63:0] h_hi_q, h_lo_q;
  logic start_q;  // the next block is the first
  logic [63:0] a_hi, a_lo, y_hi, y_lo;

  always_comb begin
    a_hi = '0;
    a_lo = '0;
    if (valid_i) begin
      a_hi = {aes_pkg::swap32(block_i[31:0]), aes_pkg::swap32(block_i[63:32])};
      a_lo = {aes_pkg::swap32(block_i[95:64]), aes_pkg::swap32(block_i[127:96])};
      if (!start_q) begin
        a_hi = a_hi ^ y_hi;
        a_lo = a_lo ^ y_lo;
      end
    end
  end

  gf128_mul u_mul (
      .clk_i,
      .rst_ni,
      .clear_i(done_o && !valid_i),
      .valid_i,
      .a_hi_i (a_hi),
      .a_lo_i (a_lo),
      .b_hi_i (h_hi_q),
      .b_lo_i (h_lo_q),
      .p_hi_o (y_hi),
      .p_lo_o (y_lo)
  );

  assign y_o = {y_hi, y_lo};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      h_hi_q  <= '0;
      h_lo_q  <= '0;
      start_q <= 1'b1;
      done_o  <= 1'b0;
    end else if (valid_i || load_i || done_o) begin
      done_o <= valid_i && last_i;
      if (load_i) begin
        h_hi_q  <= h_i[127:64];
        h_lo_q  <= h_i[63:0];
        start_q <= 1'b1;
      end else if (valid_i) begin
        start_q <= 1'b0;
        if (last_i) begin
          h_hi_q <= '0;
          h_lo_q <= '0;
        end
      end
    end
  end

  // Implementation checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(valid_i && start_q && {h_hi_q, h_lo_q} == '0))
      else $error("ghash: message without H");
    end
  end

endmodule
