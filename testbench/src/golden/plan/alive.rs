// SPDX-License-Identifier: Apache-2.0
//! The smoke set, identification, registers, self-test, diagnostic frame port, resets.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use super::Draft;
use crate::golden::record::AtEnd;
use crate::modes::course::{Course, Pair};
use crate::modes::layer::Forms;
use crate::modes::opinion::Named;
use crate::modes::spec::{Kind, Spec};
use crate::rng::Rng;
use crate::sa::Operation as Protocol;
use crate::scenario::{CapsImage, Command, Configuration, Handle, Operation, Scenario, Until};

const CHIP: &str = "Power, clock, reset, the register bus: nothing else can work before this does.";

/// "The chip is alive and its GCM is right."
pub fn smoke(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut alive = Scenario::new("alive", device, seed);
    alive.wait(Until::InitDone);
    for address in [
        regs::NAME,
        regs::VERSION,
        regs::NUM_SA,
        regs::STAGES,
        regs::SLOTS,
        regs::FEATURES,
    ] {
        read(&mut alive, address, u32::MAX);
    }
    // A bit per engine, the last of all: each of them is told from a dead one.
    read(&mut alive, regs::SELFTEST, u32::MAX);
    let mut gcm = Course::new("gcm", device, seed);
    every_engine(&mut gcm);
    let smoke = |scenario, what: &str, suspect| Draft {
        smoke: true,
        at_end: AtEnd::Nothing,
        ..Draft::new("smoke", "gcm-known-answers", suspect, what, scenario)
    };
    vec![
        smoke(
            alive,
            "Identification, INIT_DONE, and the known answer of the self-test in every GCM engine",
            CHIP,
        ),
        smoke(
            gcm.scenario,
            "One frame to the wire and one from it, with a portion for each engine of a direction",
            "Mailbox (the handles), diagnostic frame port, GCM engines; with smoke-alive good the engines themselves are right.",
        ),
    ]
}

fn read(scenario: &mut Scenario, address: u32, mask: u32) {
    scenario.push(Operation::Read {
        address: address as u16,
        expect: None,
        mask,
        poll: false,
    });
}

/// One frame each way with as many portions as there are stages, as short as can be.
fn every_engine(course: &mut Course) {
    let stages = course.stages();
    let kind = if stages >= 2 {
        Kind::AhGcm(8)
    } else {
        Kind::Gcm(8)
    };
    // Keys of 192 bits: AH's are the next shorter ones.
    let spec = Spec {
        key: 24,
        ..Spec::new(kind, false)
    };
    let outer = course.pair(spec);
    let inner = (stages >= 2 * kind.portions()).then(|| course.pair(spec));
    course.commands();
    match &inner {
        Some(inner) => {
            let forms = course.nested(&outer, inner, 2);
            course.both_nested(&outer, inner, &forms);
        }
        None => {
            let forms = course.frame(&outer, 18);
            course.both(&outer, &forms);
        }
    }
}

/// What stands before all else.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = vec![
        Draft::new(
            "alive",
            "registers",
            CHIP,
            "What the control registers, capability images and counters read after reset",
            after_reset(device, seed),
        )
        .short(),
        Draft::new(
            "alive",
            "registers",
            "The register block: a bit that sticks, an address line, a byte strobe.",
            "Every bit of the registers that can be written, each byte strobe, addresses without a register",
            writable(device, seed),
        ),
        Draft::new(
            "alive",
            "registers",
            "The counters' presets and their upper halves.",
            "Every counter preset, read back, and carried into its upper half by one more event",
            presets(device, seed),
        ),
        Draft::new(
            "alive",
            "diagnostic-port",
            "The GCM engine whose bit is 0: 7:4 transmit, 11:8 receive, stage 0 first.",
            "The self-test on request, twice, with SAs present and behind a frame",
            self_test(device, seed),
        )
        .short(),
        Draft::new(
            "alive",
            "diagnostic-port",
            "The diagnostic frame port's enable and lock; with it all cases by registers alone.",
            "DIAG.CTRL: enable, lock until the next hard reset, a start that is ignored",
            lock(device, seed),
        ),
        Draft::new(
            "alive",
            "diagnostic-port",
            "The diagnostic frame port itself: its input, output, byte lanes of the last beat.",
            "Frames of each rest of a beat through the diagnostic frame port, step by step, both ways",
            through_the_port(device, seed),
        ),
    ];
    for (name, what, soft) in [
        (
            "soft-reset",
            "A soft reset: SAs are gone, settings, counters and events stay (bits sticky over reset are named)",
            true,
        ),
        (
            "hard-reset",
            "A hard reset in the middle of a case: everything is gone, the frame number restarts",
            false,
        ),
    ] {
        all.push(
            Draft::new(
                "alive",
                "resets",
                "reset_ctrl and what it clears: tables, frame number, windows.",
                what,
                resets(name, device, seed, soft),
            )
            .short(),
        );
    }
    all
}

