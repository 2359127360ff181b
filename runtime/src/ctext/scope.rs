//! Names looked up while a text is read: first in the text, then in what was known before it.
#![forbid(unsafe_code)]

use super::declarations::{Tag, TagKind};
use super::derive::{self, Qualified};
use super::nearest::nearest;
use super::parser::Parser;
use super::source::Span;
use super::{SyntaxError, words};
use crate::error::TypeError;
use crate::types::Type;

impl Parser<'_> {
    pub(super) fn find_constant(&self, name: &str) -> Option<i128> {
        let new = self.new.constant(name);
        new.or_else(|| self.known.constant(name))
    }

    pub(super) fn nearest_constant(&self, name: &str) -> Option<String> {
        let names = self.new.constants().chain(self.known.constants());
        nearest(name, names.map(|(name, _)| name)).map(str::to_owned)
    }

    pub(super) fn find_tag(&self, tag: &str) -> Option<Tag> {
        let new = self.new.tags.get(tag);
        new.or_else(|| self.known.tags.get(tag)).copied()
    }

    /// The type that a typedef or a built-in name stands for.
    pub(super) fn find_name(&self, name: &str) -> Option<Qualified> {
        let typedefs = &self.new.typedefs;
        let own = typedefs.get(name).or_else(|| self.known.typedefs.get(name));
        let plain = |ty| Qualified {
            ty,
            is_const: false,
        };
        let found = match own {
            Some(&typedef) => typedef,
            None => return words::builtin(name).map(plain),
        };
        Some(Qualified {
            ty: self.completed(found.ty),
            ..found
        })
    }

    /// The definition of a type that is known by its tag, if it has come.
    pub(super) fn completed(&self, ty: Type) -> Type {
        match derive::tag_of(ty) {
            // While a record is being read, it is incomplete, even if it was read before.
            Some((_, tag)) if self.open_records.contains(&tag) => ty,
            Some(_) => self.known.completed(self.new.completed(ty)),
            None => ty,
        }
    }

    /// The error that there is no type called `name`.
    #[cold]
    pub(super) fn unknown(&self, name: &str, span: Span) -> Box<SyntaxError> {
        let nearest = self.nearest_type(name);
        let name = self.quote(span).replace('`', "");
        self.type_error(span, TypeError::Unknown { name, nearest })
    }

    /// The known type or keyword that is most like the word `name`.
    pub(super) fn nearest_type(&self, name: &str) -> Option<String> {
        let (new, known) = (&self.new, self.known);
        let tags = || new.tags.iter().chain(&known.tags);
        let typedefs = new.typedefs.keys().chain(known.typedefs.keys());
        let names = words::builtin_names().chain(typedefs.map(String::as_str));
        let found = nearest(name, names.chain(tags().map(|(tag, _)| tag.as_str())))?;
        let is_name = self.find_name(found).is_some() || words::is_reserved(found);
        Some(match self.find_tag(found) {
            Some(tag) if !is_name => format!("{} {found}", tag.kind.keyword()),
            _ => found.to_owned(),
        })
    }

    /// The error that `ty` has no size where one is needed.
    #[cold]
    pub(super) fn sizeless(&self, ty: Type, role: &str, span: Span) -> Box<SyntaxError> {
        if ty.is_void() {
            let role = role.to_owned();
            return self.type_error(span, TypeError::Void { role });
        }
        if let Some((keyword, tag)) = derive::tag_of(ty) {
            if self.open_records.contains(&tag) {
                let ty = ty.to_string();
                return self.type_error(span, TypeError::Recursive { ty });
            }
            let tags = self.new.tags.iter().chain(&self.known.tags);
            let complete = tags.filter(|(_, known)| known.ty.is_some());
            let same = complete.filter(|(_, known)| known.kind.keyword() == keyword);
            if self.find_tag(tag).is_none()
                && let Some(nearest) = nearest(tag, same.map(|(tag, _)| tag.as_str()))
            {
                let cause = TypeError::Unknown {
                    name: ty.to_string(),
                    nearest: Some(format!("{keyword} {nearest}")),
                };
                return self.type_error(span, cause);
            }
        }
        let cause = TypeError::Incomplete {
            ty: ty.to_string(),
            role: role.to_owned(),
        };
        self.type_error(span, cause)
    }

    /// The error that `tag` was declared with another keyword, if it was.
    pub(super) fn check_tag(
        &self,
        kind: TagKind,
        tag: &str,
        span: Span,
    ) -> Result<(), Box<SyntaxError>> {
        match self.find_tag(tag) {
            Some(old) if old.kind != kind => Err(self.error(
                span,
                format!(
                    "`{tag}` was declared before as `{} {tag}`",
                    old.kind.keyword()
                ),
            )),
            _ => Ok(()),
        }
    }
}
