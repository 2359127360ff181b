//! What is refused, and in which words?
//!
//! The expected messages are in `tests/golden/declaration.txt`; `FARCALL_BLESS=1` writes them anew.

use farcall::{Declarations, ErrorKind, FnType, RecordType, Type, TypeError};
use std::fmt::Write as _;

/// Texts that hold no acceptable declarations.
const DECLARATIONS: &[&str] = &[
    // Misspelt and unknown names
    "double pow(dubble x)",
    "unsinged int f(void);",
    "long dubble x;",
    "unsigned itn f(void);",
    "size_y length(const char *);",
    "UINT f(void);",
    "struct point { int x, y; };\nvoid move(struct pont p);",
    "struct point { int x, y; };\nvoid move(point p);",
    "typedef struct sqlite3 sqlite3;\nint sqlite3_close(sqlite *);",
    "int f(wibblewobble *);",
    "enum color { RED };\nvoid paint(enum colour c);",
    "enum { LENGTH = 4 };\nint a[LENGHT];",
    "const x;",
    // What is missing
    "int (int);",
    "double (double)",
    "int;",
    "int f(int",
    "int f(int x int y);",
    "int f(int x)) ;",
    "int f(int,);",
    "struct s { int x }",
    "struct s { int x; ",
    "struct s { int; };",
    "struct { int x; } f(int) int g(void);",
    "struct;",
    "enum { };",
    "enum { A B };",
    "int a[3;",
    "int x y;",
    "extern \"C\" { int f(void);",
    "}",
    "void f(...",
    "int f(int, ..., int);",
    // Not supported
    "struct s { int flag : 33; };",
    "struct s { int flag : 300; };",
    "struct s { int flag : -1; };",
    "struct s { int flag : 0; };",
    "struct s { float flag : 3; };",
    "struct s { int *flag : 3; };",
    "struct s { int flags[2] : 3; };",
    "struct s { unsigned : 3; };",
    "_BitInt(7) f(void);",
    "__fp16 f(void);",
    "__float128 f(void);",
    "double _Imaginary f(void);",
    "_Complex f(void);",
    "int _Complex f(void);",
    "long float f(void);",
    "short __int128 f(void);",
    "unsigned _Float16 f(void);",
    "long long double f(void);",
    "__m256 f(void);",
    "enum e : __int128 { A };",
    "enum { A = (__int128)1 };",
    "_Atomic int counter;",
    "int vprintf(const char *format, va_list list);",
    "_Thread_local int x;",
    "void f(int n, int a[n]);",
    "void f(int n, int a[*]);",
    "struct s { char data[]; int n; };",
    "struct s { char data[]; };",
    "union u { int n; char data[]; };",
    "struct s { int n; char data[]; };\nint f(struct s s);",
    "struct s { float a; int : 5; float b; };\nstruct t { struct s s; } f(void);",
    "extern const char *const names[];",
    "int add(a, b) int a; int b; { return a + b; }",
    "int add(int a, int b) { return a + b; }",
    "int x = 3;",
    "#include <stdio.h>\nint f(void);",
    "#define N 3",
    "int f(void) __asm__(\"g\");",
    "void f(int x = 3);",
    // C++
    "int f(int &x);",
    "int f(std::string s);",
    "vector<int> f(void);",
    "class point;",
    "template <class T> T f(T);",
    "enum class color { RED };",
    "int operator+(int);",
    // Types that cannot be
    "void f(void x);",
    "void f(int, void);",
    "void x;",
    "struct s { void x; };",
    "struct s;\nvoid f(struct s x);",
    "struct s f(void);",
    "struct s { struct s x; };",
    "struct s { struct s x[2]; };",
    "struct s { int x; int x; };",
    "struct s { int x; union { int y; float x; }; };",
    "enum { A, B, A };",
    "enum { A = 1 };\nenum e { A };",
    "int f(int a, int a);",
    "int a[3](void);",
    "int f(void)[3];",
    "int f(void)(void);",
    "struct s { int f(void); };",
    "int a[-1];",
    "char a[0x7fffffffffffffff];",
    "unsigned float x;",
    "int int x;",
    "short long x;",
    "int struct s x;",
    "struct s { int x; } int y;",
    "_Nonnull int x;",
    // Names declared twice
    "struct s { int x; };\nstruct s { long x; };",
    "struct s { int x; };\nunion s *u;",
    "typedef int t;\ntypedef long t;",
    "typedef long size_t;\ntypedef int size_t;",
    "typedef struct { int x; } t;\nstruct s { t; int y; };",
    "int f(int);\nlong f(int);",
    "int f(int);\nint f;",
    "enum e { A };\nenum e { B };",
    // Constant expressions
    "int a[1 / 0];",
    "enum { A = 1 % (2 - 2) };",
    "enum { A = 0x7fffffff + 1 };",
    "enum { A = 1 << 32 };",
    "enum { A = 1.5 };",
    "enum { A = 08 };",
    "enum { A = 0x };",
    "enum { A = 12abc };",
    "enum { A = 99999999999999999999 };",
    "enum { A = 'ab' };",
    "enum { A = '' };",
    "enum { A = '\\q' };",
    "enum { A = sizeof(void) };",
    "enum { A = sizeof 3 };",
    "enum { A = (float)3 };",
    "enum { A = 1 + };",
    "enum { A = (1 };",
    "enum { A = 1 ? 2 };",
    "enum e : float { A };",
    "enum e : unsigned char { A = 256 };",
    "enum { A = 18446744073709551615u, B };",
    "_Static_assert(sizeof(int) == 8, \"int has 64 bits\");",
    // Attributes and pragmas
    "typedef float v8 __attribute__((vector_size(32)));",
    "typedef float v3 __attribute__((vector_size(12)));",
    "typedef float half __attribute__((vector_size(2)));",
    "typedef double one __attribute__((vector_size(8)));",
    "typedef long double wide __attribute__((vector_size(16)));",
    "typedef void *pointers __attribute__((vector_size(16)));",
    "struct s { int x; } __attribute__((vector_size(16)));",
    "int * __attribute__((vector_size(16))) p;",
    "typedef int v __attribute__((vector_size));",
    "int f(int) __attribute__((regparm(3)));",
    "int __stdcall f(int);",
    "int f(int) __attribute__((wibble));",
    "int x __attribute__((ms_abi));",
    "struct s { int x __attribute__((packed)); };",
    "struct s { int x __attribute__((aligned(3))); };",
    "struct s { int x __attribute__((aligned)); };",
    "typedef int aligned_int __attribute__((aligned(16)));",
    "typedef struct { int x; } s __attribute__((packed));",
    "int f(char *) __attribute__((nonnull(2)));",
    "#pragma pack(3)\nint f(void);",
    "#pragma pack(pop)",
    "struct s {\n#pragma pack(1)\n  int x;\n};",
    "#pragma wibble\nint x;",
    "register int x;",
    "void f(static int x);",
    "extern \"C++\" int f(int);",
    // Texts that are not C
    "int f(int \u{0}x);",
    "int größe(void);",
    "int\t\tf(int\t@);",
    "int f(int x); /* the end",
    "_Static_assert(1, \"the end);",
    "int f(int \u{202e}x);",
    "int break(void);",
];

