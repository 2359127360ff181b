//! Libraries whose functions are described by C text.

use farcall::{Callback, Declarations, Errno, Function, LastError, Value, ValueView, values};
use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicU32, Ordering};

const TEXT: &str = "
    typedef unsigned long DWORD;
    typedef int BOOL;
    typedef void *HANDLE;
    typedef struct { DWORD low, high; } FILETIME;
    unsigned long long GetTickCount64(void);
    DWORD GetCurrentThreadId(void);
    DWORD GetEnvironmentVariableW(const unsigned short *name, unsigned short *to, DWORD size);
    BOOL SetEnvironmentVariableW(const unsigned short *name, const unsigned short *value);
    void SetLastError(DWORD code);
    DWORD GetLastError(void);
    BOOL DeleteFileW(const unsigned short *name);
    BOOL EnumSystemLocalesA(BOOL (*each)(char *name), DWORD flags);
    HANDLE CreateThread(void *attributes, size_t stack, DWORD (*start)(void *), void *argument,
                        DWORD flags, DWORD *id);
    DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds);
    BOOL CloseHandle(HANDLE handle);
    BOOL FileTimeToSystemTime(const FILETIME *time, void *parts);
    int MulDiv(int number, int numerator, int denominator);
    void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
    int sprintf(char *to, const char *format, ...);
    int _open(const char *name, int flags, ...);
    double pow(double x, double y);
    struct ldiv { long quot, rem; } ldiv(long a, long b);
";

/// A function through each engine.
fn on_engines(library: &str, name: &str) -> Vec<Function> {
    let declarations = Declarations::parse(TEXT).expect("declarations");
    let function = support::open(library)
        .function_in(&declarations, name)
        .expect(name);
    let engines = support::engines().iter();
    engines
        .map(|engine| function.with_engine(*engine).expect(name))
        .collect()
}

/// As Windows has its texts.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

#[test]
fn numbers_come_and_go() {
    for ticks in on_engines("kernel32.dll", "GetTickCount64") {
        // SAFETY: as in the system's headers.
        let (first, second): (u64, u64) =
            unsafe { (ticks.call(()).unwrap(), ticks.call(()).unwrap()) };
        assert!(first > 0 && second >= first);
    }
    for muldiv in on_engines("kernel32.dll", "MulDiv") {
        // SAFETY: as above.
        let result = unsafe { muldiv.call_values(&values![1_000_000, 3_000, -7_000]) }.unwrap();
        assert_eq!(result.as_i64(), Some(-428_571));
    }
    for pow in on_engines("msvcrt.dll", "pow") {
        // SAFETY: as above.
        assert_eq!(unsafe { pow.call::<_, f64>((2.0, 10.0)) }.unwrap(), 1024.0);
    }
    for divide in on_engines("msvcrt.dll", "ldiv") {
        // SAFETY: as above.
        let result = unsafe { divide.call_values(&values![-7, 2]) }.unwrap();
        let ValueView::Record(parts) = result.as_value().view() else {
            panic!("a record")
        };
        assert_eq!(parts.bytes(), [-3i32, -1].map(i32::to_le_bytes).concat());
    }
}

#[test]
fn wide_texts_are_found_in_the_environment() {
    let (name, value) = (wide("FARCALL_ÄÖ"), wide("größer als 漢字"));
    for set in on_engines("kernel32.dll", "SetEnvironmentVariableW") {
        // SAFETY: both texts end in a zero; no other thread reads the environment by name.
        let done: i32 = unsafe { set.call((&name[..], &value[..])) }.unwrap();
        assert_ne!(done, 0);
    }
    assert_eq!(std::env::var("FARCALL_ÄÖ").unwrap(), "größer als 漢字");
    for get in on_engines("kernel32.dll", "GetEnvironmentVariableW") {
        let mut to = [0u16; 64];
        // SAFETY: there are 64 places.
        let length: u32 = unsafe { get.call((&name[..], &mut to[..], 64u32)) }.unwrap();
        assert_eq!(to[..length as usize], value[..value.len() - 1]);
        // SAFETY: the place is not written to.
        let (length, error) = unsafe {
            get.call_last_error::<_, u32>((&wide("FARCALL_NONE")[..], &mut to[..], 64u32))
        }
        .unwrap();
        assert_eq!((length, error), (0, LastError(203)));
    }
}

/// In every way of calling, at the first call and after, whatever was left before.
#[test]
fn the_last_error_is_that_of_the_call() {
    let none = wide(r"C:\farcall\none");
    for delete in on_engines("kernel32.dll", "DeleteFileW") {
        for _ in 0..3 {
            LastError(77).set();
            // SAFETY: there is no such file.
            let (done, error) = unsafe { delete.call_last_error::<_, i32>((&none[..],)) }.unwrap();
            assert_eq!((done, error), (0, LastError(3)));
            let argument = [Value::from(none.as_ptr())];
            // SAFETY: as above.
            let (done, error) = unsafe { delete.call_values_last_error(&argument) }.unwrap();
            assert_eq!((done.as_i64(), error), (Some(0), LastError(3)));
        }
    }
    for set in on_engines("kernel32.dll", "SetLastError") {
        for code in [0, 5, u32::MAX] {
            LastError(9).set();
            // SAFETY: it takes any number.
            let ((), error) = unsafe { set.call_last_error((code,)) }.unwrap();
            assert_eq!(error, LastError(code));
            // SAFETY: as above.
            let (_, error) = unsafe { set.call_values_last_error(&values![code]) }.unwrap();
            assert_eq!(error, LastError(code));
        }
    }
    for get in on_engines("kernel32.dll", "GetLastError") {
        LastError(9).set();
        // SAFETY: it takes nothing.
        let (before, after) = unsafe { get.call_last_error::<_, u32>(()) }.unwrap();
        assert_eq!((before, after), (0, LastError(0)));
    }
}

