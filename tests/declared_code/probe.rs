// Compiled by `tests/declared_code.rs`, which reads the machine code.

#[farcall::foreign_lib]
pub mod lib {
    use std::ffi::c_int;
    pub struct Lib;
    #[handle(drop = end)]
    pub struct Thing(*mut std::ffi::c_void);
    unsafe extern "C" {
        pub safe fn first(a: c_int) -> c_int;
        pub safe fn plain(a: c_int, b: f64, c: u8) -> c_int;
        pub safe fn nothing();
        pub safe fn method(self: &Thing, n: c_int) -> c_int;
        #[calls_back]
        pub safe fn collecting(a: c_int) -> c_int;
        fn end(thing: Thing);
    }
}

#[unsafe(no_mangle)]
pub fn probe_plain(lib: lib::Lib, a: i32, b: f64, c: u8) -> i32 {
    lib.plain(a, b, c)
}

#[unsafe(no_mangle)]
pub fn probe_nothing(lib: lib::Lib) {
    lib.nothing();
}

#[unsafe(no_mangle)]
pub fn probe_method(thing: &lib::Thing, n: i32) -> i32 {
    thing.method(n)
}

/// What is not as short: for the reader of machine code to see that it can tell.
#[unsafe(no_mangle)]
pub fn probe_collecting(lib: lib::Lib, a: i32) -> i32 {
    lib.collecting(a)
}
