// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_SECURITY_ASSOCIATION`.

use super::layout::structure;
use super::wire::Wire;
use super::{AlgorithmInfo, SpiOrder};

structure! {
    /// One of the up to two associations of a bundle. `spi` is the number that the RFC prints.
    pub SecurityAssociation = "IPSEC_OFFLOAD_V2_SECURITY_ASSOCIATION", 0x30;
    "Flags" FLAGS flags: u32 = 0x00, 4;
    "Operation" OPERATION operation: u32 = 0x04, 4;
    "Spi" SPI spi: u32 = 0x08, 4;
    "AuthenticationAlgorithm" AUTHENTICATION_ALGORITHM authentication: AlgorithmInfo = 0x0C, 16;
    "EncryptionAlgorithm" ENCRYPTION_ALGORITHM encryption: AlgorithmInfo = 0x1C, 16;
    "SequenceNumberHighOrder" SEQUENCE_NUMBER_HIGH_ORDER sequence_number_high_order: u32 = 0x2C, 4;
}

impl SecurityAssociation {
    pub(super) fn get(b: &[u8], order: SpiOrder) -> Self {
        let sa = Self::read(b);
        Self {
            spi: order.swap(sa.spi),
            ..sa
        }
    }

    pub(super) fn put(&self, b: &mut [u8], order: SpiOrder) {
        let sa = Self {
            spi: order.swap(self.spi),
            ..*self
        };
        sa.write(b);
    }
}
