//! zlib, declared as in its header.

use farcall::foreign_lib;

#[foreign_lib(
    names(linux = "libz.so.1", macos = "libz.1.dylib", windows = "zlib1.dll"),
    unsafe(load),
    unsafe(sync)
)]
mod zlib {
    use farcall::{ForeignResult, ForeignType};
    use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ulong, c_void};

    /// zlib.
    pub(super) struct Zlib;

    pub(super) const STREAM_END: c_int = 1;
    pub(super) const NO_FLUSH: c_int = 0;
    pub(super) const FINISH: c_int = 4;
    pub(super) const DEFLATED: c_int = 8;

    /// What `z_stream` is in the header.
    #[derive(ForeignType, ForeignResult)]
    #[repr(C)]
    pub(super) struct Stream {
        next_in: *const c_uchar,
        avail_in: c_uint,
        total_in: c_ulong,
        next_out: *mut c_uchar,
        avail_out: c_uint,
        total_out: c_ulong,
        msg: *const c_char,
        state: *mut c_void,
        zalloc: Option<unsafe extern "C" fn(*mut c_void, c_uint, c_uint) -> *mut c_void>,
        zfree: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
        opaque: *mut c_void,
        data_type: c_int,
        adler: c_ulong,
        reserved: c_ulong,
    }

    const STREAM_SIZE: c_int = size_of::<Stream>() as c_int;

    #[status(ok = 0, text = zError)]
    pub(super) struct Code(c_int);
    #[handle(drop = deflateEnd, prefix = "deflate")]
    pub(super) struct Deflate(Box<Stream>);
    #[handle(drop = inflateEnd, prefix = "inflate")]
    pub(super) struct Inflate(Box<Stream>);
    #[handle(drop = gzclose)]
    pub(super) struct File(*mut c_void);

    unsafe extern "C" {
        pub(super) safe fn zlibVersion() -> &'static CStr;
        pub(super) safe fn zlibCompileFlags() -> c_ulong;
        pub(super) safe fn zError(code: c_int) -> &'static CStr;
        pub(super) safe fn crc32(
            crc: c_ulong,
            bytes: Option<&[u8]>,
            #[len_of(bytes)] len: c_uint,
        ) -> c_ulong;
        pub(super) safe fn adler32(
            adler: c_ulong,
            bytes: Option<&[u8]>,
            #[len_of(bytes)] len: c_uint,
        ) -> c_ulong;
        pub(super) safe fn crc32_combine(a: c_ulong, b: c_ulong, len: i64) -> c_ulong;
        pub(super) safe fn adler32_combine(a: c_ulong, b: c_ulong, len: i64) -> c_ulong;
        pub(super) safe fn get_crc_table() -> &'static [c_uint; 256];

        pub(super) safe fn compressBound(len: c_ulong) -> c_ulong;
        pub(super) safe fn compress(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] len: c_ulong,
        ) -> Code;
        pub(super) safe fn compress2(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] len: c_ulong,
            level: c_int,
        ) -> Code;
        pub(super) safe fn uncompress(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] len: c_ulong,
        ) -> Code;
        pub(super) safe fn uncompress2(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] read: *mut c_ulong,
        ) -> Code;

        #[symbol("deflateInit_")]
        pub(super) safe fn deflate_init(
            #[out] stream: *mut Deflate,
            level: c_int,
            version: &CStr,
            #[value(STREAM_SIZE)] size: c_int,
        ) -> Code;
        #[symbol("deflateInit2_")]
        pub(super) safe fn deflate_init2(
            #[out] stream: *mut Deflate,
            level: c_int,
            method: c_int,
            window: c_int,
            memory: c_int,
            strategy: c_int,
            version: &CStr,
            #[value(STREAM_SIZE)] size: c_int,
        ) -> Code;
        #[status(ok = 0 | STREAM_END)]
        #[symbol("deflate")]
        fn deflate_step(self: &mut Deflate, flush: c_int) -> Code;
        #[symbol("deflateReset")]
        pub(super) safe fn deflate_reset(self: &mut Deflate) -> Code;
        #[symbol("deflateBound")]
        pub(super) safe fn deflate_bound(self: &mut Deflate, len: c_ulong) -> c_ulong;
        pub(super) safe fn deflateSetDictionary(
            self: &mut Deflate,
            dictionary: &[u8],
            #[len_of(dictionary)] len: c_uint,
        ) -> Code;
        pub(super) safe fn deflatePending(
            self: &mut Deflate,
            #[out] pending: *mut c_uint,
            #[out] bits: *mut c_int,
        ) -> Code;
        fn deflateEnd(stream: Deflate) -> Code;

        #[symbol("inflateInit_")]
        pub(super) safe fn inflate_init(
            #[out] stream: *mut Inflate,
            version: &CStr,
            #[value(STREAM_SIZE)] size: c_int,
        ) -> Code;
        #[status(ok = 0 | STREAM_END)]
        #[symbol("inflate")]
        fn inflate_step(self: &mut Inflate, flush: c_int) -> Code;
        pub(super) safe fn inflateReset(self: &mut Inflate) -> Code;
        pub(super) safe fn inflateSetDictionary(
            self: &mut Inflate,
            dictionary: &[u8],
            #[len_of(dictionary)] len: c_uint,
        ) -> Code;
        fn inflateEnd(stream: Inflate) -> Code;

        #[errno]
        #[null_is_error]
        pub(super) safe fn gzopen(path: &std::path::Path, mode: &CStr) -> File;
        #[errno(on = 0)]
        pub(super) safe fn gzwrite(
            self: &mut File,
            bytes: &[u8],
            #[len_of(bytes)] len: c_uint,
        ) -> c_int;
        #[errno(on = -1)]
        pub(super) safe fn gzread(
            self: &mut File,
            bytes: &mut [u8],
            #[len_of(bytes)] len: c_uint,
        ) -> c_int;
        pub(super) safe fn gzputs(self: &mut File, text: &CStr) -> c_int;
        pub(super) fn gzprintf(self: &mut File, format: &CStr, ...) -> c_int;
        pub(super) safe fn gzgetc(self: &mut File) -> c_int;
        pub(super) safe fn gzrewind(self: &mut File) -> c_int;
        pub(super) safe fn gztell(self: &File) -> i64;
        pub(super) safe fn gzeof(self: &File) -> c_int;
        pub(super) safe fn gzerror(self: &File, #[out] code: *mut c_int) -> &CStr;
        fn gzclose(file: File) -> Code;
    }

    /// Reads and writes what the record points to; the declared step is unsafe because of that.
    macro_rules! run {
        ($name:ident) => {
            impl $name {
                /// How much it read and wrote, and whether the stream is at its end.
                pub(super) fn run(
                    &mut self,
                    from: &[u8],
                    to: &mut [u8],
                    flush: c_int,
                ) -> farcall::Result<(usize, usize, bool)> {
                    self.0.next_in = from.as_ptr();
                    self.0.avail_in = from.len() as c_uint;
                    self.0.next_out = to.as_mut_ptr();
                    self.0.avail_out = to.len() as c_uint;
                    // SAFETY: the record points to these slices, as long as C uses it.
                    let code = unsafe { self.step(flush)? };
                    let read = from.len() - self.0.avail_in as usize;
                    let wrote = to.len() - self.0.avail_out as usize;
                    Ok((read, wrote, code == STREAM_END))
                }
            }
        };
    }

    run!(Deflate);
    run!(Inflate);
}

