// SPDX-License-Identifier: Apache-2.0
//
// Packet and byte counters of every SA bundle: a bank for each stage of each direction, and SA_STATS of the
// register map, which shows the sums for one handle. Without SaCounters only the register for the handle exists.
//
// Timing: a verdict at v is seen in the clock behind v, its row is read at v + 1 and written at v + 2. Good
// verdicts of one stage are at least 4 clocks apart, so that a row is written before it is read again. The handle
// written at w: rows read at w + 1, sums from w + 2 on.

module sa_stats
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa = 1024,
    parameter int unsigned Banks = 4,
    parameter bit SaCounters = 1'b1
) (
    input logic clk_i,
    input logic rst_ni,

    // reset_ctrl
    input logic        init_done_i,
    input logic        sweep_i,
    input logic [13:0] sweep_row_i,

    // Register port, relative to SA_STATS
    input  reg_req_t        req_i,
    output logic     [31:0] rdata_o,

    // Verdicts (crypto_stage)
    input sa_count_t [Banks-1:0] count_i
);

  logic [31:0] handle_q, packets_q;
  logic [47:0] bytes_q;
  logic handle_we;
  assign handle_we = req_i.req && req_i.write && req_i.addr[3:2] == 2'd0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) handle_q <= '0;
    else if (handle_we) handle_q <= (handle_q & ~req_i.biten) | (req_i.wdata & req_i.biten);
  end

  always_comb begin
    rdata_o = '0;
    if (req_i.req && !req_i.write) begin
      case (req_i.addr[3:2])
        2'd0: rdata_o = handle_q;
        2'd1: rdata_o = packets_q;
        2'd2: rdata_o = bytes_q[31:0];
        default: rdata_o = {16'b0, bytes_q[47:32]};
      endcase
    end
  end

  logic unused_addr;
  assign unused_addr = ^{req_i.addr[12:4], req_i.addr[1:0]};

  if (SaCounters) begin : gen_counters
    localparam int unsigned IdxWidth = $clog2(NumSa);

    typedef struct packed {
      logic [15:0] generation;
      logic [47:0] bytes;
      logic [31:0] packets;
    } row_t;

    logic sweep;
    logic [IdxWidth-1:0] sweep_idx;
    assign sweep = sweep_i && {18'b0, sweep_row_i} < NumSa;
    assign sweep_idx = sweep_row_i[IdxWidth-1:0];

    // -------------------------------------------------------------------------------------------
    // Snapshot
    // -------------------------------------------------------------------------------------------

    logic written_q, read_q;  // the handle; then the rows
    logic in_range, snap;
    logic [IdxWidth-1:0] snap_idx;
    row_t snap_row_q[Banks];
    assign in_range = handle_q[15:0] != '0 && {16'b0, handle_q[15:0]} <= NumSa && init_done_i;
    assign snap = written_q && in_range;
    assign snap_idx = IdxWidth'(handle_q[15:0] - 16'd1);

    always_ff @(posedge clk_i or negedge rst_ni) begin : p_snapshot
      logic [31:0] packets;
      logic [47:0] bytes;
      if (!rst_ni) begin
        written_q <= 1'b0;
        read_q    <= 1'b0;
        packets_q <= '0;
        bytes_q   <= '0;
      end else if (sweep_i || handle_we || written_q || read_q) begin
        written_q <= handle_we;
        read_q    <= snap;
        if (sweep_i || (written_q && !in_range)) begin
          packets_q <= '0;
          bytes_q   <= '0;
        end else if (read_q) begin
          packets = '0;
          bytes   = '0;
          for (int unsigned b = 0; b < Banks; b++) begin
            if (snap_row_q[b].generation == handle_q[31:16]) begin
              packets = packets + snap_row_q[b].packets;
              bytes   = bytes + snap_row_q[b].bytes;
            end
          end
          packets_q <= packets;
          bytes_q   <= bytes;
        end
      end
    end

    // -------------------------------------------------------------------------------------------
    // Banks
    // -------------------------------------------------------------------------------------------

    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      row_t mem[NumSa];
      row_t row_q, row_d;
      sa_count_t count_q;

      always_comb begin
        row_d = '0;
        if (count_q.valid) begin
          if (row_q.generation == count_q.generation) row_d = row_q;
          row_d.generation = count_q.generation;
          row_d.packets = row_d.packets + 32'd1;
          row_d.bytes = row_d.bytes + 48'(count_q.bytes);
        end
      end

      always_ff @(posedge clk_i) begin
        if (sweep || count_q.valid) begin
          mem[sweep?sweep_idx : count_q.bundle_idx[IdxWidth-1:0]] <= sweep ? '0 : row_d;
        end
      end

      always_ff @(posedge clk_i) begin  // qualified by count_q.valid
        if (count_i[b].valid) row_q <= mem[count_i[b].bundle_idx[IdxWidth-1:0]];
      end

      always_ff @(posedge clk_i) begin  // qualified by read_q
        if (snap) snap_row_q[b] <= mem[snap_idx];
      end

      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) count_q <= '0;
        else if (count_i[b].valid) count_q <= count_i[b];
        else if (count_q.valid) count_q.valid <= 1'b0;
      end

      logic unused_idx;
      assign unused_idx = ^{count_i[b].bundle_idx, count_q.bundle_idx};

      // Integration checks
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          // No checks in reset
        end else if (count_i[b].valid || count_q.valid) begin
          Spaced_A :
          assert (!(count_i[b].valid && count_q.valid))
          else $error("sa_stats: bank %0d: two good verdicts within 2 clocks", b);
          QuietSweep_A :
          assert (!sweep_i)
          else $error("sa_stats: a verdict during the sweep");
        end
      end
    end
  end else begin : gen_no_counters
    assign packets_q = '0;
    assign bytes_q   = '0;
    logic unused_counters;
    assign unused_counters = ^{init_done_i, sweep_i, sweep_row_i, count_i};
  end

endmodule
