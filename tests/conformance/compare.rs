//! Comparing values byte by byte.
#![forbid(unsafe_code)]

use crate::ctype::CType;
use crate::values;

/// Compares the scalars of a record; returns how many there are.
pub(crate) fn compare_record(ty: &CType, expected: &[u8], found: &[u8]) -> Result<u64, String> {
    let CType::Record(record) = ty else {
        return Ok(0);
    };
    for (path, range) in values::leaves(record) {
        compare(path, &expected[range.clone()], &found[range])?;
    }
    Ok(record.leaves.len() as u64)
}

/// Compares a value that is no record and not extended; returns how many scalars there are.
pub(crate) fn compare_parts(ty: &CType, expected: &[u8], found: &[u8]) -> Result<u64, String> {
    let parts = ty.parts();
    for part in &parts {
        let all = found.get(part.clone()).ok_or(": too few bytes")?;
        compare("", &expected[part.clone()], all)?;
    }
    Ok(parts.len() as u64)
}

/// Compares the bytes of a value, which `path` names.
pub(crate) fn compare(path: &str, expected: &[u8], found: &[u8]) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{path}: expected {expected:02x?}, found {found:02x?}"
    ))
}
