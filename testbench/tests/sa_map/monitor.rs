// SPDX-License-Identifier: Apache-2.0
//! What can be seen on the pins and when: register writes, completions, resets.

use ipsec_cosim_device::{Device, DeviceError, Inputs, Outputs, Stimulus};
use ipsec_testbench::failure::Ended;
use ipsec_testbench::runner::Player;
use ipsec_testbench::scenario::Scenario;

/// A register write.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// The edge at which the register takes it
    pub clock: u64,
    pub address: u32,
    /// With the bytes that are not enabled zero
    pub data: u32,
}

/// Everything that a passive observer notes down.
#[derive(Debug, Default)]
pub struct Notes {
    pub writes: Vec<Write>,
    /// Clock and frame number
    pub completions: Vec<(u64, u32)>,
    /// First clock of each hard reset, and the first behind it
    pub resets: Vec<(u64, u64)>,
    /// STATUS.init_done was read as one: the clock of the response
    pub init_done: Vec<u64>,
    reading: u16,
}

impl Notes {
    fn note(&mut self, clock: u64, inputs: &Inputs, before: &Outputs) {
        if !inputs.rst_n {
            match self.resets.last_mut() {
                Some((_, end)) if *end == clock => *end = clock + 1,
                _ => self.resets.push((clock, clock + 1)),
            }
            return;
        }
        let (bus, out) = (&inputs.axil, &before.axil);
        // Address and data are taken at the same edge; the register follows one edge later.
        if bus.awvalid && out.awready {
            let enabled = (0..4).filter(|k| bus.wstrb >> k & 1 != 0);
            let mask = enabled.fold(0_u32, |mask, k| mask | 0xff << (8 * k));
            self.writes.push(Write {
                clock: clock + 1,
                address: u32::from(bus.awaddr) & !3,
                data: bus.wdata & mask,
            });
        }
        if bus.arvalid && out.arready {
            self.reading = bus.araddr;
        }
        if bus.rready
            && out.rvalid
            && u32::from(self.reading) == ipsec_model::regs::STATUS
            && out.rdata & 1 != 0
        {
            self.init_done.push(clock);
        }
        if inputs.txcpl_ready && before.txcpl_valid {
            self.completions.push((clock, (before.txcpl >> 32) as u32));
        }
    }
}

/// Plays a scenario and notes what happens.
pub fn play(scenario: &Scenario, device: &mut dyn Device) -> (Ended, Notes) {
    let mut player = Player::new(scenario);
    let mut notes = Notes::default();
    let error = drive(&mut player, device, &mut notes).err();
    (Ended::new(player, error), notes)
}

fn drive(
    player: &mut Player<'_>,
    device: &mut dyn Device,
    notes: &mut Notes,
) -> Result<(), DeviceError> {
    let mut outputs = Outputs::default();
    let mut clock = device.clock();
    while let Some(inputs) = player.next(clock + 1, &outputs) {
        clock += 1;
        notes.note(clock, &inputs, &outputs);
        outputs = device.step(&inputs)?;
    }
    Ok(())
}
