// SPDX-License-Identifier: Apache-2.0

//! What the binding promises, on small designs.

use std::path::PathBuf;
use std::thread;

use verilator_rs::{Halt, Model, Record};
use verilator_rs_testmodels::{trouble, wide_8, wide_32};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Inputs of cycle `n`, reset in the first two.
fn stimulus(n: u64) -> wide_8::In {
    let mix = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    wide_8::In {
        rst_ni: u8::from(n >= 2),
        we_i: (mix >> 60) as u8 & 1,
        addr_i: (mix >> 8) as u8,
        twelve_i: (mix >> 16) as u16 & 0xfff,
        type_i: mix as u32 & 0xff_ffff,
        forty_i: mix >> 24,
        wide_i: [
            mix as u32,
            (mix >> 32) as u32,
            !mix as u32,
            n as u32,
            mix as u32 & 0xff,
        ],
        ..Default::default()
    }
}

#[test]
fn outputs_are_those_after_the_rising_edge() {
    let mut dut = wide_8::Dut::new(1).unwrap();
    let mut out = wide_8::Out::default();
    let (mut count, mut chain) = (0, [0u64; 2]);
    let mut memory = [[0u32; 5]; 8];
    for n in 0..1000 {
        let input = stimulus(n);
        dut.step(&input, &mut out).unwrap();
        let reset = input.rst_ni == 0;
        count = if reset { 0 } else { count + 1 };
        chain = if reset {
            [0; 2]
        } else {
            [input.forty_i + 1, chain[0] + 2].map(|v| v & ((1 << 40) - 1))
        };
        assert_eq!(out.count_o, count, "cycle {n}");
        assert_eq!(out.forty_o, chain[1], "cycle {n}");
        assert_eq!(u64::from(out.odd_o), chain[1] & 1, "cycle {n}");
        if !reset {
            assert_eq!(out.twelve_o, !input.twelve_i & 0xfff);
            assert_eq!(out.type_o, !input.type_i & 0xff_ffff);
        }
        let word = &mut memory[usize::from(input.addr_i % 8)];
        if n > 500 {
            assert_eq!(out.wide_o, *word, "cycle {n}");
        }
        if input.we_i == 1 {
            *word = input.wide_i;
        }
    }
    assert_eq!(dut.cycles(), 1000);
    assert_eq!(dut.time(), 2000 * wide_8::Model::HALF_PERIOD);
}

#[test]
fn bits_beyond_the_width_of_an_input_are_ignored() {
    let mut dut = wide_8::Dut::new(0).unwrap();
    let mut out = wide_8::Out::default();
    let input = wide_8::In {
        rst_ni: 0xff,
        we_i: 0xff,
        addr_i: 3,
        twelve_i: 0xffff,
        wide_i: [u32::MAX; 5],
        ..Default::default()
    };
    dut.step(&input, &mut out).unwrap();
    assert_eq!(out.twelve_o, 0);
    let ones = [u32::MAX, u32::MAX, u32::MAX, u32::MAX, 0xff];
    assert_eq!(dut.memory_read("mem_q", 3).unwrap(), ones);
    dut.step(&input, &mut out).unwrap();
    assert_eq!(out.wide_o, ones);
}

#[test]
fn run_equals_step() {
    let inputs: Vec<_> = (0..500).map(stimulus).collect();
    let mut outputs = vec![wide_8::Out::default(); inputs.len()];
    assert_eq!(
        wide_8::Dut::new(7).unwrap().run(&inputs, &mut outputs),
        Ok(500)
    );
    let mut dut = wide_8::Dut::new(7).unwrap();
    for (input, expected) in inputs.iter().zip(&outputs) {
        let mut out = wide_8::Out::default();
        dut.step(input, &mut out).unwrap();
        assert_eq!(out, *expected);
    }
}

