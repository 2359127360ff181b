//! Do packagers learn which libraries a program looks for?

/// The notes in this program, as their texts.
#[cfg(target_os = "linux")]
fn notes() -> Vec<String> {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let head: Vec<u8> = [4u32, 0, 0x407c_0c0a]
        .iter()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    let mut found = Vec::new();
    for start in (0..program.len().saturating_sub(16)).step_by(4) {
        let note = &program[start..];
        if note[..4] != head[..4] || note[8..12] != head[8..] || note[12..16] != *b"FDO\0" {
            continue;
        }
        let size = u32::from_ne_bytes(note[4..8].try_into().unwrap()) as usize;
        let text = std::ffi::CStr::from_bytes_with_nul(&note[16..16 + size]).unwrap();
        found.push(text.to_str().unwrap().to_owned());
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn packagers_learn_the_names() {
    let notes = notes();
    for text in [
        r#"[{"feature":"sqlite","description":"what \"notes\" are kept in","priority":"recommended","soname":["libsqlite3.so.0"]}]"#,
        r#"[{"feature":"versions","priority":"recommended","soname":["libfarcall_nonexistent.so.9","libm.so.6","libz.so.1"]}]"#,
        r#"[{"feature":"missing","priority":"recommended","soname":["libfarcall_no_such_library.so","libfarcall_nor_this.so"]}]"#,
    ] {
        assert!(notes.iter().any(|note| note == text), "{text}\n{notes:#?}");
    }
}
