//! Typed bytes: records, their fields and the elements of their arrays.
//!
//! Guarantee: an [`Object`] has exactly as many bytes as its type, or, being a bit-field, those
//! that its bits touch.
#![forbid(unsafe_code)]

use super::fit::{fit, fit_bits};
use super::{KindId, Value};
use crate::error::{ErrorKind, Position, Result};
use crate::types::{BitField, Field, Scalar, Type, TypeKind};

/// Bytes with a C type: a record, a field of it, an element of an array, or a variable's content.
///
/// ```
/// use farcall::{RecordKind, RecordType, Type, Value};
/// let div = RecordType::builder(RecordKind::Struct, None)
///     .field("quot", Type::INT).field("rem", Type::INT).build()?;
/// let mut bytes = 3i32.to_ne_bytes().to_vec();
/// bytes.extend(1i32.to_ne_bytes());
/// let value = Value::record(div, &bytes)?;
/// let object = value.as_record().unwrap();
/// assert_eq!(object.get("rem")?.value().unwrap().as_i64(), Some(1));
/// assert_eq!(object.to_string(), "{ quot: 3, rem: 1 }");
/// # Ok::<(), farcall::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Object<'a> {
    ty: Type,
    bytes: &'a [u8],
    /// Where in the bytes it is, if it is a bit-field.
    bits: Option<BitField>,
}

/// Where a field or element lies inside a value.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) ty: Type,
    pub(crate) bits: Option<BitField>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(ty: Type, bytes: &'a [u8]) -> Self {
        let bits = None;
        Self { ty, bytes, bits }
    }

    /// The part of it that lies at `place`.
    fn part(self, place: Place) -> Self {
        let size = match place.bits {
            None => place.ty.size().unwrap_or(0),
            Some(bits) => bits.bytes(),
        };
        let (start, size) = (place.offset as usize, size as usize);
        Self {
            ty: place.ty,
            bytes: &self.bytes[start..start + size],
            bits: place.bits,
        }
    }

    /// A field of it.
    pub(super) fn field(self, field: &Field) -> Self {
        self.part(Place::of(field))
    }

    /// Its type.
    #[must_use]
    pub fn ty(self) -> Type {
        self.ty
    }

    /// Where in its bytes it is, if it is a bit-field.
    #[must_use]
    pub fn bits(self) -> Option<BitField> {
        self.bits
    }

    /// Its bytes; of a bit-field, those that its bits touch.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The field or element at `path`: `"x"`, `"corner.x"`, `"items[2].x"`, `"[2]"`.
    ///
    /// # Errors
    /// [`ErrorKind::Field`] if there is no such field or element.
    pub fn get(self, path: &str) -> Result<Self> {
        Ok(self.part(resolve(self.ty, path)?))
    }

    /// The field with this index in the order of declaration, those that hold no value left out, or
    /// the element with this index.
    #[must_use]
    pub fn nth(self, index: u64) -> Option<Self> {
        Some(match *self.ty.kind() {
            TypeKind::Record(record) => {
                self.field(record.members().nth(usize::try_from(index).ok()?)?)
            }
            _ => self.part(element(self.ty, Some(index))?),
        })
    }

    /// The value of a number, pointer, vector or record; `None` for an array, which is not a value in C.
    #[must_use]
    pub fn value(self) -> Option<Value<'a>> {
        match (self.bits, self.ty.scalar()) {
            (Some(field), Some(scalar)) => {
                let bits = field.load(scalar, self.bytes);
                Some(Value::raw(KindId::of_scalar(scalar), bits))
            }
            _ => Value::at(self.ty, self.bytes),
        }
    }
}

