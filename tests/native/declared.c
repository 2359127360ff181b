/* A library for what the real ones lack: every form that a declaration can take. */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API
#endif

/* Numbers, names, variables. */
API int decl_add(int a, int b) { return a + b; }
API double declScale(double x) { return 2 * x; }
API int decl_older_name(void) { return 7; }
API const char decl_title[] = "declared";
API const int decl_answer = 42;
API int decl_counter = 1;
API const double decl_table[3] = {0.5, 1.5, 2.5};
API int decl_bump(void) { return ++decl_counter; }
API int decl_self(int type) { return type; }

/* Texts. */
API size_t decl_length(const char *text) { return text ? strlen(text) : 999; }
API const char *decl_find(const char *text, int c) { return strchr(text, c); }
API const char *decl_nothing(void) { return NULL; }
API char *decl_copy(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}
static int freed;
API void decl_free(void *text) {
    freed++;
    free(text);
}
API int decl_freed(void) { return freed; }

/* Slices. */
API double decl_sum(const double *x, unsigned char n) {
    double sum = 0;
    for (unsigned char i = 0; i < n; i++)
        sum += x[i];
    return sum;
}
API double decl_dot(const double *x, const double *y, int n) {
    double dot = 0;
    for (int i = 0; i < n; i++)
        dot += x[i] * y[i];
    return dot;
}
API void decl_fill(unsigned char *to, size_t n, unsigned char with) { memset(to, with, n); }
API int decl_evens(const int *from, int n, int *to, unsigned *used) {
    unsigned found = 0;
    for (int i = 0; i < n; i++) {
        if (from[i] % 2)
            continue;
        if (found == *used)
            return 5;
        to[found++] = from[i];
    }
    *used = found;
    return 0;
}

/* Buffers that grow. */
static const char *const WORDS = "as long as it takes";
static int calls;
API int decl_describe(int n, char *to, size_t *size) {
    size_t need = strlen(WORDS) * (size_t)n;
    calls++;
    if (n < 0)
        return 3;
    if (*size < need) {
        *size = need;
        return 4;
    }
    for (int i = 0; i < n; i++)
        memcpy(to + strlen(WORDS) * (size_t)i, WORDS, strlen(WORDS));
    *size = need;
    return 0;
}
API int decl_calls(void) { return calls; }
API int decl_name(int which, char *to, int size) {
    const char *name = which == 0 ? "" : which == 1 ? "one" : NULL;
    if (!name)
        return -1;
    int need = (int)strlen(name);
    for (int i = 0; i < need && i + 1 < size; i++)
        to[i] = name[i];
    if (size > 0)
        to[need < size ? need : size - 1] = 0;
    return need;
}

/* What C stores. */
API double decl_split(double x, int *whole, double *rest) {
    *whole = (int)x;
    *rest = x - *whole;
    return x;
}
API int decl_maybe(bool give, const char **text) {
    *text = give ? "given" : NULL;
    return 0;
}

/* Reasons. */
API int decl_fail_errno(int reason) {
    if (!reason)
        return 3;
    errno = reason;
    return -1;
}
API void *decl_null_errno(int reason) {
    errno = reason;
    return reason ? NULL : &errno;
}
API int decl_status_errno(int reason) {
    errno = reason;
    return reason ? 2 : 0;
}
API int decl_pick(int code) { return code; }
API const char *decl_words(int code) {
    return code == 1 ? "one went wrong" : code == 2 ? "" : NULL;
}
API int decl_tell(int code, char **words) {
    *words = code ? decl_copy("told by parameter") : NULL;
    return code;
}

/* Enumerations and records. */
enum decl_mode { DECL_OFF, DECL_ON, DECL_AUTO = 10 };
API enum decl_mode decl_mode(int n) { return (enum decl_mode)n; }
API int decl_mode_number(enum decl_mode mode) { return mode; }
API int decl_mode_out(int n, enum decl_mode *mode) {
    *mode = (enum decl_mode)n;
    return 0;
}
typedef struct {
    double x, y;
} decl_point;
typedef struct {
    decl_point from, to;
    int tag;
} decl_line;
API decl_point decl_middle(decl_line line) {
    decl_point middle = {(line.from.x + line.to.x) / 2, (line.from.y + line.to.y) / 2};
    return middle;
}
API void decl_move(decl_point *point, double by) { point->x += by; }
API void decl_bounds(const decl_point *points, size_t n, decl_line *line) {
    memset(line, 0, sizeof *line);
    for (size_t i = 0; i < n; i++)
        line->to = points[i];
    line->tag = (int)n;
}

