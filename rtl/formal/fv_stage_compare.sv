// SPDX-License-Identifier: Apache-2.0
//
// Receive crypto_stage: the comparison of tag and ICV is one of every byte of both. One byte of the ICV of whatever length,
// and a bit of it, are chosen; if the comparison is good, that bit of the tag is that of the frame, as its beats have
// passed Y. With stage_rx_control, which has the comparison as a free bit, this is "no plaintext before its verdict".

`include "fv_names.svh"

module fv_stage_compare
  import ipsec_offload_pkg::*;
(
    input logic clk_i,
    input logic valid_i,
    input frame_beat_t beat_i,
    input logic [15:0] mask_i,
    input stage_ctx_t ctx_i,
    input logic ready_i,
    input logic [6:0] choice_i  // the solver's choice, taken once: byte and bit
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  localparam int unsigned BufW = $clog2(StageBeats);

  crypto_stage #(
      .Receive(1'b1),
      .Last(1'b0)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .valid_i,
      .beat_i,
      .mask_i,
      .ctx_i,
      .ready_o(),
      .valid_o(),
      .beat_o(),
      .meta_o(),
      .ready_i,
      .mode_wr_o(),
      .verdicts_o(),
      .sa_count_o(),
      .delete_query_o(),
      .delete_req_i(1'b0)
  );

  logic [3:0] icv_byte;
  logic [2:0] icv_bit;
  always_ff @(posedge clk_i) if (!rst_ni) {icv_byte, icv_bit} <= choice_i;

  // The frame in Y
  logic y_crypt_q, y_crypt, wire_q, wire_now, y_mid_q;
  logic [13:0] off_q, off, at;  // of the ICV, of the byte that is looked at
  logic [4:0] len_q, len;
  logic ends;  // with a tag to come
  assign y_crypt = `FV_STAGE_Y_BEAT.sof ?
      `FV_STAGE_POST_NOW.crypt && `FV_STAGE_POST_NOW.status == '0 : y_crypt_q;
  assign off = `FV_STAGE_Y_BEAT.sof ? `FV_STAGE_POST_NOW.icv_off : off_q;
  assign len = `FV_STAGE_Y_BEAT.sof ? `FV_STAGE_POST_NOW.icv_len : len_q;
  assign at = off + {10'b0, icv_byte};
  assign wire_now = `FV_GCM_Y_INDEX == at[13:4] ? `FV_STAGE_Y_BEAT.data[{at[3:0], icv_bit}] :
      wire_q;
  assign ends = `FV_STAGE_Y && `FV_STAGE_Y_BEAT.eof && !`FV_STAGE_Y_BEAT.cut && y_crypt;

  // The frame with crypto that ended last, and how long ago: as it ended, and when the stage keeps its ICV
  logic [5:0] tail_q;
  logic [4:0] tail_len_q, kept_len_q;
  logic tail_wire_q, tail_whole_q, kept_wire_q, kept_whole_q;  // whole: the byte was in the frame
  logic [3:0] tail_lane_q, kept_lane_q;
  logic dirty_q;  // the ICV of another may have come since
  // The comparison
  logic compared_q, tag_bit_q, wire_bit_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      y_mid_q <= 1'b0;
      y_crypt_q <= 1'b0;
      tail_q <= '0;
      tail_len_q <= '0;
      tail_lane_q <= '0;
      tail_whole_q <= 1'b0;
      dirty_q <= 1'b0;
      compared_q <= 1'b0;
    end else begin
      tail_q <= {tail_q[4:0], ends};
      if (`FV_STAGE_Y) begin
        y_mid_q <= !`FV_STAGE_Y_BEAT.eof;
        y_crypt_q <= y_crypt;
        off_q <= off;
        len_q <= len;
        wire_q <= wire_now;
      end
      if (ends) dirty_q <= 1'b0;
      else if (`FV_STAGE_Y && y_crypt && `FV_GCM_Y_INDEX >= 10'd3) dirty_q <= 1'b1;
      if (ends) begin
        tail_len_q   <= len;
        tail_lane_q  <= off[3:0];
        tail_wire_q  <= wire_now;
        tail_whole_q <= `FV_GCM_Y_INDEX >= at[13:4];
      end
      if (tail_q[2]) begin
        kept_len_q   <= tail_len_q;
        kept_lane_q  <= tail_lane_q;
        kept_wire_q  <= tail_wire_q;
        kept_whole_q <= tail_whole_q;
      end
      compared_q <= tail_q[5:3] != '0 && `FV_STAGE_TAG_VALID && kept_whole_q &&
          {1'b0, icv_byte} < kept_len_q;
      tag_bit_q <= `FV_STAGE_TAG[{icv_byte, icv_bit}];
      wire_bit_q <= kept_wire_q;
    end
  end

  // Lane of the byte in the ICV as the stage keeps it
  logic [3:0] y_lane, tail_lane, kept_lane;
  assign y_lane = off_q[3:0] + icv_byte;
  assign tail_lane = tail_lane_q + icv_byte;
  assign kept_lane = kept_lane_q + icv_byte;

  logic [13:0] at_q;
  assign at_q = off_q + {10'b0, icv_byte};
  logic [10:0] y_beats;  // beats of the frame in Y in front of the clock before
  logic spaced_ok;
  assign y_beats = {1'b0, `FV_GCM_Y_INDEX} + 11'(!`FV_STAGE_Y);
  always_comb begin
    spaced_ok = 1'b1;
    for (int unsigned i = 0; i < 6; i++) begin
      if ((tail_q[i] || `FV_STAGE_ENDED[i]) &&
          (`FV_STAGE_Y ? !`FV_STAGE_Y_BEAT.sof : y_mid_q) && y_beats > 11'(i)) begin
        spaced_ok = 1'b0;
      end
      for (int unsigned j = i + 1; j < 6 && j < i + 4; j++) begin
        if (tail_q[i] && tail_q[j]) spaced_ok = 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!valid_i || beat_i.bytes <= 5'd16);
      if (`FV_STAGE_Y) begin
        // Proved in stage_rx_control
        assume (`FV_STAGE_Y_BEAT.sof == !y_mid_q);
        // Asserted in the stage
        if (`FV_STAGE_Y_BEAT.sof && y_crypt) begin
          assume (off >= 14'd48 && off <= 14'(MaxFrameBytes) - 14'd8);
        end
        if (ends) assume (`FV_GCM_Y_INDEX >= 10'd3);
      end

      if (compared_q) Compared_A : assert (!`FV_STAGE_ICV_GOOD || tag_bit_q == wire_bit_q);

      YCrypt_I : assert (`FV_STAGE_Y_CRYPT == y_crypt_q);
      if (y_mid_q && y_crypt_q) begin
        Off_I : assert (`FV_STAGE_ICV_OFF == off_q && `FV_STAGE_ICV_LEN == len_q);
        Range_I : assert (off_q >= 14'd48 && off_q <= 14'(MaxFrameBytes) - 14'd8);
        // The last beat in front of Y has been looked at.
        if (y_beats > {1'b0, at_q[13:4]} && (!`FV_STAGE_Y || !`FV_STAGE_Y_BEAT.sof)) begin
          Wire_I : assert (`FV_STAGE_ICV[{y_lane, icv_bit}] == wire_q);
        end
      end
      Tail_I : assert (`FV_STAGE_TAIL_LANE == tail_lane_q && `FV_STAGE_TAIL_LEN == tail_len_q);
      if (tail_q[3:0] != '0) Clean_I : assert (!dirty_q);
      if (tail_q[4]) begin
        Dirty_I : assert (!(dirty_q || tail_q[0]) || `FV_STAGE_ENDED[2:1] == '0);
      end
      if (tail_whole_q && !dirty_q) begin
        TailWire_I : assert (`FV_STAGE_ICV[{tail_lane, icv_bit}] == tail_wire_q);
      end
      if (tail_q[3] || (tail_q[4] && !tail_q[0])) begin
        Same_I :
        assert (kept_lane_q == tail_lane_q && kept_len_q == tail_len_q &&
                kept_wire_q == tail_wire_q && kept_whole_q == tail_whole_q);
      end
      if (tail_q[5:3] != '0) begin
        Kept_I : assert (`FV_STAGE_V_LANE == kept_lane_q && `FV_STAGE_V_LEN == kept_len_q);
        if (kept_whole_q) KeptWire_I : assert (`FV_STAGE_V_ICV[{kept_lane, icv_bit}] == kept_wire_q);
      end
      if (`FV_STAGE_Y && `FV_STAGE_Y_BEAT.sof) First_I : assert (`FV_GCM_Y_INDEX == '0);
      Spaced_I : assert (spaced_ok);
      Ended_I : assert ((tail_q & (~`FV_STAGE_ENDED[5:0] | `FV_STAGE_CUT[5:0])) == '0);
      Reserved_I :
      assert (`FV_STAGE_BEATS == `FV_STAGE_STORED + (BufW + 1)'(`FV_STAGE_X) +
                (BufW + 1)'(`FV_STAGE_Y) &&
              `FV_STAGE_BEATS <= (BufW + 1)'(StageBeats) && `FV_STAGE_STORED <= `FV_STAGE_BEATS);
    end
  end

endmodule
