//! What is refused, at the last good and the first bad.

use crate::notation::signature;
use farcall_jit::Error;
use farcall_jit::abi::{Abi, SYSV_X64, WIN_X64};
use farcall_jit::layout::{Layout, Leaf, Record, Scalar, Signature};
use farcall_jit::trampoline::{Form, downcall};

const LIMIT: u64 = Abi::STACK_LIMIT as u64;

fn leaf(offset: u32, scalar: Scalar) -> Leaf {
    Leaf { offset, scalar }
}

fn refused(size: u64, align: u64, leaves: &[Leaf]) -> String {
    Record::new(size, align, leaves).unwrap_err().to_string()
}

#[test]
fn a_record_that_contradicts_itself() {
    let int = leaf(0, Scalar::I32);
    for (size, align, leaves, what) in [
        (0, 1, vec![int], "a record of 0 bytes, align 1, 1 scalars"),
        (4, 0, vec![int], "a record of 4 bytes, align 0, 1 scalars"),
        (12, 3, vec![int], "a record of 12 bytes, align 3, 1 scalars"),
        (6, 4, vec![int], "a record of 6 bytes, align 4, 1 scalars"),
        (3, 1, vec![int], "a record of 3 bytes, align 1, 1 scalars"),
        (
            8,
            1,
            vec![leaf(5, Scalar::F32)],
            "a record of 8 bytes, align 1, 1 scalars",
        ),
        (
            8,
            1,
            vec![leaf(u32::MAX, Scalar::I8)],
            "a record of 8 bytes, align 1, 1 scalars",
        ),
        (64, 1, vec![], "a record of 64 bytes, align 1, 0 scalars"),
    ] {
        assert_eq!(
            refused(size, align, &leaves),
            format!(
                "{what} is not supported: its size, alignment and scalars contradict each other"
            )
        );
    }
    assert!(Record::new(65, 1, []).is_ok());
    assert!(Record::new(0, 1, []).is_ok());
    assert!(Record::new(8, 1, [leaf(4, Scalar::F32)]).is_ok());
}

#[test]
fn a_record_that_is_too_large() {
    assert!(Record::new(1 << 20, 1 << 20, []).is_ok());
    for (size, align, named) in [
        ((1 << 20) + 1, 1, (1 << 20) + 1),
        (u64::MAX, 1, u64::MAX),
        (16, 1 << 21, 1 << 21),
        (1 << 40, 1 << 41, 1 << 41),
    ] {
        assert_eq!(
            refused(size, align, &[]),
            format!("a record by value is too large: {named} bytes, at most 1048576")
        );
    }
}

#[test]
fn a_record_is_sorted_and_without_repetition() {
    let (int, float) = (leaf(0, Scalar::I32), leaf(4, Scalar::F32));
    let record = Record::new(8, 4, [float, int, float]).unwrap();
    assert_eq!(record.leaves(), [int, float]);
    assert_eq!(record.to_string(), "8 bytes, align 4 {0: i32, 4: f32}");
}

#[test]
fn arguments_that_take_too_much_stack() {
    let bytes = |size: u64| Layout::Record(Record::new(size, 1, []).unwrap());
    let tries = [
        // One record by value takes what there is.
        (&SYSV_X64, vec![LIMIT], None),
        (&SYSV_X64, vec![LIMIT - 24, 17], None),
        (&SYSV_X64, vec![LIMIT - 16, 17], Some(LIMIT + 8)),
        (&SYSV_X64, vec![LIMIT - 23, 17], Some(LIMIT + 8)),
        // Shadow space and copies count.
        (&WIN_X64, vec![LIMIT - 32], None),
        (&WIN_X64, vec![LIMIT - 31], Some(LIMIT + 16)),
        (&WIN_X64, vec![LIMIT / 2, LIMIT / 2 - 32], None),
        (&WIN_X64, vec![LIMIT / 2, LIMIT / 2], Some(LIMIT + 32)),
    ];
    for (abi, sizes, refused) in tries {
        let large = |size: &u64| match size {
            17 => signature("{i8*17}").params.remove(0),
            size => bytes(*size),
        };
        let signature = Signature {
            params: sizes.iter().map(large).collect(),
            result: None,
            fixed: None,
        };
        match (abi.plan(&signature), refused) {
            (Ok(plan), None) => assert!(u64::from(plan.stack) <= LIMIT),
            (Err(error), Some(size)) => assert_eq!(
                error.to_string(),
                format!(
                    "the stack that the arguments take is too large: {size} bytes, at most 1048576"
                )
            ),
            (plan, _) => panic!("{} {sizes:?}: {plan:?}", abi.name),
        }
    }
}

#[test]
fn many_arguments_up_to_the_limit() {
    for (abi, registers) in [(&SYSV_X64, 6), (&WIN_X64, 0)] {
        let most = (LIMIT / 8) as usize + registers;
        let signature = |count| Signature {
            params: vec![Layout::Scalar(Scalar::I64); count],
            result: None,
            fixed: None,
        };
        let plan = abi.plan(&signature(most)).unwrap();
        assert_eq!(u64::from(plan.stack), LIMIT);
        assert!(!downcall(&plan, Form::Unchecked).is_empty());
        assert!(matches!(
            abi.plan(&signature(most + 1)),
            Err(Error::TooLarge { .. })
        ));
    }
}

#[test]
fn alignment_up_to_the_limit() {
    for abi in Abi::ALL {
        let aligned = Record::new(LIMIT / 2, LIMIT / 2, []).unwrap();
        let signature = Signature {
            params: vec![Layout::Record(aligned)],
            result: None,
            fixed: None,
        };
        let plan = abi.plan(&signature).unwrap();
        assert!(!downcall(&plan, Form::Unchecked).is_empty());
    }
}

#[test]
fn a_result_without_bytes_where_compilers_differ() {
    let none = Layout::Record(Record::new(0, 1, []).unwrap());
    let signature = Signature {
        params: vec![none.clone()],
        result: Some(none),
        fixed: None,
    };
    let plan = SYSV_X64.plan(&signature).unwrap().to_string();
    assert!(
        plan.contains("param 0  0 bytes, align 1  in nothing"),
        "{plan}"
    );
    assert!(
        plan.contains("result   0 bytes, align 1  in nothing"),
        "{plan}"
    );
    assert_eq!(
        WIN_X64.plan(&signature).unwrap_err().to_string(),
        "returning a record without bytes is not supported: gcc returns nothing there and clang the \
         address of a record; write void"
    );
}