fn after_reset(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("after-reset", device, seed);
    scenario.wait(Until::InitDone);
    for address in [
        regs::NAME,
        regs::VERSION,
        regs::NUM_SA,
        regs::STAGES,
        regs::SLOTS,
        regs::FEATURES,
        regs::CTRL,
        regs::IPSECV2,
        regs::HALT,
        regs::STATUS,
        regs::HASH_SEED,
        regs::SA_COUNT,
        regs::SA_LIMIT,
        regs::INTR_ENABLE,
        regs::SA_WATERMARK,
        regs::SA_DELETE_REPEAT,
        regs::PARITY_INJECT,
        regs::UDP_PORT,
        regs::SA_STATS_HANDLE,
        regs::SA_STATS_PACKETS,
        regs::SA_STATS_BYTES_LO,
        regs::SA_STATS_BYTES_HI,
        regs::DIAG_CTRL,
    ] {
        read(&mut scenario, address, u32::MAX);
    }
    for image in [CapsImage::Hardware, CapsImage::Current] {
        scenario.push(Operation::Caps {
            image,
            expect: None,
        });
    }
    scenario
}

fn writable(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("registers", device, seed);
    scenario.wait(Until::InitDone);
    let plain = [
        (regs::HASH_SEED, u32::MAX),
        (regs::SA_WATERMARK, 0xffff),
        (regs::SA_DELETE_REPEAT, 0xffff),
        (regs::UDP_PORT, 0xffff),
        (regs::INTR_ENABLE, 0x1ff),
        (regs::SA_STATS_HANDLE, u32::MAX),
        (regs::mailbox_slot_length(0), u32::MAX),
        (regs::mailbox_slot_length(3), u32::MAX),
        (regs::DIAG_LENGTH, 0xffff),
        (regs::diag_tuser(0), u32::MAX),
        (regs::diag_tuser(2), u32::MAX),
    ];
    for (address, bits) in plain {
        for bit in (0..32).filter(|bit| bits >> bit & 1 != 0) {
            // A one, then a zero, among the others' opposites.
            for word in [1 << bit, bits & !(1 << bit)] {
                if (bit % 5 == 0) || word == 1 << bit {
                    scenario.write_register(address, word);
                    scenario.expect_register(address, word);
                }
            }
        }
    }
    // A byte strobe each; all others hold.
    scenario.write_register(regs::HASH_SEED, 0x0123_4567);
    for (byte, read) in [0x0123_45a0_u32, 0x0123_a1a0, 0x01a2_a1a0, 0xa3a2_a1a0]
        .into_iter()
        .enumerate()
    {
        scenario.push(Operation::Write {
            address: regs::HASH_SEED as u16,
            data: 0xa3a2_a1a0,
            strobe: 1 << byte,
        });
        scenario.expect_register(regs::HASH_SEED, read);
    }
    scenario.push(Operation::Write {
        address: regs::HASH_SEED as u16,
        data: 0,
        strobe: 0,
    });
    scenario.expect_register(regs::HASH_SEED, 0xa3a2_a1a0);
    // Read only, and nothing there.
    for address in [
        regs::NAME,
        regs::NUM_SA,
        regs::SA_COUNT,
        0x0018,
        0x0100,
        0x5ffc,
        0xfffc,
    ] {
        scenario.write_register(address, u32::MAX);
        read(&mut scenario, address, u32::MAX);
    }
    // The window takes words, and gives none back.
    for slot in 0..4 {
        let window = regs::mailbox_slot_window(slot);
        scenario.write_register(window + 0x1fc, 0x5a5a_5a5a);
        scenario.expect_register(window + 0x1fc, 0);
        scenario.write_register(window + 0x1fc, 0);
    }
    for limit in [0, 1, device.num_sa, device.num_sa + 1, u32::MAX] {
        scenario.write_register(regs::SA_LIMIT, limit);
        scenario.expect_register(regs::SA_LIMIT, limit.min(device.num_sa));
    }
    for value in [1, 2, 3, 0, 5, 0xff, 4] {
        scenario.write_register(regs::IPSECV2, value);
        read(&mut scenario, regs::IPSECV2, u32::MAX);
    }
    for value in [1, 2, 4, 7, 0] {
        scenario.write_register(regs::CTRL, value);
        scenario.expect_register(regs::CTRL, value);
    }
    scenario
}