use zlib::Zlib;

/// zlib, if it is installed.
fn library() -> Option<Zlib> {
    match Zlib::global() {
        Ok(zlib) => Some(zlib),
        Err(error) if std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_some() => panic!("{error}"),
        Err(_) => {
            support::not_asked("zlib", "not installed; on Debian: apt-get install zlib1g");
            None
        }
    }
}

/// Text that compresses well.
fn text() -> Vec<u8> {
    b"a library that is found at run time; ".repeat(1000)
}

#[test]
fn checksums_are_those_of_the_standards() {
    let Some(zlib) = library() else { return };
    assert!(zlib.zlibVersion().to_bytes().starts_with(b"1."));
    assert_ne!(zlib.zlibCompileFlags(), 0);
    let start = (zlib.crc32(0, None), zlib.adler32(0, None));
    assert_eq!(start, (0, 1));
    // The check values of CRC-32 and Adler-32.
    assert_eq!(zlib.crc32(start.0, Some(b"123456789")), 0xcbf4_3926);
    assert_eq!(zlib.adler32(start.1, Some(b"123456789")), 0x091e_01de);
    let (one, two) = (zlib.crc32(0, Some(b"1234")), zlib.crc32(0, Some(b"56789")));
    assert_eq!(zlib.crc32_combine(one, two, 5), 0xcbf4_3926);
    let (one, two) = (
        zlib.adler32(1, Some(b"1234")),
        zlib.adler32(1, Some(b"56789")),
    );
    assert_eq!(zlib.adler32_combine(one, two, 5), 0x091e_01de);
    assert_eq!(zlib.get_crc_table()[1], 0x7707_3096);
}

#[test]
fn bytes_make_the_round_trip() -> farcall::Result<()> {
    let Some(zlib) = library() else { return Ok(()) };
    let text = text();
    let mut packed = vec![0; zlib.compressBound(text.len() as _) as usize];
    let used = zlib.compress(&mut packed, &text)?;
    assert!(used < text.len() / 20);
    let mut unpacked = vec![0; text.len()];
    assert_eq!(zlib.uncompress(&mut unpacked, &packed[..used])?, text.len());
    assert!(unpacked == text);
    let stored = zlib.compress2(&mut packed, &text, 0)?;
    assert!(stored > text.len());
    // Both lengths come back, in the order of the parameters.
    let (wrote, read) = zlib.uncompress2(&mut unpacked, &packed)?;
    assert_eq!((wrote, read), (text.len(), stored));
    Ok(())
}

