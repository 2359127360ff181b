use farcall::foreign_lib;

#[foreign_lib(this_process, unsafe(load))]
mod lib {
    use std::ffi::*;
    pub struct Lib;
    #[handle(drop = close)]
    pub struct Parent(*mut c_void);
    #[handle(drop = end)]
    pub struct Child<'p>(*mut c_void);
    unsafe extern "C" {
        pub safe fn parent() -> Parent;
        pub safe fn child<'p>(self: &'p Parent) -> Child<'p>;
        pub safe fn text(self: &Parent) -> &CStr;
        pub fn free(p: *mut c_void);
        fn close(p: Parent);
        fn end(c: Child<'_>);
    }
}

fn main() {
    let lib = lib::Lib::load().unwrap();
    let parent = lib.parent();
    parent.close();
    parent.text();
}
