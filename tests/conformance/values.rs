//! Values at the boundaries, and memory that notices every byte read too many.
#![allow(unsafe_code, reason = "guard pages come from the system")]

use crate::ctype::{CRecord, CScalar, CType, Parts};
use crate::lower::atoms;
use crate::random::Random;
use farcall::{Complex, RecordKind, RecordType, Scalar, Value};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use support::pages::{Access, Pages};

/// Bytes for a value of `ty`: every scalar a value of its kind, padding junk.
pub(crate) fn bytes(ty: &CType, random: &mut Random) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..ty.size()).map(|_| random.next() as u8).collect();
    fill(ty, &mut bytes, random);
    bytes
}

fn fill(ty: &CType, bytes: &mut [u8], random: &mut Random) {
    match ty {
        CType::Scalar(scalar) => {
            // Every bit pattern of the others is a value.
            let Some(scalar) = scalar.narrow() else {
                return;
            };
            let bits = scalar_bits(scalar, random).to_le_bytes();
            let size = bytes.len().min(8);
            bytes[..size].copy_from_slice(&bits[..size]);
        }
        CType::Array(element, _) => {
            for bytes in bytes.chunks_mut(element.size()) {
                fill(element, bytes, random);
            }
        }
        CType::Record(record) => fill_record(&record.parts, record.ty, bytes, random),
    }
}

/// Fills all fields of a struct, one of a union.
fn fill_record(parts: &Parts, ty: RecordType, bytes: &mut [u8], random: &mut Random) {
    let chosen = random.below(parts.fields.len() as u64) as usize;
    for (index, (field, laid)) in parts.fields.iter().zip(ty.fields()).enumerate() {
        if parts.kind == RecordKind::Struct || index == chosen {
            let start = laid.offset() as usize;
            let end = start + field.ty.size();
            fill(&field.ty, &mut bytes[start..end], random);
        }
    }
}

fn scalar_bits(scalar: Scalar, random: &mut Random) -> u64 {
    const FLOATS: [u32; 8] = [
        0,
        0x8000_0000,
        0x3f80_0000,
        0x7f80_0000,
        0x7fc0_1234,
        0x7f80_5678,
        0xffa0_9abc,
        1,
    ];
    const DOUBLES: [u64; 8] = [
        0,
        1 << 63,
        0x3ff0 << 48,
        0x7ff0 << 48,
        0x7ff8_0000_1234_5678,
        0x7ff0_0000_9abc_def0,
        0xfff4_1111_2222_3333,
        1,
    ];
    let any = random.next();
    match scalar {
        Scalar::Bool => any & 1,
        Scalar::F32 if any & 1 == 0 => random.pick(&FLOATS).into(),
        Scalar::F64 if any & 1 == 0 => random.pick(&DOUBLES),
        Scalar::F32 | Scalar::F64 => random.next(),
        _ => {
            let sign = 1u64 << (8 * scalar.size() - 1);
            random.pick(&[
                0,
                1,
                u64::MAX,
                sign,
                sign - 1,
                sign + 1,
                0x80,
                any,
                any,
                any >> 32,
            ])
        }
    }
}

/// The scalar at the start of `bytes`, extended to 64 bits as C extends it.
pub(crate) fn load(scalar: Scalar, bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..scalar.size()].copy_from_slice(&bytes[..scalar.size()]);
    let unused = 64 - 8 * scalar.size() as u32;
    let bits = u64::from_le_bytes(word);
    if scalar.is_signed() {
        ((bits << unused).cast_signed() >> unused).cast_unsigned()
    } else {
        bits
    }
}

/// The argument that `bytes` are.
pub(crate) fn value<'a>(ty: &CType, bytes: &'a [u8]) -> Value<'a> {
    match ty {
        CType::Record(record) => Value::record(record.ty, bytes).expect("bytes of a record"),
        CType::Scalar(CScalar {
            make: Some(make), ..
        }) => make(bytes),
        CType::Scalar(scalar) => {
            let scalar = scalar.ty.scalar().expect("a scalar");
            scalar_value(scalar, load(scalar, bytes))
        }
        CType::Array(..) => Value::VOID,
    }
}

