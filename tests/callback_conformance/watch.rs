//! Stands between C and a callback, and looks at what both do with registers and stack.
//!
//! Guarantee: the callback sees the arguments that C passed, and C the result that came back; the
//! registers that C wants preserved hold marks during the call and are restored after it.
#![allow(unsafe_code, reason = "calls are taken apart by hand")]

use crate::preserved::names;
use farcall::CallConv;
use std::ffi::c_void;
use std::mem::offset_of;

/// What a callee must preserve: rbx, rbp, r12 to r15, rdi, rsi, xmm6 to xmm15.
#[derive(Clone, Copy)]
#[repr(C)]
struct Registers {
    general: [u64; 8],
    vector: [[u64; 2]; 10],
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
    /// The first integer argument of C.
    first: u64,
    /// rax, rdx, xmm0, xmm1.
    results: [u64; 4],
    kept: Registers,
    marks: Registers,
    found: Registers,
}

const EMPTY: Registers = Registers {
    general: [0; 8],
    vector: [[0; 2]; 10],
};

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
    kept: EMPTY,
    marks: EMPTY,
    found: EMPTY,
};

// Functions of every type. The return address of C is taken from the stack and put aside, so that
// stack arguments lie for the callback where they lie for them.
std::arch::global_asm!(
    ".macro conf_each op, at",
    "  \\op \\at, 0, rbx",
    "  \\op \\at, 8, rbp",
    "  \\op \\at, 16, r12",
    "  \\op \\at, 24, r13",
    "  \\op \\at, 32, r14",
    "  \\op \\at, 40, r15",
    ".endm",
    ".macro conf_each_win64 op, opx, at",
    "  conf_each \\op, \\at",
    "  \\op \\at, 48, rdi",
    "  \\op \\at, 56, rsi",
    "  \\opx \\at, 64, xmm6",
    "  \\opx \\at, 80, xmm7",
    "  \\opx \\at, 96, xmm8",
    "  \\opx \\at, 112, xmm9",
    "  \\opx \\at, 128, xmm10",
    "  \\opx \\at, 144, xmm11",
    "  \\opx \\at, 160, xmm12",
    "  \\opx \\at, 176, xmm13",
    "  \\opx \\at, 192, xmm14",
    "  \\opx \\at, 208, xmm15",
    ".endm",
    ".macro conf_put at, plus, reg",
    "  mov [r11 + \\at + \\plus], \\reg",
    ".endm",
    ".macro conf_get at, plus, reg",
    "  mov \\reg, [r11 + \\at + \\plus]",
    ".endm",
    ".macro conf_put_xmm at, plus, reg",
    "  movups [r11 + \\at + \\plus], \\reg",
    ".endm",
    ".macro conf_get_xmm at, plus, reg",
    "  movups \\reg, [r11 + \\at + \\plus]",
    ".endm",
    ".macro conf_arrive first",
    "  lea r11, [rip + {watch}]",
    "  inc qword ptr [r11 + {calls}]",
    "  mov [r11 + {stack}], rsp",
    "  pop qword ptr [r11 + {back}]",
    "  mov [r11 + {first}], \\first",
    "  mov rax, [r11 + {place}]",
    "  test rax, rax",
    "  cmovne \\first, rax",
    ".endm",
    ".macro conf_call",
    "  mov r10, 0x0a0acccc0a0acccc",
    "  mov rax, 0x0b0bcccc0b0bcccc",
    "  call qword ptr [r11 + {target}]",
    "  lea r11, [rip + {watch}]",
    "  mov [r11 + {after}], rsp",
    "  mov [r11 + {results}], rax",
    "  mov [r11 + {results} + 8], rdx",
    "  movq [r11 + {results} + 16], xmm0",
    "  movq [r11 + {results} + 24], xmm1",
    ".endm",
    ".macro conf_copy",
    "  mov rsi, [r11 + {place}]",
    "  test rsi, rsi",
    "  je 7f",
    "  mov rdi, [r11 + {first}]",
    "  mov rax, rdi",
    "  mov rcx, [r11 + {size}]",
    "  cld",
    "  rep movsb",
    "7:",
    ".endm",
    ".macro conf_back",
    "  mov rsp, [r11 + {stack}]",
    "  add rsp, 8",
    "  jmp qword ptr [r11 + {back}]",
    ".endm",
    ".globl conf_watch_sysv",
    "conf_watch_sysv:",
    "  conf_arrive rdi",
    "  conf_each conf_put, {kept}",
    "  conf_each conf_get, {marks}",
    "  conf_call",
    "  conf_each conf_put, {found}",
    "  conf_copy",
    "  conf_each conf_get, {kept}",
    "  conf_back",
    ".globl conf_watch_win64",
    "conf_watch_win64:",
    "  conf_arrive rcx",
    "  conf_each_win64 conf_put, conf_put_xmm, {kept}",
    "  conf_each_win64 conf_get, conf_get_xmm, {marks}",
    "  conf_call",
    "  conf_each_win64 conf_put, conf_put_xmm, {found}",
    "  conf_copy",
    "  conf_each_win64 conf_get, conf_get_xmm, {kept}",
    "  conf_back",
    watch = sym WATCH,
    target = const offset_of!(Watch, target),
    place = const offset_of!(Watch, place),
    size = const offset_of!(Watch, size),
    calls = const offset_of!(Watch, calls),
    stack = const offset_of!(Watch, stack),
    after = const offset_of!(Watch, after),
    back = const offset_of!(Watch, back),
    first = const offset_of!(Watch, first),
    results = const offset_of!(Watch, results),
    kept = const offset_of!(Watch, kept),
    marks = const offset_of!(Watch, marks),
    found = const offset_of!(Watch, found),
);

unsafe extern "C" {
    fn conf_watch_sysv();
    fn conf_watch_win64();
}

/// What was seen of a call.
pub(crate) struct Seen {
    /// Where C wants a result that is returned in memory.
    pub(crate) wanted: u64,
    /// rax, rdx, xmm0, xmm1 after the call.
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
    let marks = Registers {
        general: std::array::from_fn(mark),
        vector: std::array::from_fn(|index| [mark(index + 16), mark(index + 32)]),
    };
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
        kept: EMPTY,
        marks,
        found: marks,
    };
    // SAFETY: nothing else reads or writes it before the call.
    unsafe { (&raw mut WATCH).write(new) };
    match conv {
        CallConv::Win64 => conf_watch_win64 as *const c_void,
        _ => conf_watch_sysv as *const c_void,
    }
}

/// What was seen of the call since [`watch`]; `Err` if there was none or more than one, or if the
/// callback did not leave everything as C wants it.
pub(crate) fn seen() -> Result<Seen, String> {
    // SAFETY: the call is over, and nothing else reads or writes it.
    let watch = unsafe { (&raw const WATCH).read() };
    if watch.calls != 1 {
        return Err(format!("called {} times", watch.calls));
    }
    if watch.stack % 16 != 8 {
        return Err("C called with a misaligned stack pointer".to_owned());
    }
    if watch.after != watch.stack + 8 {
        let by = watch.after.wrapping_sub(watch.stack + 8).cast_signed();
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
