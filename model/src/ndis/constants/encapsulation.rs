// SPDX-License-Identifier: Apache-2.0
//! MAC encapsulations.

use super::constants;

constants! {
    /// `Encapsulation` and `EncapsulationType`.
    ENCAPSULATIONS: u32;
    NDIS_ENCAPSULATION_NOT_SUPPORTED = 0x0000_0000;
    NDIS_ENCAPSULATION_NULL = 0x0000_0001;
    NDIS_ENCAPSULATION_IEEE_802_3 = 0x0000_0002, "mandatory for any offload";
    NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q = 0x0000_0004, "VLAN tag in the frame";
    NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB = 0x0000_0008, "VLAN tag out of band";
    NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED = 0x0000_0010;
}
