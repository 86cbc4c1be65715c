// SPDX-License-Identifier: Apache-2.0
//! Malformed frames on the untimed packet API.
#![no_main]

use ipsec_testbench::fuzz::{case::Case, second, untimed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let case = Case::new(input);
    let result = untimed::run(&case).and_then(|outcomes| second::compare(&case, &outcomes));
    match result {
        Ok(()) => ipsec_fuzz::good(&case, 0),
        Err(problem) => ipsec_fuzz::bad(&case, &problem),
    }
});
