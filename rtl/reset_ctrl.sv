// SPDX-License-Identifier: Apache-2.0
//
// Initialization sweep and soft reset.
//
// Timing: after a hard reset row k of every memory is cleared at edge k + 1; init_done_o is high after edge
// S = max(NumSa, 64). A soft reset (soft_reset_i high after edge w) closes the streams after w, aborts commands
// at w + 1, sweeps from the first edge > w with both paths idle. It waits for ever behind a sink that
// stalls for ever; only rst_ni does not depend on anybody.

module reset_ctrl
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa = 1024  // 1..16,384
) (
    input logic clk_i,
    input logic rst_ni,

    input logic soft_reset_i,  // register pulse
    input logic tx_idle_i,     // offload_path: nothing inside
    input logic rx_idle_i,

    output logic        init_done_o,
    output logic        resetting_o,    // soft reset: draining or sweeping
    output logic        abort_o,        // the clock behind the write of a soft reset
    output logic        cut_o,          // level: frames that are half in end
    output logic        sweep_o,        // the row is cleared at the next edge
    output logic [13:0] sweep_row_o,
    output logic        sweep_first_o,
    output logic        sweep_last_o
);

  localparam int unsigned SweepEdges = NumSa > MinSweep ? NumSa : MinSweep;

  typedef enum logic [1:0] {
    StSweep,
    StRun,
    StDrain
  } state_e;

  state_e state_q;
  logic soft_q;
  logic [13:0] row_q;
  logic drained;

  assign abort_o = state_q == StRun && soft_reset_i;
  assign drained = (abort_o || state_q == StDrain) && tx_idle_i && rx_idle_i;
  assign sweep_o = state_q == StSweep || drained;
  assign sweep_row_o = row_q;
  assign sweep_first_o = sweep_o && row_q == '0;
  assign sweep_last_o = sweep_o && row_q == 14'(SweepEdges - 1);
  assign cut_o = abort_o || state_q == StDrain;
  assign init_done_o = state_q == StRun && !soft_reset_i;
  assign resetting_o = soft_q || abort_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StSweep;
      soft_q  <= 1'b0;
      row_q   <= '0;
    end else begin
      if (abort_o) begin
        soft_q  <= 1'b1;
        state_q <= StDrain;
      end
      if (drained) state_q <= StSweep;
      if (sweep_o) begin
        row_q <= row_q + 14'd1;
        if (sweep_last_o) begin
          row_q   <= '0;
          soft_q  <= 1'b0;
          state_q <= StRun;
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  if (NumSa < 1 || NumSa > 16384) begin : gen_bad_num_sa
    $fatal(1, "reset_ctrl: NumSa is %0d: expected 1 to 16,384", NumSa);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      IdleInSweep_A :
      assert (!sweep_o || (tx_idle_i && rx_idle_i))
      else $error("reset_ctrl: a path holds a frame during the sweep");
    end
  end

endmodule
