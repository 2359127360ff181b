//! The guard of AArch64.

use super::Guard;
use farcall::CallConv;
use farcall_jit::abi::{AAPCS64, Abi};
use std::ffi::c_void;

// Of v8 to v15 the lower halves are preserved (AAPCS64 6.1.2).
std::arch::global_asm!(
    ".macro conf_mark number",
    "  movz x\\number, #\\number",
    "  movk x\\number, #0xaaaa, lsl #48",
    ".endm",
    ".macro conf_mark_d number",
    "  movz x9, #\\number",
    "  movk x9, #0xbbbb, lsl #48",
    "  fmov d\\number, x9",
    ".endm",
    ".macro conf_check number, bit",
    "  movz x9, #\\number",
    "  movk x9, #0xaaaa, lsl #48",
    "  cmp x9, x\\number",
    "  cset w9, ne",
    "  orr w0, w0, w9, lsl #\\bit",
    ".endm",
    ".macro conf_check_d number, bit",
    "  movz x9, #\\number",
    "  movk x9, #0xbbbb, lsl #48",
    "  fmov x10, d\\number",
    "  cmp x9, x10",
    "  cset w9, ne",
    "  orr w0, w0, w9, lsl #\\bit",
    ".endm",
    ".globl conf_guard_a64",
    "conf_guard_a64:",
    "  sub sp, sp, #176",
    "  stp x29, x30, [sp]",
    "  stp x19, x20, [sp, #16]",
    "  stp x21, x22, [sp, #32]",
    "  stp x23, x24, [sp, #48]",
    "  stp x25, x26, [sp, #64]",
    "  stp x27, x28, [sp, #80]",
    "  stp d8, d9, [sp, #96]",
    "  stp d10, d11, [sp, #112]",
    "  stp d12, d13, [sp, #128]",
    "  stp d14, d15, [sp, #144]",
    "  mov x9, sp",
    "  stp x4, x9, [sp, #160]",
    ".irp number, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29",
    "  conf_mark \\number",
    ".endr",
    ".irp number, 8, 9, 10, 11, 12, 13, 14, 15",
    "  conf_mark_d \\number",
    ".endr",
    "  mov x16, x0",
    "  mov x0, x1",
    "  mov x1, x2",
    "  mov x2, x3",
    "  mov x3, #0",
    "  blr x16",
    "  ldp x11, x12, [sp, #160]",
    "  stp x0, x1, [x11]",
    "  stp d0, d1, [x11, #16]",
    "  mov w0, #0",
    "  conf_check 19, 0",
    "  conf_check 20, 1",
    "  conf_check 21, 2",
    "  conf_check 22, 3",
    "  conf_check 23, 4",
    "  conf_check 24, 5",
    "  conf_check 25, 6",
    "  conf_check 26, 7",
    "  conf_check 27, 8",
    "  conf_check 28, 9",
    "  conf_check 29, 10",
    "  conf_check_d 8, 11",
    "  conf_check_d 9, 12",
    "  conf_check_d 10, 13",
    "  conf_check_d 11, 14",
    "  conf_check_d 12, 15",
    "  conf_check_d 13, 16",
    "  conf_check_d 14, 17",
    "  conf_check_d 15, 18",
    "  mov x9, sp",
    "  cmp x9, x12",
    "  cset w9, ne",
    "  orr w0, w0, w9, lsl #19",
    "  ldp x29, x30, [sp]",
    "  ldp x19, x20, [sp, #16]",
    "  ldp x21, x22, [sp, #32]",
    "  ldp x23, x24, [sp, #48]",
    "  ldp x25, x26, [sp, #64]",
    "  ldp x27, x28, [sp, #80]",
    "  ldp d8, d9, [sp, #96]",
    "  ldp d10, d11, [sp, #112]",
    "  ldp d12, d13, [sp, #128]",
    "  ldp d14, d15, [sp, #144]",
    "  add sp, sp, #176",
    "  ret",
);

unsafe extern "C" {
    fn conf_guard_a64(
        entry: *const u8,
        target: *const c_void,
        slots: *const u64,
        result: *mut u8,
        registers: *mut [u64; 4],
    ) -> u32;
}

/// The guard of code of the platform's own convention.
pub(super) const HOST: Guard = conf_guard_a64;

/// The table of a convention, and the guard of its code.
pub(super) fn of(_: CallConv) -> (&'static Abi, Guard) {
    (&AAPCS64, conf_guard_a64)
}
