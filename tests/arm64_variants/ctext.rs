//! Random signatures as C and in the notation of plans.

use crate::notation::signature;
use crate::random::Random;
use farcall_jit::layout::{Layout, Signature};
use std::fmt::Write;

/// The scalars: as the notation has them, and as C does.
const SCALARS: [(&str, &str); 16] = [
    ("i8", "signed char"),
    ("u8", "unsigned char"),
    ("i16", "short"),
    ("u16", "unsigned short"),
    ("i32", "int"),
    ("u32", "unsigned int"),
    ("i64", "long long"),
    ("u64", "unsigned long long"),
    ("f32", "float"),
    ("f32", "float"),
    ("f64", "double"),
    ("f64", "double"),
    ("i128", "__int128"),
    ("v64", "v64"),
    ("v128", "v128"),
    ("f16", "_Float16"),
];

/// How many there are: all, all without halves, and those of at most 8 bytes; with the last goes
/// that no record is aligned to more.
pub(crate) const ALL: usize = SCALARS.len();
pub(crate) const WITHOUT_HALVES: usize = 15;
pub(crate) const SMALL: usize = 12;

/// Those that C does not promote.
const WHOLE: std::ops::Range<usize> = 4..8;

pub(crate) const PRELUDE: &str = "\
typedef float v64 __attribute__((vector_size(8)));
typedef int v128 __attribute__((vector_size(16)));
";

/// Where the result lies behind the arguments.
pub(crate) const RESULT: usize = 4096;

pub(crate) struct Case {
    pub(crate) index: u64,
    pub(crate) signature: Signature,
    notation: String,
    definitions: String,
    params: Vec<String>,
    named: Option<usize>,
    result: Option<String>,
}

impl Case {
    /// Its scalars are the first of the table, fewer of them for a variadic function.
    pub(crate) fn new(random: &mut Random, index: u64, scalars: [usize; 2]) -> Self {
        let count = random.below(14) as usize;
        let variadic = random.below(4) == 0;
        let mut writer = Writer {
            random,
            index,
            scalars: &SCALARS[..scalars[usize::from(variadic)]],
            definitions: String::new(),
            records: 0,
        };
        let named = variadic.then(|| writer.random.below(count as u64 + 1) as usize);
        let (mut notation, mut params) = (String::new(), Vec::new());
        for index in 0..count {
            let extra = named.is_some_and(|named| index >= named);
            if named == Some(index) {
                notation += "; ";
            }
            let (short, text) = writer.value(extra);
            notation += &format!("{short} ");
            params.push(text);
        }
        if named == Some(count) {
            notation += "; ";
        }
        let mut result = None;
        if writer.random.below(5) > 0 {
            let (short, text) = writer.value(false);
            notation += &format!("-> {short}");
            result = Some(text);
        }
        Self {
            index,
            signature: signature(&notation),
            definitions: writer.definitions,
            notation,
            params,
            named,
            result,
        }
    }

    pub(crate) fn is_variadic(&self) -> bool {
        self.named.is_some()
    }

