// SPDX-License-Identifier: Apache-2.0
//! Changes of the configuration with SAs and traffic present: the capability images, the interrupt, and
//! what still works (SAs stay, and work for what is still on).

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS};
use ipsec_model::regs;

use super::builder::{Builder, Pair};
use crate::sa::{Association, Authentication, Direction, Encryption, Operation as Protocol};
use crate::scenario::{
    CAPS_BYTES, CapsImage, Configuration, Expected, IpsecV2, Operation, Scenario, Until,
};

/// The settings that a capability image goes by.
#[derive(Clone, Copy, Debug)]
struct Settings {
    engine: bool,
    encapsulation: bool,
    ipsecv2: IpsecV2,
    limit: u32,
}

impl Settings {
    fn esp(&self) -> bool {
        self.engine && matches!(self.ipsecv2, IpsecV2::Esp | IpsecV2::AhAndEsp)
    }

    fn ah(&self) -> bool {
        self.engine && matches!(self.ipsecv2, IpsecV2::Ah | IpsecV2::AhAndEsp)
    }

    fn zero(&self) -> bool {
        !self.engine || self.ipsecv2 == IpsecV2::Disabled
    }
}

/// The image of the hardware: byte for byte, by the layout of `NDIS_IPSEC_OFFLOAD_V2`.
pub fn image(device: DeviceConfig, sa_limit: u32) -> [u8; CAPS_BYTES] {
    let mut bytes = [0; CAPS_BYTES];
    bytes[0] = 0x06; // Encapsulation: 802.3, P and Q
    bytes[4] = 1; // IPv6Supported
    bytes[5] = 1; // IPv4Options
    bytes[6] = 1; // IPv6NonIPsecExtensionHeaders
    bytes[7] = 1; // Ah
    bytes[8] = 1; // Esp
    bytes[9] = u8::from(device.stages >= 2); // AhEspCombined
    bytes[10] = 1; // Transport
    bytes[11] = 1; // Tunnel
    bytes[12] = u8::from(device.stages >= 2); // TransportTunnelCombined
    bytes[14] = 1; // ExtendedSequenceNumbers
    bytes[16] = if device.stages >= 2 { 0xf } else { 0x3 }; // UdpEsp
    bytes[20] = 0x38; // AuthenticationAlgorithms
    bytes[24] = 0x39; // EncryptionAlgorithms
    bytes[28..].copy_from_slice(&sa_limit.min(device.num_sa).to_le_bytes());
    bytes
}

/// What of an image IPSECV2 leaves on.
pub fn switched(mut image: [u8; CAPS_BYTES], ipsecv2: IpsecV2) -> [u8; CAPS_BYTES] {
    let off: &[usize] = match ipsecv2 {
        IpsecV2::Disabled => return [0; CAPS_BYTES],
        // Esp, AhEspCombined, UdpEsp, EncryptionAlgorithms
        IpsecV2::Ah => &[8, 9, 16, 24],
        // Ah, AhEspCombined
        IpsecV2::Esp => &[7, 9],
        IpsecV2::NoChange | IpsecV2::AhAndEsp => &[],
    };
    for at in off {
        image[*at] = 0;
    }
    image
}

fn current(device: DeviceConfig, settings: &Settings) -> [u8; CAPS_BYTES] {
    if settings.zero() {
        return [0; CAPS_BYTES];
    }
    switched(image(device, settings.limit), settings.ipsecv2)
}

/// One change and all that follows from it.
fn change(
    build: &mut Builder,
    device: DeviceConfig,
    (old, new): (&Settings, &Settings),
    pair: &Pair,
    number: u32,
) {
    build.configure(Configuration {
        engine: Some(new.engine),
        encapsulation: Some(new.encapsulation),
        ipsecv2: Some(new.ipsecv2),
        sa_limit: Some(new.limit),
        ..Configuration::default()
    });
    let bit = regs::intr_state::CONFIG.of(1);
    let changed = current(device, old) != current(device, new);
    for (image, bytes) in [
        (CapsImage::Hardware, image(device, new.limit)),
        (CapsImage::Current, current(device, new)),
    ] {
        build.scenario.push(Operation::Caps {
            image,
            expect: Some(bytes.to_vec()),
        });
    }
    // In between the image may be another one: only a change that stays is sure to show.
    if changed {
        build.scenario.push(Operation::Read {
            address: regs::INTR_STATE as u16,
            expect: Some(bit),
            mask: bit,
            poll: false,
        });
    }
    build
        .scenario
        .write_register(regs::INTR_STATE, bit)
        .wait(Until::Commands);
    for _ in 0..2 {
        let made = build.some(pair);
        let on = new.esp() && new.encapsulation;
        let expected = if on { made.received() } else { made.passed() };
        build.receive(&made, expected);
        let expected = if new.esp() {
            made.sent()
        } else {
            Expected::Refused {}
        };
        build.send(&made, &pair.outbound(), expected);
        build.scenario.frame(crate::scenario::Port::Tx, vec![0; 60]);
    }
    build.idle();
    let extra = build.plan("extra", 0x8000 + number, number.is_multiple_of(2), 32, None);
    let status = if !new.esp() {
        NDIS_STATUS_NOT_SUPPORTED
    } else if build.count() >= new.limit.min(device.num_sa) {
        NDIS_STATUS_RESOURCES
    } else {
        NDIS_STATUS_SUCCESS
    };
    let sa = extra.sa(Direction::Inbound);
    build.add(0, sa.clone(), status);
    build.idle();
    if status == NDIS_STATUS_SUCCESS {
        let made = build.some(&extra);
        let expected = if new.encapsulation {
            made.received()
        } else {
            made.passed()
        };
        build.receive(&made, expected);
        build.idle();
        build.delete(0, &sa.name);
        build.idle();
    }
    others(build, device, new, &extra);
}

