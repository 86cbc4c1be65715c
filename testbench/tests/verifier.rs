// SPDX-License-Identifier: Apache-2.0
//! Every rule of the Driver Verifier, broken once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

use ipsec_model::ndis::*;
use ipsec_testbench::ndis::{
    NdisVersion, OidRequest, RequestHandle, StatusIndication, Verifier, Violation,
};

const ONE: RequestHandle = RequestHandle(1);

fn add() -> OidRequest {
    let bundle = AddSa::esp_gcm(
        true,
        [192, 0, 2, 1].into(),
        [192, 0, 2, 2].into(),
        4096,
        &[1; 20],
    );
    OidRequest::add_sa(1, &[bundle.clone(), bundle])
}

/// With these handles as the result.
fn added(handles: [u64; 2]) -> OidRequest {
    let mut request = add();
    for (element, handle) in request.elements.clone().into_iter().zip(handles) {
        let at = element + field::add_sa::OFFLOAD_HANDLE.start as u64;
        assert!(request.memory.write(at, &handle.to_le_bytes()));
    }
    request
}

fn outcome(request: &OidRequest, status: u32) -> Result<(), Violation> {
    let mut verifier = Verifier::default();
    verifier.issued(ONE, request);
    verifier.completed(ONE, request, status);
    verifier.check()
}

#[test]
fn delete_sa_has_three_final_codes() {
    let request = OidRequest::delete_sa(1, &[1]);
    for status in [
        NDIS_STATUS_SUCCESS,
        NDIS_STATUS_NOT_ACCEPTED,
        NDIS_STATUS_REQUEST_ABORTED,
    ] {
        assert_eq!(outcome(&request, status), Ok(()));
    }
    for status in STATUSES.iter().map(|s| s.value) {
        let good = [
            NDIS_STATUS_SUCCESS,
            NDIS_STATUS_NOT_ACCEPTED,
            NDIS_STATUS_REQUEST_ABORTED,
        ];
        if !good.contains(&status) {
            assert!(outcome(&request, status).is_err(), "{}", NdisStatus(status));
        }
    }
}

#[test]
fn pending_is_never_final() {
    for request in [
        added([0, 0]),
        OidRequest::delete_sa(1, &[1]),
        OidRequest::update_sa(1, 1, 2, 4096, 0),
        OidRequest::new(1, 5, Vec::new()),
    ] {
        let violation = outcome(&request, NDIS_STATUS_PENDING);
        assert_eq!(violation, Err(Violation::PendingIsFinal(ONE)));
    }
}

#[test]
fn update_sa_and_unknown_oids_have_their_codes() {
    let update = OidRequest::update_sa(1, 1, 2, 4096, 0);
    assert_eq!(outcome(&update, NDIS_STATUS_INVALID_PARAMETER), Ok(()));
    assert!(outcome(&update, NDIS_STATUS_RESOURCES).is_err());
    let unknown = OidRequest::new(1, 5, Vec::new());
    assert_eq!(outcome(&unknown, NDIS_STATUS_INVALID_OID), Ok(()));
    assert!(outcome(&unknown, NDIS_STATUS_SUCCESS).is_err());
}

#[test]
fn a_request_is_completed_exactly_once() {
    let request = OidRequest::delete_sa(1, &[1]);
    let mut verifier = Verifier::default();
    verifier.issued(ONE, &request);
    verifier.completed(ONE, &request, NDIS_STATUS_SUCCESS);
    verifier.check().unwrap();
    verifier.completed(ONE, &request, NDIS_STATUS_SUCCESS);
    assert_eq!(verifier.check(), Err(Violation::NotPending(ONE)));
    // The next one is told too, and a rule is told once.
    assert_eq!(verifier.check(), Ok(()));
    verifier.completed(RequestHandle(7), &request, NDIS_STATUS_SUCCESS);
    assert!(verifier.check().is_err());
}

#[test]
fn a_request_comes_back_as_itself() {
    let mut verifier = Verifier::default();
    verifier.issued(ONE, &OidRequest::delete_sa(1, &[1]));
    let other = OidRequest::delete_sa(2, &[1]);
    verifier.completed(ONE, &other, NDIS_STATUS_SUCCESS);
    assert_eq!(verifier.check(), Err(Violation::OtherRequest(ONE)));
}

#[test]
fn nothing_after_halt() {
    let mut verifier = Verifier::default();
    let request = OidRequest::delete_sa(1, &[1]);
    verifier.issued(ONE, &request);
    verifier.halt_done();
    let when = "after halt";
    let left = Violation::LeftPending { handle: ONE, when };
    assert_eq!(verifier.check(), Err(left));
    verifier.completed(ONE, &request, NDIS_STATUS_SUCCESS);
    assert!(matches!(verifier.check(), Err(Violation::AfterHalt(_))));
    let indication = StatusIndication {
        status_code: NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        status_buffer: NdisOffload::new(6, IpsecOffloadV2::default()).to_bytes(),
    };
    verifier.indicated(NdisVersion::V6_83, &indication);
    assert!(matches!(verifier.check(), Err(Violation::AfterHalt(_))));
    verifier.initialized();
    verifier.indicated(NdisVersion::V6_83, &indication);
    assert_eq!(verifier.check(), Ok(()));
}

