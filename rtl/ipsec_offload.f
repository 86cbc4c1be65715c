// SPDX-License-Identifier: Apache-2.0
// Files of the IPsec offload engine in compile order, relative to this list (-F).
ipsec_offload_pkg.sv
ipsec_control_pkg.sv
// Datapath
aes_pkg.sv
aes_round.sv
aes_key_step.sv
aes_pipe.sv
gf128_mul.sv
ghash.sv
gcm_core.sv
aes_small.sv
key_setup.sv
probe_point.sv
ip_options_pkg.sv
frame_parser.sv
sa_lookup.sv
portion_front.sv
crypto_stage.sv
frame_ingress.sv
self_test.sv
egress_rx.sv
egress_tx.sv
offload_path.sv
// Control plane
regs/ipsec_offload_regs_pkg.sv
regs/ipsec_offload_regs.sv
axil_front.sv
reset_ctrl.sv
capabilities.sv
counters.sv
mailbox.sv
oid_engine.sv
sa_table.sv
sa_mode.sv
sa_delete_req.sv
sa_stats.sv
diag_port.sv
// Top
ipsec_offload.sv