/// Texts that are not one type.
const TYPES: &[&str] = &[
    "",
    "int x",
    "int f(void)",
    "int, int",
    "const",
    "int (*)(int",
    "static int",
    "int (dubble)",
    "int []",
];

/// Texts that are not one function type.
const FUNCTIONS: &[&str] = &[
    "",
    "int",
    "int (*f)(int)",
    "int f(int); int g(int);",
    "int f(void) {}",
    "typedef int f(int)",
];

/// Texts that are not one prototype that a library could look up.
const PROTOTYPES: &[&str] = &[
    "",
    "int f(int); int g(int);",
    "int x",
    "double (double, double)",
    "struct s { int x; };",
    "int printf(const char *format, ...) extra",
];

/// Texts that are not one variable.
const VARIABLES: &[&str] = &[
    "",
    "int f(void)",
    "int x, y",
    "struct s { int x; };",
    "typedef int x",
];

/// Texts that define no record.
const RECORDS: &[&str] = &[
    "",
    "int x;",
    "struct point",
    "struct point { int x, y; } trailing junk",
];

fn say(all: &mut String, text: &str, error: Option<farcall::Error>) {
    let message = error
        .unwrap_or_else(|| panic!("accepted: {text}"))
        .to_string();
    let shown = text
        .escape_debug()
        .to_string()
        .replace("\\n", "\n> ")
        .replace("\\\"", "\"");
    writeln!(all, "> {}\n{message}\n", shown.replace("\\'", "'")).unwrap();
}

#[cfg(not(windows))] // where `long` is no `int`
#[test]
fn are_refusals_clear() {
    let mut all = String::new();
    for text in DECLARATIONS {
        say(&mut all, text, Declarations::parse(text).err());
    }
    all += "==== types\n\n";
    for text in TYPES {
        say(&mut all, text, Type::parse(text).err());
    }
    all += "==== function types\n\n";
    for text in FUNCTIONS {
        say(&mut all, text, FnType::parse(text).err());
    }
    all += "==== prototypes\n\n";
    for text in PROTOTYPES {
        say(
            &mut all,
            text,
            Declarations::default().parse_function(text).err(),
        );
    }
    all += "==== variables\n\n";
    for text in VARIABLES {
        let read = Declarations::default().parse_variable(text);
        say(&mut all, text, read.err());
    }
    all += "==== records\n\n";
    for text in RECORDS {
        say(&mut all, text, RecordType::parse(text).err());
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/declaration.txt");
    if std::env::var_os("FARCALL_BLESS").is_some() {
        std::fs::write(path, &all).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    for (now, then) in all.split("\n\n").zip(golden.split("\n\n")) {
        assert_eq!(now, then);
    }
    assert_eq!(all.len(), golden.len());
}

#[test]
fn does_a_text_error_carry_its_type_error() {
    let error = FnType::parse("double pow(dubble x)").unwrap_err();
    let ErrorKind::Syntax(syntax) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!((syntax.line(), syntax.column()), (1, 12));
    assert!(matches!(
        syntax.cause(),
        Some(TypeError::Unknown { name, nearest: Some(nearest) })
            if name == "dubble" && nearest == "double"
    ));
    let chain = std::error::Error::source(syntax).unwrap();
    assert_eq!(
        chain.to_string(),
        "unknown type `dubble`; did you mean `double`?"
    );
}

#[test]
fn are_long_lines_cut() {
    let text = format!(
        "int f({} dubble x, {});",
        "int, ".repeat(60),
        "int, ".repeat(60)
    );
    let message = FnType::parse(&text).unwrap_err().to_string();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[1].starts_with("  …") && lines[1].ends_with('…') && lines[1].chars().count() < 110
    );
    let caret = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(
        lines[1].chars().skip(caret).take(6).collect::<String>(),
        "dubble"
    );
}

#[test]
fn is_a_refused_text_without_effect() {
    let mut known = Declarations::parse("struct point { int x, y; };").unwrap();
    known
        .extend("typedef int number; int f(number); int g(wibblewobble);")
        .unwrap_err();
    assert!(known.function("f").is_none() && known.ty("number").is_none());
    known.extend("int f(struct point);").unwrap();
    assert!(known.function("f").is_some());
}
