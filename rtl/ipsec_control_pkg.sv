// SPDX-License-Identifier: Apache-2.0
//
// Types and constants of the control plane: NDIS numbers, and the interfaces between mailbox, OID engine
// and SA table.

package ipsec_control_pkg;

  import ipsec_offload_pkg::*;

  parameter int unsigned NumSlots = 4;
  parameter int unsigned WindowBytes = 512;
  parameter int unsigned WindowRows = 32;  // of 16 bytes
  parameter int unsigned MinSweep = 64;

  // ---------------------------------------------------------------------------------------------
  // NDIS
  // ---------------------------------------------------------------------------------------------

  parameter logic [31:0] OidAddSa = 32'hFC03_0202;
  parameter logic [31:0] OidDeleteSa = 32'hFC03_0203;
  parameter logic [31:0] OidUpdateSa = 32'hFC03_0204;
  parameter logic [31:0] OidAddSaEx = 32'hFC03_0205;

  typedef enum logic [31:0] {
    StatusSuccess = 32'h0000_0000,
    StatusPending = 32'h0000_0103,
    StatusNotAccepted = 32'h0001_0003,
    StatusInvalidParameter = 32'hC000_000D,
    StatusResources = 32'hC000_009A,
    StatusNotSupported = 32'hC000_00BB,
    StatusRequestAborted = 32'hC001_000C,
    StatusResetInProgress = 32'hC001_000D,
    StatusInvalidLength = 32'hC001_0014,
    StatusInvalidData = 32'hC001_0015,
    StatusInvalidOid = 32'hC001_0017
  } ndis_status_e;

  // Size macros: through KeyData, through VlanId, whole structure.
  parameter logic [31:0] AddSaBytes = 32'd169;
  parameter logic [31:0] AddSaExBytes = 32'd170;
  parameter logic [31:0] DeleteSaBytes = 32'd24;
  parameter logic [31:0] UpdateSaBytes = 32'd28;

  // ---------------------------------------------------------------------------------------------
  // Register port
  // ---------------------------------------------------------------------------------------------

  // Values of IPSECV2
  typedef enum logic [2:0] {
    Ipsecv2NoChange = 3'd0,
    Ipsecv2Disabled = 3'd1,
    Ipsecv2Ah = 3'd2,
    Ipsecv2Esp = 3'd3,
    Ipsecv2Both = 3'd4
  } ipsecv2_e;

  // One access to an external block, for one clock; addr is relative to the block.
  typedef struct packed {
    logic req;
    logic write;
    logic [12:0] addr;
    logic [31:0] wdata;
    logic [31:0] biten;
  } reg_req_t;

  // ---------------------------------------------------------------------------------------------
  // Mailbox and OID engine
  // ---------------------------------------------------------------------------------------------

  // Engine to mailbox: one clock when a command ends.
  typedef struct packed {
    logic valid;
    logic [1:0] slot;
    ndis_status_e status;
    logic [31:0] bytes_read;
    logic [31:0] bytes_needed;
    logic handle_valid;
    logic handle_ex;  // at 0x30 (ADD_SA_EX), else at 0x38
    logic [31:0] handle;
    logic unknown_delete;
  } command_end_t;

  // Engine to mailbox: window read (data after the edge, zero if not read) and wipe.
  typedef struct packed {
    logic read;
    logic wipe;
    logic [1:0] slot;
    logic [4:0] row;
  } window_req_t;

  // ---------------------------------------------------------------------------------------------
  // OID engine and SA table
  // ---------------------------------------------------------------------------------------------

  // Write port (one for all memories of its kind) and the control plane's own read ports. Parity bits of the rows
  // are made by the table.
  typedef struct packed {
    logic head_re;
    logic head_we;
    logic [15:0] bucket;
    chain_ptr_t head;
    logic entry_re;
    logic entry_we;
    logic [14:0] entry_row;
    index_entry_t entry;
    logic bundle_re;
    logic bundle_we;
    logic [13:0] bundle_idx;
    bundle_t bundle;
    logic bundle_flip;  // written with the wrong parity bit; so are the others
    logic sa_we;
    logic [14:0] sa_row;  // of the ESN memory too
    sa_t sa;
    logic sa_flip;
    logic esn_we;
    logic [31:0] seq_high;
    logic esn_flip;
    logic pop;  // take the oldest free bundle
    logic generation_re;
    logic push;  // give bundle_idx back, with its next generation
    logic [15:0] generation;
  } table_ctl_req_t;

  // PARITY_INJECT, a bit for each memory with parity
  typedef struct packed {
    logic sa;
    logic bundle;
    logic esn;
  } parity_inject_t;

  // Read data after the edge; zero unless read. free_idx holds until the next pop.
  typedef struct packed {
    chain_ptr_t head;
    index_entry_t entry;
    bundle_t bundle;
    logic [13:0] free_idx;
    logic free_none;
    logic [15:0] generation;
  } table_ctl_rsp_t;

endpackage
