//! Which texts are read, and as which types?

use farcall::{CallConv, Declarations, FnType, Scalar, Type, TypeKind};

fn ty(text: &str) -> Type {
    Type::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

pub(super) fn declarations(text: &str) -> Declarations {
    Declarations::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn function(text: &str) -> String {
    let (name, function) = Declarations::default()
        .parse_function(text)
        .unwrap_or_else(|error| panic!("{text}\n{error}"));
    function.declare(&name)
}

#[test]
fn does_every_order_of_words_give_its_type() {
    for (text, expected) in [
        ("unsigned long long int", Type::UNSIGNED_LONG_LONG),
        ("long unsigned int long", Type::UNSIGNED_LONG_LONG),
        ("long unsigned", Type::UNSIGNED_LONG),
        ("int short signed", Type::SHORT),
        ("unsigned", Type::UNSIGNED_INT),
        ("__signed__ char", Type::SIGNED_CHAR),
        ("char unsigned", Type::UNSIGNED_CHAR),
        ("char", Type::CHAR),
        ("_Bool", Type::BOOL),
        ("bool", Type::BOOL),
        ("const volatile double", Type::DOUBLE),
        ("float const", Type::FLOAT),
        ("size_t", Type::SIZE),
        ("uint_least16_t", Type::UINT16),
        ("int_fast64_t", Type::INT64),
        ("intmax_t", Type::INT64),
        ("uintptr_t", Type::UINTPTR),
        ("u_int32_t", Type::UINT32),
        ("ulong", Type::UNSIGNED_LONG),
        ("c_longlong", Type::LONG_LONG),
        ("usize", Type::UINTPTR),
        ("f64", Type::DOUBLE),
        ("__extension__ long long", Type::LONG_LONG),
        ("void", Type::VOID),
        ("long double", Type::LONG_DOUBLE),
        ("double long", Type::LONG_DOUBLE),
        ("double const long", Type::LONG_DOUBLE),
        ("_Float16", Type::FLOAT16),
        ("__int128", Type::INT128),
        ("signed __int128", Type::INT128),
        ("__int128 unsigned", Type::UNSIGNED_INT128),
        ("__int128_t", Type::INT128),
        ("__uint128_t", Type::UNSIGNED_INT128),
        ("wchar_t", Type::WCHAR),
        ("char16_t", Type::CHAR16),
        ("char32_t", Type::CHAR32),
    ] {
        assert_eq!(ty(text), expected, "{text}");
    }
}

#[test]
fn does_every_order_of_words_give_its_complex_type() {
    for (text, part) in [
        ("double _Complex", Type::DOUBLE),
        ("_Complex double", Type::DOUBLE),
        ("double complex", Type::DOUBLE),
        ("__complex__ float", Type::FLOAT),
        ("long _Complex double", Type::LONG_DOUBLE),
        ("_Complex long double", Type::LONG_DOUBLE),
        ("_Float16 _Complex", Type::FLOAT16),
    ] {
        assert_eq!(ty(text), part.complex().unwrap(), "{text}");
    }
    assert_eq!(
        function("long double complex csqrtl(long double complex z)"),
        "long double _Complex csqrtl(long double _Complex z)"
    );
}

#[test]
fn is_an_attribute_for_vectors_read_where_compilers_read_it() {
    let float4 = Type::FLOAT.vector(4).unwrap();
    for text in [
        "float __attribute__((vector_size(16)))",
        "__attribute__((vector_size(16))) float",
        "float __attribute__((__vector_size__(4 * sizeof(float))))",
        "__m128",
    ] {
        assert_eq!(ty(text), float4, "{text}");
    }
    assert_eq!(ty("__m128d"), Type::DOUBLE.vector(2).unwrap());
    assert_eq!(ty("__m128i"), Type::LONG_LONG.vector(2).unwrap());
    assert_eq!(ty("__m64"), Type::LONG_LONG.vector(1).unwrap());
    let all = declarations(
        "typedef float v4 __attribute__((vector_size(16)));
         typedef short v4s __attribute__((vector_size(8)));
         struct both { v4 a; v4s b; } ;
         v4 f(v4 a, v4s *b, float c[2] __attribute__((vector_size(16))));",
    );
    assert_eq!(all.ty("v4").unwrap(), float4);
    assert_eq!(
        all.function("f").unwrap().declare("f"),
        "float __attribute__((vector_size(16))) f(\
         float __attribute__((vector_size(16))) a, \
         short __attribute__((vector_size(8))) *b, \
         float __attribute__((vector_size(16))) *c)"
    );
    let both = all.ty("struct both").unwrap();
    assert_eq!((both.size(), both.align()), (Some(32), 16));
}

#[test]
fn do_printed_types_read_back() {
    for text in [
        "long double",
        "unsigned __int128",
        "_Float16",
        "float _Complex",
        "long double _Complex *",
        "double _Complex (*)(double _Complex z)",
        "float __attribute__((vector_size(16)))",
        "long long __attribute__((vector_size(8))) *",
        "char __attribute__((vector_size(16))) (*)(int __attribute__((vector_size(8))) [3])",
    ] {
        let once = ty(text).to_string();
        assert_eq!(ty(&once).to_string(), once, "{text}");
        assert_eq!(ty(&once), ty(text), "{text}");
    }
}

#[test]
fn do_declarators_nest_as_in_c() {
    // The text in C's own order, and what is printed of it.
    for (text, printed) in [
        ("char const*", "const char *"),
        ("char * const", "char *"),
        ("char *const *", "char *const *"),
        ("const char *const *", "const char *const *"),
        ("int (*)(int)", "int (*)(int)"),
        ("int (* [3])(void)", "int (*[3])(void)"),
        ("int (*(*)(void))[4]", "int (*(*)(void))[4]"),
        ("const int (*)[3]", "const int (*)[3]"),
        ("int [2][3]", "int [2][3]"),
        ("int *restrict", "int *"),
        ("int *_Nonnull", "int *_Nonnull"),
        ("int *_Nullable", "int *"),
        (
            "int (char *(*)(size_t), ...)",
            "int (char *(*)(size_t), ...)",
        ),
        ("struct s *", "struct s *"),
        ("union u *const *", "union u *const *"),
        ("enum e *", "enum e *"),
        ("FILE *", "FILE *"),
        ("struct { int quot, rem; }", "struct { int quot; int rem; }"),
        (
            "struct { char *a, b, c[2]; }",
            "struct { char *a; char b; char c[2]; }",
        ),
        (
            "void (*)(void) __attribute__((ms_abi))",
            "void (__attribute__((ms_abi)) *)(void)",
        ),
    ] {
        assert_eq!(ty(text).to_string(), printed);
        assert_eq!(ty(printed), ty(text), "{printed} does not read back");
    }
}

#[test]
fn does_an_array_of_arrays_have_the_first_length_outside() {
    let TypeKind::Array { element, len: 2 } = *ty("int [2][3]").kind() else {
        panic!("{}", ty("int [2][3]"));
    };
    assert_eq!(element, Type::INT.array(3).unwrap());
}

#[test]
fn do_parameters_adjust_as_in_c() {
    for (text, printed) in [
        ("double pow(double, double);", "double pow(double, double)"),
        ("int rand()", "int rand(void)"),
        ("int rand(void)", "int rand(void)"),
        ("void f(int a[])", "void f(int *a)"),
        ("void f(int a[3])", "void f(int *a)"),
        ("void f(const int a[2][3])", "void f(const int (*a)[3])"),
        ("void f(int a[static 3])", "void f(int *_Nonnull a)"),
        ("void f(int a[const 3])", "void f(int *a)"),
        ("void f(const char a[restrict])", "void f(const char *a)"),
        ("void f(int g(char))", "void f(int (*g)(char))"),
        ("void f(int (x))", "void f(int x)"),
        ("void f(int (size_t))", "void f(int (*)(size_t))"),
        ("void f(int size_t)", "void f(int size_t)"),
        ("void f(register const int x)", "void f(int x)"),
        ("const int f(void)", "int f(void)"),
        (
            "void (*signal(int, void (*)(int)))(int)",
            "void (*signal(int, void (*)(int)))(int)",
        ),
        (
            "int printf(const char *restrict format, ...)",
            "int printf(const char *format, ...)",
        ),
        (
            "extern int f(int x) __attribute__((nothrow, __leaf__))",
            "int f(int x)",
        ),
        ("static inline int f(int)", "int f(int)"),
        ("_Noreturn void exit(int)", "void exit(int)"),
        ("[[nodiscard]] int f(int)", "int f(int)"),
        ("[[gnu::pure]] int f(int)", "int f(int)"),
        ("__declspec(dllimport) int __cdecl f(int)", "int f(int)"),
        (
            "int f(char *, int, char *) __attribute__((nonnull))",
            "int f(char *_Nonnull, int, char *_Nonnull)",
        ),
        (
            "int f(char *, char *) __attribute__((nonnull(2)))",
            "int f(char *, char *_Nonnull)",
        ),
        (
            "struct { int quot; int rem; } div(int, int)",
            "struct { int quot; int rem; } div(int, int)",
        ),
        (
            "struct div { int q; }; struct div f(int)",
            "struct div f(int)",
        ),
        (
            "FILE *fopen(const char *path, const char *mode)",
            "FILE *fopen(const char *path, const char *mode)",
        ),
        (
            "int f(int) __attribute__((sysv_abi))",
            "int f(int) __attribute__((sysv_abi))",
        ),
        (
            "int f(int /* x */, // the first\n \\\n long)",
            "int f(int, long)",
        ),
        ("# 1 \"math.h\"\n#pragma once\nint f(int)", "int f(int)"),
        ("extern \"C\" int f(int)", "int f(int)"),
        ("extern \"C\" { int f(int); }", "int f(int)"),
        ("\u{feff}int f(int);", "int f(int)"),
    ] {
        assert_eq!(function(text), printed, "{text}");
        if !printed.contains("struct div ") {
            assert_eq!(function(printed), printed);
        }
    }
}

#[test]
fn does_the_convention_go_to_the_function_it_is_written_at() {
    let outer = FnType::parse("void (*f(int))(int) __attribute__((ms_abi))").unwrap();
    assert_eq!(outer.call_conv(), CallConv::Win64);
    assert_eq!(outer.result().function().unwrap().call_conv(), CallConv::C);
    let inner = FnType::parse("void (__attribute__((ms_abi)) *f(int))(int)").unwrap();
    assert_eq!(inner.call_conv(), CallConv::C);
    assert_eq!(
        inner.result().function().unwrap().call_conv(),
        CallConv::Win64
    );
    let before = FnType::parse("__attribute__((ms_abi)) int f(int)").unwrap();
    assert_eq!(
        before,
        FnType::parse("int f(int) __attribute__((ms_abi))").unwrap()
    );
}

#[test]
fn are_declarations_found_by_name() {
    let all = declarations(
        "
        struct sqlite3;
        typedef struct sqlite3 sqlite3, *connection;
        typedef struct { int quot; int rem; } div_t;
        typedef int (*compare)(const void *, const void *);
        enum color { RED, GREEN = 5, BLUE };
        union bits { double d; unsigned long long u; };
        struct node { struct node *next; enum color color; union { int i; float f; }; };
        extern char **environ; int opterr, optind;
        int sqlite3_close(sqlite3 *db), sqlite3_errcode(connection);
        div_t div(int, int);
        void qsort(void *base, size_t n, size_t size, compare);
        ;
        ",
    );
    let names: Vec<_> = all.functions().map(|(name, _)| name).collect();
    assert_eq!(names, ["sqlite3_close", "sqlite3_errcode", "div", "qsort"]);
    let names: Vec<_> = all.variables().map(|(name, _)| name).collect();
    assert_eq!(names, ["environ", "opterr", "optind"]);
    assert_eq!(all.variable("environ").unwrap().to_string(), "char **");
    assert_eq!(
        all.ty("connection").unwrap().to_string(),
        "struct sqlite3 *"
    );
    assert_eq!(all.ty("div_t").unwrap().size(), Some(8));
    assert_eq!(all.ty("unsigned long"), Some(Type::UNSIGNED_LONG));
    assert_eq!(all.record("node"), all.record("struct node"));
    assert_eq!(all.record("union node"), None);
    assert_eq!(
        all.record("union bits").unwrap().align(),
        align_of::<f64>() as u64
    );
    assert_eq!(all.ty("enum color").unwrap().scalar(), Some(Scalar::U32));
    assert_eq!(all.constant("BLUE"), Some(6));
    let qsort = all.function("qsort").unwrap().declare("qsort");
    assert_eq!(
        qsort,
        "void qsort(void *base, size_t n, size_t size, int (*)(const void *, const void *))"
    );
}

#[test]
fn does_a_later_text_use_an_earlier_one() {
    let mut all = declarations("typedef struct point point; double norm(const point *p);");
    all.extend("struct point { double x, y; };").unwrap();
    all.extend("point middle(point a, point b);").unwrap();
    let middle = all.function("middle").unwrap();
    assert_eq!(middle.result().size(), Some(16));
    assert_eq!(all.parse_type("const point [2]").unwrap().size(), Some(32));
    assert_eq!(
        all.parse_function("point f(void)")
            .unwrap()
            .1
            .result()
            .size(),
        Some(16)
    );
}

#[test]
fn is_one_variable_read_alone() {
    let known = declarations("struct point { int x, y; };");
    for (text, name, printed) in [
        ("extern char **environ;", "environ", "char **"),
        ("int opterr", "opterr", "int"),
        ("const struct point origin", "origin", "struct point"),
        ("void (*hook)(int)", "hook", "void (*)(int)"),
        ("extern const char version[8]", "version", "char [8]"),
    ] {
        let (found, ty) = known.parse_variable(text).unwrap();
        assert_eq!((found.as_str(), ty.to_string().as_str()), (name, printed));
    }
}

#[test]
fn may_a_text_define_built_in_names_of_its_own() {
    let all = declarations("typedef struct _IO_FILE FILE; typedef long ulong; FILE *f(ulong);");
    let f = all.function("f").unwrap().declare("f");
    assert_eq!(f, "struct _IO_FILE *f(long)");
}

#[test]
fn may_a_declaration_be_repeated() {
    let size = if cfg!(windows) { "long long" } else { "long" };
    let text = "
        typedef unsigned int uint32_t; typedef unsigned SIZE size_t;
        struct node { struct node *next; int x; }; typedef struct node node;
        enum e { A, B = A + 2 }; int f(node *n, uint32_t); extern int x;"
        .replace("SIZE", size);
    let mut all = declarations(&text);
    all.extend(&text).unwrap();
    all.extend("int f(struct node *, unsigned);").unwrap();
    assert_eq!(all.ty("uint32_t"), Some(Type::UINT32));
}

#[test]
fn do_c_library_headers_parse() {
    let all = declarations(
        r#"
# 27 "/usr/include/x86_64-linux-gnu/bits/types.h" 3 4
typedef unsigned char __u_char;
typedef signed long int __int64_t; typedef unsigned long int __uint64_t;
__extension__ typedef long long int __quad_t;
typedef struct { int __val[2]; } __fsid_t;
struct timeval { __int64_t tv_sec; __quad_t tv_usec; };
_Static_assert(sizeof(struct timeval) == 16, "two " "words");
extern int getopt (int ___argc, char *const *___argv, const char *__shortopts)
       __attribute__ ((__nothrow__ , __leaf__)) __attribute__ ((__nonnull__ (2, 3)));
extern void *bsearch (const void *__key, const void *__base, size_t __nmemb, size_t __size,
       int (*__compar)(const void *, const void *)) __attribute__ ((__nonnull__ (1, 2, 5))) ;
extern int select (int __nfds, struct fd_set *__restrict __readfds, struct timeval *__restrict t);
"#,
    );
    let bsearch = all.function("bsearch").unwrap();
    assert!(bsearch.params()[4].ty().is_non_null());
    assert_eq!(all.ty("struct timeval").unwrap().size(), Some(16));
}