#[test]
fn configurations_share_their_types() {
    let inputs: Vec<_> = (0..300).map(stimulus).collect();
    let mut small = vec![wide_8::Out::default(); inputs.len()];
    let mut large = small.clone();
    wide_8::Dut::new(0)
        .unwrap()
        .run(&inputs, &mut small)
        .unwrap();
    let mut dut = wide_32::Dut::new(0).unwrap();
    dut.run(&inputs, &mut large).unwrap();
    assert_ne!(small, large, "the memory has another depth");
    assert!(
        small
            .iter()
            .zip(&large)
            .all(|(a, b)| a.forty_o == b.forty_o)
    );
    assert_eq!(wide_32::Model::PARAMETERS, [("Depth", "32")]);
    assert_eq!(dut.memory("wide.mem_q").unwrap().0.depth, 32);

    let path = file("coverage.dat");
    dut.coverage_write(&path).unwrap();
    assert!(
        std::fs::read_to_string(path)
            .unwrap()
            .starts_with("# SystemC::Coverage-3")
    );
    assert!(dut.trace_open(file("never.fst")).is_err());
}

#[test]
fn records_describe_themselves() {
    let input = stimulus(5);
    let field = wide_8::In::field("wide_i").unwrap();
    assert_eq!(
        (field.bits, field.words(&input)),
        (136, input.wide_i.to_vec())
    );
    assert_eq!(
        wide_8::In::field("forty_i").unwrap().value(&input),
        input.forty_i
    );
    assert_eq!(wide_8::In::FIELDS.len(), 7, "without the clock");
    assert!(wide_8::In::field("clk_i").is_none());
}

#[test]
fn probes_show_internal_signals() {
    let names: Vec<_> = wide_8::Probe::FIELDS
        .iter()
        .map(|field| field.name)
        .collect();
    let expected = [
        "wide.g_lane[0].u_lane.probe_data",
        "wide.g_lane[1].u_lane.probe_data",
        "wide.u_tap.seen_q",
        "wide.g_lane[0].u_lane.probe_odd",
        "wide.g_lane[1].u_lane.probe_odd",
    ];
    assert_eq!(names, expected);
    let mut dut = wide_8::Dut::new(0).unwrap();
    let (mut out, mut probe) = Default::default();
    for n in 0..20 {
        let input = stimulus(n);
        dut.step(&input, &mut out).unwrap();
        dut.probe(&mut probe);
        assert_eq!(probe.wide_u_tap_seen_q, input.wide_i);
        if n >= 2 {
            assert_eq!(probe.wide_g_lane_0_u_lane_probe_data, input.forty_i + 1);
        }
        assert_eq!(probe.wide_g_lane_1_u_lane_probe_data, out.forty_o);
        assert_eq!(probe.wide_g_lane_1_u_lane_probe_odd, out.odd_o);
        let last = wide_8::Probe::field("wide.g_lane[1].u_lane.probe_data").unwrap();
        assert_eq!(last.value(&probe), out.forty_o);
    }
}

#[test]
fn memories_are_readable() {
    let mut dut = wide_8::Dut::new(0).unwrap();
    let mut out = Default::default();
    let secret = [0xdead_beef, 1, 2, 3, 0x5a];
    let write = wide_8::In {
        we_i: 1,
        addr_i: 6,
        wide_i: secret,
        ..Default::default()
    };
    dut.step(&write, &mut out).unwrap();
    assert_eq!(dut.memory_read("wide.mem_q", 6).unwrap(), secret);
    assert_eq!(dut.memory_read("mem_q", 5).unwrap(), [0; 5]);
    let (memory, bytes) = dut.memory("mem_q").unwrap();
    assert_eq!((memory.bits, memory.depth, memory.stride), (136, 8, 20));
    let beef = 0xdead_beef_u32.to_le_bytes();
    assert!(bytes.windows(4).any(|bytes| bytes == beef));
    let erase = wide_8::In {
        wide_i: [0; 5],
        ..write
    };
    dut.step(&erase, &mut out).unwrap();
    assert!(dut.memory("mem_q").unwrap().1.iter().all(|&byte| byte == 0));

    for _ in 0..2 {
        dut.step(&erase, &mut out).unwrap();
    }
    let nested: Vec<_> = (0..6)
        .map(|n| dut.memory_read("u_tap.mem_q", n).unwrap()[0])
        .collect();
    assert_eq!(nested, [0xff, 0xfe, 0xfd, 0xef, 0xee, 0xed]);

    let error = dut.memory_read("mem_q", 8).unwrap_err();
    assert_eq!(
        error.to_string(),
        "memory `wide.mem_q` has 8 words, so none at 8"
    );
    let error = dut.memory("absent").unwrap_err().to_string();
    assert!(
        error.contains("no readable memory `absent` (it has: wide.mem_q, "),
        "{error}"
    );
}

