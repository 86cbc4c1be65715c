// SPDX-License-Identifier: Apache-2.0
//! Clocks per second of the model under full load: both directions, back-to-back frames of mixed sizes, every key
//! different, sinks always ready.
//!
//! `cargo run --release -p ipsec-model --example model_speed [CLOCKS]`
#![allow(clippy::expect_used)] // an example ends where it fails

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Host, Offer, beats, esp_frame};
use ipsec_model::packet::{Association, Engine, TxResult};
use ipsec_model::table_types::KeyMaterial;

const SIZES: [usize; 5] = [70, 94, 330, 1510, 9018];
const SAS: u32 = 64;
const FRAMES: usize = 1000;
const RUNS: usize = 5;

fn key_and_salt(spi: u32) -> Vec<u8> {
    let bytes = [20, 28, 36][spi as usize % 3];
    (0..bytes).map(|i| (spi as usize * 11 + i) as u8).collect()
}

/// Frames one behind the other, without an end.
fn stream(handles: &[u32], engine: Option<&mut Engine>) -> Vec<Offer> {
    let mut engine = engine;
    let mut offers = Vec::new();
    for index in 0..FRAMES {
        let sa = index % handles.len();
        let mut frame = esp_frame(false, 4096 + sa as u32, SIZES[index % SIZES.len()], 59);
        if let Some(engine) = &mut engine {
            let result = engine.transmit(&mut frame, sa as u32 + 1, 0, 0);
            assert_eq!(result, TxResult::Success);
        }
        offers.extend(beats(&frame, [handles[sa], 0, 0]));
    }
    offers
}

fn main() {
    let clocks: usize = std::env::args()
        .nth(1)
        .map_or(4_000_000, |arg| arg.parse().expect("a number"));
    let mut host = Host::new(1024, 2);
    let mut peer = Engine::new(1);
    let mut handles = Vec::new();
    for spi in 4096..4096 + SAS {
        let key = key_and_salt(spi);
        handles.push(host.add(false, false, spi, &key));
        host.add(true, false, spi, &key);
        let (key, salt) = key.split_at(key.len() - 4);
        peer.add(Association {
            inbound: false,
            v6: false,
            dst: u32::from(common::DST4).into(),
            spi,
            key: KeyMaterial::new(key).expect("a key"),
            salt: u32::from_be_bytes(salt.try_into().expect("four bytes")),
            seq_high: None,
        });
    }
    let tx = stream(&handles, None);
    let rx = stream(&handles, Some(&mut peer));
    let Host {
        mut nic,
        mut inputs,
        ..
    } = host;
    inputs.tx_valid = true;
    inputs.rx_valid = true;
    let (mut tx_at, mut rx_at, mut held_back, mut out) = (0, 0, 0_u64, [0_u64; 2]);
    let mut ready = (true, true);
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..clocks {
            (inputs.tx, inputs.tx_user) = (tx[tx_at].beat, tx[tx_at].user);
            inputs.rx = rx[rx_at].beat;
            let outputs = nic.step(&inputs);
            held_back += u64::from(!ready.0) + u64::from(!ready.1);
            tx_at += usize::from(ready.0);
            rx_at += usize::from(ready.1);
            tx_at = if tx_at == tx.len() { 0 } else { tx_at };
            rx_at = if rx_at == rx.len() { 0 } else { rx_at };
            ready = (outputs.tx_ready, outputs.rx_ready);
            out[0] += u64::from(outputs.tx_out_valid);
            out[1] += u64::from(outputs.rx_out_valid);
        }
        rates.push(clocks as f64 / start.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let all = (RUNS * clocks) as f64;
    println!(
        "clocks per second  {:.0} (median of {RUNS}; best {:.0})",
        rates[RUNS / 2],
        rates[RUNS - 1]
    );
    println!("ns per clock       {:.1}", 1e9 / rates[RUNS / 2]);
    println!("held back          {held_back} clocks");
    println!(
        "busy               tx {:.3}, rx {:.3}",
        out[0] as f64 / all,
        out[1] as f64 / all
    );
}
