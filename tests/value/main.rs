//! Do values hold, convert and print what C means by them?

mod convert;
mod object;
mod owned;
mod print;
mod random;

use farcall::{RecordKind, RecordType, Type};

/// `struct pair { int a; double b; }` and friends, by their fields.
fn record(kind: RecordKind, tag: &str, fields: &[(&str, Type)]) -> RecordType {
    let builder = RecordType::builder(kind, Some(tag));
    let add =
        |builder: farcall::RecordBuilder, field: &(&str, Type)| builder.field(field.0, field.1);
    fields.iter().fold(builder, add).build().expect("a record")
}

fn pair() -> RecordType {
    record(
        RecordKind::Struct,
        "pair",
        &[("a", Type::INT), ("b", Type::DOUBLE)],
    )
}

/// A record with everything: nesting, arrays, anonymous members, a union.
fn tree() -> RecordType {
    RecordType::parse(
        "struct tree {
            struct pair { int a; double b; } pair, pairs[3];
            int grid[2][3];
            union { float f; unsigned u; };
            struct { bool yes; struct { signed char deep; }; };
            const char *text;
        }",
    )
    .expect("a record")
}

fn message<T: std::fmt::Debug>(result: farcall::Result<T>) -> String {
    result.expect_err("a refusal").to_string()
}
