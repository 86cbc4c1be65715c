// SPDX-License-Identifier: Apache-2.0
//! Packets that scapy made, in all modes, through the untimed API in both directions, byte for byte: AES-GCM, AES-GMAC
//! and AH, transport and tunnel, IPv4 and IPv6 mixed, extended sequence numbers, UDP, options and extension headers, two
//! levels, AH in front of ESP; tampered ones too.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipsec_model::packet::{Engine, NewBundle, NewSa, TxResult};
use ipsec_model::table_types::KeyMaterial;
use serde_json::Value;

/// AH in front of the ESP packets of a file: one more AH over each that has no UDP and no extension headers.
const AH_OVER_ESP: &str = r#"
import json, random, sys
sys.path.insert(0, sys.argv[1])
import gen_scapy as g
r = random.Random(7)
for line in open(sys.argv[2]):
    p = json.loads(line)
    if p['proto'] != 'esp' or p['udp'] or any(f.startswith('v6ext') for f in p['feat']): continue
    packet = (g.IP if p['outer_ver'] == 4 else g.IPv6)(bytes.fromhex(p['prot']))
    q = dict(proto='ah', alg='ah-aes-gmac', key=g.rnd(r, r.choice([16, 24, 32])).hex(), salt=g.rnd(r, 4).hex(),
             spi=r.randrange(256, 2**32), esn=r.random() < 0.5, esn_hi=r.getrandbits(32), tamper=None)
    out = g.AHGmac.protect(r, packet, bytes.fromhex(q['key']), bytes.fromhex(q['salt']), g.rnd(r, 8), q['spi'],
                           r.getrandbits(32), q['esn'], q['esn_hi'], None)
    q['prot'] = g.raw(out).hex()
    print(json.dumps(dict(esp=p, ah=q)))
"#;

/// The tools, or a loud word that they are not there.
struct Scapy {
    python: PathBuf,
    oracles: PathBuf,
    folder: PathBuf,
}

