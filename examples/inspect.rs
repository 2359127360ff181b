//! Prints what becomes of a C declaration: layouts, the plan of a call, its operations and code.
//!
//! ```console
//! $ cargo run --release --example inspect -- 'double pow(double x, double y)'
//! ```

use farcall::inspect::{self, jit};
use farcall::{Declarations, FnType, RecordType, Type, TypeKind};
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
use jit::abi::{Abi, Arch, CallPlan};
use jit::code::stubs::DISTANCE;
use jit::layout::Signature;
use jit::trampoline::{Form, Guard, Op, Reg, Role, downcall, stub, upcall};
use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::process::ExitCode;

const USAGE: &str = "\
usage: inspect DECLARATIONS [--abi NAME]

Prints, for each function that the C text DECLARATIONS declares: its type, the layouts of its
structs, its signature as the machine sees it, where each ABI puts every byte, and the operations
and the code of the trampolines that call it, and that let it be a closure. For a text without functions: the layouts alone.

  --abi NAME    show this ABI alone; a part of its name will do";

/// What the command line asks for.
struct Options {
    text: String,
    abi: Option<&'static Abi>,
}

fn main() -> ExitCode {
    let words = std::env::args_os().skip(1);
    let options = options(words.map(|word| word.to_string_lossy().into_owned()));
    let output = options.and_then(|options| match options {
        Some(options) => report(&options),
        None => Ok(format!("{USAGE}\n")),
    });
    match output {
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(message) => {
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let (mut text, mut abi) = (None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--abi" => abi = Some(find_abi(&words.next().unwrap_or_default())?),
            _ if word.starts_with("--") => {
                return Err(format!("there is no option `{word}`\n{USAGE}"));
            }
            _ if text.is_some() => return Err(format!("more than one DECLARATIONS\n{USAGE}")),
            _ => text = Some(word),
        }
    }
    match text {
        Some(text) => Ok(Some(Options { text, abi })),
        None => Err(format!("DECLARATIONS is missing\n{USAGE}")),
    }
}

fn find_abi(name: &str) -> Result<&'static Abi, String> {
    let part = name.to_lowercase();
    let mut found = Abi::ALL
        .into_iter()
        .filter(|abi| abi.name.to_lowercase().contains(&part));
    match (found.next(), found.next()) {
        (Some(abi), None) => Ok(abi),
        _ => {
            let names = Abi::ALL.map(|abi| format!("`{}`", abi.name)).join(", ");
            Err(format!("--abi needs one of {names}, found `{name}`"))
        }
    }
}

fn report(options: &Options) -> Result<String, String> {
    let known = Declarations::parse(&options.text).map_err(|error| error.to_string())?;
    let mut report = String::new();
    for (name, ty) in known.functions() {
        function(&mut report, name, ty, options.abi).map_err(|error| format!("{name}: {error}"))?;
    }
    if report.is_empty() {
        known
            .records()
            .for_each(|(name, ty)| record(&mut report, name, ty));
    }
    if report.is_empty() {
        return Err("the text declares neither a function nor a complete struct".to_owned());
    }
    Ok(report)
}

/// A headed part of the report, indented.
fn section(report: &mut String, head: impl Display, body: &str) {
    let separator = if report.is_empty() { "" } else { "\n" };
    let _ = writeln!(report, "{separator}{head}");
    for line in body.lines() {
        let _ = writeln!(report, "  {line}");
    }
}

fn function(
    report: &mut String,
    name: &str,
    ty: FnType,
    only: Option<&'static Abi>,
) -> Result<(), Box<dyn std::error::Error>> {
    section(report, "function", &ty.declare(name));
    let mut records = Vec::new();
    let types = ty.params().iter().map(|param| param.ty());
    types
        .chain([ty.result()])
        .for_each(|ty| collect(ty, &mut records));
    for found in records {
        record(report, found.tag().unwrap_or_default(), found);
    }

    let signature = inspect::signature(ty)?;
    section(report, "signature", &signature.to_string());

    let native = inspect::abi(ty);
    let mut own = None;
    for abi in Abi::ALL {
        if only.is_some_and(|only| only.name != abi.name) {
            continue;
        }
        let plan = abi.plan(&signature)?;
        let text = plan.to_string();
        let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
        let body = body
            .lines()
            .map(|line| line.trim_start().to_owned() + "\n")
            .collect::<String>();
        section(report, head, &body);
        if only.is_some() || native.as_ref().is_ok_and(|native| native.name == abi.name) {
            own = Some(plan);
        }
    }
    let plan = match (own, native) {
        (Some(plan), _) => plan,
        (None, Err(reason)) => {
            section(report, "code", &reason.to_string());
            return Ok(());
        }
        (None, Ok(_)) => return Ok(()),
    };
    let unchecked = downcall(&plan, Form::Unchecked);
    trampoline(report, "unchecked", plan.abi, &unchecked);
    let guards = inspect::guards(ty);
    section(
        report,
        "kinds that the checked form expects",
        &kinds(ty, &guards),
    );
    let checked = downcall(&plan, Form::Checked(&guards));
    trampoline(report, "checked", plan.abi, &checked);
    if !ty.is_variadic() {
        callback(report, &plan, &signature, &guards)?;
    }
    Ok(())
}

