# SPDX-License-Identifier: Apache-2.0
"""The proofs. Keys: what (one line), top, rtl and harness (files), engine, depth (of the induction, or the bound with
bmc=True), override (file, pattern, replacement: smaller memories), params (of the top), cut (modules whose outputs are free,
their files in also), script (Yosys commands)."""

PKG = ["*_pkg.sv"]


# What a context says of its frame is wide arithmetic that no property of the queue is about: here all ones, but for what
# tells one request from another.
LOOKUP_CONTEXT = [
    ("sa_lookup.sv", r"stage_ctx_t ctx_q\[LookupFrames\];",
     "function automatic stage_ctx_t fv_context(input lookup_req_t r);\n"
     "fv_context = '1;\nfv_context.meta = r.meta;\nendfunction\nstage_ctx_t ctx_q[LookupFrames];"),
    ("sa_lookup.sv", r"<= context_of\([^;]*\);", "<= fv_context(ctx_req_q);"),
]

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
        "broken_override": [("ipsec_offload_pkg.sv", r"CplDepth = 16", "CplDepth = 4")],
    },
    "frame_ingress_rx": {
        "what": "receive: framing, bytes and cuts of the beats inside; one beat for each that a source gives away",
        "top": "fv_frame_ingress", "rtl": PKG + ["frame_ingress.sv"], "harness": ["fv_frame_ingress.sv"],
        "params": {"Receive": 1}, "engine": "smtbmc yices", "depth": 2,
    },
    "frame_ingress_tx": {
        "what": "transmit: framing, bytes and cuts of the beats inside; one beat for each that a source gives away",
        "top": "fv_frame_ingress", "rtl": PKG + ["frame_ingress.sv"], "harness": ["fv_frame_ingress.sv"],
        "params": {"Receive": 0}, "engine": "smtbmc yices", "depth": 2,
    },
    "frame_parser_rx": {
        "what": "receive: request queue: one a frame, in order, room for all that the front lets in; a portion is in 4 beats or more",
        "top": "fv_frame_parser", "rtl": PKG + ["frame_parser.sv"], "harness": ["fv_frame_parser.sv"],
        "override": [("ipsec_offload_pkg.sv", r"FrontBeats = 1024", "FrontBeats = 128")],
        "params": {"Receive": 1}, "engine": "smtbmc yices", "depth": 2,
    },
    "frame_parser_tx": {
        "what": "transmit: request queue: one a frame, in order, room for all that the front lets in; a portion is in 4 beats or more",
        "top": "fv_frame_parser", "rtl": PKG + ["frame_parser.sv"], "harness": ["fv_frame_parser.sv"],
        "override": [("ipsec_offload_pkg.sv", r"FrontBeats = 1024", "FrontBeats = 128")],
        "params": {"Receive": 0}, "engine": "smtbmc yices", "depth": 2,
    },
    "gcm_core_beats": {
        "what": "what its stand-in promises: beats in order and unchanged after 16 clocks",
        "top": "fv_gcm_core", "rtl": PKG + ["gcm_core.sv", "ghash.sv"], "harness": ["fv_gcm_core.sv"],
        "cut": ["aes_pipe", "gf128_mul"],
        "also": ["aes_pipe.sv", "gf128_mul.sv", "aes_round.sv", "aes_key_step.sv"],
        "engine": "smtbmc yices", "depth": 2, "timeout": 1200, "broken_depth": 28,
    },
    "gcm_core_tags": {
        "what": "what its stand-in promises: one tag a frame with crypto, in its 3 clocks, and no other",
        "top": "fv_gcm_core", "rtl": PKG + ["gcm_core.sv", "ghash.sv"], "harness": ["fv_gcm_core.sv"],
        "cut": ["aes_pipe", "gf128_mul"],
        "also": ["aes_pipe.sv", "gf128_mul.sv", "aes_round.sv", "aes_key_step.sv"],
        "params": {"Tags": 1},
        "engine": "smtbmc yices", "depth": 2, "timeout": 1200,
        "broken_engine": "abc bmc3", "broken_depth": 32,
    },
    "mailbox": {
        "what": "states of a slot; a window is write-only for the host but for the handle, and closed while busy",
        "top": "fv_mailbox", "rtl": PKG + ["mailbox.sv"], "harness": ["fv_mailbox.sv"],
        "engine": "smtbmc yices", "depth": 2,
    },
    "oid_engine": {
        "what": "zeroization: a bundle is freed with all rows zero; keys only into rows that the command took",
        "top": "fv_oid_engine", "rtl": PKG + ["oid_engine.sv"], "harness": ["fv_oid_engine.sv"],
        "engine": "smtbmc yices", "depth": 3, "broken_depth": 30,
        # Commands of a few clocks: what fails, fails soon.
        "broken_override": [("oid_engine.sv", r"(FetchAdd) = 6'd\d+", r"\1 = 6'd3"),
                            ("oid_engine.sv", r"((?:Key|Hkey|Wipe)Edges) = 6'd\d+", r"\1 = 6'd3")],
    },
    "portion_front": {
        "what": "beat FIFO: no overflow, order, contents",
        "override": [("ipsec_offload_pkg.sv", r"FrontBeats = 1024", "FrontBeats = 128")],
        "top": "fv_portion_front", "rtl": PKG + ["portion_front.sv"], "harness": ["fv_portion_front.sv"],
        "cut": ["frame_parser", "sa_lookup"],
        "also": ["frame_parser.sv", "sa_lookup.sv"],
        "engine": "smtbmc yices", "depth": 2,
    },
    "portion_front_frames": {
        "what": "the same with 8 beats and 4 frames, and the count of frames",
        "top": "fv_portion_front", "rtl": PKG + ["portion_front.sv"], "harness": ["fv_portion_front.sv"],
        "cut": ["frame_parser", "sa_lookup"],
        "also": ["frame_parser.sv", "sa_lookup.sv"],
        "override": [("ipsec_offload_pkg.sv", r"FrontBeats = 1024", "FrontBeats = 8"),
                     ("ipsec_offload_pkg.sv", r"FrontFrames = 16", "FrontFrames = 4")],
        "params": {"Sum": 1},
        "engine": "smtbmc yices", "depth": 2,
    },
    "sa_lookup_rx": {
        "what": "receive: one context a request, in order, a request every 4 clocks at most; the queue has room; no key behind a frame",
        "top": "fv_sa_lookup", "rtl": PKG + ["sa_lookup.sv"], "harness": ["fv_sa_lookup.sv"],
        "override": LOOKUP_CONTEXT,
        "params": {"Receive": 1}, "engine": "smtbmc yices", "depth": 2,
        # Full soon.
        "broken_override": [("ipsec_offload_pkg.sv", r"LookupFrames = 8", "LookupFrames = 2")],
    },
    "sa_lookup_tx": {
        "what": "transmit: one context a request, in order, a request every 4 clocks at most; the queue has room; no key behind a frame",
        "top": "fv_sa_lookup", "rtl": PKG + ["sa_lookup.sv"], "harness": ["fv_sa_lookup.sv"],
        "override": LOOKUP_CONTEXT,
        "params": {"Receive": 0}, "engine": "smtbmc yices", "depth": 2,
    },
    "sa_mode": {
        "what": "each verdict of a stage is written once, within 4 clocks, and nothing else; a row shows what was written last",
        "top": "fv_sa_mode", "rtl": PKG + ["sa_mode.sv"], "harness": ["fv_sa_mode.sv"],
        "engine": "smtbmc yices", "depth": 2,
    },
    "sa_table": {
        "what": "free list and generations (4 bundles): no handle twice, no over- or underflow",
        "top": "fv_sa_table", "rtl": PKG + ["sa_table.sv"], "harness": ["fv_sa_table.sv"],
        "engine": "smtbmc yices", "depth": 3,
    },
    "stage_queues_rx": {
        "what": "receive stage: buffer of 1,024 and output queue: room, order, contents, valid and payload stay",
        "top": "fv_stage_queues", "rtl": PKG + ["crypto_stage.sv"],
        "harness": ["fv_free.sv", "stand_in/gcm_core.sv", "fv_stage_queues.sv"], "cut": ["fv_free"],
        "params": {"Receive": 1},
        "engine": "smtbmc yices", "depth": 2,
        "broken_override": [("ipsec_offload_pkg.sv", r"StageBeats = 1024", "StageBeats = 4")],
    },
    "stage_queues_tx": {
        "what": "transmit stage: buffer of 1,024 and output queue: room, order, contents, valid and payload stay",
        "top": "fv_stage_queues", "rtl": PKG + ["crypto_stage.sv"],
        "harness": ["fv_free.sv", "stand_in/gcm_core.sv", "fv_stage_queues.sv"], "cut": ["fv_free"],
        "params": {"Receive": 0},
        "engine": "smtbmc yices", "depth": 2,
        "broken_override": [("ipsec_offload_pkg.sv", r"StageBeats = 1024", "StageBeats = 4")],
    },
    "stage_compare": {
        "what": "what is compared is each byte of the tag and of the ICV of its frame, of 8, 12 or 16 bytes",
        "top": "fv_stage_compare", "rtl": PKG + ["crypto_stage.sv"],
        "harness": ["fv_free.sv", "stand_in/gcm_core.sv", "fv_stage_compare.sv"], "cut": ["fv_free"],
        "broken_override": [("ipsec_offload_pkg.sv", r"StageBeats = 1024", "StageBeats = 8"),
                            ("ipsec_offload_pkg.sv", r"StageFrames = 256", "StageFrames = 4")],
        "engine": "smtbmc yices", "depth": 2,
        "broken_engine": "abc bmc3", "broken_depth": 20,
    },
    "stage_rx": {
        "what": "no unverified plaintext: bytes change only behind a good comparison of their frame's tag",
        "top": "fv_stage_rx", "rtl": PKG + ["crypto_stage.sv"], "harness": ["fv_free.sv", "stand_in/gcm_core.sv", "fv_stage_rx.sv"],
        "override": [("ipsec_offload_pkg.sv", r"StageBeats = 1024", "StageBeats = 4"),
                     ("ipsec_offload_pkg.sv", r"StageFrames = 256", "StageFrames = 2"),
                     ("ipsec_offload_pkg.sv", r"OutBeats = 4", "OutBeats = 2"),
                     ("crypto_stage.sv", r"\(\(rotate\(tag, v_lane_q\)[^=]*==\s*'0;", "tag[0];")],
        "cut": ["fv_free"],
        "engine": "smtbmc yices", "depth": 2, "timeout": 600,
        "broken_engine": "abc bmc3", "broken_depth": 24,
    },
}
