//! Does a part of a library share it, and say what is missing?

use crate::declared::load;
use farcall::{ErrorKind, foreign_lib};

#[foreign_lib(part_of = crate::declared::Declared, prefix = "decl_")]
mod part {
    use crate::declared::{Status, Tree};
    use std::ffi::{c_int, c_void};
    pub(super) struct Part;
    #[handle(drop = decl_node_free)]
    pub(super) struct Leaf<'tree>(*mut c_void);
    unsafe extern "C" {
        pub(super) safe fn decl_tree_node<'t>(tree: &'t Tree, index: c_int) -> Leaf<'t>;
        pub(super) safe fn decl_node_value(self: &Leaf<'_>) -> c_int;
        fn decl_node_free(leaf: Leaf<'_>);
        #[status]
        pub(super) safe fn decl_tree_open(value: c_int, #[out] tree: *mut Tree) -> Status;
        #[status(ok = 0 | 4)]
        pub(super) safe fn decl_tree_fail(tree: &mut Tree, code: c_int) -> Status;
    }
}

#[foreign_lib(part_of = crate::declared::Declared)]
mod incomplete_part {
    pub(super) struct IncompletePart;
    unsafe extern "C" {
        pub(super) safe fn decl_not_in_this_part();
    }
}

#[test]
fn a_part_shares_its_library() {
    let lib = load();
    let part = part::Part::of(lib).unwrap();
    let mut tree = part.tree_open(30).unwrap();
    let leaf = part.tree_node(&tree, 3);
    assert_eq!(leaf.node_value(), 33);
    leaf.node_free();
    assert_eq!(part.tree_fail(&mut tree, 4).unwrap(), 4);
    let error = part.tree_fail(&mut tree, 5).unwrap_err().to_string();
    assert!(
        error.starts_with("decl_tree_fail: tree failed (status 5)"),
        "{error}"
    );
    assert!(std::ptr::eq(
        part.library(),
        part::Part::of(lib).unwrap().library()
    ));
    let error = incomplete_part::IncompletePart::of(lib).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Symbols { .. }), "{error}");
}