#[test]
fn a_seed_makes_unreset_state_random_but_repeatable() {
    let read = |seed| {
        let dut = wide_8::Dut::new(seed).unwrap();
        dut.memory("mem_q").unwrap().1.to_vec()
    };
    assert!(read(0).iter().all(|&byte| byte == 0));
    assert!(read(1).iter().any(|&byte| byte != 0));
    assert_eq!(read(1), read(1));
    assert_ne!(read(1), read(2));
}

#[test]
fn snapshots_restore_into_any_instance() {
    let inputs: Vec<_> = (0..400).map(stimulus).collect();
    let mut expected = vec![wide_8::Out::default(); 200];
    let mut dut = wide_8::Dut::new(3).unwrap();
    dut.run(&inputs[..200], &mut expected).unwrap();
    let snapshot = dut.save().unwrap();
    dut.run(&inputs[200..], &mut expected).unwrap();
    for mut other in [dut, wide_8::Dut::new(4).unwrap()] {
        let mut outputs = vec![wide_8::Out::default(); 200];
        other.restore(&snapshot).unwrap();
        assert_eq!(other.cycles(), 200);
        assert_eq!(other.time(), 400 * wide_8::Model::HALF_PERIOD);
        other.run(&inputs[200..], &mut outputs).unwrap();
        assert_eq!(outputs, expected);
    }
    let error = wide_32::Dut::new(0).unwrap().save().unwrap_err();
    assert_eq!(
        error.to_string(),
        "model `wide_32` was not built to be saved"
    );
}

#[test]
fn everything_that_stops_the_design_is_an_error() {
    let cases = [
        (1, Halt::Assertion, "trouble: fatal at 2"),
        (2, Halt::Assertion, "trouble: error at 2"),
        (3, Halt::Stop, "$stop"),
        (4, Halt::Finish, "$finish"),
        (5, Halt::Assertion, "trouble: 'assert' failed."),
        (6, Halt::Assertion, "trouble: not all ones: 2"),
        (9, Halt::Assertion, "trouble.a_cmd: 'assert' failed."),
    ];
    for (cmd_i, kind, msg) in cases {
        let mut dut = trouble::Dut::new(0).unwrap();
        let mut out = Default::default();
        let idle = trouble::In::default();
        dut.step(&idle, &mut out).unwrap();
        dut.step(&idle, &mut out).unwrap();
        let error = dut
            .step(&trouble::In { cmd_i, ..idle }, &mut out)
            .unwrap_err();
        assert_eq!(
            (error.kind, error.msg.as_str(), error.cycle),
            (kind, msg, 3),
            "{error:?}"
        );
        assert!(
            error.file.ends_with("rtl/trouble.sv") && error.line > 20,
            "{error:?}"
        );
        assert_eq!(
            dut.step(&idle, &mut out).unwrap_err(),
            error,
            "it stays stopped"
        );
        assert_eq!(dut.halted(), Some(kind));
        assert_eq!(dut.cycles(), 3);
    }
}

#[test]
fn run_stops_in_the_cycle_that_fails() {
    let mut inputs = vec![trouble::In::default(); 10];
    inputs[6].cmd_i = 2;
    let mut outputs = vec![trouble::Out::default(); 10];
    let mut dut = trouble::Dut::new(0).unwrap();
    let error = dut.run(&inputs, &mut outputs).unwrap_err();
    assert_eq!(error.cycle, 7);
    assert_eq!((outputs[6].count_o, outputs[7].count_o), (7, 0));
    assert!(
        error
            .to_string()
            .starts_with("assertion after 7 cycles: trouble: error at 6 (")
    );
    let mut dut = trouble::Dut::new(0).unwrap();
    assert_eq!(dut.bench_loop(&inputs, 100).unwrap_err().cycle, 7);
}

