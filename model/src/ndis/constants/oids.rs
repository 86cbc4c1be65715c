// SPDX-License-Identifier: Apache-2.0
//! Object identifiers and kinds of requests.

use super::constants;

constants! {
    /// Object identifiers.
    OIDS: u32;
    OID_TCP_TASK_OFFLOAD = 0xFC01_0201, "legacy NDIS 5";
    OID_TCP_TASK_IPSEC_ADD_SA = 0xFC01_0202, "version 1";
    OID_TCP_TASK_IPSEC_DELETE_SA = 0xFC01_0203, "version 1";
    OID_TCP_TASK_IPSEC_ADD_UDPESP_SA = 0xFC01_0205, "version 1";
    OID_TCP_TASK_IPSEC_DELETE_UDPESP_SA = 0xFC01_0206, "version 1";
    OID_TCP_OFFLOAD_CURRENT_CONFIG = 0xFC01_020B, "query, answered by NDIS itself";
    OID_TCP_OFFLOAD_PARAMETERS = 0xFC01_020C, "set";
    OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES = 0xFC01_020D, "query, answered by NDIS itself";
    OID_OFFLOAD_ENCAPSULATION = 0x0101_010A, "set; a query is answered by NDIS";
    OID_TCP_CONNECTION_OFFLOAD_PARAMETERS = 0xFC03_0201, "a neighbour, not IPsec";
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA = 0xFC03_0202, "direct set";
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA = 0xFC03_0203, "direct set";
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA = 0xFC03_0204, "direct set";
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX = 0xFC03_0205, "direct set, NDIS 6.30 and later";
}

constants! {
    /// `NDIS_REQUEST_TYPE`
    REQUEST_TYPES: u32;
    NDIS_REQUEST_QUERY_INFORMATION as "NdisRequestQueryInformation" = 0;
    NDIS_REQUEST_SET_INFORMATION as "NdisRequestSetInformation" = 1;
    NDIS_REQUEST_QUERY_STATISTICS as "NdisRequestQueryStatistics" = 2;
    NDIS_REQUEST_METHOD as "NdisRequestMethod" = 12;
}
