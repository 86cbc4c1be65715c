// SPDX-License-Identifier: Apache-2.0
//
// portion_front: its beat FIFO and frame count. frame_parser and sa_lookup are cut points: what they say is free.

`include "fv_names.svh"

module fv_portion_front
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter bit Sum = 1'b0  // small FIFO: count its first beats
) (
    input logic        clk_i,
    input logic        mark_i,      // the solver's choice
    input logic        clear_i,
    input path_cfg_t   cfg_i,
    input logic [15:0] udp_port_i,
    input logic        valid_i,
    input frame_beat_t beat_i,
    input frame_meta_t meta_i,
    input logic        ready_i,
    input table_rsp_t  table_rsp_i
);

  localparam int unsigned PtrW = $clog2(FrontBeats);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic ready, valid;
  frame_beat_t beat;

  portion_front #(
      .Receive(Receive)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i,
      .cfg_i,
      .udp_port_i,
      .valid_i,
      .beat_i,
      .meta_i,
      .ready_o    (ready),
      .valid_o    (valid),
      .beat_o     (beat),
      .mask_o     (),
      .ctx_o      (),
      .ready_i,
      .table_req_o(),
      .table_rsp_i,
      .taken_o    (),
      .parity_o   ()
  );

  logic push, pop;
  assign push = valid_i && ready;
  assign pop  = valid && ready_i;

  // Beats and frames that went in and out; one beat, whichever, is marked.
  logic [PtrW:0] pushes_q, pops_q, marked_at_q, fill, ahead;
  logic [7:0] frames_q;
  logic marked_q, stalled_q;
  frame_beat_t marked_beat_q, stalled_beat_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && valid && !ready_i;
    stalled_beat_q <= beat;
    if (!rst_ni) begin
      pushes_q <= '0;
      pops_q   <= '0;
      frames_q <= '0;
      marked_q <= 1'b0;
    end else begin
      pushes_q <= pushes_q + (PtrW + 1)'(push);
      pops_q   <= pops_q + (PtrW + 1)'(pop);
      frames_q <= frames_q + 8'(push && beat_i.sof) - 8'(pop && beat.sof);
      if (push && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        marked_at_q <= pushes_q;
        marked_beat_q <= beat_i;
      end else if (pop && pops_q == marked_at_q) begin
        marked_q <= 1'b0;
      end
    end
  end
  assign fill  = pushes_q - pops_q;
  assign ahead = marked_at_q - pops_q;

  frame_beat_t marked_word;
  assign marked_word = `FV_FRONT_MEM[marked_at_q[PtrW-1:0]];

  logic [7:0] sofs;
  if (Sum) begin : gen_sum
    always_comb begin
      sofs = '0;
      for (int unsigned i = 0; i < FrontBeats; i++) begin
        frame_beat_t word;
        logic [PtrW-1:0] at;
        at   = PtrW'(pops_q + (PtrW + 1)'(i));
        word = `FV_FRONT_MEM[at];
        if ((PtrW + 1)'(i) < fill) sofs = sofs + 8'(word.sof);
      end
    end
  end else begin : gen_no_sum
    assign sofs = frames_q;
  end

  logic ctx_q;
  always_ff @(posedge clk_i) ctx_q <= rst_ni && `FV_FRONT_CTX && !(pop && beat.sof);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // A context stays until it is taken.
      if (ctx_q) assume (`FV_FRONT_CTX);

      NoOverflow_A : assert (!push || fill < (PtrW + 1)'(FrontBeats));
      NoUnderflow_A : assert (!valid || fill != '0);
      FramesBound_A : assert (frames_q <= 8'(FrontFrames));
      FirstWaits_A : assert (!(valid && beat.sof) || `FV_FRONT_CTX);
      NoStuck_A : assert (!(fill != '0 && `FV_FRONT_CTX) || valid);
      if (marked_q && ahead == '0) Order_A : assert (!valid || beat == marked_beat_q);
      if (stalled_q) Stays_A : assert (valid && beat == stalled_beat_q);

      Pointers_I : assert (`FV_FRONT_WR == pushes_q && `FV_FRONT_RD == pops_q);
      Count_I : assert (`FV_FRONT_BEATS == fill && fill <= (PtrW + 1)'(FrontBeats));
      if (marked_q) Marked_I : assert (ahead < fill && marked_word == marked_beat_q);
      if (Sum) begin
        FramesInside_A : assert (frames_q == sofs);
        Frames_I : assert (8'(`FV_FRONT_FRAMES) == frames_q);
      end else begin
        // That the count of frames does not wrap is proved with a small FIFO.
        assume (!(pop && beat.sof) || frames_q != '0);
        FramesBig_I : assert (8'(`FV_FRONT_FRAMES) == frames_q);
      end
    end
  end

endmodule
