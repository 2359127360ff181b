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

/// Compares the bytes of a value, which `path` names.
pub(crate) fn compare(path: &str, expected: &[u8], found: &[u8]) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{path}: expected {expected:02x?}, found {found:02x?}"
    ))
}
