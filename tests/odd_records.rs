//! Do bit-fields, flexible array members and records without bytes cross as the compilers have
//! them?
//!
//! Each record of `native/odd_records.h` is passed, returned and passed through a callback, by each
//! compiler, each convention and each engine.
#![cfg(any(feature = "jit", feature = "libffi"))]

use farcall::{Callback, Declarations, Engine, Function, Library, OwnedValue, RecordType, values};

const HEADER: &str = include_str!("native/odd_records.h");

/// The names and definitions of the records.
fn definitions() -> impl Iterator<Item = (&'static str, String)> {
    let lines = HEADER.lines().filter_map(|line| line.strip_prefix("X("));
    lines.map(|line| {
        let (name, rest) = line.split_once(", ").expect("a name");
        let (definition, _) = rest.rsplit_once(", a, b, c)").expect("fields");
        (name, format!("typedef {definition} {name};"))
    })
}

/// The fixture by each compiler that is there.
fn libraries() -> Vec<(String, Library)> {
    let ways = ["gcc_O0", "gcc_O2", "clang_O0", "clang_O2"].map(|way| format!("odd_records_{way}"));
    let (there, missing): (Vec<_>, Vec<_>) =
        (ways.into_iter()).partition(|way| support::fixture(way).exists());
    for way in missing {
        support::not_asked(&way, "that compiler did not make it");
    }
    assert!(!there.is_empty(), "no compiler made the fixture");
    let open = |way: String| {
        let library = support::open(support::fixture(&way));
        (way, library)
    };
    there.into_iter().map(open).collect()
}

/// The functions of a record in a convention.
const CONVENTIONS: &[(&str, &str)] = &[
    ("", ""),
    #[cfg(target_arch = "x86_64")]
    ("win64_", "__attribute__((ms_abi))"),
];

struct Case<'a> {
    library: &'a Library,
    known: Declarations,
    name: &'a str,
    ty: RecordType,
    prefix: &'a str,
    attribute: &'a str,
    engine: Engine,
}

