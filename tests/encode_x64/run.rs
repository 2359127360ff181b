//! Records that begin or end at a page which may not be touched, through real trampolines.

use farcall_jit::Downcall;
use farcall_jit::abi::{Abi, Returning, SYSV_X64, WIN_X64};
use farcall_jit::layout::{Layout, Leaf, Record, Scalar, Signature};
use farcall_jit::trampoline::{Form, Guard, Results};
use std::ffi::c_void;
use std::ptr::null_mut;
use support::pages::{Access, Pages};

const SIZES: usize = 300;

/// A struct of `N` bytes.
#[derive(Clone, Copy)]
#[repr(C)]
struct Bytes<const N: usize>([u8; N]);

/// Tells one order of values from every other, as far as 64 bits can.
fn digest(records: [&[u8]; 2], scalars: [u64; 7]) -> u64 {
    let bytes = records.into_iter().flatten().copied();
    let bytes = bytes.chain(scalars.into_iter().flat_map(u64::to_le_bytes));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

macro_rules! ten {
    ($function:ident $tens:literal) => {
        [
            $function::<{ $tens * 10 + 1 }> as *const c_void,
            $function::<{ $tens * 10 + 2 }> as *const c_void,
            $function::<{ $tens * 10 + 3 }> as *const c_void,
            $function::<{ $tens * 10 + 4 }> as *const c_void,
            $function::<{ $tens * 10 + 5 }> as *const c_void,
            $function::<{ $tens * 10 + 6 }> as *const c_void,
            $function::<{ $tens * 10 + 7 }> as *const c_void,
            $function::<{ $tens * 10 + 8 }> as *const c_void,
            $function::<{ $tens * 10 + 9 }> as *const c_void,
            $function::<{ $tens * 10 + 10 }> as *const c_void,
        ]
    };
}

/// The function for each size from 1 to 300.
macro_rules! every_size {
    ($function:ident) => {
        every_size!($function 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
            26 27 28 29)
    };
    ($function:ident $($tens:literal)*) => {
        [$(ten!($function $tens)),*].concat()
    };
}

macro_rules! callees {
    ($module:ident, $abi:literal) => {
        mod $module {
            use super::*;

            /// The first record finds registers where the ABI has them; the second does not.
            extern $abi fn take<const N: usize>(
                a: u64,
                first: Bytes<N>,
                b: f64,
                c: u64,
                d: u64,
                e: u64,
                f: u8,
                second: Bytes<N>,
                g: f32,
            ) -> u64 {
                let (b, f, g) = (b.to_bits(), f.into(), g.to_bits().into());
                digest([&first.0, &second.0], [a, b, c, d, e, f, g])
            }

            extern $abi fn give<const N: usize>(value: Bytes<N>, flip: u8) -> Bytes<N> {
                Bytes(value.0.map(|byte| byte ^ flip))
            }

            pub(super) fn takers() -> Vec<*const c_void> {
                every_size!(take)
            }

            pub(super) fn givers() -> Vec<*const c_void> {
                every_size!(give)
            }
        }
    };
}

callees!(sysv, "sysv64");
callees!(win64, "win64");

/// A page between two that may not be touched.
struct Island(Pages);

const PAGE: usize = 4096;

impl Island {
    fn new() -> Self {
        let pages = Pages::new(3 * PAGE);
        pages.protect(0, PAGE, Access::None);
        pages.protect(2 * PAGE, PAGE, Access::None);
        Self(pages)
    }

    /// The first or the last `size` bytes.
    #[expect(
        clippy::mut_from_ref,
        reason = "the two sides are used one after the other"
    )]
    fn side(&self, first: bool, size: usize) -> &mut [u8] {
        let start = if first { PAGE } else { 2 * PAGE - size };
        // SAFETY: within the page; no other slice of it is alive.
        unsafe { std::slice::from_raw_parts_mut(self.0.start().wrapping_add(start), size) }
    }
}

fn record(size: usize) -> Layout {
    let scalar = Scalar::U8;
    let leaves: Vec<Leaf> = (0..size as u32)
        .map(|offset| Leaf { offset, scalar })
        .collect();
    Layout::Record(Record::new(size as u64, 1, leaves).unwrap())
}

