// SPDX-License-Identifier: Apache-2.0
//! The device's pins, as every [`Device`](../../cosim) sees them: inputs before a rising edge, outputs
//! after it. Names are those of the RTL ports without their bus prefix.

/// AXI4-Lite subordinate inputs (`s_axil_*`), 32-bit data, 16-bit address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxilIn {
    /// `s_axil_awvalid`
    pub awvalid: bool,
    /// `s_axil_awaddr`
    pub awaddr: u16,
    /// `s_axil_wvalid`
    pub wvalid: bool,
    /// `s_axil_wdata`
    pub wdata: u32,
    /// `s_axil_wstrb`, bits 3:0
    pub wstrb: u8,
    /// `s_axil_bready`
    pub bready: bool,
    /// `s_axil_arvalid`
    pub arvalid: bool,
    /// `s_axil_araddr`
    pub araddr: u16,
    /// `s_axil_rready`
    pub rready: bool,
}

/// AXI4-Lite subordinate outputs (`s_axil_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxilOut {
    /// `s_axil_awready`
    pub awready: bool,
    /// `s_axil_wready`
    pub wready: bool,
    /// `s_axil_bvalid`
    pub bvalid: bool,
    /// `s_axil_bresp`
    pub bresp: u8,
    /// `s_axil_arready`
    pub arready: bool,
    /// `s_axil_rvalid`
    pub rvalid: bool,
    /// `s_axil_rdata`
    pub rdata: u32,
    /// `s_axil_rresp`
    pub rresp: u8,
}

/// One beat of a 128-bit stream. Byte lane 0 is `data[0]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// `tdata`, byte lane 0 first
    pub data: [u8; 16],
    /// `tkeep`
    pub keep: u16,
    /// `tlast`
    pub last: bool,
}

/// Everything that goes into the device for one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// `rst_ni`: false resets
    pub rst_n: bool,
    /// `s_axil_*`
    pub axil: AxilIn,
    /// `s_axis_tx_tvalid`
    pub tx_valid: bool,
    /// `s_axis_tx_*`
    pub tx: Beat,
    /// `s_axis_tx_tuser`: [offload handle, tunnel handle, slot-12 word] = bits 31:0, 63:32, 95:64
    pub tx_user: [u32; 3],
    /// `s_axis_rx_tvalid`
    pub rx_valid: bool,
    /// `s_axis_rx_*`
    pub rx: Beat,
    /// `m_axis_tx_tready`
    pub tx_out_ready: bool,
    /// `m_axis_txcpl_tready`
    pub txcpl_ready: bool,
    /// `m_axis_rx_tready`
    pub rx_out_ready: bool,
}

/// Every output pin after a rising edge. Payload pins read zero while their valid is low, so that
/// whole-struct comparison is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// `irq_o`
    pub irq: bool,
    /// `s_axil_*`
    pub axil: AxilOut,
    /// `s_axis_tx_tready`
    pub tx_ready: bool,
    /// `s_axis_rx_tready`
    pub rx_ready: bool,
    /// `m_axis_tx_tvalid`
    pub tx_out_valid: bool,
    /// `m_axis_tx_*`
    pub tx_out: Beat,
    /// `m_axis_txcpl_tvalid`
    pub txcpl_valid: bool,
    /// `m_axis_txcpl_tdata`: {frame number, NDIS_STATUS}
    pub txcpl: u64,
    /// `m_axis_rx_tvalid`
    pub rx_out_valid: bool,
    /// `m_axis_rx_*`
    pub rx_out: Beat,
    /// `m_axis_rx_tuser`: [slot-1 word, slot-12 word] = bits 31:0, 63:32
    pub rx_user: [u32; 2],
}
