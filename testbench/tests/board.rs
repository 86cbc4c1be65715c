// SPDX-License-Identifier: Apache-2.0
//! Boards: the protocol as a person would type it, the target that speaks it, and a mapped file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/boards.rs"]
mod boards;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use boards::Board;
use ipsec_cosim_device::{DeviceConfig, RtlDevice};
use ipsec_model::regs;
use ipsec_testbench::board::{MmioTarget, Target, TargetError, TcpTarget};
use ipsec_testbench::devices::On;
use ipsec_testbench::golden::{InPort, OutPort};

const CONFIG: DeviceConfig = DeviceConfig::new(16, 4);
const PATIENCE: Duration = Duration::from_secs(30);

struct Typed {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Typed {
    fn new(board: &Board) -> Self {
        let stream = TcpStream::connect(board.address).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn ask(&mut self, text: &str) -> String {
        writeln!(self.stream, "{text}").unwrap();
        self.line()
    }
}

#[test]
fn lines_of_the_protocol() {
    let board = Board::new(On::Model, CONFIG);
    let mut typed = Typed::new(&board);
    assert_eq!(
        typed.line(),
        "ipsec-board 1 device=model num_sa=16 stages=4"
    );
    let name = typed.ask("r 0x0000");
    assert!(name.starts_with("ok 0x43535049 "), "{name}");
    let clock = |line: String| -> u64 { line.rsplit(' ').next().unwrap().parse().unwrap() };
    let before = clock(typed.ask("clock"));
    assert_eq!(
        clock(typed.ask("clock")),
        before,
        "time stands still in between"
    );
    assert_eq!(clock(typed.ask("wait 1000")), before + 1000);
    typed.ask("w 0x004c 0x00001234");
    // A byte strobe, a comment, an empty line.
    assert!(typed.ask("w 76 0x00005678 1").starts_with("ok"));
    writeln!(typed.stream, "# a remark\n").unwrap();
    assert!(typed.ask("r 76").starts_with("ok 0x00001278 "));
    assert!(typed.ask("irq").starts_with("ok 0x00000000 "));
    assert!(typed.ask("get rx 10").starts_with("none "));
    assert!(
        typed
            .ask("rx 000102030405060708090a0b0806")
            .starts_with("ok")
    );
    let frame = typed.ask("get rx 5000");
    assert!(frame.starts_with("frame 0x00000000 0x00000000 "), "{frame}");
    assert!(frame.ends_with(" 000102030405060708090a0b0806"), "{frame}");
    assert!(
        typed
            .ask("tx 0 0 0 000102030405060708090a0b0806")
            .starts_with("ok")
    );
    assert!(typed.ask("get tx 5000").starts_with("frame "));
    assert!(typed.ask("get cpl 5000").starts_with("cpl 0 0x00000000 "));
    assert!(typed.ask("reset").starts_with("ok"));
    assert!(typed.ask("r 0x004c").starts_with("ok 0x0000ffff "));
    for (bad, problem) in [
        ("read 0", "error expected \"r ADDRESS\""),
        ("r 2", "error expected an address"),
        ("rx 0", "error expected the frame in hex digits"),
        ("rx", "error expected \"r ADDRESS\""),
        ("wait 99999999", "error expected at most"),
        ("\u{1f600} \u{7}", "error expected"),
    ] {
        let got = typed.ask(bad);
        assert!(got.starts_with(problem), "{bad}: {got}");
    }
    // The connection goes on, until a line has no end.
    assert!(typed.ask("r 0").starts_with("ok 0x43535049"));
    typed.stream.write_all(&[b'r'; 70_000]).unwrap();
    assert!(typed.line().starts_with("error a line is longer than"));
    let mut rest = Vec::new();
    let _ = typed.reader.read_to_end(&mut rest);
    assert!(rest.is_empty());
    // Others are not disturbed.
    let mut other = Typed::new(&board);
    other.line();
    assert!(other.ask("r 0").starts_with("ok 0x43535049"));
    writeln!(other.stream, "quit").unwrap();
    assert_eq!(other.line(), "");
}

#[test]
fn too_many_clients_are_told_so() {
    let board = Board::new(On::Model, CONFIG);
    let mut all: Vec<Typed> = (0..8).map(|_| Typed::new(&board)).collect();
    for typed in &mut all {
        assert!(typed.line().starts_with("ipsec-board 1 "));
    }
    assert!(Typed::new(&board).line().starts_with("error 8 clients"));
    let error = TcpTarget::connect(&board.address.to_string(), PATIENCE).unwrap_err();
    assert!(error.to_string().contains("8 clients"), "{error}");
}

fn exercise(target: &mut dyn Target) {
    target.reset(4).unwrap();
    assert_eq!(target.read32(regs::NUM_SA as u16).unwrap(), 16);
    target
        .write32(regs::SA_WATERMARK as u16, 0x1234, 15)
        .unwrap();
    target
        .write32(regs::SA_WATERMARK as u16, 0x5678, 2)
        .unwrap();
    assert_eq!(target.read32(regs::SA_WATERMARK as u16).unwrap(), 0x5634);
    let clock = target.clock().unwrap();
    target.wait(250_000).unwrap();
    assert!(target.clock().unwrap() >= clock + 250_000);
    let mut frame = vec![5; 9000];
    frame[12..14].copy_from_slice(&[8, 6]);
    target.send(InPort::Rx, &frame, [0; 3]).unwrap();
    target.send(InPort::Tx, &frame, [0; 3]).unwrap();
    let out = target.receive(OutPort::MAxisRx, 5000).unwrap().unwrap();
    assert_eq!((out.bytes, out.words), (frame.clone(), [0; 2]));
    let out = target.receive(OutPort::MAxisTx, 5000).unwrap().unwrap();
    assert_eq!(out.bytes, frame);
    let completion = target.completion(5000).unwrap().unwrap();
    assert_eq!((completion.number, completion.status), (0, 0));
    assert_eq!(target.completion(100).unwrap(), None);
    assert_eq!(target.receive(OutPort::MAxisRx, 100).unwrap(), None);
    // A handle that there is not.
    target.send(InPort::Tx, &frame, [0x10001, 0, 0]).unwrap();
    let refused = target.completion(5000).unwrap().unwrap();
    assert_ne!((refused.number, refused.status), (1, 0));
    target.reset(4).unwrap();
    assert_eq!(target.read32(regs::SA_WATERMARK as u16).unwrap(), 0xffff);
}

#[test]
fn the_model_over_tcp() {
    let board = Board::new(On::Model, CONFIG);
    let mut target = TcpTarget::connect(&board.address.to_string(), PATIENCE).unwrap();
    assert_eq!(target.hello().config, CONFIG);
    assert!(target.abilities().frames && target.abilities().reset);
    exercise(&mut target);
}

#[test]
fn the_rtl_over_tcp() {
    if !RtlDevice::built().contains(&CONFIG) {
        eprintln!("\n*** SKIPPED: the RTL over TCP: this build does not have {CONFIG} ***\n");
        return;
    }
    let board = Board::new(On::Rtl, CONFIG);
    let mut target = TcpTarget::connect(&board.address.to_string(), PATIENCE).unwrap();
    assert_eq!(target.hello().device, "rtl");
    exercise(&mut target);
}

/// A board that says one line, and nothing more; what it hears is not looked at.
fn says(line: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_secs(20));
    });
    address
}

