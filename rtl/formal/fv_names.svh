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

// mailbox: slot registers, windows
`define FV_SLOT_BUSY u_dut.busy_q
`define FV_SLOT_DONE u_dut.done_q
`define FV_SLOT_STATUS u_dut.status_q
`define FV_SLOT_HANDLE u_dut.handle_q
`define FV_SLOT_HANDLE_EX u_dut.handle_ex_q
`define FV_WINDOW(s) u_dut.gen_window[s].mem

// sa_table: free list and generations
`define FV_FREE_MEM u_dut.free_mem
`define FV_FREE_RD u_dut.free_rd_q
`define FV_FREE_WR u_dut.free_wr_q
`define FV_FREE_COUNT u_dut.free_count_q
`define FV_GENERATION_MEM u_dut.generation_mem

// oid_engine: phase, its counter, bundle at work
`define FV_OID_COUNT u_dut.cnt_q
// FV_StIdle and so on: the values of its state_e, which the driver reads from the source
`define FV_OID_IS(s) (`FV_OID_STATE == s)
`define FV_OID_STATE u_dut.state_q
`define FV_OID_ADD (!u_dut.del_q && !u_dut.upd_q)
`define FV_OID_KEY_COMES u_dut.key_v_q
`define FV_OID_DELETE u_dut.del_q
`define FV_OID_UPDATE u_dut.upd_q
`define FV_OID_STATUS u_dut.status_q
`define FV_OID_UNKNOWN u_dut.unknown_q
`define FV_OID_WORD u_dut.word_v_q
`define FV_OID_WORD_NO u_dut.word_no_q
`define FV_OID_BUNDLE u_dut.idx
`define FV_OID_SALT u_dut.salt_q
`define FV_OID_HANDLE_V u_dut.handle_v_q
`define FV_OID_DRAINING u_dut.draining_q
`define FV_OID_DRAINED u_dut.drained_q
`define FV_OID_DRAIN_INBOUND u_dut.drain_inbound_q
`define FV_OID_DRAIN_TAKEN u_dut.drain_taken_q
`define FV_OID_DRAIN_IDX u_dut.drain_idx_q
`define FV_OID_DRAIN_GENERATION u_dut.drain_generation_q
`define FV_OID_UNLINKED u_dut.bundle_q
`define FV_OID_GENERATION u_dut.handle_hi_q

// crypto_stage: reservation, buffer, output queue, what is under way to them
`define FV_STAGE_TAG u_dut.tag
`define FV_STAGE_TAG_VALID u_dut.tag_valid
`define FV_STAGE_BEATS u_dut.beats_q
`define FV_STAGE_STORED u_dut.stored_q
`define FV_STAGE_X u_dut.x_valid_q
`define FV_STAGE_Y u_dut.y_valid
`define FV_STAGE_Y_BEAT u_dut.y_beat
`define FV_STAGE_READ u_dut.read
`define FV_STAGE_READ_VALID u_dut.read_valid_q
`define FV_STAGE_READ_BEAT u_dut.read_q
`define FV_STAGE_BUFFER u_dut.buffer_q
`define FV_STAGE_BUFFER_WR u_dut.buffer_wr_q
`define FV_STAGE_BUFFER_RD u_dut.buffer_rd_q
`define FV_STAGE_OUT u_dut.out_q
`define FV_STAGE_DONE u_dut.done
`define FV_STAGE_QUEUE u_dut.queue_q
`define FV_STAGE_QUEUE_WR u_dut.queue_wr_q
`define FV_STAGE_QUEUE_RD u_dut.queue_rd_q
`define FV_STAGE_QUEUED u_dut.queued_q
`define FV_STAGE_X_BEAT u_dut.x_beat_q
`define FV_STAGE_DESC u_dut.desc_q
`define FV_STAGE_DESC_MEM u_dut.descriptor_q
`define FV_STAGE_DESC_WR u_dut.desc_wr_q
`define FV_STAGE_DESC_RD u_dut.desc_rd_q
`define FV_STAGE_FRAMES u_dut.frames_q
`define FV_STAGE_READ_MID u_dut.read_mid_q
`define FV_STAGE_MID u_dut.read_mid
`define FV_STAGE_DUE u_dut.due_q
`define FV_STAGE_BAD u_dut.bad_q
`define FV_STAGE_CUT u_dut.cut_q
`define FV_STAGE_ENDED u_dut.ended_q
`define FV_STAGE_JUDGED u_dut.judged_q
`define FV_STAGE_ICV_GOOD u_dut.icv_good_q
`define FV_STAGE_POST_NOW u_dut.post_y
`define FV_STAGE_Y_CRYPT u_dut.y_crypt_q
`define FV_STAGE_ICV_OFF u_dut.icv_off_q
`define FV_STAGE_ICV_LEN u_dut.icv_len_q
`define FV_STAGE_ICV u_dut.icv_q
`define FV_STAGE_TAIL_LANE u_dut.tail_lane_q
`define FV_STAGE_TAIL_LEN u_dut.tail_icv_len_q
`define FV_STAGE_V_LANE u_dut.v_lane_q
`define FV_STAGE_V_LEN u_dut.v_icv_len_q
`define FV_STAGE_V_ICV u_dut.v_icv_q
`define FV_STAGE_POST_MEM u_dut.post_q
`define FV_STAGE_POST_WR u_dut.post_wr_q
`define FV_STAGE_POST_Y u_dut.post_y_q
`define FV_STAGE_POST_RD u_dut.post_rd_q
`define FV_GCM_CRYPT u_dut.u_gcm.crypt_q
`define FV_GCM_Y_CRYPT u_dut.u_gcm.y_crypt_q
`define FV_GCM_TAIL u_dut.u_gcm.tail_q
`define FV_GCM_GIVEN u_dut.u_gcm.given_q
`define FV_GCM_Y_INDEX u_dut.u_gcm.y_index_o

