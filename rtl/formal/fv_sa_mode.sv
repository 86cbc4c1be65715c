// SPDX-License-Identifier: Apache-2.0
//
// sa_mode: each verdict of a stage is written once, within 4 clocks, and nothing else is; a row holds and shows the last that
// was written, or zero since the sweep.

`include "fv_names.svh"

module fv_sa_mode
  import ipsec_offload_pkg::*;
(
    input logic clk_i,
    input logic sweep_i,
    input logic [13:0] sweep_row_i,
    input mode_wr_t [3:0] wr_i,
    input logic [3:0] re_i,
    input logic [3:0][14:0] row_i,
    input logic [1:0] stage_i,  // the solver's choice, taken once: a stage
    input logic [3:0] bundle_i  // ... and a bundle
);

  localparam int unsigned Stages = 4;
  localparam int unsigned NumSa = 16;

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic [Stages-1:0] tunnel;
  logic [Stages-1:0][15:0] generation;

  sa_mode #(
      .NumSa (NumSa),
      .Stages(Stages)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .sweep_i,
      .sweep_row_i,
      .wr_i,
      .re_i,
      .row_i,
      .tunnel_o(tunnel),
      .generation_o(generation)
  );

  logic [1:0] stage;
  logic [3:0] bundle;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      stage  <= stage_i;
      bundle <= bundle_i;
    end
  end

  // Verdicts of the stage that wait for their slot
  logic [1:0] age_q, since_slot;
  logic [Stages-1:0][1:0] gap_q;  // clocks until a stage may give its next verdict
  logic waiting_q, due;
  mode_wr_t word_q, word;
  assign due = wr_i[stage].valid || waiting_q;
  assign word = wr_i[stage].valid ? wr_i[stage] : word_q;
  assign since_slot = `FV_MODE_PHASE - stage;

  // The row of the bundle
  logic known_q, shown_q;
  logic [16:0] row_q, shown_row_q;
  logic written, swept;
  assign written = !(sweep_i && sweep_row_i < 14'(NumSa)) && `FV_MODE_WR.valid && `FV_MODE_WR.row[4:1] == bundle;
  assign swept = sweep_i && sweep_row_i == {10'b0, bundle};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      age_q <= '0;
      gap_q <= '0;
      waiting_q <= 1'b0;
      known_q <= 1'b0;
      shown_q <= 1'b0;
    end else begin
      for (int unsigned s = 0; s < Stages; s++) begin
        if (wr_i[s].valid) gap_q[s] <= 2'd3;
        else if (gap_q[s] != '0) gap_q[s] <= gap_q[s] - 2'd1;
      end
      waiting_q <= due && !sweep_i && `FV_MODE_PHASE != stage;
      word_q <= word;
      age_q <= wr_i[stage].valid ? 2'd1 : age_q + 2'd1;
      if (swept || written) begin
        known_q <= 1'b1;
        row_q   <= swept ? '0 : {`FV_MODE_WR.generation, `FV_MODE_WR.tunnel};
      end
      shown_q <= known_q && re_i[stage] && row_i[stage][4:1] == bundle;
      shown_row_q <= row_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // crypto_stage: a frame has 4 beats at least. Nothing is inside in a sweep.
      for (int unsigned s = 0; s < Stages; s++) begin
        assume (!wr_i[s].valid || gap_q[s] == '0);
        assume (!wr_i[s].valid || !sweep_i);
      end

      if (`FV_MODE_PHASE == stage && !sweep_i) begin
        Written_A : assert (!due || `FV_MODE_WR == word);
        Nothing_A : assert (due || !`FV_MODE_WR.valid);
      end
      Soon_A : assert (!waiting_q || since_slot == '0 || since_slot > age_q);
      Row_A : assert (!known_q || `FV_MODE_MEM[bundle] == row_q);
      Shown_A : assert (!shown_q || {generation[stage], tunnel[stage]} == shown_row_q);

      Held_I : assert (`FV_MODE_HELD[stage].valid == waiting_q);
      if (waiting_q) begin
        Word_I : assert (`FV_MODE_HELD[stage] == word_q && word_q.valid);
        Age_I : assert (age_q != '0 && gap_q[stage] == 2'd0 - age_q);
      end
    end
  end

endmodule