/// Low and high word of every counter that does not count clocks.
fn counters() -> impl Iterator<Item = (u32, u32)> {
    (regs::COUNTERS_TX_FRAMES_LO..regs::COUNTERS_SA_DELETE_REQS_HI)
        .step_by(8)
        .filter(|low| {
            !matches!(
                *low,
                regs::COUNTERS_TX_STALLED_LO | regs::COUNTERS_RX_STALLED_LO
            )
        })
        .map(|low| (low, low + 4))
}

fn presets(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("counters", device, seed);
    let scenario = &mut course.scenario;
    for (k, (low, high)) in counters().enumerate() {
        let word = 0x8000_0001 | (k as u32) << 8;
        scenario
            .write_register(low, word)
            .write_register(high, word >> 1)
            .expect_register(low, word)
            .expect_register(high, word >> 1);
    }
    // Reading the low word latches the high one; reading that does not.
    let (low, high) = (regs::COUNTERS_TX_BYTES_LO, regs::COUNTERS_TX_BYTES_HI);
    read(scenario, low, u32::MAX);
    scenario.write_register(high, 0x7777_7777);
    for address in [high, high, low, high] {
        read(scenario, address, u32::MAX);
    }
    // What one frame each way moves runs over.
    for (low, high) in counters() {
        scenario
            .write_register(low, u32::MAX)
            .write_register(high, 0);
    }
    let pair = course.pair(Spec::new(Kind::Gcm(16), false));
    course.commands();
    let forms = course.frame(&pair, 20);
    course.both(&pair, &forms);
    course.settle();
    for (low, high) in counters() {
        read(&mut course.scenario, low, u32::MAX);
        read(&mut course.scenario, high, u32::MAX);
    }
    course.scenario
}

fn self_test(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("self-test", device, seed);
    let pair = course.pair(Spec::new(Kind::Gcm(16), false));
    course.commands();
    for _ in 0..2 {
        let forms = course.frame(&pair, 30);
        course.both(&pair, &forms);
        course.settle();
        let done = regs::selftest::DONE.of(1);
        course
            .scenario
            .write_register(regs::INTR_STATE, regs::intr_state::SELFTEST.of(1))
            .write_register(regs::SELFTEST, regs::selftest::START.of(1))
            .poll_register(regs::SELFTEST, done, done);
        read(&mut course.scenario, regs::SELFTEST, u32::MAX);
        let bit = regs::intr_state::SELFTEST.of(1);
        read(&mut course.scenario, regs::INTR_STATE, bit);
    }
    course.expect_stats();
    course.scenario
}

/// The port's own registers, and its lock; a hard reset opens it again.
fn lock(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("diagnostic-lock", device, seed);
    let (enable, lock) = (regs::diag_ctrl::ENABLE.of(1), regs::diag_ctrl::LOCK.of(1));
    let start = regs::diag_start::START.of(1);
    scenario.wait(Until::InitDone);
    // Neither while it is off nor with a length that it has not.
    scenario
        .write_register(regs::DIAG_LENGTH, 64)
        .write_register(regs::DIAG_START, start)
        .expect_register(regs::DIAG_STATUS, 0)
        .write_register(regs::DIAG_CTRL, enable)
        .expect_register(regs::DIAG_CTRL, enable);
    for length in [0, 2049] {
        scenario
            .write_register(regs::DIAG_LENGTH, length)
            .write_register(regs::DIAG_START, start)
            .expect_register(regs::DIAG_STATUS, 0);
    }
    scenario
        .write_register(regs::DIAG_CTRL, lock)
        .expect_register(regs::DIAG_CTRL, lock)
        .write_register(regs::DIAG_CTRL, enable)
        .expect_register(regs::DIAG_CTRL, lock)
        .push(Operation::SoftReset {})
        .wait(Until::InitDone)
        .write_register(regs::DIAG_CTRL, enable)
        .expect_register(regs::DIAG_CTRL, lock)
        .push(Operation::Reset { clocks: 4 })
        .wait(Until::InitDone)
        .expect_register(regs::DIAG_CTRL, 0);
    scenario
}

