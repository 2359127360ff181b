//! Does Windows find the way out of a trampoline from each of its instructions?
//!
//! The processor is told to trap after every instruction. In each trap inside the trampoline its
//! frame is unwound, as by an exception there, and what comes out is compared with what its caller
//! had: where it goes on, its stack, and the registers that are its own.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;

use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use farcall_jit::layout::{Layout, Signature};
use farcall_jit::trampoline::{Form, Guard};
use farcall_jit::{Downcall, Upcall};

use crate::notation::signature;

const SINGLE_STEP: u32 = 0x8000_0004;
const TRAP: u32 = 0x100;
const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;

/// The registers of `CONTEXT` that are read and written here.
#[derive(Clone)]
#[repr(C, align(16))]
struct Context {
    homes: [u64; 6],
    kinds: u32,
    control: u32,
    segments: [u16; 6],
    flags: u32,
    debug: [u64; 6],
    /// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15
    gprs: [u64; 16],
    rip: u64,
    rest: [u8; 976],
}

const _: () = assert!(size_of::<Context>() == 1232);

#[repr(C)]
struct ExceptionPointers {
    record: *const u32,
    context: *mut Context,
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn AddVectoredExceptionHandler(
        first: u32,
        handler: unsafe extern "system" fn(*mut ExceptionPointers) -> i32,
    ) -> *mut c_void;
    fn RemoveVectoredExceptionHandler(handler: *mut c_void) -> u32;
}

#[link(name = "ntdll")]
unsafe extern "system" {
    fn RtlLookupFunctionEntry(pc: u64, base: *mut u64, history: *mut c_void) -> *mut c_void;
    fn RtlVirtualUnwind(
        kind: u32,
        base: u64,
        pc: u64,
        entry: *mut c_void,
        context: *mut Context,
        data: *mut *mut c_void,
        frame: *mut u64,
        pointers: *mut c_void,
    ) -> *mut c_void;
}

/// What a caller has: where it goes on, and rbx, rsp, rbp, r12 to r15, and on Windows rsi and rdi.
type Caller = (u64, [u64; 9]);

fn caller_of(context: &Context, abi: &Abi) -> Caller {
    let of_windows = if abi.positional { [6, 7] } else { [4, 5] };
    let own = [3, 4, 5, of_windows[0], of_windows[1], 12, 13, 14, 15];
    (context.rip, own.map(|number| context.gprs[number]))
}

/// The code that is watched, and what was seen.
struct Watch {
    code: Range<u64>,
    abi: &'static Abi,
    caller: Option<Caller>,
    instructions: usize,
    complaints: Vec<String>,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
    /// Apart, since the watch is the handler's while there are traps.
    static DONE: Cell<bool> = const { Cell::new(false) };
}

/// The registers of the caller of the frame at `context`.
fn unwound(context: &Context) -> Context {
    let mut caller = context.clone();
    let (mut base, mut data, mut frame) = (0, ptr::null_mut(), 0);
    // SAFETY: the base is a place for the answer.
    let entry = unsafe { RtlLookupFunctionEntry(caller.rip, &raw mut base, ptr::null_mut()) };
    if entry.is_null() {
        // A leaf: the return address is where the stack pointer says.
        // SAFETY: the stack is that of this thread.
        caller.rip = unsafe { *(caller.gprs[4] as *const u64) };
        caller.gprs[4] += 8;
        return caller;
    }
    // SAFETY: the entry was found for this address, and the context is that of the trap.
    unsafe {
        RtlVirtualUnwind(
            0,
            base,
            caller.rip,
            entry,
            &raw mut caller,
            &raw mut data,
            &raw mut frame,
            ptr::null_mut(),
        );
    }
    caller
}

unsafe extern "system" fn trap(exception: *mut ExceptionPointers) -> i32 {
    // SAFETY: the system passes a record, which begins with its code, and a context.
    let (code, context) = unsafe { (*(*exception).record, &mut *(*exception).context) };
    if code != SINGLE_STEP {
        return CONTINUE_SEARCH;
    }
    WATCH.with_borrow_mut(|watch| {
        if let Some(watch) = watch
            && watch.code.contains(&context.rip)
        {
            let caller = caller_of(&unwound(context), watch.abi);
            let at = context.rip - watch.code.start;
            if at == 0 {
                watch.caller = Some(caller);
            }
            watch.instructions += 1;
            if watch.caller != Some(caller) {
                watch.complaints.push(format!("at {at:#x}: {caller:x?}"));
            }
        }
    });
    if !DONE.get() {
        context.flags |= TRAP;
    }
    CONTINUE_EXECUTION
}

