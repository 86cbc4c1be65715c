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
    PhSkip,   // words before the header at which an inner parse starts
    PhEth,
    PhTag,
    PhIpv4,
    PhIpv6,
    PhEsp,
    PhInner,  // first word behind an ESP header that is stepped over
    PhDone
  } phase_e;

  // The state of the parse is kept in variables that only p_parse touches, with blocking assignments: the
  // wide fields then stay where they are while the four words of a beat pass.
  // verilator lint_off BLKSEQ
  phase_e phase;
  logic [3:0] word;  // word within the current header
  logic step_over;  // transmit over a tunnel: the next ESP header is the outer one
  logic ok;  // no field of this IP header so far says no
  logic hit;  // decided: portion found
  logic [15:0] tail;  // last two bytes of the beat before
  logic [13:0] off;  // byte offset of the current word
  logic [13:0] ip_off;
  lookup_req_t req;

  logic pending_q;  // the current frame has no request yet
  lookup_req_t queue_q[FrontFrames];
  logic [PtrW:0] wr_q, rd_q;  // one bit more than an address: equal means empty

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_parse
    logic [31:0] w;
    logic ip, v6;  // the word belongs to an IP header, of version 6
    logic [3:0] ip_word;
    if (!rst_ni) begin
      phase = PhDone;
      word = '0;
      step_over = 1'b0;
      ok = 1'b0;
      hit = 1'b0;
      tail = '0;
      off = '0;
      ip_off = '0;
      req = '0;
      pending_q <= 1'b0;
      wr_q <= '0;
    end else if (xfer_i && (beat_i.sof || pending_q)) begin
      assert (beat_i.sof || phase != PhDone)
      else $error("frame_parser: decided frame still pending");
      if (beat_i.sof) begin
        req = '0;
        req.meta = meta_i;
        req.limit = {3'b0, meta_i.limit};
        word = '0;
        step_over = !Receive && Stage == 0 && meta_i.tunnel_handle != '0;
        hit = 1'b0;
        tail = '0;
        off = 14'h3ffe;  // word 0 starts two bytes before the frame
        case (meta_i.start)
          StartNone: phase = PhDone;
          StartEth:  phase = PhEth;
          default:   phase = PhSkip;
        endcase
      end
      for (int unsigned k = 0; k < 4; k++) begin
        // A word that the frame does not hold completely is not looked at.
        if (phase != PhDone && beat_i.bytes >= 5'(4 * k + 2)) begin
          w = k == 0 ? {tail, beat_i.data[7:0], beat_i.data[15:8]} :
              aes_pkg::swap32(beat_i.data[(k==0?16 : 32*k-16)+:32]);
          ip = 1'b0;
          v6 = 1'b0;
          ip_word = word;
          case (phase)
            PhSkip: begin
              ip = off == req.meta.start_off;
              v6 = req.meta.start == StartIpv6;
              ip_word = '0;
            end
            PhEth, PhTag: begin
              // Types are the low halves of words 3 and 4
              word = word + 4'd1;
              if (phase == PhTag || word == 4'd4) begin
                word = '0;
                if (w[15:0] == EtherTypeIpv4) phase = PhIpv4;
                else if (w[15:0] == EtherTypeIpv6) phase = PhIpv6;
                else if (w[15:0] == EtherTypeVlan && phase == PhEth) phase = PhTag;
                else phase = PhDone;
              end
            end
            PhIpv4: ip = 1'b1;
            PhIpv6: begin
              ip = 1'b1;
              v6 = 1'b1;
            end
            PhEsp: begin
              case (word)
                4'd0: begin
                  req.esp_off = off;
                  req.spi = w;
                end
                4'd1: ;
                4'd2: req.iv[63:32] = w;
                default: begin
                  req.iv[31:0] = w;
                  phase = step_over ? PhInner : PhDone;
                  hit = !step_over;
                end
              endcase
              word = word + 4'd1;
            end
            default: begin  // PhInner
              step_over = 1'b0;
              // What the inner packet must not exceed: the outer end less the outer ICV. 1 stands
              // for everything below: no packet ends before byte 1.
              req.limit = req.ip_end > 17'd17 ? req.ip_end - 17'd16 : 17'd1;
              ip = w[31:28] == 4'd4 || w[31:28] == 4'd6;
              v6 = w[31:28] == 4'd6;
              ip_word = '0;
              if (!ip) phase = PhDone;
            end
          endcase
          // A word of an IP header. The header's end decides, whichever field said no ("examined as
          // a whole").
          if (ip) begin
            word = ip_word + 4'd1;
            if (ip_word == 4'd0) begin
              phase   = v6 ? PhIpv6 : PhIpv4;
              ip_off  = off;
              req.v6  = v6;
              req.dst = '0;
              // Inner headers leave it alone: slot-12 offsets count from the outermost one
              if (req.outer_ip_off == '0) req.outer_ip_off = off;
              ok = v6 ? w[31:28] == 4'd6 : w[31:24] == 8'h45;
              if (!v6) req.ip_end = {3'b0, off} + {1'b0, w[15:0]};
            end else if (v6) begin
              case (ip_word)
                4'd1: begin
                  ok = ok && w[15:8] == ProtoEsp;
                  req.ip_end = {3'b0, ip_off} + 17'd40 + {1'b0, w[31:16]};
                end
                4'd6: req.dst[127:96] = w;
                4'd7: req.dst[95:64] = w;
                4'd8: req.dst[63:32] = w;
                4'd9: begin
                  req.dst[31:0] = w;
                  phase = ok ? PhEsp : PhDone;
                  word = '0;
                end
                default: ;
              endcase
            end else begin
              case (ip_word)
                4'd1: ok = ok && w[13:0] == '0;  // MF and offset
                4'd2: ok = ok && w[23:16] == ProtoEsp;
                4'd4: begin
                  req.dst[31:0] = w;
                  phase = ok ? PhEsp : PhDone;
                  word = '0;
                end
                default: ;
              endcase
            end
          end
          off = off + 14'd4;
        end
      end
      tail = {beat_i.data[119:112], beat_i.data[127:120]};
      if (phase == PhDone || beat_i.eof) begin
        // Cut behind the SPI: still looked up, so that a match can say "invalid syntax"
        req.truncated = phase == PhEsp && !step_over && word != '0;
        req.found = (hit || req.truncated) && req.spi[31:8] != '0;
        queue_q[wr_q[PtrW-1:0]] <= req;
        wr_q <= wr_q + 1'b1;
      end
      pending_q <= !(phase == PhDone || beat_i.eof);
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
    end else if (xfer_i || req_pop_i) begin
      assert ((PtrW + 1)'(wr_q - rd_q) <= (PtrW + 1)'(FrontFrames))
      else $error("frame_parser: request queue overflow");
      assert (!req_pop_i || req_valid_o)
      else $error("frame_parser: pop of an empty request queue");
    end
  end

endmodule
