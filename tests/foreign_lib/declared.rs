//! The fixture library, declared in every form that a declaration can take.

use farcall::foreign_lib;

#[foreign_lib(unsafe(sync), prefix = "decl_", snake_case)]
pub(crate) mod declared {
    use farcall::{ForeignResult, ForeignType};
    use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_long, c_uchar, c_uint, c_void};
    use std::path::Path;

    /// The fixture.
    pub(crate) struct Declared;

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
    #[repr(C)]
    pub(crate) struct Point {
        pub(crate) x: f64,
        pub(crate) y: f64,
    }

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
    #[repr(C)]
    pub(crate) struct Line {
        pub(crate) from: Point,
        pub(crate) to: Point,
        pub(crate) tag: c_int,
    }

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType)]
    #[repr(C)]
    pub(crate) enum Mode {
        Off,
        On,
        Auto = 10,
    }

    #[derive(ForeignType, ForeignResult)]
    #[repr(C)]
    pub(crate) struct Stream {
        this: *mut Stream,
        total: c_int,
        words: *const c_char,
    }

    #[status(ok = 0, text = decl_words)]
    pub(crate) struct Status(c_int);

    /// A tree, which closes itself.
    #[handle(drop = decl_tree_close, message = decl_tree_message, prefix = "decl_tree_", unsafe(send))]
    pub(crate) struct Tree(*mut c_void);
    #[handle(drop = decl_node_free, prefix = "decl_node")]
    pub(crate) struct Node<'tree>(*mut c_void);
    #[handle(drop = decl_number_close, invalid = -1, prefix = "decl_number", unsafe(send), unsafe(sync))]
    pub(crate) struct Number(c_int);
    #[handle(drop = decl_stream_end, prefix = "decl_stream_")]
    pub(crate) struct Deflate(Box<Stream>);
    #[handle(drop = decl_free)]
    pub(crate) struct Text(*mut c_char);

    unsafe extern "C" {
        pub(crate) safe fn decl_add(a: c_int, b: c_int) -> c_int;
        pub(crate) safe fn declScale(_: f64) -> f64;
        #[symbol("decl_newer_name", "decl_older_name")]
        pub(crate) safe fn decl_renamed() -> c_int;
        pub(crate) safe static decl_title: CStr;
        pub(crate) safe static decl_answer: c_int;
        pub(crate) static mut decl_counter: c_int;
        pub(crate) safe static decl_table: [f64; 3];
        pub(crate) safe fn decl_bump() -> c_int;
        #[symbol("decl_self")]
        pub(crate) safe fn decl_type(r#type: c_int) -> c_int;
        #[symbol("decl_self")]
        #[cfg(target_os = "none")]
        pub(crate) safe fn decl_never(n: NoSuchType) -> c_int;
        #[cfg(not(target_os = "none"))]
        #[symbol("decl_self")]
        pub(crate) safe fn decl_always(n: c_int) -> c_int;

        #[fallible]
        #[symbol("decl_length")]
        pub(crate) safe fn decl_length_str(text: &str) -> usize;
        #[fallible]
        #[symbol("decl_length")]
        pub(crate) safe fn decl_length_path(text: Option<&Path>) -> usize;
        #[fallible]
        #[symbol("decl_length")]
        pub(crate) safe fn decl_length_os(text: &OsStr) -> usize;
        #[symbol("decl_length")]
        pub(crate) safe fn decl_length_c(text: Option<&CStr>) -> usize;
        pub(crate) safe fn decl_find(text: &CStr, c: c_int) -> Option<&CStr>;
        pub(crate) safe fn decl_nothing() -> &'static CStr;
        #[null_is_error]
        #[symbol("decl_nothing")]
        pub(crate) safe fn decl_nothing_fallible() -> CString;
        pub(crate) safe fn decl_copy(text: &CStr) -> Text;
        fn decl_free(text: Text);
        pub(crate) safe fn decl_freed() -> c_int;

        pub(crate) safe fn decl_sum(x: &[f64], #[len_of(x)] n: c_uchar) -> f64;
        #[fallible]
        #[symbol("decl_sum")]
        pub(crate) safe fn decl_sum_fallible(x: &[f64], #[len_of(x)] n: c_uchar) -> f64;
        #[fallible]
        pub(crate) safe fn decl_dot(x: &[f64], y: &[f64], #[len_of(x, y)] n: c_int) -> f64;
        pub(crate) safe fn decl_fill(to: &mut [u8], #[len_of(to)] n: usize, with: u8);
        pub(crate) safe fn decl_evens(
            from: &[c_int],
            #[len_of(from)] n: c_int,
            to: &mut [c_int],
            #[len_of(to)] used: *mut c_uint,
        ) -> Status;

        pub(crate) safe fn decl_describe(
            n: c_int,
            #[grow(size)] to: *mut u8,
            size: *mut usize,
        ) -> Status;
        pub(crate) safe fn decl_calls() -> c_int;
        #[errno(on = ..=-1)]
        #[symbol("decl_name")]
        pub(crate) safe fn decl_name_errno(
            which: c_int,
            #[grow(size)] to: *mut u8,
            size: c_int,
        ) -> c_int;
        pub(crate) safe fn decl_name(which: c_int, #[grow(size)] to: *mut u8, size: c_int)
        -> c_int;

        pub(crate) safe fn decl_split(
            x: f64,
            #[out] whole: *mut c_int,
            #[out] rest: *mut f64,
        ) -> f64;
        pub(crate) safe fn decl_maybe(give: bool, #[out] text: *mut &'static CStr) -> Status;

        #[last_error(on = -1)]
        #[symbol("decl_fail_errno")]
        pub(crate) safe fn decl_fail_last_error(reason: c_int) -> c_int;
        #[errno(on = -1)]
        pub(crate) safe fn decl_fail_errno(reason: c_int) -> c_int;
        #[errno(on = null)]
        pub(crate) safe fn decl_null_errno(reason: c_int) -> *mut c_void;
        #[errno]
        #[null_is_error]
        #[symbol("decl_null_errno")]
        pub(crate) safe fn decl_ref_errno(reason: c_int) -> &'static c_int;
        #[errno]
        pub(crate) safe fn decl_status_errno(reason: c_int) -> Status;
        pub(crate) safe fn decl_pick(code: c_int) -> Status;
        #[errno]
        #[symbol("decl_pick")]
        pub(crate) safe fn decl_pick_errno(code: c_int) -> Status;
        #[status(ok = 0 | 3..=5)]
        #[symbol("decl_pick")]
        pub(crate) safe fn decl_pick_some(code: c_int) -> Status;
        pub(crate) safe fn decl_words(code: c_int) -> Option<&'static CStr>;
        pub(crate) safe fn decl_tell(code: c_int, #[message] words: *mut Text) -> Status;

        pub(crate) safe fn decl_mode(n: c_int) -> Mode;
        #[symbol("decl_mode")]
        pub(crate) safe fn decl_mode_maybe(n: c_int) -> Option<Mode>;
        pub(crate) safe fn decl_mode_number(mode: Mode) -> c_int;
        pub(crate) safe fn decl_mode_out(n: c_int, #[out] mode: *mut Mode) -> Status;
        pub(crate) safe fn decl_middle(line: Line) -> Point;
        pub(crate) safe fn decl_move(point: &mut Point, by: f64);
        pub(crate) safe fn decl_bounds(
            points: &[Point],
            #[len_of(points)] n: usize,
            #[out] line: *mut Line,
        );

        #[null_is_error]
        pub(crate) safe fn decl_tree_new(value: c_int) -> Tree;
        #[symbol("decl_tree_new")]
        pub(crate) safe fn decl_tree_maybe(value: c_int) -> Option<Tree>;
        #[symbol("decl_tree_new")]
        pub(crate) safe fn decl_tree_surely(value: c_int) -> Tree;
        pub(crate) safe fn decl_tree_open(value: c_int, #[out] tree: *mut Tree) -> Status;
        pub(crate) safe fn decl_tree_describe(
            value: c_int,
            #[grow(size)] to: *mut u8,
            size: *mut usize,
            #[out] tree: *mut Tree,
        ) -> Status;
        pub(crate) safe fn decl_tree_message(self: &Tree) -> &CStr;
        pub(crate) safe fn decl_tree_value(self: &Tree) -> c_int;
        #[symbol("decl_tree_value")]
        pub(crate) safe fn decl_value_of(tree: Option<&Tree>) -> c_int;
        pub(crate) safe fn decl_tree_fail(self: &mut Tree, code: c_int) -> Status;
        pub(crate) safe fn decl_tree_same(self: &Tree, other: &Tree) -> c_int;
        pub(crate) fn decl_tree_close(tree: Tree, #[value(77)] mode: c_int) -> Status;
        pub(crate) safe fn decl_trees() -> c_int;
        pub(crate) safe fn decl_closes() -> c_int;
        pub(crate) safe fn decl_tree_node<'t>(self: &'t Tree, index: c_int) -> Option<Node<'t>>;
        pub(crate) safe fn decl_node_value(self: &Node<'_>) -> c_int;
        fn decl_node_free(node: Node<'_>);
        pub(crate) safe fn decl_nodes() -> c_int;
        #[fallible]
        pub(crate) safe fn decl_tree_take(self: Tree, unused: &str) -> Option<Tree>;

        #[errno]
        #[null_is_error]
        pub(crate) safe fn decl_number_open(which: c_int) -> Number;
        pub(crate) safe fn decl_number_twice(self: &Number) -> c_int;
        #[symbol("decl_number_twice")]
        pub(crate) safe fn decl_twice(number: Option<&Number>) -> c_int;
        fn decl_number_close(number: Number) -> c_int;
        pub(crate) safe fn decl_number_store(
            which: c_int,
            #[out] number: *mut Option<Number>,
        ) -> Status;
        pub(crate) safe fn decl_numbers() -> c_int;

        pub(crate) safe fn decl_stream_init(#[out] stream: *mut Deflate, start: c_int) -> Status;
        pub(crate) safe fn decl_stream_add(self: &mut Deflate, n: c_int) -> Status;
        fn decl_stream_end(stream: Deflate) -> Status;
        pub(crate) safe fn decl_streams() -> c_int;

        pub(crate) fn decl_sum_ints(n: c_int, ...) -> c_int;
        #[symbol("decl_option")]
        pub(crate) safe fn decl_option_long(
            #[value(0)] option: c_int,
            #[variadic] value: c_long,
        ) -> f64;
        #[symbol("decl_option")]
        pub(crate) safe fn decl_option_float(
            #[value(1)] option: c_int,
            #[variadic] value: f32,
        ) -> f64;
        #[symbol("decl_option")]
        pub(crate) safe fn decl_option_text(
            #[value(2)] option: c_int,
            #[variadic] value: &CStr,
        ) -> f64;
        pub(crate) fn decl_many(a: c_int, b: f64, c: &CStr, d: c_long, e: f32, n: i64, ...) -> f64;

        pub(crate) safe fn decl_apply(
            f: Option<unsafe extern "C" fn(c_int) -> c_int>,
            x: c_int,
        ) -> c_int;
    }

    #[since("2")]
    unsafe extern "C" {
        pub(crate) safe fn decl_v2_a() -> c_int;
        pub(crate) safe fn decl_v2_b() -> c_int;
    }

    /// It lacks one of its functions.
    #[since("v3.0")]
    unsafe extern "C" {
        pub(crate) safe fn decl_v3_a() -> c_int;
        pub(crate) safe fn decl_v3_b() -> c_int;
    }

    impl Deflate {
        /// Written by hand: fields of the record.
        pub(crate) fn total(&self) -> c_int {
            self.0.total
        }

        pub(crate) fn set_total(&mut self, total: c_int) {
            self.0.total = total;
        }
    }
}

pub(crate) use declared::*;

/// The fixture, loaded.
pub(crate) fn load() -> Declared {
    // SAFETY: the fixture is what is declared.
    unsafe { Declared::load_from(support::fixture("declared")) }.expect("the fixture")
}
