// SPDX-License-Identifier: Apache-2.0
//
// A cut point: its output is free.
module fv_free (
    output logic [257:0] any_o
);
endmodule
