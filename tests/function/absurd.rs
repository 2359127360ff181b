//! What cannot be bound, and declarations of absurd size: each comes to an end at once.

use crate::{ENGINES, library, message};
use farcall::{
    Declarations, Engine, FnType, Function, OwnedValue, RecordKind, RecordType, Type, Value,
};

/// `prototype` on an engine; what binding refuses must be said alike on each.
fn on(engine: Engine, ty: FnType) -> farcall::Result<Function> {
    extern "C" fn nothing() {}
    let nothing = nothing as extern "C" fn() as *const _;
    // SAFETY: the functions of these tests ignore their arguments and return nothing of them.
    unsafe { Function::from_address("nothing", nothing, ty) }?.with_engine(engine)
}

fn refused(ty: FnType) -> String {
    let texts: Vec<_> = ENGINES
        .iter()
        .map(|engine| message(on(*engine, ty)))
        .collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    texts[0].clone()
}

fn struct_of(size: u64) -> Type {
    let bytes = Type::CHAR.array(size).expect("an array");
    RecordType::builder(RecordKind::Struct, Some("big"))
        .field("b", bytes)
        .build()
        .expect("a record")
        .into()
}

fn takes(params: impl IntoIterator<Item = Type>) -> FnType {
    let builder = params
        .into_iter()
        .fold(FnType::builder(), |builder, ty| builder.unnamed_param(ty));
    builder.build().expect("a type")
}

#[test]
fn names_that_are_not_there() {
    let suffix = format!(" (in {})", library().name());
    let missing = message(library().function("int no_such_function(void)"));
    assert!(
        missing.starts_with("no_such_function: no such symbol: "),
        "{missing}"
    );
    assert!(missing.ends_with(&suffix), "{missing}");
    let ty = FnType::parse("int f(void)").expect("a prototype");
    assert_eq!(
        message(library().function_as("sum\0", ty)),
        format!("sum\0: a symbol name contains a NUL byte: \"sum\\0\"{suffix}")
    );
    let text = Declarations::parse("int sum0(void); int sum1(int);").expect("declarations");
    assert_eq!(
        message(library().function_in(&text, "sum2")),
        "sum2: no such function in the declarations; they have sum0, sum1"
    );
    assert_eq!(
        message(library().variable_in(&text, "sum0")),
        "sum0: no such variable in the declarations"
    );
}

#[test]
fn parameters_without_a_size() {
    let void = FnType::builder()
        .param("a", Type::INT)
        .param("b", Type::VOID)
        .build();
    assert_eq!(
        void.expect_err("void").to_string(),
        "parameter 2 (b) has type void; leave it out, or write `void *` for a pointer"
    );
    let opaque = FnType::builder()
        .unnamed_param(Type::opaque("FILE"))
        .build();
    assert_eq!(
        opaque.expect_err("opaque").to_string(),
        "parameter 1 has type `FILE`, whose size is unknown; define the type first, or pass a pointer to it"
    );
    for text in [
        "int f(int a, void b)",
        "int f(struct nobody b)",
        "struct nobody f(void)",
        "int f(void)[3]",
    ] {
        let error = library().function(text).expect_err(text);
        assert!(error.to_string().contains('^'), "{error}");
    }
}

#[test]
fn too_many_parameters() {
    for count in [257, 300, 10_000] {
        let builder = (0..count).fold(FnType::builder(), |builder, _| {
            builder.unnamed_param(Type::INT)
        });
        let error = builder.build().expect_err("too many").to_string();
        assert_eq!(
            error,
            format!("{count} parameters; at most 256 are accepted")
        );
        let text = format!("void f({})", vec!["int"; count].join(", "));
        let error = library().function(&text).expect_err("too many").to_string();
        assert!(error.contains("at most 256 "), "{error}");
    }
    let most = takes([Type::INT; 256]);
    let arguments = [Value::from(1); 256];
    for engine in ENGINES {
        let function = on(*engine, most).expect("256 parameters");
        for _ in 0..2 {
            // SAFETY: the function ignores its arguments.
            unsafe { function.call_values(&arguments) }.expect("called");
        }
    }
}

