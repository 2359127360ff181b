//! Does what is printed read back, and does nothing make the parser panic?
//!
//! A failure prints its input and a line with its seed, which is kept in `random.regressions` and
//! tried first from then on.

use farcall::{CallConv, Declarations, FnType, RecordKind, RecordType, Type, TypeKind};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const KNOWN: &str = "
    struct point { double x, y; }; union bits { float f; unsigned u; };
    enum color { RED, GREEN = -5 }; enum small : uint8_t { S };
    struct opaque; typedef struct point point;";

const SCALARS: &[Type] = &[
    Type::BOOL,
    Type::CHAR,
    Type::SIGNED_CHAR,
    Type::UNSIGNED_CHAR,
    Type::SHORT,
    Type::UNSIGNED_SHORT,
    Type::INT,
    Type::UNSIGNED_INT,
    Type::LONG,
    Type::UNSIGNED_LONG,
    Type::LONG_LONG,
    Type::UNSIGNED_LONG_LONG,
    Type::FLOAT,
    Type::DOUBLE,
    Type::INT8,
    Type::UINT64,
    Type::SIZE,
    Type::SSIZE,
    Type::PTRDIFF,
    Type::INTPTR,
    Type::WCHAR,
    Type::CHAR16,
    Type::CHAR32,
];

/// What a random type is built from.
#[derive(Clone, Debug)]
enum Shape {
    Scalar(usize),
    Tagged(usize),
    Void,
    Opaque,
    Pointer(Box<Shape>, bool, bool),
    Array(Box<Shape>, u64),
    Function(Signature),
    Record(bool, Vec<(Shape, Option<u64>)>, bool, Option<u64>),
}

#[derive(Clone, Debug)]
struct Signature {
    result: Box<Shape>,
    params: Vec<(Shape, bool)>,
    variadic: bool,
    conv: usize,
}

impl Shape {
    /// The type; where C has none, one near to it.
    fn ty(&self, known: &Declarations) -> Type {
        match self {
            Self::Scalar(index) => SCALARS[index % SCALARS.len()],
            Self::Tagged(index) => {
                let tags = ["struct point", "union bits", "enum color", "enum small"];
                known.ty(tags[index % tags.len()]).unwrap()
            }
            Self::Void => Type::VOID,
            Self::Opaque => Type::opaque("struct opaque"),
            Self::Pointer(to, is_const, non_null) => {
                let to = to.ty(known);
                let is_function = matches!(to.kind(), TypeKind::Function(_));
                let pointer = if *is_const && !is_function {
                    to.const_pointer()
                } else {
                    to.pointer()
                };
                if *non_null {
                    pointer.non_null()
                } else {
                    pointer
                }
            }
            Self::Array(element, len) => sized(element.ty(known)).array(*len).unwrap(),
            Self::Function(signature) => signature.ty(known).into(),
            Self::Record(is_union, fields, is_packed, align) => {
                let kind = [RecordKind::Struct, RecordKind::Union][usize::from(*is_union)];
                let mut builder = RecordType::builder(kind, None);
                for (index, (field, align)) in fields.iter().enumerate() {
                    let (name, ty) = (format!("f{index}"), sized(field.ty(known)));
                    let is_anonymous = ty.record().is_some_and(|r| r.tag().is_none());
                    builder = match align {
                        Some(align) => builder.aligned_field(&name, ty, *align),
                        None if is_anonymous && fields.len() == 1 => builder.anonymous(ty),
                        None => builder.field(&name, ty),
                    };
                }
                if *is_packed {
                    builder = builder.packed(1);
                }
                if let Some(align) = align {
                    builder = builder.align(*align);
                }
                builder.build().unwrap().into()
            }
        }
    }
}

impl Signature {
    fn ty(&self, known: &Declarations) -> FnType {
        let result = match self.result.ty(known) {
            void if void.is_void() => void,
            other if matches!(other.kind(), TypeKind::Array { .. }) => other.pointer(),
            other => sized(other),
        };
        let conv = [CallConv::C, CallConv::C, CallConv::SysV64, CallConv::Win64][self.conv % 4];
        let mut builder = FnType::builder().result(result).call_conv(conv);
        for (index, (param, is_named)) in self.params.iter().enumerate() {
            let ty = sized(param.ty(known));
            builder = match is_named {
                true => builder.param(&format!("p{index}"), ty),
                false => builder.unnamed_param(ty),
            };
        }
        if self.variadic {
            builder = builder.variadic();
        }
        builder.build().unwrap()
    }
}

/// The type, or a pointer to it if it has no size.
fn sized(ty: Type) -> Type {
    if ty.size().is_some() {
        ty
    } else {
        ty.pointer()
    }
}

fn shape() -> impl Strategy<Value = Shape> + Clone {
    let leaf = prop_oneof![
        6 => any::<usize>().prop_map(Shape::Scalar),
        2 => any::<usize>().prop_map(Shape::Tagged),
        1 => Just(Shape::Void),
        1 => Just(Shape::Opaque),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let align = proptest::option::weighted(0.2, prop_oneof![Just(1), Just(2), Just(16)]);
        let fields = proptest::collection::vec((inner.clone(), align.clone()), 1..6);
        prop_oneof![
            (boxed.clone(), any::<bool>(), proptest::bool::weighted(0.2))
                .prop_map(|(to, is_const, non_null)| Shape::Pointer(to, is_const, non_null)),
            (boxed, 1..5u64).prop_map(|(element, len)| Shape::Array(element, len)),
            signature(inner).prop_map(Shape::Function),
            (any::<bool>(), fields, proptest::bool::weighted(0.2), align)
                .prop_map(|(u, fields, packed, align)| Shape::Record(u, fields, packed, align)),
        ]
    })
}

