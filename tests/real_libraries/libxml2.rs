//! libxml2: a document told to closures that a structure of function pointers names.

use super::Api;
use super::libxml2_handler::{Events, Handler, SAX2, bytes, libxml2, text, texts};
use farcall::{ErrorKind, Value, values};
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

const DOCUMENT: &str = r#"<?xml version="1.0"?>
<!-- fruit -->
<basket xmlns="urn:b" xmlns:p="urn:p" weight="3"><p:pear ripe='yes' p:from="garden"/>
ten &lt; eleven<?cook it slowly?><![CDATA[<raw>]]></basket>"#;

/// Has everything told but elements.
fn everything(api: &Api, events: &Events) -> Handler {
    let told = |name: &'static str| {
        let events = events.clone();
        move |_: &[Value<'_>]| events.push(name.to_owned())
    };
    let piece = |name: &'static str| {
        let events = events.clone();
        move |args: &[Value<'_>]| {
            let length = args[2].as_u64().unwrap() as usize;
            // SAFETY: libxml2 shows that many bytes.
            let text = unsafe { bytes(args[1].as_pointer().unwrap(), length) };
            match name {
                "text" => events.push_text(&text),
                _ => events.push(format!("{name} {text}")),
            }
        }
    };
    let words = |name: &'static str| {
        let events = events.clone();
        move |args: &[Value<'_>]| {
            // SAFETY: libxml2 shows C strings.
            let words = args[1..].iter().map(|word| unsafe { text(*word) });
            let words: Vec<_> = words.collect();
            events.push(format!("{name} {}", words.join(" ")));
        }
    };
    Handler::new(api, SAX2)
        .on("startDocument", told("begin"))
        .on("endDocument", told("end"))
        .on("characters", piece("text"))
        .on("cdataBlock", piece("cdata"))
        .on("comment", words("comment"))
        .on("processingInstruction", words("instruction"))
}

/// With namespaces: a function of nine parameters, some of them on the stack.
fn with_namespaces(api: &Api, events: &Events) -> Handler {
    let (starts, ends) = (events.clone(), events.clone());
    everything(api, events)
        .on("startElementNs", move |args| {
            let count = |index: usize| args[index].as_u64().ok_or("no count").map(|n| n as usize);
            // SAFETY: libxml2 shows C strings or null, and two for each namespace.
            let (name, spaces) = unsafe {
                (
                    [text(args[1]), text(args[2]), text(args[3])],
                    texts(args[5], 2 * count(4)?),
                )
            };
            let mut event = format!("start {} {}", name.join("|"), spaces.join("="));
            let attributes = args[8]
                .as_pointer()
                .ok_or("no pointer")?
                .cast::<[*const c_char; 5]>();
            for index in 0..count(6)? {
                // SAFETY: five addresses for each attribute.
                let [local, prefix, _, start, end] = unsafe { *attributes.add(index) };
                // SAFETY: a name is a C string, a value ends where the next address says.
                let (local, prefix, value) = unsafe {
                    let length = end.addr() - start.addr();
                    (
                        text(local.into()),
                        text(prefix.into()),
                        bytes(start.cast(), length),
                    )
                };
                event += &format!(" {prefix}:{local}={value}");
            }
            assert_eq!(count(7)?, 0);
            starts.push(event);
            Ok::<_, &str>(())
        })
        .on("endElementNs", move |args| {
            // SAFETY: libxml2 shows C strings or null.
            let name = args[1..].iter().map(|word| unsafe { text(*word) });
            let name: Vec<_> = name.collect();
            ends.push(format!("stop {}", name.join("|")));
        })
}

const WITH_NAMESPACES: &[&str] = &[
    "begin",
    "comment  fruit ",
    "start basket||urn:b =urn:b=p=urn:p :weight=3",
    "start pear|p|urn:p  :ripe=yes p:from=garden",
    "stop pear|p|urn:p",
    "text \nten < eleven",
    "instruction cook it slowly",
    "cdata <raw>",
    "stop basket||urn:b",
    "end",
];

#[test]
fn a_document_in_memory_is_told_in_order() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        let events = Events::default();
        let handler = with_namespaces(&api, &events);
        assert_eq!(parse(&handler, DOCUMENT).unwrap(), 0);
        assert_eq!(events.take(), WITH_NAMESPACES);
    }
}

/// Parses a document at once; 0 is success.
fn parse(handler: &Handler, document: &str) -> farcall::Result<i64> {
    let function = handler.api.function("xmlSAXUserParseMemory");
    let (start, null) = (document.as_ptr(), ptr::null::<c_void>());
    let arguments = values![handler.address(), null, start, document.len() as i32];
    // SAFETY: the declarations are those of the headers.
    unsafe { function.call_values(&arguments)? }.try_into()
}

/// A parser that is given a document in pieces.
struct Push<'a> {
    handler: &'a Handler,
    context: *mut c_void,
}

