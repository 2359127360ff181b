//! Stands between C and a callback, and looks at what both do with registers and stack.
//!
//! Guarantee: the callback sees the arguments that C passed, and C the result that came back; the
//! registers that C wants preserved hold marks during the call and are restored after it.
#![allow(unsafe_code, reason = "calls are taken apart by hand")]

use crate::preserved::names;
use farcall::CallConv;
use std::ffi::c_void;

#[cfg(target_arch = "aarch64")]
#[path = "watch/a64.rs"]
mod machine;
#[cfg(target_arch = "x86_64")]
#[path = "watch/x64.rs"]
mod machine;

pub(crate) use machine::RETURNS_ADDRESS;

/// What a callee must preserve: rbx, rbp, r12 to r15, rdi, rsi, xmm6 to xmm15.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
#[repr(C)]
struct Registers {
    general: [u64; 8],
    vector: [[u64; 2]; 10],
}

/// What a callee must preserve: x19 to x29, the lower halves of v8 to v15.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy)]
#[repr(C)]
struct Registers {
    general: [u64; 11],
    vector: [u64; 8],
}

#[repr(C)]
struct Watch {
    /// The callback.
    target: *const c_void,
    /// Where the callback writes its result instead of where C wants it, and the result's size;
    /// null if it is to write it there.
    place: *mut u8,
    size: usize,
    calls: u64,
    /// The stack pointer when C had called, and when the callback had returned.
    stack: u64,
    after: u64,
    back: u64,
    /// Where C passes the address of a result in memory.
    first: u64,
    /// Two general-purpose, two vector registers.
    results: [u64; 4],
    kept: Registers,
    marks: Registers,
    found: Registers,
}

impl Registers {
    #[cfg(target_arch = "x86_64")]
    const EMPTY: Self = Self {
        general: [0; 8],
        vector: [[0; 2]; 10],
    };

    #[cfg(target_arch = "aarch64")]
    const EMPTY: Self = Self {
        general: [0; 11],
        vector: [0; 8],
    };

    #[cfg(target_arch = "x86_64")]
    fn marked(mark: impl Fn(usize) -> u64) -> Self {
        Self {
            general: std::array::from_fn(&mark),
            vector: std::array::from_fn(|index| [mark(index + 16), mark(index + 32)]),
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn marked(mark: impl Fn(usize) -> u64) -> Self {
        Self {
            general: std::array::from_fn(&mark),
            vector: std::array::from_fn(|index| mark(index + 16)),
        }
    }
}

/// Read and written by one thread: tests of a process come one after the other.
static mut WATCH: Watch = Watch {
    target: std::ptr::null(),
    place: std::ptr::null_mut(),
    size: 0,
    calls: 0,
    stack: 0,
    after: 0,
    back: 0,
    first: 0,
    results: [0; 4],
    kept: Registers::EMPTY,
    marks: Registers::EMPTY,
    found: Registers::EMPTY,
};

/// What was seen of a call.
pub(crate) struct Seen {
    /// Where C wants a result that is returned in memory.
    pub(crate) wanted: u64,
    /// Two general-purpose, two vector registers of results after the call.
    pub(crate) results: [u64; 4],
}

/// Lets the next call of the function that it returns be one of `target`, whose result in memory,
/// if it has one, is written to `place` first.
pub(crate) fn watch(
    target: *const c_void,
    conv: CallConv,
    place: Option<(*mut u8, usize)>,
) -> *const c_void {
    let (place, size) = place.unwrap_or((std::ptr::null_mut(), 0));
    let mark = |number: usize| 0x5a5a_0000_a5a5_0000 | (number as u64) << 32 | number as u64;
    let marks = Registers::marked(mark);
    let new = Watch {
        target,
        place,
        size,
        calls: 0,
        stack: 0,
        after: 0,
        back: 0,
        first: 0,
        results: [0; 4],
        kept: Registers::EMPTY,
        marks,
        found: marks,
    };
    // SAFETY: nothing else reads or writes it before the call.
    unsafe { (&raw mut WATCH).write(new) };
    machine::of(conv)
}

/// What was seen of the call since [`watch`]; `Err` if there was none or more than one, or if the
/// callback did not leave everything as C wants it.
pub(crate) fn seen() -> Result<Seen, String> {
    // SAFETY: the call is over, and nothing else reads or writes it.
    let watch = unsafe { (&raw const WATCH).read() };
    if watch.calls != 1 {
        return Err(format!("called {} times", watch.calls));
    }
    if watch.stack % 16 != machine::ARRIVAL {
        return Err("C called with a misaligned stack pointer".to_owned());
    }
    let expected = watch.stack + machine::RETURNED;
    if watch.after != expected {
        let by = watch.after.wrapping_sub(expected).cast_signed();
        return Err(format!("the stack pointer moved by {by}"));
    }
    let lost = lost(&watch.found, &watch.marks);
    if lost != 0 {
        return Err(format!("not preserved: {}", names(lost).join(" ")));
    }
    Ok(Seen {
        wanted: watch.first,
        results: watch.results,
    })
}

/// A bit for each register that changed.
fn lost(found: &Registers, marks: &Registers) -> u32 {
    let general = found.general.iter().zip(&marks.general);
    let general = general.map(|(found, mark)| found != mark);
    let vector = found.vector.iter().zip(&marks.vector);
    let vector = vector.map(|(found, mark)| found != mark);
    let bits = general.chain(vector).zip(0..);
    bits.map(|(changed, bit)| u32::from(changed) << bit).sum()
}
