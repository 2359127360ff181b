//! Are exported variables read and written as the type that is declared?

use farcall::{Declarations, ErrorKind, OwnedValue, Value, Variable, values};
use std::ffi::c_void;
use support::Scratch;

/// A copy of the fixture that no other test writes to.
struct Fixture {
    library: farcall::Library,
    _scratch: Scratch,
}

impl Fixture {
    fn new() -> Self {
        let scratch = Scratch::new();
        let library = support::open(scratch.copy("function", "variable.so"));
        Self {
            library,
            _scratch: scratch,
        }
    }

    fn variable(&self, declaration: &str) -> Variable {
        self.library.variable(declaration).expect(declaration)
    }

    /// The error's text without the library's name, which must be at its end.
    fn message<T>(&self, result: farcall::Result<T>) -> String {
        let suffix = format!(" (in {})", self.library.name());
        let text = result.err().expect("a refusal").to_string();
        text.strip_suffix(&suffix).expect(&text).to_owned()
    }
}

fn read(variable: &Variable) -> OwnedValue {
    // SAFETY: the fixture's variables are declared as they are.
    unsafe { variable.read() }.expect("a value")
}

#[test]
fn scalars_are_read_and_written() {
    let fixture = Fixture::new();
    macro_rules! check {
        ($($declaration:literal $ty:ty: $first:expr, $second:expr, $third:expr;)*) => {$(
            let variable = fixture.variable($declaration);
            let first: $ty = $first;
            assert_eq!(read(&variable).to_string(), Value::from(first).to_string());
            // SAFETY: the fixture's variables are declared as they are, and written here alone.
            unsafe {
                assert_eq!(variable.get::<$ty>().expect("the type"), first);
                variable.set::<$ty>($second).expect("the type");
                assert_eq!(read(&variable).to_string(), Value::from($second).to_string());
                variable.write($third).expect("the kind");
                assert_eq!(variable.get::<$ty>().expect("the type"), $third);
            }
        )*};
    }
    check! {
        "extern bool v_bool" bool: true, false, true;
        "int8_t v_i8" i8: -8, i8::MIN, i8::MAX;
        "uint8_t v_u8" u8: 200, 0u8, u8::MAX;
        "int16_t v_i16" i16: -1600, i16::MIN, 7i16;
        "extern unsigned short v_u16" u16: 60000, u16::MAX, 1u16;
        "int v_i32" i32: -32, i32::MIN, i32::MAX;
        "uint32_t v_u32" u32: 42, u32::MAX, 0u32;
        "int64_t v_i64" i64: -1_242_464_576_485, i64::MIN, i64::MAX;
        "uint64_t v_u64" u64: u64::MAX, 0u64, 1u64 << 63;
        "float v_f32" f32: 1.5, f32::MIN, 0.25f32;
        "double v_f64" f64: -0.0, 5e-324, f64::MAX;
    }
}

#[test]
fn integers_are_fitted_like_arguments() {
    let fixture = Fixture::new();
    let byte = fixture.variable("uint8_t v_u8");
    // SAFETY: the fixture's variables are declared as they are, and written here alone.
    unsafe {
        byte.write(7i64).expect("it fits");
        assert_eq!(byte.get::<u8>().expect("a byte"), 7);
        assert_eq!(
            fixture.message(byte.write(256)),
            "v_u8: the variable: 256 does not fit into uint8_t (0 to 255)"
        );
        assert_eq!(
            fixture.message(byte.write(1.0)),
            "v_u8: the variable: expected uint8_t, found f64; round it and convert it to u8"
        );
        assert_eq!(
            fixture.message(byte.write(Value::VOID)),
            "v_u8: the variable: expected uint8_t, found no value"
        );
        assert_eq!(byte.get::<u8>().expect("a byte"), 7);
    }
    let color = fixture.variable("enum { RED, GREEN, BLUE } v_color");
    assert_eq!(read(&color).as_i64(), Some(1));
    // SAFETY: as above.
    unsafe {
        color.write(2i8).expect("blue");
        assert_eq!(color.get::<u32>().expect("either sign"), 2);
        assert_eq!(color.get::<i32>().expect("either sign"), 2);
    }
}

