//! SQLite.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use farcall::{Value, values};

use super::Api;

pub(super) const SQLITE: &str = "
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_stmt sqlite3_stmt;
    typedef long long int sqlite3_int64;
    typedef void (*sqlite3_destructor_type)(void *);
    extern const char sqlite3_version[2];
    const char *sqlite3_libversion(void);
    int sqlite3_libversion_number(void);
    int sqlite3_open(const char *filename, sqlite3 **ppDb);
    const char *sqlite3_errmsg(sqlite3 *);
    int sqlite3_exec(sqlite3 *, const char *sql,
                     int (*callback)(void *, int, char **, char **), void *, char **errmsg);
    int sqlite3_prepare_v2(sqlite3 *db, const char *zSql, int nByte, sqlite3_stmt **ppStmt,
                           const char **pzTail);
    int sqlite3_bind_int64(sqlite3_stmt *, int, sqlite3_int64);
    int sqlite3_bind_double(sqlite3_stmt *, int, double);
    int sqlite3_bind_null(sqlite3_stmt *, int);
    int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void (*)(void *));
    int sqlite3_step(sqlite3_stmt *);
    int sqlite3_reset(sqlite3_stmt *);
    int sqlite3_column_count(sqlite3_stmt *);
    int sqlite3_column_type(sqlite3_stmt *, int iCol);
    sqlite3_int64 sqlite3_column_int64(sqlite3_stmt *, int iCol);
    double sqlite3_column_double(sqlite3_stmt *, int iCol);
    const unsigned char *sqlite3_column_text(sqlite3_stmt *, int iCol);
    int sqlite3_column_bytes(sqlite3_stmt *, int iCol);
    sqlite3_int64 sqlite3_last_insert_rowid(sqlite3 *);
    int sqlite3_finalize(sqlite3_stmt *);
    int sqlite3_close(sqlite3 *);
    char *sqlite3_mprintf(const char *, ...);
    char *sqlite3_snprintf(int, char *, const char *, ...);
    void sqlite3_free(void *);
";

pub(super) const OK: i64 = 0;
const ERROR: i64 = 1;
const BUSY: i64 = 5;
pub(super) const ROW: i64 = 100;
const DONE: i64 = 101;
const TRANSIENT: *const c_void = ptr::without_provenance(usize::MAX);

fn sqlite() -> Option<Api> {
    Api::open("sqlite3", "libsqlite3-0", SQLITE)
}

/// A connection or a statement.
pub(super) type Handle = *mut c_void;

pub(super) fn open(api: &Api) -> Handle {
    let mut db: Handle = ptr::null_mut();
    let status = api.int("sqlite3_open", &values![c":memory:", &mut db]);
    assert_eq!((status, db.is_null()), (OK, false));
    db
}

pub(super) fn prepare(api: &Api, db: Handle, sql: &CStr) -> Result<Handle, i64> {
    let mut statement: Handle = ptr::null_mut();
    let tail = ptr::null::<*const c_char>();
    let arguments = values![db, sql, -1, &mut statement, tail];
    match api.int("sqlite3_prepare_v2", &arguments) {
        OK => Ok(statement),
        status => Err(status),
    }
}

pub(super) fn execute(api: &Api, db: Handle, sql: &CStr) {
    let null = ptr::null::<c_void>();
    let arguments = values![db, sql, null, null, ptr::null::<*mut c_char>()];
    assert_eq!(api.int("sqlite3_exec", &arguments), OK, "{sql:?}");
}

