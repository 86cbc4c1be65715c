// SPDX-License-Identifier: Apache-2.0
//
// Finds the next portion of a frame while its beats are written into the front's FIFO, and queues one
// request per frame.
//
// Ethernet is 14 bytes, so behind it (and behind a tag of 4 more) every header word is misaligned by two
// bytes. The parser looks at the frame shifted by two bytes: word k of group j holds bytes 16*j + 4*k - 2 to
// 16*j + 4*k + 1, and every field of every header, of inner headers too, lies in whole words. Four words
// arrive with a beat and pass one after the other through the same step; a header can therefore start in
// any lane.
//
// Timing: the request is in the queue after the edge that accepts the decision beat
// (docs/cycle_formulae.md). It never stalls: the front admits no more frames than the queue holds.

module frame_parser
  import ipsec_offload_pkg::*;
#(
  parameter bit Receive = 1'b1,
  parameter int unsigned Stage = 0  // 0..3: position in the chain
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  // Beat being accepted by the front
  input  logic        xfer_i,
  input  frame_beat_t beat_i,
  input  frame_meta_t meta_i,       // valid with sof
  // Requests, to sa_lookup
  output logic        req_valid_o,
  output lookup_req_t req_o,
  input  logic        req_pop_i
);

  localparam int unsigned PtrW = $clog2(FrontFrames);

  localparam logic [15:0] EtherTypeIpv4 = 16'h0800;
  localparam logic [15:0] EtherTypeVlan = 16'h8100;
  localparam logic [15:0] EtherTypeIpv6 = 16'h86DD;
  localparam logic [7:0] ProtoEsp = 8'd50;

  typedef enum logic [2:0] {
    PhSkip,  // words before the header at which an inner parse starts
    PhEth,
    PhTag,
    PhIpv4,
    PhIpv6,
    PhEsp,
    PhInner,  // first word behind an ESP header that is stepped over
    PhDone
  } phase_e;

  typedef struct packed {
    phase_e phase;
    logic [3:0] word;  // word within the current header
    logic step_over;  // transmit over a tunnel: the next ESP header is the outer one
    logic ok;  // no field so far says no
    logic hit;  // decided: portion found
    logic [15:0] tail;  // last two bytes of the beat before
    logic [13:0] off;  // byte offset of the current word
    logic [13:0] ip_off;
    lookup_req_t req;
  } state_t;

  // One word. The header's end decides, whichever field said no (docs: "examined as a whole").
  function automatic state_t step(input state_t s, input logic [31:0] w);
    state_t n;
    n = s;
    n.word = s.word + 4'd1;
    unique case (s.phase)
      PhSkip: begin
        n.word = '0;
        if (s.off == s.req.meta.start_off) begin
          n = step_ip(s, w, s.req.meta.start == StartIpv6);
        end
      end
      PhEth, PhTag: begin
        // Types are the low halves of words 3 and 4
        if (s.phase == PhTag || s.word == 4'd3) begin
          n.word = '0;
          if (w[15:0] == EtherTypeIpv4) begin
            n.phase = PhIpv4;
          end else if (w[15:0] == EtherTypeIpv6) begin
            n.phase = PhIpv6;
          end else if (w[15:0] == EtherTypeVlan && s.phase == PhEth) begin
            n.phase = PhTag;
          end else begin
            n.phase = PhDone;
          end
        end
      end
      PhIpv4: n = step_ip(s, w, 1'b0);
      PhIpv6: n = step_ip(s, w, 1'b1);
      PhEsp: begin
        unique case (s.word)
          4'd0: begin
            n.req.esp_off = s.off;
            n.req.spi = w;
          end
          4'd1: ;
          4'd2: n.req.iv[63:32] = w;
          default: begin
            n.req.iv[31:0] = w;
            n.phase = s.step_over ? PhInner : PhDone;
            n.hit = !s.step_over;
          end
        endcase
      end
      PhInner: begin
        n.step_over = 1'b0;
        // What the inner packet must not exceed: the outer end less the outer ICV. 1 stands for
        // everything below: no packet ends before byte 1.
        n.req.limit = s.req.ip_end > 17'd17 ? s.req.ip_end - 17'd16 : 17'd1;
        if (w[31:28] == 4'd4 || w[31:28] == 4'd6) begin
          n = step_ip(n, w, w[31:28] == 4'd6);
        end else begin
          n.phase = PhDone;
        end
      end
      default: ;
    endcase
    n.off = s.off + 14'd4;
    return n;
  endfunction

  // A word of an IP header; s.phase other than PhIpv4 and PhIpv6 means its first word.
  function automatic state_t step_ip(input state_t s, input logic [31:0] w, input logic v6);
    state_t n;
    logic [3:0] word;
    logic fields_ok;
    word = (s.phase == PhIpv4 || s.phase == PhIpv6) ? s.word : 4'd0;
    n = s;
    n.phase = v6 ? PhIpv6 : PhIpv4;
    n.word = word + 4'd1;
    fields_ok = 1'b1;
    if (word == 4'd0) begin
      n.ip_off = s.off;
      n.req.v6 = v6;
      n.req.dst = '0;
      // Inner headers leave it alone: slot-12 offsets count from the outermost one
      if (s.req.outer_ip_off == '0) n.req.outer_ip_off = s.off;
      if (v6) begin
        fields_ok = w[31:28] == 4'd6;
      end else begin
        fields_ok = w[31:24] == 8'h45;
        n.req.ip_end = {3'b0, s.off} + {1'b0, w[15:0]};
      end
      n.ok = fields_ok;
    end else if (v6) begin
      if (word == 4'd1) begin
        fields_ok = w[15:8] == ProtoEsp;
        n.req.ip_end = {3'b0, s.ip_off} + 17'd40 + {1'b0, w[31:16]};
      end
      if (word >= 4'd6) n.req.dst = {s.req.dst[95:0], w};
      n.ok = s.ok && fields_ok;
      if (word == 4'd9) begin
        n.phase = n.ok ? PhEsp : PhDone;
        n.word = '0;
      end
    end else begin
      if (word == 4'd1) fields_ok = w[13:0] == '0;  // MF and offset
      if (word == 4'd2) fields_ok = w[23:16] == ProtoEsp;
      if (word == 4'd4) n.req.dst = {96'b0, w};
      n.ok = s.ok && fields_ok;
      if (word == 4'd4) begin
        n.phase = n.ok ? PhEsp : PhDone;
        n.word = '0;
      end
    end
    return n;
  endfunction

  // All words of one beat. A word that the frame does not hold completely is not looked at.
  function automatic state_t beat_step(input state_t s, input logic [127:0] data,
                                       input logic [4:0] bytes);
    state_t n;
    logic [3:0][31:0] w;
    w[0] = {s.tail, data[7:0], data[15:8]};
    for (int unsigned k = 1; k < 4; k++) begin
      w[k] = {
        data[32*k-16+:8], data[32*k-8+:8], data[32*k+:8], data[32*k+8+:8]
      };
    end
    n = s;
    for (int unsigned k = 0; k < 4; k++) begin
      if (n.phase != PhDone && bytes >= 5'(4 * k + 2)) n = step(n, w[k]);
    end
    n.tail = {data[119:112], data[127:120]};
    return n;
  endfunction

  // A frame at its first beat
  function automatic state_t start(input frame_meta_t m);
    state_t s;
    s = '0;
    s.req.meta = m;
    s.req.limit = {3'b0, m.limit};
    s.step_over = !Receive && Stage == 0 && m.tunnel_handle != '0;
    s.off = 14'h3ffe;  // word 0 starts two bytes before the frame
    unique case (m.start)
      StartNone: s.phase = PhDone;
      StartEth: s.phase = PhEth;
      default: s.phase = PhSkip;
    endcase
    return s;
  endfunction

  // -------------------------------------------------------------------------------------------
  // State and queue
  // -------------------------------------------------------------------------------------------

  state_t state_q;
  logic pending_q;  // the current frame has no request yet
  lookup_req_t queue_q[FrontFrames];
  logic [PtrW:0] wr_q, rd_q;  // one bit more than an address: equal means empty

  // verilator lint_off BLKSEQ
  // Blocking temporaries keep the wide step out of the clocks that do not parse.
  always_ff @(posedge clk_i or negedge rst_ni) begin : p_parse
    state_t s;
    if (!rst_ni) begin
      state_q <= '0;
      pending_q <= 1'b0;
      wr_q <= '0;
    end else if (xfer_i && (beat_i.sof || pending_q)) begin
      s = beat_step(beat_i.sof ? start(meta_i) : state_q, beat_i.data, beat_i.bytes);
      if (s.phase == PhDone || beat_i.eof) begin
        // Cut behind the SPI: still looked up, so that a match can say "invalid syntax"
        s.req.truncated = s.phase == PhEsp && !s.step_over && s.word != '0;
        s.req.found = (s.hit || s.req.truncated) && s.req.spi[31:8] != '0;
        queue_q[wr_q[PtrW-1:0]] <= s.req;
        wr_q <= wr_q + 1'b1;
      end
      pending_q <= !(s.phase == PhDone || beat_i.eof);
      state_q <= s;
    end
  end
  // verilator lint_on BLKSEQ

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rd_q <= '0;
    end else if (req_pop_i) begin
      rd_q <= rd_q + 1'b1;
    end
  end

  assign req_valid_o = wr_q != rd_q;
  assign req_o = queue_q[rd_q[PtrW-1:0]];

  logic unused;
  assign unused = beat_i.cut ^ beat_i.bad_len;

  // -------------------------------------------------------------------------------------------
  // Implementation checks
  // -------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert ((PtrW + 1)'(wr_q - rd_q) <= (PtrW + 1)'(FrontFrames))
      else $error("frame_parser: request queue overflow");
      assert (!req_pop_i || req_valid_o)
      else $error("frame_parser: pop of an empty request queue");
      assert (!xfer_i || beat_i.sof || !pending_q || state_q.phase != PhDone)
      else $error("frame_parser: decided frame still pending");
    end
  end

endmodule