/// Runs `call` step by step, and looks at each instruction in `code`. Returns how many there were.
fn step(code: &[u8], abi: &'static Abi, what: &str, call: impl FnOnce()) -> usize {
    let range = code.as_ptr_range();
    let code = range.start.addr() as u64..range.end.addr() as u64;
    WATCH.set(Some(Watch {
        code,
        abi,
        caller: None,
        instructions: 0,
        complaints: Vec::new(),
    }));
    DONE.set(false);
    // SAFETY: the handler has the type of such a handler.
    let handler = unsafe { AddVectoredExceptionHandler(1, trap) };
    // SAFETY: sets the trap flag; the stack is as it was.
    unsafe { std::arch::asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    call();
    DONE.set(true);
    // SAFETY: it was added above.
    unsafe { RemoveVectoredExceptionHandler(handler) };
    let watch = WATCH.take().expect("a watch");
    assert_eq!(watch.complaints, [""; 0], "{what}");
    assert!(watch.caller.is_some(), "{what}: it was not entered");
    watch.instructions
}

extern "win64" fn of_windows() -> u64 {
    7
}

extern "sysv64" fn of_system_v() -> u64 {
    7
}

/// Calls functions without a frame, with arguments on the stack, in memory, in frames that are
/// probed and aligned.
const SHAPES: [&str; 9] = [
    "",
    "i32 f64",
    "u64*7 f32",
    "{u64*3} i32",
    "i8 ; f64 i64 f64*4",
    "{u64*600}",
    "{u64*2000} {u64*2000}",
    "align(64){u64*8} u64*9",
    "u64*5 -> {u64*4}",
];

fn slots_of(signature: &Signature, bytes: &[u64], width: usize) -> Vec<u64> {
    let mut slots = vec![0; width * signature.params.len()];
    for (index, param) in signature.params.iter().enumerate() {
        let value = match param {
            Layout::Scalar(_) => 5,
            Layout::Record(_) => bytes.as_ptr().addr() as u64,
        };
        slots[width * index + width - 1] = value;
    }
    slots
}

#[test]
fn downcalls_are_unwound_from_each_instruction() {
    #[repr(align(64))]
    struct Bytes([u64; 4096]);
    let bytes = Box::new(Bytes([3; 4096]));
    let mut instructions = 0;
    for text in SHAPES {
        for abi in [&WIN_X64, &SYSV_X64] {
            let signature = signature(text);
            let plan = abi.plan(&signature).unwrap();
            let target = match abi.positional {
                true => of_windows as *const c_void,
                false => of_system_v as *const c_void,
            };
            let guards = vec![
                Guard {
                    kind: 0,
                    non_null: true
                };
                signature.params.len()
            ];
            let wrong = vec![
                Guard {
                    kind: 1,
                    non_null: true
                };
                signature.params.len()
            ];
            let forms = [
                (Form::Unchecked, 1),
                (Form::Checked(&guards), 2),
                (Form::Checked(&wrong), 2),
            ];
            for (form, width) in forms {
                let call = Downcall::compile(&plan, form).unwrap();
                let slots = slots_of(&signature, &bytes.0, width);
                let (mut result, mut mismatch) = ([0u64; 64], 0u8);
                let what = format!("{text} by {}, {form:?}", abi.name);
                instructions += step(call.code().bytes(), abi, &what, || {
                    // SAFETY: the target ignores what it is passed, there is a slot for each
                    // argument, and room for the result.
                    unsafe {
                        call.invoke(
                            target,
                            slots.as_ptr().cast(),
                            result.as_mut_ptr(),
                            &raw mut mismatch,
                        );
                    }
                });
            }
        }
    }
    assert!(instructions > 1000, "{instructions} were looked at");
}

/// The handler of an upcall.
unsafe extern "win64" fn handler(_: *mut u8, _: *const c_void, result: *mut u64) {
    // SAFETY: an upcall gives at least so much room.
    unsafe { result.write(7) };
}

#[test]
fn upcalls_are_unwound_from_each_instruction() {
    for text in [
        "",
        "i32 f64",
        "u64*7 f32 -> f64",
        "{u64*3} {u8*3} -> {u64*4}",
        "u64*300",
    ] {
        let signature = signature(text);
        let plan = Abi::host().unwrap().plan(&signature).unwrap();
        let kinds = vec![0; signature.params.len()];
        let upcall = Upcall::compile(&plan, &kinds).unwrap();
        let record = [upcall.entry().addr() as u64, handler as *const () as u64];
        let (code, mut result) = (upcall.code(), [0u64; 64]);
        step(code.bytes(), plan.abi, text, || {
            // SAFETY: the upcall reads its arguments, which nothing looks at, from registers and
            // from the stack, of which there is enough; it finds the record in r10.
            unsafe {
                std::arch::asm!(
                    "mov r12, rsp",
                    "sub rsp, 3072",
                    "and rsp, -16",
                    "call {entry}",
                    "mov rsp, r12",
                    entry = in(reg) code.entry(),
                    in("rcx") result.as_mut_ptr(),
                    in("r10") record.as_ptr(),
                    out("r12") _,
                    clobber_abi("win64"),
                );
            }
        });
    }
}
