// SPDX-License-Identifier: Apache-2.0
//! AES-GCM: known answers that nobody here computed (testbench/kat; the larger collection beside the checkout where it is), and
//! the crate `aes-gcm` as an oracle for any key, text and header.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::{Aes128, Aes192, Aes256};
use bitvec::order::Lsb0;
use bitvec::view::BitView;
use ipsec_model::gcm::Gcm;
use ipsec_model::table_types::KeyMaterial;
use lzma_rust2::XzReader;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn bytes(vector: &Value, member: &str) -> Vec<u8> {
    hex::decode(vector[member].as_str().unwrap_or("")).unwrap()
}

/// {vectors, of them invalid}; every one is sealed and opened as it says.
fn check(file: &Path) -> (usize, usize) {
    let lines = BufReader::new(XzReader::new(File::open(file).unwrap(), true)).lines();
    let (mut count, mut invalid) = (0, 0);
    for line in lines {
        let vector: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let name = format!("{} {}", vector["src"], vector["id"]);
        let gcm = Gcm::new(&KeyMaterial::new(&bytes(&vector, "key")).unwrap());
        let iv: [u8; 12] = bytes(&vector, "iv").try_into().unwrap();
        let (aad, ct, tag) = (
            bytes(&vector, "aad"),
            bytes(&vector, "ct"),
            bytes(&vector, "tag"),
        );
        let mut text = ct.clone();
        let opened = gcm.open(&iv, &aad, &mut text, &tag);
        if vector["valid"] == true {
            assert_eq!(opened, Ok(()), "{name}");
            assert_eq!(text, bytes(&vector, "pt"), "{name}");
            let full = gcm.seal(&iv, &aad, &mut text);
            assert_eq!(text, ct, "{name}");
            assert_eq!(full[..tag.len()], tag, "{name}");
        } else {
            assert!(opened.is_err(), "{name}");
            assert_eq!(text, ct, "{name}: a rejected text is unchanged");
            invalid += 1;
        }
        count += 1;
    }
    println!(
        "{}: {count} vectors, {invalid} of them rejected as they must be",
        file.display()
    );
    (count, invalid)
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn known_answers() {
    assert_eq!(
        check(&here("../testbench/kat/nist_gcm96.jsonl.xz")),
        (6750, 1694)
    );
    assert_eq!(
        check(&here("../testbench/kat/wycheproof_gcm96.jsonl.xz")),
        (404, 243)
    );
    let shared = std::env::var_os("IPSEC_SHARED").map_or(here("../../shared"), PathBuf::from);
    let collection = shared.join("oracles/kat/gcm96.jsonl.xz");
    if collection.is_file() {
        assert_eq!(check(&collection).0, 7618);
    } else {
        eprintln!(
            "SKIPPED: the larger collection of GCM vectors: no {}",
            collection.display()
        );
    }
}

macro_rules! oracle {
    ($aes:ty, $key:expr, $nonce:expr, $aad:expr, $text:expr) => {{
        let mut text = $text.clone();
        let gcm = AesGcm::<$aes, U12>::new_from_slice($key).unwrap();
        let tag = gcm.encrypt_inout_detached($nonce.into(), $aad, text.as_mut_slice().into());
        (text, tag.unwrap())
    }};
}

proptest! {
    #[test]
    fn agrees_with_the_oracle(
        key in prop_oneof![vec(any::<u8>(), 16), vec(any::<u8>(), 24), vec(any::<u8>(), 32)],
        nonce in any::<[u8; 12]>(),
        aad in vec(any::<u8>(), 0..70),
        text in vec(any::<u8>(), 0..600),
        flip in any::<prop::sample::Index>(),
    ) {
        let gcm = Gcm::new(&KeyMaterial::new(&key).unwrap());
        let mut ours = text.clone();
        let tag = gcm.seal(&nonce, &aad, &mut ours);
        let (theirs, their_tag) = match key.len() {
            16 => oracle!(Aes128, &key, &nonce, &aad, text),
            24 => oracle!(Aes192, &key, &nonce, &aad, text),
            _ => oracle!(Aes256, &key, &nonce, &aad, text),
        };
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(tag.as_slice(), their_tag.as_slice());

        // Any one flipped bit of text, header or tag is noticed, and changes nothing.
        let (mut bad, mut bad_aad, mut bad_tag) = (ours.clone(), aad.clone(), tag);
        let areas = [bad.view_bits_mut::<Lsb0>(), bad_aad.view_bits_mut(), bad_tag.view_bits_mut()];
        let mut bit = flip.index(areas.iter().map(|area| area.len()).sum());
        for area in areas {
            if let Some(mut bit) = area.get_mut(bit) {
                *bit = !*bit;
                break;
            }
            bit -= area.len();
        }
        let received = bad.clone();
        prop_assert!(gcm.open(&nonce, &bad_aad, &mut bad, &bad_tag).is_err());
        prop_assert_eq!(bad, received);

        for length in [8, 12, 16] {
            let mut back = ours.clone();
            prop_assert!(gcm.open(&nonce, &aad, &mut back, &tag[..length]).is_ok());
            prop_assert_eq!(&back, &text);
        }
        prop_assert!(gcm.open(&nonce, &aad, &mut ours, &[]).is_err());
    }
}