    /// Where each argument lies in a buffer.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut end = 0;
        let place = |layout: &Layout| {
            let at = end;
            end += (layout.size() as usize).next_multiple_of(32);
            at
        };
        let places = self.signature.params.iter().map(place).collect();
        assert!(end <= RESULT);
        places
    }

    /// `fN` stores its arguments and returns what lies behind them; `gN` calls a function with what
    /// lies in a buffer and stores what it returns behind it.
    pub(crate) fn text(&self) -> String {
        let (index, named) = (self.index, self.named.unwrap_or(self.params.len()));
        let result = self.result.as_deref().unwrap_or("void");
        let mut text = format!("// {}\n{}", self.notation, self.definitions);
        let list = |from: &[String]| -> Vec<String> {
            let place = |(index, ty): (usize, &String)| format!("{ty} a{index}");
            from.iter().enumerate().map(place).collect()
        };
        let mut params = vec!["unsigned char *log".to_owned()];
        params.extend(list(&self.params[..named]));
        params.extend(self.named.map(|_| "...".to_owned()));
        let _ = writeln!(text, "{result} f{index}({}) {{", params.join(", "));
        if self.named.is_some() {
            let last = params[params.len() - 2].rsplit([' ', '*']).next().unwrap();
            let _ = writeln!(
                text,
                "  __builtin_va_list list; __builtin_va_start(list, {last});"
            );
        }
        for (number, (ty, at)) in self.params.iter().zip(self.places()).enumerate() {
            let from = match number < named {
                true => format!("a{number}"),
                false => format!("__builtin_va_arg(list, {ty})"),
            };
            let _ = match extended(ty) {
                true => writeln!(text, "  *(long long *)(log + {at}) = {from};"),
                false => writeln!(text, "  *({ty} *)(log + {at}) = {from};"),
            };
        }
        if let Some(result) = &self.result {
            let _ = writeln!(text, "  return *({result} *)(log + {RESULT});");
        }
        text += "}\n";
        if self.named.is_none() {
            self.caller(result, &list(&self.params), &mut text);
        }
        text
    }

    fn caller(&self, result: &str, params: &[String], text: &mut String) {
        let index = self.index;
        let _ = writeln!(
            text,
            "void g{index}({result} (*f)({}), unsigned char *sent) {{",
            match params {
                [] => "void".to_owned(),
                params => params.join(", "),
            }
        );
        let places = self.params.iter().zip(self.places());
        let values: Vec<_> = places
            .map(|(ty, at)| format!("*({ty} *)(sent + {at})"))
            .collect();
        let call = format!("f({})", values.join(", "));
        let _ = match &self.result {
            Some(ty) => writeln!(text, "  *({ty} *)(sent + {RESULT}) = {call};\n}}"),
            None => writeln!(text, "  {call};\n}}"),
        };
    }

    /// The signature of `fN`: with the address of the log in front.
    pub(crate) fn logging(&self) -> Signature {
        let mut signature = self.signature.clone();
        let word = Layout::Scalar(farcall_jit::layout::Scalar::U64);
        signature.params.insert(0, word);
        signature.fixed = signature.fixed.map(|fixed| fixed + 1);
        signature
    }

    pub(crate) fn notation(&self) -> &str {
        &self.notation
    }
}

/// Whether a type is an integer of less than 64 bits, which is logged as one of 64.
fn extended(ty: &str) -> bool {
    SCALARS[..6].iter().any(|(_, text)| *text == ty)
}

struct Writer<'a> {
    random: &'a mut Random,
    index: u64,
    scalars: &'static [(&'static str, &'static str)],
    definitions: String,
    records: u32,
}

impl Writer<'_> {
    fn value(&mut self, extra: bool) -> (String, String) {
        if self.random.below(3) == 0 {
            return self.record(0);
        }
        let mut index = self.random.below(self.scalars.len() as u64) as usize;
        // A vector of 64 bits, a half and what C promotes are no extra arguments here.
        if extra && !matches!(self.scalars[index].0, "f64" | "i128" | "v128") {
            index = WHOLE.start + index % WHOLE.len();
        }
        let (short, text) = self.scalars[index];
        (short.to_owned(), text.to_owned())
    }

    fn record(&mut self, depth: u32) -> (String, String) {
        self.records += 1;
        let name = format!("r{}_{}", self.index, self.records);
        let (open, close, keyword) = match self.random.below(5) {
            0 => ('<', '>', "union"),
            _ => ('{', '}', "struct"),
        };
        let (prefix, attribute) = match self.random.below(12) {
            0 => ("packed", "__attribute__((packed)) "),
            1 if self.scalars.len() > SMALL => ("align(16)", "__attribute__((aligned(16))) "),
            _ => ("", ""),
        };
        let (mut short, mut fields) = (format!("{prefix}{open}"), String::new());
        let alike = (self.random.below(3) == 0).then(|| self.float());
        for number in 0..=self.random.below(4) {
            let (ty, text) = match alike {
                Some((ty, text)) => (ty.to_owned(), text.to_owned()),
                // Packing a record with an alignment of its own is another matter on Windows.
                None if depth == 0 && prefix != "packed" && self.random.below(6) == 0 => {
                    self.record(1)
                }
                None => {
                    let index = self.random.below(self.scalars.len() as u64) as usize;
                    let (short, text) = self.scalars[index];
                    (short.to_owned(), text.to_owned())
                }
            };
            let count = match self.random.below(6) {
                // In the notation a union has no arrays.
                0 if alike.is_none() && keyword == "struct" => 1 + self.random.below(3),
                _ => 1,
            };
            short += &format!("{ty}*{count} ");
            fields += &format!("{text} m{number}[{count}]; ");
        }
        short.push(close);
        let _ = writeln!(
            self.definitions,
            "{keyword} {attribute}{name} {{ {fields}}};"
        );
        (short, format!("{keyword} {name}"))
    }

    fn float(&mut self) -> (&'static str, &'static str) {
        let floats = [8, 10, 13, 14, 15];
        let count = floats.iter().filter(|index| **index < self.scalars.len());
        let count = count.count() as u64;
        self.scalars[floats[self.random.below(count) as usize]]
    }
}