#[test]
fn values_that_are_too_large() {
    for size in [(1 << 20) + 8, 64 << 20, 1 << 46] {
        let big = struct_of(size);
        assert_eq!(
            refused(takes([big])),
            format!(
                "nothing: the stack that the arguments take is too large: {size} bytes, at most 1048576"
            )
        );
        let returns = FnType::builder().result(big).build().expect("a type");
        assert_eq!(
            refused(returns),
            format!("nothing: the result is too large: {size} bytes, at most 1048576")
        );
    }
    let error = Type::CHAR
        .array((1 << 46) + 1)
        .expect_err("too large")
        .to_string();
    assert_eq!(
        error,
        format!(
            "an array of {} char has more than 2^46 bytes",
            (1u64 << 46) + 1
        )
    );
}

/// As much stack as a call may take, and 8 bytes more.
#[test]
fn the_bound_on_the_stack_is_exact() {
    let call = |params: &[Type]| {
        for engine in ENGINES {
            let function = on(*engine, takes(params.iter().copied())).expect("within the bound");
            let zeroed = |ty: &Type| ty.record().map_or(OwnedValue::VOID, OwnedValue::zeroed);
            let records: Vec<_> = params.iter().map(zeroed).collect();
            let argument = |record: &'_ OwnedValue| record.as_record().is_some();
            let arguments: Vec<_> = records
                .iter()
                .map(|record| {
                    if argument(record) {
                        record.as_value()
                    } else {
                        Value::from(0i64)
                    }
                })
                .collect();
            // SAFETY: the function ignores its arguments.
            unsafe { function.call_values(&arguments) }.expect("called");
        }
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    #[cfg(windows)]
    {
        // Of the bound, 32 bytes are the callee's. Every record is copied, to a multiple of 16.
        let thread = thread.spawn(move || {
            call(&[struct_of((1 << 20) - 32)]);
            call(&[struct_of(1 << 19), struct_of((1 << 19) - 33)]);
            call(&[
                struct_of((1 << 20) - 64),
                Type::INT64,
                Type::INT64,
                Type::INT64,
                Type::INT64,
            ]);
        });
        thread.expect("a thread").join().expect("no panic");
        let more = |size: u32| {
            format!(
                "nothing: the stack that the arguments take is too large: {size} bytes, at most \
                 1048576"
            )
        };
        assert_eq!(
            refused(takes([struct_of((1 << 20) - 31)])),
            more((1 << 20) + 16)
        );
        let full = takes([struct_of(1 << 19), struct_of((1 << 19) - 32), struct_of(9)]);
        assert_eq!(refused(full), more((1 << 20) + 16));
    }
    #[cfg(not(windows))]
    {
        let thread = thread.spawn(move || {
            call(&[struct_of(1 << 20)]);
            call(&[struct_of(1 << 19), struct_of(1 << 19)]);
            call(&[struct_of(1 << 17); 8]);
            call(&[struct_of((1 << 20) - 80), Type::INT64, struct_of(72)]);
            call(&[Type::INT64, struct_of((1 << 20) - 8)]);
        });
        thread.expect("a thread").join().expect("no panic");
        if !cfg!(target_arch = "x86_64") {
            // A record of 16 bytes is in registers there; of a larger one a copy is on the stack.
            let more = "nothing: the stack that the arguments take is too large: 1048600 bytes, at most \
                    1048576";
            return assert_eq!(refused(takes([struct_of(1 << 20), struct_of(17)])), more);
        }
        let more = "nothing: the stack that the arguments take is too large: 1048584 bytes, at most 1048576";
        assert_eq!(refused(takes([struct_of(1 << 20), struct_of(1)])), more);
        assert_eq!(refused(takes([Type::INT64, struct_of(1 << 20)])), more);
        let sixteen = [struct_of(65536); 16];
        assert_eq!(
            refused(takes(sixteen.into_iter().chain([Type::CHAR]))),
            more
        );
    }
}

#[test]
fn results_up_to_the_bound_are_returned() {
    unsafe extern "C" fn first(bytes: *mut u8) -> *mut u8 {
        // SAFETY: whoever calls it gives room for the result, as C does for one in memory.
        unsafe { bytes.write(7) };
        bytes
    }
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let ty = FnType::builder()
        .result(struct_of(1 << 20))
        .build()
        .expect("a type");
    // SAFETY: a function that returns a large record takes its address first and returns it.
    let function =
        unsafe { Function::from_address("first", first as *const _, ty) }.expect("a function");
    for engine in ENGINES {
        let function = function.with_engine(*engine).expect("within the bound");
        // SAFETY: as above.
        let result = unsafe { function.call_values(&[]) }.expect("a record");
        assert_eq!(result.as_record().expect("a record").bytes()[0], 7);
    }
}

#[test]
fn extreme_alignments() {
    let aligned = |align| {
        let builder = RecordType::builder(RecordKind::Struct, Some("wide")).field("x", Type::INT);
        Type::from(builder.align(align).build().expect("a record"))
    };
    let text = refused(takes([aligned(1 << 21)]));
    assert_eq!(
        text,
        "nothing: the alignment of an argument is too large: 2097152 bytes, at most 1048576"
    );
    let returns = FnType::builder()
        .result(aligned(1 << 28))
        .build()
        .expect("a type");
    assert_eq!(
        refused(returns),
        "nothing: the result is too large: 268435456 bytes, at most 1048576"
    );
    // On Windows the copy is in the frame, with 32 bytes of the callee's.
    let largest = if cfg!(windows) { 1 << 19 } else { 1 << 20 };
    for align in [32, 4096, largest] {
        let ty = takes([aligned(align)]);
        let wide = OwnedValue::zeroed(ty.params()[0].ty().record().expect("a record"));
        let call = move |engine| match on(engine, ty) {
            Ok(function) => {
                // SAFETY: the function ignores its arguments.
                let called = unsafe { function.call_values(&[wide.as_value()]) };
                drop(called.expect("called"));
            }
            Err(error) => {
                assert_eq!(engine, Engine::Libffi);
                let text = error.to_string();
                assert!(
                    text.contains("libffi does not keep alignments above 16 bytes"),
                    "{text}"
                );
            }
        };
        let call = || ENGINES.iter().for_each(|engine| call(*engine));
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(16 << 20);
            thread
                .spawn_scoped(scope, call)
                .expect("a thread")
                .join()
                .expect("no panic");
        });
    }
}

