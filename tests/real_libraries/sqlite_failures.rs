//! Closures that fail under SQLite: the call around tells of it, and the connection goes on.

use super::Api;
use super::sqlite::{Handle, OK, open, prepare};
use super::sqlite_closures::{ABORT, NULL, UTF8, close, numbers, sqlite};
use super::sqlite_handlers::{AUTH, INTERRUPT};
use farcall::{Callback, ErrorKind, Value, values};
use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a closure fails.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Error,
    Panic,
}

impl Way {
    fn fail(self) -> Result<Value<'static>, &'static str> {
        match self {
            Self::Error => Err("the closure gave up"),
            Self::Panic => panic!("the closure broke"),
        }
    }
}

/// A place where SQLite takes a function.
struct Place {
    function: &'static str,
    parameter: &'static str,
    /// What ends the query, if the function has to say so, and the status of the database then.
    end: Option<(c_int, i64)>,
    /// Has SQLite take the function, or null.
    set: fn(&Api, Handle, Value<'_>),
    /// A query under which the function is called.
    sql: &'static CStr,
}

/// So many rows that nobody waits for the end.
const LONG: &CStr =
    c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000)
                      select i from n";

const PLACES: [Place; 6] = [
    Place {
        function: "sqlite3_exec",
        parameter: "callback",
        end: Some((1, ABORT)),
        set: |_, _, _| {},
        sql: LONG,
    },
    Place {
        function: "sqlite3_create_function_v2",
        parameter: "xFunc",
        end: None,
        set: |api, db, function| {
            let name = c"func";
            let arguments = values![db, name, 0, UTF8, NULL, function, NULL, NULL, NULL];
            assert_eq!(api.int("sqlite3_create_function_v2", &arguments), OK);
        },
        sql: c"select func()",
    },
    Place {
        function: "sqlite3_create_function_v2",
        parameter: "xStep",
        end: None,
        set: |api, db, function| {
            // What SQLite calls at the end changes nothing.
            let end = api.library.symbol("sqlite3_user_data").unwrap();
            let end = if function.as_pointer().unwrap().is_null() {
                NULL
            } else {
                end.address()
            };
            let name = c"step";
            let arguments = values![db, name, 1, UTF8, NULL, NULL, function, end, NULL];
            assert_eq!(api.int("sqlite3_create_function_v2", &arguments), OK);
        },
        sql: c"select step(1)",
    },
    Place {
        function: "sqlite3_create_collation_v2",
        parameter: "xCompare",
        end: None,
        set: |api, db, function| {
            let arguments = values![db, c"any", UTF8, NULL, function, NULL];
            assert_eq!(api.int("sqlite3_create_collation_v2", &arguments), OK);
        },
        sql: c"select * from (select 'a' as t union all select 'b' union all select 'c')
               order by t collate any",
    },
    Place {
        function: "sqlite3_progress_handler",
        parameter: "handler",
        end: Some((1, INTERRUPT)),
        set: |api, db, function| {
            api.call(
                "sqlite3_progress_handler",
                &values![db, 100, function, NULL],
            );
        },
        sql: LONG,
    },
    Place {
        function: "sqlite3_set_authorizer",
        parameter: "xAuth",
        end: Some((1, AUTH)),
        set: |api, db, function| {
            let arguments = values![db, function, NULL];
            assert_eq!(api.int("sqlite3_set_authorizer", &arguments), OK);
        },
        sql: c"create table made_without_leave (a integer)",
    },
];

impl Place {
    /// The function as the manual's type, with a closure that fails.
    fn failing(&self, api: &Api, way: Way) -> Callback {
        let ty = api.function(self.function).callback_type(self.parameter);
        let mut builder = api.builder().name(self.parameter);
        if let Some((fallback, _)) = self.end {
            builder = builder.fallback(fallback);
        }
        builder.new(ty.unwrap(), move |_| way.fail()).unwrap()
    }

    /// Runs the query with rows for the function if it is one of `sqlite3_exec`.
    fn query(&self, api: &Api, db: Handle, function: &Callback) -> farcall::Result<i64> {
        let row: Value<'_> = match self.function {
            "sqlite3_exec" => function.into(),
            _ => NULL.into(),
        };
        let exec = api.function("sqlite3_exec");
        // SAFETY: the declaration is that of the manual.
        let status = unsafe { exec.call_values(&values![db, self.sql, row, NULL, NULL])? };
        status.try_into()
    }
}

/// What came out of a call, as text.
fn outcome(call: impl FnOnce() -> farcall::Result<i64>) -> String {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(status)) => format!("status {status}"),
        Ok(Err(error)) => {
            assert!(matches!(error.kind(), ErrorKind::Callback(_)), "{error:?}");
            format!("error {error}")
        }
        Err(payload) => format!("panic {}", payload.downcast_ref::<&str>().unwrap()),
    }
}

#[test]
fn an_error_and_a_panic_come_out_of_the_query() {
    for api in sqlite() {
        for place in &PLACES {
            for way in [Way::Error, Way::Panic] {
                let db = open(&api);
                let function = place.failing(&api, way);
                (place.set)(&api, db, Value::from(&function));
                let found = outcome(|| place.query(&api, db, &function));
                let expected = match way {
                    Way::Error => format!(
                        "error callback {}: the closure gave up (in {})",
                        place.parameter,
                        api.library.name()
                    ),
                    Way::Panic => "panic the closure broke".to_owned(),
                };
                assert_eq!(found, expected);
                if let Some((_, status)) = place.end {
                    assert_eq!(api.int("sqlite3_errcode", &values![db]), status);
                }
                // The connection is as before, and no failure is left behind.
                (place.set)(&api, db, NULL.into());
                assert_eq!(numbers(&api, db, c"select 1"), [1]);
                assert!(prepare(&api, db, c"select * from made_without_leave").is_err());
                close(&api, db);
            }
        }
    }
}

#[test]
fn a_failure_under_a_nested_query_passes_every_call_on_its_way() {
    for api in sqlite() {
        let db = open(&api);
        let create = api.function("sqlite3_create_function_v2");
        let inner = create
            .callback("xFunc", |_| Err::<(), _>("deep inside"))
            .unwrap();
        let exec = api.function("sqlite3_exec");
        let outer = create.callback("xFunc", move |_| {
            let sql = c"select inner_function()";
            // SAFETY: the declaration is that of the manual.
            unsafe { exec.call_values(&values![db, sql, NULL, NULL, NULL]) }.map(|_| ())
        });
        let outer = outer.unwrap();
        for (name, function) in [(c"inner_function", &inner), (c"outer_function", &outer)] {
            let arguments = values![db, name, 0, UTF8, NULL, function, NULL, NULL, NULL];
            assert_eq!(api.int("sqlite3_create_function_v2", &arguments), OK);
        }
        let arguments = values![db, c"select outer_function()", NULL, NULL, NULL];
        // SAFETY: as above.
        let result = unsafe { api.function("sqlite3_exec").call_values(&arguments) };
        let (error, library) = (
            result.unwrap_err().to_string(),
            api.library.name().to_owned(),
        );
        let once = format!("callback xFunc: deep inside (in {library})");
        assert_eq!(error, format!("callback xFunc: {once} (in {library})"));
        close(&api, db);
    }
}
