//! Statements: bound, stepped through, refused.

use super::{library, memory, run, sqlite};
use farcall::ErrorKind;

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
