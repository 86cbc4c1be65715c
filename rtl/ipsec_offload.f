// SPDX-License-Identifier: Apache-2.0
// Files of the IPsec offload engine in compile order, relative to this list (-F).
ipsec_offload_pkg.sv
