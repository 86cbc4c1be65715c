// SPDX-License-Identifier: Apache-2.0
//
// One of the 14 rounds of the unrolled AES pipeline. Rounds 11 to 14 serve the longer keys only: a
// block of a shorter key passes them unchanged, so that the latency does not depend on the key size.
//
// Timing: one block a clock, result one clock later.
//
// Byte k of a block is state[8*k +: 8].

module aes_round
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned Round = 1  // 1..14
) (
    input logic clk_i,
    input logic rst_ni,

    input logic enable_i,  // any block or key is in the pipeline
    input logic valid_i,
    input logic wipe_i,  // no block follows the one in state_o
    input logic [127:0] state_i,
    input logic [127:0] round_key_i,
    input key_size_e key_size_i,

    output logic [127:0] state_o
);

  // Integration checks
  if (Round < 1 || Round > 14) begin : gen_bad_round
    $fatal(1, "aes_round: Round must be 1 to 14");
  end

  logic full, last;
  assign full = Round < 10 || (Round < 12 && key_size_i != KeyAes128) ||
      (Round < 14 && key_size_i == KeyAes256);
  assign last = (Round == 10 && key_size_i == KeyAes128) ||
      (Round == 12 && key_size_i == KeyAes192) || (Round == 14 && key_size_i == KeyAes256);

  // A state of early rounds gives the key away: it is wiped when no block follows.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_o <= '0;
    end else if (enable_i) begin
      if (valid_i) begin
        if (full) state_o <= aes_pkg::full_round(state_i) ^ round_key_i;
        else if (last) state_o <= aes_pkg::last_round(state_i) ^ round_key_i;
        else state_o <= state_i;
      end else if (wipe_i) begin
        state_o <= '0;
      end
    end
  end

endmodule
