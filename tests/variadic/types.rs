//! The types of calls with extra arguments.

use farcall::{CallConv, FnType, RecordKind, RecordType, Type, TypeError};

fn parse(text: &str) -> FnType {
    FnType::parse(text).expect(text)
}

fn printf() -> FnType {
    parse("int printf(const char *format, ...)")
}

#[test]
fn types_are_promoted_and_printed_behind_the_dots() {
    let color = parse("enum color { RED, GREEN } f(void)").result();
    let small = parse("enum __attribute__((packed)) small { A, B } f(void)").result();
    let pair = parse("struct pair { float x, y; } f(void)").result();
    let function = Type::from(parse("void f(void)"));
    let bytes = Type::UNSIGNED_CHAR.array(4).expect("an array");
    for (ty, expected) in [
        (Type::BOOL, "int"),
        (Type::CHAR, "int"),
        (Type::SIGNED_CHAR, "int"),
        (Type::UNSIGNED_CHAR, "int"),
        (Type::SHORT, "int"),
        (Type::UNSIGNED_SHORT, "int"),
        (Type::INT16, "int"),
        (Type::CHAR16, "int"),
        (Type::INT, "int"),
        (Type::UNSIGNED_INT, "unsigned int"),
        (Type::LONG, "long"),
        (Type::SIZE, "size_t"),
        (Type::FLOAT, "double"),
        (Type::DOUBLE, "double"),
        (Type::CHAR.const_pointer(), "const char *"),
        (Type::CHAR.pointer().non_null(), "char *_Nonnull"),
        (color, "enum color"),
        (small, "int"),
        (pair, "struct pair"),
        (function, "void (*)(void)"),
        (bytes, "unsigned char *"),
    ] {
        let call = printf().with_extra(&[ty]).expect(expected);
        assert_eq!(
            call.to_string(),
            format!("int (const char *format, ..., {expected})")
        );
        assert_eq!((call.params().len(), call.named().len()), (2, 1));
        assert!(call.is_variadic());
    }
}

#[test]
fn equal_lists_are_one_type_and_none_is_the_type_itself() {
    let printf = printf();
    assert_eq!(printf.with_extra(&[]), Ok(printf));
    assert_eq!(printf.params(), printf.named());
    let call = printf
        .with_extra(&[Type::FLOAT, Type::INT])
        .expect("a type");
    assert_eq!(printf.with_extra(&[Type::DOUBLE, Type::SHORT]), Ok(call));
    let half = printf.with_extra(&[Type::DOUBLE]).expect("a type");
    assert_eq!(half.with_extra(&[Type::CHAR]), Ok(call));
    assert_ne!(call, half);
    assert_ne!(call, parse("int f(const char *format, double, int)"));
    assert_ne!(call, parse("int f(const char *format, double, int, ...)"));
    let unnamed = parse("int f(...)")
        .with_extra(&[Type::INT])
        .expect("a type");
    assert_eq!(unnamed.to_string(), "int (..., int)");
    let win = FnType::builder()
        .variadic()
        .call_conv(CallConv::Win64)
        .build()
        .expect("a type");
    let win = win.with_extra(&[Type::INT]).expect("a type");
    assert_eq!(win.call_conv(), CallConv::Win64);
    assert_eq!(win.to_string(), "void (..., int) __attribute__((ms_abi))");
}

#[test]
fn what_is_no_type_of_a_value_is_refused() {
    let refused = |types: &[Type]| {
        let error = printf().with_extra(types).expect_err("a refusal");
        error.to_string()
    };
    assert_eq!(
        refused(&[Type::INT, Type::VOID]),
        "parameter 3 has type void; leave it out, or write `void *` for a pointer"
    );
    assert_eq!(
        refused(&[Type::opaque("FILE")]),
        "parameter 2 has type `FILE`, whose size is unknown; define the type first, or pass a pointer to it"
    );
    assert_eq!(
        refused(&[Type::INT; 256]),
        "257 parameters; at most 256 are accepted"
    );
    assert!(printf().with_extra(&[Type::INT; 255]).is_ok());
    let fixed = parse("int f(int a)")
        .with_extra(&[Type::INT])
        .expect_err("a refusal");
    assert!(matches!(fixed, TypeError::NotVariadic { .. }));
    assert_eq!(
        fixed.to_string(),
        "`int (int a)` takes no extra arguments; end its parameters with `...`"
    );
    assert!(parse("int f(int a)").with_extra(&[]).is_err());
    let nested = (0..62).fold(Type::INT, |ty, _| {
        let record = RecordType::builder(RecordKind::Struct, None).field("x", ty);
        record.build().expect("a record").into()
    });
    assert!(printf().with_extra(&[nested]).is_ok());
    let deep = nested.array(1).expect("an array").pointer();
    assert!(matches!(
        printf().with_extra(&[deep]),
        Err(TypeError::TooDeep { .. })
    ));
}