impl Scapy {
    fn find(test: &str) -> Option<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shared =
            std::env::var_os("IPSEC_SHARED").map_or(here.join("../../shared"), PathBuf::from);
        let oracles = shared.join("oracles");
        if !oracles.is_dir() {
            eprintln!("SKIPPED: {test}: no {}", oracles.display());
            return None;
        }
        let named = std::env::var_os("IPSEC_PYTHON").map(PathBuf::from);
        let python = named
            .into_iter()
            .chain([
                here.join("../.tools/venv/bin/python"),
                PathBuf::from("python3"),
            ])
            .find(|python| {
                let tried = Command::new(python)
                    .args(["-c", "import scapy.all, cryptography"])
                    .output();
                tried.is_ok_and(|output| output.status.success())
            });
        let Some(python) = python else {
            eprintln!("SKIPPED: {test}: no Python with scapy and cryptography (IPSEC_PYTHON)");
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self {
            python,
            oracles,
            folder,
        })
    }

    fn at(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.python).args(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Packets of a run of the generator.
    fn packets(&self, name: &str, arguments: &[&str]) -> Vec<Value> {
        let generator = self.oracles.join("gen_scapy.py").display().to_string();
        let out = self.at(name);
        let all = [&[&generator, "-o", &out, "--maxlen", "2200"], arguments].concat();
        self.run(&all);
        let text = std::fs::read_to_string(self.at(&format!("{name}.jsonl"))).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn bytes(packet: &Value, member: &str) -> Vec<u8> {
    hex::decode(packet[member].as_str().unwrap()).unwrap()
}

fn number(packet: &Value, member: &str) -> u32 {
    packet[member].as_u64().unwrap() as u32
}

fn is_ah(packet: &Value) -> bool {
    packet["proto"] == "ah"
}

fn sa(packet: &Value) -> NewSa {
    NewSa {
        spi: number(packet, "spi"),
        key: KeyMaterial::new(&bytes(packet, "key")).unwrap(),
        salt: u32::from_be_bytes(bytes(packet, "salt").try_into().unwrap()),
        gmac: packet["alg"] != "aes-gcm",
        icv_len: 16,
        seq_high: (packet["esn"] == true).then(|| number(packet, "esn_hi")),
    }
}

fn bundle(packet: &Value, inbound: bool, udp: u8) -> NewBundle {
    let dst: IpAddr = packet["dst"].as_str().unwrap().parse().unwrap();
    let one = Some(sa(packet));
    let (esp, ah) = if is_ah(packet) {
        (None, one)
    } else {
        (one, None)
    };
    NewBundle {
        inbound,
        v6: dst.is_ipv6(),
        dst: match dst {
            IpAddr::V4(dst) => u32::from(dst).into(),
            IpAddr::V6(dst) => dst.into(),
        },
        udp,
        esp,
        ah,
    }
}

/// UdpEspEncapsulation of a packet that is alone.
fn udp(packet: &Value) -> u8 {
    match (packet["udp"].is_null(), packet["mode"] == "tunnel") {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

/// Where the header with the SPI and the sequence number is in the protected packet.
fn header_at(packet: &Value) -> usize {
    let mut pattern = number(packet, "spi").to_be_bytes().to_vec();
    pattern.extend(number(packet, "seq").to_be_bytes());
    let prot = bytes(packet, "prot");
    let found = prot.windows(8).position(|window| window == pattern);
    found.unwrap() - if is_ah(packet) { 4 } else { 0 }
}

/// An ESP packet with its plain text instead of the cipher text, by the plain packet alone: {packet, offset of the
/// text, next header, pad length}. `plain` is what the payload holds.
fn opened(packet: &Value, plain: &[u8]) -> (Vec<u8>, usize, u8, u8) {
    let prot = bytes(packet, "prot");
    let esp = header_at(packet);
    let headers = esp - if packet["udp"].is_null() { 0 } else { 8 };
    let (payload, next_header) = if packet["mode"] == "tunnel" {
        (plain, if plain[0] >> 4 == 4 { 4 } else { 41 })
    } else if plain[0] >> 4 == 4 {
        (&plain[headers..], plain[9])
    } else {
        let (mut at, mut next) = (40, plain[6]);
        while at < headers {
            (next, at) = (plain[at], at + 8 * (usize::from(plain[at + 1]) + 1));
        }
        (&plain[headers..], next)
    };
    let pad_length = (4 - (payload.len() + 2) % 4) % 4;
    let mut open = prot[..esp + 16].to_vec();
    open.extend(payload);
    open.extend(1..=pad_length as u8);
    open.extend([pad_length as u8, next_header]);
    open.extend(&prot[prot.len() - 16..]);
    assert_eq!(open.len(), prot.len());
    (open, esp + 16, next_header, pad_length as u8)
}

/// An Ethernet frame, with a tag if `tagged`.
fn frame(packet: &[u8], tagged: bool) -> Vec<u8> {
    let mut frame = vec![2; 12];
    if tagged {
        frame.extend([0x81, 0, 0x60, 5]);
    }
    frame.extend(if packet[0] >> 4 == 4 {
        [0x08, 0x00]
    } else {
        [0x86, 0xDD]
    });
    frame.extend(packet);
    frame
}

/// A frame of which the ICV is zero, and what a driver writes into the slot-12 word.
fn to_send(mut packet: Vec<u8>, is_ah: bool, header: usize) -> (Vec<u8>, u32) {
    let icv = if is_ah {
        header + 20
    } else {
        packet.len() - 16
    };
    packet[icv..icv + 16].fill(0);
    (packet, (header as u32 / 4) << if is_ah { 16 } else { 24 })
}

#[test]
fn one_level() {
    let Some(scapy) = Scapy::find("one_level") else {
        return;
    };
    let packets = scapy.packets(
        "g",
        &[
            "-n",
            "3000",
            "-s",
            "5",
            "--algs",
            "aes-gcm,aes-gmac,ah-aes-gmac",
        ],
    );
    assert!(packets.len() >= 3000);
    let (mut good, mut bad, mut with_udp, mut with_options) = (0, 0, 0, 0);
    for (index, packet) in packets.iter().enumerate() {
        let name = format!("packet {}", packet["id"]);
        let tagged = index % 3 == 0;
        let prot = bytes(packet, "prot");
        let cipher = frame(&prot, tagged);
        let before = cipher.len() - prot.len();
        let mut engine = Engine::new(1);
        engine.add(bundle(packet, true, udp(packet)));
        let mut received = cipher.clone();
        let words = engine.receive(&mut received);
        assert!(
            words.crypto_done() && !words.next_crypto_done(),
            "{name}: not found"
        );
        if packet["expect"] != "ok" {
            // A bundle with UDP says its mode, others start in transport mode.
            let status = match (is_ah(packet), udp(packet)) {
                (true, _) => 2,
                (false, 2) => 5,
                (false, _) => 3,
            };
            assert_eq!((words.crypto_status(), words.slot12), (status, 0), "{name}");
            assert_eq!(received, cipher, "{name}");
            bad += 1;
            continue;
        }
        assert_eq!(words.crypto_status(), 0, "{name}");
        let header = header_at(packet);
        let open = if is_ah(packet) {
            assert_eq!(words.slot12, 0, "{name}");
            prot.clone()
        } else {
            let (open, _, next_header, pad_length) = opened(packet, &bytes(packet, "plain"));
            assert!(words.header_info_set(), "{name}");
            assert_eq!(
                (words.next_header(), words.pad_length()),
                (next_header, pad_length),
                "{name}"
            );
            open
        };
        assert_eq!(received, frame(&open, tagged), "{name}");

        let (open, hint) = to_send(open, is_ah(packet), header);
        let handle = engine.add(bundle(packet, false, udp(packet)));
        for (hint, expected) in [
            (0, TxResult::Success),
            (hint | 0xBEEF, TxResult::Success),
            (hint ^ 1 << 24, TxResult::Failure),
            (hint ^ 1 << 16, TxResult::Failure),
        ] {
            let mut sent = frame(&open, tagged);
            assert_eq!(
                engine.transmit(&mut sent, handle, 0, hint),
                expected,
                "{name}"
            );
            if expected == TxResult::Success {
                assert_eq!(sent[before..], prot, "{name}");
            }
        }
        with_udp += usize::from(!packet["udp"].is_null());
        with_options += usize::from(packet["mode"] == "transport" && packet["feat"][0].is_string());
        good += 1;
    }
    println!(
        "{good} good ({with_udp} with UDP, {with_options} with options), {bad} tampered packets"
    );
    assert!(good > 2500 && bad > 200 && with_udp > 300 && with_options > 100);
}

#[test]
fn two_levels() {
    let Some(scapy) = Scapy::find("two_levels") else {
        return;
    };
    let algorithms = ["--tamper", "0", "--algs", "aes-gcm,aes-gmac,ah-aes-gmac"];
    let inner = scapy.packets("i", &[&["-n", "300", "-s", "8"], &algorithms[..]].concat());
    let pcap = scapy.at("i.pcap");
    // In another order: every algorithm in every one.
    let algorithms = [
        "--tamper",
        "0",
        "--algs",
        "aes-gcm,ah-aes-gmac,aes-gmac,aes-gcm",
    ];
    let plain = ["-n", "300", "-s", "9", "--plain", &pcap];
    let outer = scapy.packets("o", &[&plain[..], &algorithms[..]].concat());
    assert_eq!((inner.len(), outer.len()), (300, 300));
    let mut udp_levels = [0; 4];
    for (index, (inner, outer)) in inner.iter().zip(&outer).enumerate() {
        let name = format!("packet {index}");
        let levels = [!outer["udp"].is_null(), !inner["udp"].is_null()];
        udp_levels[usize::from(levels[0]) + 2 * usize::from(levels[1])] += 1;
        // The values of UdpEspEncapsulation that fit a level, in turn.
        let udp = |has: bool, level_1: bool| match (has, level_1) {
            (false, _) => 0,
            (true, false) => [2, 4][index % 2],
            (true, true) => [1, 2, 8][index % 3],
        };
        let bundles = |inbound| {
            [
                bundle(inner, inbound, udp(levels[1], true)),
                bundle(outer, inbound, udp(levels[0], false)),
            ]
        };
        let tagged = index % 3 == 0;
        let cipher = frame(&bytes(outer, "prot"), tagged);

        // The inner packet in the clear, then the outer one around it.
        let inner_open = if is_ah(inner) {
            bytes(inner, "prot")
        } else {
            opened(inner, &bytes(inner, "plain")).0
        };
        let inner_len = bytes(inner, "prot").len();
        let put = |inside: &[u8]| {
            if is_ah(outer) {
                let prot = bytes(outer, "prot");
                let at = prot.len() - inner_len;
                ([&prot[..at], inside].concat(), at)
            } else {
                // TFC padding is behind the inner packet.
                let mut plain = bytes(outer, "plain");
                plain[..inner_len].copy_from_slice(inside);
                let (open, at, ..) = opened(outer, &plain);
                (open, at)
            }
        };
        let (open, inner_at) = put(&inner_open);

        let mut engine = Engine::new(2);
        for bundle in bundles(true) {
            engine.add(bundle);
        }
        let mut received = cipher.clone();
        let words = engine.receive(&mut received);
        assert_eq!(words.slot1, 6, "{name}");
        assert_eq!(
            words.header_info_set(),
            !is_ah(inner) || !is_ah(outer),
            "{name}"
        );
        assert_eq!(received, frame(&open, tagged), "{name}");

        // One stage does the outer portion alone.
        let mut engine = Engine::new(1);
        for bundle in bundles(true) {
            engine.add(bundle);
        }
        let mut received = cipher.clone();
        let words = engine.receive(&mut received);
        assert_eq!(words.slot1, 2, "{name}");
        assert_eq!(
            received,
            frame(&put(&bytes(inner, "prot")).0, tagged),
            "{name}"
        );
        let handles = bundles(false).map(|bundle| engine.add(bundle));
        let mut sent = frame(&open, tagged);
        assert_eq!(
            engine.transmit(&mut sent, handles[0], handles[1], 0),
            TxResult::Failure,
            "{name}: two portions, one stage"
        );

        let mut engine = Engine::new(2);
        let handles = bundles(false).map(|bundle| engine.add(bundle));
        let (inner_clear, _) = to_send(inner_open, is_ah(inner), header_at(inner));
        let (clear, _) = to_send(put(&inner_clear).0, is_ah(outer), header_at(outer));
        let offset = inner_at + header_at(inner);
        let hint = (offset as u32 / 4) << if is_ah(inner) { 16 } else { 24 };
        for hint in [0, hint] {
            let mut sent = frame(&clear, tagged);
            assert_eq!(
                engine.transmit(&mut sent, handles[0], handles[1], hint),
                TxResult::Success,
                "{name}"
            );
            assert_eq!(sent, cipher, "{name}");
        }
    }
    println!("without UDP, outer, inner, both: {udp_levels:?}");
    assert!(udp_levels[..3].iter().all(|count| *count > 10));
}

#[test]
fn ah_in_front_of_esp() {
    let Some(scapy) = Scapy::find("ah_in_front_of_esp") else {
        return;
    };
    let arguments = [
        "-n",
        "300",
        "-s",
        "10",
        "--tamper",
        "0.1",
        "--algs",
        "aes-gcm,aes-gmac",
    ];
    scapy.packets("e", &arguments);
    let text = scapy.run(&[
        "-c",
        AH_OVER_ESP,
        &scapy.oracles.display().to_string(),
        &scapy.at("e.jsonl"),
    ]);
    let (mut good, mut bad) = (0, 0);
    for line in text.lines() {
        let packet: Value = serde_json::from_str(line).unwrap();
        let (esp, ah) = (&packet["esp"], &packet["ah"]);
        let name = format!("packet {}", esp["id"]);
        let pair = |inbound| NewBundle {
            ah: Some(sa(ah)),
            ..bundle(esp, inbound, 0)
        };
        let prot = bytes(ah, "prot");
        let cipher = frame(&prot, false);
        let esp_len = bytes(esp, "prot").len();
        let ah_len = prot.len() - esp_len;
        assert_eq!(ah_len, if prot[0] >> 4 == 4 { 36 } else { 40 });
        let ah_at = header_at(esp);

        let mut engine = Engine::new(2);
        let handle = engine.add(pair(true));
        let mut received = cipher.clone();
        let words = engine.receive(&mut received);
        if esp["expect"] != "ok" {
            assert_eq!(words.slot1, 2 | 3 << 16, "{name}");
            assert_eq!(received, cipher, "{name}");
            bad += 1;
            continue;
        }
        assert_eq!(words.slot1, 2, "{name}");
        let (open, _, next_header, pad_length) = opened(esp, &bytes(esp, "plain"));
        assert_eq!(
            (words.next_header(), words.pad_length()),
            (next_header, pad_length),
            "{name}"
        );
        let both = [&prot[..ah_at + ah_len], &open[ah_at..]].concat();
        assert_eq!(received, frame(&both, false), "{name}");

        // A byte of the ESP header and of AH: AH says so, and ESP is not looked at.
        for at in [14 + ah_at + ah_len + 12, 14 + ah_at + 20] {
            let mut flipped = cipher.clone();
            flipped[at] ^= 4;
            let mut received = flipped.clone();
            let words = engine.receive(&mut received);
            let status = if esp["mode"] == "tunnel" { 4 } else { 2 };
            assert_eq!(
                (words.slot1, words.slot12),
                (2 | status << 16, 0),
                "{name}: {handle}"
            );
            assert_eq!(received, flipped, "{name}");
        }
        // One stage cannot do it.
        let mut engine = Engine::new(1);
        engine.add(pair(true));
        let mut received = cipher.clone();
        assert_eq!(engine.receive(&mut received).slot1, 0, "{name}");
        assert_eq!(received, cipher, "{name}");

        let mut engine = Engine::new(2);
        let handle = engine.add(pair(false));
        let mut clear = both.clone();
        clear[ah_at + 20..ah_at + 36].fill(0);
        let icv = clear.len() - 16;
        clear[icv..].fill(0);
        let hint = ((ah_at + ah_len) as u32 / 4) << 24 | (ah_at as u32 / 4) << 16;
        for hint in [0, hint] {
            let mut sent = frame(&clear, false);
            assert_eq!(
                engine.transmit(&mut sent, handle, 0, hint),
                TxResult::Success,
                "{name}"
            );
            assert_eq!(sent, cipher, "{name}");
        }
        good += 1;
    }
    println!("{good} good, {bad} tampered packets");
    assert!(good > 100 && bad > 5);
}
