// SPDX-License-Identifier: Apache-2.0
//
// One step of the key expansion on the fly: round key `Round` from the two before it. It is written
// when the key wave passes, one clock ahead of the first block of the frame, and stands until the
// next wave; the step reads neighbours that the wave behind cannot have reached yet, because two
// key waves are at least 4 clocks apart.
//
// Timing: round key one clock after wave_i.
//
// Word k of a round key is round_key[32*k +: 32], its first byte in bits 7:0.

module aes_key_step
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned Round = 1  // 1..14
) (
    input logic clk_i,
    input logic rst_ni,

    input logic enable_i,  // any block or key is in the pipeline
    input logic wave_i,
    input logic clear_i,
    input key_size_e key_size_i,  // with wave_i
    input logic [127:0] before_i,  // round key Round - 2; for Round 1: words 4..7 of the cipher key
    input logic [127:0] former_i,  // round key Round - 1

    output key_size_e key_size_o,
    output logic [127:0] round_key_o
);

  // Integration checks
  if (Round < 1 || Round > 14) begin : gen_bad_round
    $fatal(1, "aes_key_step: Round must be 1 to 14");
  end

  localparam logic [7:0] Rcon128 = Round <= 10 ? aes_pkg::round_constant(Round) : 8'h00;
  localparam logic [7:0] Rcon256 = aes_pkg::round_constant(Round / 2);
  localparam logic [7:0] Rcon192 = aes_pkg::round_constant((4 * Round + 2) / 6);

  function automatic logic [127:0] step128(input logic [127:0] b);
    logic [31:0] w0, w1, w2, w3;
    w0 = b[31:0] ^ aes_pkg::sub_rot_word(b[127:96]) ^ {24'b0, Rcon128};
    w1 = b[63:32] ^ w0;
    w2 = b[95:64] ^ w1;
    w3 = b[127:96] ^ w2;
    return {w3, w2, w1, w0};
  endfunction

  // Words 4*Round .. 4*Round + 3; every sixth word takes the substitution.
  function automatic logic [127:0] step192(input logic [127:0] a, input logic [63:0] b,
                                           input logic [31:0] b3);
    logic [31:0] w0, w1, w2, w3;
    if (Round == 1) begin
      w0 = a[31:0];
      w1 = a[63:32];
    end else begin
      w0 = a[95:64];
      if (Round % 3 == 0) w0 = w0 ^ aes_pkg::sub_rot_word(b3) ^ {24'b0, Rcon192};
      else w0 = w0 ^ b3;
      w1 = a[127:96] ^ w0;
    end
    w2 = b[31:0];
    if (Round % 3 == 1) w2 = w2 ^ aes_pkg::sub_rot_word(w1) ^ {24'b0, Rcon192};
    else w2 = w2 ^ w1;
    w3 = b[63:32] ^ w2;
    return {w3, w2, w1, w0};
  endfunction

  function automatic logic [127:0] step256(input logic [127:0] a, input logic [31:0] b3);
    logic [31:0] w0, w1, w2, w3;
    if (Round == 1) return a;
    if (Round % 2 == 0) begin
      w0 = a[31:0] ^ aes_pkg::sub_rot_word(b3) ^ {24'b0, Rcon256};
    end else begin
      w0 = a[31:0] ^ aes_pkg::sub_word(b3);
    end
    w1 = a[63:32] ^ w0;
    w2 = a[95:64] ^ w1;
    w3 = a[127:96] ^ w2;
    return {w3, w2, w1, w0};
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      key_size_o  <= KeyAes128;
      round_key_o <= '0;
    end else if (enable_i) begin
      if (wave_i) begin
        key_size_o <= key_size_i;
        // Rounds that the key size does not have get no key.
        case (key_size_i)
          KeyAes128: round_key_o <= Round <= 10 ? step128(former_i) : '0;
          KeyAes192:
          round_key_o <= Round <= 12 ? step192(before_i, former_i[63:0], former_i[127:96]) : '0;
          default: round_key_o <= step256(before_i, former_i[127:96]);
        endcase
      end else if (clear_i) begin
        key_size_o  <= KeyAes128;
        round_key_o <= '0;
      end
    end
  end

endmodule
