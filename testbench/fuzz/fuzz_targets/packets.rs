// SPDX-License-Identifier: Apache-2.0
//! Malformed frames on the untimed packet API.
#![no_main]

use ipsec_testbench::fuzz::{case::Case, untimed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::new(input);
    match untimed::run(&case) {
        Ok(_) => ipsec_fuzz::good(&case, 0),
        Err(problem) => ipsec_fuzz::bad(&case, &problem),
    }
});
