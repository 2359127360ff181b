/* A library that calls back, in every way in which a declaration can say so. */

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#define API __declspec(dllexport)
#define THREAD __declspec(thread)
#else
#include <pthread.h>
#define API
#define THREAD __thread
#endif

typedef int (*visitor)(void *context, int n, const char *text);
typedef void (*destructor)(void *context);

static const char *const WORDS[] = {"zero", "one", "two", "three"};

/* During the call. */

/* The sum of what comes back; -100 without a function, -200 if there is a context then. */
API int cl_each(int n, visitor visit, void *context) {
    if (!visit)
        return context ? -200 : -100;
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += visit(context, i, i < 4 ? WORDS[i] : NULL);
    return sum;
}
/* 0, or the first that is not. */
API int cl_status(int n, visitor visit, void *context) {
    for (int i = 0; i < n; i++) {
        int status = visit ? visit(context, i, "word") : 0;
        if (status)
            return status;
    }
    return 0;
}
/* The context first, last or in between; other types. */
API double cl_middle(double (*f)(float x, void *context, unsigned char y), void *context) {
    return f(0.5f, context, 200);
}
API void cl_nothing(void (*f)(void *context), void *context) { f(context); }
API signed char cl_small(signed char (*f)(signed char a, short b, void *context), void *context) {
    return f(-3, -300, context);
}
struct pair {
    double x;
    int y;
};
API struct pair cl_record(struct pair (*f)(struct pair pair, void *context), void *context) {
    struct pair pair = {1.5, 2};
    return f(pair, context);
}
API int cl_two(visitor f, void *f_context, visitor g, void *g_context) {
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum = 10 * sum + f(f_context, i, "f") + g(g_context, i, "g");
    return sum;
}
/* Further arguments on both sides of the function. */
API int cl_sum(visitor visit, void *context, int count, ...) {
    va_list list;
    va_start(list, count);
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += visit(context, va_arg(list, int), NULL);
    va_end(list);
    return sum;
}

struct job {
    visitor visit;
    void *context;
    int result;
};
#ifdef _WIN32
static DWORD WINAPI run(void *data) {
#else
static void *run(void *data) {
#endif
    struct job *job = data;
    job->result = job->visit(job->context, 7, "elsewhere");
    return 0;
}
/* What the function returns on a thread of its own. */
API int cl_elsewhere(visitor visit, void *context) {
    struct job job = {visit, context, 0};
#ifdef _WIN32
    HANDLE thread = CreateThread(NULL, 0, run, &job, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
#else
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, &job))
        return -1;
    pthread_join(thread, NULL);
#endif
    return job.result;
}

/* Later. */

struct source {
    visitor visit[8];
    void *context[8];
    destructor destroy[8];
    int count;
};
/* Of this thread, as tests run side by side. */
static THREAD int open_sources;

API int cl_open(struct source **source) {
    *source = calloc(1, sizeof **source);
    open_sources++;
    return *source ? 0 : 1;
}
static void give_up(struct source *source, int i) {
    if (source->destroy[i])
        source->destroy[i](source->context[i]);
    source->destroy[i] = NULL;
}
API void cl_close(struct source *source) {
    for (int i = 0; i < source->count; i++)
        give_up(source, i);
    free(source);
    open_sources--;
}
API int cl_open_sources(void) { return open_sources; }
API int cl_fire(struct source *source, int n) {
    int sum = 0;
    for (int i = 0; i < source->count; i++)
        if (source->visit[i])
            sum += source->visit[i](source->context[i], n, "fire");
    return sum;
}
API int cl_fire_elsewhere(struct source *source) {
    return cl_elsewhere(source->visit[0], source->context[0]);
}
/* One more listener. */
API int cl_add(struct source *source, visitor visit, void *context) {
    if (source->count == 8)
        return 1;
    source->visit[source->count] = visit;
    source->context[source->count++] = context;
    return 0;
}
/* The only listener; a negative `status` is returned and nothing done. */
API int cl_set(struct source *source, int status, visitor visit, void *context) {
    if (status < 0)
        return status;
    source->visit[0] = visit;
    source->context[0] = context;
    source->count = 1;
    return 0;
}
/* The only one, with C's word that it is done. `how` 0: when another takes its place, or at the end;
   1: at once; 2: this fails, and says that it is done; 3: this fails and says nothing. */
API int cl_register(struct source *source, int how, visitor visit, void *context,
                    destructor destroy) {
    if (!visit && (context || destroy))
        return -9;
    if (how == 3)
        return -3;
    if (how == 2 || how == 1) {
        if (how == 1)
            visit(context, 1, "once");
        if (destroy)
            destroy(context);
        return how == 2 ? -2 : 0;
    }
    if (source->count == 1)
        give_up(source, 0);
    source->visit[0] = visit;
    source->context[0] = context;
    source->destroy[0] = destroy;
    source->count = 1;
    return 0;
}
/* The one that is registered now; it is done with it before it is called the last time. */
API int cl_drop_inside(struct source *source) {
    visitor visit = source->visit[0];
    void *context = source->context[0];
    return visit(context, 5, "inside");
}
API void cl_unregister(struct source *source) {
    give_up(source, 0);
    source->count = 0;
}
/* A source with a listener, or null: `how` as above. */
API struct source *cl_make(int how, visitor visit, void *context, destructor destroy) {
    struct source *source;
    cl_open(&source);
    visit(context, 9, "made");
    if (cl_register(source, how, visit, context, destroy)) {
        cl_close(source);
        return NULL;
    }
    return source;
}
/* A source that is given out, after a call. */
API int cl_open_loudly(struct source **source, int status, visitor visit, void *context) {
    cl_open(source);
    visit(context, 0, "open");
    return status;
}
/* Two functions, one context. */
API int cl_copy(int (*read)(void *stream, char *to, int size), int (*close)(void *stream),
                void *stream, char *to, int size) {
    int done = 0, n;
    while ((n = read(stream, to + done, size - done)) > 0)
        done += n;
    return close(stream) == 0 ? done : -1;
}
/* Calls a function without a context. */
API int cl_plain(int (*f)(int n), int n) { return f ? f(n) : -1; }
API int cl_call(void (*f)(void)) {
    f();
    return 1;
}
