//! SQLite, found at run time, with a Rust closure as a function of SQL.
//!
//! ```console
//! $ cargo run --release --example sqlite
//! ```

use farcall::{Declarations, Library, Result, Value, values};
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::process::ExitCode;
use std::ptr;

/// What of SQLite is used, as its header has it.
const SQLITE: &str = "
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_context sqlite3_context;
    typedef struct sqlite3_value sqlite3_value;
    int sqlite3_open(const char *filename, sqlite3 **db);
    int sqlite3_close(sqlite3 *db);
    const char *sqlite3_errmsg(sqlite3 *db);
    int sqlite3_exec(sqlite3 *db, const char *sql,
                     int (*row)(void *context, int columns, char **values, char **names),
                     void *context, char **message);
    int sqlite3_create_function_v2(
        sqlite3 *db, const char *name, int arguments, int encoding, void *data,
        void (*func)(sqlite3_context *context, int count, sqlite3_value **arguments),
        void (*step)(sqlite3_context *context, int count, sqlite3_value **arguments),
        void (*final)(sqlite3_context *context),
        void (*destroy)(void *data));
    const unsigned char *sqlite3_value_text(sqlite3_value *value);
    void sqlite3_result_int(sqlite3_context *context, int result);
";

const UTF8: c_int = 1;
const NULL: *const c_void = ptr::null();

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
    // SAFETY: loading SQLite runs nothing that could surprise.
    let sqlite = unsafe { Library::open_any(["libsqlite3.so.0", "sqlite3"])? };
    let declarations = Declarations::parse(SQLITE)?;
    let function = |name| sqlite.function_in(&declarations, name);

    let mut db: *mut c_void = ptr::null_mut();
    // SAFETY: the declarations are those of the header, here and below.
    let status: c_int = unsafe { function("sqlite3_open")?.call((c":memory:", &mut db))? };
    assert_eq!(status, 0, "SQLite opens a database in memory");

    // A function of SQL: C gives it a context and arguments, and it tells the context its result.
    let create = function("sqlite3_create_function_v2")?;
    let text = function("sqlite3_value_text")?;
    let result = function("sqlite3_result_int")?;
    let vowels = create.callback("func", move |args| {
        let arguments = args[2].as_pointer().ok_or("no arguments")?;
        // SAFETY: there is one, as SQLite is told below.
        let argument = unsafe { *arguments.cast::<*mut c_void>() };
        // SAFETY: SQLite lets it be read during this call.
        let text = unsafe { text.call_values(&values![argument])? };
        // SAFETY: it is a C string, or null.
        let text = unsafe { text.as_c_str() }.ok_or("null has no vowels")?;
        // SAFETY: the context is the one of this call.
        unsafe { result.call_values(&values![args[0], count_vowels(text)])? };
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    })?;
    let arguments = values![db, c"vowels", 1, UTF8, NULL, &vowels, NULL, NULL, NULL];
    // SAFETY: `vowels` lives until the database is closed.
    let status = unsafe { create.call_values(&arguments)? };
    assert_eq!(status.as_i64(), Some(0), "SQLite takes a function");

    // Rows come to another closure, whose result 0 means: go on.
    let exec = function("sqlite3_exec")?;
    let row = exec.callback("row", |args| print_row(args).ok_or("no row"))?;
    let run = |sql: &CStr| -> Result<c_int> {
        // SAFETY: `row` lives as long as this closure.
        unsafe { exec.call_values(&values![db, sql, &row, NULL, NULL])? }.try_into()
    };
    run(c"create table fruit (name text)")?;
    run(c"insert into fruit values ('fig'), ('banana'), ('clementine'), ('peach')")?;
    run(c"select name, vowels(name) from fruit order by vowels(name) desc")?;

    // An error in the closure is not lost in SQLite: it comes out of the call.
    match run(c"select vowels(null)") {
        Ok(status) => println!("status {status}"),
        Err(error) => println!("{error}"),
    }
    // SAFETY: nothing of the database is used any more.
    unsafe { function("sqlite3_close")?.call::<_, c_int>((db,))? };
    Ok(())
}

fn count_vowels(text: &CStr) -> c_int {
    let text = text.to_bytes().iter();
    text.filter(|letter| b"aeiou".contains(letter)).count() as c_int
}

/// A row as SQLite gives it: so many texts, which are null for nothing.
fn print_row(args: &[Value<'_>]) -> Option<c_int> {
    let (columns, texts) = (args[1].as_u64()?, args[2].as_pointer()?);
    for column in 0..columns as usize {
        // SAFETY: there is a text for each column.
        let text = unsafe { *texts.cast::<*const c_char>().add(column) };
        // SAFETY: no column is null here.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        print!("{}{text}", if column == 0 { "" } else { ": " });
    }
    println!();
    Some(0)
}
