// SPDX-License-Identifier: Apache-2.0
//! Settings, sequence numbers, parity, counters of SAs; published packets.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use super::Draft;
use crate::control;
use crate::modes::course::Course;
use crate::modes::layer::{Forms, Layer};
use crate::modes::spec::{Kind, Spec};
use crate::sa::UdpEncapsulation;
use crate::scenario::{CapsImage, Configuration, IpsecV2, Operation, Scenario};
use crate::{fixed, kat};

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
    let control: [(&str, &str, &str, fn(DeviceConfig, u64) -> Scenario); 5] = [
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
