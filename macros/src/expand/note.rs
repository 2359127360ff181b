//! The record by which packagers learn which libraries a program may load.
//!
//! It is the `.note.dlopen` section of the UAPI group's "ELF dlopen metadata": a note whose name is
//! `FDO`, whose type is 0x407c0c0a, and which holds a JSON text that ends in NUL.

use super::Context;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use std::fmt::Write;

/// The systems whose programs are ELF files, and whose names a record is made of.
const SYSTEMS: &[&str] = &[
    "linux",
    "freebsd",
    "netbsd",
    "openbsd",
    "dragonfly",
    "solaris",
    "illumos",
    "haiku",
    "hurd",
];

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let args = &context.model.args;
    if !args.note.enabled {
        return TokenStream::new();
    }
    // What is said for all systems, or for Unix, holds for each of these that is not named.
    let named = |system: &str| {
        args.names
            .iter()
            .find(|n| n.system.as_ref().is_some_and(|s| s == system))
    };
    let common = named("unix").or(args.names.iter().find(|names| names.system.is_none()));
    let own = SYSTEMS.iter().filter(|system| named(system).is_some());
    let own: Vec<_> = own.collect();
    let mut notes = TokenStream::new();
    for system in &own {
        if let Some(names) = named(system) {
            let condition = quote!(target_os = #system);
            notes.extend(note(&names.names, &condition, context));
        }
    }
    if let Some(names) = common {
        let others = SYSTEMS.iter().filter(|system| !own.contains(system));
        let condition = quote!(any(#(target_os = #others),*));
        notes.extend(note(&names.names, &condition, context));
    }
    notes
}

fn note(names: &[syn::LitStr], condition: &TokenStream, context: &Context<'_>) -> TokenStream {
    let mut text = json(names, context).into_bytes();
    text.push(0);
    let size = text.len();
    text.resize(size.next_multiple_of(4), 0);
    let padded = text.len();
    let text = Literal::byte_string(&text);
    let header = u32::try_from(size).unwrap_or(u32::MAX);
    quote! {
        #[cfg(#condition)]
        const _: () = {
            #[repr(C, align(4))]
            struct Note {
                name_size: ::core::primitive::u32,
                text_size: ::core::primitive::u32,
                kind: ::core::primitive::u32,
                name: [::core::primitive::u8; 4],
                text: [::core::primitive::u8; #padded],
            }

            #[allow(unsafe_code, reason = "the section is one that programs do not read")]
            #[used]
            #[unsafe(link_section = ".note.dlopen")]
            static NOTE: Note = Note {
                name_size: 4,
                text_size: #header,
                kind: 0x407c_0c0a,
                name: *b"FDO\0",
                text: *#text,
            };
        };
    }
}

fn json(names: &[syn::LitStr], context: &Context<'_>) -> String {
    let note = &context.model.args.note;
    let feature = match &note.feature {
        Some(feature) => feature.value(),
        None => context.model.ident.to_string(),
    };
    let mut text = String::from("[{\"feature\":");
    quoted(&feature, &mut text);
    if let Some(description) = &note.description {
        text.push_str(",\"description\":");
        quoted(&description.value(), &mut text);
    }
    let priority = note.priority.as_ref().map(syn::LitStr::value);
    text.push_str(",\"priority\":");
    quoted(priority.as_deref().unwrap_or("recommended"), &mut text);
    text.push_str(",\"soname\":[");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        quoted(&file_name(&name.value()), &mut text);
    }
    text.push_str("]}]");
    text
}

/// The file that is looked for when a program says `z`.
fn file_name(name: &str) -> String {
    let is_file = name.contains('/') || name.ends_with(".so") || name.contains(".so.");
    match is_file {
        true => name.to_owned(),
        false if name.starts_with("lib") => format!("{name}.so"),
        false => format!("lib{name}.so"),
    }
}

fn quoted(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => into.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(into, "\\u{:04x}", u32::from(c));
            }
            c => into.push(c),
        }
    }
    into.push('"');
}