#[test]
fn what_only_prints_goes_to_the_log() {
    let mut dut = trouble::Dut::new(0).unwrap();
    let mut out = Default::default();
    for cmd_i in [7, 8] {
        dut.step(
            &trouble::In {
                cmd_i,
                ..Default::default()
            },
            &mut out,
        )
        .unwrap();
    }
    let log = dut.take_log();
    assert!(
        log.contains("hello 0\n") && log.contains("careful"),
        "{log}"
    );
    assert_eq!(dut.take_log(), "");
    // A message before $stop is not taken for its reason.
    dut.step(
        &trouble::In {
            cmd_i: 7,
            ..Default::default()
        },
        &mut out,
    )
    .unwrap();
    let error = dut
        .step(
            &trouble::In {
                cmd_i: 3,
                ..Default::default()
            },
            &mut out,
        )
        .unwrap_err();
    assert_eq!((error.kind, error.log.as_str()), (Halt::Stop, "hello 2\n"));
}

#[test]
fn a_failure_of_the_simulator_is_an_error_too() {
    let mut dut = trouble::Dut::new(0).unwrap();
    let mut out = Default::default();
    dut.step(&trouble::In::default(), &mut out).unwrap();
    let error = dut
        .step(
            &trouble::In {
                loop_i: 1,
                ..Default::default()
            },
            &mut out,
        )
        .unwrap_err();
    assert_eq!((error.kind, error.cycle), (Halt::Internal, 1));
    assert!(error.msg.contains("did not converge"), "{error}");
    assert!(dut.step(&trouble::In::default(), &mut out).is_err());
}

#[test]
fn bench_loop_is_the_same_simulation() {
    let inputs: Vec<_> = (0..100).map(stimulus).collect();
    let mut dut = wide_8::Dut::new(5).unwrap();
    assert_eq!(dut.bench_loop(&inputs, 250), Ok(250));
    let mut other = wide_8::Dut::new(5).unwrap();
    let (mut out, mut a, mut b) = Default::default();
    for n in 0..250 {
        other.step(&inputs[n % 100], &mut out).unwrap();
    }
    dut.probe(&mut a);
    other.probe(&mut b);
    assert_eq!(a, b);
    assert_eq!((dut.cycles(), dut.time()), (other.cycles(), other.time()));
    assert_eq!(dut.memory("mem_q").unwrap(), other.memory("mem_q").unwrap());
}

