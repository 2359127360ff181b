//! Does a pointer that is appended to a signature leave everything else where it is?

use crate::laws::for_random_plans;
use crate::notation::signature;
use farcall_jit::abi::{Abi, Loc, Place, SYSV_X64, WIN_X64};
use farcall_jit::layout::{Layout, Scalar, Signature};

const RCX: Loc = Loc::Gpr(1);
const RDX: Loc = Loc::Gpr(2);
const RDI: Loc = Loc::Gpr(7);
const R8: Loc = Loc::Gpr(8);
const R9: Loc = Loc::Gpr(9);

fn longer(signature: &Signature) -> Signature {
    let mut longer = signature.clone();
    longer.params.push(Layout::Scalar(Scalar::U64));
    longer
}

#[test]
fn a_trailing_pointer_moves_nothing_before_it() {
    for_random_plans(|_, signature, plan| {
        let mut with = plan.abi.plan(&longer(signature)).unwrap();
        let last = with.params.pop().unwrap();
        assert_eq!(with.params, plan.params);
        assert_eq!(with.result, plan.result);
        let free = plan.abi.trailing(signature).unwrap();
        let (Place::Moves(moves), 8) = (&last.place, last.layout.size()) else {
            panic!("a pointer at {:?}", last.place);
        };
        let [one] = moves.as_slice() else {
            panic!("a pointer in {} places", moves.len());
        };
        match (free, one.loc) {
            (Some(free), loc) => assert_eq!(free, loc),
            (None, loc) => assert!(matches!(loc, Loc::Stack(_)), "{loc:?} is not told"),
        }
    });
}

/// By hand from the standards: System V fills gaps, Windows counts positions.
#[test]
fn it_goes_where_the_next_argument_would() {
    for (notation, sysv, windows) in [
        ("", Some(RDI), Some(RCX)),
        ("i32 f64 u64", Some(RDX), Some(R9)),
        ("f64*3", Some(RDI), Some(R9)),
        ("f64*4", Some(RDI), None),
        ("f64*9", Some(RDI), None),
        ("i64*4", Some(R8), None),
        ("i64*5", Some(R9), None),
        ("i64*6", None, None),
        // The struct does not fit, the register that it leaves is filled behind it.
        ("i64*5 {i64 i64}", Some(R9), None),
        ("{i64*3}*3", Some(RDI), Some(R9)),
        ("i64 i32 -> {i64*3}", Some(RCX), Some(R9)),
        ("i64*5 -> {i64*3}", None, None),
    ] {
        let signature = signature(notation);
        assert_eq!(SYSV_X64.trailing(&signature).unwrap(), sysv, "{notation}");
        assert_eq!(WIN_X64.trailing(&signature).unwrap(), windows, "{notation}");
    }
}

#[test]
fn it_is_none_where_only_the_pointer_is_too_much() {
    for abi in Abi::ALL {
        let words = |count: u32| Signature {
            params: vec![Layout::Scalar(Scalar::I64); count as usize],
            result: None,
            fixed: None,
        };
        let registers = abi.gprs.len() as u32 - abi.shadow / 8;
        let most = Abi::STACK_LIMIT / 8 + registers;
        assert_eq!(abi.trailing(&words(most)).unwrap(), None);
        assert!(abi.trailing(&words(most + 1)).is_err());
    }
}
