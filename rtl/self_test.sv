// SPDX-License-Identifier: Apache-2.0
//
// A known answer through every GCM engine of a path: one constant frame for each stage, which passes the
// others. Key, salt, IV and regions of the stage under test are in sa_lookup; the answer is here.
//
// Timing: docs/cycle_formulae.md, Self-test. busy_o and the waiting frames show after the edge of start_i;
// a result bit is set at the edge at which egress takes the last beat of its frame.

module self_test
  import ipsec_offload_pkg::*;
#(
    parameter bit Receive = 1'b1,
    parameter int unsigned Stages = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input logic start_i,  // when not busy
    input logic cut_i,  // soft reset: ends the test without a result
    output logic busy_o,
    output logic [Stages-1:0] pass_o,

    // Beats to ingress
    output logic valid_o,
    output logic [127:0] data_o,
    output logic last_o,
    output logic [1:0] stage_o,
    input logic ready_i,

    // Beats of self-test frames that egress takes
    input logic take_i,
    input frame_beat_t beat_i,
    input frame_meta_t meta_i
);

  localparam int unsigned Beats = 6;

  // Integration checks
  if (Stages < 1 || Stages > 4) begin : gen_bad_stages
    $fatal(1, "self_test: Stages must be 1 to 4");
  end

  // Byte i of the plain frame is i; the cipher frame differs from byte 50 on (text, then ICV).
  // AES-256-GCM of the plain frame's bytes 50..79 with bytes 34..41 as AAD, by OpenSSL.
  localparam logic [767:0] Plain = plain_frame();
  localparam logic [367:0] CipherTail = {
    184'h3232dc25366575a5ef093e9d7d5bfd3ac5075f20bd26a7,
    184'h2bc7c1d9a80a92b8b427fff37e47203722af5a459209e0
  };
  localparam logic [767:0] Cipher = {CipherTail, Plain[399:0]};
  localparam logic [767:0] Sent = Receive ? Cipher : Plain;
  // Receive leaves the ICV as it came.
  localparam logic [767:0] Expected = Receive ? {Cipher[767:640], Plain[639:0]} : Cipher;

  function automatic logic [767:0] plain_frame();
    logic [767:0] f;
    for (int unsigned i = 0; i < 96; i++) f[8*i+:8] = 8'(i);
    return f;
  endfunction

  function automatic logic [127:0] beat_of(input logic [767:0] f, input logic [2:0] index);
    case (index)
      3'd0: return f[127:0];
      3'd1: return f[255:128];
      3'd2: return f[383:256];
      3'd3: return f[511:384];
      3'd4: return f[639:512];
      default: return f[767:640];
    endcase
  endfunction

  logic [1:0] stage_q;
  logic [2:0] index_q;  // of the beat that waits
  logic waiting_q;
  logic [2:0] seen_q;  // beats of the frame at egress, stops at 7
  logic good_q;

  assign valid_o = waiting_q;
  assign last_o  = index_q == 3'(Beats - 1);
  assign stage_o = stage_q;

  always_comb begin
    data_o = '0;
    if (waiting_q) data_o = beat_of(Sent, index_q);
  end

  // verilator lint_off BLKSEQ
  // A blocking temporary keeps the comparison out of the clocks without a beat.
  always_ff @(posedge clk_i or negedge rst_ni) begin : p_state
    logic match;
    if (!rst_ni) begin
      busy_o <= 1'b0;
      pass_o <= '0;
      stage_q <= '0;
      index_q <= '0;
      waiting_q <= 1'b0;
      seen_q <= '0;
      good_q <= 1'b0;
    end else begin
      if (waiting_q && ready_i) begin
        index_q <= last_o ? '0 : index_q + 3'd1;
        if (last_o) begin
          stage_q <= stage_q + 2'd1;
          if (stage_q == 2'(Stages - 1)) waiting_q <= 1'b0;
        end
      end
      if (take_i) begin
        match = (beat_i.sof || good_q) && !meta_i.discard && beat_i.bytes == 5'd16 &&
            seen_q < 3'(Beats) && beat_i.eof == (seen_q == 3'(Beats - 1)) &&
            beat_i.data == beat_of(Expected, seen_q);
        // A failure is a result, not a fault of the simulation; a good device has none.
        assert (match || !busy_o)
        else $error("self_test: wrong answer at beat %0d, stage %0d", seen_q, meta_i.st_stage);
        good_q <= match;
        seen_q <= beat_i.eof ? '0 : seen_q + 3'(seen_q != '1);
        if (beat_i.eof && busy_o) begin
          for (int unsigned s = 0; s < Stages; s++) begin
            if (meta_i.st_stage == 2'(s)) pass_o[s] <= match;
          end
          if (meta_i.st_stage == 2'(Stages - 1)) busy_o <= 1'b0;
        end
      end
      if (start_i) begin
        busy_o <= 1'b1;
        pass_o <= '0;
        waiting_q <= 1'b1;
        stage_q <= '0;
        index_q <= '0;
      end
      if (cut_i) begin
        busy_o <= 1'b0;
        waiting_q <= 1'b0;
        index_q <= '0;
      end
    end
  end
  // verilator lint_on BLKSEQ

  logic unused;
  assign unused = ^{meta_i.level1, beat_i.cut, beat_i.bad_len, meta_i.kind, meta_i.refused,
                    meta_i.start, meta_i.start_off, meta_i.limit, meta_i.offload_handle,
                    meta_i.tunnel_handle, meta_i.hint, meta_i.rx_slot1, meta_i.rx_slot12};

  // Integration checks
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      assert (!(start_i && busy_o))
      else $error("self_test: started while busy");
      assert (!(start_i && cut_i))
      else $error("self_test: started in a soft reset");
    end
  end

endmodule