/// ADDs of AH, and of ESP and AH: by what is on, and by the stages.
fn others(build: &mut Builder, device: DeviceConfig, settings: &Settings, extra: &Pair) {
    let room = build.count() < settings.limit.min(device.num_sa);
    let ah = Association {
        operation: Protocol::Ah,
        encryption: Encryption::None,
        authentication: Authentication::AesGmac256,
        ..extra.association.clone()
    };
    let mut alone = extra.sa(Direction::Inbound);
    alone.associations = vec![ah.clone()];
    let mut both = extra.sa(Direction::Outbound);
    both.associations.push(ah);
    let combined = settings.ah() && settings.esp() && device.stages >= 2;
    for (sa, on) in [(alone, settings.ah()), (both, combined)] {
        let status = match (on, room) {
            (false, _) => NDIS_STATUS_NOT_SUPPORTED,
            (true, false) => NDIS_STATUS_RESOURCES,
            (true, true) => NDIS_STATUS_SUCCESS,
        };
        build.add(1, sa.clone(), status);
        build.idle();
        if status == NDIS_STATUS_SUCCESS {
            build.delete(1, &sa.name);
            build.idle();
        }
    }
}

/// Every setting, alone and with others.
pub fn config(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("config", device, seed);
    // Without an SA the hash may change, with one it may not.
    let hash = |seed| Configuration {
        hash_seed: Some(seed),
        ..Configuration::default()
    };
    build.configure(hash(0x1234_5678));
    build.scenario.expect_register(regs::HASH_SEED, 0x1234_5678);
    let pair = build.plan("", 0x1000, false, 16, Some(2));
    build.add_pair(&pair);
    build.idle();
    build.configure(hash(7));
    build.scenario.expect_register(regs::HASH_SEED, 0x1234_5678);
    build.both_ways(&pair);
    let bit = regs::intr_state::CONFIG.of(1);
    build.scenario.write_register(regs::INTR_STATE, bit);
    let mut settings = Settings {
        engine: true,
        encapsulation: true,
        ipsecv2: IpsecV2::AhAndEsp,
        limit: device.num_sa,
    };
    let mut number = 0;
    let mut step = |build: &mut Builder, to: Settings| {
        number += 1;
        change(build, device, (&settings, &to), &pair, number);
        settings = to;
    };
    let start = Settings {
        engine: true,
        encapsulation: true,
        ipsecv2: IpsecV2::AhAndEsp,
        limit: device.num_sa,
    };
    for ipsecv2 in [
        IpsecV2::Ah,
        IpsecV2::Esp,
        IpsecV2::Disabled,
        IpsecV2::AhAndEsp,
    ] {
        for (engine, encapsulation) in [(true, true), (true, false), (false, true)] {
            let to = Settings {
                engine,
                encapsulation,
                ipsecv2,
                ..start
            };
            step(&mut build, to);
        }
    }
    for limit in [0, 1, 2, 3, device.num_sa, device.num_sa + 1, u32::MAX, 1] {
        step(&mut build, Settings { limit, ..start });
    }
    step(&mut build, start);
    // Values that are no change.
    for value in [0, 5, 0x80, 0xff] {
        build.scenario.write_register(regs::IPSECV2, value);
        build
            .scenario
            .expect_register(regs::IPSECV2, IpsecV2::AhAndEsp as u32);
    }
    build.configure(Configuration {
        ipsecv2: Some(IpsecV2::NoChange),
        ..Configuration::default()
    });
    build.scenario.push(Operation::Read {
        address: regs::INTR_STATE as u16,
        expect: Some(0),
        mask: bit,
        poll: false,
    });
    step(&mut build, start);
    build.finish()
}

/// Changes in the middle of traffic: each frame meets the configuration before or behind it.
pub fn config_race(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("config-race", device, seed);
    let pair = build.plan("", 0x1000, seed.is_multiple_of(2), 24, None);
    build.add_pair(&pair);
    build.idle();
    for round in 0..12 {
        for number in 0..20 {
            let made = build.some(&pair);
            let either = vec![made.received(), made.passed()];
            build.receive(&made, Expected::AnyOf(either));
            let either = vec![made.sent(), Expected::Refused {}];
            build.send(&made, &pair.outbound(), Expected::AnyOf(either));
            let on = number == 14;
            if number == 6 || on {
                let mut configuration = Configuration::default();
                match round % 3 {
                    0 => configuration.engine = Some(on),
                    1 => {
                        let value = if on { IpsecV2::Esp } else { IpsecV2::Ah };
                        configuration.ipsecv2 = Some(value);
                    }
                    _ => configuration.encapsulation = Some(on),
                }
                let after = build.rng.below(200);
                build
                    .scenario
                    .after(after, Operation::Configure(configuration));
            }
        }
        // The last of the frames are behind the change.
        build.idle();
        build.both_ways(&pair);
        build.idle();
    }
    build.finish()
}
