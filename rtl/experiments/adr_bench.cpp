// SPDX-License-Identifier: Apache-2.0
//
// Drives adr_bench: fills the keys, runs, prints nanoseconds a clock (of processor time: other load
// counts less) and a digest of all results.
//   adr_bench CLOCKS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "Vadr_bench.h"
#include "verilated.h"

namespace {

uint64_t rng_state = 0x9e3779b97f4a7c15;
uint32_t rng() {
  rng_state ^= rng_state << 13;
  rng_state ^= rng_state >> 7;
  rng_state ^= rng_state << 17;
  return static_cast<uint32_t>(rng_state >> 32);
}

uint8_t sbox[256];
void make_sbox() {
  uint8_t p = 1, q = 1;
  auto rotl = [](uint8_t x, int n) { return static_cast<uint8_t>(x << n | x >> (8 - n)); };
  do {  // p runs through the powers of 3, q through those of its inverse
    p = static_cast<uint8_t>(p ^ p << 1 ^ (p & 0x80 ? 0x1b : 0));
    q ^= static_cast<uint8_t>(q << 1);
    q ^= static_cast<uint8_t>(q << 2);
    q ^= static_cast<uint8_t>(q << 4);
    if (q & 0x80) q ^= 0x09;
    sbox[p] = static_cast<uint8_t>(q ^ rotl(q, 1) ^ rotl(q, 2) ^ rotl(q, 3) ^ rotl(q, 4) ^ 0x63);
  } while (p != 1);
  sbox[0] = 0x63;
}

// AES-256; word = four bytes, the first in bits 7:0
void expand(const uint8_t key[32], uint32_t w[60]) {
  auto sub = [](uint32_t x) {
    uint32_t y = 0;
    for (int k = 0; k < 32; k += 8) y |= static_cast<uint32_t>(sbox[x >> k & 255]) << k;
    return y;
  };
  for (int i = 0; i < 8; i++) {
    w[i] = 0;
    for (int k = 0; k < 4; k++) w[i] |= static_cast<uint32_t>(key[4 * i + k]) << 8 * k;
  }
  uint32_t rcon = 1;
  for (int i = 8; i < 60; i++) {
    uint32_t t = w[i - 1];
    if (i % 8 == 0) {
      t = sub(t >> 8 | t << 24) ^ rcon;
      rcon <<= 1;
    } else if (i % 8 == 4) {
      t = sub(t);
    }
    w[i] = w[i - 8] ^ t;
  }
}

// GHASH's product, x^0 in the top bit of word 3
void square(const uint32_t h[4], uint32_t out[4]) {
  uint32_t v[4] = {h[0], h[1], h[2], h[3]}, z[4] = {};
  for (int i = 0; i < 128; i++) {
    if (h[3 - i / 32] >> (31 - i % 32) & 1) {
      for (int k = 0; k < 4; k++) z[k] ^= v[k];
    }
    const bool carry = v[0] & 1;
    for (int k = 0; k < 4; k++) v[k] = v[k] >> 1 | (k < 3 ? v[k + 1] << 31 : 0);
    if (carry) v[3] ^= 0xe1000000;
  }
  for (int k = 0; k < 4; k++) out[k] = z[k];
}

}  // namespace

int main(int argc, char** argv) {
  const long clocks = argc > 1 ? std::atol(argv[1]) : 100000;
  VerilatedContext context;
  context.threads(1);
  Vadr_bench top(&context);
  auto clock = [&top] {
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
  };
  top.rst_ni = 0;
  clock();
  top.rst_ni = 1;

  make_sbox();
  for (int row = 0; row < 16; row++) {
    uint8_t key[32];
    for (uint8_t& b : key) b = static_cast<uint8_t>(rng());
    uint32_t w[60];
    expand(key, w);
    top.fill_i = 1;
    top.row_i = static_cast<uint8_t>(row);
    for (int round = 0; round < 15; round++) {
      top.round_i = static_cast<uint8_t>(round);
      for (int k = 0; k < 4; k++) top.key_i[k] = w[4 * round + k];
      clock();
    }
    top.round_i = 15;
    for (int k = 0; k < 8; k++) {
      const uint8_t* b = key + 28 - 4 * k;
      top.key_i[k] = 0;
      for (int i = 0; i < 4; i++) top.key_i[k] = top.key_i[k] << 8 | b[i];
    }
#ifdef WITH_H2
    if (row == 0) {  // H of all variants is of row 0
      const uint32_t h[4] = {top.key_i[4], top.key_i[5], top.key_i[6], top.key_i[7]};
      uint32_t h2[4];
      square(h, h2);
      for (int k = 0; k < 4; k++) top.key_i[k] = h2[k];
    }
#endif
    clock();
  }
  top.fill_i = 0;
  clock();
  top.run_i = 1;

  uint32_t digest = 0;
  const std::clock_t begin = std::clock();
  for (long n = 0; n < clocks; n++) {
    for (int k = 0; k < 4; k++) {
      top.data_i[k] = static_cast<uint32_t>(n * 0x9e3779b1u) ^ static_cast<uint32_t>(n << 8 * k);
    }
    clock();
    if (top.valid_o) {
      for (int k = 0; k < 4; k++) digest = (digest << 1 | digest >> 31) ^ top.data_o[k];
    }
  }
  const double spent = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%.1f %08x\n", spent * 1e9 / static_cast<double>(clocks), digest);
  return 0;
}
