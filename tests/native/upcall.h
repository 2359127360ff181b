/* Calls in the convention ABI, which names them by NAME; what a callback returns goes to `out`. */

void NAME(nothing)(void *callback, void *out)
{
    void (ABI *f)(void) = callback;
    f();
    memset(out, 1, 1);
}

/* i8 u8 i16 u16 i32 u32 i64 u8 i8 u8 i16 u16 i32 u32 i8 i32 -> i64, all of them passed as 64 bits. */
void NAME(narrow)(void *callback, void *out)
{
    int64_t (ABI *f)(SIXTEEN(int64_t)) = callback;
    int64_t got = f(dirty(8, -2), dirty(8, 254), dirty(16, -3), dirty(16, 65533), dirty(32, -4),
                    dirty(32, 4294967292), INT64_MIN + 1, dirty(8, 1), dirty(8, -128),
                    dirty(8, 128), dirty(16, -32768), dirty(16, 32768), dirty(32, INT32_MIN),
                    dirty(32, 2147483648), dirty(8, 127), dirty(32, INT32_MAX));
    memcpy(out, &got, sizeof got);
}

/* f32 f64 f32 f32 f64 f32 f32 f64 f32 f64 f32 -> f64 */
void NAME(floats)(void *callback, void *out)
{
    double (ABI *f)(double, double, double, double, double, double, double, double, double, double,
                    double) = callback;
    double got = f(dirty_float(1.5f), -2.25, dirty_float(-0.0f), dirty_float(3e38f), 1e300,
                   dirty_float(5), dirty_float(6), 7, dirty_float(8.5f), 9, dirty_float(-10));
    memcpy(out, &got, sizeof got);
}

/* Whatever the result register holds: -> i8, u8, i16, … and -> f32, f64 */
void NAME(word)(void *callback, void *out)
{
    int64_t (ABI *f)(void) = callback;
    int64_t got = f();
    memcpy(out, &got, sizeof got);
}

void NAME(vector)(void *callback, void *out)
{
    double (ABI *f)(void) = callback;
    double got = f();
    memcpy(out, &got, sizeof got);
}

/* i32 {i8*N} f64 i64 i64 i64 i64 i64 {i8*N} f32 -> {i8*N}: one where there are registers, one on
 * the stack. */
#define ECHO(size)                                                                               \
    void NAME(echo##size)(void *callback, void *out)                                             \
    {                                                                                            \
        struct bytes##size (ABI *f)(int32_t, struct bytes##size, double, int64_t, int64_t,       \
                                    int64_t, int64_t, int64_t, struct bytes##size, float) =      \
            callback;                                                                            \
        struct bytes##size first, second, got;                                                   \
        count_up(first.at, size, 1);                                                             \
        count_up(second.at, size, 101);                                                          \
        got = f(-1, first, 0.5, 2, 3, 4, 5, 6, second, 7);                                       \
        memcpy(out, &got, size);                                                                 \
    }
EACH_SIZE(ECHO)

/* {i32 f64} {f32*3} {i64 i8} {f32} {f64*2} {f32*2} -> {i64 f64} */
void NAME(records)(void *callback, void *out)
{
    struct int_then (ABI *f)(struct int_double, struct float3, struct int_char, struct float1,
                             struct doubles, struct float2) = callback;
    struct int_double a = {-1, 2};
    struct int_char c = {6, -7};
    struct int_then got = f(a, (struct float3){3, 4, 5}, c, (struct float1){8},
                            (struct doubles){9, 10}, (struct float2){11, 12});
    memcpy(out, &got, sizeof got);
}

/* -> a record of scalars */
#define RESULT(name)                                     \
    void NAME(gives_##name)(void *callback, void *out)   \
    {                                                    \
        struct name (ABI *f)(void) = callback;           \
        struct name got = f();                           \
        memcpy(out, &got, sizeof got);                   \
    }
RESULT(float1)
RESULT(float2)
RESULT(float3)
RESULT(float4)
RESULT(ints)
RESULT(doubles)
RESULT(int_then)
RESULT(double_then)
RESULT(aligned16)

/* i8 align(16){i64 i64} align(32){f64*3} i64 i64 i64 align(16){i64 i64} i8 align(32){f64*3} */
void NAME(aligned)(void *callback, void *out)
{
    void (ABI *f)(int8_t, struct aligned16, struct aligned32, int64_t, int64_t, int64_t,
                  struct aligned16, int8_t, struct aligned32) = callback;
    struct aligned16 pair = {1, 2}, other = {6, 7};
    struct aligned32 three = {{3, 4, 5}}, more = {{8, 9, 10}};
    f(-1, pair, three, 11, 12, 13, other, -2, more);
    memset(out, 1, 1);
}

/* i32 {i8*24} -> {i8*24}, seen as what it is: an address in front, which is returned. */
void NAME(memory)(void *callback, void *out)
{
    void *(ABI *f)(void *, int32_t, struct bytes24) = callback;
    struct bytes24 value;
    count_up(value.at, 24, 50);
    void *got = f(out, -5, value);
    memcpy((char *)out + 24, &got, sizeof got);
}

/* u64 ; f64 i32 f64 -> i32 */
void NAME(variadic)(void *callback, void *out)
{
    int32_t (ABI *f)(uint64_t, ...) = callback;
    int32_t got = f(1, 2.5, -3, -4.5);
    memcpy(out, &got, sizeof got);
}

/* i64*320 -> i64 */
void NAME(many)(void *callback, void *out)
{
    int64_t n = 0;
    int64_t (ABI *f)(FOUR(SIXTEEN(int64_t)), FOUR(SIXTEEN(int64_t)), FOUR(SIXTEEN(int64_t)),
                     FOUR(SIXTEEN(int64_t)), FOUR(SIXTEEN(int64_t))) = callback;
    int64_t words[320];
    for (; n < 320; n++)
        words[n] = n * n;
    const int64_t *w = words;
#define W4(i) w[i], w[i + 1], w[i + 2], w[i + 3]
#define W16(i) W4(i), W4(i + 4), W4(i + 8), W4(i + 12)
#define W64(i) W16(i), W16(i + 16), W16(i + 32), W16(i + 48)
    n = f(W64(0), W64(64), W64(128), W64(192), W64(256));
#undef W4
#undef W16
#undef W64
    memcpy(out, &n, sizeof n);
}

/* i32 f64 -> f64, often */
void NAME(loop)(void *callback, void *out)
{
    double (ABI *f)(int32_t, double) = callback;
    double sum = 0;
    for (int32_t index = 0; index < 1000; index++)
        sum += f(index, 0.5);
    memcpy(out, &sum, sizeof sum);
}
