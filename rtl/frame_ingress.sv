// SPDX-License-Identifier: Apache-2.0
//
// Takes frames from the stream, the diagnostic port or the self-test and makes internal beats of them. The
// source changes only between frames. Frame length rules live here: see docs/theory_of_operation.md.
//
// Timing: no register between source and front; a beat is accepted by the front at the edge of its transfer.

module frame_ingress
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    // Control
    input  logic                open_i,        // a stream frame may start
    input  logic                cut_i,         // soft reset: end what is half in
    output logic                mid_o,         // a frame is half in, or being swallowed
    // Stream
    input  logic                s_valid_i,
    input  logic        [127:0] s_data_i,
    input  logic        [ 15:0] s_keep_i,
    input  logic                s_last_i,
    input  logic        [ 95:0] s_user_i,
    output logic                s_ready_o,
    // Diagnostic port, like the stream
    input  logic                diag_valid_i,
    input  logic        [127:0] diag_data_i,
    input  logic        [ 15:0] diag_keep_i,
    input  logic                diag_last_i,
    input  logic        [ 95:0] diag_user_i,
    output logic                diag_ready_o,
    // Self-test: whole beats only
    input  logic                st_valid_i,
    input  logic        [127:0] st_data_i,
    input  logic                st_last_i,
    input  logic        [  1:0] st_stage_i,
    output logic                st_ready_o,
    // To front 0
    output logic                valid_o,
    output frame_beat_t         beat_o,
    output frame_meta_t         meta_o,        // with the first beat
    input  logic                ready_i
);

  localparam logic [4:0] TailBytes = 5'(MaxFrameBytes - 16 * (MaxFrameBeats - 1));

  frame_kind_e source_q, source;
  logic mid_q;  // a frame is half in
  logic swallow_q;  // rest of a transmit frame that is too long
  logic [9:0] index_q;  // of the next beat, stops at MaxFrameBeats

  // -------------------------------------------------------------------------------------------
  // Source
  // -------------------------------------------------------------------------------------------

  always_comb begin
    source = source_q;
    if (!mid_q) begin
      if (st_valid_i) source = KindSelfTest;
      else if (diag_valid_i) source = KindDiag;
      else source = KindNormal;
    end
  end

  assign s_ready_o = !cut_i &&
      (swallow_q || (ready_i && (mid_q ? source_q == KindNormal
                                       : open_i && !st_valid_i && !diag_valid_i)));
  assign diag_ready_o = !cut_i && !swallow_q && ready_i && source == KindDiag;
  assign st_ready_o = !cut_i && !swallow_q && ready_i && source == KindSelfTest;
  assign mid_o = mid_q || swallow_q;

  logic valid, last;
  logic [15:0] keep;

  always_comb begin
    case (source)
      KindSelfTest: begin
        valid = st_valid_i;
        keep  = '1;
        last  = st_last_i;
      end
      KindDiag: begin
        valid = diag_valid_i;
        keep  = diag_keep_i;
        last  = diag_last_i;
      end
      default: begin
        valid = s_valid_i && (mid_q || open_i);
        keep  = s_keep_i;
        last  = s_last_i;
      end
    endcase
  end

  // -------------------------------------------------------------------------------------------
  // Beat
  // -------------------------------------------------------------------------------------------

  // tkeep is contiguous from bit 0: its length is the place of its last one
  function automatic logic [4:0] bytes_of(input logic [15:0] k);
    logic [4:0] n;
    n = '0;
    for (int unsigned i = 0; i < 16; i++) if (k[i]) n = 5'(i + 1);
    return n;
  endfunction

  function automatic logic [127:0] masked(input logic [127:0] d, input logic [15:0] k);
    logic [127:0] m;
    for (int unsigned w = 0; w < 4; w++) begin
      m[32*w+:32] = d[32*w+:32] & {{8{k[4*w+3]}}, {8{k[4*w+2]}}, {8{k[4*w+1]}}, {8{k[4*w]}}};
    end
    return m;
  endfunction

  logic cut, truncate;
  assign cut = cut_i && mid_q;
  assign truncate = !Receive && index_q == 10'(MaxFrameBeats);

  assign valid_o = cut || (valid && !cut_i && !swallow_q);

  always_comb begin
    beat_o = '0;
    meta_o = '0;
    if (valid_o) begin
      beat_o.cut = cut;
      beat_o.sof = !mid_q;
      if (cut) begin
        beat_o.eof   = 1'b1;
        beat_o.bytes = 5'd1;
      end else begin
        beat_o.eof = last || truncate;
        case (source)
          KindSelfTest: beat_o.data = st_data_i;
          KindDiag: beat_o.data = diag_data_i;
          default: beat_o.data = s_data_i;
        endcase
        beat_o.bytes = 5'd16;
        if (last) begin
          beat_o.bytes = bytes_of(keep);
          beat_o.data  = masked(beat_o.data, keep);
        end
      end
      beat_o.bad_len = index_q == 10'(MaxFrameBeats) ||
          (!cut && last &&
           ((index_q == '0 && beat_o.bytes < 5'(MinFrameBytes)) ||
            (index_q == 10'(MaxFrameBeats - 1) && beat_o.bytes > TailBytes)));
      if (!mid_q) begin
        meta_o.kind  = source;
        meta_o.start = StartEth;
        if (source == KindSelfTest) begin
          meta_o.st_stage = st_stage_i;
          meta_o.start = StartNone;
        end else if (!Receive) begin
          {meta_o.hint, meta_o.tunnel_handle, meta_o.offload_handle} =
              source == KindDiag ? diag_user_i : s_user_i;
          meta_o.level1 = meta_o.tunnel_handle != '0;
        end
      end
    end
  end

  logic xfer;
  assign xfer = valid_o && ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      source_q <= KindNormal;
      mid_q <= 1'b0;
      swallow_q <= 1'b0;
      index_q <= '0;
    end else begin
      if (xfer) begin
        source_q <= source;
        mid_q <= !beat_o.eof;
        swallow_q <= truncate && !last && !cut;
        if (beat_o.eof) index_q <= '0;
        else if (index_q != 10'(MaxFrameBeats)) index_q <= index_q + 1'b1;
      end
      if (swallow_q && (cut_i ||
          (source_q == KindNormal ? s_valid_i && s_last_i : diag_last_i))) begin
        swallow_q <= 1'b0;
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // Integration checks
  // -------------------------------------------------------------------------------------------

  logic stalled_q;
  logic [31:0] held_q;  // what the source showed, folded
  logic [31:0] shown;
  assign shown = s_data_i[31:0] ^ s_data_i[63:32] ^ s_data_i[95:64] ^ s_data_i[127:96] ^
      {s_keep_i, 15'b0, s_last_i};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stalled_q <= 1'b0;
      held_q <= '0;
    end else begin
      stalled_q <= s_valid_i && !s_ready_o;
      if (s_valid_i) begin
        assert (s_last_i || s_keep_i == '1)
        else $error("frame_ingress: tkeep is not all ones on a beat that is not the last");
        assert (s_keep_i[0] && (s_keep_i & (s_keep_i + 16'd1)) == '0)
        else $error("frame_ingress: tkeep is not contiguous from bit 0");
        if (!s_ready_o) held_q <= shown;
      end
      if (stalled_q) begin
        assert (s_valid_i && shown == held_q)
        else $error("frame_ingress: tvalid or payload moved before its transfer");
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else if (xfer) begin
      assert (index_q <= 10'(MaxFrameBeats))
      else $error("frame_ingress: beat index ran away");
      assert (!(mid_q && swallow_q))
      else $error("frame_ingress: swallows in the middle of a frame");
      assert (!mid_q || index_q != '0)
      else $error("frame_ingress: lost count in the middle of a frame");
    end
  end

endmodule
