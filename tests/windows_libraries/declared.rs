//! Libraries that are declared by `#[foreign_lib]`.

use farcall::{ErrorKind, foreign_lib};
use std::ffi::c_void;

#[foreign_lib(names(windows = "kernel32.dll"), unsafe(load), unsafe(sync))]
mod kernel32 {
    use std::ffi::{CStr, c_char, c_void};

    /// The system's own functions.
    pub(super) struct Kernel32;

    #[handle(drop = CloseHandle)]
    pub(super) struct Handle(*mut c_void);

    unsafe extern "system" {
        pub(super) safe fn GetTickCount64() -> u64;
        pub(super) safe fn SetLastError(code: u32);
        #[last_error(on = 0)]
        pub(super) safe fn DeleteFileA(name: &CStr) -> i32;
        #[last_error]
        #[null_is_error]
        pub(super) safe fn CreateEventA(
            #[value(null)] attributes: *const c_void,
            manual: i32,
            set: i32,
            #[value(null)] name: *const c_char,
        ) -> Handle;
        pub(super) safe fn WaitForSingleObject(self: &Handle, milliseconds: u32) -> u32;
        #[last_error(on = 0)]
        pub(super) safe fn SetEvent(self: &Handle) -> i32;
        #[last_error(on = 0)]
        fn CloseHandle(handle: Handle) -> i32;
        pub(super) safe fn EnumSystemLocalesA(
            each: extern "system" fn(name: *mut c_char) -> i32,
            flags: u32,
        ) -> i32;
        #[optional]
        pub(super) safe fn FarcallNoSuchFunction() -> i32;
    }
}

#[test]
fn what_failed_says_windows_in_words() {
    let system = kernel32::Kernel32::load().unwrap();
    assert!(system.GetTickCount64() > 0);
    assert!(!system.has_FarcallNoSuchFunction());
    system.SetLastError(77);
    let error = system.DeleteFileA(c"C:\\farcall.none").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::LastError { code: 2 }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.starts_with("DeleteFileA: error 2: "), "{text}");
    assert!(text.contains("(in kernel32.dll)"), "{text}");
}

#[test]
fn handles_are_waited_for_and_closed() {
    let system = kernel32::Kernel32::load().unwrap();
    let event = system.CreateEventA(1, 0).unwrap();
    const TIMEOUT: u32 = 258;
    assert_eq!(event.WaitForSingleObject(0), TIMEOUT);
    event.SetEvent().unwrap();
    assert_eq!(event.WaitForSingleObject(0), 0);
    event.CloseHandle().unwrap();
}

#[test]
fn a_declared_function_takes_a_function() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SEEN: AtomicU32 = AtomicU32::new(0);
    extern "system" fn each(name: *mut std::ffi::c_char) -> i32 {
        assert!(!name.cast::<c_void>().is_null());
        SEEN.fetch_add(1, Ordering::SeqCst);
        1
    }
    let system = kernel32::Kernel32::load().unwrap();
    assert_ne!(system.EnumSystemLocalesA(each, 1), 0);
    assert!(SEEN.load(Ordering::SeqCst) > 0);
}
