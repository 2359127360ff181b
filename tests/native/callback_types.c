/* Calls function pointers of many types with what lies in one buffer, and writes what they return
   to another. `callback_types.rs` has the same rows. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && !defined(_MSC_VER)

unsigned char types_sent[12][64];
unsigned char types_log[64];

#define LOAD(i, T) ({ T x; memcpy(&x, types_sent[i], sizeof(x)); x; })
#define ARGS_1(a) LOAD(0, a)
#define ARGS_2(a, b) ARGS_1(a), LOAD(1, b)
#define ARGS_3(a, b, c) ARGS_2(a, b), LOAD(2, c)
#define ARGS_4(a, b, c, d) ARGS_3(a, b, c), LOAD(3, d)
#define ARGS_5(a, b, c, d, e) ARGS_4(a, b, c, d), LOAD(4, e)
#define ARGS_6(a, b, c, d, e, f) ARGS_5(a, b, c, d, e), LOAD(5, f)
#define ARGS_7(a, b, c, d, e, f, g) ARGS_6(a, b, c, d, e, f), LOAD(6, g)
#define ARGS_8(a, b, c, d, e, f, g, h) ARGS_7(a, b, c, d, e, f, g), LOAD(7, h)
#define ARGS_9(a, b, c, d, e, f, g, h, i) ARGS_8(a, b, c, d, e, f, g, h), LOAD(8, i)
#define ARGS_10(a, b, c, d, e, f, g, h, i, j) ARGS_9(a, b, c, d, e, f, g, h, i), LOAD(9, j)
#define ARGS_11(a, b, c, d, e, f, g, h, i, j, k) \
    ARGS_10(a, b, c, d, e, f, g, h, i, j), LOAD(10, k)
#define ARGS_12(a, b, c, d, e, f, g, h, i, j, k, l) \
    ARGS_11(a, b, c, d, e, f, g, h, i, j, k), LOAD(11, l)
#define PICK(a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
#define COUNT(...) PICK(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define PASTE(a, b) a##b
#define ARGS_OF(count, ...) PASTE(ARGS_, count)(__VA_ARGS__)
#define ARGS(...) ARGS_OF(COUNT(__VA_ARGS__), __VA_ARGS__)

#define WIN __attribute__((ms_abi))
#define CALL(name, abi, R, ...) \
    void name(R (abi *f)(__VA_ARGS__)) \
    { \
        R r = f(ARGS(__VA_ARGS__)); \
        memcpy(types_log, &r, sizeof(r)); \
    }
#define ROW(name, R, ...) CALL(c_##name, , R, __VA_ARGS__) CALL(win64_##name, WIN, R, __VA_ARGS__)

/* Registers only, registers with the stack behind them. */
#define SCALAR(name, T) \
    ROW(name##_1, T, T) \
    ROW(name##_5, T, T, T, T, T, T) \
    ROW(name##_12, T, T, T, T, T, T, T, T, T, T, T, T, T)

typedef void (*function)(void);
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
SCALAR(maybe, unsigned char *)
SCALAR(function, function)

/* Alone, and among others until no register is left. */
#define RECORD(name) \
    ROW(name##_alone, name, name) \
    ROW(name##_among, name, int8_t, name, float, name, int64_t, name, double, name, int32_t, name, \
        uint16_t, name)

typedef struct { int8_t a; } byte;
typedef struct { uint8_t a[3]; } three;
typedef struct { int16_t a; float b; } word;
typedef struct { uint8_t a[7]; } seven;
typedef struct { int32_t a, b; } pair;
typedef struct { float a; } single;
typedef struct { float a, b; } vector2;
typedef struct { float a, b, c; } vector3;
typedef struct { double a, b; } point;
typedef struct { double a; int64_t b; } mixed;
typedef struct { int32_t a; double b; } padded;
typedef struct { uint8_t a[16]; } sixteen;
typedef struct { int64_t a, b; } two_words;
typedef struct { pair a; vector2 b; } nested;
typedef struct { int64_t a[3]; } three_words;
typedef struct { double a[4]; } four_doubles;
typedef struct { uint8_t a[61]; } odd;
typedef struct { uint8_t a; int64_t b; } __attribute__((packed)) packed;
typedef struct { int64_t a, b; } __attribute__((aligned(16))) aligned;
typedef struct { int64_t a[4]; } __attribute__((aligned(32))) overaligned;
typedef union { float a; int32_t b; } either;
typedef union { double a; float b[2]; } floats;
typedef union { uint8_t a[9]; double b; } overlay;
RECORD(byte)
RECORD(three)
RECORD(word)
RECORD(seven)
RECORD(pair)
RECORD(single)
RECORD(vector2)
RECORD(vector3)
RECORD(point)
RECORD(mixed)
RECORD(padded)
RECORD(sixteen)
RECORD(two_words)
RECORD(nested)
RECORD(three_words)
RECORD(four_doubles)
RECORD(odd)
RECORD(packed)
RECORD(aligned)
RECORD(overaligned)
RECORD(either)
RECORD(floats)
RECORD(overlay)

/* Each number of parameters. */
#define VOID(name, abi, ...) \
    void name(void (abi *f)(__VA_ARGS__)) { f(ARGS(__VA_ARGS__)); }
void c_arity_0(int64_t (*f)(void)) { int64_t r = f(); memcpy(types_log, &r, 8); }
void win64_arity_0(int64_t (WIN *f)(void)) { int64_t r = f(); memcpy(types_log, &r, 8); }
void c_nothing(void (*f)(void)) { f(); }
void win64_nothing(void (WIN *f)(void)) { f(); }
VOID(c_arity_1, , int32_t)
VOID(win64_arity_1, WIN, int32_t)
ROW(arity_2, double, int8_t, double)
ROW(arity_3, three_words, const void *, float, uint16_t)
ROW(arity_4, int8_t, int64_t, int64_t, int64_t, int64_t)
ROW(arity_5, float, pair, int64_t, point, uint8_t, int32_t)
ROW(arity_6, two_words, int64_t, uint32_t, int64_t, bool, int64_t, int16_t)
VOID(c_arity_7, , three_words, int64_t, float, int64_t, int64_t, vector3, int64_t)
VOID(win64_arity_7, WIN, three_words, int64_t, float, int64_t, int64_t, vector3, int64_t)
ROW(arity_8, uint16_t, double, double, double, double, double, double, double, double)
ROW(arity_9, point, float, double, float, double, float, double, float, double, float)
ROW(arity_10, mixed, int8_t, double, int16_t, float, int32_t, double, int64_t, float, bool, point)
ROW(arity_11, sixteen, pair, pair, pair, pair, pair, pair, pair, point, point, point, point)
ROW(arity_12, bool, int64_t, double, int64_t, double, int64_t, double, int64_t, double, int64_t,
    double, int64_t, int8_t)

#endif
