// SPDX-License-Identifier: Apache-2.0
//
// The options of IPv4 headers and of hop-by-hop and destination options headers, walked byte by byte: which bytes
// AH counts as zero, and whether a source route is exhausted (docs/packet_semantics.md, "Options").

package ip_options_pkg;

  typedef enum logic [1:0] {
    OptType = 2'd0,
    OptLength = 2'd1,
    OptData = 2'd2,
    OptEnd = 2'd3  // IPv4: no option behind this byte
  } option_place_e;

  typedef struct packed {
    option_place_e place;  // what the next byte is
    logic zeroed;  // the option counts as zero
    logic route;  // a source route whose pointer has not come
    logic route_open;  // a source route was not exhausted
    logic [7:0] left;  // bytes of data that have not come
    logic [3:0] mask;  // bytes of the last word that count as zero, bit i: byte i
  } option_walk_t;

  function automatic option_walk_t option_byte(input option_walk_t walk, input logic [7:0] b,
                                               input logic v6, input logic [1:0] lane);
    option_walk_t o;
    o = walk;
    case (o.place)
      OptType: begin
        if (v6) begin
          if (b != 8'd0) o.place = OptLength;
          o.zeroed = b[5];
        end else if (b == 8'd0) begin
          o.place = OptEnd;
        end else if (b != 8'd1) begin
          o.place = OptLength;
          o.zeroed = !(b inside {8'd130, 8'd133, 8'd134, 8'd148, 8'd149});
          o.route = b == 8'd131 || b == 8'd137;
          o.mask[lane] = o.zeroed;
        end
      end
      OptLength: begin
        // IPv4 counts type and length, and at least these.
        if (v6) o.left = b;
        else o.left = b > 8'd2 ? b - 8'd2 : 8'd0;
        o.mask[lane] = o.zeroed && !v6;
        o.place = o.left == 8'd0 ? OptType : OptData;
        if (o.left == 8'd0) o.route = 1'b0;
      end
      OptData: begin
        // The first byte of a source route is its pointer.
        if (o.route && {1'b0, b} <= {1'b0, o.left} + 9'd2) o.route_open = 1'b1;
        o.route = 1'b0;
        o.mask[lane] = o.zeroed;
        o.left = o.left - 8'd1;
        if (o.left == 8'd0) o.place = OptType;
      end
      default: ;
    endcase
    return o;
  endfunction

  // The bytes from `first` on of a word whose byte 0 is in bits 31:24
  function automatic option_walk_t option_word(input option_walk_t walk, input logic [31:0] w,
                                               input logic v6, input int unsigned first);
    option_walk_t o;
    o = walk;
    o.mask = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      if (i >= first) o = option_byte(o, w[31-8*i-:8], v6, 2'(i));
    end
    return o;
  endfunction

endpackage
