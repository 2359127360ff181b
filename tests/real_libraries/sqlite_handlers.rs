//! SQLite asks closures: for the order of texts, whether to go on, who may read what.

use super::sqlite::{OK, ROW, execute, open, prepare};
use super::sqlite_closures::{NULL, UTF8, close, numbers, sqlite};
use farcall::{Callback, values};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_int, c_void};
use std::rc::Rc;

pub(super) const INTERRUPT: i64 = 9;
pub(super) const AUTH: i64 = 23;

/// Longer texts first, equally long ones by their letters.
fn order(a: &[u8], b: &[u8]) -> Ordering {
    b.len().cmp(&a.len()).then(a.cmp(b))
}

#[test]
fn texts_are_in_the_order_of_a_closure() {
    for api in sqlite() {
        let db = open(&api);
        let create = api.function("sqlite3_create_collation_v2");
        let compare = create.callback("xCompare", |args| {
            let text = |index: usize| {
                let length = args[index].as_u64().ok_or("no length")?;
                let start = args[index + 1].as_pointer().ok_or("no text")?;
                // SAFETY: SQLite shows that many bytes.
                Ok::<_, &str>(unsafe { std::slice::from_raw_parts(start.cast(), length as usize) })
            };
            Ok::<_, &str>(order(text(1)?, text(3)?) as c_int)
        });
        let compare = compare.unwrap();
        let arguments = values![db, c"long_first", UTF8, NULL, &compare, NULL];
        assert_eq!(api.int("sqlite3_create_collation_v2", &arguments), OK);
        let mut words = vec!["pear", "fig", "plum", "cherry", "kiwi", "apple", "date"];
        execute(&api, db, c"create table t (word text)");
        for word in &words {
            let sql = format!("insert into t values ('{word}')\0");
            execute(&api, db, CStr::from_bytes_with_nul(sql.as_bytes()).unwrap());
        }
        let sql = c"select word from t order by word collate long_first";
        let statement = prepare(&api, db, sql).unwrap();
        let mut found = Vec::new();
        while api.int("sqlite3_step", &values![statement]) == ROW {
            found.push(api.text("sqlite3_column_text", &values![statement, 0]));
        }
        assert_eq!(api.int("sqlite3_finalize", &values![statement]), OK);
        words.sort_by(|a, b| order(a.as_bytes(), b.as_bytes()));
        assert_eq!(found, words);
        close(&api, db);
    }
}

#[test]
fn a_progress_handler_stops_a_query_without_end() {
    for api in sqlite() {
        let (db, calls) = (open(&api), Rc::new(Cell::new(0)));
        let counted = calls.clone();
        let handler: Callback<unsafe extern "C" fn(*mut c_void) -> c_int> = api
            .builder()
            .from_fn(move |_: *mut c_void| -> c_int {
                counted.set(counted.get() + 1);
                (counted.get() == 5).into()
            })
            .unwrap();
        api.call(
            "sqlite3_progress_handler",
            &values![db, 1000, &handler, NULL],
        );
        let sql = c"with recursive n(i) as (select 1 union all select i + 1 from n)
                    select sum(i) from n";
        let status = api.int("sqlite3_exec", &values![db, sql, NULL, NULL, NULL]);
        assert_eq!((status, calls.get()), (INTERRUPT, 5));
        api.call("sqlite3_progress_handler", &values![db, 0, NULL, NULL]);
        assert_eq!(numbers(&api, db, c"select 1"), [1]);
        close(&api, db);
    }
}

#[test]
fn an_authorizer_says_who_may_read_what() {
    const READ: i64 = 20;
    const DENY: c_int = 1;
    for api in sqlite() {
        let (db, asked) = (open(&api), Rc::new(RefCell::new(BTreeSet::new())));
        execute(
            &api,
            db,
            c"create table open (a integer); create table secret (b integer)",
        );
        let set = api.function("sqlite3_set_authorizer");
        let seen = asked.clone();
        let authorizer = set.callback("xAuth", move |args| {
            if args[1].as_i64() != Some(READ) {
                return 0;
            }
            // SAFETY: SQLite shows texts or null.
            let name = |index: usize| unsafe { args[index].as_c_str() }.unwrap().to_str().unwrap();
            seen.borrow_mut().insert(format!("{}.{}", name(2), name(3)));
            if name(2) == "secret" { DENY } else { 0 }
        });
        let authorizer = authorizer.unwrap();
        assert_eq!(
            api.int("sqlite3_set_authorizer", &values![db, &authorizer, NULL]),
            OK
        );
        let refused = prepare(&api, db, c"select a, b from open, secret");
        assert_eq!(refused, Err(AUTH));
        let message = api.text("sqlite3_errmsg", &values![db]);
        assert_eq!(message, "access to secret.b is prohibited");
        assert_eq!(numbers(&api, db, c"select count(a) from open"), [0]);
        let asked: Vec<_> = asked.borrow().iter().cloned().collect();
        assert_eq!(asked, ["open.a", "secret.b"]);
        close(&api, db);
    }
}
