// SPDX-License-Identifier: Apache-2.0
//
// Every name inside the modules that the proofs use, beside the ports. Invariants of induction are stated over them.

// egress_tx: completion queue
`define FV_CPL_MEM u_dut.cpl_q
`define FV_CPL_WR u_dut.cpl_wr_q
`define FV_CPL_RD u_dut.cpl_rd_q
`define FV_CPL_NUMBER u_dut.number_q

// portion_front: beat FIFO
`define FV_FRONT_MEM u_dut.fifo_q
`define FV_FRONT_WR u_dut.wr_q
`define FV_FRONT_RD u_dut.rd_q
`define FV_FRONT_BEATS u_dut.beats_q
`define FV_FRONT_FRAMES u_dut.frames_q
`define FV_FRONT_CTX u_dut.ctx_valid