#[test]
fn nothing_is_pending_at_the_end_of_a_reset() {
    let mut verifier = Verifier::default();
    verifier.issued(ONE, &OidRequest::delete_sa(1, &[1]));
    verifier.reset_done();
    assert!(matches!(
        verifier.check(),
        Err(Violation::LeftPending { .. })
    ));
}

#[test]
fn handles_go_with_success() {
    assert_eq!(outcome(&added([1, 0]), NDIS_STATUS_SUCCESS), Ok(()));
    assert_eq!(outcome(&added([0, 0]), NDIS_STATUS_RESOURCES), Ok(()));
    for (handles, status) in [
        ([0, 0], NDIS_STATUS_SUCCESS),
        ([0, 1], NDIS_STATUS_RESOURCES),
        ([1, 1 << 32], NDIS_STATUS_SUCCESS),
    ] {
        assert!(matches!(
            outcome(&added(handles), status),
            Err(Violation::Handles { .. })
        ));
    }
    // Not written at all.
    assert!(outcome(&add(), NDIS_STATUS_RESOURCES).is_err());
}

#[test]
fn a_handle_names_one_bundle() {
    let twice = outcome(&added([5, 5]), NDIS_STATUS_SUCCESS);
    assert!(matches!(twice, Err(Violation::HandleTwice { .. })));
    let mut verifier = Verifier::default();
    let (first, delete, second) = (added([5, 6]), OidRequest::delete_sa(1, &[6]), added([6, 0]));
    for (k, request) in [first, delete, second].iter().enumerate() {
        let handle = RequestHandle(k as u64);
        verifier.issued(handle, request);
        verifier.completed(handle, request, NDIS_STATUS_SUCCESS);
    }
    assert_eq!(verifier.check(), Ok(()));
    assert_eq!(verifier.live().len(), 2);
}

#[test]
fn bytes_go_with_the_status() {
    let with = |bytes_read, bytes_needed| {
        let mut request = OidRequest::new(1, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, vec![0; 20]);
        (request.bytes_read, request.bytes_needed) = (bytes_read, bytes_needed);
        request
    };
    let short = NDIS_STATUS_INVALID_LENGTH;
    assert_eq!(outcome(&with(0, 28), short), Ok(()));
    assert_eq!(outcome(&with(0, 0), short), Ok(()));
    assert_eq!(outcome(&with(20, 0), NDIS_STATUS_SUCCESS), Ok(()));
    for (request, status) in [
        (with(0, 20), short),
        (with(1, 28), short),
        (with(21, 0), NDIS_STATUS_SUCCESS),
        (with(0, 1), NDIS_STATUS_SUCCESS),
        (with(0, 28), NDIS_STATUS_INVALID_DATA),
    ] {
        assert!(matches!(
            outcome(&request, status),
            Err(Violation::Bytes { .. })
        ));
    }
}

#[test]
fn a_configuration_is_indicated_whole() {
    let mut verifier = Verifier::default();
    let mut indicate = |version, status_code, status_buffer: Vec<u8>| {
        let indication = StatusIndication {
            status_code,
            status_buffer,
        };
        verifier.indicated(version, &indication);
        verifier.check()
    };
    let code = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG;
    let image = |revision| NdisOffload::new(revision, IpsecOffloadV2::default()).to_bytes();
    let version = NdisVersion::V6_30;
    assert_eq!(indicate(version, code, image(3)), Ok(()));
    let bad = Err(Violation::BadOffload(code));
    assert_eq!(indicate(version, code, image(2)), bad);
    assert_eq!(indicate(version, code, image(3)[..155].to_vec()), bad);
    assert_eq!(indicate(version, code, vec![0; 32]), bad);
    // A miniport does not announce resets.
    for code in [NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END, 0x4001_000b] {
        let other = Err(Violation::Indication(code));
        assert_eq!(indicate(version, code, Vec::new()), other);
    }
}

#[test]
fn the_current_configuration_is_part_of_the_hardware() {
    let hardware = IpsecOffloadV2 {
        encapsulation: 6,
        esp: true,
        encryption_algorithms: 0x38,
        sa_offload_capacity: 16,
        ..IpsecOffloadV2::default()
    };
    let good = IpsecOffloadV2 {
        sa_offload_capacity: 7,
        ..hardware
    };
    let more = [
        IpsecOffloadV2 {
            sa_offload_capacity: 17,
            ..hardware
        },
        IpsecOffloadV2 {
            ah: true,
            ..hardware
        },
        IpsecOffloadV2 {
            encryption_algorithms: 0x39,
            ..hardware
        },
    ];
    let mut verifier = Verifier::default();
    verifier.reported(&hardware, &good);
    verifier.check().unwrap();
    for current in more {
        verifier.reported(&hardware, &current);
        assert_eq!(verifier.check(), Err(Violation::MoreThanHardware));
    }
}
