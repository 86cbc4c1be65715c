// SPDX-License-Identifier: Apache-2.0
//! Samples a run: its scenario and what came out of the pins.

use std::collections::{BTreeMap, BTreeSet};

use ipsec_model::ndis;
use ipsec_model::regs;

use super::declared::Sampler;
use super::headers::{self, Level};
use super::{Declared, Hits};
use crate::runner::{CommandResult, FrameResult, OutFrame, ReceiveWords, RunResult};
use crate::sa::Operation as Protocol;
use crate::sa::{Association, Authentication, Direction, Encryption, Sa, UdpEncapsulation};
use crate::scenario::{
    Command, Configuration, FrameOp, Handle, Memory, Operation, Port, Scenario, StallPattern,
    StallPort,
};

/// What a run hit.
pub fn collect(declared: &Declared, scenario: &Scenario, result: &RunResult) -> Hits {
    let mut run = Run {
        sampler: Sampler::new(declared),
        scenario,
        result,
        sas: BTreeMap::new(),
        inbound: BTreeMap::new(),
    };
    run.commands();
    run.frames();
    run.races();
    run.settings();
    run.sampler.hits()
}

struct Run<'a> {
    sampler: Sampler<'a>,
    scenario: &'a Scenario,
    result: &'a RunResult,
    /// SAs that were added, by name
    sas: BTreeMap<&'a str, &'a Sa>,
    /// Inbound ones, by protocol (AH), SPI and destination
    inbound: BTreeMap<(bool, u32, u128), &'a Sa>,
}

fn port(port: Port) -> &'static str {
    match port {
        Port::Tx => "transmit",
        Port::Rx => "receive",
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn family(v6: bool) -> &'static str {
    if v6 { "ipv6" } else { "ipv4" }
}

fn algorithm(association: &Association) -> &'static str {
    match (association.encryption, association.authentication) {
        (Encryption::AesGcm128, _) => "gcm-128",
        (Encryption::AesGcm192, _) => "gcm-192",
        (Encryption::AesGcm256, _) => "gcm-256",
        (_, Authentication::AesGmac128) => "gmac-128",
        (_, Authentication::AesGmac192) => "gmac-192",
        (_, Authentication::AesGmac256) => "gmac-256",
        (Encryption::None, Authentication::None) => "none",
    }
}

fn protocol(association: &Association) -> &'static str {
    match association.operation {
        Protocol::Esp => "esp",
        Protocol::Ah => "ah",
    }
}

fn protocols_of(sa: &Sa) -> &'static str {
    match sa.associations.as_slice() {
        [one] => protocol(one),
        _ => "ah+esp",
    }
}

/// 0 means 16.
fn icv(association: &Association) -> String {
    match association.icv_length {
        0 => "16".to_owned(),
        bytes => bytes.to_string(),
    }
}

fn udp(sa: &Sa) -> &'static str {
    match sa.udp_encapsulation {
        UdpEncapsulation::None => "none",
        UdpEncapsulation::Transport => "udp-transport",
        UdpEncapsulation::Tunnel => "udp-tunnel",
        UdpEncapsulation::TransportOverUdpTunnel => "transport-over-udp-tunnel",
        UdpEncapsulation::UdpTransportOverTunnel => "udp-transport-over-tunnel",
    }
}

/// The mode of a portion, as a bin is called.
fn mode(sa: &Sa, tunnel: bool) -> &'static str {
    match sa.udp_encapsulation {
        UdpEncapsulation::None if tunnel => "tunnel",
        UdpEncapsulation::None => "transport",
        _ => udp(sa),
    }
}

fn address(sa: &Sa) -> u128 {
    match sa.dst {
        std::net::IpAddr::V4(address) => u32::from(address).into(),
        std::net::IpAddr::V6(address) => address.into(),
    }
}

