//! Arguments: from text to values of the declared types.
//!
//! Texts and structs are kept for as long as the program runs: the function may keep their
//! addresses, and may write to a text.

use crate::cursor::{Cursor, Read};
use crate::extra;
use crate::number::{digits, float};
use farcall::{
    Declarations, F16, FnType, LongDouble, OwnedValue, RecordKind, RecordType, Scalar, Type,
    TypeKind, Value,
};

/// One value for each parameter of the function `name`, and the type of the call: with those of
/// extra arguments.
pub(crate) fn all(
    texts: &[String],
    name: &str,
    ty: FnType,
    known: &Declarations,
) -> Result<(FnType, Vec<Value<'static>>), String> {
    arity(texts, name, ty)?;
    let (mut values, mut extra) = (Vec::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        let param = ty.params().get(index);
        let read = match param {
            Some(param) => one(text, param.ty(), known),
            None => extra::one(text, known).map(|(ty, value)| {
                extra.push(ty);
                value
            }),
        };
        values.push(read.map_err(|wrong| {
            let param = param.and_then(|param| param.name());
            let param = param.map_or(String::new(), |name| format!(" ({name})"));
            let (number, place) = (index + 1, place(text, wrong.at));
            format!("{name}: argument {number}{param}: {}{place}", wrong.message)
        })?);
    }
    if extra.is_empty() {
        return Ok((ty, values));
    }
    match ty.with_extra(&extra) {
        Ok(call) => Ok((call, values)),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// Whether there are as many arguments as the function takes.
fn arity(texts: &[String], name: &str, ty: FnType) -> Result<(), String> {
    let (expected, found) = (ty.params().len(), texts.len());
    if found < expected || (found > expected && !ty.is_variadic()) {
        let least = if ty.is_variadic() { "at least " } else { "" };
        let plural = if expected == 1 { "" } else { "s" };
        let option = texts.iter().any(|text| text.starts_with("--"));
        let hint = if option {
            "; options come before LIBRARY"
        } else {
            ""
        };
        return Err(format!(
            "{name}: expected {least}{expected} argument{plural}, found {found}{hint}"
        ));
    }
    Ok(())
}

/// The text with a caret under what is wrong, unless that is its start.
fn place(text: &str, at: usize) -> String {
    if at == 0 || text.contains(char::is_control) {
        return String::new();
    }
    let column = text[..at].chars().count();
    format!("\n  {text}\n  {:column$}^", "")
}

pub(crate) fn one(text: &str, ty: Type, known: &Declarations) -> Read<Value<'static>> {
    if ty.is_c_string() && !text.starts_with('"') && !is_null(text) {
        return Ok(keep(text.as_bytes().to_vec()));
    }
    let mut parser = Parser {
        cursor: Cursor::new(text),
        known,
    };
    let value = match ty.record() {
        Some(record) => {
            let mut new = OwnedValue::zeroed(record);
            parser.record(&mut new, "", record)?;
            Box::leak(Box::new(new)).as_value()
        }
        None => parser.scalar(ty)?,
    };
    match parser.cursor.peek() {
        None => Ok(value),
        Some(_) => Err(parser.cursor.expected("the end of the argument")),
    }
}

fn is_null(text: &str) -> bool {
    text == "null" || text == "NULL"
}

/// The address of the bytes with a NUL after them.
fn keep(mut bytes: Vec<u8>) -> Value<'static> {
    bytes.push(0);
    Value::from(bytes.leak().as_mut_ptr())
}

/// Reads values from one argument.
struct Parser<'a> {
    cursor: Cursor<'a>,
    known: &'a Declarations,
}

