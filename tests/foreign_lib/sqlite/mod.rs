//! SQLite, declared as in its manual.

mod closures;
mod functions;
mod statements;

use farcall::foreign_lib;

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
    use farcall::Callback;
    use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};

    /// SQLite, found at run time.
    pub(super) struct Sqlite;
    pub(super) const ROW: c_int = 100;
    pub(super) const DONE: c_int = 101;
    pub(super) const INTEGER: c_int = 1;
    pub(super) const UTF8: c_int = 1;
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

    /// What C calls for a function of SQL, without a context.
    pub(super) type Function =
        unsafe extern "C" fn(context: *mut c_void, n: c_int, arguments: *mut *mut c_void);

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
        pub(super) safe fn sqlite3_exec(
            self: &Connection,
            sql: &CStr,
            row: Option<
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
        pub(super) safe fn sqlite3_create_collation_v2(
            self: &Connection,
            name: &CStr,
            #[value(UTF8)] encoding: c_int,
            #[context_of(compare, destroy = destroy)] data: *mut c_void,
            compare: Option<
                extern "C" fn(
                    data: *mut c_void,
                    a_len: c_int,
                    a: *const c_void,
                    b_len: c_int,
                    b: *const c_void,
                ) -> c_int,
            >,
            destroy: Option<unsafe extern "C" fn(*mut c_void)>,
        ) -> Status;
        pub(super) safe fn sqlite3_progress_handler(
            self: &Connection,
            steps: c_int,
            #[fallback(1)] progress: Option<extern "C" fn(data: *mut c_void) -> c_int>,
            #[context_of(progress, until = self, replaces)] data: *mut c_void,
        );
        pub(super) safe fn sqlite3_update_hook(
            self: &Connection,
            hook: Option<
                extern "C" fn(
                    data: *mut c_void,
                    operation: c_int,
                    database: &CStr,
                    table: &CStr,
                    row: i64,
                ),
            >,
            #[context_of(hook, until = self)] data: *mut c_void,
        ) -> *mut c_void;
        #[fallible]
        pub(super) safe fn sqlite3_create_function_v2(
            self: &Connection,
            name: &CStr,
            arguments: c_int,
            #[value(UTF8)] encoding: c_int,
            #[value(null)] data: *mut c_void,
            func: Option<&Callback<Function>>,
            #[value(null)] step: *const c_void,
            #[value(null)] last: *const c_void,
            #[value(null)] destroy: *const c_void,
        ) -> Status;
        pub(super) fn sqlite3_value_int64(value: *mut c_void) -> i64;
        pub(super) fn sqlite3_result_int64(context: *mut c_void, result: i64);
        fn sqlite3_close_v2(db: Connection) -> Status;

        pub(super) safe fn sqlite3_prepare_v2<'db>(
            self: &'db Connection,
            sql: &str,
            #[len_of(sql)] len: c_int,
            #[out] statement: *mut Option<Statement<'db>>,
            #[value(null)] tail: *mut *const c_char,
        ) -> Status;
        #[calls_back]
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
    db.exec(sql, None)
}
