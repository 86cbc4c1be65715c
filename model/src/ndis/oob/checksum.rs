// SPDX-License-Identifier: Apache-2.0
//! Slot 0: checksums, a neighbour.

use super::word::word;

word! {
    /// The checksums that the device is to fill in.
    ChecksumTransmit = "NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO.Transmit";
    "IsIPv4" is_ipv4: bool = 0, 1;
    "IsIPv6" is_ipv6: bool = 1, 1;
    "TcpChecksum" tcp_checksum: bool = 2, 1;
    "UdpChecksum" udp_checksum: bool = 3, 1;
    "IpHeaderChecksum" ip_header_checksum: bool = 4, 1;
    "TcpHeaderOffset" tcp_header_offset: u16 = 16, 10;
    reserved 5, 11;
    reserved 26, 38;
}

word! {
    /// The checksums that the device has looked at.
    ChecksumReceive = "NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO.Receive";
    "TcpChecksumFailed" tcp_checksum_failed: bool = 0, 1;
    "UdpChecksumFailed" udp_checksum_failed: bool = 1, 1;
    "IpChecksumFailed" ip_checksum_failed: bool = 2, 1;
    "TcpChecksumSucceeded" tcp_checksum_succeeded: bool = 3, 1;
    "UdpChecksumSucceeded" udp_checksum_succeeded: bool = 4, 1;
    "IpChecksumSucceeded" ip_checksum_succeeded: bool = 5, 1;
    "Loopback" loopback: bool = 6, 1;
    "TcpChecksumValueInvalid" tcp_checksum_value_invalid: bool = 7, 1;
    "IpChecksumValueInvalid" ip_checksum_value_invalid: bool = 8, 1;
    reserved 9, 55;
}
