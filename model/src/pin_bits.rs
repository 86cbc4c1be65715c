// SPDX-License-Identifier: Apache-2.0
//! The pins as bits, in the order of `pins.rs`, each pin least significant bit first: for images of a clock, and for tests
//! that flip one bit. Not for the per-clock path.

use bitvec::field::BitField;
use bitvec::order::Lsb0;
use bitvec::vec::BitVec;

use crate::pins::{AxilIn, AxilOut, Beat, Inputs, Outputs};

/// Bits of the pins of one direction.
pub type PinBits = BitVec<u8, Lsb0>;

/// Appends pins.
trait Put {
    fn bit(&mut self, value: bool);
    fn number(&mut self, value: u64, width: usize);
    fn beat(&mut self, beat: &Beat);
}

impl Put for PinBits {
    fn bit(&mut self, value: bool) {
        self.push(value);
    }

    fn number(&mut self, value: u64, width: usize) {
        let at = self.len();
        self.resize(at + width, false);
        self[at..].store_le(value);
    }

    fn beat(&mut self, beat: &Beat) {
        self.extend_from_raw_slice(&beat.data);
        self.number(beat.keep.into(), 16);
        self.bit(beat.last);
    }
}

/// All output pins after an edge.
#[must_use]
pub fn outputs(pins: &Outputs) -> PinBits {
    let Outputs {
        irq,
        axil,
        tx_ready,
        rx_ready,
        tx_out_valid,
        tx_out,
        txcpl_valid,
        txcpl,
        rx_out_valid,
        rx_out,
        rx_user,
    } = pins;
    let AxilOut {
        awready,
        wready,
        bvalid,
        bresp,
        arready,
        rvalid,
        rdata,
        rresp,
    } = axil;
    let mut bits = PinBits::new();
    bits.bit(*irq);
    bits.bit(*awready);
    bits.bit(*wready);
    bits.bit(*bvalid);
    bits.number((*bresp).into(), 2);
    bits.bit(*arready);
    bits.bit(*rvalid);
    bits.number((*rdata).into(), 32);
    bits.number((*rresp).into(), 2);
    bits.bit(*tx_ready);
    bits.bit(*rx_ready);
    bits.bit(*tx_out_valid);
    bits.beat(tx_out);
    bits.bit(*txcpl_valid);
    bits.number(*txcpl, 64);
    bits.bit(*rx_out_valid);
    bits.beat(rx_out);
    rx_user
        .iter()
        .for_each(|word| bits.number((*word).into(), 32));
    bits
}

/// All input pins before an edge.
#[must_use]
pub fn inputs(pins: &Inputs) -> PinBits {
    let Inputs {
        rst_n,
        axil,
        tx_valid,
        tx,
        tx_user,
        rx_valid,
        rx,
        tx_out_ready,
        txcpl_ready,
        rx_out_ready,
    } = pins;
    let AxilIn {
        awvalid,
        awaddr,
        wvalid,
        wdata,
        wstrb,
        bready,
        arvalid,
        araddr,
        rready,
    } = axil;
    let mut bits = PinBits::new();
    bits.bit(*rst_n);
    bits.bit(*awvalid);
    bits.number((*awaddr).into(), 16);
    bits.bit(*wvalid);
    bits.number((*wdata).into(), 32);
    bits.number((*wstrb).into(), 4);
    bits.bit(*bready);
    bits.bit(*arvalid);
    bits.number((*araddr).into(), 16);
    bits.bit(*rready);
    bits.bit(*tx_valid);
    bits.beat(tx);
    tx_user
        .iter()
        .for_each(|word| bits.number((*word).into(), 32));
    bits.bit(*rx_valid);
    bits.beat(rx);
    bits.bit(*tx_out_ready);
    bits.bit(*txcpl_ready);
    bits.bit(*rx_out_ready);
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_for_every_bit() {
        assert_eq!(
            outputs(&Outputs::default()).len(),
            42 + 3 + 145 + 65 + 1 + 145 + 64
        );
        assert_eq!(
            inputs(&Inputs::default()).len(),
            1 + 73 + 1 + 145 + 96 + 1 + 145 + 3
        );
        let user = [0, 1 << 31];
        let last = outputs(&Outputs {
            rx_user: user,
            ..Outputs::default()
        });
        assert_eq!(last.iter_ones().collect::<Vec<_>>(), [last.len() - 1]);
        let mut beat = Beat::default();
        beat.data[1] = 0x80;
        let bits = outputs(&Outputs {
            tx_out: beat,
            ..Outputs::default()
        });
        assert_eq!(bits.iter_ones().collect::<Vec<_>>(), [45 + 15]);
    }
}