fn oid(command: &Command) -> &'static str {
    let number = match command {
        Command::AddSa { ex: false, .. } => return "ADD_SA",
        Command::AddSa { ex: true, .. } => return "ADD_SA_EX",
        Command::DeleteSa { .. } => return "DELETE_SA",
        Command::UpdateSa { .. } => return "UPDATE_SA",
        Command::Raw { oid, .. } => *oid,
    };
    match number {
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => "ADD_SA",
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => "ADD_SA_EX",
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => "DELETE_SA",
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => "UPDATE_SA",
        _ => "unknown",
    }
}

/// A status without the prefix that all of them have.
fn status(number: u32) -> String {
    let name = ndis::status_name(number);
    name.strip_prefix("NDIS_STATUS_").unwrap_or(name).to_owned()
}

impl<'a> Run<'a> {
    fn operation(&self, index: usize) -> Option<&'a Operation> {
        self.scenario.operations.get(index).map(|timed| &timed.op)
    }

    fn commands(&mut self) {
        let most = self.scenario.device.num_sa;
        let mut live = BTreeSet::new();
        let mut gone = self.resets();
        let meddled = self.meddled();
        for ended in &self.result.commands {
            let (Some(Operation::Command { slot, command, .. }), Some(answer)) =
                (self.operation(ended.operation), &ended.answer)
            else {
                continue;
            };
            while gone.first().is_some_and(|clock| *clock < ended.clock) {
                gone.remove(0);
                live.clear();
            }
            let (oid, status) = (oid(command), status(answer.status));
            let slot = slot.to_string();
            if !meddled {
                self.sampler.sample(
                    "command",
                    &[("oid", oid), ("status", &status), ("slot", &slot)],
                );
            }
            let good = answer.status == ndis::NDIS_STATUS_SUCCESS;
            if let (true, Some(handle)) = (good, answer.handle) {
                live.insert(handle as u32);
            }
            if good && let Command::DeleteSa { .. } = command {
                live.remove(&ended.handle);
            }
            let filled = match live.len() as u32 {
                0 => "empty",
                1 => "one",
                n if n >= most => "full",
                n if n > most / 2 => "more than half",
                _ => "up to half",
            };
            let refused = answer.status == ndis::NDIS_STATUS_RESOURCES;
            let device = self.scenario.device.to_string();
            let values = [("device", device.as_str()), ("filled", filled)];
            self.sampler.sample("occupancy", &values);
            if refused {
                let values = [("device", device.as_str()), ("filled", "refused")];
                self.sampler.sample("occupancy", &values);
            }
            if let (true, Command::AddSa { sa, .. }) = (good, command) {
                self.added(sa);
            }
        }
    }

    /// Whether the scenario itself writes what makes a command: what ends then need not be what was meant.
    fn meddled(&self) -> bool {
        let makes_commands = |address: u16| {
            regs::REGISTERS.iter().any(|register| {
                register.address == u32::from(address) & !3
                    && register.name.starts_with("MAILBOX")
                    && [".OID", ".DOORBELL"]
                        .iter()
                        .any(|name| register.name.contains(name))
            })
        };
        self.scenario.operations.iter().any(|timed| {
            matches!(&timed.op, Operation::Write { address, .. } if makes_commands(*address))
        })
    }

    fn added(&mut self, sa: &'a Sa) {
        self.sas.insert(&sa.name, sa);
        let inbound = sa.direction == Direction::Inbound;
        let direction = if inbound { "receive" } else { "transmit" };
        let protocols = protocols_of(sa);
        let wildcard = yes(address(sa) == 0);
        for association in &sa.associations {
            if inbound {
                let ah = association.operation == Protocol::Ah;
                self.inbound.insert((ah, association.spi, address(sa)), sa);
            }
            self.sampler.sample(
                "bundle",
                &[
                    ("direction", direction),
                    ("protocols", protocols),
                    ("family", family(sa.is_v6())),
                    ("udp", udp(sa)),
                    ("wildcard", wildcard),
                ],
            );
        }
    }

    /// Clocks of the resets, hard and soft.
    fn resets(&self) -> Vec<u64> {
        let soft = self.result.writes.iter().filter(|write| {
            u32::from(write.address) & !3 == regs::COMMAND
                && regs::command::SOFT_RESET.get(write.data) != 0
        });
        let mut clocks: Vec<u64> = soft.map(|write| write.clock).collect();
        clocks.extend(self.result.resets.iter().map(|reset| reset.clock));
        clocks.sort_unstable();
        clocks
    }

    fn output(&self, frame: &FrameResult) -> Option<&'a OutFrame> {
        let outputs = match frame.port {
            Port::Tx => &self.result.tx_out,
            Port::Rx => &self.result.rx_out,
        };
        outputs.get(frame.out?)
    }

    fn frames(&mut self) {
        for frame in &self.result.frames {
            let Some(Operation::Frame(op)) = self.operation(frame.operation) else {
                continue;
            };
            let bytes = op.data.bytes();
            let length = match bytes.len() {
                0..14 => "too short",
                14..60 => "14 to 59",
                60 => "60",
                61..=127 => "61 to 127",
                128..=511 => "128 to 511",
                512..=1518 => "512 to 1518",
                1519..9618 => "1519 to 9617",
                9618 => "9618",
                _ => "too long",
            };
            self.sampler.sample(
                "length",
                &[("direction", port(op.port)), ("length", length)],
            );
            match op.port {
                Port::Tx => self.transmitted(op, frame),
                Port::Rx => self.received(op, frame),
            }
        }
    }

    fn transmitted(&mut self, op: &'a FrameOp, frame: &FrameResult) {
        let Some(ended) = frame.status else { return };
        let good = ended == ndis::NDIS_STATUS_SUCCESS;
        let named = |handle: &Handle| match handle {
            Handle::Sa(name) => self.sas.get(name.as_str()).copied(),
            Handle::Raw(_) => None,
        };
        let (offload, tunnel) = (named(&op.offload), named(&op.tunnel));
        let handles = match (&op.offload, &op.tunnel) {
            (Handle::Raw(0), Handle::Raw(0)) => "none",
            (_, Handle::Raw(0)) => "offload",
            (Handle::Raw(0), _) => "tunnel",
            _ => "both",
        };
        let result = if good { "SUCCESS" } else { "FAILURE" };
        self.sampler
            .sample("completion", &[("handles", handles), ("status", result)]);
        let bytes = op.data.bytes();
        let (true, Some((tag, outer))) = (good && handles != "none", headers::outer(bytes)) else {
            return;
        };
        let level0 = tunnel.or(offload);
        let level1 = tunnel.and(offload);
        let inner = headers::inner(bytes, &outer);
        if let Some(sa) = level0 {
            let tunnelled = match outer.esp {
                Some(_) => trailer(bytes, sa, &outer).is_some_and(|next| next == 4 || next == 41),
                None => matches!(outer.behind_ah.1, 4 | 41),
            };
            self.portions(Port::Tx, tag, bytes, sa, &outer, 0, tunnelled);
        }
        if let (Some(sa), Some(inner)) = (level1, &inner) {
            let tunnelled = trailer(bytes, sa, inner).is_some_and(|next| next == 4 || next == 41);
            self.portions(Port::Tx, false, bytes, sa, inner, 1, tunnelled);
        }
        self.chain(Port::Tx, level0.map(|_| outer), level1.and(inner));
    }

    fn received(&mut self, op: &'a FrameOp, frame: &FrameResult) {
        let Some(out) = self.output(frame) else {
            return;
        };
        let words = ReceiveWords::new(out.user);
        let bytes = op.data.bytes();
        let found = headers::outer(bytes);
        let processed = if words.crypto_done {
            "processed"
        } else {
            "passed"
        };
        let code = words.crypto_status.to_string();
        let outer_protocols = found
            .and_then(|(_, outer)| outer.protocols())
            .unwrap_or("none");
        self.sampler.sample(
            "verdict",
            &[("frame", outer_protocols), ("processed", processed)],
        );
        let Some((tag, outer)) = found.filter(|_| words.crypto_done) else {
            return;
        };
        let inner = headers::inner(&out.bytes, &outer).filter(|_| words.next_crypto_done);
        let last = inner.unwrap_or(outer);
        let level = if words.next_crypto_done { "1" } else { "0" };
        // Of two portions the status says which one failed.
        let guilty = match (words.crypto_status, self.processed(&last)) {
            (2 | 4, _) => "ah",
            (3 | 5, _) => "esp",
            (_, Some(protocols)) => protocols,
            _ => "none",
        };
        self.sampler.sample(
            "status",
            &[
                ("status", &code),
                ("protocol", guilty),
                ("level", level),
                ("delete_req", yes(words.sa_delete_req)),
            ],
        );
        let good = words.crypto_status == 0;
        if !good && !words.next_crypto_done {
            return;
        }
        // What next_header tells is the innermost trailer: that of level 0 only without a level 1.
        let tunnel_header = |level: &Level| match (words.header, level.esp) {
            (Some((next, _)), Some(_)) => matches!(next, 4 | 41),
            _ => matches!(level.behind_ah.1, 4 | 41),
        };
        if let Some(sa) = self.find(&outer) {
            let tunnelled = inner.is_some() || tunnel_header(&outer);
            self.portions(Port::Rx, tag, &out.bytes, sa, &outer, 0, tunnelled);
        }
        let inner = inner.filter(|_| good);
        if let Some(inner) = &inner
            && let Some(sa) = self.find(inner)
        {
            let tunnelled = tunnel_header(inner);
            self.portions(Port::Rx, false, &out.bytes, sa, inner, 1, tunnelled);
        }
        self.chain(Port::Rx, Some(outer), inner);
    }

    /// The inbound SA of a level, exact match first.
    fn find(&self, level: &Level) -> Option<&'a Sa> {
        let (ah, spi) = match (level.ah, level.esp) {
            (Some((_, spi)), _) => (true, spi),
            (None, Some((_, spi))) => (false, spi),
            (None, None) => return None,
        };
        let exact = self.inbound.get(&(ah, spi, level.dst));
        exact.or_else(|| self.inbound.get(&(ah, spi, 0))).copied()
    }

    /// What the bundle of a received level has: the frame may have more, or less.
    fn processed(&self, level: &Level) -> Option<&'static str> {
        self.find(level)
            .map_or(level.protocols(), |sa| Some(protocols_of(sa)))
    }

    /// The good portions of a level.
    #[allow(clippy::too_many_arguments)] // what is known of one level
    fn portions(
        &mut self,
        direction: Port,
        tag: bool,
        bytes: &[u8],
        sa: &'a Sa,
        level: &Level,
        number: usize,
        tunnel: bool,
    ) {
        let number = number.to_string();
        for association in &sa.associations {
            let at = match association.operation {
                Protocol::Esp => level.esp,
                Protocol::Ah => level.ah,
            };
            let Some((at, _)) = at else { continue };
            let suite = format!("{}-{}", protocol(association), algorithm(association));
            let icv = icv(association);
            self.sampler.sample(
                "portion",
                &[
                    ("direction", port(direction)),
                    ("suite", &suite),
                    ("icv", &icv),
                    ("esn", yes(association.esn)),
                    ("family", family(level.v6)),
                    ("mode", mode(sa, tunnel)),
                    ("level", &number),
                ],
            );
            self.sampler.sample(
                "headers",
                &[
                    ("direction", port(direction)),
                    ("protocol", protocol(association)),
                    ("family", family(level.v6)),
                    ("between", level.between()),
                    ("tag", yes(tag)),
                ],
            );
            let end = level.end.min(bytes.len());
            if association.operation == Protocol::Esp {
                let text = end.saturating_sub(at + 16 + association.icv_length.max(8) as usize);
                let (offset, rest) = (((at + 16) % 16).to_string(), (text % 16).to_string());
                self.sampler.sample(
                    "alignment",
                    &[
                        ("direction", port(direction)),
                        ("text_offset", &offset),
                        ("text_rest", &rest),
                        ("icv", &icv),
                    ],
                );
            }
        }
    }

    /// Which portions a frame had, from the outside in.
    fn chain(&mut self, direction: Port, outer: Option<Level>, inner: Option<Level>) {
        let Some(outer) = outer else { return };
        let of = |level: &Level| match direction {
            Port::Tx => level.protocols(),
            Port::Rx => self.processed(level),
        };
        let mut chain = of(&outer).unwrap_or("none").to_owned();
        if let Some(protocols) = inner.as_ref().and_then(of) {
            chain = format!("{chain}/{protocols}");
        }
        let count = chain.split(['/', '+']).count();
        let (count, stages) = (count.to_string(), self.scenario.device.stages.to_string());
        self.sampler.sample(
            "chain",
            &[
                ("direction", port(direction)),
                ("chain", &chain),
                ("portions", &count),
                ("stages", &stages),
            ],
        );
    }

    /// Commands, settings and resets while frames were inside.
    fn races(&mut self) {
        // First beat in to last beat out, and the frame's SA.
        let mut inside: Vec<(Port, u64, u64, Option<&'a str>)> = Vec::new();
        for frame in &self.result.frames {
            let (Some(from), Some(Operation::Frame(op))) =
                (frame.clock_in, self.operation(frame.operation))
            else {
                continue;
            };
            let until = self.output(frame).map_or(u64::MAX, |out| out.last);
            let name = match (op.port, &op.offload) {
                (Port::Tx, Handle::Sa(name)) => Some(name.as_str()),
                (Port::Tx, Handle::Raw(_)) => None,
                (Port::Rx, _) => headers::outer(op.data.bytes())
                    .and_then(|(_, outer)| self.find(&outer))
                    .map(|sa| sa.name.as_str()),
            };
            inside.push((op.port, from, until, name));
        }
        let mut events: Vec<(&'static str, u64, u64, Option<&'a str>)> = Vec::new();
        for ended in &self.result.commands {
            let Some(Operation::Command { command, .. }) = self.operation(ended.operation) else {
                continue;
            };
            let Some(answer) = &ended.answer else {
                continue;
            };
            if answer.status != ndis::NDIS_STATUS_SUCCESS {
                continue;
            }
            let name = |handle: &'a Handle| match handle {
                Handle::Sa(name) => Some(name.as_str()),
                Handle::Raw(_) => None,
            };
            let (what, of) = match command {
                Command::AddSa { sa, .. } => ("add", Some(sa.name.as_str())),
                Command::DeleteSa { handle } => ("delete", name(handle)),
                Command::UpdateSa { handle, .. } => ("update", name(handle)),
                Command::Raw { .. } => continue,
            };
            events.push((what, answer.rung, ended.clock, of));
        }
        for write in &self.result.writes {
            let what = match u32::from(write.address) & !3 {
                regs::COMMAND if regs::command::SOFT_RESET.get(write.data) != 0 => "soft reset",
                regs::CTRL | regs::IPSECV2 | regs::SA_LIMIT | regs::HASH_SEED => "setting",
                regs::PARITY_INJECT => "parity",
                _ => continue,
            };
            events.push((what, write.clock, write.clock, None));
        }
        for reset in &self.result.resets {
            events.push(("hard reset", reset.clock, reset.clock, None));
        }
        inside.sort_unstable_by_key(|(_, from, ..)| *from);
        for (what, from, until, of) in events {
            // Whether a frame of this direction was inside, and one of the same SA.
            let mut seen = [[false; 2]; 2];
            let behind = inside.partition_point(|(_, first, ..)| *first <= until);
            for (port, _, last, name) in &inside[..behind] {
                if *last >= from {
                    let same = of.is_some() && *name == of;
                    seen[*port as usize][usize::from(same)] = true;
                }
            }
            for (direction, seen) in [Port::Tx, Port::Rx].into_iter().zip(seen) {
                for (whose, seen) in ["other", "same"].into_iter().zip(seen) {
                    if seen {
                        let values = [("event", what), ("frame", port(direction)), ("sa", whose)];
                        self.sampler.sample("race", &values);
                    }
                }
            }
        }
        self.pairs();
    }

    /// Commands that were under way together.
    fn pairs(&mut self) {
        let spans: Vec<(&'static str, u64, u64)> = self
            .result
            .commands
            .iter()
            .filter_map(|ended: &CommandResult| {
                let Operation::Command { command, .. } = self.operation(ended.operation)? else {
                    return None;
                };
                Some((oid(command), ended.answer?.rung, ended.clock))
            })
            .collect();
        for (k, (one, from, until)) in spans.iter().enumerate() {
            // They are in the order of their ends, and there are four slots.
            for (other, rung, _) in spans[k + 1..].iter().take(8) {
                if rung <= until && *rung >= from.saturating_sub(1 << 20) {
                    self.sampler
                        .sample("command pair", &[("one", one), ("other", other)]);
                }
            }
        }
    }

    fn settings(&mut self) {
        for timed in &self.scenario.operations {
            match &timed.op {
                Operation::Stall { port, pattern } => {
                    let port = match port {
                        StallPort::SAxisTx => "s_axis_tx",
                        StallPort::SAxisRx => "s_axis_rx",
                        StallPort::MAxisTx => "m_axis_tx",
                        StallPort::MAxisTxcpl => "m_axis_txcpl",
                        StallPort::MAxisRx => "m_axis_rx",
                        StallPort::SAxil => "s_axil",
                    };
                    let pattern = match pattern {
                        StallPattern::Percent(0) => "none",
                        StallPattern::Percent(1..30) => "light",
                        StallPattern::Percent(30..70) => "medium",
                        StallPattern::Percent(_) => "heavy",
                        StallPattern::Bits(_) => "pattern",
                    };
                    self.sampler
                        .sample("stall", &[("port", port), ("pattern", pattern)]);
                }
                Operation::Configure(Configuration {
                    parity_inject: Some(memories),
                    ..
                }) => {
                    for memory in memories {
                        let name = match memory {
                            Memory::Sa => "sa",
                            Memory::Bundle => "bundle",
                            Memory::Esn => "esn",
                        };
                        self.sampler.sample("parity", &[("memory", name)]);
                    }
                }
                _ => {}
            }
        }
        let (mut ctrl, mut ipsecv2) = (0, 4);
        let mut clocks: Vec<u64> = self
            .result
            .frames
            .iter()
            .filter_map(|f| f.clock_in)
            .collect();
        clocks.sort_unstable();
        let mut since = 0;
        for (k, write) in self.result.writes.iter().enumerate() {
            match u32::from(write.address) & !3 {
                regs::CTRL => ctrl = write.data,
                regs::IPSECV2 if (1..=4).contains(&(write.data & 0xff)) => {
                    ipsecv2 = write.data & 0xff;
                }
                _ => continue,
            }
            // Settings of which a frame saw something.
            let until = self.result.writes[k + 1..]
                .iter()
                .find(|next| matches!(u32::from(next.address) & !3, regs::CTRL | regs::IPSECV2))
                .map_or(u64::MAX, |next| next.clock);
            since = clocks
                .partition_point(|clock| *clock < write.clock)
                .max(since);
            if clocks.get(since).is_none_or(|clock| *clock >= until) {
                continue;
            }
            let protocols = match ipsecv2 {
                1 => "disabled",
                2 => "ah",
                3 => "esp",
                _ => "ah and esp",
            };
            self.sampler.sample(
                "settings",
                &[
                    ("engine", yes(regs::ctrl::ENGINE_ENABLE.get(ctrl) != 0)),
                    (
                        "encapsulation",
                        yes(regs::ctrl::ENCAPSULATION.get(ctrl) != 0),
                    ),
                    ("ipsecv2", protocols),
                    (
                        "spi_host_order",
                        yes(regs::ctrl::SPI_HOST_ORDER.get(ctrl) != 0),
                    ),
                ],
            );
        }
    }
}

/// NextHeader of an ESP portion that is in the clear.
fn trailer(bytes: &[u8], sa: &Sa, level: &Level) -> Option<u8> {
    level.esp?;
    let esp = sa
        .associations
        .iter()
        .find(|a| a.operation == Protocol::Esp)?;
    let icv = match esp.icv_length {
        0 => 16,
        bytes => bytes as usize,
    };
    let at = level.end.min(bytes.len()).checked_sub(icv + 1)?;
    bytes.get(at).copied()
}
