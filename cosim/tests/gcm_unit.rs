// SPDX-License-Identifier: Apache-2.0
//! The GCM core of the RTL behind its function call, against published values and the model. (The
//! thousands of known answers are in the testbench.)
#![cfg(feature = "rtl")]
#![allow(clippy::unwrap_used, clippy::panic)]

use ipsec_cosim_device::{GCM_AAD_OFFSETS, GCM_TEXT_LANES, GcmUnit};
use ipsec_model::gcm::Gcm;
use ipsec_model::table_types::KeyMaterial;

/// Test cases 1 and 2 of the GCM specification (McGrew and Viega, 2005).
#[test]
fn published_values() {
    let mut unit = GcmUnit::new(1).unwrap();
    let tag = |hex: u128| hex.to_be_bytes();
    let none = unit.encrypt(&[0; 16], &[0; 12], &[], &[]).unwrap();
    assert_eq!(
        none,
        (vec![], tag(0x58e2_fcce_fa7e_3061_367f_1d57_a4e7_455a))
    );
    let one = unit.encrypt(&[0; 16], &[0; 12], &[], &[0; 16]).unwrap();
    assert_eq!(
        one.0,
        0x0388_dace_60b6_a392_f328_c2b9_71b2_fe78u128.to_be_bytes()
    );
    assert_eq!(one.1, tag(0xab6e_47d4_2cec_13bd_f53a_67b2_1257_bddf));
}

/// Every length of AAD and text up to two blocks and a bit, in every key size, beats with and without
/// gaps: encrypted as the model does, decrypted back.
#[test]
fn agrees_with_the_model_at_every_length() {
    let mut unit = GcmUnit::new(2).unwrap();
    let bytes = |n: usize, salt: usize| -> Vec<u8> {
        (0..n).map(|k| (k * 73 + salt * 151 + 11) as u8).collect()
    };
    let mut messages = 0;
    for aad_length in 0..=35 {
        for text_length in 0..=35 {
            messages += 1;
            let key = bytes(16 + 8 * (messages % 3), messages);
            let iv: [u8; 12] = bytes(12, messages).try_into().unwrap();
            let (aad, text) = (
                bytes(aad_length, messages),
                bytes(text_length, 2 * messages),
            );
            let mut expected = text.clone();
            let gcm = Gcm::new(&KeyMaterial::new(&key).unwrap());
            let tag = gcm.seal(&iv, &aad, &mut expected);
            unit.set_gaps(if messages % 2 == 0 { 0 } else { 40 });
            let sealed = unit.encrypt(&key, &iv, &aad, &text).unwrap();
            assert_eq!(
                sealed,
                (expected, tag),
                "AAD {aad_length}, text {text_length}"
            );
            let opened = unit.decrypt(&key, &iv, &aad, &sealed.0).unwrap();
            assert_eq!(opened, (text, tag), "AAD {aad_length}, text {text_length}");
        }
    }
}

/// The four places of the AAD's first byte in its beat with the four of the text's, and every length of the last block.
#[test]
fn all_sixteen_alignments() {
    let mut unit = GcmUnit::new(4).unwrap();
    let bytes = |n: usize, salt: usize| -> Vec<u8> {
        (0..n).map(|k| (k * 89 + salt * 37 + 5) as u8).collect()
    };
    let mut messages = 0;
    let lanes: std::collections::BTreeSet<_> = GCM_AAD_OFFSETS.iter().map(|at| at % 16).collect();
    assert_eq!(lanes.into_iter().collect::<Vec<_>>(), GCM_TEXT_LANES);
    for aad_offset in GCM_AAD_OFFSETS {
        for lane in GCM_TEXT_LANES {
            unit.set_offsets(Some((aad_offset, lane))).unwrap();
            for aad_length in [0, 8, 12, 20, 33] {
                for text_length in 0..=33 {
                    messages += 1;
                    let key = bytes(16 + 8 * (messages % 3), messages);
                    let iv: [u8; 12] = bytes(12, messages).try_into().unwrap();
                    let (aad, text) = (bytes(aad_length, messages), bytes(text_length, messages));
                    let mut expected = text.clone();
                    let gcm = Gcm::new(&KeyMaterial::new(&key).unwrap());
                    let tag = gcm.seal(&iv, &aad, &mut expected);
                    let what = format!(
                        "AAD {aad_length} at {aad_offset}, text {text_length} at lane {lane}"
                    );
                    let sealed = unit.encrypt(&key, &iv, &aad, &text).unwrap();
                    assert_eq!(sealed, (expected, tag), "{what}");
                    let opened = unit.decrypt(&key, &iv, &aad, &sealed.0).unwrap();
                    assert_eq!(opened, (text, tag), "{what}");
                }
            }
        }
    }
    let error = unit.set_offsets(Some((14, 3))).unwrap_err().to_string();
    assert!(error.starts_with("AAD at 14, text at byte 3"), "{error}");
}

#[test]
fn long_messages() {
    let mut unit = GcmUnit::new(3).unwrap();
    for (aad_length, text_length) in [(0, 9000), (5000, 5000), (12_000, 4000), (16_000, 16)] {
        let (key, iv) = ([7; 32], [9; 12]);
        let aad = vec![0x5a; aad_length];
        let mut text = vec![0xc3; text_length];
        let sealed = unit.encrypt(&key, &iv, &aad, &text).unwrap();
        let tag = Gcm::new(&KeyMaterial::new(&key).unwrap()).seal(&iv, &aad, &mut text);
        assert!(
            sealed == (text, tag),
            "AAD {aad_length}, text {text_length}"
        );
    }
    let error = unit
        .encrypt(&[7; 16], &[9; 12], &[0; 16_000], &[0; 400])
        .unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
    let error = unit.encrypt(&[7; 17], &[9; 12], &[], &[]).unwrap_err();
    assert!(
        error.to_string().starts_with("a key of 17 bytes"),
        "{error}"
    );
}
