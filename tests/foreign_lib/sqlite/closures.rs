//! Closures that SQLite calls.

use super::{library, memory, run};
use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// The text at `index` of those of a row.
fn text(values: *mut *mut std::ffi::c_char, index: usize) -> String {
    // SAFETY: SQLite gives a text for each column, and no value is null here.
    let text = unsafe { CStr::from_ptr(*values.add(index)) };
    text.to_str().unwrap().to_owned()
}

#[test]
fn do_rows_come_to_a_closure() -> farcall::Result<()> {
    let Some(sqlite) = library() else {
        return Ok(());
    };
    let db = memory(sqlite);
    run(&db, c"create table note(name text, size integer)")?;
    run(&db, c"insert into note values ('a', 1), ('b', 2), ('c', 3)")?;
    db.exec(c"select 1", Some(&mut |_, _, _| 0))?;
    let mut rows = Vec::new();
    db.exec(
        c"select name, size from note",
        Some(&mut |n, values, names| {
            assert_eq!((n, text(names, 1)), (2, "size".to_owned()));
            rows.push((text(values, 0), text(values, 1)));
            0
        }),
    )?;
    let expected = [("a", "1"), ("b", "2"), ("c", "3")].map(|(a, b)| (a.into(), b.into()));
    assert_eq!(rows, expected);
    // What is not 0 makes SQLite stop.
    let mut seen = 0;
    let error = db.exec(
        c"select name from note",
        Some(&mut |_, _, _| {
            seen += 1;
            1
        }),
    );
    let error = error.unwrap_err();
    assert_eq!((error.status(), seen), (Some(4), 1), "{error}");
    assert!(
        error.to_string().starts_with("sqlite3_exec: query aborted"),
        "{error}"
    );
    Ok(())
}

#[test]
fn may_a_closure_use_its_connection() -> farcall::Result<()> {
    let Some(sqlite) = library() else {
        return Ok(());
    };
    let db = memory(sqlite);
    run(
        &db,
        c"create table t(x); create table u(x); insert into t values (1), (2), (3)",
    )?;
    db.exec(
        c"select x from t",
        Some(&mut |_, values, _| {
            let sql = format!(
                "insert into u values ({})",
                10 * text(values, 0).parse::<i32>().unwrap()
            );
            db.prepare_v2(&sql).unwrap().unwrap().step().unwrap();
            0
        }),
    )?;
    let mut sum = db.prepare_v2("select sum(x) from u")?.unwrap();
    sum.step()?;
    assert_eq!(sum.column_int64(0), 60);
    Ok(())
}

#[test]
fn does_a_panic_come_out_of_exec() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let exec = || {
        db.exec(
            c"select 1 union select 2",
            Some(&mut |_, _, _| panic!("row")),
        )
    };
    let payload = catch_unwind(AssertUnwindSafe(exec)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"row"));
    run(&db, c"select 1").unwrap();
}

#[test]
fn is_a_collation_freed_once() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let backwards = |alive: &Arc<()>| {
        let alive = alive.clone();
        Box::new(
            move |a_len: i32, a: *const c_void, b_len: i32, b: *const c_void| {
                let _alive = &alive;
                // SAFETY: SQLite gives so many bytes.
                let slice = |at: *const c_void, len| unsafe {
                    std::slice::from_raw_parts(at.cast::<u8>(), len as usize)
                };
                slice(b, b_len).cmp(slice(a, a_len)) as i32
            },
        )
    };
    let (first, second) = (Arc::new(()), Arc::new(()));
    db.create_collation_v2(c"backwards", Some(backwards(&first)))
        .unwrap();
    run(
        &db,
        c"create table t(x); insert into t values ('a'), ('c'), ('b')",
    )
    .unwrap();
    let mut all = String::new();
    db.exec(
        c"select x from t order by x collate backwards",
        Some(&mut |_, values, _| {
            all += &text(values, 0);
            0
        }),
    )
    .unwrap();
    assert_eq!(all, "cba");
    // SQLite is done with the first when it has the second, and with that at the end.
    db.create_collation_v2(c"backwards", Some(backwards(&second)))
        .unwrap();
    assert_eq!(
        (Arc::strong_count(&first), Arc::strong_count(&second)),
        (1, 2)
    );
    // While a statement uses it, SQLite refuses another, and does not say that it is done with it.
    let mut statement = db
        .prepare_v2("select x from t order by x collate backwards")
        .unwrap()
        .unwrap();
    statement.step().unwrap();
    let error = db
        .create_collation_v2(c"backwards", Some(backwards(&first)))
        .unwrap_err();
    assert_eq!(error.status(), Some(5), "{error}");
    assert_eq!(
        (Arc::strong_count(&first), Arc::strong_count(&second)),
        (1, 2)
    );
    statement.finalize().unwrap();
    db.close_v2().unwrap();
    assert_eq!(Arc::strong_count(&second), 1);
}

