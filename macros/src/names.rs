//! From C's names to those of methods.
#![forbid(unsafe_code)]

use proc_macro2::{Ident, Span};

/// How names are shortened.
pub(crate) struct Naming<'a> {
    /// What is cut off, the first that fits.
    pub(crate) prefixes: Vec<String>,
    pub(crate) snake_case: bool,
    pub(crate) span: Span,
    pub(crate) name: &'a str,
}

impl Naming<'_> {
    /// The name of the method.
    pub(crate) fn method(&self) -> Ident {
        let rest = self.prefixes.iter().find_map(|prefix| {
            let rest = self.name.strip_prefix(prefix.as_str())?;
            let rest = rest.trim_start_matches('_');
            let starts = |c: char| c.is_alphabetic();
            rest.starts_with(starts).then_some(rest)
        });
        let name = rest.unwrap_or(self.name);
        let name = match self.snake_case {
            true => snake_case(name),
            false => name.to_owned(),
        };
        ident(&name, self.span)
    }
}

/// An identifier, also for a word of the language.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    if let Ok(mut ident) = syn::parse_str::<Ident>(name) {
        ident.set_span(span);
        return ident;
    }
    match name {
        "self" | "Self" | "super" | "crate" => Ident::new(&format!("{name}_"), span),
        _ => Ident::new_raw(name, span),
    }
}

/// `SpaceAddBody` as `space_add_body`, `BBNew` as `bb_new`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| chars[index]);
        let after = chars.get(index + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|before| {
                before != '_'
                    && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// `3.37` as `v3_37`.
pub(crate) fn version(text: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(word).collect();
    match name.strip_prefix('v') {
        Some(_) => name,
        None => format!("v{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found() {
        for (c, rust) in [
            ("SpaceAddBody", "space_add_body"),
            ("BBNew", "bb_new"),
            ("v", "v"),
            ("XMLParse", "xml_parse"),
            ("compress2", "compress2"),
            ("getURL", "get_url"),
            ("Z_OK", "z_ok"),
        ] {
            assert_eq!(snake_case(c), rust);
        }
    }

    #[test]
    fn prefixes_are_cut_off() {
        let method = |name, prefixes: &[&str]| {
            let naming = Naming {
                prefixes: prefixes.iter().map(ToString::to_string).collect(),
                snake_case: true,
                span: Span::call_site(),
                name,
            };
            naming.method().to_string()
        };
        assert_eq!(method("cpSpaceStep", &["cpSpace", "cp"]), "step");
        assert_eq!(method("cpBodyNew", &["cpSpace", "cp"]), "body_new");
        assert_eq!(method("sqlite3_open", &["sqlite3_"]), "open");
        assert_eq!(method("sqlite3_open", &["sqlite3"]), "open");
        assert_eq!(method("x264", &["x"]), "x264");
        assert_eq!(method("cpType", &["cp"]), "r#type");
        assert_eq!(method("cpSelf", &["cp"]), "self_");
    }
}