/// What stands between C and a closure: for one over Rust types a stub alone, where a register is
/// left for its context, otherwise a stub and an upcall.
fn callback(
    report: &mut String,
    plan: &CallPlan,
    signature: &Signature,
    guards: &[Guard],
) -> Result<(), jit::Error> {
    let stub = |context| stub(context, false, DISTANCE as u32);
    if let Some(register) = plan.abi.trailing(signature)? {
        let typed = stub(Reg::Plan(register));
        trampoline(report, "stub of a typed closure", plan.abi, &typed);
    }
    let over_values = stub(Reg::Role(Role::Context));
    trampoline(report, "stub of an upcall", plan.abi, &over_values);
    let kinds: Vec<_> = guards.iter().map(|guard| guard.kind).collect();
    trampoline(report, "upcall", plan.abi, &upcall(plan, &kinds));
    Ok(())
}

/// The records in `ty`, and those it points to, the inner ones first.
fn collect(ty: Type, records: &mut Vec<RecordType>) {
    match *ty.kind() {
        TypeKind::Pointer { to, .. } => collect(to, records),
        TypeKind::Array { element, .. } => collect(element, records),
        TypeKind::Record(record) if !records.contains(&record) => {
            for field in record.fields() {
                collect(field.ty(), records);
            }
            records.push(record);
        }
        _ => {}
    }
}

fn record(report: &mut String, name: &str, ty: RecordType) {
    let mut body = String::from("offset  size  field\n");
    let mut end = 0;
    for field in ty.fields() {
        if field.offset() > end {
            let _ = writeln!(body, "{end:6}  {:4}  (padding)", field.offset() - end);
        }
        let (size, text) = (
            field.ty().size().unwrap_or(0),
            field.ty().declare(field.name().unwrap_or("")),
        );
        let _ = writeln!(body, "{:6}  {size:4}  {text}", field.offset());
        end = end.max(field.offset() + size);
    }
    if ty.size() > end {
        let _ = writeln!(body, "{end:6}  {:4}  (padding)", ty.size() - end);
    }
    let keyword = ty.record_kind().keyword();
    let name = if name.is_empty() { "{ … }" } else { name };
    let head = format!(
        "{keyword} {name}: {} bytes, align {}",
        ty.size(),
        ty.align()
    );
    section(report, head, &body);
}

fn kinds(ty: FnType, guards: &[Guard]) -> String {
    let mut text = String::new();
    for (index, (param, guard)) in ty.params().iter().zip(guards).enumerate() {
        let declared = param.ty().declare(param.name().unwrap_or(""));
        let non_null = if guard.non_null { ", not null" } else { "" };
        let _ = writeln!(
            text,
            "param {index}  {:#x}{non_null}  {declared}",
            guard.kind
        );
    }
    if text.is_empty() {
        "none\n".to_owned()
    } else {
        text
    }
}

fn trampoline(report: &mut String, form: &str, abi: &Abi, ops: &[Op]) {
    let head = format!("operations, {form}, {}", abi.name);
    section(report, head, &Op::listing(ops, abi.arch).to_string());
    let head = format!("code, {form}, {}", abi.name);
    match jit::encode(ops, abi) {
        Ok(code) => {
            let head = format!("{head}: {} bytes", code.len());
            section(report, head, &disassembly(&code, abi.arch));
        }
        Err(error) => section(report, head, &error.to_string()),
    }
}

/// The code in hexadecimal and, where there is a disassembler for it, as instructions.
fn disassembly(code: &[u8], arch: Arch) -> String {
    let mut text = String::new();
    if arch != Arch::X64 {
        for (offset, word) in (0..).step_by(4).zip(code.chunks(4)) {
            let _ = writeln!(text, "{offset:4x}  {}", hex(word));
        }
        return text;
    }
    let mut formatter = IntelFormatter::new();
    let style = formatter.options_mut();
    style.set_hex_prefix("0x");
    style.set_hex_suffix("");
    style.set_uppercase_hex(false);
    style.set_branch_leading_zeros(false);
    style.set_space_after_operand_separator(true);
    let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
    for instruction in &mut decoder {
        let start = instruction.ip() as usize;
        let bytes = hex(&code[start..start + instruction.len()]);
        let mut printed = String::new();
        formatter.format(&instruction, &mut printed);
        let _ = writeln!(text, "{start:4x}  {bytes:<30}  {printed}");
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}
