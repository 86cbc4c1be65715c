// SPDX-License-Identifier: Apache-2.0
//! Whole ESP and AH packets from other implementations (draft-mcgrew, DPDK, scapy) through the untimed API, both ways.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

use std::path::{Path, PathBuf};

use ipsec_model::packet::{Association, Engine, NewBundle, NewSa, TxResult};
use ipsec_model::table_types::KeyMaterial;
use serde_json::Value;

const DST: u32 = 0xC000_0202;

fn bytes(packet: &Value, member: &str) -> Vec<u8> {
    hex::decode(packet[member].as_str().unwrap()).unwrap()
}

fn frame(esp: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([0x08, 0x00, 0x45, 0]);
    frame.extend((20 + esp.len() as u16).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 50, 0, 0, 192, 0, 2, 1]);
    frame.extend(DST.to_be_bytes());
    frame.extend(esp);
    frame
}

/// {processed, with a reserved SPI}.
fn check(file: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(file).unwrap();
    let (mut processed, mut reserved) = (0, 0);
    for line in text.lines() {
        let packet: Value = serde_json::from_str(line).unwrap();
        let name = format!("{} {}", packet["src"], packet["id"]);
        let ah = packet["proto"] == "ah";
        let (cipher, plain) = if ah {
            // The packet as it is: AH encrypts nothing.
            let mut frame = vec![0; 12];
            frame.extend([0x08, 0x00]);
            frame.extend(bytes(&packet, "prot"));
            (frame.clone(), frame)
        } else {
            let esp = bytes(&packet, "esp");
            let payload = bytes(&packet, "esp_payload");
            let mut plain = frame(&esp);
            plain[50..50 + payload.len()].copy_from_slice(&payload);
            (frame(&esp), plain)
        };
        let spi = packet["spi"].as_u64().unwrap() as u32;
        let bundle = |inbound| {
            let one = Some(NewSa {
                spi,
                key: KeyMaterial::new(&bytes(&packet, "key")).unwrap(),
                salt: u32::from_be_bytes(bytes(&packet, "salt").try_into().unwrap()),
                gmac: packet["alg"] != "aes-gcm",
                icv_len: 16,
                seq_high: (packet["esn"] == true)
                    .then(|| packet["esn_hi"].as_u64().unwrap() as u32),
            });
            let (esp, ah) = if ah { (None, one) } else { (one, None) };
            NewBundle {
                inbound,
                esp,
                ah,
                ..NewBundle::default()
            }
        };
        let mut engine = Engine::new(1);
        engine.add(bundle(true));
        let handle = engine.add(bundle(false));
        let mut received = cipher.clone();
        let words = engine.receive(&mut received);
        if spi < 256 {
            // No portion on receive; nobody can add such an association, but the crypto of transmit can be compared.
            assert_eq!(received, cipher, "{name}");
            assert!(!words.crypto_done(), "{name}");
            reserved += 1;
        } else {
            assert_eq!(words.slot1, 2, "{name}");
            assert_eq!(received, plain, "{name}");
            let trailer = &plain[plain.len() - 18..plain.len() - 16];
            assert_eq!([words.pad_length(), words.next_header()], trailer, "{name}");
            processed += 1;
        }
        let mut sent = plain;
        let icv = if ah { 34 + 20 } else { sent.len() - 16 };
        sent[icv..icv + 16].fill(0);
        assert_eq!(
            engine.transmit(&mut sent, handle, 0, 0),
            TxResult::Success,
            "{name}"
        );
        assert_eq!(sent, cipher, "{name}");
    }
    println!(
        "{}: {processed} packets, {reserved} with a reserved SPI",
        file.display()
    );
    (processed, reserved)
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn packets_of_others() {
    let (processed, _) = check(&here("../testbench/kat/esp_packets.jsonl"));
    assert!(processed >= 14);
    let shared = std::env::var_os("IPSEC_SHARED").map_or(here("../../shared"), PathBuf::from);
    let collection = shared.join("oracles/kat/esp_packets.jsonl");
    if collection.is_file() {
        assert_eq!(check(&collection), (20, 4));
    } else {
        eprintln!(
            "SKIPPED: the larger collection of ESP packets: no {}",
            collection.display()
        );
    }
}

/// {frames under a key, others} of a capture of two hosts, received by an engine with the keys of both.
fn check_capture(pcap: &Path, keys: &Path) -> (usize, usize) {
    let keys: Value = serde_json::from_str(&std::fs::read_to_string(keys).unwrap()).unwrap();
    let mut engine = Engine::new(1);
    let mut peer = Engine::new(1);
    let mut handles = std::collections::HashMap::new();
    for key in keys.as_array().unwrap() {
        let text = |member: &str| key[member].as_str().unwrap();
        assert_eq!(
            (text("alg"), &key["esn"]),
            ("rfc4106(gcm(aes))", &true.into())
        );
        let spi = u32::from_str_radix(&text("spi")[2..], 16).unwrap();
        let dst: std::net::Ipv6Addr = text("dst").parse().unwrap();
        let key = bytes(key, "key");
        let (key, salt) = key.split_at(key.len() - 4);
        let sa = |inbound| Association {
            inbound,
            v6: true,
            dst: dst.into(),
            spi,
            key: KeyMaterial::new(key).unwrap(),
            salt: u32::from_be_bytes(salt.try_into().unwrap()),
            seq_high: Some(0),
        };
        engine.add(sa(true));
        handles.insert(spi, peer.add(sa(false)));
    }
    let data = std::fs::read(pcap).unwrap();
    let (mut protected, mut others) = (0, 0);
    let mut rest = &data[24..];
    while let Some((header, tail)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes(header[8..12].try_into().unwrap());
        let (frame, tail) = tail.split_at(length as usize);
        rest = tail;
        let mut received = frame.to_vec();
        let words = engine.receive(&mut received);
        let spi = frame[54..58].try_into().map(u32::from_be_bytes).unwrap();
        let Some(handle) = handles.get(&spi).filter(|_| frame[20] == 50) else {
            assert!(!words.crypto_done() && received == frame);
            others += 1;
            continue;
        };
        assert_eq!((words.crypto_done(), words.crypto_status()), (true, 0));
        // And back: what the kernel sent is what we send.
        let icv = received.len() - 16;
        received[icv..].fill(0);
        assert_eq!(
            peer.transmit(&mut received, *handle, 0, 0),
            TxResult::Success
        );
        assert_eq!(received, frame);
        protected += 1;
    }
    (protected, others)
}

#[test]
fn linux_agrees_about_extended_sequence_numbers() {
    let packaged = here("../testbench/kat/linux61_x6_gcm128_esn_100.pcap");
    let keys = packaged.with_extension("keys.json");
    assert_eq!(check_capture(&packaged, &keys), (97, 3));
    let shared = std::env::var_os("IPSEC_SHARED").map_or(here("../../shared"), PathBuf::from);
    let capture = shared.join("oracles/captures/linux61_x6_gcm128_esn.pcap");
    if capture.is_file() {
        let keys = capture.with_extension("keys.json");
        assert_eq!(check_capture(&capture, &keys), (997, 3));
    } else {
        eprintln!(
            "SKIPPED: traffic of Linux with extended sequence numbers: no {}",
            capture.display()
        );
    }
}