impl Case<'_> {
    /// `None` if libffi refuses what it cannot pass.
    fn bind(&self, result: &str, verb: &str, params: &str) -> Option<Function> {
        let Self {
            name,
            prefix,
            attribute,
            ..
        } = self;
        let text = format!("{result} {prefix}{verb}_{name}({params}) {attribute}");
        let (symbol, ty) = self.known.parse_function(&text).expect(&text);
        let function = self.library.function_as(&symbol, ty);
        match function.and_then(|function| function.with_engine(self.engine)) {
            Ok(function) => Some(function),
            Err(error) if self.engine == Engine::Libffi => {
                let error = error.to_string();
                assert!(error.contains("through libffi"), "{error}");
                None
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }

    fn value(&self, a: i32, b: i32, c: i32) -> OwnedValue {
        let mut value = OwnedValue::zeroed(self.ty);
        for (path, number) in [("a", a), ("b", b), ("c", c)] {
            set(&mut value, path, f64::from(number));
        }
        value
    }

    /// How many ways it was asked.
    fn ask(&self) -> usize {
        let name = self.name;
        let all = ["weigh", "change", "twice"];
        let params = format!("int, {name}, double");
        let callback = format!("{name} ({} *)({name}, double), {name}", self.attribute);
        let (Some(weigh), Some(change), Some(twice)) = (
            self.bind("double", all[0], &params),
            self.bind(name, all[1], &params),
            self.bind(name, all[2], &callback),
        ) else {
            return 0;
        };
        let given = self.value(1, 0, 0);
        // SAFETY: the functions of the fixture are called as they are declared.
        let weight = unsafe { weigh.call_values(&values![100, &given, 0.5]) }.expect(name);
        assert_eq!(number(&given, "a").abs(), 1.0, "{name}");
        assert_eq!(
            weight.as_f64(),
            Some(100.5 + 2.0 * number(&given, "a")),
            "{name}"
        );
        // SAFETY: as above.
        let changed = unsafe { change.call_values(&values![1, &given, 0.5]) }.expect(name);
        assert_eq!(number(&changed, "a"), 0.0, "{name} {changed}");
        assert_eq!(number(&changed, "b").abs(), 1.0, "{name} {changed}");
        let ty = twice.callback_type("1").expect("a callback");
        let step = Callback::builder().engine(self.engine).new(ty, |args| {
            let mut record = OwnedValue::from(args[0]);
            let b = number(&record, "b").abs();
            set(&mut record, "b", if b == 0.0 { 1.0 } else { 0.0 });
            assert_eq!(args[1].as_f64(), Some(1.5));
            record
        });
        let step = match step {
            Ok(step) => step,
            Err(error) if self.engine == Engine::Libffi => {
                let error = error.to_string();
                assert!(error.contains("libffi"), "{error}");
                return 2;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        // SAFETY: as above.
        let twice = unsafe { twice.call_values(&values![&step, &given]) }.expect(name);
        assert_eq!(twice.to_string(), given.to_string(), "{name}");
        3
    }
}

fn number(value: &OwnedValue, path: &str) -> f64 {
    let value = value
        .as_record()
        .unwrap()
        .get(path)
        .unwrap()
        .value()
        .unwrap();
    let integer = value.as_i64().map(|integer| integer as f64);
    value
        .as_f64()
        .or(integer)
        .or(value.as_bool().map(|flag| f64::from(u8::from(flag))))
        .expect("a number")
}

/// Sets a field of any arithmetic type; a bit of one signed bit holds -1 for 1.
fn set(value: &mut OwnedValue, path: &str, number: f64) {
    let integer = number as i64;
    let done = value.set(path, number).is_ok()
        || value.set(path, number as f32).is_ok()
        || value.set(path, integer).is_ok()
        || value.set(path, integer != 0).is_ok()
        || value.set(path, -integer).is_ok();
    assert!(done, "{path} = {number}");
}

#[test]
fn do_odd_records_cross_both_ways() {
    for (way, library) in &libraries() {
        for &engine in support::engines() {
            let mut asked = 0;
            for (name, definition) in definitions() {
                let known = Declarations::parse(&definition).unwrap_or_else(|e| panic!("{e}"));
                let ty = known.ty(name).unwrap().record().unwrap();
                for (prefix, attribute) in CONVENTIONS {
                    let known = known.clone();
                    let case = Case {
                        library,
                        known,
                        name,
                        ty,
                        prefix,
                        attribute,
                        engine,
                    };
                    asked += case.ask();
                }
            }
            println!("{way} {engine:?}: {asked}");
            let all = 3 * definitions().count() * CONVENTIONS.len();
            assert!(
                asked == all || engine == Engine::Libffi,
                "{way} {engine:?}: {asked} of {all}"
            );
            assert!(asked > all / 2, "{way} {engine:?}: {asked} of {all}");
        }
    }
}

const NONE: &str = "typedef struct {} none;";

#[test]
fn do_records_without_bytes_take_no_place() {
    let known = Declarations::parse(NONE).unwrap();
    assert_eq!(known.ty("none").unwrap().size(), Some(0));
    for (way, library) in &libraries() {
        for &engine in support::engines() {
            let bind = |text: &str| {
                let (symbol, ty) = known.parse_function(text).expect(text);
                let function = library.function_as(&symbol, ty);
                function.and_then(|function| function.with_engine(engine))
            };
            let between = "double between(none, int, none, double, none)";
            if engine == Engine::Libffi {
                let error = bind(between).unwrap_err().to_string();
                assert!(
                    error.contains("libffi has no type without bytes"),
                    "{error}"
                );
                continue;
            }
            let none = OwnedValue::zeroed(known.ty("none").unwrap().record().unwrap());
            let mut texts = vec![between.to_owned()];
            if cfg!(target_arch = "x86_64") {
                texts.push(format!(
                    "__attribute__((ms_abi)) {}",
                    between.replace("between", "win64_between")
                ));
            }
            for text in texts {
                let values = values![&none, 2, &none, 0.5, &none];
                // SAFETY: the functions of the fixture are called as they are declared.
                let sum = unsafe { bind(&text).unwrap().call_values(&values) }.expect(&text);
                assert_eq!(sum.as_f64(), Some(2.5), "{way} {text}");
            }
            let mut seen = 0i32;
            let nothing = bind("none nothing(int *seen, none a)").unwrap();
            // SAFETY: as above.
            let result = unsafe { nothing.call_values(&values![&raw mut seen, &none]) }.unwrap();
            assert_eq!((result.to_string(), seen), ("{  }".to_owned(), 1));
            let through = bind("int through(int (*f)(none, int, none), int x)").unwrap();
            let ty = through.callback_type("f").unwrap();
            let f = Callback::builder()
                .engine(engine)
                .new(ty, |args| args[1].as_i64().unwrap() as i32 * 3);
            let f = f.unwrap();
            // SAFETY: as above.
            let tripled = unsafe { through.call_values(&values![&f, 7]) }.unwrap();
            assert_eq!(tripled.as_i64(), Some(21), "{way}");
        }
    }
}

#[cfg(feature = "macros")]
#[test]
fn do_integers_in_rust_hold_the_bits_of_c() {
    use farcall::ForeignType;

    #[derive(ForeignType, Clone, Copy)]
    #[repr(C)]
    struct Bits {
        a: f32,
        bits: u32,
    }

    #[derive(ForeignType, Clone, Copy)]
    #[repr(C)]
    struct Other {
        bits: u32,
        a: f32,
    }

    let (name, definition) = definitions().nth(3).expect("a record");
    assert_eq!(name, "bits_beside_float");
    let known = Declarations::parse(&definition).unwrap();
    let (symbol, ty) = known
        .parse_function(&format!("double weigh_{name}(int, {name}, double)"))
        .unwrap();
    for (way, library) in &libraries() {
        let weigh = library.function_as(&symbol, ty).unwrap();
        let given = Bits {
            a: 2.0,
            bits: 3 | 7 << 5,
        };
        // SAFETY: the function is called as it is declared.
        let weight: f64 = unsafe { weigh.call((1, given, 0.5)) }.unwrap();
        assert_eq!(weight, 1.0 + 4.0 + 9.0 + 35.0 + 0.5, "{way}");
        let other = Other { bits: 0, a: 0.0 };
        // SAFETY: as above.
        let refused = unsafe { weigh.call::<_, f64>((1, other, 0.5)) };
        assert!(refused.unwrap_err().to_string().contains("Other"));
    }
}