/// The call in both forms, the checked one with pairs for slots.
fn forms(abi: &'static Abi, signature: &Signature) -> [(Downcall, bool); 2] {
    let plan = abi.plan(signature).unwrap();
    let guard = |kind| Guard {
        kind,
        non_null: false,
    };
    let guards: Vec<Guard> = (0..signature.params.len() as u32).map(guard).collect();
    let compile = |form| Downcall::compile(&plan, form).unwrap();
    [
        (compile(Form::Unchecked), false),
        (compile(Form::Checked(&guards)), true),
    ]
}

fn slots(values: &[u64], checked: bool) -> Vec<u64> {
    let pairs = (0..).zip(values);
    pairs
        .flat_map(|(kind, value)| [kind, *value].into_iter().skip(usize::from(!checked)))
        .collect()
}

#[test]
fn records_of_every_size_are_taken_from_the_edge_of_a_page() {
    let (left, right) = (Island::new(), Island::new());
    for (abi, takers) in [(&SYSV_X64, sysv::takers()), (&WIN_X64, win64::takers())] {
        for (size, target) in (1..=SIZES).zip(takers) {
            let scalar = Layout::Scalar;
            let word = || scalar(Scalar::U64);
            let mut params = vec![word(), record(size), scalar(Scalar::F64), word(), word()];
            params.extend([word(), scalar(Scalar::U8), record(size)]);
            params.push(scalar(Scalar::F32));
            let signature = Signature {
                params,
                result: Some(word()),
                fixed: None,
            };
            for (first_side, (call, checked)) in [false, true]
                .into_iter()
                .flat_map(|side| forms(abi, &signature).map(|form| (side, form)))
            {
                let first = left.side(first_side, size);
                let second = right.side(!first_side, size);
                for (index, byte) in first.iter_mut().chain(&mut *second).enumerate() {
                    *byte = (index as u8).wrapping_mul(151) ^ size as u8;
                }
                let scalars = [1 << 63 | 1, 0.1f64.to_bits(), 3, 4 << 40, 5, 6, 0x4049_0fdb];
                let [a, b, c, d, e, f, g] = scalars;
                let (v, w) = (first.as_ptr() as u64, second.as_ptr() as u64);
                let slots = slots(&[a, v, b, c, d, e, f, w, g], checked);
                let mut mismatch = 0u8;
                // SAFETY: the target has this signature; the slots are those of the form.
                let got = unsafe {
                    call.invoke(target, slots.as_ptr().cast(), null_mut(), &mut mismatch)
                };
                assert_eq!(mismatch, 0);
                let name = abi.name;
                assert_eq!(
                    got,
                    digest([first, second], scalars),
                    "{name}, {size} bytes"
                );
            }
        }
    }
}

#[test]
fn records_of_every_size_are_given_to_the_edge_of_a_page() {
    let (from, to) = (Island::new(), Island::new());
    for (abi, givers) in [(&SYSV_X64, sysv::givers()), (&WIN_X64, win64::givers())] {
        for (size, target) in (1..=SIZES).zip(givers) {
            let signature = Signature {
                params: vec![record(size), Layout::Scalar(Scalar::U8)],
                result: Some(record(size)),
                fixed: None,
            };
            let plan = abi.plan(&signature).unwrap();
            let in_memory = matches!(plan.result, Returning::Memory { .. });
            let room = if in_memory { size } else { 16 };
            for (call, checked) in forms(abi, &signature) {
                let value = from.side(false, size);
                for (index, byte) in value.iter_mut().enumerate() {
                    *byte = (index as u8).wrapping_mul(211) ^ size as u8;
                }
                to.side(true, PAGE).fill(0xee);
                let result = to.side(false, room).as_mut_ptr();
                let slots = slots(&[value.as_ptr() as u64, 0x5a], checked);
                let mut mismatch = 0u8;
                // SAFETY: as above; there is room for the result.
                let bits = unsafe {
                    call.invoke(target, slots.as_ptr().cast(), result.cast(), &mut mismatch)
                };
                let mut given = to.side(false, room)[..size.min(room)].to_vec();
                if let Results::One(_) = Results::of(&plan) {
                    given = bits.to_le_bytes()[..size].to_vec();
                }
                let flipped: Vec<u8> = value.iter().map(|byte| byte ^ 0x5a).collect();
                assert_eq!(given, flipped, "{}, {size} bytes", abi.name);
                let before = to.side(true, PAGE - room);
                assert!(before.iter().all(|byte| *byte == 0xee), "{size} bytes");
            }
        }
    }
}
