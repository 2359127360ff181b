//! libxml2, declared as in its headers: trees, buffers, tables, and documents read by closures.

use farcall::{ErrorKind, foreign_lib};
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[foreign_lib(
    names(
        linux = "libxml2.so.2",
        macos = "libxml2.2.dylib",
        windows = "libxml2.dll"
    ),
    unsafe(load),
    unsafe(sync),
    prefix = "xml",
    snake_case
)]
mod xml {
    use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

    /// libxml2.
    pub(super) struct Xml;
    pub(super) const PARSE_QUIET: c_int = 0x60;

    #[status(ok = 0)]
    pub(super) struct Code(c_int);
    /// A document.
    #[handle(drop = xmlFreeDoc)]
    pub(super) struct Doc(*mut c_void);
    /// A node of a document, which has it.
    #[handle()]
    pub(super) struct Node<'doc>(*mut c_void);
    #[handle(drop = xmlBufferFree, prefix = "xmlBuffer")]
    pub(super) struct Buffer(*mut c_void);
    #[handle(drop = xmlHashFree, prefix = "xmlHash")]
    pub(super) struct Table(*mut c_void);
    #[handle(drop = xmlRegFreeRegexp, prefix = "xmlRegexp")]
    pub(super) struct Regexp(*mut c_void);

