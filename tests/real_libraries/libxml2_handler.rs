//! A structure of function pointers, made of closures.

use super::Api;
use farcall::callback::Returns;
use farcall::{Callback, FnType, OwnedValue, Value};
use std::cell::RefCell;
use std::ffi::{c_char, c_uint, c_void};
use std::rc::Rc;

const XML: &str = r#"
    typedef unsigned char xmlChar;
    typedef struct _xmlParserCtxt xmlParserCtxt;
    typedef struct {
        int domain; int code; char *message; int level; char *file; int line;
        char *str1; char *str2; char *str3; int int1; int int2; void *ctxt; void *node;
    } xmlError;
    typedef struct {
        void (*declarations[12])(void);
        void (*startDocument)(void *ctx);
        void (*endDocument)(void *ctx);
        void (*startElement)(void *ctx, const xmlChar *name, const xmlChar **atts);
        void (*endElement)(void *ctx, const xmlChar *name);
        void (*reference)(void *ctx, const xmlChar *name);
        void (*characters)(void *ctx, const xmlChar *ch, int len);
        void (*ignorableWhitespace)(void *ctx, const xmlChar *ch, int len);
        void (*processingInstruction)(void *ctx, const xmlChar *target, const xmlChar *data);
        void (*comment)(void *ctx, const xmlChar *value);
        void (*warning)(void *ctx, const char *msg, ...);
        void (*error)(void *ctx, const char *msg, ...);
        void (*fatalError)(void *ctx, const char *msg, ...);
        void *(*getParameterEntity)(void *ctx, const xmlChar *name);
        void (*cdataBlock)(void *ctx, const xmlChar *value, int len);
        void (*externalSubset)(void);
        unsigned int initialized;
        void *_private;
        void (*startElementNs)(void *ctx, const xmlChar *localname, const xmlChar *prefix,
                               const xmlChar *URI, int nb_namespaces, const xmlChar **namespaces,
                               int nb_attributes, int nb_defaulted, const xmlChar **attributes);
        void (*endElementNs)(void *ctx, const xmlChar *localname, const xmlChar *prefix,
                             const xmlChar *URI);
        void (*serror)(void *userData, xmlError *error);
    } xmlSAXHandler;
    int xmlSAXUserParseMemory(xmlSAXHandler *sax, void *user_data, const char *buffer, int size);
    xmlParserCtxt *xmlCreatePushParserCtxt(xmlSAXHandler *sax, void *user_data, const char *chunk,
                                           int size, const char *filename);
    int xmlParseChunk(xmlParserCtxt *ctxt, const char *chunk, int size, int terminate);
    void xmlFreeParserCtxt(xmlParserCtxt *ctxt);
"#;

/// What `initialized` holds if elements are to be told with their namespaces.
pub(super) const SAX2: c_uint = 0xdeed_beaf;

pub(super) fn libxml2() -> Option<Api> {
    Api::open("xml2", "libxml2", XML)
}

/// The handler, with the closures that it names.
pub(super) struct Handler {
    pub(super) api: Api,
    structure: OwnedValue,
    closures: Vec<Callback>,
}

impl Handler {
    pub(super) fn new(api: &Api, initialized: c_uint) -> Self {
        let ty = api.declarations.ty("xmlSAXHandler").unwrap();
        let mut structure = OwnedValue::zeroed(ty.record().unwrap());
        structure.set("initialized", initialized).unwrap();
        Self {
            api: api.clone(),
            structure,
            closures: Vec::new(),
        }
    }

    pub(super) fn address(&self) -> *const u8 {
        self.structure.as_record().unwrap().bytes().as_ptr()
    }

    /// The type of the function that a field points to.
    pub(super) fn ty(&self, field: &str) -> FnType {
        let record = self.structure.as_value().ty().record().unwrap();
        record.field(field).unwrap().ty().function().unwrap()
    }

    pub(super) fn on<R: Returns>(
        mut self,
        field: &str,
        closure: impl Fn(&[Value<'_>]) -> R + 'static,
    ) -> Self {
        let builder = self.api.builder().name(field);
        let callback = builder.new(self.ty(field), closure).unwrap();
        self.structure.set(field, &callback).unwrap();
        self.closures.push(callback);
        self
    }
}

/// The text at an address, or nothing for null.
///
/// # Safety
/// It is null or a C string.
pub(super) unsafe fn text(value: Value<'_>) -> String {
    // SAFETY: forwarded to the caller.
    let text = unsafe { value.as_c_str() };
    text.map_or(String::new(), |text| text.to_str().unwrap().to_owned())
}

/// As many bytes at an address, as text.
///
/// # Safety
/// They are there.
pub(super) unsafe fn bytes(start: *const c_void, length: usize) -> String {
    // SAFETY: forwarded to the caller.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast(), length) };
    str::from_utf8(bytes).unwrap().to_owned()
}

/// The C strings of an array.
///
/// # Safety
/// There are so many, each null or valid.
pub(super) unsafe fn texts(array: Value<'_>, count: usize) -> Vec<String> {
    let array = array.as_pointer().unwrap().cast::<*const c_char>();
    // SAFETY: forwarded to the caller.
    let text = |index| unsafe { text((*array.add(index)).into()) };
    (0..count).map(text).collect()
}

/// What was told, in order; neighbouring pieces of text are one.
#[derive(Clone, Default)]
pub(super) struct Events(Rc<RefCell<Vec<String>>>);

impl Events {
    pub(super) fn push(&self, event: String) {
        self.0.borrow_mut().push(event);
    }

    pub(super) fn push_text(&self, piece: &str) {
        let mut events = self.0.borrow_mut();
        match events.last_mut() {
            Some(last) if last.starts_with("text ") => last.push_str(piece),
            _ => events.push(format!("text {piece}")),
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}
