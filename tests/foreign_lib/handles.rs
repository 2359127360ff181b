//! Are handles owned, borrowed, given away and dropped as their declarations say?
//!
//! The fixture counts what is alive; the tests that look at the counts take turns.

use crate::declared::{Number, load};
use farcall::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_handle_is_closed_once() {
    let (_turn, lib) = (alone(), load());
    let closes = lib.closes();
    let tree = lib.tree_new(5).unwrap();
    assert_eq!((tree.value(), lib.trees()), (5, 1));
    drop(tree);
    assert_eq!((lib.trees(), lib.closes() - closes), (0, 1));
    lib.tree_new(6).unwrap().close().unwrap();
    assert_eq!((lib.trees(), lib.closes() - closes), (0, 2));
    // The destructor's status is the result of the method, and dropping ignores it.
    let error = lib.tree_new(13).unwrap().close().unwrap_err();
    assert_eq!(error.status(), Some(1));
    drop(lib.tree_new(13).unwrap());
    assert_eq!((lib.trees(), lib.closes() - closes), (0, 4));
}

#[test]
fn what_is_stored_beside_a_buffer_that_is_too_small_is_closed() {
    let (_turn, lib) = (alone(), load());
    let (trees, closes) = (lib.trees(), lib.closes());
    let (tree, text) = match lib.tree_describe(5) {
        Ok((text, tree)) => (tree, text),
        Err(error) => panic!("{error}"),
    };
    assert_eq!((text.len(), tree.value()), (57, 5));
    assert_eq!(lib.trees() - trees, 1);
    assert!(lib.closes() > closes, "there was another before it");
    drop(tree);
    assert_eq!(lib.trees(), trees);
}

#[test]
fn null_is_no_handle() {
    let (_turn, lib) = (alone(), load());
    assert!(lib.tree_maybe(-1).is_none());
    assert_eq!(lib.tree_maybe(1).unwrap().value(), 1);
    let error = lib.tree_new(-1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Null { .. }), "{error}");
    let panic = std::panic::catch_unwind(|| lib.tree_surely(-1).value());
    let text = panic.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.starts_with("decl_tree_new: the result: null"),
        "{text}"
    );
    assert_eq!(lib.trees(), 0);
}

#[test]
fn a_handle_may_be_left_out() {
    let (_turn, lib) = (alone(), load());
    let tree = lib.tree_new(3).unwrap();
    assert_eq!((lib.value_of(Some(&tree)), lib.value_of(None)), (3, -1));
    let other = lib.tree_new(3).unwrap();
    assert_eq!((tree.same(&tree), tree.same(&other)), (1, 0));
}

#[test]
fn what_c_stored_although_it_failed_is_closed() {
    let (_turn, lib) = (alone(), load());
    assert_eq!(lib.tree_open(4).unwrap().value(), 4);
    let error = lib.tree_open(-1).unwrap_err().to_string();
    assert!(
        error.starts_with("decl_tree_open: told by handle (status 8)"),
        "{error}"
    );
    let error = lib.tree_open(-2).unwrap_err().to_string();
    assert!(error.starts_with("decl_tree_open: status 9"), "{error}");
    assert_eq!(lib.trees(), 0);
}

#[test]
fn a_handle_tells_why() {
    let (_turn, lib) = (alone(), load());
    let mut tree = lib.tree_new(1).unwrap();
    tree.fail(0).unwrap();
    let error = tree.fail(2).unwrap_err().to_string();
    assert!(
        error.starts_with("decl_tree_fail: tree failed (status 2)"),
        "{error}"
    );
    assert_eq!(tree.message(), c"tree failed");
}

