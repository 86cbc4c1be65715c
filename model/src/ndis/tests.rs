// SPDX-License-Identifier: Apache-2.0
//! The command structures and the capability image.

use super::*;

fn example() -> AddSa {
    let key: Vec<u8> = (0..20).collect();
    AddSa::esp_gcm(
        true,
        [192, 0, 2, 1].into(),
        [192, 0, 2, 2].into(),
        4096,
        &key,
    )
}

#[test]
fn spi_bytes_are_in_wire_order() {
    let b = example().to_bytes(SpiOrder::Wire);
    assert_eq!(b[0x4C..0x50], [0x00, 0x00, 0x10, 0x00]);
    let b = example().to_bytes(SpiOrder::Host);
    assert_eq!(b[0x4C..0x50], [0x00, 0x10, 0x00, 0x00]);
    assert_eq!(b[0x1C..0x20], [192, 0, 2, 2]);
}

#[test]
fn every_layout_and_order_comes_back() {
    for layout in [AddLayout::Plain, AddLayout::Ex] {
        for order in [SpiOrder::Wire, SpiOrder::Host] {
            let mut add = example().with_layout(layout);
            if layout == AddLayout::Plain {
                add.key_offset = 0;
            }
            let back = AddSa::parse(&add.to_bytes(order), layout, order).unwrap();
            assert_eq!(back, add);
            assert_eq!(back.destination(), 0xC000_0202);
        }
    }
}

#[test]
fn short_buffers_are_refused_and_any_others_taken() {
    for layout in [AddLayout::Plain, AddLayout::Ex] {
        let needed = usize::from(layout.fixed_size());
        for given in 0..600 {
            let parsed = AddSa::parse(&vec![0xFF; given], layout, SpiOrder::Wire);
            assert_eq!(parsed.is_ok(), given >= needed);
        }
    }
    assert_eq!(
        DeleteSa::parse(&[0; 23]),
        Err(TooShort {
            needed: 24,
            given: 23
        })
    );
    assert_eq!(
        DeleteSa::parse(&DeleteSa::new(7).to_bytes()),
        Ok(DeleteSa::new(7))
    );
}

#[test]
fn the_capability_image_comes_back() {
    for bit in 0..11 {
        let mut image = [0; 32];
        image[4 + bit] = 1;
        image[0x1C] = 0x10;
        let v = IpsecOffloadV2::from_bytes(&image);
        assert_eq!(v.to_bytes(), image);
        assert_eq!(v.sa_offload_capacity, 16);
        assert_eq!(v.to_words()[7], 16);
    }
}

#[test]
fn statuses_have_names() {
    assert_eq!(status_name(0xC001_0014), "NDIS_STATUS_INVALID_LENGTH");
    assert_eq!(status_name(0x1234), "unknown NDIS_STATUS");
}
