// SPDX-License-Identifier: Apache-2.0
//
// Bundle, SA, ESN and index memories, free list and generations. See docs/theory_of_operation.md, "SA table".
//
// Timing: every read takes one clock (address before the edge, data after it) and sees the writes of earlier edges. Each
// lookup unit has read ports of its own and the control plane has the one write port, so nothing
// arbitrates. A sweep writes one row of everything per clock.
//
// Read registers are zero unless they were read at the last edge: they may hold keys. They have no reset, so that
// block memories can take them in; the first clock clears them.

module sa_table
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa = 1024,  // bundles: a power of two, 2..16,384
    parameter int unsigned Stages = 2,  // lookup units per direction
    parameter int unsigned Associations = 2  // SA rows per bundle that exist: 1, 2
) (
    input logic clk_i,
    input logic rst_ni,

    // Sweep (reset_ctrl)
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    // Control plane (oid_engine)
    input  table_ctl_req_t ctl_i,
    output table_ctl_rsp_t ctl_o,

    // Lookup units
    input  table_req_t [Stages-1:0]       tx_req_i,
    output table_rsp_t [Stages-1:0]       tx_rsp_o,
    input  table_req_t [Stages-1:0]       rx_req_i,
    output table_rsp_t [Stages-1:0]       rx_rsp_o,
    // sa_mode: what was read beside the record
    input  logic       [Stages-1:0]       rx_mode_tunnel_i,
    input  logic       [Stages-1:0][15:0] rx_mode_generation_i
);

  localparam int unsigned IdxWidth = $clog2(NumSa);

  // Rows beyond NumSa exist only in the sweep of a small table.
  logic sweep;
  logic [IdxWidth-1:0] sweep_idx;
  assign sweep = sweep_i && {18'b0, sweep_row_i} < NumSa;
  assign sweep_idx = sweep_row_i[IdxWidth-1:0];

  // Addresses are sized for the largest table: a smaller one leaves their high bits out.
  function automatic logic [IdxWidth-1:0] row_idx(input logic [14:0] row);
    return IdxWidth'(row >> 1);
  endfunction
  function automatic logic [IdxWidth-1:0] bucket_idx(input logic [15:0] bucket);
    return IdxWidth'(bucket >> 2);
  endfunction

  // ---------------------------------------------------------------------------------------------
  // Bundles
  // ---------------------------------------------------------------------------------------------

  bundle_t bundle_mem[NumSa];
  bundle_t bundle_wr;
  bundle_t ctl_bundle_q;
  bundle_t tx_bundle_q[Stages];
  bundle_t rx_bundle_q[Stages];
  logic [IdxWidth-1:0] bundle_idx;
  assign bundle_idx = ctl_i.bundle_idx[IdxWidth-1:0];

  always_comb begin
    bundle_wr = '0;
    if (ctl_i.bundle_we) begin
      bundle_wr = ctl_i.bundle;
      bundle_wr.parity = ^{ctl_i.bundle, ctl_i.bundle.parity, ctl_i.bundle_flip};
    end
  end

  always_ff @(posedge clk_i) begin
    if (sweep || ctl_i.bundle_we) begin
      bundle_mem[sweep?sweep_idx : bundle_idx] <= sweep ? '0 : bundle_wr;
    end
  end

  always_ff @(posedge clk_i) begin
    ctl_bundle_q <= ctl_i.bundle_re ? bundle_mem[bundle_idx] : '0;
  end

  // ---------------------------------------------------------------------------------------------
  // Index heads: rows of four
  // ---------------------------------------------------------------------------------------------

  logic [63:0] head_mem[NumSa];
  logic [63:0] ctl_head_q;
  logic [63:0] rx_head_exact_q[Stages];
  logic [63:0] rx_head_wild_q[Stages];
  logic [1:0] ctl_lane_q;
  logic [Stages-1:0][1:0] rx_lane_exact_q;
  logic [Stages-1:0][1:0] rx_lane_wild_q;

  always_ff @(posedge clk_i) begin
    if (sweep || ctl_i.head_we) begin
      for (int unsigned l = 0; l < 4; l++) begin
        if (sweep || ctl_i.bucket[1:0] == 2'(l)) begin
          head_mem[sweep?sweep_idx : bucket_idx(ctl_i.bucket)][16*l+:16] <= sweep ? 16'b0 :
              ctl_i.head;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    ctl_head_q <= ctl_i.head_re ? head_mem[bucket_idx(ctl_i.bucket)] : '0;
    ctl_lane_q <= ctl_i.bucket[1:0];
  end

  // ---------------------------------------------------------------------------------------------
  // Index entries, SA records and ESN words, one bank per association (the sweep clears a row of each)
  // ---------------------------------------------------------------------------------------------

  index_entry_t ctl_entry_q     [Associations];
  index_entry_t rx_entry_exact_q[Associations] [Stages];
  index_entry_t rx_entry_wild_q [Associations] [Stages];
  sa_t          tx_sa_q         [Associations] [Stages];
  sa_t          rx_sa_q         [Associations] [Stages];
  esn_t         tx_esn_q        [Associations] [Stages];
  esn_t         rx_esn_q        [Associations] [Stages];

  sa_t          sa_wr;
  esn_t         esn_wr;
  always_comb begin
    sa_wr  = '0;
    esn_wr = '0;
    if (ctl_i.sa_we) begin
      sa_wr = ctl_i.sa;
      sa_wr.parity = ^{ctl_i.sa, ctl_i.sa.parity, ctl_i.sa_flip};
    end
    if (ctl_i.esn_we) begin
      esn_wr.seq_high = ctl_i.seq_high;
      esn_wr.parity   = ^{ctl_i.seq_high, ctl_i.esn_flip};
    end
  end

  for (genvar a = 0; a < Associations; a++) begin : gen_bank
    index_entry_t entry_mem[NumSa];
    sa_t sa_mem[NumSa];
    esn_t esn_mem[NumSa];

    always_ff @(posedge clk_i) begin
      if (sweep || (ctl_i.entry_we && ctl_i.entry_row[0] == 1'(a))) begin
        entry_mem[sweep?sweep_idx : row_idx(ctl_i.entry_row)] <= sweep ? '0 : ctl_i.entry;
      end
    end

    always_ff @(posedge clk_i) begin
      if (sweep || (ctl_i.sa_we && ctl_i.sa_row[0] == 1'(a))) begin
        sa_mem[sweep?sweep_idx : row_idx(ctl_i.sa_row)] <= sweep ? '0 : sa_wr;
      end
    end

    always_ff @(posedge clk_i) begin
      if (sweep || (ctl_i.esn_we && ctl_i.sa_row[0] == 1'(a))) begin
        esn_mem[sweep?sweep_idx : row_idx(ctl_i.sa_row)] <= sweep ? '0 : esn_wr;
      end
    end

    always_ff @(posedge clk_i) begin
      if (ctl_i.entry_re && ctl_i.entry_row[0] == 1'(a)) begin
        ctl_entry_q[a] <= entry_mem[row_idx(ctl_i.entry_row)];
      end else begin
        ctl_entry_q[a] <= '0;
      end
    end

    for (genvar s = 0; s < Stages; s++) begin : gen_port
      always_ff @(posedge clk_i) begin
        if (rx_req_i[s].entry_exact_en && rx_req_i[s].entry_exact[0] == 1'(a)) begin
          rx_entry_exact_q[a][s] <= entry_mem[row_idx(rx_req_i[s].entry_exact)];
        end else begin
          rx_entry_exact_q[a][s] <= '0;
        end
      end
      always_ff @(posedge clk_i) begin
        if (rx_req_i[s].entry_wild_en && rx_req_i[s].entry_wild[0] == 1'(a)) begin
          rx_entry_wild_q[a][s] <= entry_mem[row_idx(rx_req_i[s].entry_wild)];
        end else begin
          rx_entry_wild_q[a][s] <= '0;
        end
      end
      always_ff @(posedge clk_i) begin
        if (rx_req_i[s].rec_en && rx_req_i[s].rec_row[0] == 1'(a)) begin
          rx_sa_q[a][s] <= sa_mem[row_idx(rx_req_i[s].rec_row)];
        end else begin
          rx_sa_q[a][s] <= '0;
        end
      end
      always_ff @(posedge clk_i) begin
        if (tx_req_i[s].rec_en && tx_req_i[s].rec_row[0] == 1'(a)) begin
          tx_sa_q[a][s] <= sa_mem[row_idx(tx_req_i[s].rec_row)];
        end else begin
          tx_sa_q[a][s] <= '0;
        end
      end
      // No keys in these, as in the bundles.
      always_ff @(posedge clk_i) begin
        if (rx_req_i[s].rec_en) begin
          if (rx_req_i[s].rec_row[0] == 1'(a)) begin
            rx_esn_q[a][s] <= esn_mem[row_idx(rx_req_i[s].rec_row)];
          end else begin
            rx_esn_q[a][s] <= '0;
          end
        end
      end
      always_ff @(posedge clk_i) begin
        if (tx_req_i[s].rec_en) begin
          if (tx_req_i[s].rec_row[0] == 1'(a)) begin
            tx_esn_q[a][s] <= esn_mem[row_idx(tx_req_i[s].rec_row)];
          end else begin
            tx_esn_q[a][s] <= '0;
          end
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Lookup ports
  // ---------------------------------------------------------------------------------------------

  logic [Stages-1:0] rx_head_v_q, rx_exact_v_q, rx_wild_v_q, rx_rec_v_q, tx_rec_v_q;

  for (genvar s = 0; s < Stages; s++) begin : gen_lookup
    always_ff @(posedge clk_i) begin
      tx_rec_v_q[s]   <= tx_req_i[s].rec_en;
      rx_rec_v_q[s]   <= rx_req_i[s].rec_en;
      rx_head_v_q[s]  <= rx_req_i[s].head_en;
      rx_exact_v_q[s] <= rx_req_i[s].entry_exact_en;
      rx_wild_v_q[s]  <= rx_req_i[s].entry_wild_en;
    end
    // No keys in these: they keep their value, what is not valid is not shown.
    always_ff @(posedge clk_i) begin
      if (tx_req_i[s].rec_en) tx_bundle_q[s] <= bundle_mem[row_idx(tx_req_i[s].rec_row)];
    end
    always_ff @(posedge clk_i) begin
      if (rx_req_i[s].rec_en) rx_bundle_q[s] <= bundle_mem[row_idx(rx_req_i[s].rec_row)];
    end
    always_ff @(posedge clk_i) begin
      if (rx_req_i[s].head_en) begin
        rx_head_exact_q[s] <= head_mem[bucket_idx(rx_req_i[s].head_exact)];
        rx_head_wild_q[s]  <= head_mem[bucket_idx(rx_req_i[s].head_wild)];
        rx_lane_exact_q[s] <= rx_req_i[s].head_exact[1:0];
        rx_lane_wild_q[s]  <= rx_req_i[s].head_wild[1:0];
      end
    end
  end

  // Work only for what was read: in idle clocks this is a clear.
  always_comb begin
    tx_rsp_o = '0;
    rx_rsp_o = '0;
    for (int unsigned s = 0; s < Stages; s++) begin
      if (tx_rec_v_q[s]) begin
        tx_rsp_o[s].bundle = tx_bundle_q[s];
        for (int unsigned a = 0; a < Associations; a++) begin
          tx_rsp_o[s].sa = tx_rsp_o[s].sa | tx_sa_q[a][s];
          tx_rsp_o[s].seq_high = tx_rsp_o[s].seq_high | tx_esn_q[a][s].seq_high;
          tx_rsp_o[s].bad_parity = tx_rsp_o[s].bad_parity || ^tx_sa_q[a][s] || ^tx_esn_q[a][s];
        end
        tx_rsp_o[s].bad_parity = tx_rsp_o[s].bad_parity || ^tx_bundle_q[s];
      end
      if (rx_rec_v_q[s]) begin
        rx_rsp_o[s].bundle = rx_bundle_q[s];
        rx_rsp_o[s].tunnel_mode = rx_mode_tunnel_i[s] &&
            rx_mode_generation_i[s] == rx_bundle_q[s].generation;
        for (int unsigned a = 0; a < Associations; a++) begin
          rx_rsp_o[s].sa = rx_rsp_o[s].sa | rx_sa_q[a][s];
          rx_rsp_o[s].seq_high = rx_rsp_o[s].seq_high | rx_esn_q[a][s].seq_high;
          rx_rsp_o[s].bad_parity = rx_rsp_o[s].bad_parity || ^rx_sa_q[a][s] || ^rx_esn_q[a][s];
        end
        rx_rsp_o[s].bad_parity = rx_rsp_o[s].bad_parity || ^rx_bundle_q[s];
      end
      if (rx_head_v_q[s]) begin
        rx_rsp_o[s].head_exact = rx_head_exact_q[s][16*rx_lane_exact_q[s]+:16];
        rx_rsp_o[s].head_wild  = rx_head_wild_q[s][16*rx_lane_wild_q[s]+:16];
      end
      if (rx_exact_v_q[s]) begin
        for (int unsigned a = 0; a < Associations; a++) begin
          rx_rsp_o[s].entry_exact = rx_rsp_o[s].entry_exact | rx_entry_exact_q[a][s];
        end
      end
      if (rx_wild_v_q[s]) begin
        for (int unsigned a = 0; a < Associations; a++) begin
          rx_rsp_o[s].entry_wild = rx_rsp_o[s].entry_wild | rx_entry_wild_q[a][s];
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Free list (first freed, first taken) and generations
  // ---------------------------------------------------------------------------------------------

  logic [IdxWidth-1:0] free_mem[NumSa];
  logic [15:0] generation_mem[NumSa];
  logic [IdxWidth-1:0] free_rd_q, free_wr_q, free_idx_q;
  logic [IdxWidth:0] free_count_q;
  logic [15:0] generation_q;

  always_ff @(posedge clk_i) begin
    if (sweep || ctl_i.push) begin
      free_mem[sweep?sweep_idx : free_wr_q] <= sweep ? sweep_idx : bundle_idx;
      generation_mem[sweep?sweep_idx : bundle_idx] <= sweep ? 16'b0 : ctl_i.generation;
    end
  end

  always_ff @(posedge clk_i) begin
    if (ctl_i.pop) free_idx_q <= free_mem[free_rd_q];
    if (ctl_i.generation_re) generation_q <= generation_mem[free_idx_q];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      free_rd_q    <= '0;
      free_wr_q    <= '0;
      free_count_q <= '0;
    end else if (sweep_i) begin
      free_rd_q    <= '0;
      free_wr_q    <= '0;
      free_count_q <= (IdxWidth + 1)'(NumSa);
    end else if (ctl_i.pop) begin
      free_rd_q    <= free_rd_q + 1'b1;
      free_count_q <= free_count_q - 1'b1;
    end else if (ctl_i.push) begin
      free_wr_q    <= free_wr_q + 1'b1;
      free_count_q <= free_count_q + 1'b1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Control plane's read data
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    ctl_o = '0;
    ctl_o.head = ctl_head_q[16*ctl_lane_q+:16];
    ctl_o.bundle = ctl_bundle_q;
    for (int unsigned a = 0; a < Associations; a++) ctl_o.entry = ctl_o.entry | ctl_entry_q[a];
    ctl_o.free_idx   = 14'(free_idx_q);
    ctl_o.free_none  = free_count_q == '0;
    ctl_o.generation = generation_q;
  end

  // A transmit lookup goes by handle: only its record port exists.
  logic unused_req;
  assign unused_req = ^{tx_req_i, rx_req_i};

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  if (NumSa < 2 || NumSa > 16384 || (NumSa & (NumSa - 1)) != 0) begin : gen_bad_num_sa
    $fatal(1, "sa_table: NumSa is %0d: expected a power of two from 2 to 16,384", NumSa);
  end
  if (Associations < 1 || Associations > 2) begin : gen_bad_associations
    $fatal(1, "sa_table: Associations is %0d: expected 1 or 2", Associations);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      PopNotEmpty_A :
      assert (!ctl_i.pop || free_count_q != '0)
      else $error("sa_table: bundle taken from an empty free list");
      RowExists_A :
      assert (Associations == 2 ||
              ((!ctl_i.sa_we || !ctl_i.sa_row[0] || ctl_i.sa == '0) &&
               (!ctl_i.entry_we || !ctl_i.entry_row[0] || ctl_i.entry == '0)))
      else $error("sa_table: a record of an association without memory");
      PushNotFull_A :
      assert (!ctl_i.push || free_count_q != (IdxWidth + 1)'(NumSa))
      else $error("sa_table: more bundles freed than there are");
      QuietSweep_A :
      assert (!sweep_i || !(ctl_i.pop || ctl_i.push || ctl_i.head_we || ctl_i.entry_we ||
                            ctl_i.sa_we || ctl_i.esn_we || ctl_i.bundle_we))
      else $error("sa_table: a command writes during the sweep");
    end
  end

endmodule
