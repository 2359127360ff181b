//! SQLite with closures: rows, functions of SQL.

use super::Api;
use super::sqlite::{Handle, OK, ROW, SQLITE, execute, open, prepare};
use farcall::{Callback, Function, Value, callback, values};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::rc::Rc;

const CLOSURES: &str = "
    typedef struct sqlite3_context sqlite3_context;
    typedef struct sqlite3_value sqlite3_value;
    int sqlite3_create_function_v2(
        sqlite3 *db, const char *zFunctionName, int nArg, int eTextRep, void *pApp,
        void (*xFunc)(sqlite3_context *, int, sqlite3_value **),
        void (*xStep)(sqlite3_context *, int, sqlite3_value **),
        void (*xFinal)(sqlite3_context *),
        void (*xDestroy)(void *));
    int sqlite3_create_collation_v2(
        sqlite3 *, const char *zName, int eTextRep, void *pArg,
        int (*xCompare)(void *, int, const void *, int, const void *),
        void (*xDestroy)(void *));
    void sqlite3_progress_handler(sqlite3 *, int nOps, int (*handler)(void *), void *);
    int sqlite3_set_authorizer(
        sqlite3 *,
        int (*xAuth)(void *, int, const char *, const char *, const char *, const char *),
        void *pUserData);
    int sqlite3_errcode(sqlite3 *db);
    void *sqlite3_user_data(sqlite3_context *);
    void *sqlite3_aggregate_context(sqlite3_context *, int nBytes);
    double sqlite3_value_double(sqlite3_value *);
    sqlite3_int64 sqlite3_value_int64(sqlite3_value *);
    void sqlite3_result_double(sqlite3_context *, double);
    void sqlite3_result_int64(sqlite3_context *, sqlite3_int64);
";

pub(super) const ABORT: i64 = 4;
pub(super) const UTF8: c_int = 1;
pub(super) const NULL: *const c_void = ptr::null();

/// The library, once for each engine that makes callbacks.
pub(super) fn sqlite() -> impl Iterator<Item = Api> {
    let api = Api::open("sqlite3", "libsqlite3-0", &format!("{SQLITE}{CLOSURES}"));
    api.into_iter()
        .flat_map(|api| api.callback_engines().collect::<Vec<_>>())
}

pub(super) fn close(api: &Api, db: Handle) {
    assert_eq!(api.int("sqlite3_close", &values![db]), OK);
}

/// The numbers that a query gives in its first column.
pub(super) fn numbers(api: &Api, db: Handle, sql: &CStr) -> Vec<i64> {
    let statement = prepare(api, db, sql).unwrap();
    let mut numbers = Vec::new();
    while api.int("sqlite3_step", &values![statement]) == ROW {
        numbers.push(api.int("sqlite3_column_int64", &values![statement, 0]));
    }
    assert_eq!(api.int("sqlite3_finalize", &values![statement]), OK);
    numbers
}

/// A text that is valid while SQLite shows it.
unsafe fn text(text: *const c_char) -> String {
    // SAFETY: forwarded to the caller.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().unwrap().to_owned()
}

const SQUARES: &CStr =
    c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 5)
                         select i, i * i from n";

/// The texts of a row as `sqlite3_exec` shows it.
unsafe fn row(count: usize, columns: *const *const c_char) -> Vec<String> {
    // SAFETY: forwarded to the caller.
    let columns = unsafe { std::slice::from_raw_parts(columns, count) };
    // SAFETY: as above.
    columns
        .iter()
        .map(|column| unsafe { text(*column) })
        .collect()
}

#[test]
fn rows_come_to_a_closure_over_values() {
    for api in sqlite() {
        let (db, exec) = (open(&api), api.function("sqlite3_exec"));
        let rows = Rc::new(RefCell::new(Vec::new()));
        let seen = rows.clone();
        let each = exec.callback("callback", move |args| {
            let count = args[1].as_u64().ok_or("no number")?;
            let columns = args[2].as_pointer().ok_or("no pointer")?;
            // SAFETY: SQLite shows that many texts.
            seen.borrow_mut()
                .push(unsafe { row(count as usize, columns.cast()) });
            Ok::<_, &str>(0)
        });
        let each = each.unwrap();
        assert_eq!(Some(each.engine()), api.engine);
        assert_eq!(
            api.int("sqlite3_exec", &values![db, SQUARES, &each, NULL, NULL]),
            OK
        );
        let expected: Vec<_> = (1..6)
            .map(|n| vec![n.to_string(), (n * n).to_string()])
            .collect();
        assert_eq!(*rows.borrow(), expected);
        close(&api, db);
    }
}

