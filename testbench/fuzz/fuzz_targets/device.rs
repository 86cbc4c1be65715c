// SPDX-License-Identifier: Apache-2.0
//! Malformed frames on the timed model, against the untimed packet API.
#![no_main]

use ipsec_testbench::fuzz::{case::Case, untimed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::new(input);
    match untimed::run(&case).and_then(|outcomes| ipsec_fuzz::timed(&case, &outcomes)) {
        Ok(clocks) => ipsec_fuzz::good(&case, clocks),
        Err(problem) => ipsec_fuzz::bad(&case, &problem),
    }
});
