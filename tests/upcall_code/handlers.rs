//! Handlers in both conventions, which write down what they are given and return what they are told.

use super::table::Record;
use farcall_jit::Pair;
use farcall_jit::layout::Layout;
use std::ffi::{c_int, c_void};
use std::hint::black_box;

/// One call: what the handler is told, and what it saw.
pub(crate) struct Call {
    pub(crate) params: Vec<Layout>,
    pub(crate) result: Vec<u8>,
    /// The value of each argument: 8 bytes of a scalar, all bytes of a record.
    pub(crate) seen: Vec<Vec<u8>>,
    pub(crate) kinds: Vec<u32>,
    pub(crate) calls: usize,
    pub(crate) complaints: Vec<String>,
    /// The most that the caller aligns a record to.
    pub(crate) align: u32,
    /// Where the result was written.
    pub(crate) place: *mut u8,
    /// Looks for this code on the stack.
    pub(crate) walk: Walk,
}

/// The frames of a walk up the stack.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) code: std::ops::Range<usize>,
    pub(crate) inside: usize,
    pub(crate) beyond: usize,
}

/// Something that a callee expects at a multiple of 16.
#[repr(align(16))]
struct Aligned(#[expect(dead_code, reason = "only its address is looked at")] [u8; 16]);

unsafe extern "C" {
    fn _Unwind_Backtrace(
        step: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

extern "C" fn step(context: *mut c_void, walk: *mut c_void) -> c_int {
    // SAFETY: `handle` passed the walk on.
    let walk = unsafe { &mut *walk.cast::<Walk>() };
    // SAFETY: the unwinder's own context.
    let ip = unsafe { _Unwind_GetIP(context) };
    if walk.code.contains(&ip) {
        walk.inside += 1;
    } else if walk.inside > 0 {
        walk.beyond += 1;
    }
    0
}

/// What every handler does.
///
/// # Safety
/// The arguments are those of an upcall that was compiled for the `Call` that the record holds.
unsafe fn handle(record: *mut Record, values: *const Pair, result: *mut u8) {
    let local = black_box(Aligned([0; 16]));
    // SAFETY: the test put its call there, which nothing else looks at now.
    let call = unsafe { &mut *(*record).own.cast::<Call>() };
    let mut complain = |wrong: bool, what: &str| {
        if wrong {
            call.complaints.push(what.to_owned());
        }
    };
    complain(!(&raw const local).addr().is_multiple_of(16), "the stack");
    complain(!values.addr().is_multiple_of(16), "the pairs");
    call.calls += 1;
    call.place = result;
    for (index, layout) in call.params.iter().enumerate() {
        let pair = values.cast_mut().wrapping_add(index);
        // SAFETY: there is a pair for each argument.
        let Pair { kind, slot } = unsafe { pair.read() };
        call.kinds.push(kind);
        if let Layout::Record(record) = layout {
            let (bytes, size) = (slot as *mut u8, record.size() as usize);
            let align = record.align().min(call.align);
            complain(!slot.is_multiple_of(align.into()), "a record");
            // SAFETY: the slot of a record is the address of its bytes.
            call.seen
                .push(unsafe { std::slice::from_raw_parts(bytes, size) }.to_vec());
            // SAFETY: they are the callee's own, and so is the pair.
            unsafe { bytes.write_bytes(0xee, size) };
        } else {
            call.seen.push(slot.to_le_bytes().to_vec());
        }
        // SAFETY: as above.
        unsafe {
            pair.write(Pair {
                kind: 0xeeee_eeee,
                slot: u64::MAX,
            })
        };
    }
    // SAFETY: the walk outlives this call.
    unsafe { _Unwind_Backtrace(step, (&raw mut call.walk).cast()) };
    // SAFETY: there is room for a result.
    unsafe { result.copy_from(call.result.as_ptr(), call.result.len()) };
}

/// The handler of a convention: overwrites what callees may, before and after its work. `$shadow` is
/// what it does to the caller's bytes above the return address.
macro_rules! handlers {
    ($module:ident, $abi:literal, $($shadow:literal),*) => {
        pub(crate) mod $module {
            use super::{Pair, Record, handle};
            use std::arch::naked_asm;

            unsafe extern $abi fn behind(
                record: *mut Record,
                values: *const Pair,
                result: *mut u8,
            ) {
                // SAFETY: forwarded to the caller.
                unsafe { handle(record, values, result) };
            }

            /// # Safety
            /// As [`handle`].
            #[unsafe(naked)]
            pub(crate) unsafe extern $abi fn handler(
                _: *mut Record,
                _: *const Pair,
                _: *mut u8,
            ) {
                naked_asm!(
                    ".cfi_startproc",
                    $($shadow,)*
                    "push rbp",
                    ".cfi_def_cfa_offset 16",
                    ".cfi_offset rbp, -16",
                    "mov rbp, rsp",
                    ".cfi_def_cfa_register rbp",
                    "sub rsp, 32",
                    "call {behind}",
                    "mov rax, -1",
                    "mov rdx, -1",
                    "mov rcx, -1",
                    "mov r10, -1",
                    "mov r11, -1",
                    "movq xmm0, rax",
                    "movq xmm1, rax",
                    "leave",
                    ".cfi_def_cfa rsp, 8",
                    "ret",
                    ".cfi_endproc",
                    behind = sym behind,
                )
            }
        }
    };
}

handlers!(sysv, "sysv64",);
handlers!(
    win64,
    "win64",
    "mov qword ptr [rsp + 8], rsp",
    "mov qword ptr [rsp + 16], rsp",
    "mov qword ptr [rsp + 24], rsp",
    "mov qword ptr [rsp + 32], rsp"
);