/// Frames that nobody transforms, put in and read back register by register.
fn through_the_port(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("diagnostic-frames", device, seed);
    let mut rng = Rng::new(seed, 0xd1a6);
    scenario.bring_up();
    scenario.write_register(regs::DIAG_CTRL, regs::diag_ctrl::ENABLE.of(1));
    // A case in front may have left handles there.
    for k in 0..3 {
        scenario.write_register(regs::diag_tuser(k), 0);
    }
    let busy = regs::diag_status::BUSY.of(1) | regs::diag_status::DONE.of(1);
    let done = regs::diag_status::DONE.of(1);
    for length in (48..=64).chain([14, 15, 60, 2048]) {
        let mut frame = rng.bytes(length);
        if let Some(kind) = frame.get_mut(12..14) {
            kind.copy_from_slice(&[0x88, 0xb5]);
        }
        // A word has its first byte in the low bits; lanes behind the end are no bytes of the frame.
        frame.resize(length.next_multiple_of(4), 0);
        let words: Vec<u32> = frame
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        for receive in [0, 1] {
            for (k, word) in (0_u32..).zip(&words) {
                scenario.write_register(regs::DIAG_INPUT + 4 * k, *word);
            }
            scenario
                .write_register(regs::DIAG_LENGTH, length as u32)
                .write_register(
                    regs::DIAG_START,
                    regs::diag_start::START.of(1) | regs::diag_start::DIRECTION.of(receive),
                )
                .poll_register(regs::DIAG_STATUS, done, busy)
                .expect_register(regs::DIAG_OUT_LENGTH, length as u32);
            for (k, word) in (0_u32..).zip(&words) {
                scenario.expect_register(regs::DIAG_OUTPUT + 4 * k, *word);
            }
        }
    }
    scenario
}

fn good(course: &mut Course, pair: &Pair) {
    let forms = course.frame(pair, 21);
    course.both(pair, &forms);
}

/// Two bundles, frames, a reset, the same again.
fn resets(name: &str, device: DeviceConfig, seed: u64, soft: bool) -> Scenario {
    let mut course = Course::new(name, device, seed);
    let settings = Configuration {
        sa_watermark: Some(0x1234),
        sa_delete_repeat: Some(0x55),
        udp_port: Some(0x1194),
        intr_enable: Some(0x1a5),
        hash_seed: Some(0x1357_9bdf),
        ..Configuration::default()
    };
    course.scenario.configure(settings);
    let spec = Spec::new(Kind::Gcm(16), false);
    let pair = course.pair(spec);
    // To the last row of the table, if it is small.
    let more = if device.num_sa <= 64 {
        device.num_sa / 2 - 1
    } else {
        0
    };
    let others: Vec<Pair> = (0..more).map(|_| course.pair(spec)).collect();
    course.commands();
    for pair in std::iter::once(&pair).chain(&others) {
        good(&mut course, pair);
    }
    course.settle();
    let late = course.frame(&pair, 5);
    if soft {
        course.scenario.push(Operation::SoftReset {});
    } else {
        course.scenario.push(Operation::Reset { clocks: 16 });
    }
    course.scenario.wait(Until::InitDone);
    for address in [
        regs::CTRL,
        regs::IPSECV2,
        regs::HASH_SEED,
        regs::SA_LIMIT,
        regs::INTR_ENABLE,
        regs::SA_WATERMARK,
        regs::SA_DELETE_REPEAT,
        regs::UDP_PORT,
        regs::SA_COUNT,
        regs::COUNTERS_TX_FRAMES_LO,
        regs::COUNTERS_TX_PROCESSED_LO,
        regs::COUNTERS_RX_FRAMES_LO,
        regs::COUNTERS_RX_PROCESSED_LO,
        regs::COUNTERS_COMMANDS_OK_LO,
    ] {
        read(&mut course.scenario, address, u32::MAX);
    }
    read(
        &mut course.scenario,
        regs::INTR_STATE,
        regs::intr_state::SLOT0.of(1) | regs::intr_state::CONFIG.of(1),
    );
    // The bundles are dead: by lookup, by handle, by command.
    for bundle in &mut course.opinion.bundles {
        bundle.live = false;
    }
    if !soft {
        course.scenario.bring_up();
    }
    let stale = Handle::Raw(1);
    course.scenario.command(
        1,
        Command::UpdateSa {
            handle: stale.clone(),
            operation: Protocol::Esp,
            spi: pair.sa.associations[0].spi,
            sequence_high: 1,
        },
        Some(ipsec_model::ndis::NDIS_STATUS_INVALID_PARAMETER),
    );
    course.receive(late.sealed);
    let op = crate::scenario::FrameOp {
        offload: stale,
        expect: Some(crate::scenario::Expected::Refused {}),
        ..course.down(late.clear, [Named::Zero; 2], 0)
    };
    course.scenario.push(Operation::Frame(op));
    if let Some(last) = others.last() {
        let forms = course.frame(last, 6);
        course.receive(forms.sealed);
    }
    // The same again, with other keys.
    for _ in 0..=more {
        let again = course.pair(spec);
        course.commands();
        good(&mut course, &again);
    }
    plain(&mut course);
    course.settle();
    course.scenario
}

fn plain(course: &mut Course) {
    let frame = crate::esp::ethernet(None, &course.rng.bytes(50));
    let forms = Forms::plain(frame);
    course.transmit(forms.clear, [Named::Zero; 2], 0);
    course.receive(forms.sealed);
}
