// SPDX-License-Identifier: Apache-2.0
//! `NDIS_OBJECT_HEADER`.

use super::layout::structure;

structure! {
    /// What begins nearly every structure.
    pub ObjectHeader = "NDIS_OBJECT_HEADER", 0x04;
    "Type" TYPE object_type: u8 = 0x00, 1;
    "Revision" REVISION revision: u8 = 0x01, 1;
    "Size" SIZE size: u16 = 0x02, 2;
}
