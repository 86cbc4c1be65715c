// SPDX-License-Identifier: Apache-2.0

//! The C++ side as Rust sees it; the other half is `cpp/vrs.h`.

use std::ffi::{c_char, c_void};

/// An instance on the C++ side.
#[repr(C)]
#[derive(Debug)]
pub struct Instance {
    opaque: [u8; 0],
}

/// The operations of a model's shim. Only generated code needs it.
#[repr(C)]
#[derive(Debug)]
pub struct Vtable {
    pub(crate) create: unsafe extern "C" fn(u32) -> *mut Instance,
    pub(crate) destroy: unsafe extern "C" fn(*mut Instance),
    pub(crate) step: unsafe extern "C" fn(*mut Instance, *const c_void, *mut c_void) -> bool,
    pub(crate) run: unsafe extern "C" fn(*mut Instance, *const c_void, *mut c_void, usize) -> usize,
    pub(crate) probe: unsafe extern "C" fn(*mut Instance, *mut c_void),
    pub(crate) memory: unsafe extern "C" fn(*mut Instance, usize) -> *const c_void,
    pub(crate) trace_open: unsafe extern "C" fn(*mut Instance, *const c_char) -> bool,
    pub(crate) trace_close: unsafe extern "C" fn(*mut Instance),
    pub(crate) coverage_write: unsafe extern "C" fn(*mut Instance, *const c_char) -> bool,
    pub(crate) save: unsafe extern "C" fn(*mut Instance, Sink, *mut c_void) -> bool,
    pub(crate) restore: unsafe extern "C" fn(*mut Instance, *const u8, usize) -> bool,
    pub(crate) bench_loop: unsafe extern "C" fn(*mut Instance, *const c_void, usize, u64) -> u64,
    pub(crate) state: unsafe extern "C" fn(*mut Instance, *mut u8, usize) -> usize,
    pub(crate) variables: unsafe extern "C" fn(*mut usize) -> *const Variable,
}

/// A variable of a model in the table of its shim.
#[repr(C)]
#[derive(Debug)]
pub struct Variable {
    pub(crate) name: *const c_char,
    pub(crate) offset: usize,
    pub(crate) size: usize,
}

/// Takes a piece of a snapshot.
pub(crate) type Sink = unsafe extern "C" fn(*mut c_void, *const u8, usize);

pub(crate) const FILE: i32 = 0;
pub(crate) const MESSAGE: i32 = 1;
pub(crate) const LOG: i32 = 2;

unsafe extern "C" {
    pub(crate) fn vrs_halt(instance: *const Instance) -> i32;
    pub(crate) fn vrs_line(instance: *const Instance) -> i32;
    pub(crate) fn vrs_cycles(instance: *const Instance) -> u64;
    pub(crate) fn vrs_time(instance: *const Instance) -> u64;
    pub(crate) fn vrs_text(
        instance: *const Instance,
        which: i32,
        size: *mut usize,
    ) -> *const c_char;
    pub(crate) fn vrs_clear_log(instance: *mut Instance);
}

/// Appends a piece of a snapshot to a vector.
///
/// # Safety
///
/// `user` points to a `Vec<u8>` that nobody else uses, `data` to `size` bytes.
pub(crate) unsafe extern "C" fn append(user: *mut c_void, data: *const u8, size: usize) {
    // SAFETY: as the caller promises.
    let (bytes, piece) = unsafe {
        (
            &mut *user.cast::<Vec<u8>>(),
            std::slice::from_raw_parts(data, size),
        )
    };
    bytes.extend_from_slice(piece);
}
