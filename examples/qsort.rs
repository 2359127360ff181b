//! C's `qsort`, with Rust closures that compare.
//!
//! ```console
//! $ cargo run --release --example qsort
//! ```

use farcall::{Callback, ForeignType, Function, Library, Result, callback};
use std::ffi::c_int;
use std::process::ExitCode;

fn main() -> ExitCode {
    match sort() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn sort() -> Result<()> {
    // SAFETY: the C library is loaded already.
    let libc = unsafe { Library::open_any(["libc.so.6", "libc.so", "libSystem.B.dylib"])? };
    // The prototype is the one in the manual page.
    let qsort = libc.function(
        "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))",
    )?;
    rising(&qsort)?;
    falling(&qsort)?;
    borrowed(&qsort)?;
    failing(&qsort)
}

/// Sorts with whatever closure; C sees a function pointer.
fn sort_by<T: ForeignType, F>(
    qsort: &Function,
    items: &mut [T],
    compare: &Callback<F>,
) -> Result<()> {
    let (count, size) = (items.len(), size_of::<T>());
    // SAFETY: there are so many elements of this size, and the callers compare such elements.
    unsafe { qsort.call((items, count, size, compare)) }
}

/// The C text tells what `compare` is given: two pointers, as values.
fn rising(qsort: &Function) -> Result<()> {
    let compare = qsort.callback("compare", |args| {
        let number = |index: usize| {
            let address = args[index].as_pointer()?;
            // SAFETY: qsort hands over the addresses of elements.
            Some(unsafe { *address.cast::<i32>() })
        };
        let order = number(0).cmp(&number(1));
        order as c_int
    })?;
    let mut numbers = [13, 1, 8, 2, 5, 3];
    sort_by(qsort, &mut numbers, &compare)?;
    println!("over values:     {numbers:?}");
    Ok(())
}

/// What a comparison is in C.
type Compare<T> = unsafe extern "C" fn(*const T, *const T) -> c_int;

/// Where the types are known, rustc compiles the way from C into the closure.
fn falling(qsort: &Function) -> Result<()> {
    let compare: Callback<Compare<f64>> = Callback::from_fn(|a: *const f64, b: *const f64| {
        // SAFETY: as above.
        let order = unsafe { (*b).total_cmp(&*a) };
        order as c_int
    })?;
    let mut numbers = [0.5, -1.0, 2.5, 1e3];
    sort_by(qsort, &mut numbers, &compare)?;
    println!("over Rust types: {numbers:?}");
    Ok(())
}

/// In a scope, closures may borrow.
fn borrowed(qsort: &Function) -> Result<()> {
    let names = ["fig".to_owned(), "banana".to_owned(), "cherry".to_owned()];
    let mut order = [0u32, 1, 2];
    // SAFETY: as above.
    let name = |index: *const u32| &names[unsafe { *index } as usize];
    let compare = |a, b| name(a).cmp(name(b)) as c_int;
    callback::scope(|scope| {
        let compare = scope.from_fn::<Compare<u32>, _>(compare)?;
        sort_by(qsort, &mut order, compare)
    })?;
    println!(
        "that borrows:    {:?}",
        order.map(|index| &names[index as usize])
    );
    Ok(())
}

/// C cannot pass an error on: it sorts to the end, and the error comes out of the call.
fn failing(qsort: &Function) -> Result<()> {
    let compare = qsort.callback("compare", |_| Err::<c_int, _>("these cannot be compared"))?;
    match sort_by(qsort, &mut [2, 1], &compare) {
        Ok(()) => println!("that gives up:   sorted all the same"),
        Err(error) => println!("that gives up:   {error}"),
    }
    Ok(())
}
