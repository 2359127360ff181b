//! The arguments of attributes, as plain structs.

use crate::diagnostics::{Errors, nearest};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitBool, LitStr, Pat, Path, Token, parenthesized};

/// `#[foreign_lib(…)]`
pub(crate) struct LibraryArgs {
    /// Where `farcall` is found.
    pub(crate) krate: Path,
    pub(crate) names: Vec<SystemNames>,
    pub(crate) env: Option<LitStr>,
    pub(crate) dirs: Vec<LitStr>,
    pub(crate) prefix: Option<LitStr>,
    pub(crate) snake_case: bool,
    pub(crate) this_process: Option<Ident>,
    /// `unsafe(load)`
    pub(crate) load: Option<Ident>,
    /// `unsafe(sync)`
    pub(crate) sync: Option<Ident>,
    pub(crate) part_of: Option<Path>,
    pub(crate) note: Note,
}

/// The names of the library on one system; on all that are not named if there is none.
pub(crate) struct SystemNames {
    pub(crate) system: Option<Ident>,
    pub(crate) names: Vec<LitStr>,
}

/// The record for packagers in ELF files.
pub(crate) struct Note {
    pub(crate) enabled: bool,
    pub(crate) feature: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) priority: Option<LitStr>,
}

/// `#[handle(…)]`
#[derive(Default)]
pub(crate) struct HandleArgs {
    pub(crate) drop: Option<Ident>,
    pub(crate) message: Option<Ident>,
    pub(crate) invalid: Option<Expr>,
    pub(crate) prefix: Option<LitStr>,
    pub(crate) send: Option<Ident>,
    pub(crate) sync: Option<Ident>,
}

/// `#[status(…)]`
#[derive(Default)]
pub(crate) struct StatusArgs {
    pub(crate) ok: Option<Values>,
    pub(crate) text: Option<Ident>,
}

/// A pattern for numbers from C.
pub(crate) struct Values {
    pub(crate) pat: Pat,
    /// Whether it is one value, of which nothing need be told.
    pub(crate) single: bool,
}

const LIBRARY: &[&str] = &[
    "names",
    "env",
    "dirs",
    "prefix",
    "snake_case",
    "this_process",
    "unsafe",
    "crate",
    "part_of",
    "dlopen_note",
];

/// The systems that `names` may name: what `target_os`, `target_family` and `target_vendor` know.
const SYSTEMS: &[&str] = &[
    "linux",
    "android",
    "macos",
    "ios",
    "apple",
    "windows",
    "unix",
    "freebsd",
    "openbsd",
    "netbsd",
    "dragonfly",
    "solaris",
    "illumos",
    "haiku",
    "hurd",
    "fuchsia",
    "tvos",
    "watchos",
    "visionos",
];

impl LibraryArgs {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self {
            krate: syn::parse_quote!(::farcall),
            names: Vec::new(),
            env: None,
            dirs: Vec::new(),
            prefix: None,
            snake_case: false,
            this_process: None,
            load: None,
            sync: None,
            part_of: None,
            note: Note {
                enabled: true,
                feature: None,
                description: None,
                priority: None,
            },
        };
        each(tokens, errors, |name, input, errors| {
            args.argument(name, input, errors)
        });
        args
    }

    fn argument(
        &mut self,
        name: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match name.to_string().as_str() {
            "names" => self.names = names(input, errors)?,
            "env" => self.env = Some(value(input)?),
            "dirs" => self.dirs = strings(input)?,
            "prefix" => self.prefix = Some(value(input)?),
            "snake_case" => self.snake_case = true,
            "this_process" => self.this_process = Some(name.clone()),
            "crate" => {
                input.parse::<Token![=]>()?;
                self.krate = input.parse()?;
            }
            "part_of" => {
                input.parse::<Token![=]>()?;
                self.part_of = Some(input.parse()?);
            }
            "dlopen_note" => self.note = note(input, errors)?,
            "unsafe" => match claim(input, &["load", "sync"])? {
                claim if claim == "load" => self.load = Some(claim),
                claim => self.sync = Some(claim),
            },
            _ => return Err(unknown("argument", name, LIBRARY)),
        }
        Ok(())
    }
}

impl HandleArgs {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        const KNOWN: &[&str] = &["drop", "message", "invalid", "prefix", "unsafe"];
        let mut args = Self::default();
        each(tokens, errors, |name, input, _| {
            match name.to_string().as_str() {
                "drop" => args.drop = Some(value(input)?),
                "message" => args.message = Some(value(input)?),
                "invalid" => args.invalid = Some(value(input)?),
                "prefix" => args.prefix = Some(value(input)?),
                "unsafe" => match claim(input, &["send", "sync"])? {
                    claim if claim == "send" => args.send = Some(claim),
                    claim => args.sync = Some(claim),
                },
                _ => return Err(unknown("argument", name, KNOWN)),
            }
            Ok(())
        });
        args
    }
}

