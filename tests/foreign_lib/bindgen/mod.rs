//! Does what bindgen prints paste in unchanged?

mod epoll;
mod zlib;

use epoll::epoll as system;
use std::ffi::CStr;
use zlib::zlib as z;

#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "every function of these modules is unsafe; the arguments are those of the manuals"
)]
#[test]
fn is_zlib_as_bindgen_prints_it_a_library() {
    // SAFETY: it is zlib.
    let lib = match unsafe { z::Zlib::load() } {
        Ok(lib) => lib,
        Err(error) => return support::not_asked("bindgen\'s zlib", &error.to_string()),
    };
    // SAFETY: the arguments are what zlib\'s manual asks for, here and below.
    let version = unsafe { CStr::from_ptr(lib.zlibVersion()) };
    assert!(version.to_bytes().starts_with(b"1."));
    assert_eq!(
        unsafe { lib.crc32(0, b"123456789".as_ptr(), 9) },
        0xcbf4_3926
    );
    let text = b"as bindgen printed it, as bindgen printed it";
    let mut packed = [0u8; 100];
    let mut stream: z::z_stream = unsafe { std::mem::zeroed() };
    let size = size_of::<z::z_stream>() as i32;
    assert_eq!(
        unsafe { lib.deflateInit_(&mut stream, 9, version.as_ptr(), size) },
        0
    );
    (stream.next_in, stream.avail_in) = (text.as_ptr().cast_mut(), text.len() as u32);
    (stream.next_out, stream.avail_out) = (packed.as_mut_ptr(), 100);
    assert_eq!(
        unsafe { lib.deflate(&mut stream, z::Z_FINISH as i32) },
        z::Z_STREAM_END as i32
    );
    let length = stream.total_out;
    assert_eq!(unsafe { lib.deflateEnd(&mut stream) }, 0);
    assert!(length < text.len() as u64);
    let (mut to, mut used) = ([0u8; 100], 100);
    let code = unsafe { lib.uncompress(to.as_mut_ptr(), &mut used, packed.as_ptr(), length) };
    assert_eq!((code, &to[..used as usize]), (0, &text[..]));
}

#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "every function of these modules is unsafe; the arguments are those of the manuals"
)]
#[test]
fn are_unions_and_packed_records_and_bit_fields_of_the_library() {
    // SAFETY: the C library is part of the program.
    let lib = unsafe { system::Epoll::load() }.unwrap();
    // SAFETY: the descriptors are this test\'s own, here and below.
    let (queue, ends) = unsafe {
        let mut ends = [0; 2];
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        (lib.epoll_create1(0), ends)
    };
    let mut event = system::epoll_event {
        events: system::EPOLL_EVENTS_EPOLLIN,
        data: system::epoll_data { u64_: 77 },
    };
    let add = system::EPOLL_CTL_ADD as i32;
    assert_eq!(unsafe { lib.epoll_ctl(queue, add, ends[0], &mut event) }, 0);
    event.data.u64_ = 0;
    assert_eq!(unsafe { lib.epoll_wait(queue, &mut event, 1, 0) }, 0);
    assert_eq!(unsafe { libc::write(ends[1], [1u8].as_ptr().cast(), 1) }, 1);
    assert_eq!(unsafe { lib.epoll_wait(queue, &mut event, 1, 1000) }, 1);
    assert_eq!(unsafe { event.data.u64_ }, 77);
    for end in ends.into_iter().chain([queue]) {
        assert_eq!(unsafe { libc::close(end) }, 0);
    }
    // SAFETY: it is made of numbers.
    let mut header: system::iphdr = unsafe { std::mem::zeroed() };
    header.set_version(4);
    header.set_ihl(5);
    assert_eq!((header.version(), header.ihl()), (4, 5));
}
