// SPDX-License-Identifier: Apache-2.0
//
// frame_parser: its request queue. One request a frame, in order, kept until it is taken; room for all frames that the front
// lets in. A portion whose header is whole is in a frame of 4 beats or more.

`include "fv_names.svh"

module fv_frame_parser
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input logic clk_i,
    input logic [15:0] udp_port_i,
    input logic xfer_i,
    input frame_beat_t beat_i,
    input frame_meta_t meta_i,
    input logic [$clog2(FrontBeats)-1:0] beat_wr_i,
    input logic [$clog2(FrontBeats)-1:0] beat_rd_i,
    input logic pop_i,
    input logic done_i,  // the stage takes a frame
    input logic mark_i  // the solver's choice
);

  localparam int unsigned PtrW = $clog2(FrontFrames);
  // phase_e of the parser
  localparam logic [3:0] PhSkip = 4'd0;
  localparam logic [3:0] PhTag = 4'd2;
  localparam logic [3:0] PhIpv4 = 4'd3;
  localparam logic [3:0] PhIpv6 = 4'd4;
  localparam logic [3:0] PhDone = 4'd11;

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic valid;
  lookup_req_t req;

  frame_parser #(
      .Receive(Receive)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .udp_port_i,
      .xfer_i,
      .beat_i,
      .meta_i,
      .beat_wr_i,
      .beat_rd_i,
      .mask_o(),
      .req_valid_o(valid),
      .req_o(req),
      .req_pop_i(pop_i)
  );

  logic mid_q;
  logic [2:0] beats_q;  // of the frame that came last, stops at 7
  logic [PtrW:0] inside_q;  // frames in the front: from their first beat in to their first beat out
  logic [PtrW:0] looked_q;  // requests taken, of frames inside
  logic [PtrW:0] waiting;  // requests in the queue
  logic marked_q, wrote, wrote_q;
  logic [PtrW:0] wr_q, at_q, ahead;
  lookup_req_t kept_q, word, last_word;
  assign waiting = `FV_PARSER_WR - `FV_PARSER_RD;
  assign wrote = `FV_PARSER_WR != wr_q;  // at the last edge
  assign last_word = `FV_PARSER_MEM[wr_q[PtrW-1:0]];
  assign ahead = at_q - `FV_PARSER_RD;
  assign word = `FV_PARSER_MEM[at_q[PtrW-1:0]];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mid_q <= 1'b0;
      beats_q <= '0;
      inside_q <= '0;
      looked_q <= '0;
      wr_q <= '0;
      marked_q <= 1'b0;
    end else begin
      if (xfer_i) begin
        mid_q <= !beat_i.eof;
        beats_q <= beat_i.sof ? 3'd1 : beats_q + 3'(beats_q != '1);
      end
      inside_q <= inside_q + (PtrW + 1)'(xfer_i && beat_i.sof) - (PtrW + 1)'(done_i);
      looked_q <= looked_q + (PtrW + 1)'(pop_i) - (PtrW + 1)'(done_i);
      wr_q <= `FV_PARSER_WR;
      if (wrote && mark_i && !marked_q && !(pop_i && `FV_PARSER_RD == wr_q)) begin
        marked_q <= 1'b1;
        at_q <= wr_q;
        kept_q <= last_word;
      end else if (marked_q && pop_i && ahead == '0) begin
        marked_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!xfer_i || (beat_i.sof == !mid_q && beat_i.bytes <= 5'd16));
      assume (!xfer_i || beat_i.eof || beat_i.bytes == 5'd16);
      // crypto_stage: what is inside a portion starts behind its header
      if (Receive && xfer_i && beat_i.sof && (meta_i.start == StartIpv4 ||
          meta_i.start == StartIpv6 || meta_i.start == StartPair)) begin
        assume (meta_i.start_off >= 14'd50);
      end
      // portion_front: room for a frame, and a frame leaves with its context, which follows its request
      assume (!(xfer_i && beat_i.sof) || inside_q < (PtrW + 1)'(FrontFrames));
      assume (!done_i || looked_q != '0);
      assume (!pop_i || valid);

      // A write that is about to come has room: what waits belongs to frames inside, each has one request.
      Room_A : assert (waiting <= (PtrW + 1)'(FrontFrames));
      OneRequest_A :
      assert ((PtrW + 1)'(waiting + looked_q) + (PtrW + 1)'(`FV_PARSER_PENDING) == inside_q);
      Decided_A : assert (mid_q || !`FV_PARSER_PENDING);
      if (marked_q && ahead == '0) Order_A : assert (valid && req == kept_q);

      // A portion that a stage may work on: its header is whole, and in 4 beats or more.
      if (wrote && beats_q <= 3'd3) Long_A : assert (!last_word.found || last_word.truncated);

      if (mid_q && `FV_PARSER_PENDING && beats_q <= 3'd3) begin
        Whole_I : assert (beats_q != '0 && !`FV_PARSER_WHOLE);
        Off_I : assert (`FV_PARSER_OFF == {7'b0, beats_q, 4'b0} - 14'd2);
        if (`FV_PARSER_PHASE == PhSkip) Skip_I : assert (`FV_PARSER_RESUME >= 14'd50);
        if (beats_q == 3'd1) begin
          One_I :
          assert (!`FV_PARSER_SEEN && (`FV_PARSER_PHASE == PhSkip || (`FV_PARSER_WORD == '0 &&
                  (`FV_PARSER_PHASE == PhTag || `FV_PARSER_PHASE == PhIpv4 ||
                   `FV_PARSER_PHASE == PhIpv6))));
        end
        if (beats_q == 3'd2) begin
          Two_I :
          assert (!`FV_PARSER_SEEN && (`FV_PARSER_PHASE == PhSkip ||
                  (`FV_PARSER_PHASE == PhIpv4 && `FV_PARSER_LAST >= 8'd4 &&
                   (`FV_PARSER_WORD == 8'd3 || `FV_PARSER_WORD == 8'd4)) ||
                  (`FV_PARSER_PHASE == PhIpv6 && `FV_PARSER_WORD <= 8'd4)));
        end
      end
      if (marked_q) Marked_I : assert (ahead < waiting && word == kept_q);
      Inside_I : assert (inside_q <= (PtrW + 1)'(FrontFrames) && looked_q <= inside_q);
      Written_I : assert ((PtrW + 1)'(`FV_PARSER_WR - wr_q) <= (PtrW + 1)'(1));
      if (wrote) WroteIn_I : assert (waiting != '0);
      if (`FV_PARSER_PENDING) NotDone_I : assert (`FV_PARSER_PHASE != PhDone);
    end
  end

endmodule
