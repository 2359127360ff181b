//! zlib.

use std::ffi::c_int;

use farcall::{OwnedValue, RecordType, Value, values};

use super::Api;

const ZLIB: &str = "
    typedef unsigned char Bytef;
    typedef unsigned int uInt;
    typedef unsigned long uLong;
    typedef uLong uLongf;
    typedef void *voidpf;
    typedef voidpf (*alloc_func)(voidpf opaque, uInt items, uInt size);
    typedef void (*free_func)(voidpf opaque, voidpf address);
    struct internal_state;
    typedef struct z_stream_s {
        const Bytef *next_in;
        uInt     avail_in;
        uLong    total_in;
        Bytef    *next_out;
        uInt     avail_out;
        uLong    total_out;
        const char *msg;
        struct internal_state *state;
        alloc_func zalloc;
        free_func  zfree;
        voidpf     opaque;
        int     data_type;
        uLong   adler;
        uLong   reserved;
    } z_stream;
    typedef z_stream *z_streamp;
    const char *zlibVersion(void);
    uLong crc32(uLong crc, const Bytef *buf, uInt len);
    uLong adler32(uLong adler, const Bytef *buf, uInt len);
    uLong compressBound(uLong sourceLen);
    int compress2(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen, int level);
    int uncompress(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen);
    int deflateInit_(z_streamp strm, int level, const char *version, int stream_size);
    int deflate(z_streamp strm, int flush);
    int deflateEnd(z_streamp strm);
    int inflateInit_(z_streamp strm, const char *version, int stream_size);
    int inflate(z_streamp strm, int flush);
    int inflateEnd(z_streamp strm);
";

const NO_FLUSH: c_int = 0;
const FINISH: c_int = 4;
const OK: i64 = 0;
const STREAM_END: i64 = 1;
const DATA_ERROR: i64 = -3;
const BUF_ERROR: i64 = -5;

fn zlib() -> Option<Api> {
    Api::open("z", "zlib1g", ZLIB)
}

/// A text that shrinks, but not to nothing.
fn text() -> Vec<u8> {
    let line = |n: u32| format!("{n} bottles of beer on the wall, {n} bottles of beer\n");
    (0..500).map(line).collect::<String>().into_bytes()
}

#[test]
fn checksums_are_those_of_the_standards() {
    let Some(zlib) = zlib() else { return };
    for api in zlib.engines() {
        let sum = |name, start: u32, text: &[u8]| {
            let arguments = values![start, text, text.len()];
            api.pure(name, &arguments).as_u64().unwrap()
        };
        assert_eq!(sum("crc32", 0, b"123456789"), 0xcbf4_3926);
        assert_eq!(sum("adler32", 1, b"Wikipedia"), 0x11e6_0398);
        let half = sum("crc32", 0, b"12345") as u32;
        assert_eq!(sum("crc32", half, b"6789"), 0xcbf4_3926);
        assert_eq!(
            api.pure("compressBound", &values![1000]).as_u64(),
            Some(1013)
        );
    }
    let crc32 = zlib.function("crc32");
    // SAFETY: the declaration is that of the manual.
    let sum: u64 = unsafe { crc32.call((0u64, &b"123456789"[..], 9u32)) }.unwrap();
    assert_eq!(sum, 0xcbf4_3926);
}

#[test]
fn a_text_is_compressed_and_restored() {
    let Some(zlib) = zlib() else { return };
    let text = text();
    for api in zlib.engines() {
        let mut packed = vec![0u8; 8000];
        let mut packed_len = packed.len();
        let arguments = values![&mut packed[..], &mut packed_len, &text[..], text.len(), 9];
        assert_eq!(api.int("compress2", &arguments), OK);
        assert!(packed_len < text.len() / 4, "{packed_len}");
        let mut restored = vec![0u8; text.len()];
        let mut len = restored.len();
        let arguments = values![&mut restored[..], &mut len, &packed[..], packed_len];
        assert_eq!(api.int("uncompress", &arguments), OK);
        assert!(len == text.len() && restored == text);
        let mut few = 10usize;
        let arguments = values![&mut restored[..], &mut few, &packed[..], packed_len];
        assert_eq!(api.int("uncompress", &arguments), BUF_ERROR);
        packed[packed_len / 2] ^= 1;
        let arguments = values![&mut restored[..], &mut len, &packed[..], packed_len];
        assert_eq!(api.int("uncompress", &arguments), DATA_ERROR);
    }
}