#[test]
fn boards_that_are_none() {
    let short = Duration::from_millis(300);
    let refused = |address: &str| TcpTarget::connect(address, short).unwrap_err().to_string();
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = refused(&nobody.to_string());
    assert!(error.contains("no board answers there"), "{error}");
    let error = refused("127.0.0.1:http");
    assert!(error.contains("expected HOST:PORT"), "{error}");
    let error = refused(&says("SSH-2.0-OpenSSH_9\n"));
    assert!(error.contains("expected \"ipsec-board 1"), "{error}");
    let error = refused(&says("ipsec-board 2 device=x\n"));
    assert!(error.contains("version 2"), "{error}");
    let error = refused(&says(""));
    assert!(
        error.contains("its first line has no end within 0.3 s"),
        "{error}"
    );
}

#[test]
fn a_board_that_falls_silent_is_given_up_and_the_access_named() {
    let address = says("ipsec-board 1 device=x num_sa=16 stages=4\n");
    let mut target = TcpTarget::connect(&address, Duration::from_millis(300)).unwrap();
    let begun = Instant::now();
    let error = target.read32(0x0030).unwrap_err();
    assert!(matches!(error, TargetError::NoAnswer { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("r 0x0030 has no end within 0.3 s"),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_mapped_file() {
    let path = std::env::temp_dir().join(format!("ipsec-mmio-{}", std::process::id()));
    std::fs::write(&path, vec![0; 0x1_8000]).unwrap();
    let mut target = MmioTarget::open(&path, 0x8004).unwrap();
    target.write32(0x10, 0x1122_3344, 15).unwrap();
    target.write32(0x10, 0xaabb_ccdd, 2).unwrap();
    target.write32(0x10, 0xaabb_ccdd, 12).unwrap();
    assert_eq!(target.read32(0x10).unwrap(), 0xaabb_cc44);
    let error = target.write32(0x10, 0, 5).unwrap_err();
    assert!(error.to_string().contains("0b0101"), "{error}");
    // Not mapped, and so no panic.
    assert!(matches!(target.read32(0xfffc), Err(TargetError::Cannot(_))));
    assert!(matches!(target.reset(4), Err(TargetError::Cannot(_))));
    drop(target);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes[0x8014..0x8018], [0x44, 0xcc, 0xbb, 0xaa]);
    for (offset, problem) in [(2, "a multiple of 4"), (0x1_8000, "expected at least")] {
        let error = MmioTarget::open(&path, offset).unwrap_err().to_string();
        assert!(
            error.contains(problem) && error.contains("ipsec-mmio"),
            "{error}"
        );
    }
    std::fs::remove_file(&path).unwrap();
    let error = MmioTarget::open(&path, 0).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
    let error = MmioTarget::open("/dev/null".as_ref(), 0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("resource file of a PCI BAR"), "{error}");
}
