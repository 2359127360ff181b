//! Do unwinders pass through framed code, and on to the frames outside?

use farcall_jit::code::Frame;

#[test]
fn records_say_where_registers_are() {
    let text = Frame::X64.record(0x7000, 0x1_0000).to_string();
    let expected = "x64 frame at 0x7000, 65536 bytes\n  CFA = rbp + 16\n  \
                    rip at CFA - 8\n  rbp at CFA - 16\n";
    assert_eq!(text, expected);
    let text = Frame::A64.record(0x7000, 0x1_0000).to_string();
    let expected = "a64 frame at 0x7000, 65536 bytes\n  CFA = x29 + 16\n  \
                    x29 at CFA - 16\n  x30 at CFA - 8\n";
    assert_eq!(text, expected);
}

/// The bytes, by hand from DWARF 5, 6.4.1 and 7.24; `readelf --debug-dump=frames` reads the same.
#[test]
#[cfg(target_endian = "little")]
#[rustfmt::skip]
fn records_are_the_bytes_of_the_standard() {
    let record = Frame::X64.record(0x1122_3344_5566_7788, 0x1_0000);
    let expected = [
        20, 0, 0, 0,  0, 0, 0, 0,  1, 0,  1, 0x78, 16, // CIE, version 1, "", factors 1 and -8, rip
        0x0c, 6, 16,  0x90, 1,  0x86, 2,  0, 0, 0, 0,
        20, 0, 0, 0,  28, 0, 0, 0, // FDE, 28 bytes behind its CIE
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  0, 0, 1, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, // the end
    ];
    assert_eq!(record.bytes(), expected);
    assert_eq!(record.entry(), 24);
}

#[cfg(any(
    all(unix, any(target_arch = "x86_64", target_arch = "aarch64")),
    all(windows, target_arch = "x86_64", target_env = "gnu")
))]
mod through_frames {
    use std::ffi::{c_int, c_void};
    use std::panic;
    use std::ptr;

    use crate::arenas;
    use crate::machine::{Framed, Target, framed};
    use farcall_jit::code::{Arena, Code};

    fn publish(arena: &Arena) -> Code {
        let code = framed();
        let frame = 0..code.len();
        arena.publish_framed(&code, Some(frame)).unwrap()
    }

    fn function(code: Code) -> Framed {
        // SAFETY: the callers pass what they made with `framed`, code of this very type.
        unsafe { std::mem::transmute(code.entry()) }
    }

    extern "C-unwind" fn throw(_: *mut c_void) {
        panic::resume_unwind(Box::new("thrown"));
    }

    #[test]
    fn a_panic_passes_through_framed_code() {
        for arena in arenas() {
            for _ in 0..100 {
                let call = function(publish(&arena));
                // SAFETY: the code calls `throw`, which takes any pointer.
                let result = panic::catch_unwind(|| unsafe { call(throw, ptr::null_mut()) });
                assert_eq!(
                    result.unwrap_err().downcast_ref(),
                    Some(&"thrown"),
                    "{arena}"
                );
            }
        }
    }

    /// What the walk looks for and what it found.
    struct Walk {
        outer: Code,
        inner: Framed,
        found: bool,
        frames_outside: usize,
    }

    unsafe extern "C" {
        fn _Unwind_Backtrace(
            step: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
            argument: *mut c_void,
        ) -> c_int;
        fn _Unwind_GetIP(context: *mut c_void) -> usize;
    }

    extern "C" fn step(context: *mut c_void, walk: *mut c_void) -> c_int {
        // SAFETY: `walk_stack` passed the walk on.
        let walk = unsafe { &mut *walk.cast::<Walk>() };
        // SAFETY: the unwinder's own context.
        let ip = unsafe { _Unwind_GetIP(context) };
        if walk
            .outer
            .bytes()
            .as_ptr_range()
            .contains(&(ip as *const u8))
        {
            walk.found = true;
        } else if walk.found {
            walk.frames_outside += 1;
        }
        0
    }

    extern "C-unwind" fn walk_stack(walk: *mut c_void) {
        // SAFETY: the walk outlives this call.
        unsafe { _Unwind_Backtrace(step, walk) };
    }

    /// Called by the outer piece: calls the inner piece, another such frame.
    extern "C-unwind" fn call_inner(walk: *mut c_void) {
        // SAFETY: the pointer came from the test's own walk.
        let inner = unsafe { (*walk.cast::<Walk>()).inner };
        // SAFETY: the code calls `walk_stack` with the walk.
        unsafe { inner(walk_stack as Target, walk) };
    }

    #[test]
    fn a_stack_walk_passes_frames_and_goes_on() {
        for arena in arenas() {
            let outer = publish(&arena);
            let inner = function(publish(&arena));
            let mut walk = Walk {
                outer,
                inner,
                found: false,
                frames_outside: 0,
            };
            let pointer = (&raw mut walk).cast();
            // SAFETY: the code calls `call_inner` with the walk.
            unsafe { function(outer)(call_inner, pointer) };
            assert!(walk.found, "the walk missed the frame: {arena}");
            assert!(
                walk.frames_outside > 0,
                "the walk ended at the frame: {arena}"
            );
        }
    }
}
