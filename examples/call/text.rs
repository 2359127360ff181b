//! Text as C writes it: escapes in quotes, both ways.

/// `bytes` in double quotes. What is not printable UTF-8 is escaped in octal, because C's
/// hexadecimal escapes have no end of their own.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut quoted, c));
        for byte in chunk.invalid() {
            quoted += &format!("\\{byte:03o}");
        }
    }
    quoted + "\""
}

fn push(quoted: &mut String, c: char) {
    match c {
        '"' => *quoted += "\\\"",
        '\\' => *quoted += "\\\\",
        '\n' => *quoted += "\\n",
        '\t' => *quoted += "\\t",
        '\r' => *quoted += "\\r",
        _ if c.is_control() => {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                *quoted += &format!("\\{byte:03o}");
            }
        }
        _ => quoted.push(c),
    }
}

/// What an escape stands for.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Byte(u8),
    Char(char),
}

/// Reads the escape at the start of `text`, which follows a backslash. Returns what it stands for
/// and its length in bytes.
pub(crate) fn unescape(text: &str) -> Result<(Unit, usize), String> {
    let Some(first) = text.chars().next() else {
        return Err("a backslash needs a character after it".to_owned());
    };
    let byte = match first {
        'a' => 7,
        'b' => 8,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        '\\' | '\'' | '"' | '?' => first as u8,
        '0'..='7' => return number(text, 0, 3, 8),
        'x' => return number(text, 1, usize::MAX, 16),
        'u' => return universal(text, 4),
        'U' => return universal(text, 8),
        _ => return Err(format!("C has no escape `\\{first}`")),
    };
    Ok((Unit::Byte(byte), 1))
}

/// A byte by its number, after `prefix` bytes and with at most `most` digits.
fn number(text: &str, prefix: usize, most: usize, radix: u32) -> Result<(Unit, usize), String> {
    let digits = text[prefix..].chars().take_while(|c| c.is_digit(radix));
    let count = digits.count().min(most);
    let end = prefix + count;
    match u8::from_str_radix(&text[prefix..end], radix) {
        Ok(byte) => Ok((Unit::Byte(byte), end)),
        Err(_) if count == 0 => Err("`\\x` needs hexadecimal digits".to_owned()),
        Err(_) => Err(format!("`\\{}` is not a byte", &text[..end])),
    }
}

fn universal(text: &str, count: usize) -> Result<(Unit, usize), String> {
    let end = count + 1;
    let digits = text.get(1..end).unwrap_or("");
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| all);
    match code.and_then(char::from_u32) {
        Some(c) => Ok((Unit::Char(c), end)),
        None => Err(format!(
            "`\\{}` needs {count} hexadecimal digits of a character",
            &text[..1]
        )),
    }
}