#[test]
fn a_handle_that_is_given_away_is_not_closed() {
    let (_turn, lib) = (alone(), load());
    let closes = lib.closes();
    let back = lib
        .tree_new(1)
        .unwrap()
        .take("text")
        .unwrap()
        .expect("a small tree");
    assert_eq!((lib.trees(), lib.closes() - closes), (1, 0));
    drop(back);
    assert!(lib.tree_new(100).unwrap().take("text").unwrap().is_none());
    assert_eq!((lib.trees(), lib.closes() - closes), (0, 1));
    // Another argument is refused, so that C never saw the handle.
    lib.tree_new(1).unwrap().take("te\0xt").unwrap_err();
    assert_eq!((lib.trees(), lib.closes() - closes), (0, 2));
}

#[test]
fn children_borrow_their_parent() {
    let (_turn, lib) = (alone(), load());
    let tree = lib.tree_new(10).unwrap();
    let nodes: Vec<_> = (0..3).filter_map(|index| tree.node(index)).collect();
    assert_eq!(
        nodes.iter().map(|node| node.value()).collect::<Vec<_>>(),
        [10, 11, 12]
    );
    assert!(tree.node(10).is_none());
    assert_eq!(lib.nodes(), 3);
    drop(nodes);
    tree.node(4).unwrap().free();
    assert_eq!(lib.nodes(), 0);
    tree.close().unwrap();
}

#[test]
fn a_number_may_be_a_handle() {
    let (_turn, lib) = (alone(), load());
    let number = lib.number_open(0).unwrap();
    assert_eq!((number.twice(), lib.numbers()), (0, 1));
    assert_eq!((lib.twice(Some(&number)), lib.twice(None)), (0, -100));
    drop(number);
    let error = lib.number_open(-5).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Errno(errno) if errno.0 == 2),
        "{error}"
    );
    let stored: Option<Number> = lib.number_store(21).unwrap();
    assert_eq!(stored.map(|number| number.twice()), Some(42));
    assert!(lib.number_store(-1).unwrap().is_none());
    assert_eq!(lib.numbers(), 0);
}

#[test]
fn a_boxed_record_stays_where_it_is() {
    let (_turn, lib) = (alone(), load());
    let mut stream = lib.stream_init(5).unwrap();
    stream.add(2).unwrap();
    // C compares the record's address with the one that it saw first.
    let mut moved = Box::new(stream);
    moved.add(3).unwrap();
    assert_eq!(moved.total(), 10);
    moved.set_total(1);
    moved.add(1).unwrap();
    assert_eq!((moved.total(), lib.streams()), (2, 1));
    moved.end().unwrap();
    drop(lib.stream_init(0).unwrap());
    assert_eq!(lib.stream_init(-1).unwrap_err().status(), Some(1));
    assert_eq!(lib.streams(), 0);
}

#[test]
fn claims_about_threads_are_kept() {
    fn send<T: Send>(_: &T) {}
    fn sync<T: Sync>(_: &T) {}
    let (_turn, lib) = (alone(), load());
    let number = lib.number_open(1).unwrap();
    send(&lib);
    sync(&lib);
    send(&number);
    sync(&number);
    let tree = lib.tree_new(8).unwrap();
    let value = std::thread::spawn(move || tree.value()).join().unwrap();
    assert_eq!((value, lib.trees()), (8, 0));
}

#[test]
fn a_handle_belongs_to_one_instance() {
    let (_turn, lib) = (alone(), load());
    let scratch = support::Scratch::new();
    let copy = scratch.copy("declared", "another.so");
    // SAFETY: it is a copy of the fixture.
    let other = unsafe { crate::declared::Declared::load_from(copy) }.unwrap();
    let theirs = other.tree_new(2).unwrap();
    assert_eq!((theirs.value(), other.trees(), lib.trees()), (2, 1, 0));
    let mixed = std::panic::AssertUnwindSafe(|| lib.value_of(Some(&theirs)));
    let text = std::panic::catch_unwind(mixed).unwrap_err();
    let text = text.downcast::<String>().unwrap();
    assert_eq!(
        *text,
        "this `Tree` belongs to another loaded instance of `Declared`"
    );
    assert_eq!(other.value_of(Some(&theirs)), 2);
}
