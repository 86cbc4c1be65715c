//! Testbench.

pub mod kat;
