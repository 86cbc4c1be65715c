// SPDX-License-Identifier: Apache-2.0
//
// The hash key of an SA: H = AES(K, 0) (NIST SP 800-38D, 6.4), made once when the SA is added.
//
// Timing: start_i before edge 1; done_o and h_o in the clock after edge 16.

module key_setup
  import ipsec_offload_pkg::*;
(
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic              start_i,
    input  logic      [255:0] key_i,    // with start_i; byte 0 in bits 255:248
    input  key_size_e         size_i,   // with start_i
    output logic              done_o,
    output logic      [127:0] h_o       // with done_o; byte 0 in bits 127:120
);

  aes_small u_aes (
      .clk_i,
      .rst_ni,
      .start_i,
      .size_i,
      .key_i,
      .block_i('0),
      .done_o,
      .block_o(h_o)
  );

endmodule
