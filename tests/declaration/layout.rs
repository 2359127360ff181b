//! Does the C compiler agree on layouts and constants?

use farcall::{Declarations, RecordType};
use std::fmt::Write as _;
use std::path::PathBuf;

/// A small generator of pseudo-random numbers (xorshift64*).
pub(super) struct Random(u64);

impl Random {
    /// Seeded by `FARCALL_SEED`, or the clock; the seed is printed.
    pub(super) fn new() -> Self {
        let given = std::env::var("FARCALL_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = given.unwrap_or_else(|| clock.unwrap().as_nanos() as u64) | 1;
        println!("FARCALL_SEED={seed}");
        Self(seed)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    pub(super) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(super) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// What a C program prints; `None` if there is no C compiler.
pub(super) fn run_c(compiler: &str, name: &str, source: &str) -> Option<String> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, program) = (directory.join(format!("{name}.c")), directory.join(name));
    std::fs::write(&file, source).unwrap();
    let mut command = support::compiler::command(compiler);
    command
        .args(["-std=gnu11", "-w", "-o"])
        .args([&program, &file]);
    let compiled = match command.output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: {compiler}: {error}");
            return None;
        }
    };
    assert!(
        compiled.status.success(),
        "{}\n{source}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let output = support::program(&program).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

const SCALARS: &[&str] = &[
    "long double",
    "__int128",
    "unsigned __int128",
    "float _Complex",
    "_Complex double",
    "long double _Complex",
    "float4",
    "short4",
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long",
    "unsigned long long",
    "float",
    "double",
    "_Bool",
    "void *",
    "const char *",
    "size_t",
    "uint8_t",
    "int16_t",
    "uint32_t",
    "int64_t",
    "wchar_t",
    "ptrdiff_t",
];

/// Definitions of random records, each of which may contain earlier ones.
fn random_records(random: &mut Random, count: usize) -> String {
    let mut text = "typedef float float4 __attribute__((vector_size(16)));\n\
                    typedef short short4 __attribute__((vector_size(8)));\n"
        .to_owned();
    for number in 0..count {
        let keyword = random.pick(&["struct", "struct", "struct", "union"]);
        let pack = random.one_in(5).then(|| random.pick(&["1", "2", "4", "8"]));
        if let Some(pack) = pack {
            writeln!(text, "#pragma pack(push, {pack})").unwrap();
        }
        writeln!(text, "typedef {keyword} r{number} r{number}_t;").unwrap();
        writeln!(text, "{keyword} r{number} {{").unwrap();
        for field in 0..1 + random.below(7) {
            text += "  ";
            text += &random_field(random, number, &format!("f{field}"), 0);
            text += "\n";
        }
        let attribute = match random.below(10) {
            0 => " __attribute__((packed))",
            1 => " __attribute__((aligned(16)))",
            2 => " __attribute__((packed, aligned(4)))",
            _ => "",
        };
        writeln!(text, "}}{attribute};").unwrap();
        if pack.is_some() {
            text += "#pragma pack(pop)\n";
        }
    }
    text
}

fn random_field(random: &mut Random, number: usize, name: &str, depth: u32) -> String {
    let before = match random.below(12) {
        0 => "_Alignas(16) ",
        1 => "_Alignas(long double) ",
        _ => "",
    };
    let after = match random.below(12) {
        0 => " __attribute__((aligned(8)))",
        1 => " __attribute__((aligned(2)))",
        _ => "",
    };
    let dimensions: String = (0..random.below(5).saturating_sub(2))
        .map(|_| format!("[{}]", 1 + random.below(4)))
        .collect();
    match random.below(10) {
        0 | 1 if number > 0 => {
            let earlier = random.below(number);
            format!("r{earlier}_t {name}{dimensions}{after};")
        }
        2 => format!("int (*{name}{dimensions})(int, struct unknown *){after};"),
        3 => format!(
            "enum {{ {name}_{number}_{depth}A = {} }} {name};",
            random.below(9) as i64 - 4
        ),
        4 if depth < 3 => {
            let keyword = random.pick(&["struct", "union"]);
            let fields: String = (0..1 + random.below(3))
                .map(|n| random_field(random, number, &format!("{name}_{n}"), depth + 1) + " ")
                .collect();
            let attribute = random.pick(&["", "", " __attribute__((packed))"]);
            let is_anonymous = depth == 0 && random.one_in(2);
            let name = if is_anonymous { "" } else { name };
            format!("{keyword} {{ {fields}}}{attribute} {name};")
        }
        _ if before.is_empty() => {
            format!("{} {name}{dimensions}{after};", random.pick(SCALARS))
        }
        // `_Alignas` may not lower an alignment.
        _ => format!("{before}{} {name}{dimensions};", random.pick(SCALARS)),
    }
}

/// Every field of a record with its path, through anonymous members.
fn paths(record: RecordType, prefix: &str, base: u64, all: &mut Vec<(String, u64)>) {
    for field in record.fields() {
        let offset = base + field.offset();
        let inner = field.ty().record();
        match field.name() {
            None => paths(inner.unwrap(), prefix, offset, all),
            Some(name) => {
                let path = format!("{prefix}{name}");
                all.push((path.clone(), offset));
                if let Some(inner) = inner {
                    paths(inner, &format!("{path}."), offset, all);
                }
            }
        }
    }
}

#[test]
fn does_the_compiler_agree_on_layouts() {
    let mut random = Random::new();
    let text = random_records(&mut random, 200);
    let known = Declarations::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut program = format!(
        "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n{text}\nint main(void) {{\n"
    );
    let mut expected = String::new();
    for number in 0..200 {
        let record = known.record(&format!("r{number}")).unwrap();
        let ty = format!("r{number}_t");
        writeln!(
            program,
            "printf(\"{ty} %zu %zu\\n\", sizeof({ty}), _Alignof({ty}));"
        )
        .unwrap();
        writeln!(expected, "{ty} {} {}", record.size(), record.align()).unwrap();
        let mut all = Vec::new();
        paths(record, "", 0, &mut all);
        for (path, offset) in all {
            writeln!(
                program,
                "printf(\"{ty}.{path} %zu\\n\", offsetof({ty}, {path}));"
            )
            .unwrap();
            writeln!(expected, "{ty}.{path} {offset}").unwrap();
        }
    }
    program += "return 0;\n}\n";
    for compiler in ["cc", "clang"] {
        let Some(output) = run_c(compiler, &format!("layout-{compiler}"), &program) else {
            continue;
        };
        for (ours, theirs) in expected.lines().zip(output.lines()) {
            assert_eq!(ours, theirs, "{compiler}\n{text}");
        }
        assert_eq!(expected.lines().count(), output.lines().count());
    }
}

/// A constant expression of C.
fn random_expression(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.one_in(6) {
        return random
            .pick(&[
                "0",
                "1",
                "2u",
                "3",
                "7ull",
                "0xff",
                "0x80000000",
                "0x7fffffff",
                "0xffffffffffull",
                "'a'",
                "'\\xff'",
                "L'z'",
                "010",
                "5l",
                "4294967295",
                "2147483648",
                "sizeof(int)",
                "sizeof(char [7])",
                "_Alignof(short)",
                "31",
                "(unsigned char)300",
                "-1",
            ])
            .to_owned();
    }
    let mut operand = || random_expression(random, depth - 1);
    let (a, b, c) = (operand(), operand(), operand());
    match random.below(8) {
        0 => format!("{}({a})", random.pick(&["-", "~", "!", "+"])),
        1 => format!("({a} ? {b} : {c})"),
        2 => {
            let ty = random.pick(&[
                "int",
                "unsigned",
                "short",
                "uint8_t",
                "long long",
                "_Bool",
                "size_t",
            ]);
            format!("({ty})({a})")
        }
        3 => format!("({a} {} {b})", random.pick(&["<<", ">>"])),
        // Without parentheses, so that precedence matters.
        _ => {
            let operators = [
                "+", "-", "*", "/", "%", "&", "|", "^", "<", ">", "<=", ">=", "==", "!=", "&&",
                "||",
            ];
            let (first, second) = (random.pick(&operators), random.pick(&operators));
            format!("{a} {first} {b} {second} {c}")
        }
    }
}

#[test]
fn does_the_compiler_agree_on_constants() {
    let mut random = Random::new();
    let mut program = "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n\
                       int main(void) {\n"
        .to_owned();
    let mut expected = String::new();
    let mut count = 0;
    while count < 500 {
        let text = random_expression(&mut random, 4);
        // What overflows or divides by zero has no value in C.
        let Ok(known) = Declarations::parse(&format!("enum {{ X = {text} }};")) else {
            continue;
        };
        count += 1;
        writeln!(program, "printf(\"%lld\\n\", (long long)({text}));").unwrap();
        writeln!(expected, "{} {text}", known.constant("X").unwrap() as i64).unwrap();
    }
    program += "return 0;\n}\n";
    for compiler in ["cc", "clang"] {
        let Some(output) = run_c(compiler, &format!("constants-{compiler}"), &program) else {
            continue;
        };
        for (ours, theirs) in expected.lines().zip(output.lines()) {
            let (value, text) = ours.split_once(' ').unwrap();
            assert_eq!(value, theirs, "{compiler}: {text}");
        }
        assert_eq!(output.lines().count(), 500);
    }
}
