// SPDX-License-Identifier: Apache-2.0

//! Models of small designs, for the tests of `verilator-rs`.

include!(concat!(env!("OUT_DIR"), "/models.rs"));
