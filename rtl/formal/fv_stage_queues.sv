// SPDX-License-Identifier: Apache-2.0
//
// crypto_stage: its buffer and its output queue: room, order, contents, and a beat at the output stays until it is
// taken. gcm_core is its stand-in.

`include "fv_names.svh"

module fv_stage_queues
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input logic clk_i,
    input logic valid_i,
    input frame_beat_t beat_i,
    input logic [15:0] mask_i,
    input stage_ctx_t ctx_i,
    input logic ready_i,
    input logic mark_buffer_i,  // the solver's choice
    input logic mark_queue_i
);

  localparam int unsigned BufW = $clog2(StageBeats);
  localparam int unsigned OutW = $clog2(OutBeats);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic ready, valid;
  frame_beat_t beat;
  frame_meta_t meta;

  crypto_stage #(
      .Receive(Receive)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i(1'b0),
      .valid_i,
      .beat_i,
      .mask_i,
      .ctx_i,
      .ready_o(ready),
      .valid_o(valid),
      .beat_o(beat),
      .meta_o(meta),
      .ready_i,
      .mode_wr_o(),
      .verdicts_o(),
      .sa_count_o(),
      .delete_query_o(),
      .delete_req_i(1'b0)
  );

  logic take, give;
  assign take = valid_i && ready;
  assign give = valid && ready_i;

  // One beat on its way through the buffer, one through the queue
  logic buffered_q, read_q, queued_q, stalled_q;
  logic [BufW-1:0] buffer_at_q, buffer_ahead;
  logic [OutW-1:0] queue_at_q, queue_ahead;
  frame_beat_t buffered_beat_q, queued_beat_q, stalled_beat_q, buffer_word, queue_word;

  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni && valid && !ready_i;
    stalled_beat_q <= beat;
    if (!rst_ni) begin
      buffered_q <= 1'b0;
      read_q <= 1'b0;
      queued_q <= 1'b0;
    end else begin
      read_q <= 1'b0;
      if (`FV_STAGE_Y && mark_buffer_i && !buffered_q && !read_q) begin
        buffered_q <= 1'b1;
        buffer_at_q <= `FV_STAGE_BUFFER_WR;
        buffered_beat_q <= `FV_STAGE_Y_BEAT;
      end else if (buffered_q && `FV_STAGE_READ && `FV_STAGE_BUFFER_RD == buffer_at_q) begin
        buffered_q <= 1'b0;
        read_q <= 1'b1;
      end
      if (`FV_STAGE_READ_VALID && mark_queue_i && !queued_q) begin
        queued_q <= 1'b1;
        queue_at_q <= `FV_STAGE_QUEUE_WR;
        queued_beat_q <= `FV_STAGE_DONE;
      end else if (queued_q && give && `FV_STAGE_QUEUE_RD == queue_at_q) begin
        queued_q <= 1'b0;
      end
    end
  end
  assign buffer_ahead = buffer_at_q - `FV_STAGE_BUFFER_RD;
  assign queue_ahead  = queue_at_q - `FV_STAGE_QUEUE_RD;
  assign buffer_word  = `FV_STAGE_BUFFER[buffer_at_q];
  assign queue_word   = `FV_STAGE_QUEUE[queue_at_q];

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      TakeRoom_A : assert (!take || `FV_STAGE_BEATS < (BufW + 1)'(StageBeats));
      BufferRoom_A : assert (!`FV_STAGE_Y || `FV_STAGE_STORED < (BufW + 1)'(StageBeats));
      BufferRead_A : assert (!`FV_STAGE_READ || `FV_STAGE_STORED != '0);
      if (read_q)
        BufferOrder_A : assert (`FV_STAGE_READ_VALID && `FV_STAGE_READ_BEAT == buffered_beat_q);
      QueueRoom_A : assert (!`FV_STAGE_READ_VALID || `FV_STAGE_QUEUED < (OutW + 1)'(OutBeats));
      if (queued_q && queue_ahead == '0) QueueOrder_A : assert (valid && beat == queued_beat_q);
      if (stalled_q) Stays_A : assert (valid && beat == stalled_beat_q);

      Reserved_I :
      assert (`FV_STAGE_BEATS == `FV_STAGE_STORED + (BufW + 1)'(`FV_STAGE_X) +
                (BufW + 1)'(`FV_STAGE_Y) &&
              `FV_STAGE_BEATS <= (BufW + 1)'(StageBeats) && `FV_STAGE_STORED <= `FV_STAGE_BEATS);
      Buffer_I :
      assert (BufW'(`FV_STAGE_BUFFER_WR - `FV_STAGE_BUFFER_RD) == `FV_STAGE_STORED[BufW-1:0]);
      if (buffered_q) begin
        BufferMark_I :
        assert ((BufW + 1)'(buffer_ahead) < `FV_STAGE_STORED && buffer_word == buffered_beat_q);
      end
      Out_I :
      assert (`FV_STAGE_OUT == `FV_STAGE_QUEUED + (OutW + 1)'(`FV_STAGE_READ_VALID) &&
              `FV_STAGE_OUT <= (OutW + 1)'(OutBeats) && `FV_STAGE_QUEUED <= `FV_STAGE_OUT);
      Queue_I :
      assert (OutW'(`FV_STAGE_QUEUE_WR - `FV_STAGE_QUEUE_RD) == `FV_STAGE_QUEUED[OutW-1:0]);
      if (queued_q) begin
        QueueMark_I :
        assert ((OutW + 1)'(queue_ahead) < `FV_STAGE_QUEUED && queue_word == queued_beat_q);
      end
    end
  end

endmodule
