// SPDX-License-Identifier: Apache-2.0
// Files of the IPsec offload engine in compile order, relative to this list (-F).
ipsec_offload_pkg.sv
ipsec_control_pkg.sv
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
diag_port.sv
