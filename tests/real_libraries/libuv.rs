//! libuv: closures that an event loop calls on its own thread and on those of its pool.

use super::Api;
use farcall::callback::Dispatcher;
use farcall::{Callback, Value, values};
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};

const UV: &str = "
    typedef struct uv_loop_s uv_loop_t;
    typedef struct uv_handle_s uv_handle_t;
    typedef struct uv_timer_s uv_timer_t;
    typedef struct uv_req_s uv_req_t;
    typedef struct uv_work_s uv_work_t;
    size_t uv_loop_size(void);
    size_t uv_handle_size(int type);
    size_t uv_req_size(int type);
    const char *uv_handle_type_name(int type);
    const char *uv_req_type_name(int type);
    int uv_loop_init(uv_loop_t *loop);
    int uv_loop_close(uv_loop_t *loop);
    int uv_run(uv_loop_t *, int mode);
    void uv_stop(uv_loop_t *);
    int uv_timer_init(uv_loop_t *, uv_timer_t *handle);
    int uv_timer_start(uv_timer_t *handle, void (*cb)(uv_timer_t *handle), uint64_t timeout,
                       uint64_t repeat);
    int uv_timer_stop(uv_timer_t *handle);
    void uv_close(uv_handle_t *handle, void (*close_cb)(uv_handle_t *handle));
    void uv_handle_set_data(uv_handle_t *handle, void *data);
    void *uv_handle_get_data(const uv_handle_t *handle);
    void uv_req_set_data(uv_req_t *req, void *data);
    void *uv_req_get_data(const uv_req_t *req);
    int uv_queue_work(uv_loop_t *loop, uv_work_t *req, void (*work_cb)(uv_work_t *req),
                      void (*after_work_cb)(uv_work_t *req, int status));
";

const TIMER: c_int = 13;
const WORK: c_int = 7;

/// The C function pointer of all that is called with one pointer.
type OnOne = unsafe extern "C" fn(*mut c_void);
type AfterWork = unsafe extern "C" fn(*mut c_void, c_int);

fn libuv() -> impl Iterator<Item = Api> {
    let api = Api::open("uv", "libuv1", UV);
    api.into_iter()
        .flat_map(|api| api.callback_engines().collect::<Vec<_>>())
}

/// Memory for one of libuv's structures, whose size it tells.
struct Memory(Box<[u64]>);

impl Memory {
    fn new(api: &Api, size: &str, arguments: &[Value<'_>]) -> Self {
        let bytes = api.call(size, arguments).as_u64().unwrap() as usize;
        Self(vec![0; bytes.div_ceil(8)].into_boxed_slice())
    }

    fn address(&mut self) -> *mut c_void {
        self.0.as_mut_ptr().cast()
    }
}

/// An event loop, closed at the end of a test.
struct Loop {
    api: Api,
    memory: Memory,
}

impl Loop {
    fn new(api: &Api) -> Self {
        let mut memory = Memory::new(api, "uv_loop_size", &[]);
        assert_eq!(api.int("uv_loop_init", &values![memory.address()]), 0);
        Self {
            api: api.clone(),
            memory,
        }
    }

    fn address(&mut self) -> *mut c_void {
        self.memory.address()
    }

    /// Runs until nothing is left to wait for.
    fn run(&mut self) -> farcall::Result<i64> {
        let run = self.api.function("uv_run");
        // SAFETY: the declarations are those of the manual.
        unsafe { run.call_values(&values![self.address(), 0])? }.try_into()
    }

    fn timer(&mut self) -> Memory {
        let mut timer = Memory::new(&self.api, "uv_handle_size", &values![TIMER]);
        let arguments = values![self.address(), timer.address()];
        assert_eq!(self.api.int("uv_timer_init", &arguments), 0);
        timer
    }

