// SPDX-License-Identifier: Apache-2.0
//! GUIDs of the user-mode access. The SA commands have none.

use crate::ndis::Guid;

macro_rules! guids {
    ($($name:ident = $a:literal $b:literal $c:literal $d:expr, $why:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`: ", $why)]
            pub const $name: Guid = Guid { data1: $a, data2: $b, data3: $c, data4: $d };
        )*

        /// All of them by name.
        pub const GUIDS: &[(&str, Guid)] = &[$((stringify!($name), $name),)*];
    };
}

guids! {
    GUID_NDIS_TCP_OFFLOAD_CURRENT_CONFIG =
        0x6854_2fed 0x5c74 0x461e [0x89, 0x34, 0x91, 0xc6, 0xf9, 0xc6, 0x09, 0x60],
        "`NDIS_OFFLOAD`";
    GUID_NDIS_TCP_OFFLOAD_HARDWARE_CAPABILITIES =
        0xcd5f_1102 0x590f 0x4ada [0xab, 0x65, 0x5b, 0x31, 0xb1, 0xdc, 0x01, 0x72],
        "`NDIS_OFFLOAD`";
    GUID_NDIS_TCP_OFFLOAD_PARAMETERS =
        0x8ead_9a22 0x7f69 0x4bc6 [0x94, 0x9a, 0xc8, 0x18, 0x7b, 0x07, 0x4e, 0x61],
        "`NDIS_OFFLOAD_PARAMETERS`";
    GUID_NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG =
        0x4504_9fc6 0x54d8 0x40c8 [0x9c, 0x3d, 0xb0, 0x11, 0xc4, 0xe7, 0x15, 0xbc],
        "event";
    GUID_NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES =
        0xb6b8_158b 0x217c 0x4b2a [0xbe, 0x86, 0x6a, 0x04, 0xbe, 0xea, 0x65, 0xb8],
        "event";
}
