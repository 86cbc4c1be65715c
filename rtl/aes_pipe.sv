// SPDX-License-Identifier: Apache-2.0
//
// AES encryption, 14 rounds unrolled, round keys expanded on the fly. A new key enters as a wave that
// runs ahead of the first block that needs it, so that a key change costs nothing; a clear wave behind the
// last block of a frame leaves no round key in the pipeline.
//
// Timing: a block a clock; a block before edge n is whitened at n and leaves after n + 14. A key
// before edge n serves the blocks of the edges from n + 2 on (two, because round key 1 may need the
// upper half of the cipher key, which follows one clock behind the lower one).
//
// Byte k of a block is block[8*k +: 8]; byte 0 of the key is key_i[255:248].

module aes_pipe
  import ipsec_offload_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // Key wave and clear wave, at least 4 clocks between two key waves
    input logic wave_i,
    input logic clear_i,
    input key_size_e key_size_i,
    input logic [255:0] key_i,

    input logic valid_i,
    input logic [127:0] block_i,

    output logic valid_o,
    output logic [127:0] block_o
);

  // Bit r: a block, a key wave, a clear wave is in round r; 0 is the whitening.
  logic [14:0] valid_q, wave_q, clear_q;
  key_size_e key_size[15];
  logic [127:0] round_key[15];
  logic [127:0] upper_q;  // words 4..7 of the cipher key, for one clock
  logic [127:0] state[15];

  // Nothing moves: nothing to do, for a simulator either
  logic busy;
  assign busy = valid_i || wave_i || clear_i || {valid_q, wave_q, clear_q} != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      wave_q  <= '0;
      clear_q <= '0;
    end else if (busy) begin
      valid_q <= {valid_q[13:0], valid_i};
      wave_q  <= {wave_q[13:0], wave_i};
      clear_q <= {clear_q[13:0], clear_i};
    end
  end

  // Whitening, and the start of the waves
  logic [127:0] round_key0_q, state0_q;
  key_size_e key_size0_q;

  function automatic logic [127:0] columns(input logic [127:0] k);
    return {
      aes_pkg::swap32(k[31:0]),
      aes_pkg::swap32(k[63:32]),
      aes_pkg::swap32(k[95:64]),
      aes_pkg::swap32(k[127:96])
    };
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      key_size0_q <= KeyAes128;
      round_key0_q <= '0;
      upper_q <= '0;
      state0_q <= '0;
    end else if (busy) begin
      if (wave_i) begin
        key_size0_q <= key_size_i;
        round_key0_q <= columns(key_i[255:128]);
        upper_q <= columns(key_i[127:0]);
      end else begin
        if (wave_q[0]) upper_q <= '0;
        if (clear_i) begin
          key_size0_q  <= KeyAes128;
          round_key0_q <= '0;
        end
      end
      if (valid_i) state0_q <= block_i ^ round_key0_q;
      else if (valid_q[0]) state0_q <= '0;
    end
  end

  assign key_size[0] = key_size0_q;
  assign round_key[0] = round_key0_q;
  assign state[0] = state0_q;

  for (genvar r = 1; r < 15; r++) begin : gen_round
    aes_key_step #(
        .Round(r)
    ) u_key_step (
        .clk_i,
        .rst_ni,
        .enable_i(busy),
        .wave_i(wave_q[r-1]),
        .clear_i(clear_q[r-1]),
        .key_size_i(key_size[r-1]),
        .before_i(r == 1 ? upper_q : round_key[r==1?0 : r-2]),
        .former_i(round_key[r-1]),
        .key_size_o(key_size[r]),
        .round_key_o(round_key[r])
    );

    aes_round #(
        .Round(r)
    ) u_round (
        .clk_i,
        .rst_ni,
        .enable_i(busy),
        .valid_i(valid_q[r-1]),
        .wipe_i(valid_q[r]),
        .state_i(state[r-1]),
        .round_key_i(round_key[r]),
        .key_size_i(key_size[r]),
        .state_o(state[r])
    );
  end

  assign valid_o = valid_q[14];
  assign block_o = state[14];

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (busy) begin
      assert (!(wave_i && |wave_q[2:0]))
      else $error("aes_pipe: two key waves less than 4 clocks apart");
      assert (!(wave_i && clear_i))
      else $error("aes_pipe: key wave and clear wave in one clock");
      assert (!(valid_i && (wave_i || wave_q[0])))
      else $error("aes_pipe: block before its key");
      // Implementation checks
      assert (valid_q[14] || state[14] == '0)
      else $error("aes_pipe: state kept without a block");
      if (clear_q[14] && wave_q == '0) begin
        for (int unsigned r = 0; r < 15; r++) begin
          assert (round_key[r] == '0)
          else $error("aes_pipe: round key %0d left behind a clear wave", r);
        end
      end
    end
  end

endmodule
