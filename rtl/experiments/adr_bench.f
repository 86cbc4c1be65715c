// SPDX-License-Identifier: Apache-2.0
// Files of scripts/measure_adr.sh in compile order, relative to this list (-F).
../ipsec_offload_pkg.sv
../aes_pkg.sv
../aes_round.sv
../aes_key_step.sv
../aes_pipe.sv
../gf128_mul.sv
../ghash.sv
aes_pipe_stored.sv
aes_rounds.sv
gf128_mul_forms.sv
ghash_powers.sv
rx_buffer.sv
adr_bench.sv