#[test]
fn pointers_are_read_and_written() {
    let fixture = Fixture::new();
    let text = fixture.variable("const char *v_text");
    // SAFETY: the fixture's variables are declared as they are, and written here alone.
    unsafe {
        assert_eq!(read(&text).as_value().as_c_str(), Some(c"text"));
        text.write(c"other").expect("a pointer");
        assert_eq!(
            text.get::<*const c_void>().expect("a pointer"),
            c"other".as_ptr().cast()
        );
        text.set(std::ptr::null::<u8>()).expect("null");
        assert_eq!(read(&text).to_string(), "null");
        let strict = fixture.variable("const char *_Nonnull v_text");
        assert_eq!(
            fixture.message(strict.write(Value::NULL)),
            "v_text: the variable: null is not allowed for const char *_Nonnull"
        );
        assert_eq!(
            fixture.message(strict.set(std::ptr::null::<u8>())),
            "v_text: the variable: null is not allowed for const char *_Nonnull"
        );
        text.set(c"kept".as_ptr()).expect("a pointer");
        assert_eq!(read(&text).as_value().as_c_str(), Some(c"kept"));
    }
}

#[test]
fn records_are_read_and_written() {
    let fixture = Fixture::new();
    let rect = fixture.variable("struct rect { double x, y, w, h; } v_rect");
    assert_eq!(
        read(&rect).to_string(),
        "{ x: 1.0, y: 2.0, w: 3.0, h: 4.0 }"
    );
    let ty = rect.ty().record().expect("a record");
    let mut new = OwnedValue::record(ty, &values![5.0]).expect("a record");
    new.set("h", 8.0).expect("a double");
    // SAFETY: the fixture's variables are declared as they are, and written here alone.
    unsafe {
        rect.write(&new).expect("a record");
        let object = rect.object();
        assert_eq!(object.get("h").expect("a field").to_string(), "8.0");
        assert_eq!(object.bytes().as_ptr().cast(), rect.address().cast_const());
        assert_eq!(
            fixture.message(rect.write(1)),
            "v_rect: the variable: expected struct rect, found i32"
        );
        let text = fixture.message(rect.get::<f64>());
        assert_eq!(
            text,
            "v_rect: the variable is declared as struct rect, which is not f64"
        );
    }
    assert_eq!(
        read(&rect).to_string(),
        "{ x: 5.0, y: 0.0, w: 0.0, h: 8.0 }"
    );
    let number = fixture.variable("union number { int32_t i; float f; uint8_t b[4]; } v_union");
    assert_eq!(
        read(&number).to_string(),
        "{ i: -1, f: NaN, b: [255, 255, 255, 255] }"
    );
}

#[cfg(feature = "macros")]
#[test]
fn records_of_rust_are_read_and_written() {
    #[derive(farcall::ForeignType, farcall::ForeignResult, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Rect([f64; 4]);
    let fixture = Fixture::new();
    let rect = fixture.variable("struct rect { double x, y, w, h; } v_rect");
    // SAFETY: the fixture's variables are declared as they are, and written here alone.
    unsafe {
        assert_eq!(
            rect.get::<Rect>().expect("the type"),
            Rect([1.0, 2.0, 3.0, 4.0])
        );
        rect.set(Rect([0.5; 4])).expect("the type");
        assert_eq!(rect.get::<Rect>().expect("the type"), Rect([0.5; 4]));
    }
}

#[test]
fn arrays_are_looked_at_element_by_element() {
    let fixture = Fixture::new();
    let array = fixture.variable("int v_array[4]");
    // SAFETY: the fixture's variables are declared as they are, and written here alone.
    unsafe {
        let object = array.object();
        assert_eq!(object.to_string(), "[1, 2, 3, 4]");
        assert_eq!(
            object
                .nth(3)
                .and_then(|o| o.value())
                .and_then(Value::as_i64),
            Some(4)
        );
        assert!(object.nth(4).is_none());
        assert_eq!(object.get("[2]").expect("an element").to_string(), "3");
        assert!(object.value().is_none());
        assert_eq!(
            fixture.message(array.read()),
            "v_array: expected a scalar or record, found the array `int [4]`"
        );
        assert_eq!(
            fixture.message(array.write(1)),
            "v_array: the variable: expected int [4], found i32"
        );
        assert_eq!(
            fixture.message(array.get::<[i32; 4]>()),
            "v_array: the variable is declared as int [4], which is not [i32; 4]"
        );
        let pairs = fixture.variable("struct r8 { int a, b; } v_pairs[2][2]");
        let object = pairs.object();
        assert_eq!(object.get("[1][0].b").expect("a field").to_string(), "6");
        assert_eq!(
            object.to_string(),
            "[[{ a: 1, b: 2 }, { a: 3, b: 4 }], [{ a: 5, b: 6 }, { a: 7, b: 8 }]]"
        );
        assert!(object.get("[1][2]").is_err());
    }
}

