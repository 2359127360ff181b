//! Signatures in a short notation, laid out by the rules of C.
//!
//! ```text
//! i32 f64*2 ; u64 -> {i8*3 i32}      two kinds of scalars, a variadic one, and a struct as result
//! <f32 {i16 i16}>                    a union of a float and a struct
//! packed{i8 i32}  align(16){i64}     a struct without padding, and one aligned to 16 bytes
//! {_8 i32}                           eight bytes that hold nothing, as an unnamed bit-field makes
//! ```

use farcall_jit::layout::{Layout, Leaf, Record, Scalar, Signature};
use std::iter::Peekable;
use std::str::Chars;

/// Reads a signature.
///
/// # Panics
/// If the text is not in the notation.
#[must_use]
pub(crate) fn signature(text: &str) -> Signature {
    let mut parser = Parser {
        rest: text.chars().peekable(),
    };
    let mut params = Vec::new();
    let mut fixed = None;
    loop {
        match parser.peek() {
            Some(';') => {
                parser.expect(';');
                fixed = Some(params.len());
            }
            Some('-') | None => break,
            Some(_) => {
                let (node, count) = parser.repeated();
                params.extend(std::iter::repeat_n(node.layout(), count));
            }
        }
    }
    let mut result = None;
    if parser.peek().is_some() {
        "->".chars().for_each(|c| parser.expect(c));
        result = Some(parser.repeated().0.layout());
    }
    assert_eq!(parser.peek(), None, "{text}");
    Signature {
        params,
        result,
        fixed,
    }
}

/// A type with its layout; padding has no leaves.
struct Node {
    size: u32,
    align: u32,
    /// The largest alignment of its members.
    natural: u32,
    leaves: Vec<Leaf>,
    scalar: Option<Scalar>,
}

impl Node {
    fn layout(&self) -> Layout {
        match self.scalar {
            Some(scalar) => Layout::Scalar(scalar),
            None => Layout::Record(
                Record::new(self.size.into(), self.align.into(), self.leaves.clone())
                    .unwrap()
                    .with_natural_align(self.natural.into()),
            ),
        }
    }
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn expect(&mut self, wanted: char) {
        assert_eq!(self.peek(), Some(wanted));
        self.rest.next();
    }

    fn word(&mut self) -> String {
        self.peek();
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
        }
        word
    }

    fn number(&mut self) -> u32 {
        self.word().parse().expect("a number")
    }

    /// A type and how often it is repeated.
    fn repeated(&mut self) -> (Node, usize) {
        let node = self.node();
        if self.peek() != Some('*') {
            return (node, 1);
        }
        self.expect('*');
        (node, self.number() as usize)
    }

    fn node(&mut self) -> Node {
        let word = self.word();
        let (mut align, mut packed) = (1, false);
        match word.as_str() {
            "align" => {
                self.expect('(');
                align = self.number();
                self.expect(')');
            }
            "packed" => packed = true,
            "" => {}
            _ => return simple(&word),
        }
        match self.peek() {
            Some('{') => self.record('{', '}', align, packed),
            _ => self.record('<', '>', align, packed),
        }
    }

    fn record(&mut self, open: char, close: char, align: u32, packed: bool) -> Node {
        let (mut natural, mut size, mut leaves) = (1, 0u32, Vec::new());
        self.expect(open);
        while self.peek() != Some(close) {
            let (member, count) = self.repeated();
            let member_align = if packed { 1 } else { member.align };
            natural = natural.max(member_align);
            for _ in 0..count {
                let offset = match open {
                    '{' => size.next_multiple_of(member_align),
                    _ => 0,
                };
                leaves.extend(member.leaves.iter().map(|leaf| Leaf {
                    offset: offset + leaf.offset,
                    ..*leaf
                }));
                size = size.max(offset + member.size);
            }
        }
        self.expect(close);
        let align = align.max(natural);
        Node {
            size: size.next_multiple_of(align),
            align,
            natural,
            leaves,
            scalar: None,
        }
    }
}

fn simple(word: &str) -> Node {
    if let Some(bytes) = word.strip_prefix('_') {
        return Node {
            size: bytes.parse().expect("a number of bytes"),
            align: 1,
            natural: 1,
            leaves: Vec::new(),
            scalar: None,
        };
    }
    let scalar = match word {
        "i8" => Scalar::I8,
        "u8" => Scalar::U8,
        "i16" => Scalar::I16,
        "u16" => Scalar::U16,
        "i32" => Scalar::I32,
        "u32" => Scalar::U32,
        "i64" => Scalar::I64,
        "u64" => Scalar::U64,
        "f32" => Scalar::F32,
        "f64" => Scalar::F64,
        "f16" => Scalar::F16,
        "i128" => Scalar::I128,
        "u128" => Scalar::U128,
        "f80" => Scalar::F80,
        "f128" => Scalar::F128,
        "c80" => Scalar::C80,
        "v64" => Scalar::V64,
        "v128" => Scalar::V128,
        _ => panic!("`{word}` is not a scalar"),
    };
    Node {
        size: scalar.size(),
        align: scalar.align(),
        natural: scalar.align(),
        leaves: leaves(scalar),
        scalar: Some(scalar),
    }
}

/// In a record the parts of a complex number are fields of their own.
fn leaves(scalar: Scalar) -> Vec<Leaf> {
    let leaf = |offset, scalar| Leaf { offset, scalar };
    match scalar {
        Scalar::C80 => vec![leaf(0, Scalar::F80), leaf(16, Scalar::F80)],
        _ => vec![leaf(0, scalar)],
    }
}
