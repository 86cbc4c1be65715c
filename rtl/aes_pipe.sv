// SPDX-License-Identifier: Apache-2.0
//
// AES encryption, 14 rounds unrolled, round keys expanded on the fly. A new key enters as a wave that
// runs one round ahead of the first block that needs it, so that a key change costs nothing; a clear
// wave behind the last block of a frame leaves no round key in the pipeline.
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

  logic [14:0] wave_q, clear_q;
  key_size_e key_size[15];
  logic [127:0] round_key[15];
  logic [127:0] upper_q;  // words 4..7 of the cipher key, for one clock
  logic [14:0] valid;
  logic [127:0] state[15];

  // Whitening, and the start of the waves
  logic [127:0] round_key0_q, state0_q;
  key_size_e key_size0_q;
  logic wave0_q, clear0_q, valid0_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wave0_q <= 1'b0;
      clear0_q <= 1'b0;
      key_size0_q <= KeyAes128;
      round_key0_q <= '0;
      upper_q <= '0;
    end else begin
      wave0_q <= wave_i;
      clear0_q <= clear_i;
      if (wave_i) begin
        key_size0_q <= key_size_i;
        round_key0_q <= {
          aes_pkg::swap32(key_i[159:128]),
          aes_pkg::swap32(key_i[191:160]),
          aes_pkg::swap32(key_i[223:192]),
          aes_pkg::swap32(key_i[255:224])
        };
        upper_q <= {
          aes_pkg::swap32(key_i[31:0]),
          aes_pkg::swap32(key_i[63:32]),
          aes_pkg::swap32(key_i[95:64]),
          aes_pkg::swap32(key_i[127:96])
        };
      end else begin
        if (wave0_q) upper_q <= '0;
        if (clear_i) begin
          key_size0_q <= KeyAes128;
          round_key0_q <= '0;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid0_q <= 1'b0;
      state0_q <= '0;
    end else begin
      valid0_q <= valid_i;
      if (valid_i) state0_q <= block_i ^ round_key0_q;
      else if (valid0_q) state0_q <= '0;
    end
  end

  assign wave_q[0] = wave0_q;
  assign clear_q[0] = clear0_q;
  assign key_size[0] = key_size0_q;
  assign round_key[0] = round_key0_q;
  assign valid[0] = valid0_q;
  assign state[0] = state0_q;

  for (genvar r = 1; r < 15; r++) begin : gen_round
    aes_key_step #(
      .Round(r)
    ) u_key_step (
      .clk_i,
      .rst_ni,
      .wave_i(wave_q[r-1]),
      .clear_i(clear_q[r-1]),
      .key_size_i(key_size[r-1]),
      .before_i(r == 1 ? upper_q : round_key[r==1?0 : r-2]),
      .former_i(round_key[r-1]),
      .wave_o(wave_q[r]),
      .clear_o(clear_q[r]),
      .key_size_o(key_size[r]),
      .round_key_o(round_key[r])
    );

    aes_round #(
      .Round(r)
    ) u_round (
      .clk_i,
      .rst_ni,
      .valid_i(valid[r-1]),
      .state_i(state[r-1]),
      .round_key_i(round_key[r]),
      .key_size_i(key_size[r]),
      .valid_o(valid[r]),
      .state_o(state[r])
    );
  end

  assign valid_o = valid[14];
  assign block_o = state[14];

  // The waves end at the last round.
  logic unused_wave;
  assign unused_wave = wave_q[14] ^ clear_q[14];

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(wave_i && |wave_q[2:0]))
      else $error("aes_pipe: two key waves less than 4 clocks apart");
      assert (!(valid_i && (wave_i || wave0_q)))
      else $error("aes_pipe: block before its key");
    end
  end

endmodule
