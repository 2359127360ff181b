//! What ends the process, and what needs one of its own.

use super::{Count, closures};
use farcall::foreign_lib;
use std::rc::Rc;
use support::child;

/// The same functions in a library that stays on one thread.
#[foreign_lib(prefix = "cl_")]
mod confined {
    use std::ffi::{CStr, c_int, c_void};
    pub(super) struct Confined;
    #[status(ok = 0)]
    pub(super) struct Status(c_int);
    #[handle(drop = cl_close)]
    pub(super) struct Source(*mut c_void);
    impl Source {
        pub(super) fn address(&self) -> *mut c_void {
            self.0
        }
    }
    unsafe extern "C" {
        pub(super) safe fn cl_open(#[out] source: *mut Source) -> Status;
        fn cl_close(source: Source);
        pub(super) safe fn cl_register(
            self: &Source,
            how: c_int,
            visit: Option<extern "C" fn(context: *mut c_void, n: c_int, text: &CStr) -> c_int>,
            #[context_of(visit, destroy = destroy)] context: *mut c_void,
            destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Status;
        #[calls_back]
        pub(super) safe fn cl_fire(self: &Source, n: c_int) -> c_int;
    }
}

#[test]
fn does_a_panic_without_a_collecting_call_end_the_process() {
    child::aborts("the closure visit of cl_add (in ", || {
        let lib = closures();
        let source = lib.open().unwrap();
        lib.add(&source, |_, _| panic!("nobody listens")).unwrap();
        source.fire_alone(0);
    });
    child::aborts(
        "nobody listens; mark the function that calls it with `#[calls_back]`",
        || {
            let lib = closures();
            let source = lib.open().unwrap();
            source
                .register(0, Some(Box::new(|_, _| panic!("nobody listens"))))
                .unwrap();
            source.fire_alone(0);
        },
    );
}

#[test]
fn does_a_panic_on_a_thread_of_c_end_the_process() {
    child::aborts("far away", || {
        closures().elsewhere_shared(|_, _| panic!("far away"));
    });
}

#[test]
fn may_a_closure_of_a_confined_library_be_of_one_thread() {
    child::alone(|| {
        // SAFETY: it is the library that is declared.
        let lib = unsafe { confined::Confined::load_from(support::fixture("closures")) }.unwrap();
        let (count, shared) = (Count::default(), Rc::new(3));
        let source = lib.open().unwrap();
        let (token, inner) = (count.token(), shared.clone());
        source
            .register(
                0,
                Some(Box::new(move |n, _| {
                    token.touch();
                    n * *inner
                })),
            )
            .unwrap();
        assert_eq!((source.fire(4), count.get()), (12, 0));
        // Done on another thread: it is not freed there, as it is not `Send`.
        let address = source.address() as usize;
        let unregister = lib.library().symbol("cl_unregister").unwrap().address() as usize;
        std::thread::spawn(move || {
            // SAFETY: this is its type, and the source is alive.
            unsafe {
                std::mem::transmute::<usize, unsafe extern "C" fn(usize)>(unregister)(address);
            }
        })
        .join()
        .unwrap();
        assert_eq!((count.get(), Rc::strong_count(&shared)), (0, 2));
    });
}