impl Parser<'_> {
    fn record(&mut self, into: &mut OwnedValue, path: &str, record: RecordType) -> Read<()> {
        if !self.cursor.eat('{') {
            return Err(self.cursor.expected(format!("`{{` for `{record}`")));
        }
        if record.fields().is_empty() || self.at_name() {
            return self.named(into, path, record);
        }
        // Of a union, C initialises the first member.
        let fields = match record.record_kind() {
            RecordKind::Struct => record.fields(),
            RecordKind::Union => &record.fields()[..1],
        };
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                let name = field.name().unwrap_or("an anonymous member");
                self.cursor
                    .separator(format!("`,` and a value for `{name}`"))?;
            }
            self.fill(into, &join(path, field.name().unwrap_or("")), field.ty())?;
        }
        self.cursor.close('}')
    }

    /// Whether a name with a colon comes next.
    fn at_name(&mut self) -> bool {
        let start = self.cursor.at;
        self.cursor.at += self.cursor.word().len();
        let named = self.cursor.at > start && self.cursor.peek() == Some(':');
        self.cursor.at = start;
        named
    }

    fn named(&mut self, into: &mut OwnedValue, path: &str, record: RecordType) -> Read<()> {
        let mut seen: Vec<&str> = Vec::new();
        while !self.cursor.eat('}') {
            if !seen.is_empty() {
                self.cursor.separator("`,` or `}`")?;
                if self.cursor.eat('}') {
                    break;
                }
            }
            let name = self.cursor.word();
            if name.is_empty() {
                return Err(self.cursor.expected("the name of a field"));
            }
            let Some(ty) = member(record, name) else {
                let names = members(record).join(", ");
                return self.cursor.wrong(
                    self.cursor.at,
                    format!("`{record}` has no field `{name}`, but {names}"),
                );
            };
            if seen.contains(&name) {
                return self
                    .cursor
                    .wrong(self.cursor.at, format!("`{name}` has a value already"));
            }
            if record.record_kind() == RecordKind::Union && !seen.is_empty() {
                return self.cursor.wrong(
                    self.cursor.at,
                    format!("`{record}` holds one member at a time"),
                );
            }
            seen.push(name);
            self.cursor.at += name.len();
            if !self.cursor.eat(':') {
                return Err(self.cursor.expected(format!("`:` after `{name}`")));
            }
            self.fill(into, &join(path, name), ty)?;
        }
        Ok(())
    }

    fn array(&mut self, into: &mut OwnedValue, path: &str, element: Type, len: u64) -> Read<()> {
        let start = self.cursor.at;
        let byte = element.scalar().is_some_and(|scalar| scalar.size() == 1);
        if byte && self.cursor.peek() == Some('"') {
            let bytes = self.cursor.string()?;
            if bytes.len() as u64 > len {
                return self.cursor.wrong(
                    start,
                    format!("{} bytes for an array of {len}", bytes.len()),
                );
            }
            for (index, byte) in bytes.iter().enumerate() {
                let set = into.set(&format!("{path}[{index}]"), i64::from(*byte));
                set.or_else(|error| self.cursor.wrong(start, error))?;
            }
            return Ok(());
        }
        let close = if self.cursor.eat('[') {
            ']'
        } else if self.cursor.eat('{') {
            '}'
        } else {
            let what = format!("`[` for {len} elements of `{element}`");
            return Err(self.cursor.expected(what));
        };
        for index in 0..len {
            if index > 0 {
                self.cursor
                    .separator(format!("`,` and element {index} of {len}, counted from 0"))?;
            }
            self.fill(into, &format!("{path}[{index}]"), element)?;
        }
        self.cursor.close(close)
    }

    /// Reads a value of `ty` to the place that `path` names.
    fn fill(&mut self, into: &mut OwnedValue, path: &str, ty: Type) -> Read<()> {
        self.cursor.peek();
        match *ty.kind() {
            TypeKind::Record(record) => self.record(into, path, record),
            TypeKind::Array { element, len } => self.array(into, path, element, len),
            _ => {
                let start = self.cursor.at;
                let value = self.scalar(ty)?;
                into.set(path, value)
                    .or_else(|error| self.cursor.wrong(start, error))
            }
        }
    }

    fn scalar(&mut self, ty: Type) -> Read<Value<'static>> {
        let Some(scalar) = ty.scalar() else {
            return Err(self
                .cursor
                .expected(format!("nothing for `{ty}`, which is no value")));
        };
        self.cursor.peek();
        let (start, word) = (self.cursor.at, self.cursor.word());
        self.cursor.at += word.len();
        let value = match scalar {
            Scalar::Pointer => {
                self.cursor.at = start;
                return self.pointer(ty);
            }
            Scalar::Bool => match word {
                "true" | "1" => Some(Value::from(true)),
                "false" | "0" => Some(Value::from(false)),
                _ => None,
            },
            Scalar::F64 => float::<f64>(word).map(Value::from),
            Scalar::F32 => float::<f32>(word).map(Value::from),
            Scalar::F16 => float::<f32>(word).map(|near| Value::from(F16::from_f32(near))),
            // The program ends after one call.
            Scalar::LongDouble => {
                let number = word.parse::<LongDouble>().ok();
                number.map(|number| Value::of(&*Box::leak(Box::new(number))))
            }
            _ if word.is_empty() && self.cursor.peek() == Some('\'') => {
                return self.cursor.character().map(Value::from);
            }
            _ => self.integer(word, ty, start)?,
        };
        value.ok_or_else(|| {
            self.cursor.at = start;
            self.cursor.expected(match scalar {
                Scalar::Bool => "true or false".to_owned(),
                float if float.is_float() => format!("a number for `{ty}`"),
                _ => format!("an integer for `{ty}`"),
            })
        })
    }

    /// A number, or an enumerator of the type or of the declarations.
    fn integer(&self, word: &str, ty: Type, start: usize) -> Read<Option<Value<'static>>> {
        let own = match ty.kind() {
            TypeKind::Enum(enumeration) => enumeration.constants(),
            _ => &[],
        };
        let own = own.iter().find(|(name, _)| *name == word);
        let named = own
            .map(|(_, value)| *value)
            .or_else(|| self.known.constant(word));
        let number = match named {
            Some(value) => Some(value),
            None => digits(word).or_else(|message| self.cursor.wrong(start, message))?,
        };
        let Some(number) = number else {
            return Ok(None);
        };
        let value = i64::try_from(number).map(Value::from);
        let value = value.or_else(|_| u64::try_from(number).map(Value::from));
        value.map(Some).or_else(|_| {
            self.cursor
                .wrong(start, format!("{number} does not fit into 64 bits"))
        })
    }

    fn pointer(&mut self, ty: Type) -> Read<Value<'static>> {
        if self.cursor.peek() == Some('"') {
            let TypeKind::Pointer { to, .. } = *ty.kind() else {
                return Err(self.cursor.expected("a pointer"));
            };
            if !to.is_void() && to.size() != Some(1) {
                let message = format!("text has bytes, but `{ty}` points to something else");
                return self.cursor.wrong(self.cursor.at, message);
            }
            return self.cursor.string().map(keep);
        }
        let (start, word) = (self.cursor.at, self.cursor.word());
        self.cursor.at += word.len();
        if is_null(word) {
            return Ok(Value::NULL);
        }
        let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        let address = hex.and_then(|hex| usize::from_str_radix(hex, 16).ok());
        if let Some(address) = address {
            return Ok(Value::from(std::ptr::with_exposed_provenance::<u8>(
                address,
            )));
        }
        self.cursor.at = start;
        let text = if ty.is_c_string() { "\"text\", " } else { "" };
        Err(self
            .cursor
            .expected(format!("{text}null or an address 0x… for `{ty}`")))
    }
}

fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", _) => name.to_owned(),
        // The members of an anonymous record are those of the one around it.
        (_, "") => path.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

/// The type of the field with this name, also one of an anonymous record inside.
fn member(record: RecordType, name: &str) -> Option<Type> {
    record.fields().iter().find_map(|field| match field.name() {
        Some(found) => (found == name).then(|| field.ty()),
        None => member(field.ty().record()?, name),
    })
}

fn members(record: RecordType) -> Vec<&'static str> {
    let inside = |ty: Type| ty.record().map(members).unwrap_or_default();
    let names = record.fields().iter();
    names
        .flat_map(|field| {
            field
                .name()
                .map_or_else(|| inside(field.ty()), |name| vec![name])
        })
        .collect()
}