#[test]
fn is_a_hook_kept_until_the_connection_closes() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let inner = seen.clone();
    db.update_hook(Some(Box::new(
        move |operation, database: &CStr, table: &CStr, row| {
            assert_eq!(database, c"main");
            inner.borrow_mut().push((operation, table.to_owned(), row));
        },
    )));
    run(
        &db,
        c"create table t(x); insert into t values (1); delete from t where x = 1",
    )
    .unwrap();
    assert_eq!(
        *seen.borrow(),
        [(18, c"t".to_owned(), 1), (9, c"t".to_owned(), 1)]
    );
    assert_eq!(Rc::strong_count(&seen), 2);
    db.close_v2().unwrap();
    assert_eq!(Rc::strong_count(&seen), 1);
}

#[test]
fn does_a_panic_of_a_progress_handler_interrupt() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let kept = Rc::new(());
    for _ in 0..3 {
        let kept = kept.clone();
        db.progress_handler(
            10,
            Some(Box::new(move || {
                let _kept = &kept;
                panic!("too long");
            })),
        );
    }
    assert_eq!(
        Rc::strong_count(&kept),
        2,
        "one took the place of the other"
    );
    let mut long = db
        .prepare_v2("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")
        .unwrap()
        .unwrap();
    let step = catch_unwind(AssertUnwindSafe(|| long.step().map(drop)));
    assert_eq!(step.unwrap_err().downcast_ref(), Some(&"too long"));
    db.progress_handler(0, None);
    assert_eq!(Rc::strong_count(&kept), 1);
}

#[cfg(any(feature = "jit", feature = "libffi"))]
#[test]
fn is_a_callback_without_a_context_a_function_of_sql() {
    let Some(sqlite) = library() else { return };
    let db = memory(sqlite);
    let twice: farcall::Callback<super::sqlite::Function> =
        farcall::Callback::from_fn(move |context, _, arguments: *mut *mut c_void| {
            // SAFETY: there is one argument.
            let n = unsafe { sqlite.value_int64(*arguments) };
            assert!(n < 100, "too large");
            // SAFETY: the context is that of this call.
            unsafe { sqlite.result_int64(context, 2 * n) };
        })
        .unwrap();
    db.create_function_v2(c"twice", 1, Some(&twice)).unwrap();
    let mut select = db.prepare_v2("select twice(21)").unwrap().unwrap();
    select.step().unwrap();
    assert_eq!(select.column_int64(0), 42);
    select.finalize().unwrap();
    let mut select = db.prepare_v2("select twice(210)").unwrap().unwrap();
    let step = catch_unwind(AssertUnwindSafe(|| select.step().map(drop)));
    assert_eq!(step.unwrap_err().downcast_ref(), Some(&"too large"));
    select.finalize().unwrap();
    db.create_function_v2(c"twice", 1, None).unwrap();
    let error = db.prepare_v2("select twice(1)").unwrap_err();
    assert!(
        matches!(error.kind(), farcall::ErrorKind::Status { .. }),
        "{error}"
    );
}
