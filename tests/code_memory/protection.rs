//! Is Windows kept from giving code more access than it had when it was made?

use std::ffi::c_void;
use std::ptr;

use farcall_jit::code::stubs::{DISTANCE, STUBS, StubCode};
use farcall_jit::code::{Arena, Code, Strategy};

use crate::machine::{Piece, returning, stub};

const PAGE_READWRITE: u32 = 0x04;
const PAGE_EXECUTE_READ: u32 = 0x20;
const PAGE_EXECUTE_READWRITE: u32 = 0x40;
const MEM_COMMIT: u32 = 0x1000;
const MEM_IMAGE: u32 = 0x100_0000;

/// `MEMORY_BASIC_INFORMATION`
#[derive(Clone, Copy)]
#[repr(C)]
struct Region {
    start: usize,
    allocation: usize,
    first_access: u32,
    partition: u16,
    len: usize,
    state: u32,
    access: u32,
    kind: u32,
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn VirtualProtect(start: *mut c_void, len: usize, access: u32, old: *mut u32) -> i32;
    fn VirtualQuery(start: *const c_void, region: *mut Region, len: usize) -> usize;
}

/// The region that an address is in, if it is an address of programs.
fn region(address: usize) -> Option<Region> {
    let mut region = Region {
        start: 0,
        allocation: 0,
        first_access: 0,
        partition: 0,
        len: 0,
        state: 0,
        access: 0,
        kind: 0,
    };
    let at = ptr::without_provenance(address);
    // SAFETY: the region is a valid place for the answer.
    let len = unsafe { VirtualQuery(at, &raw mut region, size_of::<Region>()) };
    (len != 0).then_some(region)
}

/// Asks for another access to the page of `code`, and gives back what it got.
fn can_become(code: Code, access: u32) -> bool {
    let (page, mut old) = (code.entry().cast_mut().cast(), 0);
    // SAFETY: the page stays readable and executable while it is executed: this thread asks, and
    // no other has an address in it.
    let changed = unsafe { VirtualProtect(page, 1, access, &raw mut old) } != 0;
    if changed {
        // SAFETY: as above.
        unsafe { VirtualProtect(page, 1, old, &raw mut old) };
    }
    changed
}

#[test]
fn code_in_a_section_cannot_be_made_writable() {
    let arena = Arena::new(&[Strategy::MemoryFile]);
    let code = arena.publish(&returning(1)).unwrap();
    assert!(!can_become(code, PAGE_READWRITE));
    assert!(!can_become(code, PAGE_EXECUTE_READWRITE));
    assert!(can_become(code, PAGE_EXECUTE_READ), "the question is heard");
}

#[test]
fn no_page_is_writable_and_executable() {
    let published = Strategy::ALL.chunks(1).map(|strategy| {
        let arena = Arena::new(strategy);
        Piece::publish(&arena, 3);
        Piece::publish(&arena, 4)
    });
    let tables = StubCode::new(&stub()).unwrap();
    let table = tables.table().unwrap();
    let stubs = [table.stub(0), table.stub(STUBS - 1)].map(<*const u8>::addr);
    let pieces: Vec<_> = published.map(|piece| piece.code.entry().addr()).collect();
    for address in pieces.into_iter().chain(stubs) {
        assert_eq!(region(address).unwrap().access, PAGE_EXECUTE_READ);
    }
    let record = region(table.stub(0).addr() + DISTANCE).unwrap();
    assert_eq!(record.access, PAGE_READWRITE);

    let mut next = 0;
    while let Some(region) = region(next) {
        let ours = region.state == MEM_COMMIT && region.kind != MEM_IMAGE;
        let both = region.access & 0xf0 >= PAGE_EXECUTE_READWRITE;
        assert!(!(ours && both), "{:#x}: {:#x}", region.start, region.access);
        next = region.start + region.len;
    }
}

#[test]
fn pieces_share_pages() {
    let arena = Arena::new(&[Strategy::MemoryFile]);
    let pieces: Vec<_> = (0..1000)
        .map(|value| Piece::publish(&arena, value))
        .collect();
    pieces.iter().for_each(Piece::check);
    assert_eq!(arena.usage().chunks, 1);
    assert_eq!(arena.usage().abandoned, 0);
}
