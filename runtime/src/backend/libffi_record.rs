//! How libffi is told of a record, by what its lowering for each architecture looks at.
//!
//! Guarantee: a record that [`check`] lets through is passed as C passes it.
#![allow(unsafe_code, reason = "statics of libffi are copied")]

#[cfg(target_arch = "aarch64")]
pub(super) use a64::{check, elements, placed_align};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) use plain::{check, elements, placed_align};
#[cfg(target_arch = "x86_64")]
pub(super) use x64::{check, elements, placed_align};

/// How libffi is told of records on x86-64, where it classifies every eightbyte.
#[cfg(target_arch = "x86_64")]
mod x64 {
    use super::super::libffi_types::{leak, lower_scalar, structure};
    use crate::types::{Leaf, RecordType, Scalar};
    use libffi::raw;

    pub(in super::super) fn check(_: RecordType) -> Option<String> {
        None
    }

    pub(in super::super) fn placed_align(record: RecordType) -> u64 {
        record.align()
    }

    pub(in super::super) fn elements(
        record: RecordType,
        abi: raw::ffi_abi,
    ) -> Vec<*mut raw::ffi_type> {
        let leaves = record.leaves().unwrap_or_default();
        if in_memory(leaves, abi) {
            // libffi passes a struct in memory if one of its members is a struct of over 32 bytes.
            vec![structure(64, 1, vec![&raw mut raw::ffi_type_uint8])]
        } else if overlap(leaves) {
            eightbytes(record, leaves)
        } else {
            scalars(leaves)
        }
    }

    /// System V passes records with unaligned fields in memory (section 3.2.3), and everything that
    /// is too large to have leaves.
    fn in_memory(leaves: &[Leaf], abi: raw::ffi_abi) -> bool {
        #[cfg(unix)]
        let sysv = abi == raw::ffi_abi_FFI_UNIX64;
        #[cfg(not(unix))]
        let sysv = {
            let _ = abi;
            false
        };
        let unaligned = |leaf: &Leaf| !leaf.offset.is_multiple_of(leaf.scalar.size() as u64);
        leaves.is_empty() || (sysv && leaves.iter().any(unaligned))
    }

    fn overlap(leaves: &[Leaf]) -> bool {
        leaves
            .windows(2)
            .any(|pair| pair[0].offset + pair[0].scalar.size() as u64 > pair[1].offset)
    }

    /// The scalars, each as a member that libffi places at its offset.
    fn scalars(leaves: &[Leaf]) -> Vec<*mut raw::ffi_type> {
        let mut elements = Vec::new();
        let mut end = 0;
        for leaf in leaves {
            // SAFETY: a static of libffi, which is never written.
            let model = unsafe { lower_scalar(leaf.scalar).read() };
            let gap = leaf.offset - end;
            if gap > 0 {
                elements.push(padding(gap));
            }
            elements.push(leak(raw::ffi_type {
                alignment: 1,
                ..model
            }));
            end = leaf.offset + leaf.scalar.size() as u64;
        }
        elements
    }

    /// Padding has no class of its own; a `void` member is the one kind that has none.
    fn padding(size: u64) -> *mut raw::ffi_type {
        // SAFETY: a static of libffi, which is never written.
        let model = unsafe { raw::ffi_type_void };
        leak(raw::ffi_type {
            size: size as usize,
            alignment: 1,
            ..model
        })
    }

    /// A union's scalars merged by eightbyte: an integer where one is in it, otherwise a float, and
    /// padding where there is nothing.
    fn eightbytes(record: RecordType, leaves: &[Leaf]) -> Vec<*mut raw::ffi_type> {
        let starts = (0..record.size()).step_by(8);
        let member = |start: u64| {
            let size = (record.size() - start).min(8);
            let mut inside = leaves
                .iter()
                .filter(|leaf| (start..start + 8).contains(&leaf.offset))
                .peekable();
            if inside.peek().is_none() {
                return padding(size);
            }
            let scalar = match (inside.all(|leaf| leaf.scalar.is_float()), size) {
                (true, 8) => Scalar::F64,
                (true, _) => Scalar::F32,
                (false, _) => Scalar::U64,
            };
            // SAFETY: a static of libffi, which is never written.
            let model = unsafe { lower_scalar(scalar).read() };
            leak(raw::ffi_type {
                size: size as usize,
                alignment: 1,
                ..model
            })
        };
        starts.map(member).collect()
    }
}

