//! Functions that are asked for a size first, and called again with a buffer of that size.
#![allow(unsafe_code, reason = "buffers are made of zeros")]

use super::length::Count;
use crate::types::ForeignResult;
use std::ptr;

/// How often a function may ask for more before it is taken at its word that it failed.
const TRIES: u32 = 8;

/// Calls a function that replaces the capacity behind a pointer by the length that it used or
/// needs; `is_ok` says whether a call was successful.
///
/// The buffer and what the last call returned, with the reason that it left.
pub fn grow_in_out<T: ForeignResult, N: Count, R: Copy, Reason>(
    mut call: impl FnMut(*mut T, *mut N) -> (R, Reason),
    is_ok: impl Fn(R) -> bool,
) -> (Vec<T>, R, Reason) {
    let mut buffer = Vec::new();
    let mut tries = TRIES;
    loop {
        let capacity = buffer.len();
        let mut count = N::from_length(capacity).unwrap_or_else(zero);
        let (result, reason) = call(start(&mut buffer), &mut count);
        let needed = count.to_length();
        tries -= 1;
        if needed <= capacity || tries == 0 {
            buffer.truncate(if is_ok(result) { needed } else { 0 });
            return (buffer, result, reason);
        }
        buffer = zeros(needed);
    }
}

/// Calls a function that returns the length that it used or needs.
///
/// The buffer and what the last call returned, with the reason that it left.
pub fn grow_by_result<T: ForeignResult, N: Count, R: Count, Reason>(
    mut call: impl FnMut(*mut T, N) -> (R, Reason),
) -> (Vec<T>, R, Reason) {
    let mut buffer = Vec::new();
    let mut tries = TRIES;
    loop {
        let capacity = buffer.len();
        let count = N::from_length(capacity).unwrap_or_else(zero);
        let (result, reason) = call(start(&mut buffer), count);
        let needed = result.to_length();
        tries -= 1;
        // Some count a closing NUL and cut it off if it does not fit.
        if needed < capacity || needed == 0 || tries == 0 {
            buffer.truncate(needed);
            return (buffer, result, reason);
        }
        buffer = zeros(needed + 1);
    }
}

fn zero<N: Count>() -> N {
    N::from_length(0).expect("every integer holds 0")
}

fn start<T>(buffer: &mut [T]) -> *mut T {
    if buffer.is_empty() {
        ptr::null_mut()
    } else {
        buffer.as_mut_ptr()
    }
}

fn zeros<T: ForeignResult>(len: usize) -> Vec<T> {
    // SAFETY: every bit pattern is valid.
    let zero = || unsafe { std::mem::zeroed() };
    (0..len).map(|_| zero()).collect()
}
