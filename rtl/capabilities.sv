// SPDX-License-Identifier: Apache-2.0
//
// IPSECV2, SA_LIMIT and the two NDIS_IPSEC_OFFLOAD_V2 images. What is advertised is what is built.
//
// Timing: registers act at the edge of the access; config_changed_o is high in the clock behind the edge at which
// the current image changed.

module capabilities
  import ipsec_control_pkg::*;
#(
    parameter int unsigned NumSa  = 1024,
    parameter int unsigned Stages = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input logic engine_enable_i,

    // Register ports
    input  reg_req_t        ipsecv2_req_i,
    output logic     [31:0] ipsecv2_rdata_o,
    input  reg_req_t        limit_req_i,
    output logic     [31:0] limit_rdata_o,
    input  reg_req_t        caps_req_i,       // relative to CAPS
    output logic     [31:0] caps_rdata_o,

    output logic        config_on_o,      // current image is not a zero block
    output logic        esp_on_o,         // members of it: Esp
    output logic        ah_on_o,          // Ah
    output logic        combined_on_o,    // AhEspCombined
    output logic [ 3:0] udp_esp_o,        // UdpEsp
    output logic [15:0] sa_limit_o,
    output logic        config_changed_o
);

  // 802.3, and with a tag in the frame
  localparam logic [31:0] Encapsulation = 32'h0000_0006;
  // Bytes 4..7: IPv6Supported, IPv4Options, IPv6NonIPsecExtensionHeaders, Ah
  localparam logic [31:0] Booleans0 = 32'h0101_0101;
  localparam logic [31:0] BooleanAh = 32'h0100_0000;
  // Bytes 8..11: Esp, AhEspCombined (which takes two stages), Transport, Tunnel
  localparam logic [31:0] Booleans1 = Stages >= 2 ? 32'h0101_0101 : 32'h0101_0001;
  localparam logic [31:0] BooleanEsp = 32'h0000_0001;
  localparam logic [31:0] BooleanCombined = 32'h0000_0100;
  // Bytes 12..15: TransportTunnelCombined, which takes two stages; ExtendedSequenceNumbers
  localparam logic [31:0] Booleans2 = Stages >= 2 ? 32'h0001_0001 : 32'h0001_0000;
  // UDP in one of two portions takes two stages.
  localparam logic [31:0] UdpEsp = Stages >= 2 ? 32'h0000_000F : 32'h0000_0003;
  // AES-GMAC 128, 192, 256
  localparam logic [31:0] AuthenticationAlgorithms = 32'h0000_0038;
  // None (with AES-GMAC); AES-GCM 128, 192, 256
  localparam logic [31:0] EncryptionAlgorithms = 32'h0000_0039;

  ipsecv2_e ipsecv2_q;
  logic [15:0] limit_q;

  logic [31:0] limit_new;
  assign limit_new = ({16'b0, limit_q} & ~limit_req_i.biten) |
      (limit_req_i.wdata & limit_req_i.biten);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ipsecv2_q <= Ipsecv2Both;
      limit_q   <= 16'(NumSa);
    end else begin
      if (ipsecv2_req_i.req && ipsecv2_req_i.write && ipsecv2_req_i.biten[0]) begin
        case (ipsecv2_req_i.wdata[7:0])
          8'd1: ipsecv2_q <= Ipsecv2Disabled;
          8'd2: ipsecv2_q <= Ipsecv2Ah;
          8'd3: ipsecv2_q <= Ipsecv2Esp;
          8'd4: ipsecv2_q <= Ipsecv2Both;
          default: ;
        endcase
      end
      if (limit_req_i.req && limit_req_i.write) begin
        limit_q <= limit_new > NumSa ? 16'(NumSa) : limit_new[15:0];
      end
    end
  end

  assign config_on_o = engine_enable_i && ipsecv2_q != Ipsecv2Disabled;
  assign esp_on_o = config_on_o && ipsecv2_q != Ipsecv2Ah;
  assign ah_on_o = config_on_o && ipsecv2_q != Ipsecv2Esp;
  assign combined_on_o = esp_on_o && ah_on_o && Stages >= 2;
  assign udp_esp_o = esp_on_o ? UdpEsp[3:0] : '0;
  assign sa_limit_o = limit_q;
  assign ipsecv2_rdata_o = {29'b0, ipsecv2_q};
  assign limit_rdata_o = {16'b0, limit_q};

  // All that the current image depends on
  logic [18:0] image_now, image_q;
  assign image_now = config_on_o ? {config_on_o, esp_on_o, ah_on_o, limit_q} : '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) image_q <= '0;
    else image_q <= image_now;
  end
  assign config_changed_o = image_now != image_q;

  logic current;
  assign current = caps_req_i.addr[5];
  always_comb begin : p_images
    logic esp, ah;  // in the image that is read
    esp = !current || esp_on_o;
    ah = !current || ah_on_o;
    caps_rdata_o = '0;
    if (caps_req_i.req && !caps_req_i.write && (config_on_o || !current)) begin
      case (caps_req_i.addr[4:2])
        3'd0: caps_rdata_o = Encapsulation;
        3'd1: caps_rdata_o = ah ? Booleans0 : Booleans0 & ~BooleanAh;
        3'd2: begin
          caps_rdata_o = Booleans1;
          if (!esp) caps_rdata_o = caps_rdata_o & ~BooleanEsp;
          if (!esp || !ah) caps_rdata_o = caps_rdata_o & ~BooleanCombined;
        end
        3'd3: caps_rdata_o = Booleans2;
        3'd4: caps_rdata_o = esp ? UdpEsp : '0;
        3'd5: caps_rdata_o = AuthenticationAlgorithms;
        3'd6: caps_rdata_o = esp ? EncryptionAlgorithms : '0;
        3'd7: caps_rdata_o = {16'b0, limit_q};
        default: caps_rdata_o = '0;
      endcase
    end
  end

  logic unused_bits;
  assign unused_bits = ^{ipsecv2_req_i, limit_req_i, caps_req_i};

  // ---------------------------------------------------------------------------------------------
  // Implementation checks
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      // No checks in reset
    end else begin
      LimitBound_A :
      assert ({16'b0, limit_q} <= NumSa)
      else $error("capabilities: SaLimit is above NumSa");
      OneProtocol_A :
      assert (config_on_o == (esp_on_o || ah_on_o))
      else
        $error("capabilities: a current image without a protocol, or a protocol without an image");
    end
  end

endmodule
