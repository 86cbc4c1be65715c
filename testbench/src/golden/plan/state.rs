// SPDX-License-Identifier: Apache-2.0
//! Settings, sequence numbers, parity, counters of SAs; published packets.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use super::Draft;
use crate::control;
use crate::modes::course::Course;
use crate::modes::layer::{Forms, Layer};
use crate::modes::spec::{Kind, Spec, UDP};
use crate::sa::UdpEncapsulation;
use crate::scenario::{CapsImage, Command, Configuration, Handle, IpsecV2, Operation, Scenario};
use crate::{fixed, kat};

/// Testpoint, suspect, description, and what makes the scenario.
type Control = (
    &'static str,
    &'static str,
    &'static str,
    fn(DeviceConfig, u64) -> Scenario,
);

/// The cases.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = vec![
        Draft::new(
            "state",
            "settings",
            "CTRL, IPSECV2: what is off must pass untouched or be refused, and the current image must say so.",
            "Frames of all protocols under every combination of engine, encapsulation and IPSECV2; the images",
            settings(device, seed),
        )
        .short(),
        Draft::new(
            "state",
            "settings",
            "UDP_PORT, and where the parser looks for it.",
            "UDP-encapsulated ESP on other ports than 4500, source or destination",
            udp_port(device, seed),
        ),
    ];
    for v6 in [false, true] {
        all.push(Draft::new(
            "state",
            "verdicts",
            "UDP encapsulation: the subtype of each level, its mode, the length of UDP.",
            format!(
                "IPv{}: every UDP subtype with and without UDP, wrong ICVs, lengths of UDP, keepalives, IKE",
                if v6 { 6 } else { 4 }
            ),
            udp(v6, device, seed),
        ));
    }
    if device.stages >= 2 {
        all.push(Draft::new(
            "state",
            "esn",
            "UPDATE_SA of a bundle of two: the word of the right association.",
            "UPDATE_SA of ESP and of AH of the same bundle, both directions",
            update_pair(device, seed),
        ));
    }
    let control: [Control; 5] = [
        (
            "settings",
            "The capability images, and what ADDs go by.",
            "Changes of the configuration with SAs present: images, the config event, what is refused",
            control::config,
        ),
        (
            "esn",
            "The ESN memory and its part in what is authenticated.",
            "Extended sequence numbers at their edges",
            control::esn,
        ),
        (
            "esn",
            "UPDATE_SA, the ESN memory.",
            "UPDATE_SA of each direction, frames before and behind it",
            control::update,
        ),
        (
            "parity",
            "The parity of the memory that the step names, its counter and event.",
            "Parity errors injected in each memory, healed by DELETE and UPDATE",
            control::parity,
        ),
        (
            "statistics",
            "The counters of SAs: a row of another generation counts as zero.",
            "Packets and bytes of each SA, of failures, of bundles used again",
            control::stats,
        ),
    ];
    for (testpoint, suspect, what, make) in control {
        all.push(Draft::new(
            "state",
            testpoint,
            suspect,
            what,
            make(device, seed),
        ));
    }
    if let Ok(packets) = kat::packaged_esp() {
        let packets: Vec<_> = packets.filter_map(Result::ok).collect();
        all.push(
            Draft::new(
                "published",
                "esp-known-answers",
                "The packet named in the step is of a published source: nothing here made it.",
                "Published ESP packets, to the wire and from it",
                fixed::known_packets(device, &packets),
            )
            .short(),
        );
    }
    all
}

fn settings(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("settings", device, seed);
    let mut kinds = vec![Kind::Gcm(16), Kind::Ah];
    if device.stages >= 2 {
        kinds.push(Kind::AhGcm(16));
    }
    let pairs: Vec<_> = kinds
        .into_iter()
        .map(|kind| course.pair(Spec::new(kind, false)))
        .collect();
    course.commands();
    for engine in [true, false] {
        for encapsulation in [true, false] {
            for ipsecv2 in &IpsecV2::ALL[1..] {
                course.settle();
                course.scenario.configure(Configuration {
                    engine: Some(engine),
                    encapsulation: Some(encapsulation),
                    ipsecv2: Some(*ipsecv2),
                    ..Configuration::default()
                });
                course.scenario.push(Operation::Caps {
                    image: CapsImage::Current,
                    expect: None,
                });
                course.commands();
                course.opinion.engine = engine;
                course.opinion.gate = encapsulation;
                course.opinion.ah = matches!(ipsecv2, IpsecV2::Ah | IpsecV2::AhAndEsp);
                course.opinion.esp = matches!(ipsecv2, IpsecV2::Esp | IpsecV2::AhAndEsp);
                for pair in &pairs {
                    let forms = course.frame(pair, 14);
                    course.both(pair, &forms);
                }
                if device.stages >= 2 {
                    let forms = course.nested(&pairs[0], &pairs[1], 14);
                    course.both_nested(&pairs[0], &pairs[1], &forms);
                }
            }
        }
    }
    course.settle();
    course.scenario
}

