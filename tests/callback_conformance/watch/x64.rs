//! The watch of x86-64.

use super::{WATCH, Watch};
use farcall::CallConv;
use std::ffi::c_void;
use std::mem::offset_of;

/// How the stack pointer lies when C has called: the return address is on the stack.
pub(super) const ARRIVAL: u64 = 8;

/// How much higher it is when the callback has returned.
pub(super) const RETURNED: u64 = 8;

/// Whether a callback returns the address of a result in memory.
pub(crate) const RETURNS_ADDRESS: bool = true;

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

/// The function that stands before callbacks of a convention.
pub(super) fn of(conv: CallConv) -> *const c_void {
    match conv {
        CallConv::Win64 => conf_watch_win64 as *const c_void,
        _ => conf_watch_sysv as *const c_void,
    }
}
