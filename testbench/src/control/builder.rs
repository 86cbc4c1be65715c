// SPDX-License-Identifier: Apache-2.0
//! [`Builder`]: a scenario under construction, and what its author knows about the device at each point.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use crate::esp::{EspLayer, Form, ICV_BYTES, ethernet};
use crate::rng::Rng;
use crate::sa::{Association, Direction, Operation as Protocol, SALT_BYTES, Sa};
use crate::scenario::{Command, Configuration, Expected, FrameOp, Handle, Port, Scenario, Until};

/// An outbound and an inbound SA with the same association.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The SAs are `o` and `i` with this behind it
    pub name: String,
    /// As it was added; `sequence_high` as the scenario made it
    pub association: Association,
    /// Addresses
    pub src: IpAddr,
    /// Addresses
    pub dst: IpAddr,
}

impl Pair {
    /// Name of the outbound SA.
    pub fn outbound(&self) -> String {
        format!("o{}", self.name)
    }

    /// Name of the inbound SA.
    pub fn inbound(&self) -> String {
        format!("i{}", self.name)
    }

    /// The SA of this direction.
    pub fn sa(&self, direction: Direction) -> Sa {
        let name = match direction {
            Direction::Outbound => self.outbound(),
            Direction::Inbound => self.inbound(),
        };
        let association = self.association.clone();
        Sa::new(name, direction, self.src, self.dst, association)
    }

    /// The layer of a packet, with the least padding.
    pub fn layer(&self, sequence: u32, iv: [u8; 8]) -> EspLayer<'_> {
        EspLayer {
            association: &self.association,
            src: self.src,
            dst: self.dst,
            sequence,
            iv,
            pad_length: None,
        }
    }

    /// The same with another upper half of the sequence number.
    pub fn at(&self, sequence_high: u32) -> Self {
        let mut other = self.clone();
        other.association.sequence_high = sequence_high;
        other
    }
}

/// A frame in its three forms.
#[derive(Clone, Debug)]
pub struct Made {
    /// As the host hands it over
    pub clear: Vec<u8>,
    /// As it is on the wire
    pub sealed: Vec<u8>,
    /// As the host receives it
    pub opened: Vec<u8>,
    /// NextHeader and PadLength
    pub header: (u8, u8),
    /// Bytes behind the IV and before the ICV
    pub text: u64,
}

impl Made {
    /// A frame of one portion.
    pub fn new(layer: &EspLayer<'_>, next_header: u8, payload: &[u8]) -> Self {
        let pad = layer.padding(payload.len());
        let [clear, sealed, opened] = layer.frames(None, next_header, payload);
        Self {
            clear,
            sealed,
            opened,
            header: (next_header, pad),
            text: payload.len() as u64 + u64::from(pad) + 2,
        }
    }

    /// The same in a tunnel. NextHeader and PadLength stay those of the innermost portion; the text is that of the
    /// tunnel.
    #[must_use]
    pub fn in_tunnel(&self, tunnel: &EspLayer<'_>) -> Self {
        let next_header = if self.clear[14] >> 4 == 6 { 41 } else { 4 };
        let around = |content: &[u8], form| {
            let packet = tunnel.packet(next_header, &content[14..], form);
            ethernet(None, &packet)
        };
        let sealed = around(&self.sealed, Form::Sealed);
        // The ICV is over the inner packet as it was on the wire.
        let mut opened = around(&self.opened, Form::Opened);
        let icv = sealed.len() - ICV_BYTES;
        opened[icv..].copy_from_slice(&sealed[icv..]);
        let content = self.clear.len() - 14;
        Self {
            clear: around(&self.clear, Form::Clear),
            sealed,
            opened,
            header: self.header,
            text: content as u64 + u64::from(tunnel.padding(content)) + 2,
        }
    }

    /// It is received well.
    pub fn received(&self) -> Expected {
        Expected::opened(self.opened.clone(), Some(self.header))
    }

    /// It is received with one of these, and stays as it is.
    pub fn rejected(&self, status: &[u16]) -> Expected {
        Expected::rejected(self.sealed.clone(), status)
    }

    /// It passes the receiver.
    pub fn passed(&self) -> Expected {
        Expected::untouched(self.sealed.clone())
    }