/* A pointer handle with children, and one that is not owned. */
typedef struct decl_tree {
    int value, open;
    char message[32];
} decl_tree;
static int trees, nodes, closes;
API decl_tree *decl_tree_new(int value) {
    if (value < 0)
        return NULL;
    decl_tree *tree = calloc(1, sizeof *tree);
    trees++;
    tree->value = value;
    return tree;
}
API int decl_tree_open(int value, decl_tree **tree) {
    if (value == -2)
        return 9;
    *tree = decl_tree_new(value < 0 ? -value : value);
    strcpy((*tree)->message, "told by handle");
    return value < 0 ? 8 : 0;
}
API const char *decl_tree_message(decl_tree *tree) { return tree->message; }
API int decl_tree_value(const decl_tree *tree) { return tree ? tree->value : -1; }
API int decl_tree_fail(decl_tree *tree, int code) {
    strcpy(tree->message, code ? "tree failed" : "");
    return code;
}
API int decl_tree_same(const decl_tree *a, const decl_tree *b) { return a == b; }
API int decl_tree_close(decl_tree *tree, int mode) {
    closes++;
    int code = tree->value == 13 ? 1 : 0;
    if (mode != 77)
        abort();
    trees--;
    free(tree);
    return code;
}
/* Stores a tree also when the buffer is too small. */
API int decl_tree_describe(int value, char *to, size_t *size, decl_tree **tree) {
    *tree = decl_tree_new(value);
    return decl_describe(3, to, size);
}
API int decl_trees(void) { return trees; }
API int decl_closes(void) { return closes; }
typedef struct {
    decl_tree *tree;
    int index;
} decl_node;
API decl_node *decl_tree_node(decl_tree *tree, int index) {
    if (index > 9)
        return NULL;
    decl_node *node = malloc(sizeof *node);
    nodes++;
    node->tree = tree;
    node->index = index;
    return node;
}
API int decl_node_value(const decl_node *node) { return node->tree->value + node->index; }
API void decl_node_free(decl_node *node) {
    nodes--;
    free(node);
}
API int decl_nodes(void) { return nodes; }
/* Takes the tree, and gives it back as its result if it is not too large. */
API decl_tree *decl_tree_take(decl_tree *tree, const char *unused) {
    (void)unused;
    if (tree->value < 100)
        return tree;
    trees--;
    free(tree);
    return NULL;
}

/* A handle that is a number. */
static int open_numbers;
API int decl_number_open(int which) {
    if (which < 0) {
        errno = ENOENT;
        return -1;
    }
    open_numbers++;
    return which;
}
API int decl_number_twice(int number) { return number == -1 ? -100 : 2 * number; }
API int decl_number_close(int number) {
    (void)number;
    open_numbers--;
    return 0;
}
API int decl_number_store(int which, int *number) {
    if (*number != -1)
        return 6;
    *number = which;
    open_numbers += which != -1;
    return 0;
}
API int decl_numbers(void) { return open_numbers; }

/* A record at a stable address. */
typedef struct decl_stream {
    struct decl_stream *self;
    int total;
    const char *words;
} decl_stream;
static int streams;
API int decl_stream_init(decl_stream *stream, int start) {
    if (start < 0 || stream->self || stream->total)
        return 1;
    streams++;
    stream->self = stream;
    stream->total = start;
    return 0;
}
API int decl_stream_add(decl_stream *stream, int n) {
    if (stream->self != stream)
        return 2;
    stream->total += n;
    return 0;
}
API int decl_stream_end(decl_stream *stream) {
    if (stream->self != stream)
        return 2;
    streams--;
    return 0;
}
API int decl_streams(void) { return streams; }

/* Further arguments. */
API int decl_sum_ints(int n, ...) {
    va_list args;
    va_start(args, n);
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += va_arg(args, int);
    va_end(args);
    return sum;
}
API double decl_option(int option, ...) {
    va_list args;
    va_start(args, option);
    double value = option == 0   ? (double)va_arg(args, long)
                   : option == 1 ? va_arg(args, double)
                                 : (double)strlen(va_arg(args, const char *));
    va_end(args);
    return value;
}
API double decl_many(int a, double b, const char *c, long d, float e, int64_t n, ...) {
    va_list args;
    va_start(args, n);
    double sum = a + b + (double)strlen(c) + (double)d + (double)e;
    for (int64_t i = 0; i < n; i++)
        sum += va_arg(args, double);
    va_end(args);
    return sum;
}

/* Functions as they are, and versions. */
API int decl_apply(int (*f)(int), int x) { return f ? f(x) : -1; }
API int decl_v2_a(void) { return 21; }
API int decl_v2_b(void) { return 22; }
API int decl_v3_a(void) { return 31; }
