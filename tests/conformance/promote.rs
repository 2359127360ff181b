//! What C makes of arguments for which no parameter is declared.
#![forbid(unsafe_code)]

use crate::ctype::{CScalar, CType, DOUBLE, scalar};
use crate::values::load;
use farcall::{Scalar, Type};

const INT: CScalar = scalar("int", Type::INT);

/// The type that an argument of type `ty` is passed with.
pub(crate) fn promoted(ty: &CType) -> CType {
    match ty {
        CType::Scalar(one) => CType::Scalar(match one.narrow() {
            Some(Scalar::F32) => DOUBLE,
            Some(narrow) if narrow.size() < 4 => INT,
            _ => *one,
        }),
        other => other.clone(),
    }
}

/// What is passed for an argument.
pub(crate) fn promoted_bytes(ty: &CType, bytes: &[u8]) -> (CType, Vec<u8>) {
    let promoted = promoted(ty);
    let bytes = match ty {
        CType::Scalar(scalar) if scalar.narrow() == Some(Scalar::F32) => {
            let float = f32::from_bits(load(Scalar::F32, bytes) as u32);
            f64::from(float).to_le_bytes().to_vec()
        }
        CType::Scalar(scalar) => match scalar.narrow() {
            Some(scalar) => load(scalar, bytes).to_le_bytes()[..promoted.size()].to_vec(),
            None => bytes.to_vec(),
        },
        _ => bytes.to_vec(),
    };
    (promoted, bytes)
}
