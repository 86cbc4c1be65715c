// SPDX-License-Identifier: Apache-2.0
//
// frame_ingress: what it gives to the first front is what all proofs behind assume (framing, bytes, cuts), and each beat that
// a source gives away goes on as one beat of its frame, or is the rest of a transmit frame that is too long.

`include "fv_names.svh"

module fv_frame_ingress
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input logic clk_i,
    input logic open_i,
    input logic cut_i,
    input logic s_valid_i,
    input logic [127:0] s_data_i,
    input logic [15:0] s_keep_i,
    input logic s_last_i,
    input logic [95:0] s_user_i,
    input logic diag_valid_i,
    input logic [127:0] diag_data_i,
    input logic [15:0] diag_keep_i,
    input logic diag_last_i,
    input logic [95:0] diag_user_i,
    input logic st_valid_i,
    input logic [127:0] st_data_i,
    input logic st_last_i,
    input logic [1:0] st_stage_i,
    input logic ready_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic s_ready, diag_ready, st_ready, valid;
  frame_beat_t beat;
  frame_meta_t meta;

  frame_ingress #(
      .Receive(Receive)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .open_i,
      .cut_i,
      .mid_o(),
      .s_valid_i,
      .s_data_i,
      .s_keep_i,
      .s_last_i,
      .s_user_i,
      .s_ready_o(s_ready),
      .diag_valid_i,
      .diag_data_i,
      .diag_keep_i,
      .diag_last_i,
      .diag_user_i,
      .diag_ready_o(diag_ready),
      .st_valid_i,
      .st_data_i,
      .st_last_i,
      .st_stage_i,
      .st_ready_o(st_ready),
      .valid_o(valid),
      .beat_o(beat),
      .meta_o(meta),
      .ready_i
  );

  logic mid_q;  // a frame is half in
  logic rest_q;  // its rest is swallowed
  frame_kind_e kind_q, kind;  // of it
  logic [9:0] beats_q;  // of it, stops at 1,023
  logic push, s_push, diag_push, st_push;
  assign push = valid && ready_i;
  assign s_push = s_valid_i && s_ready;
  assign diag_push = diag_valid_i && diag_ready;
  assign st_push = st_valid_i && st_ready;
  assign kind = mid_q ? kind_q : meta.kind;

  logic [127:0] mask;
  always_comb for (int unsigned i = 0; i < 16; i++) mask[8*i+:8] = {8{s_keep_i[i]}};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mid_q   <= 1'b0;
      rest_q  <= 1'b0;
      beats_q <= '0;
    end else begin
      if (push) begin
        mid_q <= !beat.eof;
        kind_q <= kind;
        beats_q <= beat.eof ? '0 : beats_q == '1 ? beats_q : beats_q + 10'd1;
        rest_q  <= beat.eof && !beat.cut && !(s_push && s_last_i) &&
            !(diag_push && diag_last_i) && !(st_push && st_last_i);
      end else if (cut_i || (s_push && s_last_i)) begin
        rest_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Asserted on the pins
      assume (!s_valid_i || (s_keep_i[0] && (s_keep_i & (s_keep_i + 16'd1)) == '0 &&
              (s_last_i || s_keep_i == '1)));
      // diag_port, self_test: their frames are short
      assume (!mid_q || kind_q == KindNormal || beats_q < 10'd512);
      assume (diag_keep_i[0] && (diag_keep_i & (diag_keep_i + 16'd1)) == '0);

      if (valid) begin
        Framing_A : assert (beat.sof == !mid_q);
        Bytes_A : assert (beat.bytes != '0 && beat.bytes <= 5'd16);
        Whole_A : assert (beat.eof || beat.bytes == 5'd16);
        Cut_A : assert (!beat.cut || (beat.eof && mid_q && cut_i));
      end
      OneSource_A :
      assert ({1'b0, s_push && !rest_q} + {1'b0, diag_push} + {1'b0, st_push} ==
              {1'b0, push && !beat.cut});
      if (s_push && !rest_q) begin
        Stream_A :
        assert (kind == KindNormal && beat.data == (s_last_i ? s_data_i & mask : s_data_i) &&
                (beat.eof == s_last_i || (!Receive && beat.eof)));
      end
      if (push && !beat.cut && mid_q) OneFrame_A : assert ((kind_q == KindNormal) == s_push);
      Short_A : assert (Receive || beats_q <= 10'(MaxFrameBeats));
      Rest_A : assert (!rest_q || (!Receive && !valid && !mid_q));

      State_I :
      assert (`FV_INGRESS_MID == mid_q && `FV_INGRESS_SWALLOW == rest_q && (!mid_q ||
              (`FV_INGRESS_SOURCE == kind_q && beats_q != '0)));
      if (!mid_q) None_I : assert (beats_q == '0);
      if (rest_q) RestKind_I : assert (`FV_INGRESS_SOURCE == KindNormal);
      Kind_I : assert (`FV_INGRESS_SOURCE != 2'd3);
      Index_I :
      assert (`FV_INGRESS_INDEX == (beats_q > 10'(MaxFrameBeats) ? 10'(MaxFrameBeats) : beats_q));
    end
  end

endmodule