type Row =
    unsafe extern "C" fn(*mut c_void, c_int, *const *const c_char, *const *const c_char) -> c_int;

#[test]
fn a_borrowing_closure_ends_the_query_when_it_has_enough() {
    for api in sqlite() {
        let (db, exec) = (open(&api), api.function("sqlite3_exec"));
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        let status = callback::scope(|scope| {
            let each =
                scope.from_fn_mut::<Row, _>(|_: *mut c_void, count: c_int, columns, titles| {
                    // SAFETY: SQLite shows that many texts.
                    rows.push(unsafe { row(count as usize, columns) });
                    // SAFETY: as above.
                    names = unsafe { row(count as usize, titles) };
                    (rows.len() == 3).into()
                })?;
            // SAFETY: the declaration is that of the manual.
            unsafe { exec.call_values(&values![db, SQUARES, each, NULL, NULL]) }
        });
        assert_eq!(status.unwrap().as_i64(), Some(ABORT));
        assert_eq!(rows, [["1", "1"], ["2", "4"], ["3", "9"]]);
        assert_eq!(names, ["i", "i * i"]);
        close(&api, db);
    }
}

/// The function pointers of a function of SQL, and what they are given.
struct SqlFunction<'a> {
    name: &'a CStr,
    user_data: *const c_void,
    func: Option<Value<'a>>,
    step: Option<Value<'a>>,
    finish: Option<Value<'a>>,
    destroy: Option<Value<'a>>,
}

impl SqlFunction<'_> {
    const NONE: Self = Self {
        name: c"",
        user_data: NULL,
        func: None,
        step: None,
        finish: None,
        destroy: None,
    };

    /// Tells SQLite of it, for one argument.
    fn create(&self, api: &Api, db: Handle) {
        let pointer = |value: Option<_>| value.unwrap_or(NULL.into());
        let arguments = [
            db.into(),
            self.name.into(),
            1.into(),
            UTF8.into(),
            self.user_data.into(),
            pointer(self.func),
            pointer(self.step),
            pointer(self.finish),
            pointer(self.destroy),
        ];
        assert_eq!(api.int("sqlite3_create_function_v2", &arguments), OK);
    }
}

type Scalar = unsafe extern "C" fn(Handle, c_int, *const Handle);
type Final = unsafe extern "C" fn(Handle);
type Destroy = unsafe extern "C" fn(*mut c_void);

#[test]
fn a_function_of_sql_is_a_typed_closure() {
    for api in sqlite() {
        let db = open(&api);
        let value = api.function("sqlite3_value_int64");
        let value = value
            .typed::<unsafe extern "C" fn(Handle) -> i64>()
            .unwrap();
        let result = api.function("sqlite3_result_int64");
        let result = result.typed::<unsafe extern "C" fn(Handle, i64)>().unwrap();
        let factor = 7;
        let func: Callback<Scalar> = api
            .builder()
            .from_fn(
                move |context: Handle, count: c_int, arguments: *const Handle| {
                    assert_eq!(count, 1);
                    // SAFETY: SQLite shows that many arguments and takes the result.
                    unsafe { result(context, factor * value(*arguments)) }
                },
            )
            .unwrap();
        let (name, func) = (c"by_seven", Some((&func).into()));
        SqlFunction {
            name,
            func,
            ..SqlFunction::NONE
        }
        .create(&api, db);
        assert_eq!(numbers(&api, db, c"select by_seven(-6)"), [-42]);
        let sql = c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
                    select sum(by_seven(by_seven(i))) from n";
        assert_eq!(numbers(&api, db, sql), [49 * 5050]);
        close(&api, db);
    }
}

/// What a function of SQL counts in its user data, which its destructor frees.
struct Counter {
    calls: Cell<i64>,
    freed: Rc<Cell<u32>>,
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.freed.set(self.freed.get() + 1);
    }
}

