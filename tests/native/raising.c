/* Unwinds by the platform's own unwinder, without a language: "forced unwinding" of the Itanium
   C++ ABI, section 1.1, and longjmp. Compiled with -fexceptions, so that cleanups run. */
#if !defined(_MSC_VER)
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unwind.h>

#define KEEP __attribute__((noinline))

struct point { double x, y; };
struct large { int64_t a[6]; };

static _Thread_local int cleanups;

/* How many cleanups have run on this thread. */
int raising_cleanups(void) { return cleanups; }

static void cleanup(int *unused)
{
    (void)unused;
    cleanups++;
}

struct landing {
    jmp_buf place;
    uintptr_t frame;
};

static _Thread_local struct landing *landing;
static _Thread_local struct _Unwind_Exception exception;

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *raised, struct _Unwind_Context *context,
                                void *argument)
{
    struct landing *to = argument;
    (void)version, (void)class, (void)raised;
    if ((actions & _UA_END_OF_STACK) || (uintptr_t)_Unwind_GetCFA(context) >= to->frame)
        longjmp(to->place, (actions & _UA_END_OF_STACK) ? 2 : 1);
    return _URC_NO_REASON;
}

/* Calls f(argument): 0 if it returned, 1 if it was unwound or jumped over to here, 2 if the
   unwinder did not find the way. */
KEEP int raising_land(void (*f)(void *), void *argument)
{
    struct landing here;
    struct landing *outer = landing;
    int how;
    here.frame = (uintptr_t)__builtin_frame_address(0);
    landing = &here;
    how = setjmp(here.place);
    if (how == 0)
        f(argument);
    landing = outer;
    return how;
}

KEEP static void raise_now(int64_t sum, int64_t expected)
{
    __attribute__((cleanup(cleanup))) int guard = 0;
    (void)guard;
    if (sum == expected)
        _Unwind_ForcedUnwind(&exception, stop, landing);
}

KEEP static void jump_now(int64_t sum, int64_t expected)
{
    if (sum == expected)
        longjmp(landing->place, 1);
}

/* Each raises if the arguments have arrived: 1, 2, 3, … */
#define SHAPES(prefix, leave)                                                                      \
    int64_t prefix##_few(int64_t a, double b)                                                      \
    {                                                                                              \
        leave(a + 10 * (int64_t)b, 21);                                                            \
        return 0;                                                                                  \
    }                                                                                              \
    int64_t prefix##_stack(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f,       \
                           int64_t g, int64_t h)                                                   \
    {                                                                                              \
        leave(a + b + c + d + e + f + 10 * g + 100 * h, 891);                                      \
        return 0;                                                                                  \
    }                                                                                              \
    struct large prefix##_large(struct large a, double b)                                          \
    {                                                                                              \
        leave(a.a[0] + 10 * a.a[5] + 100 * (int64_t)b, 761);                                       \
        return a;                                                                                  \
    }                                                                                              \
    struct point prefix##_pair(struct point a, struct large b)                                     \
    {                                                                                              \
        leave((int64_t)a.x + 10 * (int64_t)a.y + 100 * b.a[5], 621);                               \
        return a;                                                                                  \
    }                                                                                              \
    int64_t prefix##_extra(int64_t a, ...)                                                         \
    {                                                                                              \
        va_list extra;                                                                             \
        va_start(extra, a);                                                                        \
        double b = va_arg(extra, double);                                                          \
        va_end(extra);                                                                             \
        leave(a + 10 * (int64_t)b, 21);                                                            \
        return 0;                                                                                  \
    }

SHAPES(raise, raise_now)
SHAPES(jump, jump_now)

#if defined(__x86_64__)
__attribute__((ms_abi)) int64_t raise_win(int64_t a, struct large b, double c, int64_t d, int64_t e)
{
    raise_now(a + b.a[5] + (int64_t)c + d + e, 18);
    return 0;
}
__attribute__((ms_abi)) int64_t raise_shadow(int64_t a, double b)
{
    raise_now(a + 10 * (int64_t)b, 21);
    return 0;
}
#endif
#endif
