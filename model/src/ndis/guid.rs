// SPDX-License-Identifier: Apache-2.0
//! `GUID`.

use std::fmt;

use super::layout::structure;

structure! {
    /// Printed as in `68542fed-5c74-461e-8934-91c6f9c60960`.
    pub Guid = "GUID", 0x10;
    "Data1" DATA1 data1: u32 = 0x00, 4;
    "Data2" DATA2 data2: u16 = 0x04, 2;
    "Data3" DATA3 data3: u16 = 0x06, 2;
    "Data4" DATA4 data4: [u8; 8] = 0x08, 8;
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            data1,
            data2,
            data3,
            data4,
        } = self;
        write!(f, "{data1:08x}-{data2:04x}-{data3:04x}-")?;
        for (k, byte) in data4.iter().enumerate() {
            write!(f, "{}{byte:02x}", if k == 2 { "-" } else { "" })?;
        }
        Ok(())
    }
}
