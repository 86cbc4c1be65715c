# SPDX-License-Identifier: Apache-2.0
"""The proofs. Keys: what (one line), top, rtl and harness (files), engine, depth (of the induction, or the bound with
bmc=True), override (file, pattern, replacement: smaller memories), params (of the top), script (Yosys commands)."""

PKG = ["ipsec_offload_pkg.sv"]
CTL = ["ipsec_offload_pkg.sv", "ipsec_control_pkg.sv"]

PROOFS = {
    "axil_front": {
        "what": "AXI4-Lite rules, one access and one response a request",
        "top": "fv_axil_front", "rtl": ["axil_front.sv"], "harness": ["fv_axil_front.sv"],
        "engine": "smtbmc yices", "depth": 4,
    },
    "egress_rx": {
        "what": "AXI-Stream rules of m_axis_rx, nothing of a discarded frame",
        "top": "fv_egress_rx", "rtl": PKG + ["egress_rx.sv"], "harness": ["fv_egress_rx.sv"],
        "engine": "smtbmc yices", "depth": 2,
    },
    "egress_tx": {
        "what": "AXI-Stream rules of m_axis_tx and m_axis_txcpl, no byte of a refused frame, completion queue",
        "top": "fv_egress_tx", "rtl": PKG + ["egress_tx.sv"], "harness": ["fv_egress_tx.sv"],
        "engine": "smtbmc yices", "depth": 2,
    },
}
