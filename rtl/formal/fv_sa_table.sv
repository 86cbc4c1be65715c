// SPDX-License-Identifier: Apache-2.0
//
// sa_table: free list and generations, with a small table. What is assumed of oid_engine is proved of it (proof
// oid_engine) or seen in its states: it takes no bundle from an empty list, gives back only what it took, with the next generation.

`include "fv_names.svh"

module fv_sa_table
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa = 4
) (
    input logic clk_i,
    input logic sweep_i,
    input table_ctl_req_t ctl_i
);

  localparam int unsigned W = $clog2(NumSa);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // The sweep: rows in order, all of them
  logic [13:0] row_q;
  logic sweep_q;
  table_ctl_rsp_t rsp;

  sa_table #(
      .NumSa (NumSa),
      .Stages(1)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .sweep_i,
      .sweep_row_i(row_q),
      .ctl_i,
      .ctl_o(rsp),
      .tx_req_i('0),
      .tx_rsp_o(),
      .rx_req_i('0),
      .rx_rsp_o(),
      .rx_mode_tunnel_i('0),
      .rx_mode_generation_i('0)
  );

  // Who has which bundle
  logic [NumSa-1:0] issued_q;
  logic [NumSa-1:0][15:0] generation_q;  // of the next issue
  logic [W:0] issued;
  logic popped_q, swept_q, read_q;  // free_idx is that of a pop; its generation was read
  logic [W-1:0] idx;
  assign idx = ctl_i.bundle_idx[W-1:0];
  always_comb begin
    issued = '0;
    for (int unsigned i = 0; i < NumSa; i++) issued = issued + (W + 1)'(issued_q[i]);
  end

  logic before_q;
  logic [NumSa-1:0] issued_before_q;
  always_ff @(posedge clk_i) begin
    sweep_q <= rst_ni && sweep_i;
    before_q <= rst_ni && ctl_i.pop;
    issued_before_q <= issued_q;
    if (!rst_ni) begin
      row_q <= '0;
      swept_q <= 1'b0;
      popped_q <= 1'b0;
      read_q <= 1'b0;
    end else if (sweep_i) begin
      row_q <= row_q == 14'h3FFF ? row_q : row_q + 14'd1;
      issued_q <= '0;
      generation_q <= '0;
      popped_q <= 1'b0;
      read_q <= 1'b0;
      swept_q <= 1'b0;
    end else begin
      row_q <= '0;
      if (sweep_q) swept_q <= 1'b1;
      read_q <= ctl_i.generation_re && popped_q && !ctl_i.pop && !ctl_i.push;
      if (ctl_i.pop) popped_q <= 1'b1;
      if (ctl_i.push) begin
        issued_q[idx] <= 1'b0;
        generation_q[idx] <= generation_q[idx] + 16'd1;
        popped_q <= 1'b0;
      end
    end
    // What the pop gave shows one clock later.
    if (before_q && !sweep_i) issued_q[rsp.free_idx[W-1:0]] <= 1'b1;
  end

  // Entries of the list that hold a bundle
  logic [NumSa-1:0][W:0] listed;
  logic in_order;
  always_comb begin
    listed   = '0;
    in_order = 1'b1;
    for (int unsigned k = 0; k < NumSa; k++) begin
      logic [W-1:0] at, value;
      at = `FV_FREE_RD + W'(k);
      value = `FV_FREE_MEM[at];
      if ((W + 1)'(k) < `FV_FREE_COUNT) listed[value] = listed[value] + (W + 1)'(1);
      // In a sweep: the rows so far
      if (14'(k) < row_q && (`FV_FREE_MEM[W'(k)] != W'(k) || `FV_GENERATION_MEM[W'(k)] != '0))
        in_order = 1'b0;
    end
  end
  logic listed_ok, generation_ok;
  always_comb begin
    listed_ok = 1'b1;
    generation_ok = 1'b1;
    for (int unsigned i = 0; i < NumSa; i++) begin
      // A bundle just popped is marked one clock later.
      if (listed[i] != (W + 1)'(!(issued_q[i] || (before_q && rsp.free_idx[W-1:0] == W'(i)))))
        listed_ok = 1'b0;
      if (`FV_GENERATION_MEM[W'(i)] != generation_q[i]) generation_ok = 1'b0;
    end
  end

  logic steady;
  assign steady = swept_q || (sweep_q && !sweep_i);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // reset_ctrl: nothing works before the first sweep; a sweep is whole
      if (sweep_q && !sweep_i) assume (row_q >= 14'(NumSa));
      if (sweep_i || !steady) begin
        assume (!(ctl_i.pop || ctl_i.push || ctl_i.generation_re));
      end
      // oid_engine
      assume (!(ctl_i.pop && ctl_i.push));
      assume (!ctl_i.pop || !rsp.free_none);
      assume (!before_q || !(ctl_i.pop || ctl_i.push));
      assume (!ctl_i.push || (issued_q[idx] && ctl_i.bundle_idx < 14'(NumSa) &&
              ctl_i.generation == generation_q[idx] + 16'd1));

      // A pop gives a bundle that nobody has, with a generation that it has not had (of the last 65,536).
      if (before_q)
        NotTwice_A : assert (!issued_q[rsp.free_idx[W-1:0]] && rsp.free_idx < 14'(NumSa));
      if (read_q) Generation_A : assert (rsp.generation == generation_q[rsp.free_idx[W-1:0]]);
      // The list is empty if and only if all are in use.
      if (steady && !sweep_i && !before_q)
        Empty_A : assert (rsp.free_none == (issued == (W + 1)'(NumSa)));
      NoOverflow_A : assert (!ctl_i.push || `FV_FREE_COUNT < (W + 1)'(NumSa));
      NoUnderflow_A : assert (!ctl_i.pop || `FV_FREE_COUNT != '0);

      if (steady) begin
        Listed_I : assert (listed_ok);
        Count_I :
        assert (`FV_FREE_COUNT <= (W + 1)'(NumSa) &&
                W'(`FV_FREE_WR - `FV_FREE_RD) == W'(`FV_FREE_COUNT));
        GenerationMem_I : assert (generation_ok);
      end else begin
        Before_I : assert (!before_q && !popped_q && !read_q);
        if (sweep_q) begin
          SweepQuiet_I : assert (issued_q == '0 && generation_q == '0 && row_q != '0);
          SweepStart_I :
          assert (`FV_FREE_RD == '0 && `FV_FREE_WR == '0 && `FV_FREE_COUNT == (W + 1)'(NumSa));
        end else begin
          NothingYet_I : assert (`FV_FREE_COUNT == '0 || row_q != '0);
        end
      end
      InOrder_I : assert (row_q == '0 || in_order);
      Rows_I : assert (sweep_q == (row_q != '0));
      One_I : assert (!(swept_q && sweep_q));
      Mark_I : assert (!before_q || steady);
    end
  end

endmodule