fn signature(inner: impl Strategy<Value = Shape> + Clone) -> impl Strategy<Value = Signature> {
    let params = proptest::collection::vec((inner.clone(), any::<bool>()), 0..5);
    (inner, params, any::<bool>(), any::<usize>()).prop_map(|(result, params, variadic, conv)| {
        Signature {
            result: Box::new(result),
            params,
            variadic,
            conv,
        }
    })
}

const SEEDS: &[&str] = &[
    "double pow(double x, double y);",
    "void (*signal(int sig, void (*func)(int)))(int);",
    "struct s { char c; int x[2][3]; union { int i; float f; }; } __attribute__((packed));",
    "enum e : uint8_t { A = 1 << 3 | 'a', B = A ? sizeof(int [3]) : 0x1f, };",
    "typedef struct { int quot, rem; } div_t; div_t div(int, int);",
    "#pragma pack(push, 2)\nunion u { short s; _Alignas(16) char c[static 3]; };\n#pragma pack(pop)",
    "extern \"C\" { extern char **environ; int f(const char *restrict format, ...); }",
    "int f(int a[static 3], char *b) __attribute__((nonnull(2), ms_abi));",
    "_Static_assert(sizeof(long double) >= -1 && !0, \"text\"); // comment\n/* more */ \\\n",
    "[[gnu::pure]] unsigned long long int *_Nonnull const g(register int x, bool);",
];

const TOKENS: &[&str] = &[
    "int",
    "unsigned",
    "long",
    "struct",
    "union",
    "enum",
    "typedef",
    "extern",
    "const",
    "s",
    "t",
    "x",
    "f",
    "A",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    "*",
    ":",
    "=",
    "...",
    "3",
    "0x",
    "'a'",
    "\"C\"",
    "sizeof",
    "?",
    "-",
    "<<",
    "&",
    "void",
    "__attribute__((",
    "packed",
    "aligned",
    "))",
    "#pragma pack(1)\n",
    "\n#",
    "\\\n",
    "/*",
    "*/",
    "//",
    "static",
    "_Alignas",
    "[[",
    "]]",
    "\u{0}",
    "ä",
    "\u{202e}",
    "_Static_assert",
    "::",
    "<",
    "1e",
    "L'",
    "'",
    "\"",
    "double",
    "nonnull",
];

/// Parses twice; both times the same comes out, and its functions read back.
fn check(text: &str) {
    let (first, second) = (Declarations::parse(text), Declarations::parse(text));
    let say = |result: &farcall::Result<Declarations>| match result {
        Ok(all) => format!("{all:?}").len().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(say(&first), say(&second));
    let _ = (
        Type::parse(text),
        FnType::parse(text),
        RecordType::parse(text),
    );
    let Ok(all) = first else {
        return;
    };
    for (name, function) in all.functions() {
        let printed = function.declare(name);
        // A type that was completed later reads back complete.
        if printed.contains(['{', '…']) {
            continue;
        }
        let (again, read) = all
            .parse_function(&printed)
            .unwrap_or_else(|e| panic!("{text}\n{e}"));
        assert_eq!((again.as_str(), read.declare(&again)), (name, printed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn does_a_printed_type_read_back(shape in shape()) {
        let known = Declarations::parse(KNOWN).unwrap();
        let ty = shape.ty(&known);
        let printed = ty.to_string();
        let read = known.parse_type(&printed).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(read, ty, "{}", printed);
    }

    #[test]
    fn does_a_printed_function_read_back(signature in signature(shape())) {
        let known = Declarations::parse(KNOWN).unwrap();
        let function = signature.ty(&known);
        let printed = function.declare("f");
        let read = known.parse_function(&printed).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(read, ("f".to_owned(), function), "{}", printed);
    }

    #[test]
    fn is_any_text_read_or_refused(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn are_any_tokens_read_or_refused(
        tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..40),
        glue in proptest::sample::select(&["", " "][..]),
    ) {
        check(&tokens.join(glue));
    }

    #[test]
    fn is_a_damaged_declaration_read_or_refused(
        seed in proptest::sample::select(SEEDS),
        other in proptest::sample::select(SEEDS),
        edits in proptest::collection::vec(
            (any::<proptest::sample::Index>(), 0..5usize, proptest::sample::select(TOKENS)),
            0..6,
        ),
    ) {
        let mut text: Vec<char> = format!("{seed}\n{other}").chars().collect();
        for (index, kind, token) in edits {
            let at = index.index(text.len() + 1);
            let end = (at + kind * 3).min(text.len());
            match kind {
                0 => drop(text.splice(at..at, token.chars())),
                1 => drop(text.splice(at..end, token.chars())),
                2 => drop(text.drain(at..end)),
                3 => text.extend_from_within(at..end),
                _ => text.truncate(at),
            }
        }
        check(&text.into_iter().collect::<String>());
    }
}
