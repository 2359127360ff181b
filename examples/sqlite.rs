//! SQLite, declared as in its manual and found at run time: rows come to a closure, and others are
//! an order and a function of SQL.
//!
//! ```console
//! $ cargo run --release --example sqlite
//! ```

use farcall::{Callback, FnType, Result, foreign_lib};
use sqlite::{Connection, Sqlite};
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::process::ExitCode;
use std::slice;

/// What of SQLite is used, as its manual has it, with what C cannot say.
#[foreign_lib(
    names(
        linux = "libsqlite3.so.0",
        macos = "libsqlite3.dylib",
        windows = "sqlite3.dll"
    ),
    unsafe(load),
    prefix = "sqlite3_"
)]
mod sqlite {
    use farcall::Callback;
    use std::ffi::{CStr, CString, c_char, c_int, c_void};

    /// SQLite.
    pub(crate) struct Sqlite;
    pub(crate) const UTF8: c_int = 1;

    #[status(ok = 0, text = sqlite3_errstr)]
    pub(crate) struct Status(c_int);
    #[handle(drop = sqlite3_close_v2, message = sqlite3_errmsg)]
    pub(crate) struct Connection(*mut c_void);
    #[handle(drop = sqlite3_free)]
    pub(crate) struct Text(*mut c_char);

    unsafe extern "C" {
        pub(crate) safe fn sqlite3_errstr(code: c_int) -> &'static CStr;
        pub(crate) safe fn sqlite3_open(filename: &CStr, #[out] db: *mut Connection) -> Status;
        pub(crate) safe fn sqlite3_errmsg(self: &Connection) -> CString;
        pub(crate) safe fn sqlite3_exec(
            self: &Connection,
            sql: &CStr,
            #[fallback(1)] row: Option<
                extern "C" fn(
                    context: *mut c_void,
                    n: c_int,
                    values: *mut *mut c_char,
                    names: *mut *mut c_char,
                ) -> c_int,
            >,
            #[context_of(row)] context: *mut c_void,
            #[message] message: *mut Text,
        ) -> Status;
        pub(crate) safe fn sqlite3_create_collation_v2(
            self: &Connection,
            name: &CStr,
            #[value(UTF8)] encoding: c_int,
            #[context_of(compare, destroy = destroy)] data: *mut c_void,
            compare: extern "C" fn(
                data: *mut c_void,
                a_len: c_int,
                a: *const c_void,
                b_len: c_int,
                b: *const c_void,
            ) -> c_int,
            destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Status;
        pub(crate) safe fn sqlite3_create_function_v2(
            self: &Connection,
            name: &CStr,
            arguments: c_int,
            #[value(UTF8)] encoding: c_int,
            #[value(null)] data: *mut c_void,
            func: &Callback,
            #[value(null)] step: *const c_void,
            #[value(null)] last: *const c_void,
            #[value(null)] destroy: *const c_void,
        ) -> Status;
        pub(crate) fn sqlite3_value_text<'a>(value: *mut c_void) -> Option<&'a CStr>;
        pub(crate) fn sqlite3_result_int(context: *mut c_void, result: c_int);
        fn sqlite3_close_v2(db: Connection) -> Status;
        fn sqlite3_free(text: Text);
    }
}

fn main() -> ExitCode {
    match query() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn query() -> Result<()> {
    let sqlite = Sqlite::load()?;
    // Dropped after the connection, which calls it.
    let vowels = vowels(sqlite)?;
    let db = sqlite.open(c":memory:")?;
    db.create_function_v2(c"vowels", 1, &vowels)?;
    // SQLite has this one until it says that it is done.
    db.create_collation_v2(c"ending", |a_len, a, b_len, b| {
        // SAFETY: SQLite gives so many bytes.
        let bytes = |text: *const c_void, len: c_int| unsafe {
            slice::from_raw_parts(text.cast::<u8>(), len as usize)
        };
        let (a, b) = (bytes(a, a_len), bytes(b, b_len));
        a.iter().rev().cmp(b.iter().rev()) as c_int
    })?;

    db.exec(c"create table fruit (name text)", None)?;
    db.exec(
        c"insert into fruit values ('fig'), ('banana'), ('clementine'), ('peach')",
        None,
    )?;
    print(
        &db,
        c"select name, vowels(name) from fruit order by vowels(name) desc",
    )?;
    print(&db, c"select name from fruit order by name collate ending")?;

    // An error in a closure is not lost in SQLite: it comes out of the call.
    match print(&db, c"select vowels(null)") {
        Ok(()) => println!("no error"),
        Err(error) => println!("{error}"),
    }
    db.close_v2()
}

/// A function of SQL: SQLite gives it a context and arguments, and it tells the context its result.
/// As SQLite passes no context of its own, it is a callback.
fn vowels(sqlite: Sqlite) -> Result<Callback> {
    let ty = FnType::parse("void func(void *context, int count, void **arguments)")?;
    let callback = Callback::builder()
        .name("vowels")
        .of_library(sqlite.library());
    callback.new(ty, move |args| {
        let context = args[0].as_pointer().ok_or("no context")?;
        let arguments = args[2].as_pointer().ok_or("no arguments")?;
        // SAFETY: there is one, as SQLite is told.
        let argument = unsafe { *arguments.cast::<*mut c_void>() };
        // SAFETY: SQLite lets it be read during this call.
        let text = unsafe { sqlite.value_text(argument) }.ok_or("null has no vowels")?;
        let vowels = text.to_bytes().iter().filter(|c| b"aeiou".contains(c));
        // SAFETY: the context is the one of this call.
        unsafe { sqlite.result_int(context, vowels.count() as c_int) };
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    })
}

/// Prints the rows that a query has.
fn print(db: &Connection, sql: &CStr) -> Result<()> {
    db.exec(
        sql,
        Some(&mut |columns, values, _| {
            let texts = (0..columns as usize).map(|column| text(values, column));
            println!("{}", texts.collect::<Vec<_>>().join(": "));
            0
        }),
    )
}

/// A text of a row.
fn text(values: *mut *mut c_char, column: usize) -> String {
    // SAFETY: there is a text for each column, and no column is null here.
    let text = unsafe { CStr::from_ptr(*values.add(column)) };
    text.to_string_lossy().into_owned()
}