#[test]
fn codes_have_their_words() {
    let Some(zlib) = library() else { return };
    let says = |error: farcall::Error, code, text: &str| {
        assert_eq!(error.status(), Some(code));
        assert!(error.to_string().starts_with(text), "{error}");
    };
    let packed = zlib.compress(&mut [0; 10], &text()).unwrap_err();
    says(packed, -5, "compress: buffer error (status -5)");
    let unpacked = zlib.uncompress(&mut [0; 10], b"no zlib data").unwrap_err();
    says(unpacked, -3, "uncompress: data error (status -3)");
    let level = zlib.deflate_init(99, zlib.zlibVersion()).unwrap_err();
    says(level, -2, "deflateInit_: stream error (status -2)");
    let version = zlib.inflate_init(c"0.1").unwrap_err();
    says(
        version,
        -6,
        "inflateInit_: incompatible version (status -6)",
    );
}

#[test]
fn streams_work_piece_by_piece() -> farcall::Result<()> {
    let Some(zlib) = library() else { return Ok(()) };
    let text = text();
    let mut deflate = zlib.deflate_init2(9, zlib::DEFLATED, 15, 8, 0, zlib.zlibVersion())?;
    let mut packed = vec![0; deflate.bound(text.len() as _) as usize];
    let mut used = 0;
    for _ in 0..2 {
        // A stream that was moved is still at the address that zlib knows.
        let mut moved = deflate;
        let half = text.len() / 2;
        let (read, wrote, _) = moved.run(&text[..half], &mut packed, zlib::NO_FLUSH)?;
        assert_eq!(read, half);
        let (_, more, end) = moved.run(&text[half..], &mut packed[wrote..], zlib::FINISH)?;
        assert!(end);
        assert_eq!(moved.Pending()?, (0, 0));
        used = wrote + more;
        moved.reset()?;
        deflate = moved;
    }
    drop(deflate);
    let mut inflate = zlib.inflate_init(zlib.zlibVersion())?;
    let mut unpacked = Vec::new();
    let (mut at, mut end) = (0, false);
    while !end {
        let mut piece = [0; 777];
        let (read, wrote, done) = inflate.run(&packed[at..used], &mut piece, zlib::NO_FLUSH)?;
        unpacked.extend_from_slice(&piece[..wrote]);
        (at, end) = (at + read, done);
    }
    assert!(unpacked == text && at == used);
    inflate.Reset()?;
    inflate.End()
}

#[test]
fn dictionaries_are_needed_on_both_sides() -> farcall::Result<()> {
    let Some(zlib) = library() else { return Ok(()) };
    let mut deflate = zlib.deflate_init(6, zlib.zlibVersion())?;
    deflate.SetDictionary(b"found at run time")?;
    let mut packed = [0; 100];
    let (_, used, _) = deflate.run(b"found at run time", &mut packed, zlib::FINISH)?;
    let mut inflate = zlib.inflate_init(zlib.zlibVersion())?;
    let mut out = [0; 100];
    let error = inflate
        .run(&packed[..used], &mut out, zlib::NO_FLUSH)
        .unwrap_err();
    assert!(
        error.to_string().contains("need dictionary (status 2)"),
        "{error}"
    );
    inflate.SetDictionary(b"found at run time")?;
    // The header has been read: id and length of the dictionary.
    let (_, wrote, end) = inflate.run(&packed[6..used], &mut out, zlib::NO_FLUSH)?;
    assert!(end && out[..wrote] == *b"found at run time");
    Ok(())
}

#[test]
fn files_are_written_and_read() -> farcall::Result<()> {
    let Some(zlib) = library() else { return Ok(()) };
    let scratch = support::Scratch::new();
    let path = scratch.path("notes.gz");
    let mut file = zlib.gzopen(&path, c"wb9")?;
    assert_eq!(file.gzwrite(b"one\n")?, 4);
    assert_eq!(file.gzputs(c"two\n"), 4);
    // SAFETY: the arguments are those of the format.
    let printed = unsafe { file.gzprintf(c"%s %d\n", (c"three", 3)) };
    assert_eq!((printed, file.gztell()), (8, 16));
    file.gzclose()?;
    let mut file = zlib.gzopen(&path, c"rb")?;
    let mut bytes = [0; 100];
    assert_eq!(file.gzread(&mut bytes)?, 16);
    assert_eq!(bytes[..16], *b"one\ntwo\nthree 3\n");
    assert_eq!(
        (file.gzgetc(), file.gzrewind(), file.gzgetc()),
        (-1, 0, b'o'.into())
    );
    assert_eq!(file.gzeof(), 0);
    assert_eq!(file.gzerror(), (c"", 0));
    let error = zlib.gzopen(&scratch.path("none"), c"rb").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("gzopen: errno 2: No such file"),
        "{error}"
    );
    Ok(())
}
