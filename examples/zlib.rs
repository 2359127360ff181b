//! zlib, found at run time: packs a text and unpacks it again.
//!
//! ```console
//! $ cargo run --example zlib -- "some text"
//! ```

use farcall::foreign_lib;
use std::process::ExitCode;

/// The C prototypes of the header, with what C cannot say.
#[foreign_lib(
    names(linux = "libz.so.1", macos = "libz.1.dylib", windows = "zlib1.dll"),
    unsafe(load),
    unsafe(sync)
)]
mod zlib {
    use std::ffi::{CStr, c_int, c_uint, c_ulong};

    /// zlib.
    pub(crate) struct Zlib;

    #[status(ok = 0, text = zError)]
    pub(crate) struct Code(c_int);

    unsafe extern "C" {
        #[symbol("zlibVersion")]
        pub(crate) safe fn version() -> &'static CStr;
        pub(crate) safe fn zError(code: c_int) -> &'static CStr;
        pub(crate) safe fn crc32(
            crc: c_ulong,
            bytes: &[u8],
            #[len_of(bytes)] len: c_uint,
        ) -> c_ulong;
        #[symbol("compressBound")]
        pub(crate) safe fn compress_bound(len: c_ulong) -> c_ulong;
        pub(crate) safe fn compress(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] len: c_ulong,
        ) -> Code;
        pub(crate) safe fn uncompress(
            to: &mut [u8],
            #[len_of(to)] used: *mut c_ulong,
            from: &[u8],
            #[len_of(from)] len: c_ulong,
        ) -> Code;
    }
}

fn main() -> ExitCode {
    let text = std::env::args().nth(1);
    let text = text.unwrap_or_else(|| "a library that is found at run time; ".repeat(20));
    match round_trip(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // It says which names were tried, or which function failed and why.
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn round_trip(text: &[u8]) -> farcall::Result<()> {
    let zlib = zlib::Zlib::load()?;
    println!("zlib {}", zlib.version().to_string_lossy());
    println!("crc32 {:08x}", zlib.crc32(0, text));

    let mut packed = vec![0; zlib.compress_bound(text.len() as _) as usize];
    let used = zlib.compress(&mut packed, text)?;
    println!("{} bytes become {used}", text.len());

    let mut unpacked = vec![0; text.len()];
    let size = zlib.uncompress(&mut unpacked, &packed[..used])?;
    println!("and {size} again, the same: {}", unpacked == text);

    // The library's own words for what went wrong.
    if let Err(error) = zlib.uncompress(&mut unpacked, b"no zlib data") {
        println!("{error}");
    }
    Ok(())
}
