// SPDX-License-Identifier: Apache-2.0
//! How long the driver waits, in clocks, and how much it walks.

/// For INIT_DONE after power-on or a soft reset of an idle device: the sweep takes at most 16,384 + 64.
pub const SWEEP_CLOCKS: u64 = 40_000;

/// For the self-test that follows a sweep.
pub const SELFTEST_CLOCKS: u64 = 10_000;

/// For a soft reset under traffic: complete frames leave first.
pub const RESET_CLOCKS: u64 = 1_000_000;

/// For one command. Most take a few hundred; a DELETE waits for the frames that hold the key.
pub const COMMAND_CLOCKS: u64 = 1_000_000;

/// For commands under way at halt, each.
pub const HALT_CLOCKS: u64 = 100_000;

/// For the paths to become empty at a pause, before it is made to pend.
pub const PAUSE_CLOCKS: u64 = 5_000;

/// Between two looks at a register that is waited for.
pub const POLL_CLOCKS: u32 = 16;

/// Causes served in one interrupt, before the driver lets others run.
pub const INTERRUPT_ROUNDS: usize = 16;

/// Elements of a list: more than any device has bundles.
pub const LIST_ELEMENTS: usize = 32_768;
