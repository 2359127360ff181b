//! Does the C compiler agree on bit-fields: where they lie, and what is in them?

use super::layout::{Random, run_c};
use farcall::{BitRules, Declarations, OwnedValue, RecordType};
use std::fmt::Write as _;

/// How many records each compiler is asked about.
const RECORDS: usize = 400;

/// Integer types and the bits that they have.
const TYPES: &[(&str, u32)] = &[
    ("int", 32),
    ("unsigned", 32),
    ("signed char", 8),
    ("unsigned char", 8),
    ("short", 16),
    ("unsigned short", 16),
    ("long long", 64),
    ("unsigned long long", 64),
    ("uint8_t", 8),
    ("int16_t", 16),
    ("uint32_t", 32),
    ("int64_t", 64),
    ("_Bool", 1),
    ("enum color", 32),
];

/// A record with bit-fields between other fields, without what is refused because compilers differ.
fn random_record(random: &mut Random, number: usize) -> String {
    let packing = random.one_in(5).then(|| random.pick(&["1", "2", "4", "8"]));
    let rules = match random.below(6) {
        0 if cfg!(target_arch = "x86_64") => "ms_struct",
        1 if cfg!(target_arch = "x86_64") => "gcc_struct",
        _ => "",
    };
    let microsoft = rules == "ms_struct" || (rules.is_empty() && cfg!(windows));
    let mut attributes = vec![rules];
    attributes.push(match random.below(5) {
        0 if !microsoft && packing.is_none_or(|pack| pack == "1") => "packed",
        1 => "aligned(8)",
        _ => "",
    });
    let mut body = String::new();
    for field in 0..1 + random.below(9) {
        // Under `#pragma pack`, gcc and clang differ on the `aligned` of a bit-field.
        let may_align = !microsoft && packing.is_none();
        // There, clang does not bound what a width of 0 aligns, as its own compiler for Windows does.
        let may_end = !microsoft || packing.is_none();
        body += &random_field(random, number, field, may_align, may_end);
    }
    let keyword = random.pick(&["struct", "struct", "struct", "union"]);
    if keyword == "union" && microsoft {
        body += " unsigned long long whole;";
    }
    attributes.retain(|attribute| !attribute.is_empty());
    let attributes = match attributes.is_empty() {
        true => String::new(),
        false => format!(" __attribute__(({}))", attributes.join(", ")),
    };
    // At least one field has a name.
    let record = format!(
        "typedef {keyword} r{number} {{{body} unsigned char last; }}{attributes} r{number}_t;\n"
    );
    match packing {
        None => record,
        Some(pack) => format!("#pragma pack(push, {pack})\n{record}#pragma pack(pop)\n"),
    }
}

fn random_field(
    random: &mut Random,
    number: usize,
    field: usize,
    may_align: bool,
    may_end: bool,
) -> String {
    let (ty, bits) = TYPES[random.below(TYPES.len())];
    let bits = bits as usize;
    let aligned = match random.below(10) {
        0 if may_align && bits <= 32 => format!(
            " __attribute__((aligned({})))",
            random.pick(if bits <= 8 {
                &["1", "2", "4"]
            } else {
                &["4", "8", "16"]
            })
        ),
        _ => String::new(),
    };
    match random.below(12) {
        0 if may_end => format!(" {ty} : 0;"),
        1 => format!(" {ty} : {};", 1 + random.below(bits)),
        // A `_Bool` of all ones has no value in C.
        2 if bits > 1 => format!(" {ty} f{field}{aligned};"),
        3 if number > 0 => format!(" r{}_t f{field};", random.below(number)),
        4 => format!(" struct {{ {ty} f{field}a : 1, f{field}b : {bits}; }};"),
        _ => format!(" {ty} f{field} : {}{aligned};", 1 + random.below(bits)),
    }
}

/// Every bit-field with a name, by its path.
fn paths(record: RecordType, prefix: &str, all: &mut Vec<(String, bool)>) {
    for field in record.members() {
        let path = format!("{prefix}{}", field.name().unwrap_or_default());
        match (field.name(), field.ty().record()) {
            (Some(_), Some(inner)) => paths(inner, &format!("{path}."), all),
            (None, Some(inner)) => paths(inner, prefix, all),
            _ => all.push((path, field.bits().is_some())),
        }
    }
}

