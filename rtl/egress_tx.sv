// SPDX-License-Identifier: Apache-2.0
//
// Transmit: the head of the last stage's output queue on the pins or on the diagnostic port; refused frames
// are swallowed here, and this is the only place where a transmit frame can leave. One completion a frame.
//
// Timing: no register; a completion is queued at the edge that takes the frame's last beat, so it shows in
// the clock after. Nothing is shown or swallowed while 16 completions wait.

module egress_tx
  import ipsec_offload_pkg::*;
(
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                clear_i,        // frame number restarts
    output logic                idle_o,         // no completion waits
    // From the last stage
    input  logic                valid_i,
    input  frame_beat_t         beat_i,
    input  frame_meta_t         meta_i,
    output logic                ready_o,
    // Pins
    output logic                m_valid_o,
    output logic        [127:0] m_data_o,
    output logic        [ 15:0] m_keep_o,
    output logic                m_last_o,
    input  logic                m_ready_i,
    output logic                cpl_valid_o,
    output logic        [ 63:0] cpl_data_o,
    input  logic                cpl_ready_i,
    // Diagnostic port: always taken
    output logic                dsink_valid_o,
    output logic        [127:0] dsink_data_o,
    output logic        [ 15:0] dsink_keep_o,
    output logic                dsink_last_o,
    output logic                dcpl_valid_o,
    output logic        [ 63:0] dcpl_data_o,
    // Counters
    output path_event_t         event_o
);

  localparam int unsigned PtrW = $clog2(CplDepth);
  localparam logic [31:0] NdisStatusSuccess = 32'h0000_0000;
  localparam logic [31:0] NdisStatusFailure = 32'hC000_0001;

  typedef struct packed {
    logic [31:0] number;
    logic refused;
  } completion_t;

  completion_t cpl_q[CplDepth];
  logic [PtrW:0] cpl_wr_q, cpl_rd_q;
  logic [31:0] number_q;
  logic room, pop, done;

  assign room = (PtrW + 1)'(cpl_wr_q - cpl_rd_q) < (PtrW + 1)'(CplDepth);

  logic [15:0] keep;
  assign keep = 16'((17'd1 << beat_i.bytes) - 17'd1);

  logic leaves;  // bytes of this frame leave the device
  assign leaves = valid_i && room && !meta_i.refused && !meta_i.discard;

  always_comb begin
    m_valid_o = leaves && meta_i.kind == KindNormal;
    m_data_o  = '0;
    m_keep_o  = '0;
    m_last_o  = 1'b0;
    if (m_valid_o) begin
      m_data_o = beat_i.data;
      m_keep_o = keep;
      m_last_o = beat_i.eof;
    end
  end

  always_comb begin
    dsink_valid_o = leaves && meta_i.kind == KindDiag;
    dsink_data_o  = '0;
    dsink_keep_o  = '0;
    dsink_last_o  = 1'b0;
    if (dsink_valid_o) begin
      dsink_data_o = beat_i.data;
      dsink_keep_o = keep;
      dsink_last_o = beat_i.eof;
    end
  end

  assign ready_o = room && (!m_valid_o || m_ready_i);
  assign pop = valid_i && ready_o;
  assign done = pop && beat_i.eof && meta_i.kind != KindSelfTest && !meta_i.discard;

  logic [31:0] status;
  assign status = meta_i.refused ? NdisStatusFailure : NdisStatusSuccess;
  assign dcpl_valid_o = done && meta_i.kind == KindDiag;
  assign dcpl_data_o = dcpl_valid_o ? {number_q, status} : '0;

  logic cpl_push, cpl_pop;
  assign cpl_push = done && meta_i.kind == KindNormal;
  assign cpl_valid_o = cpl_wr_q != cpl_rd_q;
  assign cpl_pop = cpl_valid_o && cpl_ready_i;
  assign idle_o = !cpl_valid_o;

  completion_t head;
  assign head = cpl_q[cpl_rd_q[PtrW-1:0]];
  assign cpl_data_o = cpl_valid_o
      ? {head.number, head.refused ? NdisStatusFailure : NdisStatusSuccess} : '0;

  logic [10:0] beats_q;  // beats of this frame taken before; refused frames are cut at 603
  logic handles;
  assign handles = meta_i.offload_handle != '0 || meta_i.tunnel_handle != '0;

  always_ff @(posedge clk_i) begin
    if (cpl_push) cpl_q[cpl_wr_q[PtrW-1:0]] <= '{number: number_q, refused: meta_i.refused};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cpl_wr_q <= '0;
      cpl_rd_q <= '0;
      number_q <= '0;
      beats_q  <= '0;
      event_o  <= '0;
    end else begin
      if (cpl_push) cpl_wr_q <= cpl_wr_q + 1'b1;
      if (cpl_pop) cpl_rd_q <= cpl_rd_q + 1'b1;
      if (clear_i) number_q <= '0;
      else if (done) number_q <= number_q + 32'd1;
      if (pop) beats_q <= beat_i.eof ? '0 : beats_q + 1'b1;
      event_o <= '0;
      if (done) begin
        event_o.frame <= 1'b1;
        event_o.frame_bytes <= {beats_q[9:0], 4'b0} + {9'b0, beat_i.bytes};
        event_o.bad_length <= beat_i.bad_len;
        event_o.refused <= meta_i.refused;
        event_o.passed <= !handles && !meta_i.refused;
        event_o.processed <= handles && !meta_i.refused;
        event_o.two <= meta_i.tunnel_handle != '0 && !meta_i.refused;
      end
    end
  end

  logic unused;
  assign unused = ^{meta_i.level1, beat_i.sof, beat_i.cut, meta_i.st_stage, meta_i.start,
                    meta_i.start_off, meta_i.limit, meta_i.hint, meta_i.rx_slot1,
                    meta_i.rx_slot12};

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  logic stalled_q, cpl_stalled_q;
  logic [31:0] held_q, cpl_held_q;  // what the pins showed, folded

  function automatic logic [31:0] fold(input logic [127:0] data, input logic [15:0] lanes,
                                       input logic last);
    return data[31:0] ^ data[63:32] ^ data[95:64] ^ data[127:96] ^ {lanes, 15'b0, last};
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stalled_q <= 1'b0;
      held_q <= '0;
      cpl_stalled_q <= 1'b0;
      cpl_held_q <= '0;
    end else begin
      stalled_q <= m_valid_o && !m_ready_i;
      if (m_valid_o && !m_ready_i) held_q <= fold(m_data_o, m_keep_o, m_last_o);
      if (stalled_q) begin
        assert (m_valid_o && fold(m_data_o, m_keep_o, m_last_o) == held_q)
        else $error("egress_tx: payload moved while stalled");
      end
      cpl_stalled_q <= cpl_valid_o && !cpl_ready_i;
      if (cpl_valid_o && !cpl_ready_i) cpl_held_q <= cpl_data_o[63:32] ^ cpl_data_o[31:0];
      if (cpl_stalled_q) begin
        assert (cpl_valid_o && (cpl_data_o[63:32] ^ cpl_data_o[31:0]) == cpl_held_q)
        else $error("egress_tx: completion moved while stalled");
      end
      if (valid_i) begin
        assert (!(m_valid_o || dsink_valid_o) || !(meta_i.refused || meta_i.discard))
        else $error("egress_tx: a byte of a refused frame leaves");
        assert ((PtrW + 1)'(cpl_wr_q - cpl_rd_q) <= (PtrW + 1)'(CplDepth))
        else $error("egress_tx: completion queue overflow");
        assert (!cpl_push || room)
        else $error("egress_tx: frame taken without room for its completion");
        assert (!beats_q[10])
        else $error("egress_tx: a frame longer than ingress lets in");
      end
    end
  end

endmodule
