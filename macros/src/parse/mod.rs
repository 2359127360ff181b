//! From Rust items to the model.
//!
//! Guarantee: everything that can be understood is in the model, and everything that cannot is an
//! error at its own tokens.

mod attrs;
mod closure;
mod function;
mod param;
mod types;

pub(crate) use closure::LIFETIMES;

use crate::args::LibraryArgs;
use crate::diagnostics::Errors;
use crate::model::{Library, Module, Presence, Version};
use crate::names;
use attrs::Marks;
use proc_macro2::Span;
use syn::{Fields, ForeignItem, Item, ItemForeignMod, ItemMod, ItemStruct, LitStr};

/// Reads the module.
pub(crate) fn module(args: LibraryArgs, module: ItemMod, errors: &mut Errors) -> Module {
    let mut model = Module {
        attrs: module.attrs,
        vis: module.vis,
        ident: module.ident,
        args,
        library: None,
        handles: Vec::new(),
        statuses: Vec::new(),
        versions: Vec::new(),
        functions: Vec::new(),
        variables: Vec::new(),
        items: Vec::new(),
    };
    let items = module.content.map_or_else(Vec::new, |(_, items)| items);
    let mut blocks = Vec::new();
    for item in items {
        match item {
            Item::Struct(item) => structure(item, &mut model, errors),
            Item::ForeignMod(block) => blocks.push(block),
            item => model.items.push(item),
        }
    }
    // Functions refer to handles and status types, which may stand behind them.
    for block in blocks {
        foreign_block(block, &mut model, errors);
    }
    if model.library.is_none() {
        errors.at(
            &model.ident,
            "there is no library type; add a unit struct, as in `pub struct Sqlite;`",
        );
    }
    model
}

fn structure(mut item: ItemStruct, model: &mut Module, errors: &mut Errors) {
    let is = |name: &str| item.attrs.iter().any(|attr| attr.path().is_ident(name));
    if is("handle") || is("status") {
        // Other structs may have attributes of any crate.
        let mut marks = Marks::take(&mut item.attrs, &["handle", "status"], errors);
        if let Some(attr) = marks.remove("handle") {
            types::handle(attr, item, model, errors);
        } else if let Some(attr) = marks.remove("status") {
            types::status(attr, item, model, errors);
        }
        return;
    }
    if !matches!(item.fields, Fields::Unit) {
        model.items.push(Item::Struct(item));
        return;
    }
    if let Some(first) = &model.library {
        let message = format!(
            "`{}` is the library type already; a module has one unit struct, declare an opaque type as `#[repr(C)] struct {}([u8; 0]);`",
            first.ident, item.ident
        );
        errors.at(&item.ident, message);
        model.items.push(Item::Struct(item));
        return;
    }
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "the library type has no parameters; remove them",
        );
    }
    model.library = Some(Library {
        attrs: item.attrs,
        vis: item.vis,
        ident: item.ident,
    });
}

/// What an `extern` block says of all that is in it.
struct Block {
    abi: LitStr,
    cfgs: Vec<syn::Attribute>,
    presence: Presence,
    /// Whether it is `unsafe extern`.
    is_unsafe: bool,
}

fn foreign_block(mut block: ItemForeignMod, model: &mut Module, errors: &mut Errors) {
    let mut marks = Marks::take(&mut block.attrs, &["since", "lazy"], errors);
    let mut presence = Presence::Required;
    if let Some(attr) = marks.remove("lazy") {
        presence = Presence::Lazy;
        if let Err(error) = attr.meta.require_path_only() {
            errors.push(error);
        }
    }
    if let Some(attr) = marks.remove("since") {
        match attr.parse_args::<LitStr>() {
            Ok(text) => presence = Presence::Since(version(text, model)),
            Err(_) => errors.at(&attr, "expected a version, as in `#[since(\"3.37\")]`"),
        }
    }
    let call_site = Span::call_site();
    let abi = block
        .abi
        .name
        .unwrap_or_else(|| LitStr::new("C", call_site));
    if matches!(
        abi.value().as_str(),
        "Rust" | "rust-intrinsic" | "rust-call"
    ) {
        errors.at(
            &abi,
            "a library found at run time has C functions; write `extern \"C\"`",
        );
    }
    let attrs = attrs::split(block.attrs);
    let block_facts = Block {
        abi,
        cfgs: attrs.cfgs,
        presence,
        is_unsafe: block.unsafety.is_some(),
    };
    for item in block.items {
        match item {
            ForeignItem::Fn(item) => function::function(item, &block_facts, model, errors),
            ForeignItem::Static(item) => function::variable(item, &block_facts, model, errors),
            other => refuse(&other, errors),
        }
    }
}

fn refuse(item: &ForeignItem, errors: &mut Errors) {
    let message = match item {
        ForeignItem::Type(_) => {
            "an opaque type is no part of a library; outside the block, write `#[repr(C)] struct Name([u8; 0]);`, or make it a `#[handle]`"
        }
        ForeignItem::Macro(_) => {
            "a macro here cannot be read; write the declarations that it expands to"
        }
        _ => "expected `fn name(…) -> …;` without a body, or `static NAME: Type;` without a value",
    };
    errors.at(item, message);
}

fn version(text: LitStr, model: &mut Module) -> usize {
    let known = model
        .versions
        .iter()
        .position(|v| v.text.value() == text.value());
    known.unwrap_or_else(|| {
        let method = names::version(&text.value());
        let ty = method.replacen('v', "V", 1);
        model.versions.push(Version {
            method: names::ident(&method, text.span()),
            ty: names::ident(&ty, text.span()),
            text,
        });
        model.versions.len() - 1
    })
}
