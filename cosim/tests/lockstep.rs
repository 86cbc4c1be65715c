// SPDX-License-Identifier: Apache-2.0
//! Lockstep finds a wrong pin in the clock in which it is wrong, and nothing where nothing is wrong.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Wire, Wrong, inputs};
use ipsec_cosim_device::{
    Device, DeviceConfig, DeviceError, Divergence, Lockstep, OUTPUT_PINS, Outputs,
};

type Change = fn(&mut Outputs);

fn divergence(at: u64, change: Change) -> Divergence {
    let wrong = Wrong::outputs(Wire::default(), at, change);
    let mut lockstep = Lockstep::new(Wire::default(), wrong).unwrap();
    for clock in 1.. {
        match lockstep.step(&inputs(clock)) {
            Ok(_) => assert!(clock < at, "not seen in clock {at}"),
            Err(DeviceError::Divergence(divergence)) => {
                let again = lockstep.step(&inputs(clock + 1));
                assert_eq!(again, Err(DeviceError::Divergence(divergence.clone())));
                assert_eq!(lockstep.clock(), clock);
                return *divergence;
            }
            Err(other) => panic!("{other}"),
        }
    }
    unreachable!()
}

#[test]
fn equal_devices_run_on() {
    let mut lockstep = Lockstep::new(Wire::default(), Wire::default()).unwrap();
    for clock in 1..=1000 {
        lockstep.step(&inputs(clock)).unwrap();
    }
    assert_eq!(lockstep.clock(), 1000);
}

#[test]
fn every_pin_is_compared_and_named() {
    let changes: [(&str, Change); 22] = [
        ("irq_o", |o| o.irq ^= true),
        ("s_axil_awready", |o| o.axil.awready ^= true),
        ("s_axil_wready", |o| o.axil.wready ^= true),
        ("s_axil_bvalid", |o| o.axil.bvalid ^= true),
        ("s_axil_bresp", |o| o.axil.bresp ^= 2),
        ("s_axil_arready", |o| o.axil.arready ^= true),
        ("s_axil_rvalid", |o| o.axil.rvalid ^= true),
        ("s_axil_rdata", |o| o.axil.rdata ^= 1 << 31),
        ("s_axil_rresp", |o| o.axil.rresp ^= 2),
        ("s_axis_tx_tready", |o| o.tx_ready ^= true),
        ("s_axis_rx_tready", |o| o.rx_ready ^= true),
        ("m_axis_tx_tvalid", |o| o.tx_out_valid ^= true),
        ("m_axis_tx_tdata", |o| o.tx_out.data[15] ^= 0x80),
        ("m_axis_tx_tkeep", |o| o.tx_out.keep ^= 0x8000),
        ("m_axis_tx_tlast", |o| o.tx_out.last ^= true),
        ("m_axis_txcpl_tvalid", |o| o.txcpl_valid ^= true),
        ("m_axis_txcpl_tdata", |o| o.txcpl ^= 1 << 63),
        ("m_axis_rx_tvalid", |o| o.rx_out_valid ^= true),
        ("m_axis_rx_tdata", |o| o.rx_out.data[0] ^= 1),
        ("m_axis_rx_tkeep", |o| o.rx_out.keep ^= 1),
        ("m_axis_rx_tlast", |o| o.rx_out.last ^= true),
        ("m_axis_rx_tuser", |o| o.rx_user[1] ^= 1 << 31),
    ];
    assert_eq!(
        changes.map(|(name, _)| name),
        *OUTPUT_PINS.iter().map(|p| p.name).collect::<Vec<_>>()
    );
    for (k, (name, change)) in changes.into_iter().enumerate() {
        let at = 1 + 13 * k as u64;
        let found = divergence(at, change);
        assert_eq!(found.clock, at, "{name}");
        assert_eq!(
            found
                .pins
                .iter()
                .map(|p| p.name.as_str())
                .collect::<Vec<_>>(),
            [name]
        );
        assert_eq!(found.inputs, inputs(at));
        let (e, a) = (found.pins[0].expected, found.pins[0].actual);
        assert_eq!((e ^ a).count_ones(), 1, "{name} {e:x} {a:x}");
        assert!(
            (e | a) & u128::MAX.checked_shl(found.pins[0].width).unwrap_or(0) == 0,
            "{name}"
        );
    }
}

#[test]
fn all_differing_pins_are_told() {
    let found = divergence(20, |o| {
        o.tx_out_valid = false;
        o.tx_out = Default::default();
    });
    let names: Vec<_> = found.pins.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        ["m_axis_tx_tvalid", "m_axis_tx_tdata", "m_axis_tx_tkeep"]
    );
    let text = found.to_string();
    assert!(
        text.starts_with("first difference after clock 20: m_axis_tx_tvalid expected 1, actual 0,"),
        "{text}"
    );
}

#[test]
fn reset_starts_again() {
    let wrong = Wrong::outputs(Wire::default(), 9, |o| o.irq = true);
    let mut lockstep = Lockstep::new(Wire::default(), wrong).unwrap();
    for _ in 0..2 {
        let failing = (1..).find(|&clock| lockstep.step(&inputs(clock)).is_err());
        assert_eq!(failing, Some(9));
        lockstep.reset().unwrap();
        assert_eq!(lockstep.clock(), 0);
    }
}

#[test]
fn unequal_parameters_are_refused() {
    struct Small(Wire);
    impl Device for Small {
        fn config(&self) -> DeviceConfig {
            DeviceConfig::new(16, 1)
        }
        fn kind(&self) -> ipsec_cosim_device::DeviceKind {
            self.0.kind()
        }
        fn reset(&mut self) -> Result<(), DeviceError> {
            self.0.reset()
        }
        fn step(&mut self, i: &ipsec_cosim_device::Inputs) -> Result<Outputs, DeviceError> {
            self.0.step(i)
        }
        fn clock(&self) -> u64 {
            self.0.clock()
        }
    }
    let error = Lockstep::new(Wire::default(), Small(Wire::default()))
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "lockstep of two devices with different parameters, 1024x2 and 16x1"
    );
}
