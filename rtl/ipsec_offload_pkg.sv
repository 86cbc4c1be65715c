// SPDX-License-Identifier: Apache-2.0
//
// Types and constants shared by all modules of the IPsec offload engine. Widths that depend on the
// number of SAs are sized for the largest supported table (16,384 bundles), so that one set of types
// serves every configuration; synthesis removes what a smaller table leaves constant.

// A unit or a part of the design that is checked alone does not use all of it.
/* verilator lint_off UNUSEDPARAM */
package ipsec_offload_pkg;

  // ---------------------------------------------------------------------------------------------
  // Frames
  // ---------------------------------------------------------------------------------------------

  parameter int unsigned MinFrameBytes = 14;
  parameter int unsigned MaxFrameBytes = 9618;
  // Index of the first beat that no legal frame has: 9,618 bytes are 601 beats and 2 bytes.
  parameter int unsigned MaxFrameBeats = 602;

  parameter int unsigned FrontBeats = 1024;  // beat FIFO of a front: holds a whole frame
  parameter int unsigned FrontFrames = 16;  // frames and requests in a front
  parameter int unsigned LookupFrames = 8;  // contexts between lookup and stage
  parameter int unsigned StageBeats = 1024;  // buffer of a stage
  parameter int unsigned StageFrames = 256;  // descriptors of a stage
  parameter int unsigned OutBeats = 4;  // output queue of a stage
  parameter int unsigned CplDepth = 16;  // transmit completions

  // In all structures the wide members come last, so that they start at multiples of 32 bits: a
  // simulator then moves whole words.

  typedef struct packed {
    logic cut;  // eof made up by a soft reset
    logic bad_len;  // the frame is outside 14..9,618 bytes (see docs/theory_of_operation.md)
    logic eof;
    logic sof;
    logic [4:0] bytes;  // 1..16; 16 unless eof
    logic [127:0] data;  // byte k of the beat is data[8*k +: 8]; bytes behind the frame are zero
  } frame_beat_t;

  typedef enum logic [1:0] {
    KindNormal = 2'd0,
    KindDiag = 2'd1,
    KindSelfTest = 2'd2
  } frame_kind_e;

  // Where the walk to the next portion starts: docs/theory_of_operation.md, "Internal frame interface"
  typedef enum logic [2:0] {
    StartNone = 3'd0,
    StartEth = 3'd1,
    StartIpv4 = 3'd2,  // receive, as the next two
    StartIpv6 = 3'd3,
    StartPair = 3'd4,  // ESP of the bundle whose AH was good
    StartLevel1Ah = 3'd5,  // transmit, as the next two
    StartLevel0 = 3'd6,
    StartLevel0Ah = 3'd7
  } parse_start_e;

  // Beside the beats, valid with sof and constant through the frame.
  typedef struct packed {
    frame_kind_e kind;
    logic [1:0] st_stage;  // self-test: stage under test
    logic refused;  // transmit: completion FAILURE, no byte leaves
    logic discard;  // cut by a soft reset before a beat of it left: swallowed, no completion
    logic level1;  // the next portion is of level 1
    parse_start_e start;  // where the next portion's headers start
    logic [13:0] start_off;  // receive: byte offset of that header
    // Receive: first byte behind what carries it, 0: end of frame. Transmit: end of level 1, 0 without one
    logic [13:0] limit;
    logic [31:0] offload_handle;  // transmit: tuser[31:0]; receive: of the first processed portion
    logic [31:0] tunnel_handle;  // transmit: tuser[63:32]; receive: of the bundle of a pair
    logic [31:0] hint;  // transmit: slot-12 word, tuser[95:64]
    logic [31:0] rx_slot1;  // receive: result so far
    logic [31:0] rx_slot12;  // receive: result so far
  } frame_meta_t;

  // Slot-1 receive word
  parameter int unsigned Slot1SaDeleteReq = 0;
  parameter int unsigned Slot1CryptoDone = 1;
  parameter int unsigned Slot1NextCryptoDone = 2;

  // ---------------------------------------------------------------------------------------------
  // Parser result and stage context
  // ---------------------------------------------------------------------------------------------

  // One request to the lookup per frame and front, in frame order. The portion is the AH or the ESP header of its
  // level that this stage has to do; "both": the level has both.
  typedef struct packed {
    logic found;  // a portion inside what the device can do
    logic truncated;  // found, but the frame ends before the end of its header (ESP: of the IV)
    logic ah;  // the portion is an AH header
    logic both;
    logic v6;
    logic udp;  // the level has UDP
    logic udp_ends;  // no UDP, or it ends where the level ends
    logic ah_size_ok;  // of an AH portion: the header has room for the ICV
    logic ah_next_ip;  // IP follows the AH header, of version 6:
    logic ah_next_v6;
    logic [2:0] portions;  // of the levels walked
    logic [7:0] esp_words;  // from base to the ESP and AH headers of the level; 0: none (slot-12)
    logic [7:0] ah_words;
    logic [13:0] ip_off;  // IP header of the level
    logic [13:0] off;  // header of the portion
    logic [13:0] ah_end;
    logic [16:0] ip_end;  // first byte behind the IP packet, from its length field
    frame_meta_t meta;
    logic [31:0] spi;
    logic [31:0] pair_spi;  // receive, AH in front of ESP: SPI of the ESP header
    logic [127:0] dst;  // IPv4 address in the low 32 bits
    logic [63:0] iv;  // byte 0 of the wire in the high byte
  } lookup_req_t;

  typedef enum logic [1:0] {
    KeyAes128 = 2'd0,
    KeyAes192 = 2'd1,
    KeyAes256 = 2'd2
  } key_size_e;

  // Where the upper word of an extended sequence number enters the AAD
  typedef enum logic [1:0] {
    EsnNone   = 2'd0,
    EsnInside = 2'd1,  // ESP, AES-GCM: between SPI and sequence number of the one block
    EsnAhead  = 2'd2,  // ESP, AES-GMAC: the same; the region starts 4 bytes before the SPI
    EsnBehind = 2'd3   // AH: behind the last byte
  } esn_place_e;

  // Everything a crypto stage needs for one frame. Holds key material: cleared after use.
  typedef struct packed {
    logic crypt;  // the stage works on this frame (else: passes)
    logic [2:0] status;  // receive: CryptoStatus that the headers alone decide; 0: the ICV decides
    logic ah;  // AH, else ESP
    logic both;  // receive: AH of a bundle of two; transmit: the level has AH and ESP
    logic v6;  // of the level's IP header
    logic level1;
    logic first;  // receive: no portion of this frame was processed before
    logic tunnel_mode;  // mode of the portion, for the status
    logic next_ip;  // AH of a bundle of one: IP follows, of version 6:
    logic next_v6;
    esn_place_e esn;  // seq_high is in the AAD
    key_size_e key_size;
    logic [4:0] icv_len;
    logic [13:0] bundle_idx;
    logic [15:0] generation;
    logic [13:0] aad_off;
    logic [13:0] aad_len;  // bytes of the frame; EsnAhead: with the 4 bytes ahead
    logic [13:0] txt_off;
    logic [13:0] txt_len;
    logic [13:0] icv_off;
    logic [13:0] inner_off;  // behind the portion's header
    logic [13:0] inner_len;  // from there to the ICV (ESP) or to the end (AH)
    logic [16:0] end_off;  // must not exceed the frame length (bytes): else status 6 or refusal
    frame_meta_t meta;
    logic [31:0] seq_high;
    logic [31:0] salt;
    logic [63:0] iv;
    logic [127:0] h;  // byte 0 of the block in bits 127:120
    logic [255:0] key;  // byte 0 of the key in bits 255:248; shorter keys are left-aligned
  } stage_ctx_t;

  // ---------------------------------------------------------------------------------------------
  // SA table
  // ---------------------------------------------------------------------------------------------

  typedef struct packed {
    logic valid;
    logic [14:0] ptr;  // index entry = SA row
  } chain_ptr_t;

  typedef struct packed {
    chain_ptr_t next;
    logic v6;
    logic ah;
    logic [31:0] spi;
    logic [127:0] dst;
  } index_entry_t;

  // Rows with a parity bit: even over the whole row, so that a cleared row is right.

  typedef struct packed {
    logic parity;
    logic [1:0] esn;  // bit a: association a has extended sequence numbers
    logic live;  // visible to transmit handles
    logic inbound;
    logic v6;
    logic two;  // two associations (ESP, then AH)
    logic [3:0] udp;  // UDP-ESP subtype
    logic [15:0] generation;
    logic [127:0] dst;
  } bundle_t;

  typedef struct packed {
    logic parity;
    logic ah;  // operation: 0 ESP, 1 AH
    logic gmac;  // integrity only
    key_size_e key_size;
    logic [4:0] icv_len;
    logic esn;
    logic [31:0] spi;
    logic [31:0] pair_spi;  // AH of a bundle of two: SPI of its ESP
    logic [31:0] salt;
    logic [127:0] h;
    logic [255:0] key;
  } sa_t;

  typedef struct packed {
    logic parity;
    logic [31:0] seq_high;  // upper half of the sequence number
  } esn_t;

  // Sampled at the edge at which a lookup takes its request.
  typedef struct packed {
    logic tx_esp;  // engine and protocol on
    logic tx_ah;
    logic rx_esp;  // engine, encapsulation gate and protocol on
    logic rx_ah;
    logic [31:0] hash_seed;
  } path_cfg_t;

  // Read side of the table for one lookup unit. Addresses in the clock before the edge; data after it.
  // Data registers read zero when their enable was low: they may hold keys.
  typedef struct packed {
    logic head_en;
    logic [15:0] head_exact;  // bucket
    logic [15:0] head_wild;
    logic entry_exact_en;
    logic [14:0] entry_exact;
    logic entry_wild_en;
    logic [14:0] entry_wild;
    logic rec_en;
    logic [14:0] rec_row;  // SA row; its bundle is rec_row >> 1
  } table_req_t;

  typedef struct packed {
    logic tunnel_mode;  // sa_mode: the last authenticated mode, if its generation is the bundle's
    logic bad_parity;  // of one of the three rows below
    chain_ptr_t head_exact;
    chain_ptr_t head_wild;
    index_entry_t entry_exact;
    index_entry_t entry_wild;
    bundle_t bundle;
    logic [31:0] seq_high;
    sa_t sa;
  } table_rsp_t;

  // A verdict with a good ICV: one write to the mode memory.
  typedef struct packed {
    logic valid;
    logic [14:0] row;  // 2 x bundle: the mode is the bundle's
    logic [15:0] generation;
    logic tunnel;
  } mode_wr_t;

  // A verdict of a portion that was processed well: one portion for the counters of its bundle.
  typedef struct packed {
    logic valid;
    logic [13:0] bundle_idx;
    logic [15:0] generation;
    logic [13:0] bytes;
  } sa_count_t;

  // A good receive frame that the last stage reads from its buffer: shall its word ask for the delete of its SA?
  typedef struct packed {
    logic valid;
    logic [31:0] handle;  // of its first processed portion
  } delete_query_t;

  // One-clock events of a path, for the counters; set at the edge at which egress takes the eof beat
  // (or its refusal): see docs/cycle_formulae.md.
  typedef struct packed {
    logic frame;  // every normal or diagnostic frame
    logic [13:0] frame_bytes;  // its length, valid with frame (0 if longer than 16,383)
    logic passed;  // no portion processed (transmit: handles 0/0)
    logic processed;  // transmit: encrypted; receive: CryptoDone
    logic two;  // receive: NextCryptoDone
    logic bad_length;  // outside 14..9,618 bytes
    logic refused;  // transmit: FAILURE
    logic delete_req;  // receive: SaDeleteReq
    logic [7:0] status;  // receive: one-hot CryptoStatus of a processed frame
  } path_event_t;

  function automatic logic [31:0] sa_hash(input logic [31:0] seed, input logic [31:0] spi,
                                          input logic [127:0] dst, input logic v6, input logic ah);
    logic [31:0] h;
    logic [5:0][31:0] w;
    w = {{30'b0, v6, ah}, dst[31:0], dst[63:32], dst[95:64], dst[127:96], spi};
    h = seed;
    for (int unsigned i = 0; i < 6; i++) begin
      h = h ^ w[i];
      h = h + {h[29:0], 2'b00};
      h = {h[18:0], h[31:19]};
    end
    return h ^ {16'b0, h[31:16]};
  endfunction

endpackage
/* verilator lint_on UNUSEDPARAM */
