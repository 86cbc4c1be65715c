// SPDX-License-Identifier: Apache-2.0
//! The pins by name, for reports and waves. Not used on the way of a clock that goes well.

use std::fmt;

use ipsec_model::pins::{Inputs, Outputs};
use serde::{Deserialize, Serialize};

/// One pin (a port of the RTL top) of `T`, which is [`Inputs`] or [`Outputs`].
pub struct Pin<T> {
    /// The RTL port
    pub name: &'static str,
    /// Its width in bits
    pub width: u32,
    /// Its value, bit 0 of the port in bit 0
    pub get: fn(&T) -> u128,
}

macro_rules! pins {
    ($type:ty; $($name:literal $width:literal = |$p:ident| $value:expr;)*) => {
        &[$(Pin { name: $name, width: $width, get: |$p: &$type| $value }),*]
    };
}

fn words(user: &[u32]) -> u128 {
    user.iter()
        .rev()
        .fold(0, |value, word| value << 32 | u128::from(*word))
}

/// Every input pin except `clk_i`.
pub const INPUT_PINS: &[Pin<Inputs>] = pins! { Inputs;
    "rst_ni" 1 = |p| p.rst_n.into();
    "s_axil_awvalid" 1 = |p| p.axil.awvalid.into();
    "s_axil_awaddr" 16 = |p| p.axil.awaddr.into();
    "s_axil_wvalid" 1 = |p| p.axil.wvalid.into();
    "s_axil_wdata" 32 = |p| p.axil.wdata.into();
    "s_axil_wstrb" 4 = |p| p.axil.wstrb.into();
    "s_axil_bready" 1 = |p| p.axil.bready.into();
    "s_axil_arvalid" 1 = |p| p.axil.arvalid.into();
    "s_axil_araddr" 16 = |p| p.axil.araddr.into();
    "s_axil_rready" 1 = |p| p.axil.rready.into();
    "s_axis_tx_tvalid" 1 = |p| p.tx_valid.into();
    "s_axis_tx_tdata" 128 = |p| u128::from_le_bytes(p.tx.data);
    "s_axis_tx_tkeep" 16 = |p| p.tx.keep.into();
    "s_axis_tx_tlast" 1 = |p| p.tx.last.into();
    "s_axis_tx_tuser" 96 = |p| words(&p.tx_user);
    "s_axis_rx_tvalid" 1 = |p| p.rx_valid.into();
    "s_axis_rx_tdata" 128 = |p| u128::from_le_bytes(p.rx.data);
    "s_axis_rx_tkeep" 16 = |p| p.rx.keep.into();
    "s_axis_rx_tlast" 1 = |p| p.rx.last.into();
    "m_axis_tx_tready" 1 = |p| p.tx_out_ready.into();
    "m_axis_txcpl_tready" 1 = |p| p.txcpl_ready.into();
    "m_axis_rx_tready" 1 = |p| p.rx_out_ready.into();
};

/// Every output pin.
pub const OUTPUT_PINS: &[Pin<Outputs>] = pins! { Outputs;
    "irq_o" 1 = |p| p.irq.into();
    "s_axil_awready" 1 = |p| p.axil.awready.into();
    "s_axil_wready" 1 = |p| p.axil.wready.into();
    "s_axil_bvalid" 1 = |p| p.axil.bvalid.into();
    "s_axil_bresp" 2 = |p| p.axil.bresp.into();
    "s_axil_arready" 1 = |p| p.axil.arready.into();
    "s_axil_rvalid" 1 = |p| p.axil.rvalid.into();
    "s_axil_rdata" 32 = |p| p.axil.rdata.into();
    "s_axil_rresp" 2 = |p| p.axil.rresp.into();
    "s_axis_tx_tready" 1 = |p| p.tx_ready.into();
    "s_axis_rx_tready" 1 = |p| p.rx_ready.into();
    "m_axis_tx_tvalid" 1 = |p| p.tx_out_valid.into();
    "m_axis_tx_tdata" 128 = |p| u128::from_le_bytes(p.tx_out.data);
    "m_axis_tx_tkeep" 16 = |p| p.tx_out.keep.into();
    "m_axis_tx_tlast" 1 = |p| p.tx_out.last.into();
    "m_axis_txcpl_tvalid" 1 = |p| p.txcpl_valid.into();
    "m_axis_txcpl_tdata" 64 = |p| p.txcpl.into();
    "m_axis_rx_tvalid" 1 = |p| p.rx_out_valid.into();
    "m_axis_rx_tdata" 128 = |p| u128::from_le_bytes(p.rx_out.data);
    "m_axis_rx_tkeep" 16 = |p| p.rx_out.keep.into();
    "m_axis_rx_tlast" 1 = |p| p.rx_out.last.into();
    "m_axis_rx_tuser" 64 = |p| words(&p.rx_user);
};

/// A pin with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinDiff {
    /// The RTL port
    pub name: String,
    /// Its width in bits
    pub width: u32,
    /// The value of the device that was believed
    #[serde(with = "hex")]
    pub expected: u128,
    /// The value of the device under test
    #[serde(with = "hex")]
    pub actual: u128,
}

impl fmt::Display for PinDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.width.div_ceil(4) as usize;
        let Self {
            name,
            expected,
            actual,
            ..
        } = self;
        write!(
            f,
            "{name} expected {expected:0digits$x}, actual {actual:0digits$x}"
        )
    }
}

/// The pins in which two sets of outputs differ, in the order of [`OUTPUT_PINS`].
pub fn differing_pins(expected: &Outputs, actual: &Outputs) -> Vec<PinDiff> {
    OUTPUT_PINS
        .iter()
        .map(|pin| PinDiff {
            name: pin.name.into(),
            width: pin.width,
            expected: (pin.get)(expected),
            actual: (pin.get)(actual),
        })
        .filter(|diff| diff.expected != diff.actual)
        .collect()
}

/// JSON numbers end at 2^53 for many readers: values of pins are strings.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{value:#x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.strip_prefix("0x")
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .ok_or_else(|| D::Error::custom(format!("'{text}' is no hexadecimal number")))
    }
}