    /// Closes it; whatever still runs in it is a mistake of the test.
    fn close(mut self) {
        assert_eq!(
            self.api
                .int("uv_loop_close", &values![self.memory.address()]),
            0
        );
    }
}

#[test]
fn the_numbers_of_the_types_are_right() {
    for api in libuv() {
        assert_eq!(api.text("uv_handle_type_name", &values![TIMER]), "timer");
        assert_eq!(api.text("uv_req_type_name", &values![WORK]), "work");
    }
}

#[test]
fn a_timer_ticks_until_its_closure_stops_it() {
    for api in libuv() {
        let mut uv = Loop::new(&api);
        let mut timer = uv.timer();
        let (ticks, closed) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let counted = closed.clone();
        let on_close: Callback<OnOne> = api
            .builder()
            .from_fn(move |_: *mut c_void| counted.set(counted.get() + 1))
            .unwrap();
        let (counted, close) = (ticks.clone(), api.function("uv_close"));
        let start = api.function("uv_timer_start");
        let tick = start.callback("cb", move |args| {
            counted.set(counted.get() + 1);
            if counted.get() == 3 {
                // SAFETY: the handle is the one that ticks.
                unsafe { close.call_values(&values![args[0], &on_close])? };
            }
            Ok::<_, farcall::Error>(())
        });
        let tick = tick.unwrap();
        let arguments = values![timer.address(), &tick, 1u64, 1u64];
        assert_eq!(api.int("uv_timer_start", &arguments), 0);
        assert_eq!(uv.run().unwrap(), 0);
        assert_eq!((ticks.get(), closed.get()), (3, 1));
        uv.close();
    }
}

#[test]
fn a_panic_in_a_timer_comes_out_of_the_loop() {
    for api in libuv() {
        let mut uv = Loop::new(&api);
        let mut timer = uv.timer();
        let start = api.function("uv_timer_start");
        let tick = start
            .callback("cb", |_| -> () { panic!("it ticked") })
            .unwrap();
        assert_eq!(
            api.int(
                "uv_timer_start",
                &values![timer.address(), &tick, 1u64, 0u64]
            ),
            0
        );
        let payload = catch_unwind(AssertUnwindSafe(|| uv.run())).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"it ticked"));
        let null = std::ptr::null::<c_void>();
        api.call("uv_close", &values![timer.address(), null]);
        assert_eq!(uv.run().unwrap(), 0);
        uv.close();
    }
}

/// A piece of work, which libuv knows by its first word.
struct Work {
    request: Memory,
    task: Box<Task>,
}

struct Task {
    number: u64,
    result: AtomicU64,
    thread: Mutex<Option<ThreadId>>,
}

impl Work {
    fn new(api: &Api, number: u64) -> Self {
        let mut request = Memory::new(api, "uv_req_size", &values![WORK]);
        let task = Box::new(Task {
            number,
            result: AtomicU64::new(0),
            thread: Mutex::default(),
        });
        let data: *const Task = &raw const *task;
        api.call("uv_req_set_data", &values![request.address(), data]);
        Self { request, task }
    }
}

const PIECES: u64 = 20;

#[test]
fn work_is_done_on_other_threads_and_told_on_this_one() {
    for api in libuv() {
        let mut uv = Loop::new(&api);
        let data = api.function("uv_req_get_data");
        let data = data
            .typed::<unsafe extern "C" fn(*const c_void) -> *const Task>()
            .unwrap();
        // SAFETY: the data of every request is a task that outlives the loop.
        let task = move |request: *mut c_void| unsafe { &*data(request) };
        let work = move |request: *mut c_void| {
            let task = task(request);
            task.result
                .store(task.number * task.number, Ordering::Relaxed);
            *task.thread.lock().unwrap() = Some(thread::current().id());
        };
        let work: Callback<OnOne, _> = api.builder().any_thread().from_fn(work).unwrap();
        let told = Rc::new(RefCell::new(Vec::new()));
        let seen = told.clone();
        let main = thread::current().id();
        let after = move |request: *mut c_void, status: c_int| {
            assert_eq!((status, thread::current().id()), (0, main));
            let task = task(request);
            seen.borrow_mut()
                .push((task.number, task.result.load(Ordering::Relaxed)));
        };
        let after: Callback<AfterWork> = api.builder().from_fn(after).unwrap();
        let mut pieces: Vec<_> = (0..PIECES).map(|n| Work::new(&api, n)).collect();
        for piece in &mut pieces {
            let arguments = values![uv.address(), piece.request.address(), &work, &after];
            assert_eq!(api.int("uv_queue_work", &arguments), 0);
        }
        assert_eq!(uv.run().unwrap(), 0);
        told.borrow_mut().sort_unstable();
        let expected: Vec<_> = (0..PIECES).map(|n| (n, n * n)).collect();
        assert_eq!(*told.borrow(), expected);
        for piece in &pieces {
            let thread = *piece.task.thread.lock().unwrap();
            assert!(thread.is_some_and(|thread| thread != main));
        }
        assert!(work.take_refused().is_none() && after.take_refused().is_none());
        uv.close();
    }
}