/// A value that a bit-field may or may not hold whole.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn does_the_compiler_agree_on_bit_fields() {
    let mut random = Random::new();
    let mut text = "enum color { RED, BLUE = 0x7fffffff };\n".to_owned();
    for number in 0..RECORDS {
        text += &random_record(&mut random, number);
    }
    let known = Declarations::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut program = format!(
        "#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n{text}\n\
         static void dump(const void *p, size_t n) {{\n\
         for (size_t i = 0; i < n; i++) printf(\"%02x\", ((const unsigned char *)p)[i]);\n}}\n\
         int main(void) {{\n"
    );
    let mut expected = String::new();
    let mut fields = 0;
    for number in 0..RECORDS {
        let ty = format!("r{number}_t");
        let record = known.ty(&ty).unwrap().record().unwrap();
        writeln!(
            program,
            "printf(\"{ty} %zu %zu\\n\", sizeof({ty}), _Alignof({ty}));"
        )
        .unwrap();
        writeln!(expected, "{ty} {} {}", record.size(), record.align()).unwrap();
        let mut all = Vec::new();
        paths(record, "", &mut all);
        for (path, is_bits) in all {
            fields += usize::from(is_bits);
            // All ones beside zeros, then all zeros beside ones: the place of every bit, and that
            // no other is touched.
            let (field_bits, signed) = width(record, &path);
            let ones = -1 - random.below(field_bits.min(2) as usize) as i64;
            writeln!(
                program,
                "{{ {ty} v; memset(&v, 0, sizeof v); v.{path} = {ones}; printf(\"{ty}.{path} \"); \
                 dump(&v, sizeof v); memset(&v, 255, sizeof v); printf(\" %lld \", \
                 (long long)v.{path}); v.{path} = 0; dump(&v, sizeof v); printf(\"\\n\"); }}"
            )
            .unwrap();
            let mut value = OwnedValue::zeroed(record);
            let read = |value: &OwnedValue| {
                let value = value
                    .as_record()
                    .unwrap()
                    .get(&path)
                    .unwrap()
                    .value()
                    .unwrap();
                (value.as_bool().map(i64::from).or(value.as_i64()))
                    .unwrap_or_else(|| value.as_u64().unwrap().cast_signed())
            };
            value.bytes_mut().fill(255);
            let all_ones = read(&value);
            // What C shortens, is refused here; so the low bits of the number are given.
            let low = (ones.cast_unsigned() & (u64::MAX >> (64 - field_bits))).cast_signed();
            let given = match signed {
                true => (low << (64 - field_bits)) >> (64 - field_bits),
                false => low,
            };
            let mut set = OwnedValue::zeroed(record);
            assign(&mut set, &path, given);
            assign(&mut value, &path, 0);
            writeln!(
                expected,
                "{ty}.{path} {} {all_ones} {}",
                hex(set.as_record().unwrap().bytes()),
                hex(value.as_record().unwrap().bytes())
            )
            .unwrap();
        }
    }
    program += "return 0;\n}\n";
    assert!(fields > RECORDS, "only {fields} bit-fields");
    let (mut differences, mut found) = (String::new(), false);
    for compiler in ["cc", "clang"] {
        let Some(output) = run_c(compiler, &format!("bits-{compiler}"), &program) else {
            continue;
        };
        writeln!(differences, "{compiler}:").unwrap();
        let before = differences.len();
        let lines = expected.lines().zip(output.lines());
        for (ours, theirs) in lines.filter(|(ours, theirs)| ours != theirs) {
            let name = ours.split(['_', ' ']).next().unwrap();
            let start = text.find(&format!(" {name} {{")).unwrap();
            let (start, end) = (
                text[..start].rfind('\n').unwrap(),
                text[start..].find('\n').unwrap() + start,
            );
            let before = text[..start]
                .rfind('\n')
                .map_or("", |line| &text[line..start]);
            let pack = if before.contains("push") { before } else { "" };
            writeln!(
                differences,
                "{pack}{}\n  ours   {ours}\n  theirs {theirs}",
                &text[start..end]
            )
            .unwrap();
        }
        found |= differences.len() > before;
        assert_eq!(expected.lines().count(), output.lines().count());
    }
    assert!(!found, "{differences}");
}

