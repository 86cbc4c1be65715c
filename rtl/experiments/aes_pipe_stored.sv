// SPDX-License-Identifier: Apache-2.0
//
// For decision record 1, not part of the device: the AES pipeline with expanded round keys from
// memory, in place of aes_pipe. Each round has a bank of round keys and reads its own one clock
// behind the round before it, so that here, too, a key change costs nothing.
//
// Timing: as aes_pipe; wave_i brings the row of the key and serves the blocks of the edges from n +
// 2 on.

module aes_pipe_stored
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned Rows = 16  // keys
) (
    input logic clk_i,
    input logic rst_ni,

    // Key set-up: one round key a clock
    input logic we_i,
    input logic [$clog2(Rows)-1:0] we_row_i,
    input logic [3:0] we_round_i,
    input logic [127:0] we_key_i,

    input logic wave_i,
    input logic clear_i,
    input key_size_e key_size_i,
    input logic [$clog2(Rows)-1:0] row_i,

    input logic valid_i,
    input logic [127:0] block_i,

    output logic valid_o,
    output logic [127:0] block_o
);

  logic [14:0] valid_q, wave_q, clear_q;
  logic [$clog2(Rows)-1:0] row_q[15];
  key_size_e key_size_q[15];
  logic [127:0] round_key_q[15];
  logic [127:0] state[15];
  logic [127:0] state0_q;
  logic busy;

  assign busy = valid_i || wave_i || clear_i || {valid_q, wave_q, clear_q} != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q  <= '0;
      wave_q   <= '0;
      clear_q  <= '0;
      state0_q <= '0;
    end else if (busy) begin
      valid_q <= {valid_q[13:0], valid_i};
      wave_q  <= {wave_q[13:0], wave_i};
      clear_q <= {clear_q[13:0], clear_i};
      if (valid_i) state0_q <= block_i ^ round_key_q[0];
      else if (valid_q[0]) state0_q <= '0;
    end
  end

  for (genvar r = 0; r < 15; r++) begin : gen_key
    logic [127:0] bank_mem[Rows];
    logic wave, clear;
    logic [$clog2(Rows)-1:0] row;
    key_size_e key_size;

    if (r == 0) begin : gen_first
      assign wave = wave_i;
      assign clear = clear_i;
      assign row = row_i;
      assign key_size = key_size_i;
    end else begin : gen_next
      assign wave = wave_q[r-1];
      assign clear = clear_q[r-1];
      assign row = row_q[r-1];
      assign key_size = key_size_q[r-1];
    end

    always_ff @(posedge clk_i) begin
      if (we_i && we_round_i == 4'(r)) bank_mem[we_row_i] <= we_key_i;
    end
    // The data register of the bank is the round key of the round.
    always_ff @(posedge clk_i) begin
      if (wave) round_key_q[r] <= bank_mem[row];
      else if (clear) round_key_q[r] <= '0;
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        row_q[r] <= '0;
        key_size_q[r] <= KeyAes128;
      end else if (wave) begin
        row_q[r] <= row;
        key_size_q[r] <= key_size;
      end
    end
  end

  assign state[0] = state0_q;

  for (genvar r = 1; r < 15; r++) begin : gen_round
    aes_round #(
        .Round(r)
    ) u_round (
        .clk_i,
        .rst_ni,
        .enable_i(busy),
        .valid_i(valid_q[r-1]),
        .wipe_i(valid_q[r]),
        .state_i(state[r-1]),
        .round_key_i(round_key_q[r]),
        .key_size_i(key_size_q[r]),
        .state_o(state[r])
    );
  end

  assign valid_o = valid_q[14];
  assign block_o = state[14];

endmodule