// frame_parser: request queue
`define FV_PARSER_MEM u_dut.queue_q
`define FV_PARSER_WR u_dut.wr_q
`define FV_PARSER_RD u_dut.rd_q
`define FV_PARSER_PENDING u_dut.pending_q
`define FV_PARSER_REQ u_dut.req
`define FV_PARSER_PHASE u_dut.phase
`define FV_PARSER_WORD u_dut.word
`define FV_PARSER_LAST u_dut.last
`define FV_PARSER_OFF u_dut.off
`define FV_PARSER_RESUME u_dut.resume
`define FV_PARSER_SEEN (u_dut.ah_seen || u_dut.esp_seen)
`define FV_PARSER_WHOLE (u_dut.ah_whole || u_dut.esp_whole)

// sa_lookup: places of a request, context queue
`define FV_LOOKUP_MEM u_dut.ctx_q
`define FV_LOOKUP_WR u_dut.ctx_wr_q
`define FV_LOOKUP_RD u_dut.ctx_rd_q
`define FV_LOOKUP_OUTSTANDING u_dut.outstanding_q
`define FV_LOOKUP_PACE u_dut.pace_q
`define FV_LOOKUP_PUSH u_dut.ctx_push_q
`define FV_LOOKUP_PUSH_REQ u_dut.ctx_req_q
`define FV_LOOKUP_REC u_dut.rec_valid_q
`define FV_LOOKUP_REC_REQ u_dut.rec_req_q
`define FV_LOOKUP_WALK u_dut.walk_valid_q
`define FV_LOOKUP_WALK_REQ u_dut.walk_req_q
`define FV_LOOKUP_S2 u_dut.s2_valid_q
`define FV_LOOKUP_S2_REQ u_dut.s2_req_q
`define FV_LOOKUP_S1 u_dut.s1_valid_q
`define FV_LOOKUP_S1_REQ u_dut.s1_req_q

// gcm_core itself
`define FV_GCM_DELAY u_dut.delay_q
`define FV_GCM_DELAY_CRYPT u_dut.delay_crypt_q
`define FV_GCM_DELAY_VALID u_dut.delay_valid_q
`define FV_GCM_DELAY_WR u_dut.delay_wr_q
`define FV_GCM_DELAY_RD u_dut.delay_rd_q
`define FV_GCM_X_CRYPT u_dut.x_crypt_q
`define FV_GCM_CRYPT_IN_Y u_dut.y_crypt_q
`define FV_GCM_REGION u_dut.y_region_q
`define FV_GCM_AAD_LEFT u_dut.aad_left_q
`define FV_GCM_FLUSH u_dut.flush_q
`define FV_GCM_OPEN u_dut.open_q
`define FV_GCM_OPEN_ESN u_dut.open_esn_q
`define FV_GCM_TAILS u_dut.tail_q
`define FV_GCM_TAIL_CUT u_dut.tail_cut_q
`define FV_GCM_SPILL u_dut.spill_q
`define FV_GCM_SHORT u_dut.short_q
`define FV_GCM_HELD u_dut.held_q
`define FV_GCM_HELD_LAST u_dut.held_last_q
`define FV_GCM_HELD_CUT u_dut.held_cut_q
`define FV_GCM_BLOCK_DUE u_dut.block_due
`define FV_GCM_TAIL_DUE u_dut.tail_due
`define FV_GCM_OP u_dut.op_valid
`define FV_GCM_OP_LAST u_dut.op_last
`define FV_GCM_OP_CUT u_dut.op_cut
`define FV_GCM_DONE u_dut.hash_done
`define FV_GCM_DONE_CUT u_dut.done_cut_q

// frame_ingress: the frame that is half in
`define FV_INGRESS_MID u_dut.mid_q
`define FV_INGRESS_SWALLOW u_dut.swallow_q
`define FV_INGRESS_SOURCE u_dut.source_q
`define FV_INGRESS_INDEX u_dut.index_q

// sa_mode: verdicts that wait for their slot, what is written, the rows
`define FV_MODE_PHASE u_dut.phase_q
`define FV_MODE_HELD u_dut.held_q
`define FV_MODE_WR u_dut.wr
`define FV_MODE_MEM u_dut.mem