#[test]
fn many_instances_on_many_threads() {
    let inputs: Vec<_> = (0..4000).map(stimulus).collect();
    let mut expected = vec![wide_8::Out::default(); inputs.len()];
    wide_8::Dut::new(9)
        .unwrap()
        .run(&inputs, &mut expected)
        .unwrap();
    // Each round every instance is advanced by another thread than the one before, while others are
    // made, fail, and write waves.
    let mut duts: Vec<_> = (0..6).map(|_| wide_8::Dut::new(9).unwrap()).collect();
    for round in 0..8 {
        duts = thread::scope(|scope| {
            let workers: Vec<_> = duts
                .into_iter()
                .enumerate()
                .map(|(number, mut dut)| {
                    let range = round * 500..(round + 1) * 500;
                    let (inputs, expected) = (&inputs[range.clone()], &expected[range]);
                    scope.spawn(move || {
                        if number == 0 {
                            dut.trace_open(file(&format!("thread_{round}.fst")))
                                .unwrap();
                        }
                        let mut failing = trouble::Dut::new(0).unwrap();
                        let mut out = Default::default();
                        let error = failing.step(
                            &trouble::In {
                                cmd_i: 1,
                                ..Default::default()
                            },
                            &mut out,
                        );
                        assert_eq!(error.unwrap_err().msg, "trouble: fatal at 0");
                        for (input, expected) in inputs.iter().zip(expected) {
                            let mut out = Default::default();
                            dut.step(input, &mut out).unwrap();
                            assert_eq!(out, *expected);
                        }
                        dut.trace_close();
                        dut
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .collect()
        });
        duts.rotate_left(1);
    }
}

#[test]
fn a_wave_of_a_window_is_readable() {
    let half = wide_8::Model::HALF_PERIOD;
    let mut dut = wide_8::Dut::new(1).unwrap();
    let inputs: Vec<_> = (0..300).map(stimulus).collect();
    let mut outputs = vec![wide_8::Out::default(); inputs.len()];
    dut.run(&inputs[..100], &mut outputs).unwrap();
    let path = file("window.fst");
    dut.trace_open(&path).unwrap();
    dut.run(&inputs[100..150], &mut outputs[100..]).unwrap();
    dut.trace_close();
    dut.run(&inputs[150..200], &mut outputs[150..]).unwrap();
    // A second file of the same instance.
    let second = file("window_2.fst");
    dut.trace_open(&second).unwrap();
    dut.run(&inputs[200..210], &mut outputs[200..]).unwrap();
    drop(dut);

    let mut wave = wellen::simple::read(&path).unwrap();
    let times = wave.time_table().to_vec();
    assert_eq!(times.first(), Some(&(200 * half)));
    assert_eq!(times.last(), Some(&(299 * half)));
    let hierarchy = wave.hierarchy();
    let variable = hierarchy
        .all_vars()
        .map(|var| &hierarchy[var])
        .find(|var| var.full_name(hierarchy).ends_with("wide.count_o"))
        .unwrap()
        .signal_ref();
    wave.load_signals(&[variable]);
    let signal = wave.get_signal(variable).unwrap();
    for cycle in 100..150 {
        let at = times
            .iter()
            .position(|&time| time == (2 * cycle + 1) * half)
            .unwrap();
        let offset = signal.get_offset(u32::try_from(at).unwrap()).unwrap();
        let value = signal.get_value_at(&offset, 0).to_bit_string().unwrap();
        let expected = outputs[cycle as usize].count_o;
        assert_eq!(
            u64::from_str_radix(&value, 2),
            Ok(expected),
            "cycle {cycle}"
        );
    }
    assert_eq!(
        wellen::simple::read(&second).unwrap().time_table().first(),
        Some(&(400 * half))
    );
}

#[test]
fn a_wave_file_that_cannot_be_made_is_an_error() {
    let mut dut = wide_8::Dut::new(1).unwrap();
    let error = dut.trace_open(file("no/such/folder.fst")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    dut.step(&stimulus(0), &mut Default::default()).unwrap();
}

#[test]
fn the_whole_state_can_be_searched() {
    let mut dut = wide_8::Dut::new(0).unwrap();
    let secret = [0x0123_4567, 0x89ab_cdef, 0x1357_9bdf, 0x2468_ace0, 0x5a];
    let input = wide_8::In {
        rst_ni: 1,
        we_i: 1,
        addr_i: 6,
        wide_i: secret,
        ..Default::default()
    };
    let before = dut.state();
    dut.step(&input, &mut Default::default()).unwrap();
    dut.step(&Default::default(), &mut Default::default())
        .unwrap();
    let state = dut.state();
    let bytes: Vec<u8> = secret.iter().flat_map(|word| word.to_le_bytes()).collect();
    let places = |state: &verilator_rs::State| -> Vec<String> {
        let found = state.bytes().windows(bytes.len()).enumerate();
        let found = found.filter(|(_, window)| **window == bytes);
        found
            .map(|(at, _)| state.variable_at(at).map_or("-", |v| &v.name).to_string())
            .collect()
    };
    assert!(places(&before).is_empty());
    let found = places(&state);
    assert!(found.contains(&"wide.mem_q".to_string()), "{found:?}");
    let memory = state.variables().iter().find(|v| v.name == "wide.mem_q");
    assert_eq!(state.value(memory.unwrap()).len(), 8 * 20);
}
