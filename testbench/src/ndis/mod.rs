// SPDX-License-Identifier: Apache-2.0
//! The part of NDIS that stands above a miniport for IPsec offload: initialization, ordinary and direct
//! OIDs, status indications, reset and halt. It tracks direct OIDs without serializing them, answers the
//! capability queries from the last report, and holds the miniport to the rules of the Driver Verifier:
//! the first rule that is broken ends whatever was called with a [`Violation`].

mod calls;
mod error;
mod indication;
mod memory;
mod registry;
mod request;
mod stack;
mod verifier;
mod version;
mod violation;

pub use calls::{NdisCalls, RequestHandle};
pub use error::NdisError;
pub use indication::StatusIndication;
pub use memory::HostMemory;
pub use registry::Registry;
pub use request::OidRequest;
pub use stack::{Answer, Completed, Ndis, Submitted};
pub use verifier::Verifier;
pub use version::NdisVersion;
pub use violation::Violation;
