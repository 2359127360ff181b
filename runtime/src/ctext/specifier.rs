//! Declaration specifiers: storage, qualifiers and the base type, in any order.
//!
//! Guarantee: exactly the combinations of C are accepted.
#![forbid(unsafe_code)]

use super::attribute::Attributes;
use super::declarator::{Declarator, Naming};
use super::derive::Qualified;
use super::lexer::{Kind, Token};
use super::parser::Parser;
use super::source::{Parse, Span};
use super::{SyntaxError, words};
use crate::number::FORMAT_IS_KNOWN;
use crate::types::{RecordKind, Type};

/// The word that says where a declared thing lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Storage {
    Typedef,
    Extern,
    Static,
    Inline,
    Register,
}

/// What stands before the declarators.
#[derive(Debug)]
pub(super) struct Specifiers {
    pub(super) base: Qualified,
    /// Where the type is named.
    pub(super) span: Span,
    pub(super) storage: Vec<(Storage, Span)>,
    pub(super) attributes: Attributes,
    /// Whether a struct, union or enum is declared or defined, so that no declarator is needed.
    pub(super) declares: bool,
}

/// The specifiers read so far.
#[derive(Default)]
struct Draft<'t> {
    /// Arithmetic words with their place in the canonical order.
    words: Vec<(usize, &'static str)>,
    /// Any other type.
    ty: Option<Qualified>,
    span: Option<Span>,
    is_const: bool,
    non_null: Option<Span>,
    storage: Vec<(Storage, Span)>,
    attributes: Attributes,
    declares: bool,
    /// The first word that is not a type, for the message where none follows.
    first: Option<&'t str>,
}

impl Draft<'_> {
    fn has_type(&self) -> bool {
        self.ty.is_some() || !self.words.is_empty()
    }

    fn cover(&mut self, span: Span) {
        self.span = Some(self.span.map_or(span, |start| start.to(span)));
    }
}

impl<'t> Parser<'t> {
    /// The specifiers that stand here.
    pub(super) fn specifiers(&mut self) -> Parse<Specifiers> {
        let mut draft = Draft::default();
        while self.specifier(&mut draft)? {}
        self.finish(draft)
    }

    /// Reads one specifier; `false` if there is no further one.
    fn specifier(&mut self, draft: &mut Draft<'t>) -> Parse<bool> {
        if self.at_attribute()? {
            let attributes = self.attributes()?;
            draft.attributes.merge(attributes);
            return Ok(true);
        }
        let Some(word) = self.word() else {
            return Ok(false);
        };
        let span = self.token.span;
        draft.first.get_or_insert(word);
        if let Some(storage) = storage(word) {
            draft.storage.push((storage, span));
        } else if let Some(entry) = words::arithmetic_word(word) {
            self.add_word(draft, entry, span)?;
        } else {
            match word {
                "const" | "__const" | "__const__" => draft.is_const = true,
                "_Nonnull" | "__nonnull" => draft.non_null = Some(span),
                "struct" | "union" | "enum" => return self.tagged(draft, word).map(|()| true),
                _ if is_ignored(word) => {}
                _ if words::unsupported(word).is_some() => return Err(self.unsupported_word(word)),
                _ if draft.has_type() => return Ok(false),
                _ => draft.ty = Some(self.named_type(word)?),
            }
            if draft.ty.is_some() && draft.span.is_none() {
                draft.cover(span);
            }
        }
        self.bump()?;
        Ok(true)
    }