#[test]
fn a_confined_closure_does_not_run_in_the_pool() {
    for api in libuv() {
        let mut uv = Loop::new(&api);
        let queue = api.function("uv_queue_work");
        let work = queue.callback("work_cb", |_| -> () {
            unreachable!("on a thread of the pool")
        });
        let work = work.unwrap();
        let told = Rc::new(Cell::new(0));
        let seen = told.clone();
        let after = queue
            .callback("after_work_cb", move |_| seen.set(seen.get() + 1))
            .unwrap();
        let mut piece = Work::new(&api, 0);
        let arguments = values![uv.address(), piece.request.address(), &work, &after];
        assert_eq!(api.int("uv_queue_work", &arguments), 0);
        assert_eq!(uv.run().unwrap(), 0);
        assert_eq!(told.get(), 1);
        let refused = work.take_refused().unwrap().to_string();
        assert!(refused.contains("called once on a thread"), "{refused}");
        uv.close();
    }
}

#[test]
fn a_failure_in_the_pool_is_told_to_its_handler() {
    for api in libuv() {
        let mut uv = Loop::new(&api);
        let failures = Arc::new(Mutex::new(Vec::new()));
        let (seen, main) = (failures.clone(), thread::current().id());
        let queue = api.function("uv_queue_work");
        let work = api.builder().any_thread().on_failure(move |failure| {
            assert_ne!(thread::current().id(), main);
            seen.lock().unwrap().push(failure.to_string());
        });
        let work = work.new(queue.callback_type("work_cb").unwrap(), |_| -> () {
            panic!("too hard")
        });
        let work = work.unwrap();
        let after = queue.callback("after_work_cb", |_| ()).unwrap();
        let mut piece = Work::new(&api, 0);
        let arguments = values![uv.address(), piece.request.address(), &work, &after];
        assert_eq!(api.int("uv_queue_work", &arguments), 0);
        assert_eq!(uv.run().unwrap(), 0);
        assert_eq!(*failures.lock().unwrap(), ["panicked: too hard"]);
        uv.close();
    }
}

/// The loop runs on a thread of its own; what its pool calls runs here, in a closure that is
/// neither `Send` nor `Sync`.
#[test]
fn a_dispatched_closure_runs_here_while_the_pool_waits() {
    for api in libuv() {
        let dispatcher = Dispatcher::new();
        let (seen, main) = (Rc::new(RefCell::new(Vec::new())), thread::current().id());
        let numbers = seen.clone();
        let data = api.function("uv_req_get_data");
        let queue = api.function("uv_queue_work");
        let work = api.builder().dispatched(&dispatcher);
        let work = work.new(queue.callback_type("work_cb").unwrap(), move |args| {
            assert_eq!(thread::current().id(), main);
            // SAFETY: the data of every request is a task.
            let task: *const Task = unsafe { data.call((args[0].as_pointer().unwrap(),))? };
            // SAFETY: the task outlives the loop.
            let task = unsafe { &*task };
            numbers.borrow_mut().push(task.number);
            task.result.store(task.number + 100, Ordering::Relaxed);
            Ok::<_, farcall::Error>(())
        });
        let work = work.unwrap();
        let (address, stopper, there) = (work.as_ptr().addr(), dispatcher.stopper(), api.clone());
        let other = thread::spawn(move || {
            let mut uv = Loop::new(&there);
            let mut pieces: Vec<_> = (0..PIECES).map(|n| Work::new(&there, n)).collect();
            for piece in &mut pieces {
                let (work, null) = (address as *const c_void, std::ptr::null::<c_void>());
                let arguments = values![uv.address(), piece.request.address(), work, null];
                assert_eq!(there.int("uv_queue_work", &arguments), 0);
            }
            let status = uv.run().unwrap();
            uv.close();
            stopper.stop();
            let result = |work: &Work| work.task.result.load(Ordering::Relaxed);
            (status, pieces.iter().map(result).collect::<Vec<_>>())
        });
        dispatcher.run().unwrap();
        let (status, results) = other.join().unwrap();
        assert_eq!((status, results), (0, (100..100 + PIECES).collect()));
        seen.borrow_mut().sort_unstable();
        assert_eq!(*seen.borrow(), (0..PIECES).collect::<Vec<_>>());
    }
}
