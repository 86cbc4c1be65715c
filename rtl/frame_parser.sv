// SPDX-License-Identifier: Apache-2.0
//
// Finds the next portion of a frame while its beats are written into the front's FIFO, and queues one
// request per frame (docs/packet_semantics.md, "The walk of headers"). Beside each beat it keeps the mask of the
// bytes that AH counts as zero.
//
// Ethernet is 14 bytes, so behind it (and behind a tag of 4 more) every header word is misaligned by two
// bytes. The parser looks at the frame shifted by two bytes: word k of group j holds bytes 16*j + 4*k - 2 to
// 16*j + 4*k + 1, and every field of every header, of inner headers too, lies in whole words. Four words
// arrive with a beat and pass one after the other through the same step; a header can therefore start in
// any lane. The mask of beat j is that of group j.
//
// Timing: the request is in the queue after the edge that accepts the decision beat
// (docs/cycle_formulae.md). It never stalls: the front admits no more frames than the queue holds.

module frame_parser
  import ipsec_offload_pkg::*;
  import ip_options_pkg::*;
#(
    parameter bit Receive = 1'b1
) (
    input  logic                                 clk_i,
    input  logic                                 rst_ni,
    input  logic        [                  15:0] udp_port_i,
    // Beat being accepted by the front
    input  logic                                 xfer_i,
    input  frame_beat_t                          beat_i,
    input  frame_meta_t                          meta_i,       // valid with sof
    input  logic        [$clog2(FrontBeats)-1:0] beat_wr_i,    // its place in the front's FIFO
    // Mask of the beat at the head of the FIFO: bit i is byte 16 * j - 2 + i of the frame
    input  logic        [$clog2(FrontBeats)-1:0] beat_rd_i,
    output logic        [                  15:0] mask_o,
    // Requests, to sa_lookup
    output logic                                 req_valid_o,
    output lookup_req_t                          req_o,
    input  logic                                 req_pop_i
);

  localparam int unsigned PtrW = $clog2(FrontFrames);

  localparam logic [15:0] EtherTypeIpv4 = 16'h0800;
  localparam logic [15:0] EtherTypeVlan = 16'h8100;
  localparam logic [15:0] EtherTypeIpv6 = 16'h86DD;
  localparam logic [7:0] ProtoHopByHop = 8'd0;
  localparam logic [7:0] ProtoIpv4 = 8'd4;
  localparam logic [7:0] ProtoUdp = 8'd17;
  localparam logic [7:0] ProtoIpv6 = 8'd41;
  localparam logic [7:0] ProtoRouting = 8'd43;
  localparam logic [7:0] ProtoEsp = 8'd50;
  localparam logic [7:0] ProtoAh = 8'd51;
  localparam logic [7:0] ProtoDestination = 8'd60;
  // From base: of an IPsec header, of the end of an extension header
  localparam logic [13:0] MaxOffset = 14'd1020;
  localparam logic [3:0] MaxExtensions = 4'd8;

  typedef enum logic [3:0] {
    PhSkip,  // words before `resume`
    PhEth,
    PhTag,
    PhIpv4,
    PhIpv6,
    PhRouting,
    PhOptions,  // hop-by-hop, destination options
    PhUdp,
    PhAh,
    PhEsp,
    PhInner,  // first word behind an ESP header that is stepped over
    PhDone
  } phase_e;

  // The state of the parse is kept in variables that only p_parse touches, with blocking assignments: the
  // wide fields then stay where they are while the four words of a beat pass.
  // verilator lint_off BLKSEQ
  phase_e phase, resume_phase;
  logic [7:0] word;  // word within the current header
  logic [7:0] last;  // its last word
  logic [7:0] proto;  // of the header behind it
  logic step_over;  // transmit: this is level 0, the portion is of level 1
  logic ok;  // no field of this IP header so far says no
  logic
      ah_seen, ah_whole, esp_seen, esp_whole;  // SPI, and whole header (ESP: and IV), of this level
  logic ah_first;  // the portion is the AH header if the level has one
  logic esp_behind;  // the AH header has an ESP header behind it
  logic [1:0] ah_next;  // {IPv6, IPv4} behind the AH header
  logic [3:0] extensions;
  logic routed;  // a route of this level is not exhausted
  logic [15:0] udp_port;
  logic [15:0] tail;  // last two bytes of the beat before
  logic [13:0] off;  // byte offset of the current word
  logic [13:0] resume;
  logic [13:0] base;  // what the 1,020 bytes are counted from
  logic [16:0] udp_end;
  option_walk_t options;
  lookup_req_t req;

  logic pending_q;  // the current frame has no request yet
  lookup_req_t queue_q[FrontFrames];
  logic [PtrW:0] wr_q, rd_q;  // one bit more than an address: equal means empty
  logic [15:0] mask_mem[FrontBeats];  // like the FIFO, needs no reset

  always_ff @(posedge clk_i or negedge rst_ni) begin : p_parse
    logic [31:0] w;
    logic dispatch;  // the word was the last of a header; `proto` follows
    logic [13:0] behind;  // offset behind the word
    logic [15:0] mask;
    if (!rst_ni) begin
      phase = PhDone;
      resume_phase = PhDone;
      word = '0;
      last = '0;
      proto = '0;
      step_over = 1'b0;
      ok = 1'b0;
      {ah_seen, ah_whole, esp_seen, esp_whole} = '0;
      ah_first = 1'b0;
      esp_behind = 1'b0;
      ah_next = '0;
      extensions = '0;
      routed = 1'b0;
      udp_port = '0;
      tail = '0;
      off = '0;
      resume = '0;
      base = '0;
      udp_end = '0;
      options = '0;
      req = '0;
      pending_q <= 1'b0;
      wr_q <= '0;
    end else if (xfer_i) begin
      mask = '0;
      if (beat_i.sof || pending_q) begin
        assert (beat_i.sof || phase != PhDone)
        else $error("frame_parser: decided frame still pending");
        if (beat_i.sof) begin
          req = '0;
          req.meta = meta_i;
          word = '0;
          step_over = !Receive && meta_i.level1;
          ah_first = Receive || meta_i.start == StartLevel1Ah || meta_i.start == StartLevel0Ah;
          {ah_seen, ah_whole, esp_seen, esp_whole} = '0;
          routed = 1'b0;
          udp_port = udp_port_i;
          tail = '0;
          off = 14'h3ffe;  // word 0 starts two bytes before the frame
          resume = meta_i.start_off;
          base = '0;
          udp_end = '0;
          phase = PhEth;
          if (meta_i.start == StartNone) phase = PhDone;
          if (Receive) begin
            case (meta_i.start)
              StartIpv4: {phase, resume_phase} = {PhSkip, PhIpv4};
              StartIpv6: {phase, resume_phase} = {PhSkip, PhIpv6};
              StartPair: begin
                {phase, resume_phase} = {PhSkip, PhEsp};
                req.ip_end = {3'b0, meta_i.limit};
              end
              default:   ;
            endcase
          end
        end
        for (int unsigned k = 0; k < 4; k++) begin
          // A word that the frame does not hold completely is not looked at.
          if (phase != PhDone && beat_i.bytes >= 5'(4 * k + 2)) begin
            w = k == 0 ? {tail, beat_i.data[7:0], beat_i.data[15:8]} :
                aes_pkg::swap32(beat_i.data[(k==0?16 : 32*k-16)+:32]);
            dispatch = 1'b0;
            behind = off + 14'd4;
            if (phase == PhSkip && off == resume) begin
              phase = resume_phase;
              word  = '0;
            end
            if (phase == PhInner) begin
              word  = '0;
              phase = w[31:28] == 4'd4 ? PhIpv4 : (w[31:28] == 4'd6 ? PhIpv6 : PhDone);
            end
            // A level starts with its IP header. Behind a level 0 that is stepped over comes the level that counts.
            if ((phase == PhIpv4 || phase == PhIpv6) && word == '0) begin
              if (ah_seen || esp_seen) begin
                step_over = 1'b0;
                req.portions = 3'(ah_seen) + 3'(esp_seen);
              end
              {ah_seen, ah_whole, esp_seen, esp_whole} = '0;
              req.ip_off = off;
              req.v6 = phase == PhIpv6;
              req.dst = '0;
              req.udp = 1'b0;
              {req.esp_words, req.ah_words} = '0;
              extensions = '0;
              routed = 1'b0;
              if (Receive || base == '0) base = off;
            end
            case (phase)
              PhEth, PhTag: begin
                // Types are the low halves of words 3 and 4
                word = word + 8'd1;
                if (phase == PhTag || word == 8'd4) begin
                  word = '0;
                  if (w[15:0] == EtherTypeIpv4) phase = PhIpv4;
                  else if (w[15:0] == EtherTypeIpv6) phase = PhIpv6;
                  else if (w[15:0] == EtherTypeVlan && phase == PhEth) phase = PhTag;
                  else phase = PhDone;
                end
              end
              // The header's end decides, whichever field said no ("examined as a whole").
              PhIpv4: begin
                case (word)
                  8'd0: begin
                    ok = w[31:28] == 4'd4 && w[27:24] >= 4'd5;
                    last = w[27:24] >= 4'd5 ? {4'b0, w[27:24]} - 8'd1 : 8'd4;
                    req.ip_end = {3'b0, off} + {1'b0, w[15:0]};
                    mask[4*k+:4] = 4'b0010;  // DSCP, ECN
                    options = '0;
                  end
                  8'd1: begin
                    ok = ok && w[13:0] == '0;  // MF and offset
                    mask[4*k+:4] = 4'b1100;  // flags, offset
                  end
                  8'd2: begin
                    proto = w[23:16];
                    mask[4*k+:4] = 4'b1101;  // TTL, checksum
                  end
                  8'd3: ;
                  8'd4: req.dst[31:0] = w;
                  default: begin
                    options = option_word(options, w, 1'b0, 0);
                    mask[4*k+:4] = options.mask;
                  end
                endcase
                if (word == last) begin
                  dispatch = ok;
                  routed   = options.route_open;
                  if (!ok) phase = PhDone;
                end
                word = word + 8'd1;
              end
              PhIpv6: begin
                case (word)
                  8'd0: begin
                    ok = w[31:28] == 4'd6;
                    // Traffic class, flow label; gcm_core puts the version back
                    mask[4*k+:4] = 4'b1111;
                  end
                  8'd1: begin
                    proto = w[15:8];
                    if (w[31:16] == '0 && proto == ProtoHopByHop) ok = 1'b0;  // jumbogram
                    req.ip_end   = {3'b0, req.ip_off} + 17'd40 + {1'b0, w[31:16]};
                    mask[4*k+:4] = 4'b1000;  // hop limit
                  end
                  8'd6: req.dst[127:96] = w;
                  8'd7: req.dst[95:64] = w;
                  8'd8: req.dst[63:32] = w;
                  8'd9: begin
                    req.dst[31:0] = w;
                    dispatch = ok;
                    if (!ok) phase = PhDone;
                  end
                  default: ;
                endcase
                word = word + 8'd1;
              end
              PhRouting, PhOptions: begin
                if (word == '0) begin
                  proto = w[31:24];
                  last = {w[22:16], 1'b1};
                  options = '0;
                  // Segments Left
                  if (phase == PhRouting && w[7:0] != '0) routed = 1'b1;
                  if ({6'b0, w[23:16], 3'b0} + 17'd8 + {3'b0, off} >
                      {3'b0, base} + 17'(MaxOffset)) begin
                    phase = PhDone;
                  end
                end
                if (phase == PhOptions) begin
                  options = option_word(options, w, 1'b1, word == '0 ? 2 : 0);
                  mask[4*k+:4] = options.mask;
                end
                dispatch = phase != PhDone && word == last;
                word = word + 8'd1;
              end
              PhUdp: begin
                if (word == '0) begin
                  ok = w[31:16] == udp_port || w[15:0] == udp_port;
                end else begin
                  udp_end = {3'b0, off} - 17'd4 + {1'b0, w[31:16]};
                  req.udp = 1'b1;
                  proto = ProtoEsp;
                  dispatch = ok;
                  if (!ok) phase = PhDone;
                end
                word = word + 8'd1;
              end
              PhAh: begin
                case (word)
                  8'd0: begin
                    req.ah_end = off + {4'b0, w[23:16], 2'b0} + 14'd8;
                    req.ah_size_ok = w[23:16] >= 8'd7;
                    req.ah_words = 8'((off - base) >> 2);
                    ah_next = {w[31:24] == ProtoIpv6, w[31:24] == ProtoIpv4};
                    esp_behind = req.ah_size_ok && w[31:24] == ProtoEsp &&
                        req.ah_end - base <= MaxOffset;
                    req.off = off;
                  end
                  8'd1: begin
                    req.spi = w;
                    ah_seen = 1'b1;
                  end
                  8'd2: ;
                  8'd3: req.iv[63:32] = w;
                  8'd4: req.iv[31:0] = w;
                  default: mask[4*k+:4] = 4'b1111;  // ICV
                endcase
                if (word == 8'd8) begin
                  ah_whole = 1'b1;
                  resume = req.ah_end;
                  phase = PhSkip;
                  if (esp_behind) resume_phase = PhEsp;
                  else if (step_over && req.ah_size_ok && ah_next[0]) resume_phase = PhIpv4;
                  else if (step_over && req.ah_size_ok && ah_next[1]) resume_phase = PhIpv6;
                  else phase = PhDone;
                end
                word = word + 8'd1;
              end
              PhEsp: begin
                case (word)
                  8'd0: begin
                    esp_seen = 1'b1;
                    req.esp_words = 8'((off - base) >> 2);
                    if (ah_seen && ah_first) begin
                      req.pair_spi = w;
                    end else begin
                      req.spi = w;
                      req.off = off;
                    end
                  end
                  8'd1: ;
                  8'd2: if (!(ah_seen && ah_first)) req.iv[63:32] = w;
                  default: begin
                    if (!(ah_seen && ah_first)) req.iv[31:0] = w;
                    esp_whole = 1'b1;
                    phase = step_over ? PhInner : PhDone;
                  end
                endcase
                word = word + 8'd1;
              end
              default: ;  // PhSkip
            endcase
            if (dispatch) begin
              word  = '0;
              phase = PhDone;
              case (proto)
                ProtoEsp: if (behind - base <= MaxOffset) phase = PhEsp;
                ProtoAh:
                if (behind - base <= MaxOffset && (!routed || step_over)) begin
                  phase = PhAh;
                end
                ProtoUdp: phase = PhUdp;
                ProtoHopByHop, ProtoRouting, ProtoDestination: begin
                  if (req.v6 && extensions != MaxExtensions) begin
                    phase = proto == ProtoRouting ? PhRouting : PhOptions;
                    extensions = extensions + 4'd1;
                  end
                end
                default:  ;
              endcase
            end
            off = behind;
          end
        end
        tail = {beat_i.data[119:112], beat_i.data[127:120]};
        if (phase == PhDone || beat_i.eof) begin
          if (!step_over && (ah_seen || esp_seen)) begin
            req.found = 1'b1;
            req.both = ah_seen && esp_seen;
            req.ah = ah_seen && (ah_first || !esp_seen);
            // Cut behind the SPI: still looked up, so that a match can say "invalid syntax"
            req.truncated = req.ah ? !ah_whole : !esp_whole;
            req.udp_ends = !req.udp || udp_end == req.ip_end;
            req.ah_next_ip = ah_next != '0;
            req.ah_next_v6 = ah_next[1];
            req.portions = req.portions + 3'(ah_seen) + 3'(esp_seen);
            // The non-ESP marker of RFC 3948 and reserved SPIs
            if (Receive && req.spi[31:8] == '0) req.found = 1'b0;
          end
          queue_q[wr_q[PtrW-1:0]] <= req;
          wr_q <= wr_q + 1'b1;
        end
        pending_q <= !(phase == PhDone || beat_i.eof);
      end
      mask_mem[beat_wr_i] <= mask;
    end
  end
  // verilator lint_on BLKSEQ

  assign mask_o = mask_mem[beat_rd_i];

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