    fn add_word(
        &self,
        draft: &mut Draft<'t>,
        entry: (usize, &'static str),
        span: Span,
    ) -> Parse<()> {
        let count = draft.words.iter().filter(|&&old| old == entry).count();
        if draft.ty.is_some() || count > usize::from(entry.1 == "long") {
            let message = format!("`{}` cannot be combined with the type before it", entry.1);
            return Err(self.error(span, message));
        }
        draft.words.push(entry);
        draft.cover(span);
        Ok(())
    }

    /// A struct, union or enum specifier.
    fn tagged(&mut self, draft: &mut Draft<'t>, keyword: &str) -> Parse<()> {
        if draft.has_type() {
            let message = format!("`{keyword}` cannot be combined with the type before it");
            return Err(self.error(self.token.span, message));
        }
        let start = self.token.span;
        let (ty, declares) = self.nested(|p| match keyword {
            "struct" => p.record(RecordKind::Struct),
            "union" => p.record(RecordKind::Union),
            _ => p.enumeration(),
        })?;
        draft.declares |= declares;
        draft.ty = Some(Qualified {
            ty,
            is_const: false,
        });
        draft.cover(if declares { start } else { start.to(self.last) });
        Ok(())
    }

    /// The type that `word`, the current token, names.
    fn named_type(&self, word: &str) -> Parse<Qualified> {
        if let Some(found) = self.find_name(word) {
            return Ok(found);
        }
        let next = self.peek()?;
        let follows = |mark: &str| next.kind == Kind::Mark && self.text(next.span) == mark;
        if follows("::") {
            return Err(self.error(next.span, "C has no `::`; write the C name of the type"));
        }
        if follows("<") {
            return Err(self.error(next.span, "C has no templates; write the C type"));
        }
        if words::is_reserved(word) || words::is_cxx(word) {
            return Err(self.expected("a type"));
        }
        Err(self.unknown(word, self.token.span))
    }

    fn finish(&mut self, mut draft: Draft<'t>) -> Parse<Specifiers> {
        let Some(span) = draft.span else {
            return Err(self.expected("a type"));
        };
        let mut base = match draft.ty {
            Some(base) => base,
            None => Qualified {
                ty: self.arithmetic(draft.words, span)?,
                is_const: false,
            },
        };
        base = self.vector(base, draft.attributes.vector.take())?;
        base.is_const |= draft.is_const;
        if let Some(place) = draft.non_null {
            if base.ty.scalar() != Some(crate::Scalar::Pointer) {
                return Err(self.error(
                    place,
                    "`_Nonnull` belongs to a pointer; write it after the `*`",
                ));
            }
            base.ty = base.ty.non_null();
        }
        Ok(Specifiers {
            base,
            span,
            storage: draft.storage,
            attributes: draft.attributes,
            declares: draft.declares,
        })
    }

    fn arithmetic(&self, mut words: Vec<(usize, &'static str)>, span: Span) -> Parse<Type> {
        words.sort_unstable();
        let words: Vec<&str> = words.into_iter().map(|(_, word)| word).collect();
        words::arithmetic(&words).ok_or_else(|| match &*words {
            ["long", "double", ..] if !FORMAT_IS_KNOWN => {
                let message =
                    "`long double` is not supported here, where its format depends on the compiler";
                self.error(span, message)
            }
            ["_Complex"] => self.error(
                span,
                "`_Complex` alone is not a type of C; write `double _Complex`",
            ),
            _ => self.error(span, format!("`{}` is not a type of C", words.join(" "))),
        })
    }

    /// The error that a word of C is not supported here.
    pub(super) fn unsupported_word(&self, word: &str) -> Box<SyntaxError> {
        let what = words::unsupported(word).unwrap_or(word);
        self.error(
            self.token.span,
            format!("`{word}`: {what} are not supported"),
        )
    }

    /// A type without a name around it: `const char *`, `int (*)(int)`.
    pub(super) fn type_name(&mut self, naming: Naming) -> Parse<Qualified> {
        let specifiers = self.specifiers()?;
        self.allow_storage(&specifiers, &[], "a type name")?;
        let mut declarator = self.declarator(naming)?;
        let attributes = self.settle(&specifiers, &mut declarator)?;
        self.refuse_layout(&attributes)?;
        self.apply(specifiers.base, specifiers.span, &declarator)
    }

    /// Gives the convention and `nonnull` to the function they belong to; returns what else the
    /// attributes say, and `nonnull` if there is no function.
    pub(super) fn settle(
        &self,
        specifiers: &Specifiers,
        declarator: &mut Declarator<'t>,
    ) -> Parse<Attributes> {
        let mut all = specifiers.attributes.clone();
        all.merge(declarator.attributes.clone());
        let (convention, non_null) = (all.take_convention(), all.non_null.take());
        declarator.vector = all.vector.take();
        match declarator.function() {
            Some(function) => {
                if let Some((convention, _)) = convention {
                    function.convention = Some(convention);
                }
                if let Some((list, span)) = non_null {
                    self.check_non_null(&list, function, span)?;
                    function.non_null = Some(list);
                }
            }
            None => {
                if let Some((_, span)) = convention {
                    return Err(self.not_a_function(span));
                }
                all.non_null = non_null;
            }
        }
        Ok(all)
    }

    fn check_non_null(
        &self,
        list: &super::attribute::NonNull,
        function: &super::declarator::Function<'_>,
        span: Span,
    ) -> Parse<()> {
        let super::attribute::NonNull::Listed(numbers) = list else {
            return Ok(());
        };
        match numbers.iter().find(|&&n| n > function.params.count) {
            Some(number) => Err(self.error(span, format!("there is no parameter {number}"))),
            None => Ok(()),
        }
    }

    /// Refuses words of storage that do not belong to `what`.
    pub(super) fn allow_storage(
        &self,
        specifiers: &Specifiers,
        allowed: &[Storage],
        what: &str,
    ) -> Parse<()> {
        let mut storage = specifiers.storage.iter();
        match storage.find(|(storage, _)| !allowed.contains(storage)) {
            Some(&(_, span)) => {
                let message = format!(
                    "{} does not belong to {what}; leave it out",
                    self.quote(span)
                );
                Err(self.error(span, message))
            }
            None => Ok(()),
        }
    }

    /// Whether the current token begins a type.
    pub(super) fn starts_type(&self) -> Parse<bool> {
        Ok(self.begins_type(self.token) || self.at_attribute()?)
    }

    /// Whether the token after the current one begins a type.
    pub(super) fn after_bracket_type(&self) -> Parse<bool> {
        Ok(self.begins_type(self.peek()?))
    }

    fn begins_type(&self, token: Token) -> bool {
        token.kind == Kind::Word && self.names_type(self.text(token.span))
    }

    /// Whether a type can begin with `word`.
    pub(super) fn names_type(&self, word: &str) -> bool {
        words::arithmetic_word(word).is_some()
            || matches!(
                word,
                "const" | "__const" | "__const__" | "struct" | "union" | "enum"
            )
            || is_ignored(word)
            || storage(word).is_some()
            || words::unsupported(word).is_some()
            || self.find_name(word).is_some()
    }
}

fn storage(word: &str) -> Option<Storage> {
    Some(match word {
        "typedef" => Storage::Typedef,
        "extern" => Storage::Extern,
        "static" => Storage::Static,
        "inline" | "__inline" | "__inline__" | "_Noreturn" | "__forceinline" => Storage::Inline,
        "register" => Storage::Register,
        _ => return None,
    })
}

/// Qualifiers and marks that do not change a type here.
fn is_ignored(word: &str) -> bool {
    matches!(
        word,
        "volatile"
            | "__volatile"
            | "__volatile__"
            | "restrict"
            | "__restrict"
            | "__restrict__"
            | "__extension__"
            | "_Nullable"
            | "_Null_unspecified"
            | "__nullable"
            | "__unaligned"
    )
}