#[test]
fn user_data_goes_in_and_is_freed_once() {
    for api in sqlite() {
        let (db, freed) = (open(&api), Rc::new(Cell::new(0)));
        let counter = Box::new(Counter {
            calls: Cell::new(0),
            freed: freed.clone(),
        });
        let counter = Box::into_raw(counter);
        let create = api.function("sqlite3_create_function_v2");
        let (user_data, result) = (
            api.function("sqlite3_user_data"),
            api.function("sqlite3_result_int64"),
        );
        let func = create.callback("xFunc", move |args| {
            // SAFETY: the context is the one of this call.
            let data: *mut Counter = unsafe { user_data.call((args[0].as_pointer().unwrap(),))? };
            // SAFETY: it is freed by the destructor only.
            let calls = unsafe { &(*data).calls };
            calls.set(calls.get() + 1);
            // SAFETY: as above.
            unsafe { result.call_values(&values![args[0], calls.get()]) }
        });
        let func = func.unwrap();
        let destroy: Callback<Destroy> = api
            .builder()
            // SAFETY: it is called once, with what was given to SQLite.
            .from_fn(|data: *mut c_void| drop(unsafe { Box::from_raw(data.cast::<Counter>()) }))
            .unwrap();
        let function = SqlFunction {
            name: c"next",
            user_data: counter.cast(),
            func: Some((&func).into()),
            destroy: Some((&destroy).into()),
            ..SqlFunction::NONE
        };
        function.create(&api, db);
        let sql = c"with recursive n(i) as (select 1 union all select i + 1 from n where i < 4)
                    select next(i) from n";
        assert_eq!(numbers(&api, db, sql), [1, 2, 3, 4]);
        assert_eq!(freed.get(), 0);
        close(&api, db);
        assert_eq!(freed.get(), 1);
    }
}

/// What is known of a group, in memory that SQLite clears first.
#[derive(Clone, Copy)]
#[repr(C)]
struct Product {
    sum_of_logarithms: f64,
    count: u64,
}

#[test]
fn an_aggregate_is_two_closures() {
    for api in sqlite() {
        let db = open(&api);
        let create = api.function("sqlite3_create_function_v2");
        let memory = api.function("sqlite3_aggregate_context");
        let group = move |context: Value<'_>, size| -> farcall::Result<*mut Product> {
            // SAFETY: the context is the one of this call.
            let memory = unsafe { memory.call_values(&values![context, size])? };
            Ok(<*mut c_void>::try_from(memory)?.cast())
        };
        let (group_of_step, value) = (group, api.function("sqlite3_value_double"));
        let step = create.callback("xStep", move |args| {
            let group = group_of_step(args[0], size_of::<Product>())?;
            let arguments = args[2].as_pointer().unwrap().cast::<Handle>();
            // SAFETY: SQLite shows one argument, as it was told.
            let value: f64 = unsafe { value.call((*arguments,))? };
            // SAFETY: SQLite made room for it, filled with zeros.
            let group = unsafe { &mut *group };
            group.sum_of_logarithms += value.ln();
            group.count += 1;
            Ok::<_, farcall::Error>(())
        });
        let memory = api.function("sqlite3_aggregate_context");
        let result = api.function("sqlite3_result_double");
        let finish: Callback<Final> = api
            .builder()
            .from_fn(move |context: Handle| geometric_mean(&memory, &result, context))
            .unwrap();
        let step = step.unwrap();
        let function = SqlFunction {
            name: c"geometric_mean",
            step: Some((&step).into()),
            finish: Some((&finish).into()),
            ..SqlFunction::NONE
        };
        function.create(&api, db);
        execute(&api, db, c"create table t (g integer, x real)");
        execute(
            &api,
            db,
            c"insert into t values (1, 1), (2, 3), (1, 4), (2, 27), (1, 16)",
        );
        let sql = c"select round(1000 * geometric_mean(x)) from t group by g order by g";
        assert_eq!(numbers(&api, db, sql), [4000, 9000]);
        // no row: the end comes without a step
        let sql = c"select geometric_mean(x) is null from t where g = 3";
        assert_eq!(numbers(&api, db, sql), [1]);
        close(&api, db);
    }
}

fn geometric_mean(memory: &Function, result: &Function, context: Handle) {
    // SAFETY: the context is the one of this call.
    let group: *const Product = unsafe { memory.call((context, 0)) }.unwrap();
    // SAFETY: what the steps have left; null if there were none.
    let Some(group) = (unsafe { group.as_ref() }) else {
        return;
    };
    let mean = (group.sum_of_logarithms / group.count as f64).exp();
    // SAFETY: as above.
    unsafe { result.call::<_, ()>((context, mean)) }.unwrap();
}
