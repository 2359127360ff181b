//! C declarations as text → types.
//!
//! ```text
//! "double pow(double x, double y)"
//!     lexer        double · pow · ( · double · x · , · double · y · )
//!     specifier    the base type: double
//!     declarator   from the name outwards: pow is a function of (double x, double y)
//!     derive       FnType { result: double, params: [x: double, y: double] }
//! ```
//!
//! Guarantee: any text gives a type that C gives it on this platform, or an error with its place,
//! in time and memory in proportion to the text and with a bounded stack.
#![forbid(unsafe_code)]

mod attribute;
mod constant;
mod declaration;
mod declarations;
mod declarator;
mod derive;
mod enumeration;
mod error;
mod integer;
mod lexer;
mod literal;
mod nearest;
mod parameter;
mod parser;
mod pragma;
mod record;
mod same;
mod scope;
mod source;
mod specifier;
mod words;

pub use declarations::Declarations;
pub use error::SyntaxError;

use crate::error::Result;
use crate::types::{FnType, RecordType, Type, TypeKind};
use declarator::Naming;
use parser::{Parser, Wanted};
use source::{Parse, Span};

/// The one function that `text` declares, with its name; the text may define types for it.
pub(crate) fn function(text: &str, known: &Declarations) -> Result<(String, FnType)> {
    only(text, known, Wanted::Function, "a prototype", |new| {
        new.functions.first()
    })
}

/// The one variable that `text` declares, with its name; the text may define types for it.
pub(crate) fn variable(text: &str, known: &Declarations) -> Result<(String, Type)> {
    only(text, known, Wanted::Variable, "a variable", |new| {
        new.variables.first()
    })
}

fn only<T: Copy>(
    text: &str,
    known: &Declarations,
    wanted: Wanted,
    what: &str,
    found: impl Fn(&Declarations) -> Option<(String, T)>,
) -> Result<(String, T)> {
    run(text, known, wanted, |parser| {
        parser.everything()?;
        found(&parser.new).ok_or_else(|| parser.expected(what))
    })
}

/// The type that `text` names.
fn type_name(text: &str, known: &Declarations) -> Result<Type> {
    run(text, known, Wanted::Everything, |parser| {
        let ty = parser.type_name(Naming::Forbidden)?.ty;
        parser.finished(ty)
    })
}

fn run<T>(
    text: &str,
    known: &Declarations,
    wanted: Wanted,
    rule: impl FnOnce(&mut Parser<'_>) -> Parse<T>,
) -> Result<T> {
    let parsed = Parser::new(text, known, wanted).and_then(|mut parser| rule(&mut parser));
    Ok(parsed.map_err(|error| *error)?)
}

impl Parser<'_> {
    /// `value`, if nothing follows but a semicolon.
    fn finished<T>(&mut self, value: T) -> Parse<T> {
        self.eat(";")?;
        if self.at_end() {
            Ok(value)
        } else {
            Err(self.expected("the end of the text"))
        }
    }

    /// A function type with or without a name.
    fn function_type_name(&mut self) -> Parse<FnType> {
        let start = self.token.span;
        let specifiers = self.specifiers()?;
        let storage = [
            specifier::Storage::Extern,
            specifier::Storage::Static,
            specifier::Storage::Inline,
        ];
        self.allow_storage(&specifiers, &storage, "a function type")?;
        let mut declarator = self.declarator(Naming::Allowed)?;
        let attributes = self.settle(&specifiers, &mut declarator)?;
        self.refuse_layout(&attributes)?;
        let ty = self
            .apply(specifiers.base, specifiers.span, &declarator)?
            .ty;
        let span: Span = start.to(self.last);
        let TypeKind::Function(function) = *ty.kind() else {
            let message =
                format!("`{ty}` is not a function type; write its parameters in parentheses");
            return Err(self.error(span, message));
        };
        if self.at("{") {
            let message = "a function body; write the prototype only, and end it with `;`";
            return Err(self.error(self.token.span, message));
        }
        self.finished(function)
    }
}

impl FnType {
    /// The function type that `text` declares: a C prototype, with or without a name.
    ///
    /// ```
    /// use farcall::{FnType, Type};
    /// let pow = FnType::parse("double pow(double x, double y)")?;
    /// assert_eq!((pow.params().len(), pow.result()), (2, Type::DOUBLE));
    /// assert_eq!(pow.to_string(), "double (double x, double y)");
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse(text: &str) -> Result<Self> {
        let known = Declarations::default();
        run(text, &known, Wanted::Everything, |parser| {
            parser.function_type_name()
        })
    }
}

impl Type {
    /// The type that `text` names: `unsigned long`, `const char *`, `int (*)(int)`.
    ///
    /// ```
    /// use farcall::Type;
    /// assert_eq!(Type::parse("char const *")?, Type::CHAR.const_pointer());
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse(text: &str) -> Result<Self> {
        type_name(text, &Declarations::default())
    }
}

impl RecordType {
    /// The struct or union that `text` defines. It may define others before it for its use.
    ///
    /// ```
    /// use farcall::RecordType;
    /// let entry = RecordType::parse("struct entry { char tag; union { int i; float f; }; }")?;
    /// assert_eq!(entry.size(), 8);
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`](crate::ErrorKind::Syntax) with the place in the text.
    pub fn parse(text: &str) -> Result<Self> {
        run(
            text,
            &Declarations::default(),
            Wanted::Everything,
            |parser| {
                let record = parser.everything()?;
                record.ok_or_else(|| parser.expected("the definition of a struct or union"))
            },
        )
    }
}