impl<'a> Push<'a> {
    fn new(handler: &'a Handler) -> Self {
        let null = ptr::null::<c_void>();
        let arguments = values![handler.address(), null, null, 0, null];
        let context = handler.api.call("xmlCreatePushParserCtxt", &arguments);
        let context = context.as_pointer().unwrap();
        assert!(!context.is_null());
        Self { handler, context }
    }

    fn feed(&self, piece: &[u8], last: bool) -> farcall::Result<i64> {
        let function = self.handler.api.function("xmlParseChunk");
        let arguments = values![self.context, piece, piece.len() as i32, i32::from(last)];
        // SAFETY: the declarations are those of the headers.
        unsafe { function.call_values(&arguments)? }.try_into()
    }
}

impl Drop for Push<'_> {
    fn drop(&mut self) {
        let function = self.handler.api.function("xmlFreeParserCtxt");
        // SAFETY: as above; nobody uses it any more.
        unsafe { function.call_values(&values![self.context]) }.unwrap();
    }
}

#[test]
fn a_document_in_pieces_is_told_alike() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        let events = Events::default();
        let handler = with_namespaces(&api, &events);
        for size in [1, 2, 3, 7, 64, DOCUMENT.len()] {
            let parser = Push::new(&handler);
            for piece in DOCUMENT.as_bytes().chunks(size) {
                assert_eq!(parser.feed(piece, false).unwrap(), 0);
            }
            assert_eq!(parser.feed(b"", true).unwrap(), 0);
            assert_eq!(events.take(), WITH_NAMESPACES, "in pieces of {size}");
        }
    }
}

#[test]
fn elements_are_told_without_namespaces_to_whom_asks_so() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        let events = Events::default();
        let (starts, ends) = (events.clone(), events.clone());
        let handler = Handler::new(&api, 1)
            .on("startElement", move |args| {
                // SAFETY: libxml2 shows C strings, in pairs, and null behind them.
                let (name, pairs) = unsafe {
                    let all = args[2].as_pointer().unwrap().cast::<*const c_char>();
                    let end = (0..).find(|index| all.is_null() || (*all.add(*index)).is_null());
                    let count = end.unwrap_or(0);
                    (
                        text(args[1]),
                        if count == 0 {
                            Vec::new()
                        } else {
                            texts(args[2], count)
                        },
                    )
                };
                starts.push(format!("start {name} {}", pairs.join("=")));
            })
            .on("endElement", move |args| {
                // SAFETY: as above.
                let name = unsafe { text(args[1]) };
                ends.push(format!("stop {name}"));
            });
        assert_eq!(parse(&handler, DOCUMENT).unwrap(), 0);
        let expected = [
            "start basket xmlns=urn:b=xmlns:p=urn:p=weight=3",
            "start p:pear ripe=yes=p:from=garden",
            "stop p:pear",
            "stop basket",
        ];
        assert_eq!(events.take(), expected);
    }
}

#[test]
fn a_mistake_in_the_document_is_told_as_a_structure() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        let events = Events::default();
        let (seen, error) = (events.clone(), api.declarations.ty("xmlError").unwrap());
        let error = error.record().unwrap();
        let handler = Handler::new(&api, SAX2).on("serror", move |args| {
            let start = args[1].as_pointer().ok_or("no pointer")?;
            // SAFETY: libxml2 shows such a structure.
            let bytes = unsafe { std::slice::from_raw_parts(start.cast(), error.size() as usize) };
            let error = Value::record(error, bytes)?;
            let error = error.as_record().unwrap();
            let message = error.get("message")?.value().unwrap();
            let line = error.get("line")?.value().unwrap();
            // SAFETY: a C string.
            let message = unsafe { text(message) };
            seen.push(format!("{}: {}", i32::try_from(line)?, message.trim()));
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        assert_ne!(parse(&handler, "<a>\n<b></a>").unwrap(), 0);
        let found = events.take();
        assert_eq!(
            found[0],
            "2: Opening and ending tag mismatch: b line 2 and a"
        );
    }
}

#[test]
fn a_failing_closure_ends_the_telling() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        for panics in [false, true] {
            let events = Events::default();
            let handler = with_namespaces(&api, &events).on("comment", move |_| {
                assert!(!panics, "no comment");
                Err::<(), _>("no comment")
            });
            let parser = Push::new(&handler);
            let feed = || parser.feed(DOCUMENT.as_bytes(), true);
            match catch_unwind(AssertUnwindSafe(feed)) {
                Ok(result) => {
                    let text = result.unwrap_err().to_string();
                    assert!(text.starts_with("callback comment: no comment"), "{text}");
                    assert!(!panics);
                }
                Err(payload) => {
                    assert_eq!(payload.downcast_ref(), Some(&"no comment"));
                    assert!(panics);
                }
            }
            // libxml2 has read on, but no closure ran any more.
            assert_eq!(events.take(), ["begin"]);
        }
    }
}

#[test]
fn a_variadic_field_is_refused_by_name() {
    let Some(xml) = libxml2() else { return };
    for api in xml.callback_engines() {
        let handler = Handler::new(&api, SAX2);
        let refused = api.builder().name("error").new(handler.ty("error"), |_| ());
        let error = refused.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("va_list"), "{error}");
    }
}
