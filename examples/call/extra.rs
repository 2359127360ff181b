//! Extra arguments of variadic functions: their types are read off their texts.

use crate::argument;
use crate::cursor::{Cursor, Read, Wrong};
use crate::number::{digits, float};
use farcall::{CallBuffer, Declarations, FnType, Type, Value};

/// The type and the value of an extra argument.
pub(crate) fn one(text: &str, known: &Declarations) -> Read<(Type, Value<'static>)> {
    let ty = match text.trim_start().chars().next() {
        Some('(') => return cast(text, known),
        Some('"') => Type::CHAR.pointer(),
        Some('\'') => Type::INT,
        _ => match number(text.trim(), known) {
            Err(message) => return Err(Wrong { message, at: 0 }),
            Ok(Some(ty)) => ty,
            Ok(None) => Type::CHAR.pointer(),
        },
    };
    Ok((ty, argument::one(text, ty, known)?))
}

/// The type of a number or enumerator; `None` for text.
fn number(word: &str, known: &Declarations) -> Result<Option<Type>, String> {
    let fits = |number: i128| i32::try_from(number).is_ok();
    let integer = match known.constant(word) {
        Some(value) => Some(value),
        None => digits(word)?,
    };
    match integer {
        Some(number) if fits(number) => return Ok(Some(Type::INT)),
        Some(number) if i64::try_from(number).is_ok() => return Ok(Some(Type::LONG_LONG)),
        Some(_) => return Ok(Some(Type::UNSIGNED_LONG_LONG)),
        None if float::<f64>(word).is_some() => return Ok(Some(Type::DOUBLE)),
        None => {}
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Err(format!("`{word}` is no number; write \"{word}\" for text"));
    }
    Ok(None)
}

/// `(TYPE)VALUE`
fn cast(text: &str, known: &Declarations) -> Read<(Type, Value<'static>)> {
    let start = text.len() - text.trim_start().len();
    let Some(end) = closing(&text[start..]).map(|end| start + end) else {
        return Cursor::new(text).wrong(text.len(), "expected `)` after the type");
    };
    let inside = &text[start + 1..end];
    let wrong = |message: String| Wrong { message, at: start };
    let no_type = |_| wrong(format!("`{inside}` is no type of a value"));
    let ty = known.parse_type(inside).map_err(no_type)?;
    // As a parameter an array is a pointer.
    let function = FnType::builder().unnamed_param(ty).build();
    let function = function.map_err(|error| no_type(error.into()))?;
    let ty = function.params()[0].ty();
    let rest = &text[end + 1..];
    let value = argument::one(rest, ty, known).map_err(|error| Wrong {
        at: end + 1 + error.at,
        ..error
    })?;
    check(function, value).map_err(wrong)?;
    Ok((ty, value))
}

/// Whether the value is one of the type that was written, before it is promoted.
fn check(function: FnType, value: Value<'static>) -> Result<(), String> {
    CallBuffer::new(function).set(0, value).map_err(|error| {
        let text = error.to_string();
        text.trim_start_matches("argument 1: ").to_owned()
    })
}

/// Where the parenthesis at the start is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (depth == 0).then_some(at)
    })
}
