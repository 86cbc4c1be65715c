// SPDX-License-Identifier: Apache-2.0
//! [`Course`]: a scenario under construction whose frames are judged by [`Opinion`].

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use super::layer::{Forms, Layer};
use super::opinion::{Named, Opinion};
use super::spec::{Spec, add_status, address};
use crate::rng::Rng;
use crate::sa::{Direction, Sa, UdpEncapsulation};
use crate::scenario::{Command, Expected, FrameOp, Handle, Operation, Port, Scenario, Until};

/// An outbound and an inbound bundle of the same associations.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Their places in [`Opinion::bundles`]: outbound, inbound; `None` if the device refused them
    pub bundles: Option<[usize; 2]>,
    /// The outbound one
    pub sa: Sa,
    /// What they are
    pub spec: Spec,
    /// Their number
    pub number: u32,
}

impl Pair {
    /// Its name for one direction.
    pub fn name(&self, direction: Direction) -> String {
        match direction {
            Direction::Outbound => format!("o{}", self.number),
            Direction::Inbound => format!("i{}", self.number),
        }
    }

    /// Place of the outbound bundle.
    pub fn outbound(&self) -> Named {
        self.bundles
            .map_or(Named::Stale, |[out, _]| Named::Bundle(out))
    }

    /// A frame's headers as they fit, with random fields.
    pub fn layer(&self, inner: bool, rng: &mut Rng) -> Layer<'_> {
        let udp = match self.spec.udp {
            UdpEncapsulation::None => false,
            UdpEncapsulation::Transport | UdpEncapsulation::Tunnel => true,
            UdpEncapsulation::TransportOverUdpTunnel => !inner,
            UdpEncapsulation::UdpTransportOverTunnel => inner,
        };
        let ports = [[4500, 4500], [4500, 1025], [0xfffe, 4500]];
        Layer {
            dst: address(self.spec.v6, 2, self.number),
            sequence: [rng.word() as u32, rng.word() as u32],
            ivs: [rng.word().to_le_bytes(), rng.word().to_le_bytes()],
            udp: udp.then(|| ports[rng.below(3) as usize]),
            noise: rng.word(),
            ..Layer::new(&self.sa)
        }
    }

    /// The next header value that names this IP version inside a tunnel.
    pub fn version(&self) -> u8 {
        if self.spec.v6 { 41 } else { 4 }
    }
}

/// A scenario under construction.
#[derive(Debug)]
pub struct Course {
    /// What there is so far
    pub scenario: Scenario,
    /// Random numbers
    pub rng: Rng,
    /// What must come of a frame
    pub opinion: Opinion,
    /// Packets and bytes that each bundle's counters show
    pub counted: Vec<(u32, u64)>,
    device: DeviceConfig,
    pairs: u32,
}

