//! Any text is read or refused, twice alike, and what is printed of its functions reads back.
#![no_main]

use farcall::{Declarations, FnType, RecordType, Type};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (first, second) = (Declarations::parse(text), Declarations::parse(text));
    let _ = (Type::parse(text), FnType::parse(text), RecordType::parse(text));
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            return;
        }
        _ => panic!("read once and refused once"),
    };
    assert!(first.functions().eq(second.functions()));
    assert!(first.variables().eq(second.variables()));
    assert!(first.constants().eq(second.constants()));
    for (name, function) in first.functions() {
        let printed = function.declare(name);
        // Anonymous records are printed in part; enumerations without their constants.
        if printed.contains(['{', '…']) {
            continue;
        }
        let (again, read) = first.parse_function(&printed).expect(&printed);
        assert_eq!((again.as_str(), read.declare(&again)), (name, printed));
    }
});
