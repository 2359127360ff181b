//! May generated code be called where every indirect call must find a landing pad?
#![cfg(all(feature = "jit", target_arch = "aarch64", target_os = "linux"))]
#![allow(unsafe_code, reason = "code is called by hand")]

use farcall_jit::abi::Abi;
use farcall_jit::code::stubs::{DISTANCE, StubCode};
use farcall_jit::code::{Arena, Strategy};
use farcall_jit::layout::{Layout, Scalar, Signature};
use farcall_jit::trampoline::{Form, Reg, Role, stub};
use farcall_jit::{Downcall, Pair, Upcall, encode};
use std::ffi::c_void;
use std::ptr::null_mut;

const PROT_BTI: i32 = 0x10;

/// Makes the pages of these bytes ones that are entered at landing pads only; false if the
/// processor does not know them.
fn guard(start: *const u8, len: usize) -> bool {
    // SAFETY: it takes a number and gives one.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let first = start as usize & !(page - 1);
    let len = (start as usize + len).next_multiple_of(page) - first;
    let access = libc::PROT_READ | libc::PROT_EXEC | PROT_BTI;
    // SAFETY: pages of code, which stay readable and executable.
    let done = unsafe { libc::mprotect(first as *mut c_void, len, access) } == 0;
    if !done {
        support::not_asked("landing pads", "the processor has none");
    }
    done
}

fn signature(count: usize) -> Signature {
    Signature {
        params: vec![Layout::Scalar(Scalar::I64); count],
        result: Some(Layout::Scalar(Scalar::I64)),
        fixed: None,
    }
}

extern "C" fn sum(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64) -> i64 {
    a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i
}

/// One after the other: pages are shared.
#[test]
fn code_lands() {
    stopped();
    downcalls();
    stubs_and_upcalls();
}

fn downcalls() {
    // One leaves by a jump, one has a frame.
    for count in [8, 9] {
        let plan = Abi::host().unwrap().plan(&signature(count)).unwrap();
        let call = Downcall::compile(&plan, Form::Unchecked).unwrap();
        if !guard(call.code().entry(), call.code().len()) {
            return;
        }
        let slots: Vec<u64> = (1..10).collect();
        // SAFETY: the function takes the arguments; one that it is not given is not looked at.
        let found = unsafe {
            call.invoke(
                sum as *const c_void,
                slots.as_ptr().cast(),
                null_mut(),
                null_mut(),
            )
        };
        let first: u64 = (1..9).map(|n| n * n).sum();
        assert!(count == 8 || found == first + 81, "{found}");
    }
}

unsafe extern "C" fn handler(_: *const u8, values: *const Pair, result: *mut i64) {
    // SAFETY: there are two arguments, and room for the result.
    unsafe { result.write((*values).slot as i64 - (*values.add(1)).slot as i64) };
}

fn stubs_and_upcalls() {
    let abi = Abi::host().unwrap();
    let plan = abi.plan(&signature(2)).unwrap();
    let upcall = Upcall::compile(&plan, &[1, 2]).unwrap();
    if !guard(upcall.entry(), upcall.code().len()) {
        return;
    }
    for counted in [false, true] {
        let ops = stub(Reg::Role(Role::Context), counted, DISTANCE as u32);
        let kind = StubCode::with_strategies(&encode(&ops, abi).unwrap(), &[Strategy::SealedPages]);
        let table = kind.unwrap().table().unwrap();
        assert!(guard(table.stub(0), DISTANCE));
        let record = table.record(7).cast::<u64>();
        for (index, word) in [upcall.entry() as u64, handler as u64]
            .into_iter()
            .enumerate()
        {
            // SAFETY: a record has 64 bytes.
            unsafe { record.add(index).write(word) };
        }
        // SAFETY: the stub is a function of the type that was compiled.
        let call: extern "C" fn(i64, i64) -> i64 = unsafe { std::mem::transmute(table.stub(7)) };
        assert_eq!(call(50, 8), 42);
        // SAFETY: the record's third word is its count.
        assert_eq!(unsafe { record.add(2).read() }, u64::from(counted));
    }
}

/// What the rest stands on: in a process of its own, code without a landing pad is stopped.
fn stopped() {
    const CHILD: &str = "FARCALL_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let mut command = support::this_program();
        command.args(["--exact", "code_lands", "--nocapture"]);
        let output = command.env(CHILD, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            !output.status.success() || text.contains("no landing pads"),
            "{output:?}"
        );
        return;
    }
    // ret
    let arena = Arena::new(&[Strategy::SealedPages]);
    let code = arena.publish(&0xd65f_03c0_u32.to_le_bytes()).unwrap();
    // SAFETY: code that returns.
    let function: extern "C" fn() = unsafe { std::mem::transmute(code.entry()) };
    function();
    if guard(code.entry(), code.len()) {
        function();
        println!("it was not stopped");
    } else {
        println!("no landing pads");
    }
    std::process::exit(0);
}
