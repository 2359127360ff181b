//! By-value records that are larger than the stack.

use std::ffi::{c_int, c_void};
use std::ptr;

use farcall::{Engine, FnType, Function, OwnedValue, RecordKind, RecordType, Type};
use support::child::alone;

const PAGE: usize = 4096;
/// What lies below the guard page, and belongs to somebody else.
const FOREIGN: usize = 4 << 20;
const STACK: usize = 64 << 10;
const PATTERN: u8 = 0xa5;

static mut GUARD: usize = 0;
static mut HELD: bool = false;

/// The only good end: the fault was in the guard page, and nothing below it was written.
extern "C" fn on_fault(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes it.
    let fault = unsafe { (*info).si_addr() }.addr();
    // SAFETY: written before the thread was started.
    let guard = unsafe { GUARD };
    let below = ptr::with_exposed_provenance::<u8>(guard - FOREIGN);
    // SAFETY: that memory is mapped for as long as the process runs.
    let below = unsafe { std::slice::from_raw_parts(below, FOREIGN) };
    let untouched = below.iter().all(|byte| *byte == PATTERN);
    let stopped = (guard..guard + PAGE).contains(&fault);
    let code = match (stopped, untouched) {
        (true, true) => 0,
        (false, _) => 101,
        (true, false) => 102,
    };
    // SAFETY: the process ends; the test's other process reads the words.
    unsafe { libc::write(1, c"1 passed".as_ptr().cast(), 8) };
    // SAFETY: as above.
    unsafe { libc::_exit(code) };
}

fn handle_faults() {
    // SAFETY: all zero is an action without flags.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_fault as *const c_void as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handler is of the type that the flags ask for.
    let set = unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut()) };
    assert_eq!(set, 0);
}

/// A stack whose guard page has memory of somebody else below it.
fn stack() -> *mut c_void {
    let size = FOREIGN + PAGE + STACK;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping.
    let base = unsafe { libc::mmap(ptr::null_mut(), size, access, flags, -1, 0) };
    assert_ne!(base, libc::MAP_FAILED);
    // SAFETY: inside the mapping.
    unsafe { base.cast::<u8>().write_bytes(PATTERN, FOREIGN) };
    let guard = base.wrapping_byte_add(FOREIGN);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::mprotect(guard, PAGE, libc::PROT_NONE) }, 0);
    // SAFETY: no other thread uses it yet.
    unsafe { GUARD = guard.expose_provenance() };
    guard.wrapping_byte_add(PAGE)
}

/// A call with one record in two arguments: the one that is copied first lies lower.
struct Call(Function, OwnedValue);

extern "C" fn run(call: *mut c_void) -> *mut c_void {
    const SIZE: usize = 16 << 10;
    static mut ALTERNATE: [u8; SIZE] = [0; SIZE];
    let alternate = libc::stack_t {
        ss_sp: (&raw mut ALTERNATE).cast(),
        ss_flags: 0,
        ss_size: SIZE,
    };
    // SAFETY: the memory is there for ever and nobody else's.
    let set = unsafe { libc::sigaltstack(&raw const alternate, ptr::null_mut()) };
    assert_eq!(set, 0);
    // SAFETY: the test passes it and waits.
    let Call(function, record) = unsafe { &*call.cast::<Call>() };
    // SAFETY: the target takes anything.
    let result = unsafe { function.call_values(&[record.as_value(), record.as_value()]) };
    // SAFETY: read after this thread has ended.
    unsafe { HELD = result.is_ok() };
    ptr::null_mut()
}

/// Does nothing with the arguments that it is passed.
extern "C" fn ignore() {}

/// Calls with two records of `size` bytes in all by value on a thread with 64 KiB of stack; whether the call
/// returned.
fn call_with(size: u64, engine: Engine) -> bool {
    let bytes = Type::CHAR.array(size / 2).unwrap();
    let record = RecordType::builder(RecordKind::Struct, None).field("bytes", bytes);
    let record = record.build().unwrap();
    let ty = FnType::builder().unnamed_param(record.as_type());
    let ty = ty.unnamed_param(record.as_type()).build().unwrap();
    // SAFETY: a function of this program.
    let function = unsafe { Function::from_address("ignore", ignore as *const c_void, ty) };
    let function = function.unwrap().with_engine(engine).unwrap();
    let call = Call(function, OwnedValue::zeroed(record));
    handle_faults();
    let stack = stack();
    // SAFETY: made by the next call.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: a place for attributes.
    assert_eq!(unsafe { libc::pthread_attr_init(&raw mut attributes) }, 0);
    // SAFETY: the stack is mapped for ever.
    let set = unsafe { libc::pthread_attr_setstack(&raw mut attributes, stack, STACK) };
    assert_eq!(set, 0);
    let mut thread = 0;
    let argument = (&raw const call).cast_mut().cast();
    // SAFETY: the thread is joined before the call ends.
    let made =
        unsafe { libc::pthread_create(&raw mut thread, &raw const attributes, run, argument) };
    assert_eq!(made, 0);
    // SAFETY: the thread that was made.
    unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    // SAFETY: the thread has ended.
    unsafe { HELD }
}

macro_rules! sizes {
    ($($test:ident: $engine:ident $size:literal;)*) => {$(
        #[test]
        fn $test() {
            if support::engines().contains(&Engine::$engine) {
                alone(|| {
                    call_with($size, Engine::$engine);
                    unreachable!("the stack was large enough");
                });
            }
        }
    )*};
}

sizes! {
    a_frame_of_a_mebibyte_dies_by_the_guard_page_by_jit: Jit 0xfe000;
    a_frame_of_a_mebibyte_dies_by_the_guard_page_by_libffi: Libffi 0xfe000;
    a_frame_a_little_too_large_dies_by_the_guard_page_by_jit: Jit 0x11000;
    a_frame_a_little_too_large_dies_by_the_guard_page_by_libffi: Libffi 0x11000;
}

#[test]
fn a_frame_that_fits_returns() {
    alone(|| assert!(call_with(0x4000, support::engines()[0])));
}
