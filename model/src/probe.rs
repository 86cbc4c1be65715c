// SPDX-License-Identifier: Apache-2.0
//! Names the beats at a stage boundary (docs/theory_of_operation.md, Probes): lockstep finds by them where
//! inside the device two descriptions first differ.

/// Direction of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Path {
    /// Transmit.
    Tx,
    /// Receive.
    Rx,
}

/// One beat that crossed a stage boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeEvent {
    /// Clock, counted from power-on.
    pub clock: u64,
    /// Direction.
    pub path: Path,
    /// 0 = input of the first front, s + 1 = output of stage s.
    pub boundary: u8,
    /// Frames of every kind at this boundary, from 0.
    pub frame: u64,
    /// Beat of the frame, from 0.
    pub beat: u32,
    /// [`digest`] of the beat.
    pub digest: u64,
}

/// FNV-1a (64 bits) over the valid bytes in wire order, then one byte {eof, sof, 0, bytes}.
#[must_use]
pub fn digest(data: &[u8; 16], bytes: u8, sof: bool, eof: bool) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let flags = u8::from(eof) << 7 | u8::from(sof) << 6 | (bytes & 0x1F);
    let valid = data.iter().take(bytes.into()).copied();
    valid.chain([flags]).fold(OFFSET_BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn known_values() {
        let mut data = [0; 16];
        data[0] = b'a';
        assert_eq!(digest(&data, 1, true, true), 0x089b_a307_b544_86d7);
        data = std::array::from_fn(|i| i as u8);
        assert_eq!(digest(&data, 16, false, false), 0x1ada_3547_1726_c09f);
        assert_ne!(
            digest(&[0; 16], 1, false, false),
            digest(&[0; 16], 2, false, false)
        );
        assert_ne!(
            digest(&[0; 16], 16, true, false),
            digest(&[0; 16], 16, false, false)
        );
    }
}
