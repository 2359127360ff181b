//! Does absurd input give a named error in bounded time, memory and stack?

use farcall::{Declarations, ErrorKind, FnType, Type, TypeError};

/// Parses on a thread with little stack; returns the type error in the answer.
fn cause(text: String) -> Option<TypeError> {
    let parse = move || {
        let error = Declarations::parse(&text).err()?;
        let ErrorKind::Syntax(syntax) = error.kind() else {
            panic!("{error}");
        };
        assert!(
            error.to_string().len() < 1000,
            "a message of {} bytes",
            error.to_string().len()
        );
        Some(syntax.cause().unwrap_or_else(|| panic!("{error}")).clone())
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    thread.spawn(parse).unwrap().join().unwrap()
}

#[test]
fn is_nesting_bounded() {
    let too_deep = Some(TypeError::TooDeep { limit: 64 });
    for depth in [1_000, 1_000_000] {
        let nest = |open: &str, middle: &str, close: &str| {
            format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
        };
        for text in [
            format!("int {};", nest("(", "x", ")")),
            format!("int {}x;", "*".repeat(depth)),
            format!("int {}x;", "*const ".repeat(depth)),
            format!("int x{};", "[1]".repeat(depth)),
            format!("int {};", nest("(*", "x", ")[1]")),
            format!("void {};", nest("f(void (*", "x", ")(int))")),
            format!("{} x;", nest("struct {", "int x;", "} x;")),
            format!("{};", nest("struct {", "int x;", "};")),
            format!(
                "{};",
                nest("struct { int i; union {", "int x;", "} u; } s;")
            ),
            nest("extern \"C\" {", "int f(void);", "}"),
            format!("int x[{}];", nest("(", "1", ")")),
            format!("int x[{}1];", "- ".repeat(depth)),
            format!("int x[{}1];", "1 ? ".repeat(depth)),
            format!("int x[{}2];", "1 ? 1 : ".repeat(depth)),
            format!("int x[{}];", nest("sizeof(int [", "1", "])")),
            format!("int x[{}1];", "(int)".repeat(depth)),
            format!(
                "enum {{ A = {} }};",
                nest("sizeof(struct { int x[", "1", "]; })")
            ),
            format!(
                "struct {{ {} }};",
                nest("_Alignas(_Alignof(struct {", "int x;", "})) int x;")
            ),
        ] {
            let mut text = text;
            text.truncate(16 << 20);
            let start: String = text.chars().take(60).collect();
            let cause = cause(text);
            assert_eq!(cause, too_deep, "{start}");
        }
    }
}

#[test]
fn may_constants_be_long_but_not_deep() {
    let sum = vec!["1"; 100_000].join(" + ");
    let all = Declarations::parse(&format!("enum {{ A = {sum} }};")).unwrap();
    assert_eq!(all.constant("A"), Some(100_000));
}

#[test]
fn are_parameters_counted() {
    let list = |count: usize| format!("void f({});", vec!["int"; count].join(", "));
    assert_eq!(cause(list(FnType::MAX_PARAMS)), None);
    for count in [257, 10_000, 100_000] {
        let expected = TypeError::TooMany {
            what: "parameters",
            count: count as u64,
            limit: 256,
        };
        assert_eq!(cause(list(count)), Some(expected));
    }
}

#[test]
fn are_sizes_bounded() {
    assert_eq!(
        cause("struct s { char x[64 << 20]; }; void f(struct s);".into()),
        None
    );
    for text in [
        "char x[1ull << 46][2];",
        "char x[18446744073709551615u];",
        "struct s { char x[1ull << 46]; char y; };",
        "struct s { int x[1 << 30][1 << 30]; };",
    ] {
        let cause = cause(text.into());
        assert!(
            matches!(cause, Some(TypeError::TooLarge { .. })),
            "{text}: {cause:?}"
        );
    }
}

#[test]
fn may_lists_be_long() {
    let constants: String = (0..100_000).map(|n| format!("A{n},")).collect();
    let fields: String = (0..10_000).map(|n| format!("int x{n};")).collect();
    let functions: String = (0..10_000).map(|n| format!("int f{n}(int);")).collect();
    let text = format!("enum e {{ {constants} }}; struct s {{ {fields} }}; {functions}");
    // With a look through all of them for each one, this would not come to an end.
    let all = Declarations::parse(&text).unwrap();
    assert_eq!(all.constant("A99999"), Some(99_999));
    assert_eq!(all.record("s").unwrap().size(), 40_000);
    assert_eq!(all.functions().count(), 10_000);
}

#[test]
fn are_texts_bounded() {
    let error = Type::parse(&" ".repeat((16 << 20) + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1:1: the text has 16777217 bytes; at most 16777216 are read"
    );
    assert_eq!(
        Type::parse(&format!("int{}", " ".repeat(1 << 24 >> 1))).unwrap(),
        Type::INT
    );
    // One token, one line, one name of millions of characters.
    for text in [
        "x", "1", "'", "\"", "/*", "#", "$", "\\\n", "\u{202e}", "{", "int x;", "/**/",
    ] {
        let text = text.repeat((1 << 20) / text.len());
        if let Err(error) = Declarations::parse(&text) {
            assert!(error.to_string().len() < 1000);
        }
    }
}
