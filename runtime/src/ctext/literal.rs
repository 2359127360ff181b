//! Numbers and characters as C writes them.
//!
//! Guarantee: a literal that is read has C's value and type; anything else is refused with a
//! reason, never read in part.
#![forbid(unsafe_code)]

use super::integer::{Arithmetic, Integer};
use crate::types::Type;
use std::ffi::c_long;

/// The integer constant `text` (C11 section 6.4.4.1, with C23's binary constants and separators).
pub(super) fn number(text: &str) -> Arithmetic {
    let lower = text.to_ascii_lowercase();
    let (base, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let is_digit = |c: char| c == '\'' || c.is_digit(if base == 16 { 16 } else { 10 });
    let len = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(len);
    if suffix.contains('.')
        || (base != 16 && suffix.starts_with(['e', 'f']))
        || suffix.contains('p')
    {
        return Err("a floating-point number; expected an integer");
    }
    let digits = digits.replace('\'', "");
    let value = match digits.as_str() {
        // `0`, `0u`
        "" if base == 8 => 0,
        "" => return Err("a number without digits"),
        _ if digits.chars().any(|c| !c.is_digit(base)) => {
            return Err(match base {
                8 => "a number that begins with 0 is octal; its digits are 0 to 7",
                _ => "a binary number has the digits 0 and 1",
            });
        }
        _ => i128::from(
            u64::from_str_radix(&digits, base).map_err(|_| "this number has more than 64 bits")?,
        ),
    };
    typed(value, base == 10, suffix)
}

/// The type of a constant: the first of its list that holds it.
fn typed(value: i128, decimal: bool, suffix: &str) -> Arithmetic {
    let (unsigned, bits) = match suffix {
        "" => (false, 32),
        "u" => (true, 32),
        "l" => (false, c_long::BITS),
        "ul" | "lu" => (true, c_long::BITS),
        "ll" | "z" => (false, 64),
        "ull" | "llu" | "uz" | "zu" => (true, 64),
        _ => return Err("this number has an unknown suffix"),
    };
    let widths = [bits, 64].into_iter();
    let candidates = widths.flat_map(|bits| {
        let signed = (!unsigned).then_some((bits, true));
        // Decimal constants become unsigned only past the largest signed type.
        let or_unsigned = (unsigned || !decimal || bits == 64).then_some((bits, false));
        signed.into_iter().chain(or_unsigned)
    });
    let holds = |&(bits, signed): &(u32, bool)| value < 1i128 << (bits - u32::from(signed));
    let (bits, signed) = candidates
        .into_iter()
        .find(holds)
        .ok_or("this number has more than 64 bits")?;
    Ok(Integer {
        value,
        bits,
        signed,
    })
}

/// The character constant `text`, quotes and prefix included.
pub(super) fn character(text: &str) -> Arithmetic {
    let quote = text.find('\'').unwrap_or(0);
    let prefix = &text[..quote];
    let inside = text[quote + 1..].strip_suffix('\'').unwrap_or("");
    let (code, rest) = unescape(inside)?;
    if !rest.is_empty() {
        return Err("a character constant holds one character");
    }
    let ty = match prefix {
        "L" => Type::WCHAR,
        "U" => Type::CHAR32,
        "u" => Type::CHAR16,
        "u8" => Type::UNSIGNED_CHAR,
        _ => Type::CHAR,
    };
    let scalar = ty.scalar().ok_or("a character constant")?;
    let largest = (1u64 << (scalar.size() * 8)) - 1;
    // `'ä'` is several characters in C; `'\xff'` is one.
    let multibyte = scalar.size() == 1 && !inside.starts_with('\\') && code > 0x7f;
    if u64::from(code) > largest || multibyte {
        return Err("this character does not fit into its type");
    }
    Integer::int(code.into())
        .cast(scalar)
        .ok_or("a character constant")
}

/// The first character of `text`, and what follows it.
fn unescape(text: &str) -> Result<(u32, &str), &'static str> {
    let mut rest = text.chars();
    let code = match rest.next() {
        None => return Err("a character constant holds one character"),
        Some('\\') => match rest.next() {
            Some('n') => 0x0a,
            Some('t') => 0x09,
            Some('r') => 0x0d,
            Some('a') => 0x07,
            Some('b') => 0x08,
            Some('f') => 0x0c,
            Some('v') => 0x0b,
            Some(c @ ('\\' | '\'' | '"' | '?')) => c.into(),
            Some('x') => return digits(rest.as_str(), 16, 8),
            Some('0'..='7') => return digits(&text[1..], 8, 3),
            _ => return Err("this escape sequence is not known"),
        },
        Some(c) => c.into(),
    };
    Ok((code, rest.as_str()))
}

fn digits(text: &str, base: u32, most: usize) -> Result<(u32, &str), &'static str> {
    let end = text
        .char_indices()
        .take(most)
        .take_while(|(_, c)| c.is_digit(base))
        .count();
    let code = u32::from_str_radix(&text[..end], base);
    let code = code.map_err(|_| "`\\x` without hexadecimal digits")?;
    Ok((code, &text[end..]))
}