fn scalar_value<'a>(scalar: Scalar, bits: u64) -> Value<'a> {
    match scalar {
        Scalar::Bool => Value::from(bits != 0),
        Scalar::I8 => Value::from(bits as i8),
        Scalar::U8 => Value::from(bits as u8),
        Scalar::I16 => Value::from(bits as i16),
        Scalar::U16 => Value::from(bits as u16),
        Scalar::I32 => Value::from(bits as i32),
        Scalar::U32 => Value::from(bits as u32),
        Scalar::I64 => Value::from(bits as i64),
        Scalar::U64 => Value::from(bits),
        Scalar::F32 => Value::from(f32::from_bits(bits as u32)),
        Scalar::F64 => Value::from(f64::from_bits(bits)),
        Scalar::Pointer => Value::from(bits as *const c_void),
        _ => panic!("{scalar} is made of its bytes"),
    }
}

/// The bytes of a value that came back, those of a scalar of at most 8 bytes extended to 64 bits.
pub(crate) fn bytes_of(value: Value<'_>) -> Vec<u8> {
    use farcall::ValueView as View;
    let bits = match value.view() {
        View::Void => return Vec::new(),
        View::Record(object) => return object.bytes().to_vec(),
        View::Bool(value) => value.into(),
        View::F32(value) => value.to_bits().into(),
        View::F64(value) => value.to_bits(),
        View::Pointer(value) => value as u64,
        View::F16(value) => value.to_bits().into(),
        View::I128(value) => return value.to_le_bytes().to_vec(),
        View::U128(value) => return value.to_le_bytes().to_vec(),
        View::LongDouble(value) => return value.to_bits().to_le_bytes().to_vec(),
        View::Vector(value) => return value.bytes().to_vec(),
        View::ComplexF16(z) => return both(z, |part| part.to_bits().to_le_bytes()),
        View::ComplexF32(z) => return both(z, f32::to_le_bytes),
        View::ComplexF64(z) => return both(z, f64::to_le_bytes),
        View::ComplexLongDouble(z) => return both(z, |part| part.to_bits().to_le_bytes()),
        _ => match (value.as_i64(), value.as_u64()) {
            (Some(value), _) => value.cast_unsigned(),
            (None, value) => value.unwrap_or(0x0bad_0bad_0bad_0bad),
        },
    };
    bits.to_le_bytes().to_vec()
}

fn both<T, const N: usize>(z: Complex<T>, bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    [bytes(z.re), bytes(z.im)].concat()
}

/// Places of several pages, each before a page that must not be touched.
pub(crate) struct Guarded {
    base: *mut u8,
}

impl Guarded {
    const PAGE: usize = 4096;
    const PAGES: usize = 5;
    /// One for each argument and one for the result.
    pub(crate) const PLACES: usize = 48;

    pub(crate) fn new() -> Self {
        let stride = Self::PAGE * (Self::PAGES + 1);
        let pages = Pages::new(stride * Self::PLACES);
        for place in 0..Self::PLACES {
            let guard = place * stride + Self::PAGES * Self::PAGE;
            pages.protect(guard, Self::PAGE, Access::None);
        }
        // What was copied there may be looked at as long as the process runs.
        let base = ManuallyDrop::new(pages).start();
        Self { base }
    }

    /// The last `size` bytes of a place, aligned as far as `size` is.
    pub(crate) fn place(&self, place: usize, size: usize) -> *mut u8 {
        assert!(size <= Self::PAGES * Self::PAGE && place < Self::PLACES);
        let end = place * Self::PAGE * (Self::PAGES + 1) + Self::PAGES * Self::PAGE;
        self.base.wrapping_add(end - size)
    }

    /// A copy of `bytes` at the end of a place; valid until the place is used again.
    pub(crate) fn copy(&self, place: usize, bytes: &[u8]) -> &'static [u8] {
        let at = self.place(place, bytes.len());
        // SAFETY: the place has that many bytes and is never unmapped; the arguments of a call are
        // written before the call and not during it.
        unsafe { at.copy_from(bytes.as_ptr(), bytes.len()) };
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(at, bytes.len()) }
    }
}

/// The bytes of a record that carry a value, as ranges with the expressions that name them.
pub(crate) fn leaves(record: &CRecord) -> impl Iterator<Item = (&str, std::ops::Range<usize>)> {
    record.leaves.iter().flat_map(|leaf| {
        let parts = atoms(leaf.ty).into_iter();
        parts.map(|(part, _)| {
            let range = leaf.offset + part.start..leaf.offset + part.end;
            (leaf.path.as_str(), range)
        })
    })
}