/// On AArch64 it asks whether a record is up to four floats of one type, and otherwise for its size
/// only.
#[cfg(target_arch = "aarch64")]
mod a64 {
    use super::super::libffi_types::lower_scalar;
    use crate::types::{Leaf, RecordType, Scalar};
    use libffi::raw;

    pub(in super::super) fn check(record: RecordType) -> Option<String> {
        let aligned = record.natural_align() > 8;
        let by_value = record.size() <= 16 || floats(record).is_some();
        let why = "libffi does not begin it in a register of even number";
        (aligned && by_value).then(|| why.to_owned())
    }

    /// What the fields ask for; libffi would align the address of a record too.
    pub(in super::super) fn placed_align(record: RecordType) -> u64 {
        record.natural_align().min(8)
    }

    pub(in super::super) fn elements(
        record: RecordType,
        _: raw::ffi_abi,
    ) -> Vec<*mut raw::ffi_type> {
        match floats(record) {
            Some((scalar, count)) => vec![lower_scalar(scalar); count],
            None => vec![&raw mut raw::ffi_type_uint8],
        }
    }

    /// The members of a record that is nothing but up to four floats of one type.
    fn floats(record: RecordType) -> Option<(Scalar, usize)> {
        let leaves = record.leaves()?;
        let first = leaves.first()?.scalar;
        let size = first.size() as u64;
        let in_place =
            |(leaf, index): (&Leaf, u64)| leaf.scalar == first && leaf.offset == index * size;
        let alike = first.is_float() && leaves.iter().zip(0..).all(in_place);
        let count = leaves.len();
        (alike && count <= 4 && count as u64 * size == record.size()).then_some((first, count))
    }
}

/// On other processors it is only told of what it lays out by itself as C does.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod plain {
    use super::super::libffi_types::lower_scalar;
    use crate::types::{Leaf, RecordType};
    use libffi::raw;

    pub(in super::super) fn check(record: RecordType) -> Option<String> {
        let arch = std::env::consts::ARCH;
        (!is_plain(record)).then(|| format!("it is not known how {arch} passes it"))
    }

    pub(in super::super) fn placed_align(record: RecordType) -> u64 {
        record.align()
    }

    pub(in super::super) fn elements(
        record: RecordType,
        _: raw::ffi_abi,
    ) -> Vec<*mut raw::ffi_type> {
        let leaves = record.leaves().unwrap_or_default();
        let scalars = leaves.iter().map(|leaf| lower_scalar(leaf.scalar));
        match leaves {
            [] => vec![&raw mut raw::ffi_type_uint8],
            _ => scalars.collect(),
        }
    }

    /// Whether libffi lays the record out by itself as C does, or holds it for bytes as C does.
    fn is_plain(record: RecordType) -> bool {
        let leaves = record.leaves().unwrap_or_default();
        if overlap(leaves) {
            return leaves.iter().all(|leaf| !leaf.scalar.is_float());
        }
        let mut end = 0u64;
        leaves.iter().all(|leaf| {
            let start = end.next_multiple_of(leaf.scalar.align() as u64);
            end = leaf.offset + leaf.scalar.size() as u64;
            leaf.offset == start
        })
    }

    fn overlap(leaves: &[Leaf]) -> bool {
        leaves
            .windows(2)
            .any(|pair| pair[0].offset + pair[0].scalar.size() as u64 > pair[1].offset)
    }
}