#[test]
fn deep_nesting() {
    let mut ty = Type::INT;
    let error = loop {
        match RecordType::builder(RecordKind::Struct, None)
            .field("x", ty)
            .build()
        {
            Ok(record) => ty = record.into(),
            Err(error) => break error,
        }
    };
    assert_eq!(
        error.to_string(),
        "types are nested more than 64 levels deep"
    );
    let texts = [
        format!(
            "void f({}int x;{} a)",
            "struct { ".repeat(1000),
            " } x;".repeat(1000)
        ),
        format!("void f(int {}a)", "*".repeat(1000)),
        format!("void f(int a{})", "[2]".repeat(1000)),
        format!("void f(int {}a{})", "(".repeat(1000), ")".repeat(1000)),
        format!("void {}f{}", "(*".repeat(1000), ")(void)".repeat(1000)),
    ];
    for text in texts {
        let error = library().function(&text).expect_err("too deep");
        assert!(error.to_string().len() < 10_000);
    }
    // A function is a level too.
    let ty = ty.record().expect("a record").fields()[0].ty();
    for engine in ENGINES {
        let function = on(*engine, takes([ty])).expect("64 levels of one integer");
        let argument = OwnedValue::zeroed(ty.record().expect("a record"));
        // SAFETY: the function ignores its arguments.
        unsafe { function.call_values(&[argument.as_value()]) }.expect("called");
    }
}