#[test]
fn a_stream_is_laid_out_as_the_manual_has_it() {
    let Some(zlib) = zlib() else { return };
    let stream = zlib.declarations.record("z_stream").unwrap();
    if cfg!(all(target_pointer_width = "64", not(windows))) {
        assert_eq!((stream.size(), stream.align()), (112, 8));
        let offsets: Vec<_> = stream.fields().iter().map(|field| field.offset()).collect();
        let expected = [0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104];
        assert_eq!(offsets, expected);
    }
}

/// Pushes `input` through a stream in small pieces, until its end.
fn push(api: &Api, stream: &mut OwnedValue, step: &str, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut chunk = [0u8; 100];
    let mut pieces = input.chunks(1000);
    loop {
        if number(stream, "avail_in") == 0 {
            let piece = pieces.next().unwrap_or_default();
            stream.set("next_in", piece).unwrap();
            stream.set("avail_in", piece.len()).unwrap();
        }
        stream.set("next_out", &mut chunk[..]).unwrap();
        stream.set("avail_out", chunk.len()).unwrap();
        let last = pieces.len() == 0;
        let flush = if last { FINISH } else { NO_FLUSH };
        let status = api.int(step, &values![pointer(stream), flush]);
        let used = chunk.len() - number(stream, "avail_out") as usize;
        output.extend(&chunk[..used]);
        match status {
            OK => {}
            BUF_ERROR if last => {}
            STREAM_END => return output,
            other => panic!("{step}: {other}"),
        }
    }
}

fn pointer(stream: &mut OwnedValue) -> Value<'static> {
    Value::from(stream.bytes_mut().as_mut_ptr())
}

fn number(stream: &OwnedValue, field: &str) -> u64 {
    let field = stream.as_record().unwrap().get(field).unwrap();
    field.value().unwrap().as_u64().unwrap()
}

/// A new stream, begun with `arguments` between its address and what all beginnings end in.
fn begin(api: &Api, init: &str, level: Option<c_int>) -> OwnedValue {
    let ty: RecordType = api.declarations.record("z_stream").unwrap();
    let mut stream = OwnedValue::zeroed(ty);
    let version = api.call("zlibVersion", &[]);
    let mut arguments = vec![pointer(&mut stream)];
    arguments.extend(level.map(Value::from));
    arguments.extend(values![&version, ty.size()]);
    assert_eq!(api.int(init, &arguments), OK, "{init}");
    stream
}

#[test]
fn a_stream_deflates_and_inflates() {
    let Some(zlib) = zlib() else { return };
    let text = text();
    for api in zlib.engines() {
        let mut stream = begin(&api, "deflateInit_", Some(6));
        let packed = push(&api, &mut stream, "deflate", &text);
        assert_eq!(number(&stream, "total_in"), text.len() as u64);
        assert_eq!(number(&stream, "total_out"), packed.len() as u64);
        let sum = number(&stream, "adler");
        assert_eq!(api.int("deflateEnd", &[pointer(&mut stream)]), OK);
        assert!(packed.len() < text.len() / 4);

        let mut stream = begin(&api, "inflateInit_", None);
        assert!(push(&api, &mut stream, "inflate", &packed) == text);
        assert_eq!(number(&stream, "adler"), sum);
        let adler = api.int("adler32", &values![1, &text[..], text.len()]);
        assert_eq!(adler as u64, sum);
        assert_eq!(api.int("inflateEnd", &[pointer(&mut stream)]), OK);
    }
}

#[test]
fn a_stream_of_another_size_is_refused_by_zlib() {
    const VERSION_ERROR: i64 = -6;
    let Some(zlib) = zlib() else { return };
    for api in zlib.engines() {
        let mut stream = OwnedValue::zeroed(api.declarations.record("z_stream").unwrap());
        let version = api.call("zlibVersion", &[]);
        let arguments = values![pointer(&mut stream), &version, 104];
        assert_eq!(api.int("inflateInit_", &arguments), VERSION_ERROR);
    }
}
