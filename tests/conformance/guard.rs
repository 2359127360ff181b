//! Calls a trampoline with marks in every register that it must preserve.
#![allow(unsafe_code, reason = "trampolines are called by hand")]

use crate::ctype::{self, CType};
use crate::preserved::names;
use farcall::CallConv;
use farcall_jit::Downcall;
use farcall_jit::abi::{SYSV_X64, WIN_X64};
use farcall_jit::layout::{self, Signature};
use farcall_jit::trampoline::{Form, Results};
use std::ffi::c_void;

// Both are C functions `(entry, target, slots, result, registers)` that call the entry as the
// trampoline `entry(target, slots, result, 0)`, write rax, rdx, xmm0 and xmm1 to the registers,
// and return a bit for each preserved register that changed. The stack is
// aligned at the call; Windows has 32 bytes of shadow space above it.
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

type Guard = unsafe extern "sysv64" fn(
    entry: *const u8,
    target: *const c_void,
    slots: *const u64,
    result: *mut u8,
    registers: *mut [u64; 4],
) -> u32;

unsafe extern "sysv64" {
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

/// A trampoline for a signature of a case, compiled without the library in between.
pub(crate) struct Bare {
    call: Downcall,
    guard: Guard,
    /// The registers of the result, as indices of rax, rdx, xmm0, xmm1.
    results: Vec<usize>,
}

impl Bare {
    pub(crate) fn new(
        params: &[CType],
        result: Option<&CType>,
        named: Option<usize>,
        conv: CallConv,
    ) -> farcall_jit::Result<Self> {
        let (abi, guard): (_, Guard) = match conv {
            CallConv::Win64 => (&WIN_X64, conf_guard_win64),
            _ => (&SYSV_X64, conf_guard_sysv),
        };
        let signature = Signature {
            params: params.iter().map(ctype::layout).collect(),
            result: result.map(ctype::layout),
            fixed: named,
        };
        let plan = abi.plan(&signature)?;
        let (mut gprs, mut fprs) = ([0, 1].into_iter(), [2, 3].into_iter());
        let mut next = |bank| match bank {
            layout::Bank::Gpr => gprs.next().unwrap_or(0),
            layout::Bank::Fpr | layout::Bank::X87 => fprs.next().unwrap_or(2),
        };
        let results = match Results::of(&plan) {
            Results::None | Results::Stored => Vec::new(),
            Results::One(bank) => vec![next(bank)],
            Results::Two(one, two) => vec![next(one), next(two)],
        };
        let call = Downcall::compile(&plan, Form::Unchecked)?;
        Ok(Self {
            call,
            guard,
            results,
        })
    }

    /// Calls `target`; returns the names of the registers that were not preserved, and the result
    /// if it came in registers.
    ///
    /// # Safety
    /// As [`Downcall::invoke`].
    pub(crate) unsafe fn call(
        &self,
        target: *const c_void,
        slots: &[u64],
        result: *mut u8,
    ) -> (Vec<&'static str>, Vec<u8>) {
        let mut registers = [0; 4];
        let entry = self.call.code().entry();
        // SAFETY: forwarded to the caller.
        let lost =
            unsafe { (self.guard)(entry, target, slots.as_ptr(), result, &raw mut registers) };
        let words = self
            .results
            .iter()
            .flat_map(|index| registers[*index].to_le_bytes());
        (names(lost), words.collect())
    }
}

/// Runs `call` with marks in the registers that a C function must preserve; returns the names of
/// those that changed.
pub(crate) fn preserved(mut call: impl FnMut()) -> Vec<&'static str> {
    unsafe extern "sysv64" fn run(call: *mut &mut dyn FnMut(), _: u64, _: u64, _: u64) {
        // SAFETY: the address that is given to the guard below.
        unsafe { (*call)() };
    }
    let mut call: &mut dyn FnMut() = &mut call;
    let (context, mut registers) = ((&raw mut call).cast(), [0; 4]);
    let (entry, none) = (run as *const u8, std::ptr::null());
    // SAFETY: the guard passes the context on as the first argument, and the others are unused.
    let lost = unsafe {
        conf_guard_sysv(
            entry,
            context,
            none,
            std::ptr::null_mut(),
            &raw mut registers,
        )
    };
    names(lost)
}