#[test]
fn another_type_is_refused() {
    let fixture = Fixture::new();
    let number = fixture.variable("int v_i32");
    // SAFETY: nothing is read or written.
    unsafe {
        let expected = "v_i32: the variable is declared as int, which is not u32";
        assert_eq!(fixture.message(number.get::<u32>()), expected);
        assert_eq!(fixture.message(number.set(1u32)), expected);
        assert_eq!(
            fixture.message(number.get::<i64>()),
            expected.replace("u32", "i64")
        );
        assert_eq!(
            fixture.message(number.get::<f32>()),
            expected.replace("u32", "f32")
        );
        assert_eq!(
            fixture.message(number.set(true)),
            expected.replace("u32", "bool")
        );
        assert_eq!(
            fixture.message(number.set(std::ptr::null::<i32>())),
            expected.replace("u32", "pointer")
        );
        assert!(matches!(
            number.get::<u8>().expect_err("another").kind(),
            ErrorKind::Variable { .. }
        ));
    }
}

#[test]
fn a_variable_may_lie_at_any_address() {
    let fixture = Fixture::new();
    let declaration = "struct { char before; double d; } __attribute__((packed)) v_bytes";
    let variable = fixture.variable(declaration);
    // SAFETY: the variable has nine bytes.
    let object: farcall::Object<'_> = unsafe { variable.object() };
    let expected = f64::from_ne_bytes([1, 2, 3, 4, 5, 6, 7, 8]);
    let field = object.get("d").expect("a field").value().expect("a double");
    assert_eq!(field.as_f64(), Some(expected));
    assert_eq!(
        variable.address().cast_const(),
        fixture.library.symbol("v_bytes").expect("it").address()
    );
}

#[test]
fn a_variable_is_found_in_declarations() {
    let fixture = Fixture::new();
    let text =
        Declarations::parse("extern int v_i32; extern double v_f64, v_none; int sum0(void);");
    let text = text.expect("declarations");
    let number = fixture
        .library
        .variable_in(&text, "v_i32")
        .expect("a variable");
    assert_eq!(
        (number.name(), number.ty().to_string()),
        ("v_i32", "int".to_owned())
    );
    assert_eq!(read(&number).as_i64(), Some(-32));
    assert!(format!("{number:?}").starts_with("Variable(int v_i32 at 0x"));
    assert!(
        fixture
            .message(fixture.library.variable_in(&text, "v_none"))
            .starts_with("v_none: no such symbol: ")
    );
    let missing = fixture
        .library
        .variable_in(&text, "v_u8")
        .expect_err("undeclared");
    assert_eq!(
        missing.to_string(),
        "v_u8: no such variable in the declarations; they have v_i32, v_f64, v_none"
    );
}

#[test]
fn what_has_no_size_is_no_variable() {
    let fixture = Fixture::new();
    for declaration in [
        "void v_i32",
        "struct nobody v_i32",
        "int v_i32(void)",
        "int v_array[]",
        "int v_i32, v_u32",
    ] {
        let error = fixture
            .library
            .variable(declaration)
            .expect_err(declaration);
        assert!(error.to_string().contains('^'), "{declaration}: {error}");
    }
    let opaque = fixture
        .library
        .variable_as("v_i32", farcall::Type::opaque("FILE"));
    assert_eq!(
        fixture.message(opaque),
        "v_i32: the variable has type `FILE`, whose size is unknown; define the type first, or pass a pointer to it"
    );
    let nul = fixture.library.variable_as("v_i32\0", farcall::Type::INT);
    assert_eq!(
        fixture.message(nul),
        "v_i32\0: a symbol name contains a NUL byte: \"v_i32\\0\""
    );
}
