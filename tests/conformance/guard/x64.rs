//! The guards of x86-64.

use super::Guard;
use farcall::CallConv;
use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use std::ffi::c_void;

// Both are functions of the platform. Windows has 32 bytes of shadow space below what it calls.
std::arch::global_asm!(
    ".macro conf_check reg, mark, bit",
    "  mov r8, \\mark",
    "  cmp \\reg, r8",
    "  je 7f",
    "  or eax, \\bit",
    "7:",
    ".endm",
    ".macro conf_check_xmm reg, mark, bit",
    "  mov r8, \\mark",
    "  movq r9, \\reg",
    "  cmp r9, r8",
    "  jne 8f",
    "  movhlps xmm0, \\reg",
    "  movq r9, xmm0",
    "  cmp r9, r8",
    "  je 7f",
    "8:or eax, \\bit",
    "7:",
    ".endm",
    ".macro conf_mark_xmm reg, mark",
    "  mov rax, \\mark",
    "  movq \\reg, rax",
    "  punpcklqdq \\reg, \\reg",
    ".endm",
    ".macro conf_enter",
    "  push rbx",
    "  push rbp",
    "  push r12",
    "  push r13",
    "  push r14",
    "  push r15",
    "  push r8",
    "  mov rbx, 0x1111aaaa1111aaaa",
    "  mov rbp, 0x2222aaaa2222aaaa",
    "  mov r12, 0x3333aaaa3333aaaa",
    "  mov r13, 0x4444aaaa4444aaaa",
    "  mov r14, 0x5555aaaa5555aaaa",
    "  mov r15, 0x6666aaaa6666aaaa",
    ".endm",
    ".macro conf_leave",
    "  pop r9",
    "  mov [r9], rax",
    "  mov [r9 + 8], rdx",
    "  movq [r9 + 16], xmm0",
    "  movq [r9 + 24], xmm1",
    "  xor eax, eax",
    "  conf_check rbx, 0x1111aaaa1111aaaa, 1",
    "  conf_check rbp, 0x2222aaaa2222aaaa, 2",
    "  conf_check r12, 0x3333aaaa3333aaaa, 4",
    "  conf_check r13, 0x4444aaaa4444aaaa, 8",
    "  conf_check r14, 0x5555aaaa5555aaaa, 16",
    "  conf_check r15, 0x6666aaaa6666aaaa, 32",
    ".endm",
    ".macro conf_return",
    "  pop r15",
    "  pop r14",
    "  pop r13",
    "  pop r12",
    "  pop rbp",
    "  pop rbx",
    "  ret",
    ".endm",
    ".globl conf_guard_sysv",
    "conf_guard_sysv:",
    "  conf_enter",
    "  mov rax, rdi",
    "  mov rdi, rsi",
    "  mov rsi, rdx",
    "  mov rdx, rcx",
    "  xor ecx, ecx",
    "  call rax",
    "  conf_leave",
    "  conf_return",
    ".globl conf_guard_win64",
    "conf_guard_win64:",
    "  conf_enter",
    "  conf_mark_xmm xmm6, 0x0606bbbb0606bbbb",
    "  conf_mark_xmm xmm7, 0x0707bbbb0707bbbb",
    "  conf_mark_xmm xmm8, 0x0808bbbb0808bbbb",
    "  conf_mark_xmm xmm9, 0x0909bbbb0909bbbb",
    "  conf_mark_xmm xmm10, 0x1010bbbb1010bbbb",
    "  conf_mark_xmm xmm11, 0x1111bbbb1111bbbb",
    "  conf_mark_xmm xmm12, 0x1212bbbb1212bbbb",
    "  conf_mark_xmm xmm13, 0x1313bbbb1313bbbb",
    "  conf_mark_xmm xmm14, 0x1414bbbb1414bbbb",
    "  conf_mark_xmm xmm15, 0x1515bbbb1515bbbb",
    "  mov rax, rdi",
    "  mov r8, rcx",
    "  mov rcx, rsi",
    "  xor r9d, r9d",
    "  mov rdi, 0x7777aaaa7777aaaa",
    "  mov rsi, 0x8888aaaa8888aaaa",
    "  sub rsp, 32",
    "  call rax",
    "  add rsp, 32",
    "  conf_leave",
    "  conf_check rdi, 0x7777aaaa7777aaaa, 64",
    "  conf_check rsi, 0x8888aaaa8888aaaa, 128",
    "  conf_check_xmm xmm6, 0x0606bbbb0606bbbb, 0x100",
    "  conf_check_xmm xmm7, 0x0707bbbb0707bbbb, 0x200",
    "  conf_check_xmm xmm8, 0x0808bbbb0808bbbb, 0x400",
    "  conf_check_xmm xmm9, 0x0909bbbb0909bbbb, 0x800",
    "  conf_check_xmm xmm10, 0x1010bbbb1010bbbb, 0x1000",
    "  conf_check_xmm xmm11, 0x1111bbbb1111bbbb, 0x2000",
    "  conf_check_xmm xmm12, 0x1212bbbb1212bbbb, 0x4000",
    "  conf_check_xmm xmm13, 0x1313bbbb1313bbbb, 0x8000",
    "  conf_check_xmm xmm14, 0x1414bbbb1414bbbb, 0x10000",
    "  conf_check_xmm xmm15, 0x1515bbbb1515bbbb, 0x20000",
    "  conf_return",
);

unsafe extern "C" {
    fn conf_guard_sysv(
        entry: *const u8,
        target: *const c_void,
        slots: *const u64,
        result: *mut u8,
        registers: *mut [u64; 4],
    ) -> u32;
    fn conf_guard_win64(
        entry: *const u8,
        target: *const c_void,
        slots: *const u64,
        result: *mut u8,
        registers: *mut [u64; 4],
    ) -> u32;
}

/// The guard of code of the platform's own convention.
pub(super) const HOST: Guard = if cfg!(windows) {
    conf_guard_win64
} else {
    conf_guard_sysv
};

/// The table of a convention, and the guard of its code.
pub(super) fn of(conv: CallConv) -> (&'static Abi, Guard) {
    match conv {
        CallConv::Win64 => (&WIN_X64, conf_guard_win64),
        _ => (&SYSV_X64, conf_guard_sysv),
    }
}
