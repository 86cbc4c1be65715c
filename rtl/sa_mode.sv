// SPDX-License-Identifier: Apache-2.0
//
// The last authenticated mode (transport or tunnel) of every bundle, with the generation it belongs to.
//
// Timing: a verdict of stage s is written at the first later edge whose number modulo 4 is s: one write port
// serves all stages with a fixed schedule. Verdicts of one stage are at least 4 clocks apart, so that one held
// write per stage is enough. Reads take one clock and see the writes of earlier edges.

module sa_mode
  import ipsec_offload_pkg::*;
#(
    parameter int unsigned NumSa = 1024,
    parameter int unsigned Stages = 2,  // 1, 2, 4
    parameter int unsigned Associations = 1
) (
    input logic clk_i,
    input logic rst_ni,

    // Sweep (reset_ctrl)
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    // Verdicts (crypto_stage of the receive path), valid for one clock
    input mode_wr_t [Stages-1:0] wr_i,

    // Reads, beside the record reads of sa_table
    input  logic [Stages-1:0]       re_i,
    input  logic [Stages-1:0][14:0] row_i,
    output logic [Stages-1:0]       tunnel_o,
    output logic [Stages-1:0][15:0] generation_o
);

  localparam int unsigned IdxWidth = $clog2(NumSa);

  // Number of the coming edge, modulo 4
  logic [1:0] phase_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) phase_q <= 2'd1;
    else phase_q <= phase_q + 2'd1;
  end

  mode_wr_t [Stages-1:0] held_q;
  mode_wr_t wr;

  always_comb begin
    wr = '0;
    for (int unsigned s = 0; s < Stages; s++) begin
      if (phase_q == 2'(s)) wr = wr_i[s].valid ? wr_i[s] : held_q[s];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q <= '0;
    end else begin
      for (int unsigned s = 0; s < Stages; s++) begin
        if (phase_q == 2'(s) || sweep_i) held_q[s].valid <= 1'b0;
        else if (wr_i[s].valid) held_q[s] <= wr_i[s];
      end
    end
  end

  logic sweep;
  assign sweep = sweep_i && {18'b0, sweep_row_i} < NumSa;

  logic [16:0] mem[NumSa];

  always_ff @(posedge clk_i) begin
    if (sweep || wr.valid) begin
      mem[sweep?sweep_row_i[IdxWidth-1:0] : wr.row[IdxWidth:1]] <=
          sweep ? 17'b0 : {wr.generation, wr.tunnel};
    end
  end

  for (genvar s = 0; s < Stages; s++) begin : gen_port
    logic [16:0] rd_q;
    always_ff @(posedge clk_i) begin
      if (re_i[s]) rd_q <= mem[row_i[s][IdxWidth:1]];
    end
    assign {generation_o[s], tunnel_o[s]} = rd_q;
  end

  logic unused_row;
  assign unused_row = ^{row_i, wr};

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  if (Associations < 1 || Associations > 2) begin : gen_bad_associations
    $fatal(1, "sa_mode: Associations is %0d: expected 1 or 2, which share a mode", Associations);
  end
  if (Stages > 4) begin : gen_bad_stages
    $fatal(1, "sa_mode: Stages is %0d: the schedule has 4 slots", Stages);
  end

  for (genvar s = 0; s < Stages; s++) begin : gen_check
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        // No checks in reset
      end else begin
        Spaced_A :
        assert (!wr_i[s].valid || !held_q[s].valid)
        else $error("sa_mode: stage %0d gave two verdicts within 4 clocks", s);
      end
    end
  end

endmodule