/// The slot for the scalar at the start of `bytes`: the scalar extended to 64 bits, or its address.
#[inline]
pub(crate) fn load(scalar: Scalar, bytes: &[u8]) -> u64 {
    // Each width by itself: a copy of so many bytes as the scalar has would be a call.
    macro_rules! read {
        ($ty:ident) => {
            $ty::from_ne_bytes(*bytes.first_chunk().expect("bytes of a scalar"))
        };
    }
    match scalar {
        // Bytes that a host filled, or another member of a union, may hold any number.
        Scalar::Bool => u64::from(read!(u8) != 0),
        Scalar::I8 => i64::from(read!(i8)).cast_unsigned(),
        Scalar::I16 => i64::from(read!(i16)).cast_unsigned(),
        Scalar::I32 => i64::from(read!(i32)).cast_unsigned(),
        Scalar::U8 => read!(u8).into(),
        Scalar::U16 | Scalar::F16 => read!(u16).into(),
        Scalar::U32 | Scalar::F32 => read!(u32).into(),
        Scalar::I64 | Scalar::U64 | Scalar::F64 => read!(u64),
        Scalar::Pointer => read!(usize) as u64,
        Scalar::LongDouble if scalar.is_direct() => read!(u64),
        Scalar::I128 | Scalar::U128 | Scalar::LongDouble => bytes.as_ptr() as u64,
    }
}

impl Place {
    pub(crate) fn of(field: &Field) -> Self {
        Self {
            offset: field.offset(),
            ty: field.ty(),
            bits: field.bits(),
        }
    }

    /// Puts a value into the bytes around it, if it may stand there.
    pub(crate) fn set(
        self,
        value: Value<'_>,
        bytes: &mut [u8],
        position: impl Fn() -> Position,
    ) -> Result<()> {
        let bytes = &mut bytes[self.offset as usize..];
        match self.bits {
            None => {
                let room = &mut 0;
                store(self.ty, fit(value, self.ty, room, position)?, bytes);
            }
            Some(field) => field.store(fit_bits(value, self.ty, field, position)?, bytes),
        }
        Ok(())
    }
}

/// Stores a slot at the start of `bytes`: the value in it, or what lies at the address in it.
pub(crate) fn store(ty: Type, bits: u64, bytes: &mut [u8]) {
    match ty.size() {
        Some(size) if ty.is_direct() => {
            let (word, size) = (bits.to_ne_bytes(), size as usize);
            let start = if cfg!(target_endian = "little") {
                0
            } else {
                8 - size
            };
            bytes[..size].copy_from_slice(&word[start..start + size]);
        }
        _ => {
            let Some(kind) = KindId::of(ty) else { return };
            if let Some(from) = Value::raw(kind, bits).bytes() {
                bytes[..from.len()].copy_from_slice(from);
            }
        }
    }
}

/// Where the field or element at `path` inside `ty` lies.
pub(crate) fn resolve(ty: Type, path: &str) -> Result<Place> {
    let (mut place, mut rest) = (
        Place {
            offset: 0,
            ty,
            bits: None,
        },
        path,
    );
    let missing = |ty: Type| ErrorKind::Field {
        path: path.to_owned(),
        ty: ty.to_string(),
    };
    while !rest.is_empty() {
        let step = if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']').ok_or_else(|| missing(place.ty))?;
            rest = after;
            element(place.ty, index.trim().parse().ok())
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            rest = &rest[end..];
            field(place.ty, name)
        };
        let step = step.ok_or_else(|| missing(place.ty))?;
        place = Place {
            offset: place.offset + step.offset,
            ..step
        };
        // After a dot comes a name, and a name only after a dot.
        rest = match rest.strip_prefix('.') {
            Some(name) if !name.is_empty() && !name.starts_with('[') => name,
            None if rest.is_empty() || rest.starts_with('[') => rest,
            _ => return Err(missing(place.ty).into()),
        };
    }
    Ok(place)
}

fn element(ty: Type, index: Option<u64>) -> Option<Place> {
    match *ty.kind() {
        TypeKind::Array { element, len } => {
            let index = index.filter(|index| *index < len)?;
            Some(Place {
                offset: index * element.size()?,
                ty: element,
                bits: None,
            })
        }
        _ => None,
    }
}

/// A field by name, also one of an anonymous struct or union inside.
fn field(ty: Type, name: &str) -> Option<Place> {
    let fields = ty.record()?.fields();
    if let Some(field) = fields.iter().find(|field| field.name() == Some(name)) {
        return Some(Place::of(field));
    }
    fields
        .iter()
        .filter(|field| field.name().is_none())
        .find_map(|anonymous| {
            let inner = self::field(anonymous.ty(), name)?;
            Some(Place {
                offset: anonymous.offset() + inner.offset,
                ..inner
            })
        })
}
