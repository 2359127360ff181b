//! Numbers as C, or a reader of C, writes them.

use std::str::FromStr;

/// A floating-point number, rounded once to the type that is asked for.
pub(crate) fn float<T: FromStr>(word: &str) -> Option<T> {
    let unsigned = word.trim_start_matches(['+', '-']);
    if let Ok(Some(integer)) = digits(word)
        && unsigned.len() > 2
        && unsigned.as_bytes()[1].is_ascii_alphabetic()
    {
        return integer.to_string().parse().ok();
    }
    word.parse().ok()
}

/// An integer in one of C's radices, or 0o; `None` if it is no number.
pub(crate) fn digits(word: &str) -> Result<Option<i128>, String> {
    let (sign, unsigned) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let lower = unsigned.to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let found = prefixes
        .iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, *radix)));
    let (digits, radix) = found.unwrap_or((&lower, 10));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Ok(None);
    }
    if radix == 10 && digits.len() > 1 && digits.starts_with('0') {
        let plain = digits.trim_start_matches('0');
        return Err(format!(
            "`{word}` is octal in C; write 0o{plain} or {plain}"
        ));
    }
    match i128::from_str_radix(digits, radix) {
        Ok(number) => Ok(Some(sign * number)),
        Err(_) => Err(format!("`{word}` does not fit into 64 bits")),
    }
}