impl Course {
    /// A device that was just brought up.
    pub fn new(name: &str, device: DeviceConfig, seed: u64) -> Self {
        let mut scenario = Scenario::new(name, device, seed);
        scenario.bring_up();
        let purpose = name.bytes().fold(0x200_u64, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        });
        Self {
            scenario,
            rng: Rng::new(seed, purpose),
            opinion: Opinion::new(device),
            counted: Vec::new(),
            device,
            pairs: 0,
        }
    }

    /// Stages of the device.
    pub fn stages(&self) -> u32 {
        self.device.stages
    }

    /// An SA; its place, if the device takes it.
    pub fn add(&mut self, sa: Sa) -> Option<usize> {
        let status = add_status(self.device, &sa);
        let command = Command::AddSa {
            sa: sa.clone(),
            ex: self.rng.chance(50),
        };
        self.scenario.command(0, command, Some(status));
        (status == NDIS_STATUS_SUCCESS).then(|| {
            self.counted.push((0, 0));
            self.opinion.add(sa)
        })
    }

    /// A pair of bundles.
    pub fn pair(&mut self, spec: Spec) -> Pair {
        let number = self.pairs;
        self.pairs += 1;
        let outbound = spec.sa(Direction::Outbound, number, &mut self.rng);
        let mut inbound = outbound.clone();
        inbound.name = format!("i{number}");
        inbound.direction = Direction::Inbound;
        let places = [self.add(outbound.clone()), self.add(inbound)];
        Pair {
            bundles: match places {
                [Some(out), Some(inside)] => Some([out, inside]),
                _ => None,
            },
            sa: outbound,
            spec,
            number,
        }
    }

    /// All commands end.
    pub fn commands(&mut self) {
        self.scenario.wait(Until::Commands);
    }

    /// Everything comes to an end.
    pub fn settle(&mut self) {
        self.scenario.wait(Until::Idle);
        self.opinion.settle();
    }

    /// All bundles go.
    pub fn clear(&mut self) {
        self.settle();
        for k in 0..self.opinion.bundles.len() {
            self.delete(k);
        }
        self.settle();
        self.scenario.expect_register(regs::SA_COUNT, 0);
    }

    /// A bundle goes, at once.
    pub fn delete(&mut self, bundle: usize) {
        let bundle = &mut self.opinion.bundles[bundle];
        if !bundle.live {
            return;
        }
        bundle.live = false;
        let command = Command::DeleteSa {
            handle: Handle::Sa(bundle.sa.name.clone()),
        };
        self.scenario.command(1, command, Some(NDIS_STATUS_SUCCESS));
    }

    fn handle(&self, named: Named) -> Handle {
        match named {
            Named::Zero => Handle::Raw(0),
            Named::Bundle(k) => Handle::Sa(self.opinion.bundles[k].sa.name.clone()),
            // A generation that no short scenario reaches.
            Named::Stale => Handle::Raw(0x7fff_0001),
        }
    }

    /// What goes down, without a judgement.
    pub fn down(&self, frame: Vec<u8>, named: [Named; 2], hint: u32) -> FrameOp {
        FrameOp {
            offload: self.handle(named[0]),
            tunnel: self.handle(named[1]),
            hint,
            ..FrameOp::new(Port::Tx, frame)
        }
    }

    /// A frame to the wire.
    pub fn transmit(&mut self, frame: Vec<u8>, named: [Named; 2], hint: u32) -> Expected {
        let verdict = self.opinion.transmit(&frame, named, hint);
        self.count(&verdict.counted);
        let mut op = self.down(frame, named, hint);
        op.expect = Some(verdict.expected.clone());
        self.scenario.push(Operation::Frame(op));
        verdict.expected
    }

    /// A frame from the wire.
    pub fn receive(&mut self, frame: Vec<u8>) -> Expected {
        let verdict = self.opinion.receive(&frame);
        self.count(&verdict.counted);
        let expected = verdict.expected.clone();
        self.scenario
            .add_frame(FrameOp::new(Port::Rx, frame).expecting(expected));
        verdict.expected
    }

    /// A frame from the wire that carries SaDeleteReq, or does not.
    pub fn receive_asked(&mut self, frame: Vec<u8>, asked: bool) -> Expected {
        let expected = self.receive(frame);
        if let Some(Operation::Frame(op)) = self.scenario.operations.last_mut().map(|o| &mut o.op) {
            op.sa_delete_req = Some(asked);
        }
        expected
    }

    /// A frame from the wire while the device changes: what comes of it is what comes of it under one of
    /// these.
    pub fn receive_any(&mut self, frame: Vec<u8>, states: &mut [Opinion]) {
        let mut all: Vec<Expected> = Vec::new();
        for state in states {
            let expected = state.receive(&frame).expected;
            if !all.contains(&expected) {
                all.push(expected);
            }
        }
        self.push_any(FrameOp::new(Port::Rx, frame), all);
    }

    /// A frame in the same situation, with what may come of it.
    pub fn push_any(&mut self, mut op: FrameOp, all: Vec<Expected>) {
        op.expect = Some(match <[_; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Expected::AnyOf(all),
        });
        self.scenario.push(Operation::Frame(op));
    }

    /// A frame to the wire in the same situation.
    pub fn transmit_any(&mut self, frame: Vec<u8>, named: [Named; 2], states: &[Opinion]) {
        let mut all: Vec<Expected> = Vec::new();
        for state in states {
            let expected = state.transmit(&frame, named, 0).expected;
            if !all.contains(&expected) {
                all.push(expected);
            }
        }
        let op = self.down(frame, named, 0);
        self.push_any(op, all);
    }

    fn count(&mut self, counted: &[(usize, u64)]) {
        for (bundle, bytes) in counted {
            let (packets, all) = &mut self.counted[*bundle];
            *packets += 1;
            *all += bytes;
        }
    }

    /// A frame of one pair goes both ways.
    pub fn both(&mut self, pair: &Pair, forms: &Forms) -> [Expected; 2] {
        [
            self.transmit(forms.clear.clone(), [pair.outbound(), Named::Zero], 0),
            self.receive(forms.sealed.clone()),
        ]
    }

    /// A frame of one pair in the tunnel of another goes both ways.
    pub fn both_nested(&mut self, outer: &Pair, inner: &Pair, forms: &Forms) -> [Expected; 2] {
        [
            self.transmit(forms.clear.clone(), [inner.outbound(), outer.outbound()], 0),
            self.receive(forms.sealed.clone()),
        ]
    }

    /// A frame of one pair, as it fits, with a payload of so many bytes.
    pub fn frame(&mut self, pair: &Pair, payload: usize) -> Forms {
        let layer = pair.layer(false, &mut self.rng);
        let content = Forms::plain(self.rng.bytes(payload));
        layer.around(17, &content).ethernet(None, &[])
    }

    /// A frame of one pair in the tunnel of another, as it fits.
    pub fn nested(&mut self, outer: &Pair, inner: &Pair, payload: usize) -> Forms {
        let content = Forms::plain(self.rng.bytes(payload));
        let within = inner.layer(true, &mut self.rng).around(17, &content);
        outer
            .layer(false, &mut self.rng)
            .around(inner.version(), &within)
            .ethernet(None, &[])
    }

    /// The counters of all bundles that are there.
    pub fn expect_stats(&mut self) {
        self.settle();
        if !self.device.sa_counters() {
            return;
        }
        for (bundle, (packets, bytes)) in self.opinion.bundles.iter().zip(&self.counted) {
            if bundle.live {
                self.scenario.push(Operation::SaStats {
                    handle: Handle::Sa(bundle.sa.name.clone()),
                    packets: Some(*packets),
                    bytes: Some(*bytes),
                });
            }
        }
    }
}