impl StatusArgs {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        each(tokens, errors, |name, input, _| {
            match name.to_string().as_str() {
                "ok" => args.ok = Some(Values::parse(input)?),
                "text" => args.text = Some(value(input)?),
                _ => return Err(unknown("argument", name, &["ok", "text"])),
            }
            Ok(())
        });
        args
    }
}

impl Values {
    /// `= pattern`
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<Token![=]>()?;
        let mut pat = Pat::parse_multi(input)?;
        let single = !matches!(
            pat,
            Pat::Or(_) | Pat::Range(_) | Pat::Paren(_) | Pat::Wild(_)
        );
        require_constants(&mut pat)?;
        Ok(Self { pat, single })
    }
}

/// Makes every name in a pattern that of a constant: a misspelt one must not match everything.
fn require_constants(pat: &mut Pat) -> syn::Result<()> {
    match pat {
        Pat::Ident(name) => {
            let ident = &name.ident;
            *pat = syn::parse_quote!(self::#ident);
        }
        Pat::Or(or) => or.cases.iter_mut().try_for_each(require_constants)?,
        Pat::Paren(paren) => require_constants(&mut paren.pat)?,
        Pat::Lit(_) | Pat::Range(_) | Pat::Path(_) => {}
        other => {
            return Err(syn::Error::new_spanned(
                other,
                "expected numbers, constants or ranges, as in `0 | 100..=199`",
            ));
        }
    }
    Ok(())
}

/// Parses `name …, name …`; after an error the rest is still read.
pub(crate) fn each(
    tokens: TokenStream,
    errors: &mut Errors,
    mut argument: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let read = Ident::parse_any(input)
                .and_then(|name| argument(&name, input, errors))
                .and_then(|()| comma(input));
            if let Err(error) = read {
                errors.push(error);
                skip(input)?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    input.parse::<Token![,]>().map(drop)
}

fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(Token![,]) {
            return comma(input);
        }
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// `= value`
fn value<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `(word)`, one of those that are known.
fn claim(input: ParseStream<'_>, known: &[&str]) -> syn::Result<Ident> {
    let content;
    parenthesized!(content in input);
    let word: Ident = content.call(Ident::parse_any)?;
    if known.iter().any(|known| word == known) && content.is_empty() {
        return Ok(word);
    }
    Err(unknown("claim", &word, known))
}

/// `("a", "b")`
fn strings(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let content;
    parenthesized!(content in input);
    let strings = content.parse_terminated(<LitStr as syn::parse::Parse>::parse, Token![,])?;
    Ok(strings.into_iter().collect())
}

/// `("z", linux = "libz.so.1", macos = ["a", "b"])`
fn names(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<SystemNames>> {
    let content;
    parenthesized!(content in input);
    let mut found: Vec<SystemNames> = Vec::new();
    while !content.is_empty() {
        let system = match content.peek(LitStr) {
            true => None,
            false => Some(content.call(Ident::parse_any)?),
        };
        if let Some(system) = &system {
            content.parse::<Token![=]>()?;
            if !SYSTEMS.iter().any(|known| system == known) {
                errors.push(unknown("system", system, SYSTEMS));
            }
        }
        let names = one_or_more(&content)?;
        match found.iter_mut().find(|entry| entry.system == system) {
            Some(entry) if system.is_none() => entry.names.extend(names),
            Some(_) => errors.at(&system, "these names are given twice; write them as a list"),
            None => found.push(SystemNames { system, names }),
        }
        comma(&content)?;
    }
    Ok(found)
}

fn one_or_more(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    syn::bracketed!(content in input);
    let names = content.parse_terminated(<LitStr as syn::parse::Parse>::parse, Token![,])?;
    Ok(names.into_iter().collect())
}

/// `= false`, or `(feature = "…", description = "…", priority = "…")`
fn note(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Note> {
    const PRIORITIES: &[&str] = &["required", "recommended", "suggested"];
    let mut note = Note {
        enabled: true,
        feature: None,
        description: None,
        priority: None,
    };
    if input.peek(Token![=]) {
        note.enabled = value::<LitBool>(input)?.value;
        return Ok(note);
    }
    let content;
    parenthesized!(content in input);
    each(content.parse()?, errors, |name, input, _| {
        let known = &["feature", "description", "priority"];
        let place = match name.to_string().as_str() {
            "feature" => &mut note.feature,
            "description" => &mut note.description,
            "priority" => &mut note.priority,
            _ => return Err(unknown("argument", name, known)),
        };
        let text: LitStr = value(input)?;
        if name == "priority" && !PRIORITIES.contains(&text.value().as_str()) {
            return Err(syn::Error::new(
                text.span(),
                "expected \"required\", \"recommended\" or \"suggested\"",
            ));
        }
        *place = Some(text);
        Ok(())
    });
    Ok(note)
}

/// An error for a word that is not known, with the one that is most like it.
pub(crate) fn unknown(what: &str, word: &Ident, known: &[&str]) -> syn::Error {
    let name = word.unraw().to_string();
    let message = match nearest(&name, known) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown {what} `{name}`; expected one of: {}",
            known.join(", ")
        ),
    };
    syn::Error::new(word.span(), message)
}
