// SPDX-License-Identifier: Apache-2.0
//
// Executes one command at a time: fetch, check, key setup, table update, wipe. The phases and their lengths are
// those of docs/cycle_formulae.md, "Commands"; the checks those of docs/programmers_guide.md.
//
// Multi-byte members are little-endian words of the window; addresses and, unless host order is selected, Spi are
// swapped to numbers. Everything that can hold key material is cleared when the command ends.

module oid_engine
  import ipsec_offload_pkg::*;
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa  = 1024,
    parameter int unsigned Stages = 2
) (
    input logic clk_i,
    input logic rst_ni,

    // reset_ctrl
    input logic init_done_i,
    input logic sweep_i,

    // Configuration
    input logic        halt_i,
    input logic        config_on_i,       // the current configuration is not a zero block
    input logic        esp_on_i,          // members of the current configuration
    input logic        ah_on_i,
    input logic        combined_on_i,     // AhEspCombined
    input logic [ 3:0] udp_esp_i,         // UdpEsp
    input logic        spi_host_order_i,
    input logic [31:0] hash_seed_i,
    input logic [15:0] sa_limit_i,

    // PARITY_INJECT: what the next rows get, and which were written
    input  parity_inject_t inject_i,
    output parity_inject_t injected_o,

    // mailbox
    input  logic         [NumSlots-1:0] pending_i,
    output logic                        grant_o,
    output logic         [         1:0] grant_slot_o,
    output logic         [         1:0] slot_o,
    input  logic         [        31:0] oid_i,
    input  logic         [        31:0] length_i,
    input  logic                        cancel_i,
    output window_req_t                 window_o,
    input  logic         [       127:0] window_rdata_i,
    output command_end_t                end_o,

    // key_setup
    output logic              hkey_start_o,
    output key_size_e         hkey_size_o,
    output logic      [255:0] hkey_key_o,
    input  logic      [127:0] hkey_h_i,
    input  logic              hkey_done_i,

    // sa_table
    output table_ctl_req_t table_o,
    input  table_ctl_rsp_t table_i,

    // offload_path: frames looked up and frames whose keys are gone
    input logic [Stages-1:0][15:0] tx_taken_i,
    input logic [Stages-1:0][15:0] tx_verdicts_i,
    input logic [Stages-1:0][15:0] rx_taken_i,
    input logic [Stages-1:0][15:0] rx_verdicts_i,

    output logic [15:0] sa_count_o
);

  typedef enum logic [4:0] {
    StIdle,
    StDecode,
    StFetch,
    StCheck,
    StDup,
    StAlloc,
    StKey,
    StHkey,
    StWrite,
    StUpdate,
    StLink,
    StPublish,
    StUnlink,
    StSecond,   // UNLINK goes on: the entry of association 1 and its bucket
    StZero,
    StFree,
    StWipe
  } state_e;

  localparam logic [5:0] FetchAdd = 6'd43;
  localparam logic [5:0] FetchDelete = 6'd6;
  localparam logic [5:0] FetchUpdate = 6'd8;
  localparam logic [5:0] KeyEdges = 6'd36;
  localparam logic [5:0] HkeyEdges = 6'd16;
  localparam logic [5:0] WipeEdges = 6'd32;
  localparam int unsigned BucketBits = $clog2(4 * NumSa);

  state_e state_q;
  logic [5:0] cnt_q;  // edges of the phase before the coming one
  logic assoc_q;  // association at work
  logic [1:0] slot_q;
  logic ex_q, del_q, upd_q;

  // ---------------------------------------------------------------------------------------------
  // Grant: the next slot in turn that waits, new or drained
  // ---------------------------------------------------------------------------------------------

  logic [NumSlots-1:0] waiting, draining_q, drained_q;
  logic [1:0] last_q;
  logic [1:0] next_slot;

  assign waiting = pending_i | drained_q;

  always_comb begin
    next_slot = last_q;
    if (waiting != '0) begin
      for (int unsigned k = NumSlots; k > 0; k--) begin
        if (waiting[last_q+2'(k)]) next_slot = last_q + 2'(k);
      end
    end
  end

  assign grant_o = state_q == StIdle && waiting != '0 && init_done_i;
  assign grant_slot_o = next_slot;
  assign slot_o = slot_q;

  // ---------------------------------------------------------------------------------------------
  // Drain: in each stage of the direction, as many keys gone as requests taken before the unlink
  // ---------------------------------------------------------------------------------------------

  logic [NumSlots-1:0][13:0] drain_idx_q;
  logic [NumSlots-1:0][15:0] drain_generation_q;
  logic [NumSlots-1:0] drain_inbound_q;
  logic [NumSlots-1:0][Stages-1:0][15:0] drain_taken_q;
  logic [NumSlots-1:0] drain_over;

  always_comb begin
    drain_over = '0;
    if (draining_q != '0) begin
      for (int unsigned k = 0; k < NumSlots; k++) begin
        drain_over[k] = draining_q[k];
        for (int unsigned s = 0; s < Stages; s++) begin
          // Far fewer than 2^15 frames fit into a stage: the sign of the difference decides.
          if (drain_inbound_q[k]) begin
            if (16'(rx_verdicts_i[s] - drain_taken_q[k][s]) >= 16'h8000) drain_over[k] = 1'b0;
          end else begin
            if (16'(tx_verdicts_i[s] - drain_taken_q[k][s]) >= 16'h8000) drain_over[k] = 1'b0;
          end
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Command registers
  // ---------------------------------------------------------------------------------------------

  // Word under way from the window
  logic [1:0] lane_q;
  logic word_v_q;
  logic [5:0] word_no_q;
  logic [31:0] word;
  assign word = window_rdata_i[32*lane_q+:32];

  function automatic logic [31:0] swap(input logic [31:0] w);
    return {w[7:0], w[15:8], w[23:16], w[31:24]};
  endfunction

  // Bundle under construction or deletion; arrays go by association
  logic inbound_q, v6_q, two_q;
  logic [127:0] dst_q;
  logic [  3:0] udp_q;
  logic [1:0] ah_q, gmac_q, esn_q;
  logic [1:0][31:0] spi_q, seq_high_q;
  key_size_e [1:0] size_q;
  logic [1:0][4:0] icv_q;
  logic [31:0] area_len_q, area_off_q;  // key area
  logic [1:0][8:0] key_off_q;  // key in it: CHECK lets none pass that is not inside the window
  logic [255:0] key_q;
  logic [31:0] salt_q;
  logic [15:0] handle_lo_q, handle_hi_q;
  bundle_t bundle_q;
  logic [1:0][BucketBits-1:0] bucket_q;
  chain_ptr_t [1:0] head_q;  // of its chain, before LINK
  logic upd_hit_q;  // UPDATE: Operation and Spi are those of association 0
  logic upd_assoc_q;  // else of this one
  chain_ptr_t at_q;  // UNLINK: entry whose contents come next
  index_entry_t before_q;  // entry in front of it, to be rewritten
  logic [14:0] before_row_q;
  logic first_q;  // there is none: the head is in front

  // What is wrong with the contents, by class
  logic bad_data_q, bad_param_q, bad_support_q;
  logic [32:0] key_end_q;  // farthest end of a key in the key area
  // Association under way
  logic gcm_q;
  logic [31:0] op_q, auth_id_q, auth_len_q, auth_info_q, enc_len_q;
  logic [8:0] auth_off_q;
  logic [32:0] auth_end_q;

  // Outcome
  ndis_status_e status_q;
  logic [31:0] needed_q;
  logic unknown_q, handle_v_q;

  // Position of a word in the layout of ADD_SA, which ADD_SA_EX follows with other gaps
  logic [5:0] norm;
  logic [5:0] assoc_pos;
  logic assoc_v, assoc;
  always_comb begin
    norm = word_no_q;
    if (ex_q && word_no_q != '0) norm = word_no_q + (word_no_q <= 6'd11 ? 6'd3 : 6'd2);
    assoc = norm >= 6'd29;
    assoc_v = 1'b0;
    assoc_pos = norm - 6'd17;
    if (norm >= 6'd17 && norm < 6'd29) begin
      assoc_v = 1'b1;
    end else if (norm >= 6'd29 && norm < 6'd41) begin
      assoc_pos = norm - 6'd29;
      assoc_v   = two_q;
    end
  end

  // Both kinds of algorithm have the same numbers.
  function automatic logic is_gcm_or_gmac(input logic [31:0] id);
    return id == 32'h08 || id == 32'h10 || id == 32'h20;
  endfunction
  function automatic key_size_e size_of(input logic [1:0] id);  // bits 4:3
    return id[0] ? KeyAes128 : id[1] ? KeyAes192 : KeyAes256;
  endfunction
  // With the salt: 20, 28, 36
  function automatic logic [5:0] key_bytes(input key_size_e size);
    return 6'd20 + {1'b0, size, 3'b000};
  endfunction
  // AES-GMAC with the right KeyLength and AdditionalInfo
  function automatic logic gmac_ok(input logic [31:0] id, input logic [31:0] len,
                                   input logic [31:0] info);
    return is_gcm_or_gmac(id) && len == 32'(key_bytes(size_of(id[4:3]))) &&
        (info == '0 || info == 32'd16);
  endfunction
  function automatic logic one_bit_below(input logic [31:0] id, input logic [31:0] limit);
    return id != '0 && (id & (id - 32'd1)) == '0 && id < limit;
  endfunction

  // Combination of identifiers (section "Legal algorithm combinations" of the interface); enc is the word at hand
  function automatic logic bad_combination(input logic ah, input logic [31:0] auth,
                                           input logic [31:0] enc);
    logic auth_any, auth_mac;
    auth_any = one_bit_below(auth, 32'h40);
    auth_mac = auth == '0 || one_bit_below(auth, 32'h08);
    if (ah) return enc != '0 || !auth_any;
    if (!one_bit_below(enc, 32'h200)) return 1'b1;
    if (enc == 32'h01) return !auth_any;
    if (is_gcm_or_gmac(enc)) return 1'b0;
    return !auth_mac;
  endfunction

  // Window access
  logic [8:0] key_addr;
  logic [5:0] key_len;
  logic key_read, fetch_read;
  logic key_v_q, key_salt_q;
  logic [3:0] key_lane_q;
  logic [4:0] key_no_q;
  assign key_len = key_bytes(size_q[assoc_q]);
  assign fetch_read = state_q == StFetch;
  assign key_read = state_q == StKey && cnt_q < key_len;
  assign key_addr = 9'(area_off_q) + key_off_q[assoc_q] + 9'(cnt_q);

  always_comb begin
    window_o = '0;
    window_o.slot = slot_q;
    window_o.read = fetch_read || key_read;
    window_o.wipe = state_q == StWipe && init_done_i;
    window_o.row = key_read ? key_addr[8:4] : fetch_read ? {1'b0, cnt_q[5:2]} : cnt_q[4:0];
  end

  // ---------------------------------------------------------------------------------------------
  // Table access
  // ---------------------------------------------------------------------------------------------

  logic [13:0] idx;  // bundle at work
  logic handle_ok;
  logic same_bucket;
  logic unlink_hit, unlink_end;

  assign idx = del_q || upd_q ? 14'(handle_lo_q - 16'd1) : table_i.free_idx;
  // Bundle index in range, then the record that was read with it: UPDATE reads it one edge earlier than DELETE.
  assign handle_ok = handle_lo_q != '0 && {16'b0, handle_lo_q} <= NumSa &&
      (upd_q ? bundle_q.live && bundle_q.generation == handle_hi_q :
               table_i.bundle.live && table_i.bundle.generation == handle_hi_q);
  assign same_bucket = bucket_q[0] == bucket_q[1];
  // UNLINK: the entry at hand is that of the association
  assign unlink_hit = state_q == StUnlink && bundle_q.inbound && cnt_q >= 6'd2 &&
      at_q.ptr == {idx, assoc_q};
  assign unlink_end = state_q == StUnlink &&
      (!bundle_q.inbound || (unlink_hit && assoc_q == bundle_q.two));

  always_comb begin
    table_o = '0;
    if (state_q != StIdle && init_done_i) begin
      table_o.bucket = 16'(bucket_q[assoc_q]);
      table_o.bundle_idx = idx;
      case (state_q)
        StFetch: begin
          // The handle's word came at the edge before the last of this phase.
          if (del_q && cnt_q == FetchDelete - 6'd1) begin
            table_o.bundle_re  = 1'b1;
            table_o.bundle_idx = 14'(word[15:0] - 16'd1);
            table_o.entry_re   = 1'b1;
            table_o.entry_row  = {14'(word[15:0] - 16'd1), 1'b0};
          end
          // Association 0 at the edge before the last, association 1 at the last
          if (upd_q && cnt_q >= FetchUpdate - 6'd2) begin
            table_o.bundle_re = !cnt_q[0];
            table_o.entry_re  = 1'b1;
            table_o.entry_row = {idx, cnt_q[0]};
          end
        end
        StDup: begin
          table_o.head_re = cnt_q == '0;
          table_o.entry_re = cnt_q == 6'd1 ? table_i.head.valid :
              cnt_q != '0 && table_i.entry.next.valid;
          table_o.entry_row = cnt_q == 6'd1 ? table_i.head.ptr : table_i.entry.next.ptr;
        end
        StAlloc: begin
          table_o.pop = sa_count_o < sa_limit_i && !table_i.free_none;
        end
        StHkey: begin
          table_o.generation_re = cnt_q == '0;
        end
        StWrite: begin
          table_o.sa_we = 1'b1;
          table_o.sa_row = {idx, assoc_q};
          table_o.sa.ah = ah_q[assoc_q];
          table_o.sa.gmac = gmac_q[assoc_q];
          table_o.sa.key_size = size_q[assoc_q];
          table_o.sa.icv_len = icv_q[assoc_q];
          table_o.sa.esn = esn_q[assoc_q];
          table_o.sa.spi = spi_q[assoc_q];
          table_o.sa.pair_spi = assoc_q ? spi_q[0] : '0;
          table_o.sa.salt = salt_q;
          table_o.sa.h = hkey_h_i;
          table_o.sa.key = key_q;
          table_o.sa_flip = inject_i.sa;
          table_o.esn_we = 1'b1;
          table_o.seq_high = seq_high_q[assoc_q];
          table_o.esn_flip = inject_i.esn;
          table_o.entry_we = 1'b1;
          table_o.entry_row = {idx, assoc_q};
          // In one chain association 1 comes in front of association 0, which LINK makes its head first.
          if (assoc_q && inbound_q && same_bucket) table_o.entry.next = {1'b1, idx, 1'b0};
          else table_o.entry.next = head_q[assoc_q];
          table_o.entry.v6  = v6_q;
          table_o.entry.ah  = ah_q[assoc_q];
          table_o.entry.spi = spi_q[assoc_q];
          table_o.entry.dst = dst_q;
        end
        StUpdate: begin
          table_o.esn_we   = 1'b1;
          table_o.sa_row   = {idx, upd_assoc_q};
          table_o.seq_high = seq_high_q[0];
          table_o.esn_flip = inject_i.esn;
        end
        StLink: begin
          table_o.head_we = 1'b1;
          table_o.head.valid = 1'b1;
          table_o.head.ptr = {idx, assoc_q};
        end
        StPublish: begin
          table_o.bundle_we = 1'b1;
          table_o.bundle.live = 1'b1;
          table_o.bundle.inbound = inbound_q;
          table_o.bundle.v6 = v6_q;
          table_o.bundle.two = two_q;
          table_o.bundle.udp = udp_q;
          table_o.bundle.esn = esn_q;
          table_o.bundle_flip = inject_i.bundle;
          table_o.bundle.generation = table_i.generation;
          table_o.bundle.dst = dst_q;
        end
        StUnlink: begin
          table_o.head_re   = cnt_q == '0 && bundle_q.inbound;
          table_o.entry_re  = bundle_q.inbound && cnt_q != '0 && !unlink_hit;
          table_o.entry_row = cnt_q == 6'd1 ? table_i.head.ptr : table_i.entry.next.ptr;
          if (unlink_hit && first_q) begin
            table_o.head_we = 1'b1;
            table_o.head = table_i.entry.next;
          end else if (unlink_hit) begin
            table_o.entry_we = 1'b1;
            table_o.entry_row = before_row_q;
            table_o.entry = before_q;
            table_o.entry.next = table_i.entry.next;
          end
          if (unlink_end) begin
            table_o.bundle_we = 1'b1;
            table_o.bundle = bundle_q;
            table_o.bundle.live = 1'b0;
          end
        end
        StSecond: begin
          table_o.entry_re  = cnt_q == '0;
          table_o.entry_row = {idx, 1'b1};
        end
        StZero: begin
          table_o.sa_we = 1'b1;
          table_o.esn_we = 1'b1;
          table_o.sa_row = {idx, cnt_q[0]};
          table_o.entry_we = 1'b1;
          table_o.entry_row = {idx, cnt_q[0]};
          table_o.bundle_we = cnt_q[0];
        end
        StFree: begin
          table_o.push = 1'b1;
          table_o.generation = handle_hi_q + 16'd1;
        end
        default: ;
      endcase
    end
  end

  // An injection is used up by the row it could have gone to.
  always_comb begin
    injected_o = '0;
    if (init_done_i) begin
      injected_o.sa = state_q == StWrite;
      injected_o.esn = state_q == StWrite || state_q == StUpdate;
      injected_o.bundle = state_q == StPublish;
    end
  end

  assign hkey_start_o = state_q == StHkey && cnt_q == '0;
  assign hkey_size_o  = size_q[assoc_q];
  assign hkey_key_o   = key_q;

  // ---------------------------------------------------------------------------------------------
  // Sequence
  // ---------------------------------------------------------------------------------------------

  logic dup_hit_q;
  logic dup_now;
  assign dup_now = state_q == StDup && cnt_q >= 6'd2 && table_i.entry.spi == spi_q[assoc_q] &&
      table_i.entry.v6 == v6_q && table_i.entry.ah == ah_q[assoc_q] && table_i.entry.dst == dst_q;

  logic dup_last;
  assign dup_last = cnt_q == 6'd1 ? !table_i.head.valid : cnt_q != '0 && !table_i.entry.next.valid;

  logic [32:0] area_end;
  logic bad_range;
  assign area_end = 33'(area_off_q) + 33'(area_len_q);
  assign bad_range = area_end > 33'(length_i) || key_end_q > 33'(area_len_q) ||
      (ex_q && area_off_q < AddSaExBytes);

  logic [31:0] fixed;
  assign fixed = ex_q ? AddSaExBytes : AddSaBytes;

  function automatic logic [31:0] fixed_of(input logic [31:0] oid);
    return oid == OidUpdateSa ? UpdateSaBytes : oid == OidAddSaEx ? AddSaExBytes : AddSaBytes;
  endfunction

  // What the current configuration does not have
  logic bad_config;
  logic [1:0] in_use, is_ah;
  assign in_use = {two_q, 1'b1};
  assign is_ah = ah_q & in_use;
  assign bad_config = (two_q && !combined_on_i) || (is_ah != '0 && !ah_on_i) ||
      ((~ah_q & in_use) != '0 && !esp_on_i) ||
      (udp_q != '0 && ((udp_q & udp_esp_i) == '0 || is_ah != '0));

  // UPDATE: Operation and Spi are those of the entry at hand
  logic names_entry;
  assign names_entry = op_q == (table_i.entry.ah ? 32'd1 : 32'd2) && table_i.entry.spi == spi_q[0];
  // ... and of an association that has ESN
  logic names_first, names_second;
  assign names_first  = upd_hit_q && bundle_q.esn[0];
  assign names_second = names_entry && bundle_q.two && bundle_q.esn[1];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q            <= StIdle;
      cnt_q              <= '0;
      assoc_q            <= 1'b0;
      slot_q             <= '0;
      last_q             <= 2'(NumSlots - 1);
      ex_q               <= 1'b0;
      del_q              <= 1'b0;
      upd_q              <= 1'b0;
      draining_q         <= '0;
      drained_q          <= '0;
      drain_idx_q        <= '0;
      drain_generation_q <= '0;
      drain_inbound_q    <= '0;
      drain_taken_q      <= '0;
      status_q           <= StatusSuccess;
      needed_q           <= '0;
      unknown_q          <= 1'b0;
      handle_v_q         <= 1'b0;
    end else if (!init_done_i) begin
      state_q    <= StIdle;
      last_q     <= 2'(NumSlots - 1);
      draining_q <= '0;
      drained_q  <= '0;
    end else begin
      if (drain_over != '0) begin
        draining_q <= draining_q & ~drain_over;
        drained_q  <= drained_q | drain_over;
      end
      if (state_q != StIdle) cnt_q <= cnt_q + 6'd1;
      case (state_q)
        StIdle: begin
          if (waiting != '0) begin
            slot_q     <= next_slot;
            last_q     <= next_slot;
            cnt_q      <= '0;
            assoc_q    <= 1'b0;
            status_q   <= StatusSuccess;
            needed_q   <= '0;
            unknown_q  <= 1'b0;
            handle_v_q <= 1'b0;
            if (drained_q[next_slot]) begin
              drained_q[next_slot] <= 1'b0;
              del_q                <= 1'b1;
              upd_q                <= 1'b0;
              state_q              <= StZero;
            end else begin
              state_q <= StDecode;
            end
          end
        end
        StDecode: begin
          cnt_q   <= '0;
          ex_q    <= oid_i == OidAddSaEx;
          del_q   <= oid_i == OidDeleteSa;
          upd_q   <= oid_i == OidUpdateSa;
          state_q <= StWipe;
          if (halt_i) begin
            status_q <= StatusNotAccepted;
          end else if (oid_i != OidAddSa && oid_i != OidDeleteSa && oid_i != OidUpdateSa &&
                       oid_i != OidAddSaEx) begin
            status_q <= StatusInvalidOid;
          end else if (cancel_i) begin
            status_q <= StatusRequestAborted;
          end else if (oid_i == OidDeleteSa) begin
            if (length_i < DeleteSaBytes || length_i > WindowBytes) unknown_q <= 1'b1;
            else state_q <= StFetch;
          end else if (oid_i != OidUpdateSa && !config_on_i) begin
            status_q <= StatusNotSupported;
          end else if (length_i < fixed_of(oid_i)) begin
            status_q <= StatusInvalidLength;
            needed_q <= fixed_of(oid_i);
          end else if (length_i > WindowBytes) begin
            status_q <= StatusInvalidLength;
          end else begin
            state_q <= StFetch;
          end
        end
        StFetch: begin
          if (cnt_q == (del_q ? FetchDelete : upd_q ? FetchUpdate : FetchAdd) - 6'd1) begin
            cnt_q   <= '0;
            state_q <= StCheck;
          end
        end
        StCheck: begin
          cnt_q   <= '0;
          state_q <= StWipe;
          if (cancel_i) begin
            status_q <= StatusRequestAborted;
          end else if (del_q) begin
            // The upper half of the handle is the word at hand.
            if (bad_data_q || word != '0 || !handle_ok) unknown_q <= 1'b1;
            else state_q <= StUnlink;
          end else if (upd_q) begin
            if (bad_data_q) begin
              status_q <= StatusInvalidData;
            end else if (!config_on_i || bad_param_q || !handle_ok ||
                !(names_first || names_second)) begin
              status_q <= StatusInvalidParameter;
            end else begin
              state_q <= StUpdate;
            end
          end else if (bad_data_q || bad_range) begin
            status_q <= StatusInvalidData;
          end else if (bad_param_q) begin
            status_q <= StatusInvalidParameter;
          end else if (bad_support_q || bad_config) begin
            status_q <= StatusNotSupported;
          end else begin
            state_q <= inbound_q ? StDup : StAlloc;
          end
        end
        StDup: begin
          // A chain is longer than the counter counts: it only tells the first two edges apart.
          if (cnt_q == 6'd2) cnt_q <= 6'd2;
          if (dup_last) begin
            cnt_q   <= '0;
            assoc_q <= two_q && !assoc_q;
            if (assoc_q == two_q) begin
              state_q <= StAlloc;
              if (dup_hit_q || dup_now) begin
                status_q <= StatusInvalidParameter;
                state_q  <= StWipe;
              end
            end
          end
        end
        StAlloc: begin
          cnt_q <= '0;
          if (table_o.pop) begin
            state_q <= StKey;
          end else begin
            status_q <= StatusResources;
            state_q  <= StWipe;
          end
        end
        StKey: begin
          if (cnt_q == KeyEdges - 6'd1) begin
            cnt_q   <= '0;
            state_q <= StHkey;
          end
        end
        StHkey: begin
          if (cnt_q == HkeyEdges - 6'd1) begin
            cnt_q   <= '0;
            state_q <= StWrite;
          end
        end
        StWrite: begin
          cnt_q   <= '0;
          assoc_q <= two_q && !assoc_q;
          if (assoc_q != two_q) state_q <= StKey;
          else state_q <= inbound_q ? StLink : StPublish;
        end
        StUpdate: begin
          cnt_q   <= '0;
          state_q <= StWipe;
        end
        StLink: begin
          cnt_q   <= '0;
          assoc_q <= two_q && !assoc_q;
          if (assoc_q == two_q) state_q <= StPublish;
        end
        StPublish: begin
          cnt_q      <= '0;
          handle_v_q <= 1'b1;
          state_q    <= StWipe;
        end
        StUnlink: begin
          if (cnt_q == 6'd2) cnt_q <= 6'd2;
          if (unlink_end) begin
            draining_q[slot_q]         <= 1'b1;
            drain_idx_q[slot_q]        <= idx;
            drain_generation_q[slot_q] <= handle_hi_q;
            drain_inbound_q[slot_q]    <= bundle_q.inbound;
            drain_taken_q[slot_q]      <= bundle_q.inbound ? rx_taken_i : tx_taken_i;
            state_q                    <= StIdle;
          end else if (unlink_hit) begin
            cnt_q   <= '0;
            assoc_q <= 1'b1;
            state_q <= StSecond;
          end
        end
        StSecond: begin
          if (cnt_q == 6'd1) begin
            cnt_q   <= '0;
            state_q <= StUnlink;
          end
        end
        StZero: begin
          if (cnt_q == 6'd1) begin
            cnt_q   <= '0;
            state_q <= StFree;
          end
        end
        StFree: begin
          cnt_q   <= '0;
          state_q <= StWipe;
        end
        StWipe: begin
          if (cnt_q == WipeEdges - 6'd1) state_q <= StIdle;
        end
        default: state_q <= StIdle;
      endcase
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Data of the command. Cleared at its end and by a reset: it holds keys.
  // ---------------------------------------------------------------------------------------------

  logic wipe_end;
  assign wipe_end = state_q == StWipe && cnt_q == WipeEdges - 6'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lane_q        <= '0;
      word_v_q      <= 1'b0;
      word_no_q     <= '0;
      inbound_q     <= 1'b0;
      v6_q          <= 1'b0;
      two_q         <= 1'b0;
      dst_q         <= '0;
      udp_q         <= '0;
      ah_q          <= '0;
      gmac_q        <= '0;
      esn_q         <= '0;
      spi_q         <= '0;
      seq_high_q    <= '0;
      size_q        <= {2{KeyAes128}};
      icv_q         <= '0;
      area_len_q    <= '0;
      area_off_q    <= '0;
      key_off_q     <= '0;
      key_q         <= '0;
      salt_q        <= '0;
      handle_lo_q   <= '0;
      handle_hi_q   <= '0;
      bundle_q      <= '0;
      bucket_q      <= '0;
      head_q        <= '0;
      upd_hit_q     <= 1'b0;
      upd_assoc_q   <= 1'b0;
      at_q          <= '0;
      before_q      <= '0;
      before_row_q  <= '0;
      first_q       <= 1'b0;
      bad_data_q    <= 1'b0;
      bad_param_q   <= 1'b0;
      bad_support_q <= 1'b0;
      key_end_q     <= '0;
      gcm_q         <= 1'b0;
      op_q          <= '0;
      auth_id_q     <= '0;
      auth_len_q    <= '0;
      auth_off_q    <= '0;
      auth_info_q   <= '0;
      auth_end_q    <= '0;
      enc_len_q     <= '0;
      key_v_q       <= 1'b0;
      key_salt_q    <= 1'b0;
      key_lane_q    <= '0;
      key_no_q      <= '0;
      dup_hit_q     <= 1'b0;
    end else if (wipe_end || !init_done_i) begin
      key_q    <= '0;
      salt_q   <= '0;
      key_v_q  <= 1'b0;
      word_v_q <= 1'b0;
    end else if (state_q == StIdle) begin
      if (waiting != '0) begin
        handle_lo_q <= 16'(drain_idx_q[next_slot]) + 16'd1;
        handle_hi_q <= drain_generation_q[next_slot];
      end
    end else begin
      if (state_q == StDecode) begin
        bad_data_q    <= 1'b0;
        bad_param_q   <= 1'b0;
        bad_support_q <= 1'b0;
        key_end_q     <= '0;
        two_q         <= 1'b0;
        dup_hit_q     <= 1'b0;
        dst_q         <= '0;
        ah_q          <= '0;
        esn_q         <= '0;
        area_off_q    <= 32'hA8;
        head_q        <= '0;
      end

      // A word per edge, one edge behind its read
      if (state_q == StFetch || word_v_q) begin
        word_v_q  <= state_q == StFetch;
        word_no_q <= cnt_q;
        lane_q    <= cnt_q[1:0];
      end
      if (word_v_q && !del_q && !upd_q) begin
        case (norm)
          6'd0: begin
            if (word[7:0] != 8'h80 || word[15:8] == '0 || 32'(word[31:16]) < fixed) begin
              bad_data_q <= 1'b1;
            end
          end
          6'd4: begin
            if (word != 32'd1 && word != 32'd2) bad_data_q <= 1'b1;
            two_q <= word == 32'd2;
          end
          6'd5: begin
            if ((word & ~32'h11) != '0) bad_data_q <= 1'b1;
            inbound_q <= word[0];
            v6_q      <= word[4];
          end
          6'd7: if (!v6_q) dst_q[31:0] <= swap(word);
          6'd10, 6'd11, 6'd12, 6'd13: begin
            if (v6_q) dst_q <= {dst_q[95:0], swap(word)};
          end
          6'd16: begin
            udp_q <= word[3:0];
            if (word != '0 && !one_bit_below(word, 32'h10)) bad_support_q <= 1'b1;
          end
          6'd41: area_len_q <= word;
          6'd42: if (ex_q) area_off_q <= word;
          default: ;
        endcase
        if (assoc_v) begin
          case (assoc_pos)
            6'd0: begin
              if (word[31:1] != '0) bad_data_q <= 1'b1;
              esn_q[assoc] <= word[0];
            end
            6'd1: begin
              op_q <= word;
              ah_q[assoc] <= word == 32'd1;
              if (word != 32'd1 && word != 32'd2) bad_param_q <= 1'b1;
              // The only pair is ESP, then AH.
              if (two_q && word != (assoc ? 32'd1 : 32'd2)) bad_param_q <= 1'b1;
            end
            6'd2: begin
              spi_q[assoc] <= spi_host_order_i ? word : swap(word);
              if ((spi_host_order_i ? word : swap(word)) < 32'd256) bad_param_q <= 1'b1;
            end
            6'd3: auth_id_q <= word;
            6'd4: auth_len_q <= word;
            6'd5: begin
              auth_off_q <= word[8:0];
              auth_end_q <= 33'(auth_len_q) + 33'(word);
            end
            6'd6: auth_info_q <= word;
            6'd7: begin
              gcm_q <= is_gcm_or_gmac(word);
              gmac_q[assoc] <= !is_gcm_or_gmac(word);
              if (bad_combination(op_q == 32'd1, auth_id_q, word)) bad_param_q <= 1'b1;
              if (is_gcm_or_gmac(word)) begin
                size_q[assoc] <= size_of(word[4:3]);
              end else begin
                if (auth_end_q > key_end_q) key_end_q <= auth_end_q;
                size_q[assoc] <= size_of(auth_id_q[4:3]);
                icv_q[assoc] <= 5'd16;
                key_off_q[assoc] <= auth_off_q;
                if (op_q != 32'd1 && word != 32'h01) bad_support_q <= 1'b1;
                if (!gmac_ok(auth_id_q, auth_len_q, auth_info_q)) bad_support_q <= 1'b1;
              end
            end
            6'd8: begin
              enc_len_q <= word;
              if (gcm_q && word != 32'(key_bytes(size_q[assoc]))) bad_support_q <= 1'b1;
            end
            6'd9: begin
              if (gcm_q) key_off_q[assoc] <= word[8:0];
              if (33'(enc_len_q) + 33'(word) > key_end_q) key_end_q <= 33'(enc_len_q) + 33'(word);
            end
            6'd10: begin
              if (gcm_q) begin
                icv_q[assoc] <= word == '0 ? 5'd16 : word[4:0];
                if (word != '0 && word != 32'd8 && word != 32'd12 && word != 32'd16) begin
                  bad_support_q <= 1'b1;
                end
              end
            end
            6'd11: seq_high_q[assoc] <= word;
            default: ;
          endcase
        end
      end
      if (word_v_q && del_q) begin
        if (word_no_q == '0) begin
          bad_data_q <= word[7:0] != 8'h80 || word[15:8] == '0 || 32'(word[31:16]) < DeleteSaBytes;
        end
        if (word_no_q == 6'd4) {handle_hi_q, handle_lo_q} <= word;
      end
      if (word_v_q && upd_q) begin
        case (word_no_q)
          6'd0: begin
            bad_data_q <= word[7:0] != 8'h80 || word[15:8] == '0 ||
                32'(word[31:16]) < UpdateSaBytes;
          end
          6'd2: {handle_hi_q, handle_lo_q} <= word;
          6'd3: bad_param_q <= word != '0;
          6'd4: op_q <= word;
          6'd5: spi_q[0] <= spi_host_order_i ? word : swap(word);
          6'd6: seq_high_q[0] <= word;
          default: ;
        endcase
      end

      // UPDATE: association 0, one edge behind its read; association 1 is at hand in CHECK
      if (upd_q && state_q == StFetch && cnt_q == FetchUpdate - 6'd1) begin
        bundle_q  <= table_i.bundle;
        upd_hit_q <= names_entry;
      end
      if (upd_q && state_q == StCheck) upd_assoc_q <= !names_first;
      if (del_q && state_q == StCheck) bundle_q <= table_i.bundle;

      // Buckets: of the entry that was read, or of the new SA (association 1 while the head of association 0 is read)
      if (state_q == StCheck || (state_q == StDup && cnt_q == '0 && !assoc_q && two_q) ||
          (state_q == StSecond && cnt_q == 6'd1)) begin
        bucket_q[state_q!=StCheck] <= BucketBits'(sa_hash(
            hash_seed_i,
            del_q ? table_i.entry.spi : spi_q[state_q!=StCheck],
            del_q ? table_i.entry.dst : dst_q,
            del_q ? table_i.entry.v6 : v6_q,
            del_q ? table_i.entry.ah : ah_q[state_q!=StCheck]
        ));
      end

      // Key bytes, one edge behind their read, left-aligned in 32 zeros
      if (state_q == StKey || key_v_q) begin
        key_v_q    <= key_read;
        key_lane_q <= key_addr[3:0];
        key_no_q   <= cnt_q[4:0];
        key_salt_q <= cnt_q + 6'd4 >= key_len;
      end
      if (key_v_q) begin
        if (key_salt_q) salt_q <= {salt_q[23:0], window_rdata_i[8*key_lane_q+:8]};
        else key_q[{~key_no_q, 3'b000}+:8] <= window_rdata_i[8*key_lane_q+:8];
      end
      if (state_q == StWrite) begin
        key_q  <= '0;
        salt_q <= '0;
      end

      // Chains
      if (state_q == StDup) begin
        if (cnt_q == 6'd1) head_q[assoc_q] <= table_i.head;
        if (dup_now) dup_hit_q <= 1'b1;
      end
      if (state_q == StUnlink) begin
        if (cnt_q == 6'd1) begin
          at_q    <= table_i.head;
          first_q <= 1'b1;
        end else if (cnt_q != '0) begin
          at_q         <= table_i.entry.next;
          before_q     <= table_i.entry;
          before_row_q <= at_q.ptr;
          first_q      <= 1'b0;
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // End of a command
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    end_o = '0;
    if (wipe_end && init_done_i) begin
      end_o.valid = 1'b1;
      end_o.slot = slot_q;
      end_o.status = status_q;
      end_o.bytes_read = status_q == StatusSuccess ? length_i : '0;
      end_o.bytes_needed = needed_q;
      end_o.handle_valid = handle_v_q;
      end_o.handle_ex = ex_q;
      end_o.handle = {table_i.generation, 2'b00, table_i.free_idx} + 32'd1;
      end_o.unknown_delete = unknown_q;
    end
  end

  logic [15:0] sa_count_q;
  assign sa_count_o = sa_count_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sa_count_q <= '0;
    else if (sweep_i) sa_count_q <= '0;
    else if (state_q == StPublish && init_done_i) sa_count_q <= sa_count_q + 16'd1;
    else if (state_q == StFree && init_done_i) sa_count_q <= sa_count_q - 16'd1;
  end

  // ---------------------------------------------------------------------------------------------
  // Integration checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      HkeyInTime_A :
      assert (!(state_q == StWrite && init_done_i) || hkey_done_i)
      else $error("oid_engine: H is not there when the record is written");
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  // Associations that LINK or UNLINK of this command has put through
  logic [1:0] linked_q, linked;
  assign linked = (state_q == StLink || unlink_hit) ? linked_q | (assoc_q ? 2'b10 : 2'b01) :
      linked_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) linked_q <= '0;
    else if (state_q == StDecode) linked_q <= '0;
    else if (state_q == StLink || state_q == StUnlink) linked_q <= linked;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      ChainHolds_A :
      assert (state_q != StUnlink || !init_done_i || !bundle_q.inbound || cnt_q < 6'd2 ||
              at_q.valid)
      else $error("oid_engine: an inbound SA is missing in its chain");
      UpdateLive_A :
      assert (state_q != StUpdate || !init_done_i ||
              (bundle_q.live && bundle_q.generation == handle_hi_q && bundle_q.esn[upd_assoc_q] &&
               (bundle_q.two || !upd_assoc_q)))
      else $error("oid_engine: UPDATE_SA of a bundle that is not live or has no ESN");
      LinkedBefore_A :
      assert (state_q != StPublish || !init_done_i ||
              linked_q == (inbound_q ? {two_q, 1'b1} : 2'b00))
      else $error("oid_engine: a bundle goes live with other entries in chains than its own");
      UnlinkedBefore_A :
      assert (!unlink_end || !init_done_i ||
              linked == (bundle_q.inbound ? {bundle_q.two, 1'b1} : 2'b00))
      else $error("oid_engine: a bundle is dead but an entry of it is still in a chain");
      Pair_A :
      assert (state_q != StWrite || !init_done_i || !two_q || ah_q == 2'b10)
      else $error("oid_engine: a bundle of two that is not ESP, then AH");
      Icv_A :
      assert (state_q != StWrite || !init_done_i || icv_q[assoc_q] == 5'd16 ||
              (!gmac_q[assoc_q] && (icv_q[assoc_q] == 5'd8 || icv_q[assoc_q] == 5'd12)))
      else $error("oid_engine: an ICV length that the algorithm does not have");
      KeyAlone_A :
      assert (state_q != StKey || cnt_q != '0 || (key_q == '0 && salt_q == '0))
      else $error("oid_engine: bytes of another key where a key begins");
      KeyWiped_A :
      assert (state_q != StIdle || (key_q == '0 && salt_q == '0))
      else $error("oid_engine: key material outside a command");
      CountBound_A :
      assert ({16'b0, sa_count_q} <= NumSa)
      else $error("oid_engine: more bundles in use than there are");
    end
  end

endmodule