    unsafe extern "C" {
        pub(super) safe static xmlParserVersion: *const c_char;
        pub(super) safe fn xmlInitParser();
        #[null_is_error]
        pub(super) safe fn xmlReadMemory(
            text: &[u8],
            #[len_of(text)] size: c_int,
            url: Option<&CStr>,
            encoding: Option<&CStr>,
            options: c_int,
        ) -> Doc;
        #[null_is_error]
        pub(super) safe fn xmlReadIO(
            #[fallback(-1)] read: extern "C" fn(
                context: *mut c_void,
                to: *mut c_char,
                size: c_int,
            ) -> c_int,
            close: Option<extern "C" fn(context: *mut c_void) -> c_int>,
            #[context_of(read, close)] context: *mut c_void,
            url: Option<&CStr>,
            encoding: Option<&CStr>,
            options: c_int,
        ) -> Doc;
        fn xmlFreeDoc(doc: Doc);
        pub(super) safe fn xmlDocGetRootElement(self: &Doc) -> Option<Node<'_>>;
        pub(super) safe fn xmlFirstElementChild<'doc>(self: &Node<'doc>) -> Option<Node<'doc>>;
        pub(super) safe fn xmlNextElementSibling<'doc>(self: &Node<'doc>) -> Option<Node<'doc>>;
        pub(super) safe fn xmlChildElementCount(self: &Node<'_>) -> c_ulong;
        pub(super) safe fn xmlGetLineNo(self: &Node<'_>) -> std::ffi::c_long;

        #[null_is_error]
        pub(super) safe fn xmlBufferCreate() -> Buffer;
        pub(super) safe fn xmlBufferContent(self: &Buffer) -> &CStr;
        pub(super) safe fn xmlBufferLength(self: &Buffer) -> c_int;
        pub(super) safe fn xmlBufferEmpty(self: &mut Buffer);
        pub(super) safe fn xmlBufferAdd(
            self: &mut Buffer,
            text: &[u8],
            #[len_of(text)] size: c_int,
        ) -> Code;
        fn xmlBufferFree(buffer: Buffer);
        pub(super) safe fn xmlNodeDump(
            to: &mut Buffer,
            doc: &Doc,
            node: &Node<'_>,
            level: c_int,
            format: bool,
        ) -> c_int;
        #[symbol("xmlNodeBufGetContent")]
        pub(super) safe fn content(to: &mut Buffer, node: &Node<'_>) -> Code;

        #[null_is_error]
        pub(super) safe fn xmlHashCreate(size: c_int) -> Table;
        #[symbol("xmlHashAddEntry")]
        pub(super) safe fn xmlHashAdd(self: &mut Table, name: &CStr, value: &'static c_int)
        -> Code;
        #[symbol("xmlHashScan")]
        pub(super) safe fn xmlHashEach(
            self: &Table,
            each: extern "C" fn(value: &c_int, data: *mut c_void, name: &CStr),
            #[context_of(each)] data: *mut c_void,
        );
        pub(super) safe fn xmlHashSize(self: &Table) -> c_int;
        fn xmlHashFree(table: Table, #[value(null)] free: *const c_void);

        #[null_is_error]
        pub(super) safe fn xmlRegexpCompile(pattern: &CStr) -> Regexp;
        pub(super) safe fn xmlRegexpExec(self: &Regexp, text: &CStr) -> c_int;
        fn xmlRegFreeRegexp(regexp: Regexp);

        #[symbol("xmlStrPrintf")]
        pub(super) fn xmlStrPrintf(
            to: &mut [c_char],
            #[len_of(to)] size: c_int,
            format: &CStr,
            ...
        ) -> c_int;
    }
}

use xml::{Doc, PARSE_QUIET, Xml};

/// libxml2, if it is installed.
fn library() -> Option<Xml> {
    match Xml::global() {
        Ok(xml) => {
            xml.init_parser();
            Some(xml)
        }
        Err(error) if std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_some() => panic!("{error}"),
        Err(_) => {
            support::not_asked(
                "libxml2",
                "not installed; on Debian: apt-get install libxml2",
            );
            None
        }
    }
}

const TEXT: &[u8] = b"<shelf><book>one</book><book>two &amp; three</book><lamp/></shelf>";

/// The element that a document is, as text.
fn dump(xml: Xml, doc: &Doc) -> String {
    let mut buffer = xml.buffer_create().unwrap();
    let root = doc.doc_get_root_element().unwrap();
    let length = xml.node_dump(&mut buffer, doc, &root, 0, false);
    assert_eq!(length, buffer.length());
    buffer.content().to_str().unwrap().to_owned()
}

#[test]
fn does_a_document_make_the_round_trip() -> farcall::Result<()> {
    let Some(xml) = library() else { return Ok(()) };
    let doc = xml.read_memory(TEXT, None, None, PARSE_QUIET)?;
    let shelf = doc.doc_get_root_element().expect("a root");
    assert_eq!((shelf.child_element_count(), shelf.get_line_no()), (3, 1));
    let mut buffer = xml.buffer_create()?;
    let mut contents = Vec::new();
    let mut next = shelf.first_element_child();
    while let Some(node) = next {
        buffer.empty();
        xml.content(&mut buffer, &node)?;
        contents.push(buffer.content().to_str().unwrap().to_owned());
        next = node.next_element_sibling();
    }
    assert_eq!(contents, ["one", "two & three", ""]);
    let text = dump(xml, &doc);
    assert_eq!(text.as_bytes(), TEXT);
    let again = xml.read_memory(text.as_bytes(), None, None, PARSE_QUIET)?;
    assert_eq!(dump(xml, &again), text);
    let error = xml
        .read_memory(b"<open>", None, None, PARSE_QUIET)
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Null { .. }), "{error}");
    Ok(())
}

/// What hands out `text` in small pieces.
fn pieces(mut text: &[u8]) -> impl FnMut(*mut c_char, c_int) -> c_int {
    move |to, size| {
        let n = text.len().min(7).min(size as usize);
        // SAFETY: there is room for `size` bytes.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), to.cast(), n) };
        text = &text[n..];
        n as c_int
    }
}

#[test]
fn is_a_document_read_by_a_closure() -> farcall::Result<()> {
    let Some(xml) = library() else { return Ok(()) };
    let (mut read, mut reads, mut closed) = (pieces(TEXT), 0, 0);
    let doc = xml.read_io(
        |to, size| {
            reads += 1;
            read(to, size)
        },
        Some(&mut || {
            closed += 1;
            0
        }),
        Some(c"shelf.xml"),
        None,
        PARSE_QUIET,
    )?;
    assert!(reads > TEXT.len() / 7 && closed == 1, "{reads} reads");
    assert_eq!(dump(xml, &doc).as_bytes(), TEXT);
    Ok(())
}

#[test]
fn does_a_panic_of_a_reader_come_out_of_the_parser() {
    let Some(xml) = library() else { return };
    let mut closed = 0;
    let read = || {
        let reader = |_: *mut c_char, _: c_int| panic!("no more");
        let close = &mut || {
            closed += 1;
            0
        };
        xml.read_io(reader, Some(close), None, None, PARSE_QUIET)
    };
    let payload = catch_unwind(AssertUnwindSafe(read)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no more"));
    assert_eq!(closed, 0, "no other closure runs while the panic waits");
    // The parser of this thread goes on as before.
    let doc = xml
        .read_io(pieces(TEXT), None, None, None, PARSE_QUIET)
        .unwrap();
    assert_eq!(dump(xml, &doc).as_bytes(), TEXT);
}

#[test]
fn are_the_entries_of_a_table_told_to_a_closure() {
    let Some(xml) = library() else { return };
    let mut table = xml.hash_create(4).unwrap();
    for (name, value) in [(c"one", &1), (c"two", &2), (c"three", &3)] {
        table.add(name, value).unwrap();
    }
    assert!(table.add(c"two", &4).is_err());
    let mut entries: Vec<(String, c_int)> = Vec::new();
    table.each(|value, name| entries.push((name.to_str().unwrap().to_owned(), *value)));
    entries.sort();
    let expected = [("one", 1), ("three", 3), ("two", 2)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!((entries.as_slice(), table.size()), (&expected[..], 3));
}

#[test]
fn do_texts_and_patterns_cross() {
    let Some(xml) = library() else { return };
    // SAFETY: it is a text for ever.
    let version = unsafe { CStr::from_ptr(*xml.parser_version()) };
    assert!(version.to_bytes().starts_with(b"2"));
    let pattern = xml.regexp_compile(c"[a-c]+x?").unwrap();
    assert_eq!(
        [c"abc", c"abx", c"xyz"].map(|text: &CStr| pattern.exec(text)),
        [1, 1, 0]
    );
    let mut to = [0; 16];
    // SAFETY: the arguments are those of the format.
    let length = unsafe { xml.str_printf(&mut to, c"%d-%s", (42, c"x")) };
    assert_eq!(
        (length, to[..5].to_vec()),
        (4, b"42-x\0".map(|c| c as c_char).to_vec())
    );
}
