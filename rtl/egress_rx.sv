// SPDX-License-Identifier: Apache-2.0
//
// Receive: the head of the last stage's output queue on the pins, on the diagnostic port, or swallowed.
//
// Timing: no register; the queue's registers are the pins. Events are set at the edge that takes the last beat.

module egress_rx
  import ipsec_offload_pkg::*;
(
    input  logic                clk_i,
    input  logic                rst_ni,
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
    output logic        [ 63:0] m_user_o,
    input  logic                m_ready_i,
    // Diagnostic port: always taken
    output logic                dsink_valid_o,
    output logic        [127:0] dsink_data_o,
    output logic        [ 15:0] dsink_keep_o,
    output logic                dsink_last_o,
    output logic        [ 63:0] dsink_user_o,
    // Counters
    output path_event_t         event_o
);

  logic [15:0] keep;
  assign keep = 16'((17'd1 << beat_i.bytes) - 17'd1);

  always_comb begin
    m_valid_o = valid_i && meta_i.kind == KindNormal && !meta_i.discard;
    m_data_o  = '0;
    m_keep_o  = '0;
    m_last_o  = 1'b0;
    m_user_o  = '0;
    if (m_valid_o) begin
      m_data_o = beat_i.data;
      m_keep_o = keep;
      m_last_o = beat_i.eof;
      m_user_o = {meta_i.rx_slot12, meta_i.rx_slot1};
    end
  end

  always_comb begin
    dsink_valid_o = valid_i && meta_i.kind == KindDiag && !meta_i.discard;
    dsink_data_o  = '0;
    dsink_keep_o  = '0;
    dsink_last_o  = 1'b0;
    dsink_user_o  = '0;
    if (dsink_valid_o) begin
      dsink_data_o = beat_i.data;
      dsink_keep_o = keep;
      dsink_last_o = beat_i.eof;
      dsink_user_o = {meta_i.rx_slot12, meta_i.rx_slot1};
    end
  end

  assign ready_o = !m_valid_o || m_ready_i;

  logic pop;
  logic [10:0] beats_q;  // beats of this frame taken before, stops at 1,024
  assign pop = valid_i && ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beats_q <= '0;
      event_o <= '0;
    end else begin
      event_o <= '0;
      if (pop) begin
        if (beat_i.eof) beats_q <= '0;
        else if (!beats_q[10]) beats_q <= beats_q + 1'b1;
        if (beat_i.eof && meta_i.kind != KindSelfTest && !meta_i.discard && !beat_i.cut) begin
          event_o.frame <= 1'b1;
          // 1,023 beats and a full one are 16,384 bytes, more than the counter's input holds
          event_o.frame_bytes <= beats_q[10] || (&beats_q[9:0] && beat_i.bytes[4]) ? '0
                                 : {beats_q[9:0], 4'b0} + {9'b0, beat_i.bytes};
          event_o.bad_length <= beat_i.bad_len;
          event_o.processed <= meta_i.rx_slot1[Slot1CryptoDone];
          event_o.two <= meta_i.rx_slot1[Slot1NextCryptoDone];
          event_o.delete_req <= meta_i.rx_slot1[Slot1SaDeleteReq];
          event_o.passed <= !meta_i.rx_slot1[Slot1CryptoDone] && !beat_i.bad_len;
          for (int unsigned i = 0; i < 8; i++) begin
            event_o.status[i] <= meta_i.rx_slot1[Slot1CryptoDone] &&
                meta_i.rx_slot1[31:16] == 16'(i);
          end
        end
      end
    end
  end

  logic unused;
  assign unused = ^{meta_i.level1, beat_i.sof, meta_i.st_stage, meta_i.refused, meta_i.start,
                    meta_i.start_off, meta_i.limit, meta_i.offload_handle, meta_i.tunnel_handle,
                    meta_i.hint};

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  logic stalled_q;
  logic [31:0] held_q;  // what the pins showed, folded

  function automatic logic [31:0] fold(input logic [127:0] data, input logic [15:0] lanes,
                                       input logic last, input logic [63:0] user);
    return data[31:0] ^ data[63:32] ^ data[95:64] ^ data[127:96] ^ {lanes, 15'b0, last} ^
        user[31:0] ^ user[63:32];
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stalled_q <= 1'b0;
      held_q <= '0;
    end else begin
      stalled_q <= m_valid_o && !m_ready_i;
      if (m_valid_o && !m_ready_i) held_q <= fold(m_data_o, m_keep_o, m_last_o, m_user_o);
      if (stalled_q) begin
        assert (m_valid_o && fold(m_data_o, m_keep_o, m_last_o, m_user_o) == held_q)
        else $error("egress_rx: payload moved while stalled");
      end
      if (valid_i) begin
        assert (!meta_i.rx_slot1[Slot1NextCryptoDone] || meta_i.rx_slot1[Slot1CryptoDone])
        else $error("egress_rx: NextCryptoDone without CryptoDone");
        assert (!meta_i.rx_slot1[Slot1SaDeleteReq] ||
                (meta_i.rx_slot1[Slot1CryptoDone] && meta_i.rx_slot1[31:16] == '0))
        else $error("egress_rx: SaDeleteReq on a frame that is not good");
        assert (!beat_i.bad_len || meta_i.rx_slot1 == '0)
        else $error("egress_rx: words of a frame of bad length");
        assert (!(m_valid_o && dsink_valid_o))
        else $error("egress_rx: one beat to two places");
      end
    end
  end

endmodule
