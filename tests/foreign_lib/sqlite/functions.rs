//! Functions besides statements, in every form of a declaration.

use super::{Sqlite, library, memory, run, sqlite};
use farcall::ErrorKind;
use std::ffi::c_int;

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