#[test]
fn the_last_error_prints_with_the_systems_text() {
    assert_eq!(LastError(0).to_string(), "error 0");
    let text = LastError(2).to_string();
    assert!(
        text.starts_with("error 2: ") && !text.contains("os error"),
        "{text}"
    );
    assert_eq!(
        std::io::Error::from(LastError(5)).kind(),
        std::io::ErrorKind::PermissionDenied
    );
}

#[test]
fn windows_calls_closures() {
    for each in on_engines("kernel32.dll", "EnumSystemLocalesA") {
        let names = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let seen = names.clone();
        let callback: Callback<unsafe extern "system" fn(*const c_char) -> i32> =
            Callback::builder()
                .engine(each.engine().unwrap())
                .from_fn(move |name: *const c_char| {
                    // SAFETY: the system passes a text.
                    let name = unsafe { CStr::from_ptr(name) };
                    seen.borrow_mut().push(name.to_string_lossy().into_owned());
                    1
                })
                .unwrap();
        const INSTALLED: u32 = 1;
        // SAFETY: as in the system's headers.
        let done: i32 = unsafe { each.call((&callback, INSTALLED)) }.unwrap();
        assert_ne!(done, 0);
        assert!(
            names.borrow().iter().any(|name| name == "00000409"),
            "{names:?}"
        );
    }
}

#[test]
fn the_c_library_sorts_with_a_closure() {
    for sort in on_engines("msvcrt.dll", "qsort") {
        let compare = sort.callback("compare", |args| {
            // SAFETY: `qsort` passes elements of its array.
            let read = |at: usize| unsafe { *args[at].as_pointer().unwrap().cast::<i32>() };
            read(0).cmp(&read(1)) as i32
        });
        let compare = compare.unwrap();
        let mut numbers = [5, -3, 9, 0, 7, -8];
        // SAFETY: there are six integers.
        unsafe { sort.call::<_, ()>((&mut numbers[..], 6usize, 4usize, &compare)) }.unwrap();
        assert_eq!(numbers, [-8, -3, 0, 5, 7, 9]);
    }
}

#[test]
fn a_thread_of_windows_runs_a_shared_closure() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let wait = &on_engines("kernel32.dll", "WaitForSingleObject")[0];
    let close = &on_engines("kernel32.dll", "CloseHandle")[0];
    for create in on_engines("kernel32.dll", "CreateThread") {
        let before = RUNS.load(Ordering::SeqCst);
        let start = Callback::builder()
            .engine(create.engine().unwrap())
            .any_thread();
        let start = start.from_fn(|argument: *mut c_void| -> u32 {
            RUNS.fetch_add(argument.addr() as u32, Ordering::SeqCst);
            3
        });
        let start: Callback<unsafe extern "system" fn(*mut c_void) -> u32, _> = start.unwrap();
        let none = std::ptr::null_mut::<c_void>();
        let argument = std::ptr::without_provenance_mut::<c_void>(40);
        // SAFETY: the callback is dropped when the thread has ended.
        let thread: *mut c_void = unsafe {
            create.call((
                none,
                0usize,
                &start,
                argument,
                0u32,
                std::ptr::null_mut::<u32>(),
            ))
        }
        .unwrap();
        assert!(!thread.is_null());
        // SAFETY: the handle is a thread's.
        let waited: u32 = unsafe { wait.call((thread, 60_000u32)) }.unwrap();
        // SAFETY: as above.
        let closed: i32 = unsafe { close.call((thread,)) }.unwrap();
        assert_eq!((waited, closed != 0), (0, true));
        assert_eq!(RUNS.load(Ordering::SeqCst), before + 40);
    }
}

#[test]
fn extra_arguments_reach_the_c_library() {
    for print in on_engines("msvcrt.dll", "sprintf") {
        let mut to = [0u8; 128];
        // SAFETY: the text is shorter.
        let length: i32 = unsafe {
            print.call((
                &mut to[..],
                c"%d %.2f %s %c %d %g %d",
                7,
                2.5,
                c"text",
                b'c',
                -1,
                0.5f32,
                9,
            ))
        }
        .unwrap();
        assert_eq!(&to[..length as usize], b"7 2.50 text c -1 0.5 9");
    }
}

/// The program is linked to this C library on targets that end in `-gnu`.
#[cfg(target_env = "gnu")]
#[test]
fn errno_is_that_of_the_c_library() {
    for open in on_engines("msvcrt.dll", "_open") {
        for _ in 0..2 {
            // SAFETY: nothing is created.
            let (file, errno) =
                unsafe { open.call_errno::<_, i32>((c"C:\\farcall\\none", 0)) }.unwrap();
            assert_eq!((file, errno), (-1, Errno(2)));
        }
        assert_eq!(Errno(2).to_string(), "errno 2: No such file or directory");
    }
}
