//! The watch of AArch64.

use super::{WATCH, Watch};
use farcall::CallConv;
use std::ffi::c_void;
use std::mem::offset_of;

/// How the stack pointer lies when C has called: the return address is in x30.
pub(super) const ARRIVAL: u64 = 0;

/// How much higher it is when the callback has returned.
pub(super) const RETURNED: u64 = 0;

/// Whether a callback returns the address of a result in memory: "there is no requirement for the
/// callee to preserve the value stored in x8" (AAPCS64 6.9).
pub(crate) const RETURNS_ADDRESS: bool = false;

// A function of every type. The return address of C is put aside. Registers that are no arguments
// and need not be preserved hold junk when the callback is called.
std::arch::global_asm!(
    ".macro conf_each op, at",
    "  add x9, x17, #\\at",
    "  \\op x19, x20, [x9]",
    "  \\op x21, x22, [x9, #16]",
    "  \\op x23, x24, [x9, #32]",
    "  \\op x25, x26, [x9, #48]",
    "  \\op x27, x28, [x9, #64]",
    "  add x9, x9, #80",
    "  conf_one_\\op x29",
    "  add x9, x9, #8",
    "  \\op d8, d9, [x9]",
    "  \\op d10, d11, [x9, #16]",
    "  \\op d12, d13, [x9, #32]",
    "  \\op d14, d15, [x9, #48]",
    ".endm",
    ".macro conf_one_stp reg",
    "  str \\reg, [x9]",
    ".endm",
    ".macro conf_one_ldp reg",
    "  ldr \\reg, [x9]",
    ".endm",
    ".macro conf_watch",
    "  adrp x17, {watch}",
    "  add x17, x17, :lo12:{watch}",
    ".endm",
    ".globl conf_watch_a64",
    "conf_watch_a64:",
    "  conf_watch",
    "  ldr x9, [x17, #{calls}]",
    "  add x9, x9, #1",
    "  str x9, [x17, #{calls}]",
    "  mov x9, sp",
    "  str x9, [x17, #{stack}]",
    "  str x30, [x17, #{back}]",
    "  str x8, [x17, #{first}]",
    "  ldr x9, [x17, #{place}]",
    "  cmp x9, #0",
    "  csel x8, x9, x8, ne",
    "  conf_each stp, {kept}",
    "  conf_each ldp, {marks}",
    "  ldr x16, [x17, #{target}]",
    "  mov x9, #0xcccc",
    "  mov x10, #0xcccc",
    "  mov x11, #0xcccc",
    "  mov x12, #0xcccc",
    "  mov x13, #0xcccc",
    "  mov x14, #0xcccc",
    "  mov x15, #0xcccc",
    "  mov x17, #0xcccc",
    "  blr x16",
    "  conf_watch",
    "  mov x9, sp",
    "  str x9, [x17, #{after}]",
    "  str x0, [x17, #{results}]",
    "  str x1, [x17, #{results} + 8]",
    "  str d0, [x17, #{results} + 16]",
    "  str d1, [x17, #{results} + 24]",
    "  conf_each stp, {found}",
    "  ldr x10, [x17, #{place}]",
    "  cbz x10, 7f",
    "  ldr x11, [x17, #{first}]",
    "  ldr x12, [x17, #{size}]",
    "6:cbz x12, 7f",
    "  ldrb w13, [x10], #1",
    "  strb w13, [x11], #1",
    "  sub x12, x12, #1",
    "  b 6b",
    "7:",
    "  conf_each ldp, {kept}",
    "  ldr x30, [x17, #{back}]",
    "  ldr x9, [x17, #{stack}]",
    "  mov sp, x9",
    "  ret",
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
    fn conf_watch_a64();
}

/// The function that stands before callbacks of a convention.
pub(super) fn of(_: CallConv) -> *const c_void {
    conf_watch_a64 as *const c_void
}