fn insert(api: &Api, statement: Handle, row: [Value<'_>; 3]) {
    let [number, real, text] = row;
    let bind = |name, arguments: &[_]| assert_eq!(api.int(name, arguments), OK, "{name}");
    bind("sqlite3_bind_int64", &values![statement, 1, number]);
    bind("sqlite3_bind_double", &values![statement, 2, real]);
    if text.as_pointer() == Some(ptr::null_mut()) {
        bind("sqlite3_bind_null", &values![statement, 3]);
    } else {
        bind(
            "sqlite3_bind_text",
            &values![statement, 3, text, -1, TRANSIENT],
        );
    }
    assert_eq!(api.int("sqlite3_step", &values![statement]), DONE);
    assert_eq!(api.int("sqlite3_reset", &values![statement]), OK);
}

#[test]
fn rows_are_written_and_read() {
    let Some(sqlite) = sqlite() else { return };
    for api in sqlite.engines() {
        let db = open(&api);
        execute(&api, db, c"create table t (a integer, b real, c text)");
        let into = prepare(&api, db, c"insert into t values (?, ?, ?)").unwrap();
        let null = ptr::null::<c_char>();
        insert(&api, into, values![i64::MIN, 0.1, c"gr\xc3\xbc\xc3\x9fe"]);
        insert(&api, into, values![7, -2.5e300, c""]);
        insert(&api, into, values![-1, 0.0, null]);
        assert_eq!(api.int("sqlite3_last_insert_rowid", &values![db]), 3);

        let from = prepare(&api, db, c"select a, b, c from t order by rowid").unwrap();
        assert_eq!(api.int("sqlite3_column_count", &values![from]), 3);
        let mut rows = Vec::new();
        while api.int("sqlite3_step", &values![from]) == ROW {
            rows.push(row(&api, from));
        }
        let expected = [
            (i64::MIN, 0.1, Some("grüße".to_owned())),
            (7, -2.5e300, Some(String::new())),
            (-1, 0.0, None),
        ];
        assert_eq!(rows, expected);
        // the statements keep the connection busy
        assert_eq!(api.int("sqlite3_close", &values![db]), BUSY);
        assert_eq!(api.int("sqlite3_finalize", &values![from]), OK);
        assert_eq!(api.int("sqlite3_finalize", &values![into]), OK);
        assert_eq!(api.int("sqlite3_close", &values![db]), OK);
    }
}

fn row(api: &Api, from: Handle) -> (i64, f64, Option<String>) {
    const TEXT: i64 = 3;
    let column = |name, index: c_int| api.call(name, &values![from, index]);
    let text = (api.int("sqlite3_column_type", &values![from, 2]) == TEXT)
        .then(|| api.text("sqlite3_column_text", &values![from, 2]));
    let bytes = column("sqlite3_column_bytes", 2).as_u64();
    assert_eq!(bytes, Some(text.as_ref().map_or(0, String::len) as u64));
    (
        column("sqlite3_column_int64", 0).as_i64().unwrap(),
        column("sqlite3_column_double", 1).as_f64().unwrap(),
        text,
    )
}

#[test]
fn a_mistake_has_its_message() {
    let Some(sqlite) = sqlite() else { return };
    for api in sqlite.engines() {
        let db = open(&api);
        assert_eq!(prepare(&api, db, c"select a from nope"), Err(ERROR));
        let message = api.text("sqlite3_errmsg", &values![db]);
        assert_eq!(message, "no such table: nope");
        assert_eq!(api.int("sqlite3_close", &values![db]), OK);
    }
}

extern "C" fn sum(
    total: *mut c_void,
    columns: c_int,
    values: *mut *mut c_char,
    _names: *mut *mut c_char,
) -> c_int {
    for index in 0..columns as usize {
        // SAFETY: SQLite passes that many texts.
        let text = unsafe { *values.add(index) };
        // SAFETY: as above.
        let text = unsafe { CStr::from_ptr(text) };
        // SAFETY: the test passes a number.
        unsafe { *total.cast::<i64>() += text.to_str().unwrap().parse::<i64>().unwrap() };
    }
    0
}

#[test]
fn rows_come_to_a_rust_function() {
    let Some(sqlite) = sqlite() else { return };
    let text = c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
                 select i, i * i from n";
    for api in sqlite.engines() {
        let db = open(&api);
        let mut total = 0i64;
        let null = ptr::null::<*mut c_char>();
        let arguments = values![db, text, sum as *const c_void, &mut total, null];
        assert_eq!(api.int("sqlite3_exec", &arguments), OK);
        assert_eq!(total, 5050 + 338_350);
        assert_eq!(api.int("sqlite3_close", &values![db]), OK);
    }
}

#[test]
fn calls_with_rust_types_give_the_same() {
    let Some(api) = sqlite() else { return };
    let mut db: Handle = ptr::null_mut();
    let open = api.function("sqlite3_open");
    // SAFETY: the declarations are those of the manual.
    let status: c_int = unsafe { open.call((c":memory:", &mut db)) }.unwrap();
    assert_eq!((status, db.is_null()), (0, false));
    let close = api.function("sqlite3_close");
    let close = close
        .typed::<unsafe extern "C" fn(*mut c_void) -> c_int>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { close(db) }, 0);
}

#[test]
fn the_version_is_a_variable_and_a_function() {
    let Some(sqlite) = sqlite() else { return };
    let version = sqlite.variable("sqlite3_version");
    // SAFETY: a constant text, of which the first two characters are declared.
    let start = unsafe { version.object() };
    assert_eq!(start.bytes(), b"3.");
    // SAFETY: it is a C string.
    let text = unsafe { CStr::from_ptr(version.address().cast()) };
    let parts: Vec<i64> = text
        .to_str()
        .unwrap()
        .split('.')
        .map(|n| n.parse().unwrap())
        .collect();
    for api in sqlite.engines() {
        assert_eq!(
            api.text("sqlite3_libversion", &[]).as_bytes(),
            text.to_bytes()
        );
        let number = parts[0] * 1_000_000 + parts[1] * 1000 + parts[2];
        assert_eq!(api.int("sqlite3_libversion_number", &[]), number);
    }
}

#[test]
fn text_is_formatted_and_quoted() {
    let Some(api) = sqlite() else { return };
    for api in api.engines() {
        let text = api.call(
            "sqlite3_mprintf",
            &values![
                c"insert into t values (%Q, %d, %lld, %.2f, %w)",
                c"it's",
                -5i8,
                i64::MIN,
                0.5f32,
                c"a\"b"
            ],
        );
        let pointer = text.as_pointer().unwrap();
        // SAFETY: the function returns a string of its own.
        let found = unsafe { CStr::from_ptr(pointer.cast()) };
        let expected = c"insert into t values ('it''s', -5, -9223372036854775808, 0.50, a\"\"b)";
        assert_eq!(found, expected);
        api.call("sqlite3_free", &values![pointer]);
        let format = api.function("sqlite3_mprintf");
        // SAFETY: the arguments are those that the format asks for.
        let pointer: *mut c_char =
            unsafe { format.call((c"%Q %s %d", None::<&c_char>, c"x", 7u16)) }.unwrap();
        // SAFETY: as above.
        assert_eq!(unsafe { CStr::from_ptr(pointer) }, c"NULL x 7");
        api.call("sqlite3_free", &values![pointer]);
    }
}