/// The bits of the field at `path`, and whether they are a signed number.
fn width(record: RecordType, path: &str) -> (u32, bool) {
    let zero = OwnedValue::zeroed(record);
    let field = zero.as_record().unwrap().get(path).unwrap();
    let scalar = field.ty().scalar().unwrap();
    let whole = if field.ty() == farcall::Type::BOOL {
        1
    } else {
        8 * scalar.size() as u32
    };
    (
        field.bits().map_or(whole, |bits| bits.width()),
        scalar.is_signed(),
    )
}

fn assign(record: &mut OwnedValue, path: &str, number: i64) {
    let ty = record.as_record().unwrap().get(path).unwrap().ty();
    let done = match ty == farcall::Type::BOOL {
        true => record.set(path, number != 0),
        false if !ty.scalar().unwrap().is_signed() => record.set(path, number.cast_unsigned()),
        false => record.set(path, number),
    };
    done.unwrap_or_else(|error| panic!("{path} = {number}: {error}"));
}

#[test]
fn are_values_that_do_not_fit_refused() {
    let known =
        Declarations::parse("struct date { int day : 5; unsigned month : 4; _Bool leap : 1; };")
            .unwrap();
    let mut date = OwnedValue::zeroed(known.record("date").unwrap());
    date.set("day", -16).unwrap();
    date.set("month", 15u32).unwrap();
    date.set("leap", true).unwrap();
    assert_eq!(date.to_string(), "{ day: -16, month: 15, leap: true }");
    let refused = |path: &str, number: i64| date.clone().set(path, number).unwrap_err().to_string();
    assert_eq!(
        refused("day", 16),
        "field `day`: 16 does not fit into int : 5 (-16 to 15)"
    );
    assert_eq!(
        refused("month", 16),
        "field `month`: 16 does not fit into unsigned int : 4 (0 to 15)"
    );
    assert_eq!(
        refused("month", -1),
        "field `month`: -1 does not fit into unsigned int (0 to 4294967295)"
    );
    assert_eq!(
        refused("leap", 1),
        "field `leap`: expected bool, found i64; write true"
    );
}

#[test]
fn is_what_compilers_do_not_agree_on_refused() {
    let cases = [
        (
            "int x : 3 __attribute__((aligned(2)));",
            "",
            "`aligned` on a bit-field that lowers",
        ),
        (
            "int x : 3 __attribute__((aligned(8)));",
            "ms_struct",
            "`aligned` on a bit-field",
        ),
        (
            "char c; int x : 3;",
            "packed, ms_struct",
            "write `#pragma pack(1)`",
        ),
    ];
    for (body, attributes, why) in cases {
        let text = format!("struct s {{ {body} }} __attribute__(({attributes}));");
        let error = Declarations::parse(&text).unwrap_err().to_string();
        let start = "compilers do not agree on `struct s`: ";
        assert!(
            error.contains(start) && error.contains(why),
            "{text}\n{error}"
        );
    }
    let error = |text: &str| Declarations::parse(text).unwrap_err().to_string();
    let union = "union s { char c; int x : 3; } __attribute__((ms_struct));";
    assert!(
        error(union).contains("add a member of their type"),
        "{}",
        error(union)
    );
    let packed = "#pragma pack(2)\nstruct s { int x : 3; } __attribute__((packed));";
    assert!(
        error(packed).contains("leave one of them out"),
        "{}",
        error(packed)
    );
}

#[test]
fn does_a_record_of_bit_fields_print_as_it_was_declared() {
    let known = Declarations::parse(
        "typedef struct { unsigned a : 3; int : 0; int : 2; int b : 7; } bits;
         typedef struct { char a : 3; int b : 3; } __attribute__((ms_struct)) windows;",
    )
    .unwrap();
    assert_eq!(
        known.ty("bits").unwrap().to_string(),
        "struct { unsigned int a : 3; int : 0; int : 2; int b : 7; }"
    );
    if BitRules::HOST != BitRules::Microsoft {
        assert_eq!(
            known.ty("windows").unwrap().to_string(),
            "struct { char a : 3; int b : 3; } __attribute__((ms_struct))"
        );
    }
}