    /// It is sent.
    pub fn sent(&self) -> Expected {
        Expected::Sent(self.sealed.clone())
    }
}

/// CryptoStatus of a wrong ICV: transport or tunnel, as the SA's last good frame was.
pub const WRONG_ICV: [u16; 2] = [3, 5];

/// A scenario under construction.
#[derive(Debug)]
pub struct Builder {
    /// What there is so far
    pub scenario: Scenario,
    /// Random numbers
    pub rng: Rng,
    /// Bundles in the order in which they are taken, and the generation of each
    free: VecDeque<u16>,
    generations: Vec<u16>,
    handles: HashMap<String, u32>,
    /// Commands that end with SUCCESS, and others
    pub ended: [u32; 2],
    sequence: u32,
}

impl Builder {
    /// A device that was just brought up.
    pub fn new(name: &str, device: DeviceConfig, seed: u64) -> Self {
        let mut scenario = Scenario::new(name, device, seed);
        scenario.bring_up();
        let purpose = name.bytes().fold(0x100_u64, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        });
        let count = device.num_sa.min(0x8000) as u16;
        Self {
            scenario,
            rng: Rng::new(seed, purpose),
            free: (0..count).collect(),
            generations: vec![0; count.into()],
            handles: HashMap::new(),
            ended: [0; 2],
            sequence: 1,
        }
    }

    /// A pair of SAs that are not added yet.
    pub fn plan(&mut self, name: &str, spi: u32, v6: bool, key: usize, esn: Option<u32>) -> Pair {
        let bytes = self.rng.bytes(key + SALT_BYTES);
        let [src, dst] = if v6 {
            [1, 2].map(|k| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, k).into())
        } else {
            [1, 2].map(|k| Ipv4Addr::new(192, 0, 2, k).into())
        };
        Pair {
            name: name.to_owned(),
            association: Association {
                esn: esn.is_some(),
                sequence_high: esn.unwrap_or(0),
                ..Association::gcm(spi, bytes)
            },
            src,
            dst,
        }
    }

    /// A command that ends with this.
    pub fn command(&mut self, slot: u8, command: Command, status: u32) {
        self.ended[usize::from(status != NDIS_STATUS_SUCCESS)] += 1;
        self.scenario.command(slot, command, Some(status));
    }

    /// ADD_SA that ends with this.
    pub fn add(&mut self, slot: u8, sa: Sa, status: u32) {
        if status == NDIS_STATUS_SUCCESS
            && let Some(bundle) = self.free.pop_front()
        {
            let generation = self.generations[usize::from(bundle)];
            let handle = u32::from(generation) << 16 | (u32::from(bundle) + 1);
            self.handles.insert(sa.name.clone(), handle);
        }
        self.command(slot, Command::AddSa { sa, ex: false }, status);
    }

    /// Both SAs of a pair are added.
    pub fn add_pair(&mut self, pair: &Pair) {
        for direction in [Direction::Outbound, Direction::Inbound] {
            self.add(0, pair.sa(direction), NDIS_STATUS_SUCCESS);
        }
    }

    /// DELETE_SA.
    pub fn delete(&mut self, slot: u8, name: &str) {
        if let Some(handle) = self.handles.remove(name) {
            let bundle = (handle as u16).wrapping_sub(1);
            let generation = &mut self.generations[usize::from(bundle)];
            *generation = generation.wrapping_add(1);
            self.free.push_back(bundle);
        }
        let command = Command::DeleteSa {
            handle: Handle::Sa(name.to_owned()),
        };
        self.command(slot, command, NDIS_STATUS_SUCCESS);
    }

    /// Adds and deletes others until the bundle that was freed last is the next one; on large devices it
    /// is left as it is.
    pub fn turn(&mut self) {
        let Some(last) = self.free.back().copied() else {
            return;
        };
        if self.free.len() > 64 {
            return;
        }
        let other = self.plan("turn", 0x7777, false, 16, None);
        let sa = other.sa(Direction::Outbound);
        while self.free.front() != Some(&last) {
            self.idle();
            self.add(0, sa.clone(), NDIS_STATUS_SUCCESS);
            self.idle();
            self.delete(0, &sa.name);
            self.idle();
        }
    }

    /// The handle of an SA that was added.
    pub fn handle(&self, name: &str) -> u32 {
        self.handles.get(name).copied().unwrap_or_default()
    }

    /// SAs that are there.
    pub fn count(&self) -> u32 {
        self.handles.len() as u32
    }

    /// UPDATE_SA that succeeds, of an SA of this pair.
    pub fn update(&mut self, slot: u8, name: &str, pair: &Pair) {
        let command = Command::UpdateSa {
            handle: Handle::Sa(name.to_owned()),
            operation: Protocol::Esp,
            spi: pair.association.spi,
            sequence_high: pair.association.sequence_high,
        };
        self.command(slot, command, NDIS_STATUS_SUCCESS);
    }

    /// A change of the configuration, behind the commands so far, and the end of it.
    pub fn configure(&mut self, configuration: Configuration) {
        self.scenario
            .wait(Until::Commands)
            .configure(configuration)
            .wait(Until::Commands);
    }

    /// Everything comes to an end.
    pub fn idle(&mut self) {
        self.scenario.wait(Until::Idle);
    }

    /// A frame of a pair, with a payload of so many bytes.
    pub fn make(&mut self, pair: &Pair, payload: usize) -> Made {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let payload = self.rng.bytes(payload);
        self.make_of(pair, sequence, 17, &payload)
    }

    /// A frame of a pair with this payload.
    pub fn make_of(&mut self, pair: &Pair, sequence: u32, next_header: u8, payload: &[u8]) -> Made {
        let layer = pair.layer(sequence, self.rng.word().to_le_bytes());
        Made::new(&layer, next_header, payload)
    }

    /// A frame of random payload, short or long.
    pub fn some(&mut self, pair: &Pair) -> Made {
        let payload = match self.rng.below(4) {
            0 => self.rng.below(1400),
            _ => self.rng.below(80),
        };
        self.make(pair, payload as usize)
    }

    /// A frame goes out under an SA.
    pub fn send(&mut self, made: &Made, sa: &str, expected: Expected) {
        let frame = FrameOp::new(Port::Tx, made.clear.clone());
        self.scenario.add_frame(frame.under(sa).expecting(expected));
    }

    /// A frame comes in.
    pub fn receive(&mut self, made: &Made, expected: Expected) {
        self.receive_asked(made, expected, Some(false));
    }

    /// A frame comes in; SaDeleteReq is this.
    pub fn receive_asked(&mut self, made: &Made, expected: Expected, asked: Option<bool>) {
        self.scenario.add_frame(FrameOp {
            expect: Some(expected),
            sa_delete_req: asked,
            ..FrameOp::new(Port::Rx, made.sealed.clone())
        });
    }

    /// A good frame each way.
    pub fn both_ways(&mut self, pair: &Pair) {
        let made = self.some(pair);
        self.send(&made, &pair.outbound(), made.sent());
        self.receive(&made, made.received());
    }

    /// A frame of `inner` in the tunnel of `outer` goes out and comes in, with both portions processed.
    pub fn both_ways_nested(&mut self, made: &Made, outer: &Pair, inner: &Pair) {
        let frame = FrameOp::new(Port::Tx, made.clear.clone());
        self.scenario.add_frame(
            frame
                .under(inner.outbound())
                .in_tunnel(outer.outbound())
                .expecting(made.sent()),
        );
        let received = Expected::Received {
            bytes: made.opened.clone(),
            done: true,
            next: true,
            status: vec![0],
            header: Some(made.header),
        };
        self.receive(made, received);
    }

    /// What the command counters must show.
    pub fn expect_commands(&mut self) {
        let [good, bad] = self.ended;
        self.scenario
            .expect_register(regs::COUNTERS_COMMANDS_OK_LO, good)
            .expect_register(regs::COUNTERS_COMMANDS_FAILED_LO, bad);
    }

    /// The scenario, at its end.
    pub fn finish(mut self) -> Scenario {
        self.idle();
        self.expect_commands();
        self.finish_uncounted()
    }

    /// The same, without a look at the command counters.
    pub fn finish_uncounted(mut self) -> Scenario {
        self.idle();
        let count = self.count();
        self.scenario
            .expect_register(regs::SA_COUNT, count)
            .wait(Until::Idle);
        self.scenario
    }
}
