//! SQLite, declared as in its manual.

use farcall::{ErrorKind, foreign_lib};
use std::ffi::c_int;
use std::ptr;

#[foreign_lib(
    names(
        linux = "libsqlite3.so.0",
        macos = "libsqlite3.dylib",
        windows = "sqlite3.dll"
    ),
    unsafe(load),
    unsafe(sync),
    prefix = "sqlite3_",
    dlopen_note(feature = "sqlite", description = "what \"notes\" are kept in")
)]
mod sqlite {
    use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};

    /// SQLite, found at run time.
    pub(super) struct Sqlite;
    pub(super) const ROW: c_int = 100;
    pub(super) const DONE: c_int = 101;
    pub(super) const INTEGER: c_int = 1;
    pub(super) const OPEN_READWRITE: c_int = 2;
    pub(super) const OPEN_CREATE: c_int = 4;
    pub(super) const OPEN_MEMORY: c_int = 0x80;

    #[status(ok = 0, text = sqlite3_errstr)]
    pub(super) struct Status(c_int);
    #[handle(drop = sqlite3_close_v2, message = sqlite3_errmsg)]
    pub(super) struct Connection(*mut c_void);
    #[handle(drop = sqlite3_finalize)]
    pub(super) struct Statement<'db>(*mut c_void);
    #[handle(drop = sqlite3_free)]
    pub(super) struct Text(*mut c_char);
    #[handle(drop = sqlite3_backup_finish)]
    pub(super) struct Backup<'db>(*mut c_void);
    #[handle(drop = sqlite3_blob_close, prefix = "sqlite3_blob_")]
    pub(super) struct Blob<'db>(*mut c_void);

    /// What C calls for each row.
    pub(super) type Row = unsafe extern "C" fn(
        context: *mut c_void,
        n: c_int,
        values: *mut *mut c_char,
        names: *mut *mut c_char,
    ) -> c_int;

    unsafe extern "C" {
        pub(super) safe static sqlite3_version: CStr;
        pub(super) safe fn sqlite3_libversion() -> &'static CStr;
        pub(super) safe fn sqlite3_libversion_number() -> c_int;
        pub(super) safe fn sqlite3_sourceid() -> &'static CStr;
        pub(super) safe fn sqlite3_threadsafe() -> c_int;
        pub(super) safe fn sqlite3_compileoption_used(name: &CStr) -> c_int;
        pub(super) safe fn sqlite3_complete(sql: &CStr) -> c_int;
        pub(super) safe fn sqlite3_stricmp(a: &CStr, b: &CStr) -> c_int;
        pub(super) safe fn sqlite3_memory_used() -> i64;
        pub(super) safe fn sqlite3_errstr(code: c_int) -> &'static CStr;
        #[fallible]
        #[symbol("sqlite3_strglob")]
        pub(super) safe fn sqlite3_glob(pattern: &str, text: &str) -> c_int;

        pub(super) safe fn sqlite3_open(filename: &CStr, #[out] db: *mut Connection) -> Status;
        pub(super) safe fn sqlite3_open_v2(
            filename: &str,
            #[out] db: *mut Connection,
            flags: c_int,
            vfs: Option<&CStr>,
        ) -> Status;
        pub(super) safe fn sqlite3_errmsg(self: &Connection) -> CString;
        pub(super) safe fn sqlite3_errcode(self: &Connection) -> c_int;
        pub(super) safe fn sqlite3_extended_errcode(self: &Connection) -> c_int;
        pub(super) safe fn sqlite3_busy_timeout(self: &Connection, ms: c_int) -> Status;
        pub(super) safe fn sqlite3_changes(self: &Connection) -> c_int;
        pub(super) safe fn sqlite3_total_changes(self: &Connection) -> c_int;
        pub(super) safe fn sqlite3_last_insert_rowid(self: &Connection) -> i64;
        pub(super) safe fn sqlite3_get_autocommit(self: &Connection) -> c_int;
        pub(super) safe fn sqlite3_interrupt(self: &Connection);
        pub(super) safe fn sqlite3_db_filename(self: &Connection, name: &CStr) -> Option<&CStr>;
        pub(super) safe fn sqlite3_db_status(
            self: &Connection,
            op: c_int,
            #[out] current: *mut c_int,
            #[out] highest: *mut c_int,
            reset: bool,
        ) -> Status;
        pub(super) safe fn sqlite3_table_column_metadata(
            self: &Connection,
            database: Option<&CStr>,
            table: &CStr,
            column: &CStr,
            #[out] ty: *mut Option<CString>,
            #[out] collation: *mut Option<CString>,
            #[out] not_null: *mut c_int,
            #[out] primary_key: *mut c_int,
            #[out] autoincrement: *mut c_int,
        ) -> Status;
        pub(super) fn sqlite3_exec(
            self: &Connection,
            sql: &CStr,
            row: Option<Row>,
            context: *mut c_void,
            #[message] message: *mut Text,
        ) -> Status;
        fn sqlite3_close_v2(db: Connection) -> Status;

        pub(super) safe fn sqlite3_prepare_v2<'db>(
            self: &'db Connection,
            sql: &str,
            #[len_of(sql)] len: c_int,
            #[out] statement: *mut Option<Statement<'db>>,
            #[value(null)] tail: *mut *const c_char,
        ) -> Status;
        #[status(ok = ROW | DONE)]
        pub(super) safe fn sqlite3_step(self: &mut Statement<'_>) -> Status;
        pub(super) safe fn sqlite3_reset(self: &mut Statement<'_>) -> Status;
        pub(super) safe fn sqlite3_clear_bindings(self: &mut Statement<'_>) -> Status;
        pub(super) safe fn sqlite3_bind_parameter_count(self: &Statement<'_>) -> c_int;
        pub(super) safe fn sqlite3_bind_parameter_index(self: &Statement<'_>, name: &CStr)
        -> c_int;
        pub(super) safe fn sqlite3_bind_int64(self: &mut Statement<'_>, n: c_int, v: i64)
        -> Status;
        pub(super) safe fn sqlite3_bind_double(
            self: &mut Statement<'_>,
            n: c_int,
            v: f64,
        ) -> Status;
        pub(super) safe fn sqlite3_bind_null(self: &mut Statement<'_>, n: c_int) -> Status;
        pub(super) safe fn sqlite3_bind_text(
            self: &mut Statement<'_>,
            n: c_int,
            text: &str,
            #[len_of(text)] len: c_int,
            #[value(usize::MAX)] transient: usize,
        ) -> Status;
        pub(super) safe fn sqlite3_bind_blob(
            self: &mut Statement<'_>,
            n: c_int,
            bytes: &[u8],
            #[len_of(bytes)] len: c_int,
            #[value(usize::MAX)] transient: usize,
        ) -> Status;
        pub(super) safe fn sqlite3_column_count(self: &Statement<'_>) -> c_int;
        pub(super) safe fn sqlite3_column_name(self: &Statement<'_>, n: c_int) -> CString;
        pub(super) safe fn sqlite3_column_type(self: &mut Statement<'_>, n: c_int) -> c_int;
        pub(super) safe fn sqlite3_column_int64(self: &mut Statement<'_>, n: c_int) -> i64;
        pub(super) safe fn sqlite3_column_double(self: &mut Statement<'_>, n: c_int) -> f64;
        pub(super) safe fn sqlite3_column_bytes(self: &mut Statement<'_>, n: c_int) -> c_int;
        pub(super) safe fn sqlite3_column_text(self: &mut Statement<'_>, n: c_int)
        -> Option<&CStr>;
        pub(super) safe fn sqlite3_sql(self: &Statement<'_>) -> &CStr;
        pub(super) safe fn sqlite3_expanded_sql(self: &Statement<'_>) -> Option<Text>;
        pub(super) safe fn sqlite3_stmt_readonly(self: &Statement<'_>) -> c_int;
        fn sqlite3_finalize(statement: Statement<'_>) -> Status;

        #[null_is_error]
        pub(super) safe fn sqlite3_backup_init<'db>(
            to: &'db Connection,
            to_name: &CStr,
            from: &'db Connection,
            from_name: &CStr,
        ) -> Backup<'db>;
        #[status(ok = 0 | DONE)]
        #[symbol("sqlite3_backup_step")]
        pub(super) safe fn backup_pages(self: &mut Backup<'_>, pages: c_int) -> Status;
        pub(super) safe fn sqlite3_backup_pagecount(self: &Backup<'_>) -> c_int;
        fn sqlite3_backup_finish(backup: Backup<'_>) -> Status;

        pub(super) safe fn sqlite3_blob_open<'db>(
            self: &'db Connection,
            database: &CStr,
            table: &CStr,
            column: &CStr,
            row: i64,
            flags: c_int,
            #[out] blob: *mut Blob<'db>,
        ) -> Status;
        pub(super) safe fn sqlite3_blob_bytes(self: &Blob<'_>) -> c_int;
        pub(super) safe fn sqlite3_blob_read(
            self: &Blob<'_>,
            bytes: &mut [u8],
            #[len_of(bytes)] len: c_int,
            offset: c_int,
        ) -> Status;
        pub(super) safe fn sqlite3_blob_write(
            self: &mut Blob<'_>,
            bytes: &[u8],
            #[len_of(bytes)] len: c_int,
            offset: c_int,
        ) -> Status;
        fn sqlite3_blob_close(blob: Blob<'_>) -> Status;

        pub(super) fn sqlite3_mprintf(format: &CStr, ...) -> Option<Text>;
        fn sqlite3_free(text: Text);
        #[optional]
        pub(super) fn sqlite3_serialize(
            self: &Connection,
            schema: &CStr,
            #[out] size: *mut i64,
            flags: c_uint,
        ) -> *mut u8;
        #[optional]
        pub(super) safe fn sqlite3_never_was(self: &Connection) -> c_int;
    }

    #[since("3.37")]
    unsafe extern "C" {
        pub(super) safe fn sqlite3_changes64(db: &Connection) -> i64;
        pub(super) safe fn sqlite3_total_changes64(db: &Connection) -> i64;
    }

    #[since("99")]
    unsafe extern "C" {
        pub(super) safe fn sqlite3_libversion_of_tomorrow() -> c_int;
    }

    #[lazy]
    unsafe extern "C" {
        pub(super) safe fn sqlite3_keyword_count() -> c_int;
        pub(super) safe fn sqlite3_keyword_of_tomorrow() -> c_int;
    }

    impl Statement<'_> {
        /// Written by hand: the handle's value is its first field.
        pub(super) fn address(&self) -> *mut c_void {
            self.0
        }
    }
}

use sqlite::{Connection, Sqlite};

/// SQLite, if it is installed.
fn library() -> Option<Sqlite> {
    match Sqlite::global() {
        Ok(sqlite) => Some(sqlite),
        Err(error) if std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_some() => panic!("{error}"),
        Err(_) => {
            support::not_asked(
                "SQLite",
                "not installed; on Debian: apt-get install libsqlite3-0",
            );
            None
        }
    }
}

fn memory(sqlite: Sqlite) -> Connection {
    sqlite.open(c":memory:").unwrap()
}

fn run(db: &Connection, sql: &std::ffi::CStr) -> farcall::Result<()> {
    // SAFETY: there is no function that C could call.
    unsafe { db.exec(sql, None, ptr::null_mut()) }
}

#[test]
fn a_program_reads_like_rust() -> farcall::Result<()> {
    let Some(sqlite) = library() else {
        return Ok(());
    };
    let db = sqlite.open(c":memory:")?;
    run(
        &db,
        c"create table note(name text, size integer); insert into note values ('a', 1), ('b', 2)",
    )?;
    let mut all = db
        .prepare_v2("select name, size from note where size > ?")?
        .expect("a statement");
    assert!(!all.address().is_null());
    assert_eq!((all.column_count(), all.bind_parameter_count()), (2, 1));
    assert_eq!(all.column_name(1).as_c_str(), c"size");
    all.bind_int64(1, 0)?;
    let mut names = Vec::new();
    while all.step()? == sqlite::ROW {
        names.push(all.column_text(0).expect("a name").to_owned());
        assert_eq!(all.column_type(1), sqlite::INTEGER);
        assert_eq!(all.column_int64(1), names.len() as i64);
    }
    assert_eq!(names, [c"a".to_owned(), c"b".to_owned()]);
    assert_eq!(all.sql(), c"select name, size from note where size > ?");
    let expanded = all.expanded_sql().expect("a text");
    assert_eq!(&*expanded, c"select name, size from note where size > 0");
    all.finalize()?;
    db.close_v2()
}

#[test]
fn values_make_the_round_trip() -> farcall::Result<()> {
    let Some(sqlite) = library() else {
        return Ok(());
    };
    let db = memory(sqlite);
    run(
        &db,
        c"create table t(i integer primary key, r real, s text, b blob, n)",
    )?;
    let mut insert = db
        .prepare_v2("insert into t values (:i, ?, ?, ?, ?)")?
        .expect("a statement");
    assert_eq!(insert.bind_parameter_index(c":i"), 1);
    let text = "ünï ".repeat(100);
    for i in [1, i64::MAX] {
        insert.bind_int64(1, i)?;
        insert.bind_double(2, 2.5)?;
        insert.bind_text(3, &text)?;
        insert.bind_blob(4, &[0, 1, 2])?;
        insert.bind_null(5)?;
        assert_eq!(insert.step()?, sqlite::DONE);
        assert_eq!(db.last_insert_rowid(), i);
        insert.reset()?;
        insert.clear_bindings()?;
    }
    assert_eq!((db.changes(), db.total_changes()), (1, 2));
    let mut select = db
        .prepare_v2("select r, s, b, n from t")?
        .expect("a statement");
    assert_eq!(select.step()?, sqlite::ROW);
    assert_eq!(select.column_double(0), 2.5);
    assert_eq!(select.column_text(1).unwrap().to_str(), Ok(&*text));
    assert_eq!(select.column_bytes(2), 3);
    assert_eq!(select.column_text(3), None);
    assert_ne!(select.stmt_readonly(), 0);
    Ok(())
}

#[test]
fn nothing_to_prepare_is_none() {
    let Some(sqlite) = library() else { return };
    assert!(memory(sqlite).prepare_v2("  ").unwrap().is_none());
}

#[test]
fn failures_have_the_library_s_words() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let name = sqlite.library().name();
    let says = |error: farcall::Error, text: &str| {
        assert_eq!(error.to_string(), format!("{text} (in {name})"));
    };
    // From the parameter that C stores its words in.
    says(
        run(&db, c"select * from nope").unwrap_err(),
        "sqlite3_exec: no such table: nope (status 1)",
    );
    // From the handle that the function was called on.
    says(
        db.prepare_v2("select nope").unwrap_err(),
        "sqlite3_prepare_v2: no such column: nope (status 1)",
    );
    // From the handle that C stored although it failed.
    says(
        sqlite.open(c"/nonexistent/x").unwrap_err(),
        "sqlite3_open: unable to open database file (status 14)",
    );
    // From the code, since there is no handle with a message.
    let mut statement = db.prepare_v2("select 1").unwrap().unwrap();
    let error = statement.bind_int64(9, 1).unwrap_err();
    assert_eq!(error.status(), Some(25));
    says(
        error,
        "sqlite3_bind_int64: column index out of range (status 25)",
    );
    let error = db.prepare_v2("select\0 1").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Nul { .. }), "{error}");
}

#[test]
fn a_failed_open_leaves_nothing_behind() {
    let Some(sqlite) = library() else { return };
    // A handle that is not closed keeps its memory, some kilobytes each.
    let open = || drop(sqlite.open(c"/nonexistent/x").unwrap_err());
    open();
    let before = sqlite.memory_used();
    (0..200).for_each(|_| open());
    assert!(
        sqlite.memory_used() < before + 200_000,
        "other tests run beside this one"
    );
}

#[test]
fn versions_and_optional_functions_are_there_or_not() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    run(&db, c"create table t(x); insert into t values (1), (2)").unwrap();
    if sqlite.libversion_number() >= 3_037_000 {
        let newer = sqlite.v3_37().expect("this version");
        assert_eq!((newer.changes64(&db), newer.total_changes64(&db)), (2, 2));
    }
    assert!(sqlite.v99().is_none());
    assert!(!db.has_never_was());
    let error = db.never_was().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Symbol { .. }), "{error}");
    assert_eq!(error.symbol(), Some("sqlite3_never_was"));
    assert!(sqlite.has_keyword_count() && sqlite.keyword_count().unwrap() > 50);
    assert!(!sqlite.has_keyword_of_tomorrow());
    assert_eq!(
        sqlite.keyword_of_tomorrow().unwrap_err().symbol(),
        Some("sqlite3_keyword_of_tomorrow")
    );
    if db.has_serialize() {
        // SAFETY: the result is freed below.
        let (bytes, size) = unsafe { db.serialize(c"main", 0) }.unwrap();
        assert!(!bytes.is_null() && size > 0);
        let free = sqlite.library().symbol("sqlite3_free").unwrap();
        // SAFETY: its type is that of the manual, and the buffer is SQLite's.
        unsafe {
            let free: extern "C" fn(*mut u8) = std::mem::transmute(free.address());
            free(bytes);
        }
    }
}

#[test]
fn c_stores_several_results() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    run(
        &db,
        c"create table t(x integer primary key autoincrement, y text not null)",
    )
    .unwrap();
    let (ty, collation, not_null, key, auto) = db.table_column_metadata(None, c"t", c"x").unwrap();
    assert_eq!(ty.as_deref(), Some(c"INTEGER"));
    assert_eq!(collation.as_deref(), Some(c"BINARY"));
    assert_eq!((not_null, key, auto), (0, 1, 1));
    let (_, _, not_null, key, _) = db.table_column_metadata(None, c"t", c"y").unwrap();
    assert_eq!((not_null, key), (1, 0));
    let (current, highest) = db.db_status(1, false).unwrap();
    assert!(current >= 0 && highest >= 0);
}

#[test]
fn blobs_are_read_and_written() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    run(
        &db,
        c"create table t(b); insert into t values (zeroblob(5))",
    )
    .unwrap();
    let mut blob = db.blob_open(c"main", c"t", c"b", 1, 1).unwrap();
    assert_eq!(blob.bytes(), 5);
    blob.write(&[1, 2, 3], 1).unwrap();
    let mut bytes = [9; 5];
    blob.read(&mut bytes, 0).unwrap();
    assert_eq!(bytes, [0, 1, 2, 3, 0]);
    assert!(blob.read(&mut [0; 6], 0).is_err());
    blob.close().unwrap();
}

#[test]
fn backups_borrow_both_ends() {
    let Some(sqlite) = library() else { return };
    let (from, to) = (memory(sqlite), memory(sqlite));
    run(&from, c"create table t(x); insert into t values (7)").unwrap();
    let mut backup = sqlite.backup_init(&to, c"main", &from, c"main").unwrap();
    assert_eq!(backup.backup_pages(-1).unwrap(), sqlite::DONE);
    assert!(backup.backup_pagecount() > 0);
    backup.backup_finish().unwrap();
    let mut all = to.prepare_v2("select x from t").unwrap().unwrap();
    assert_eq!((all.step().unwrap(), all.column_int64(0)), (sqlite::ROW, 7));
    // SQLite refuses to copy a database onto itself.
    let error = sqlite.backup_init(&to, c"main", &to, c"main").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Null { .. }), "{error}");
}

#[test]
fn variadic_arguments_are_promoted() {
    let Some(sqlite) = library() else { return };
    // SAFETY: the arguments are those of the format.
    let text = unsafe { sqlite.mprintf(c"%d %s %.2f %c", (-1i8, c"x", 2.5f32, b'y')) };
    assert_eq!(text.as_deref(), Some(c"-1 x 2.50 y"));
    // SAFETY: as above.
    let text = unsafe { sqlite.mprintf(c"%lld", i64::MIN) };
    assert_eq!(text.as_deref(), Some(c"-9223372036854775808"));
    // SAFETY: as above.
    let text = unsafe { sqlite.mprintf(c"100%%", ()) };
    assert_eq!(text.as_deref(), Some(c"100%"));
}

#[test]
fn simple_functions_answer() {
    let Some(sqlite) = library() else { return };
    assert_eq!(sqlite.version(), sqlite.libversion());
    let number = sqlite.libversion_number();
    let text = sqlite.libversion().to_str().unwrap();
    let parts: Vec<c_int> = text.split('.').map(|part| part.parse().unwrap()).collect();
    assert_eq!(number, parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2]);
    assert!(sqlite.sourceid().to_bytes().starts_with(b"20"));
    assert!((0..=2).contains(&sqlite.threadsafe()));
    assert_eq!(sqlite.compileoption_used(c"NO_SUCH_OPTION"), 0);
    assert_ne!(sqlite.complete(c"select 1;"), 0);
    assert_eq!(sqlite.stricmp(c"ABC", c"abc"), 0);
    assert_eq!(sqlite.glob("a*", "abc").unwrap(), 0);
    assert!(sqlite.glob("a*", "b\0c").is_err());
    let flags = sqlite::OPEN_READWRITE | sqlite::OPEN_CREATE | sqlite::OPEN_MEMORY;
    let db = sqlite.open_v2("notes", flags, None).unwrap();
    db.busy_timeout(10).unwrap();
    db.interrupt();
    assert_eq!((db.errcode(), db.extended_errcode()), (0, 0));
    assert_eq!(db.errmsg().as_c_str(), c"not an error");
    assert_ne!(db.get_autocommit(), 0);
    assert_eq!(db.db_filename(c"main"), Some(c""));
    assert_eq!(db.db_filename(c"nope"), None);
    assert!(
        sqlite
            .open_v2("notes", flags, Some(c"no such vfs"))
            .is_err()
    );
}

#[test]
fn the_declaration_prints_the_prototypes() {
    let text = |name| {
        Sqlite::DECLARATION
            .function(name)
            .unwrap()
            .prototype()
            .unwrap()
    };
    assert_eq!(
        text("sqlite3_open"),
        "int sqlite3_open(const char *filename, void **db)"
    );
    assert_eq!(
        text("sqlite3_exec"),
        "int sqlite3_exec(void *self, const char *sql, void *row, void *context, char **message)"
    );
    assert_eq!(
        text("sqlite3_prepare_v2"),
        "int sqlite3_prepare_v2(void *self, const char *sql, int len, void **statement, const char **tail)"
    );
    assert_eq!(
        text("sqlite3_mprintf"),
        "char *sqlite3_mprintf(const char *format, ...)"
    );
    assert_eq!(text("sqlite3_free"), "void sqlite3_free(char *text)");
    let version = Sqlite::DECLARATION.variables().next().unwrap();
    assert_eq!(
        (version.name(), version.is_mutable()),
        ("sqlite3_version", false)
    );
}
