//! Backtraces that are taken inside a callee.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::ffi::c_void;
use std::hint::black_box;

use farcall::{Declarations, Function, OwnedValue, Value, values};

thread_local! {
    static SEEN: RefCell<String> = const { RefCell::new(String::new()) };
}

fn look() -> i64 {
    let text = Backtrace::force_capture().to_string();
    SEEN.with(|seen| *seen.borrow_mut() = text);
    7
}

#[repr(C)]
struct Huge([i64; 1000]);

extern "C" fn look_few(_: i64, _: f64) -> i64 {
    look()
}

extern "C" fn look_stack(_: i64, _: i64, _: i64, _: i64, _: i64, _: i64, _: i64, _: i64) -> i64 {
    look()
}

extern "C" fn look_huge(huge: Huge) -> i64 {
    look() + huge.0[999]
}

#[inline(never)]
fn the_caller_outside(function: &Function, arguments: &[Value<'_>]) -> Option<i64> {
    // SAFETY: the declarations are those of the functions.
    let result = unsafe { function.call_values(arguments) }.unwrap();
    black_box(result.as_i64())
}

fn check(declaration: &str, address: *const c_void, arguments: &[Value<'_>]) {
    let text = format!("struct huge {{ int64_t a[1000]; }}; {declaration}");
    let declarations = Declarations::parse(&text).unwrap();
    let (name, ty) = declarations.functions().next().unwrap();
    // SAFETY: a function of this program.
    let function = unsafe { Function::from_address(name, address, ty) }.unwrap();
    for &engine in support::engines() {
        let function = function.with_engine(engine).unwrap();
        for _ in 0..2 {
            assert_eq!(the_caller_outside(&function, arguments), Some(7));
            let text = SEEN.take();
            let inside = text.find(name);
            let outside = text.find("the_caller_outside");
            assert!(
                inside.is_some() && outside > inside,
                "{engine}: {declaration}\n{text}"
            );
        }
    }
}

#[test]
fn a_backtrace_goes_through_a_call_without_a_frame() {
    let address = look_few as *const c_void;
    check(
        "int64_t look_few(int64_t, double);",
        address,
        &values![1, 2.0],
    );
}

#[test]
fn a_backtrace_goes_through_a_call_with_stack_arguments() {
    let declaration = "int64_t look_stack(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                                          int64_t, int64_t);";
    let arguments = values![1, 2, 3, 4, 5, 6, 7, 8];
    check(declaration, look_stack as *const c_void, &arguments);
}

#[test]
fn a_backtrace_goes_through_a_call_with_a_frame_of_several_pages() {
    let text = "struct huge { int64_t a[1000]; };";
    let huge = Declarations::parse(text).unwrap().record("huge").unwrap();
    let huge = OwnedValue::zeroed(huge);
    let declaration = "int64_t look_huge(struct huge huge);";
    check(declaration, look_huge as *const c_void, &values![&huge]);
}