fn udp_port(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("udp-port", device, seed);
    let spec = |v6| Spec {
        udp: UdpEncapsulation::Transport,
        ..Spec::new(Kind::Gcm(16), v6)
    };
    let pairs = [course.pair(spec(false)), course.pair(spec(true))];
    course.commands();
    for port in [4500_u16, 1, 0x8000, 0xfffe, 4500] {
        course.settle();
        course.scenario.configure(Configuration {
            udp_port: Some(port),
            ..Configuration::default()
        });
        course.commands();
        course.opinion.udp_port = port;
        for pair in &pairs {
            for ports in [[port, 7], [7, port], [4501, 9], [port ^ 1, port ^ 0x100]] {
                let layer = Layer {
                    udp: Some(ports),
                    ..pair.layer(false, &mut course.rng)
                };
                let content = Forms::plain(course.rng.bytes(9));
                let forms = layer.around(17, &content).ethernet(None, &[]);
                course.both(pair, &forms);
            }
        }
    }
    course.settle();
    course.scenario.expect_register(regs::UDP_PORT, 4500);
    course.scenario
}

/// Bytes in front of the IP header.
const IP: usize = 14;

fn udp(v6: bool, device: DeviceConfig, seed: u64) -> Scenario {
    let name = if v6 { "udp-ipv6" } else { "udp-ipv4" };
    let mut course = Course::new(name, device, seed);
    let subtypes = if device.stages < 2 {
        &UDP[..3]
    } else {
        &UDP[..]
    };
    let pairs: Vec<_> = subtypes
        .iter()
        .map(|udp| {
            course.pair(Spec {
                udp: *udp,
                ..Spec::new(Kind::Gcm(16), v6)
            })
        })
        .collect();
    let inner = (device.stages >= 2).then(|| course.pair(Spec::new(Kind::Gcm(16), v6)));
    course.commands();
    let wrong = |bytes: &[u8], back: usize| {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() - back;
        bytes[at] ^= 1;
        bytes
    };
    for pair in &pairs {
        for with in [false, true] {
            let layer = |course: &mut Course, inner| Layer {
                udp: with.then_some([4500, 4500]),
                ..pair.layer(inner, &mut course.rng)
            };
            let content = Forms::plain(course.rng.bytes(12));
            let forms = layer(&mut course, false)
                .around(17, &content)
                .ethernet(None, &[]);
            course.both(pair, &forms);
            course.settle();
            course.receive(wrong(&forms.sealed, 1));
            // On the inner level.
            if let Some(around) = &inner {
                let packet = layer(&mut course, true).around(17, &content);
                for damaged in [false, true] {
                    let mut packet = packet.clone();
                    if damaged {
                        packet.sealed = wrong(&packet.sealed, 1);
                    }
                    let forms = around
                        .layer(false, &mut course.rng)
                        .around(pair.version(), &packet)
                        .ethernet(None, &[]);
                    match damaged {
                        false => {
                            course.both_nested(around, pair, &forms);
                        }
                        true => {
                            course.receive(forms.sealed);
                        }
                    }
                    course.settle();
                }
            }
        }
    }
    // Lengths of UDP, ports, what is not ESP behind it.
    let pair = &pairs[1];
    let layer = pair.layer(false, &mut course.rng);
    let at = IP + layer.places().udp.unwrap_or_default();
    let content = Forms::plain(course.rng.bytes(12));
    let forms = layer.around(17, &content).ethernet(None, &[]);
    let length = (forms.sealed.len() - at) as u16;
    for other in [0, 8, length - 4, length - 1, length + 1, length + 4, 0xffff] {
        course.both(pair, &forms.changed(at + 4, &other.to_be_bytes()));
    }
    for ports in [[4500_u16, 0], [1, 4500], [4501, 4499], [500, 500]] {
        let bytes = [ports[0].to_be_bytes(), ports[1].to_be_bytes()].concat();
        course.both(pair, &forms.changed(at, &bytes));
    }
    for spi in [0_u32, 1, 255, 256] {
        course.both(pair, &forms.changed(at + 8, &spi.to_be_bytes()));
    }
    // A keepalive, and its neighbours.
    for carried in [&[0xff_u8][..], &[], &[0xff; 4], &[0; 28]] {
        course.both(pair, &forms.carrying(at, carried));
    }
    course.settle();
    course.scenario
}

/// Each association of bundles of two gets an upper word of its own.
fn update_pair(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("update-pair", device, seed);
    let mut pair = course.pair(Spec {
        esn: Some(1),
        ..Spec::new(Kind::AhGcm(16), true)
    });
    course.commands();
    for (which, high) in [(0, 2), (1, 0x8000_0003), (0, u32::MAX), (1, 0)] {
        course.settle();
        for name in [pair.sa.name.clone(), format!("i{}", pair.number)] {
            let association = &pair.sa.associations[which];
            let command = Command::UpdateSa {
                handle: Handle::Sa(name),
                operation: association.operation,
                spi: association.spi,
                sequence_high: high,
            };
            course
                .scenario
                .command(3, command, Some(ipsec_model::ndis::NDIS_STATUS_SUCCESS));
        }
        course.commands();
        let before = course.frame(&pair, 11);
        pair.sa.associations[which].sequence_high = high;
        for bundle in pair.bundles.into_iter().flatten() {
            course.opinion.bundles[bundle].sa.associations[which].sequence_high = high;
        }
        // What was sealed with the word before is forged now.
        course.receive(before.sealed);
        course.settle();
        let forms = course.frame(&pair, 11);
        course.both(&pair, &forms);
    }
    course.settle();
    course.scenario
}
