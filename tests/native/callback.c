/* Functions that call back, at once, later, on other threads, and past each other. */
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int apply(int (*f)(int), int x) { return f(x); }
int apply_or(int (*f)(int), int x, int otherwise) { return f ? f(x) : otherwise; }
int apply2(int (*f)(int, int), int a, int b) { return f(a, b); }
void run(void (*f)(void)) { f(); }

/* The results of both calls are told apart, also if the second does not run. */
int twice(int (*f)(int), int x) { return 1000 * f(x) + f(x + 1); }
int both(int (*f)(int), int (*g)(int), int x) { return 1000 * f(x) + g(x); }

static int (*kept)(int);
void keep(int (*f)(int)) { kept = f; }
int call_kept(int x) { return kept(x); }

#define SCALAR(name, type) type pass_##name(type (*f)(type), type x) { return f(x); }
SCALAR(bool, bool)
SCALAR(i8, int8_t)
SCALAR(u8, uint8_t)
SCALAR(i16, int16_t)
SCALAR(u16, uint16_t)
SCALAR(i32, int32_t)
SCALAR(u32, uint32_t)
SCALAR(i64, int64_t)
SCALAR(u64, uint64_t)
SCALAR(isize, ptrdiff_t)
SCALAR(usize, size_t)
SCALAR(f32, float)
SCALAR(f64, double)
SCALAR(pointer, const void *)

struct pair { int a, b; };
struct point { double x, y; };
struct mixed { double x; int n; };
struct large { int64_t a[5]; };
#define RECORD(name) \
    struct name pass_##name(struct name (*f)(struct name), struct name x) { return f(x); }
RECORD(pair)
RECORD(point)
RECORD(mixed)
RECORD(large)

int64_t call10(int64_t (*f)(int8_t, int16_t, int, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
                            float, double))
{
    return f(-1, -2, -3, -4, 5, 6, 7, 8, 9.5f, 10.5);
}

/* Leaves a callback by longjmp. */
static jmp_buf out;
void leap(void) { longjmp(out, 1); }
int landing(int (*f)(int), int x)
{
    if (setjmp(out))
        return -77;
    return f(x);
}

#if !defined(_MSC_VER)
#include <stdatomic.h>
#include <stdlib.h>

/* Pointers that are kept whatever becomes of them, at most 256, and called on any thread. */
static _Atomic(uint64_t (*)(uint64_t)) stash[256];
void stash_keep(unsigned place, uint64_t (*f)(uint64_t)) { stash[place % 256] = f; }
uint64_t stash_call(unsigned place, uint64_t x)
{
    uint64_t (*f)(uint64_t) = stash[place % 256];
    return f ? f(x) : 0;
}

/* Calls f(x) when the process exits, and exits with what it returns. */
static int (*exit_f)(int);
static int exit_x;
static void exit_call(void) { _Exit(exit_f(exit_x)); }
int call_at_exit(int (*f)(int), int x)
{
    exit_f = f;
    exit_x = x;
    return atexit(exit_call);
}

struct work { int (*f)(int); int x, times, result; };

#if defined(_WIN32)
#include <windows.h>

/* Writes f(x) to *result when the current thread ends. */
struct end { int (*f)(int); int x; int *result; };
static DWORD end_index = TLS_OUT_OF_INDEXES;
int call_at_thread_end(int (*f)(int), int x, int *result)
{
    struct end *end = malloc(sizeof *end);
    if (!end)
        return -1;
    *end = (struct end){f, x, result};
    return TlsSetValue(end_index, end) ? 0 : -1;
}
BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)library, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        end_index = TlsAlloc();
    if (reason == DLL_THREAD_DETACH) {
        struct end *end = TlsGetValue(end_index);
        if (end) {
            *end->result = end->f(end->x);
            free(end);
        }
    }
    return TRUE;
}

static DWORD WINAPI work(void *context)
{
    struct work *w = context;
    for (int i = 0; i < w->times; i++)
        w->result += w->f(w->x + i);
    return 0;
}

/* The sum of `times` calls on each of `threads` other threads, at most 16; -1 if one cannot start. */
int on_threads(int (*f)(int), int x, int threads, int times)
{
    HANDLE handles[16];
    struct work works[16];
    int sum = 0, started = 0;
    for (; started < threads && started < 16; started++) {
        works[started] = (struct work){f, x, times, 0};
        handles[started] = CreateThread(NULL, 0, work, &works[started], 0, NULL);
        if (!handles[started])
            break;
    }
    for (int i = 0; i < started; i++) {
        WaitForSingleObject(handles[i], INFINITE);
        CloseHandle(handles[i]);
        sum += works[i].result;
    }
    return started == threads ? sum : -1;
}
#else
#include <pthread.h>

/* Writes f(x) to *result when the current thread ends, after its thread-locals were destroyed:
   the C library does that before it visits keys, and visits those that are set again in rounds. */
static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
struct end { int (*f)(int); int x, rounds; int *result; };
static void end_call(void *value)
{
    struct end *end = value;
    if (end->rounds-- > 0) {
        pthread_setspecific(end_key, end);
        return;
    }
    *end->result = end->f(end->x);
    free(end);
}
static void end_make(void) { pthread_key_create(&end_key, end_call); }
int call_at_thread_end(int (*f)(int), int x, int *result)
{
    struct end *end = malloc(sizeof *end);
    if (!end || pthread_once(&end_once, end_make))
        return -1;
    *end = (struct end){f, x, 2, result};
    return pthread_setspecific(end_key, end);
}

static void *work(void *context)
{
    struct work *w = context;
    for (int i = 0; i < w->times; i++)
        w->result += w->f(w->x + i);
    return NULL;
}

/* The sum of `times` calls on each of `threads` other threads, at most 16; -1 if one cannot start. */
int on_threads(int (*f)(int), int x, int threads, int times)
{
    pthread_t ids[16];
    struct work works[16];
    int sum = 0, started = 0;
    for (; started < threads && started < 16; started++) {
        works[started] = (struct work){f, x, times, 0};
        if (pthread_create(&ids[started], NULL, work, &works[started]))
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
        sum += works[i].result;
    }
    return started == threads ? sum : -1;
}
#endif
#endif
