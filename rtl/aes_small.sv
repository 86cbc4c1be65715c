// SPDX-License-Identifier: Apache-2.0
//
// One AES block, a round a clock (FIPS-197): the control plane's own, so that key setup never takes a slot
// of the pipelines.
//
// Timing: start_i before edge 1, block_o valid in the clock after edge 16 with done_o, whatever the key
// size; everything is wiped at edge 17. A start meanwhile is not allowed.
//
// Key: byte 0 in key_i[255:248], left-aligned. Block: byte 0 in bits 127:120, as in sa_t.h.

module aes_small
  import ipsec_offload_pkg::*;
(
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic              start_i,
    input  key_size_e         size_i,   // with start_i
    input  logic      [255:0] key_i,    // with start_i
    input  logic      [127:0] block_i,  // with start_i
    output logic              done_o,
    output logic      [127:0] block_o   // with done_o, else zero
);

  logic busy_q;
  logic [3:0] round_q;  // round of the coming edge, 1..14; 15: the answer is shown
  key_size_e size_q;
  logic [7:0] rcon_q;
  logic [127:0] state_q;  // columns, first byte in bits 7:0, as in aes_pkg
  logic [7:0][31:0] window_q;  // key words 4*round - 8 .. 4*round - 1
  logic [1:0] round_mod3_q;

  function automatic logic [127:0] columns(input logic [127:0] b);
    return {
      aes_pkg::swap32(b[31:0]),
      aes_pkg::swap32(b[63:32]),
      aes_pkg::swap32(b[95:64]),
      aes_pkg::swap32(b[127:96])
    };
  endfunction

  // Words 4r .. 4r+3 from the four or, of longer keys, up to eight before them. AES-192 takes the
  // substitution at every sixth word: word 0 of rounds 3, 6, ..., word 2 of rounds 1, 4, ...
  // former: words 4r-8 .. 4r-1; given: words 4r .. 4r+3 of the cipher key itself, for r = 1.
  function automatic logic [3:0][31:0] expand(input key_size_e size, input logic [7:0][31:0] former,
                                              input logic [3:0][31:0] given, input logic [3:0] r,
                                              input logic [1:0] mod3, input logic [7:0] rcon);
    logic [3:0][31:0] w;
    logic [31:0] t;
    unique case (size)
      KeyAes128: begin
        w[0] = former[4] ^ aes_pkg::sub_rot_word(former[7]) ^ {24'b0, rcon};
        w[1] = former[5] ^ w[0];
        w[2] = former[6] ^ w[1];
        w[3] = former[7] ^ w[2];
      end
      KeyAes192: begin
        if (r == 4'd1) begin
          w[0] = given[0];
          w[1] = given[1];
        end else begin
          t = mod3 == 2'd0 ? aes_pkg::sub_rot_word(former[7]) ^ {24'b0, rcon} : former[7];
          w[0] = former[2] ^ t;
          w[1] = former[3] ^ w[0];
        end
        t = mod3 == 2'd1 ? aes_pkg::sub_rot_word(w[1]) ^ {24'b0, rcon} : w[1];
        w[2] = former[4] ^ t;
        w[3] = former[5] ^ w[2];
      end
      default: begin
        if (r == 4'd1) begin
          w = given;
        end else begin
          w[0] = former[0] ^ (r[0] ? aes_pkg::sub_word(former[7]) :
                              aes_pkg::sub_rot_word(former[7]) ^ {24'b0, rcon});
          w[1] = former[1] ^ w[0];
          w[2] = former[2] ^ w[1];
          w[3] = former[3] ^ w[2];
        end
      end
    endcase
    return w;
  endfunction

  logic [3:0] last_round;
  assign last_round = size_q == KeyAes128 ? 4'd10 : (size_q == KeyAes192 ? 4'd12 : 4'd14);

  logic [3:0][31:0] given_q;  // words 4..7 of the cipher key

  // verilator lint_off BLKSEQ
  // A blocking temporary keeps the expansion out of idle clocks.
  always_ff @(posedge clk_i or negedge rst_ni) begin : p_aes
    logic [3:0][31:0] w;
    logic uses_rcon;
    if (!rst_ni) begin
      busy_q <= 1'b0;
      round_q <= '0;
      round_mod3_q <= '0;
      size_q <= KeyAes128;
      rcon_q <= '0;
      state_q <= '0;
      window_q <= '0;
      given_q <= '0;
      done_o <= 1'b0;
      block_o <= '0;
    end else if (start_i) begin
      busy_q <= 1'b1;
      round_q <= 4'd1;
      round_mod3_q <= 2'd1;
      size_q <= size_i;
      rcon_q <= 8'h01;
      state_q <= columns(block_i) ^ columns(key_i[255:128]);
      window_q <= {columns(key_i[255:128]), 128'b0};
      given_q <= columns(key_i[127:0]);
    end else if (busy_q) begin
      round_q <= round_q + 4'd1;
      round_mod3_q <= round_mod3_q == 2'd2 ? '0 : round_mod3_q + 2'd1;
      if (round_q == 4'd15) begin
        busy_q   <= 1'b0;
        done_o   <= 1'b1;
        block_o  <= columns(state_q);
        state_q  <= '0;
        window_q <= '0;
        given_q  <= '0;
      end else if (round_q <= last_round) begin
        w = expand(size_q, window_q, given_q, round_q, round_mod3_q, rcon_q);
        uses_rcon = size_q == KeyAes128 || (size_q == KeyAes192 && round_mod3_q != 2'd2) ||
            (size_q == KeyAes256 && !round_q[0]);
        if (uses_rcon) rcon_q <= aes_pkg::xtime(rcon_q);
        state_q <= (round_q == last_round ? aes_pkg::last_round(
            state_q
        ) : aes_pkg::full_round(
            state_q
        )) ^ w;
        window_q <= {w, window_q[7:4]};
      end
    end else if (done_o) begin
      done_o  <= 1'b0;
      block_o <= '0;
    end
  end
  // verilator lint_on BLKSEQ

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(start_i && (busy_q || done_o)))
      else $error("aes_small: start while busy");
    end
  end

endmodule
