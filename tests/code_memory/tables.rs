//! What do stub tables cost, can they be changed, and what if the system refuses?

use std::ffi::c_int;
use std::io;

use farcall_jit::Error;
use farcall_jit::code::Strategy;
use farcall_jit::code::stubs::{DISTANCE, STUBS, StubCode, StubTable, Tombstones};

use support::child::{alone, code_descriptors, descriptors};
use support::refuse::{exec_gain, executable_mappings, limit, memory_files, mremap};

use super::machine::stub;
use super::smaps;
use super::stubs::{call, check, fill, record, the_shim};

fn kind() -> StubCode {
    StubCode::new(&stub()).unwrap()
}

fn filled(kind: &StubCode, base: u64) -> StubTable {
    let table = kind.table().unwrap();
    fill(table, base);
    check(table, base);
    table
}

/// The strategy that a table was made by.
fn strategy(table: StubTable) -> Strategy {
    match smaps::at(table.stub(0)).name.as_str() {
        "/memfd:farcall-stubs (deleted)" => Strategy::MemoryFile,
        "" => Strategy::SealedPages,
        other => panic!("{other}"),
    }
}

#[test]
fn a_hundred_tables_are_the_same_pages() {
    if support::is_kept_from_asking("how the pages of a table are mapped") {
        return;
    }
    alone(|| {
        let kind = kind();
        let tables: Vec<_> = (0..100).map(|n| filled(&kind, n << 20)).collect();
        for table in &tables {
            let stubs = smaps::at(table.stub(0));
            assert_eq!((stubs.access.as_str(), stubs.kib("Rss")), ("r-xs", 64));
            assert_eq!(stubs.kib("Private_Dirty"), 0);
        }
        let pages = smaps::sum("farcall-stubs", "Pss");
        assert!(pages <= 64, "{pages} KiB");
        assert_eq!(smaps::sum("farcall-stubs", "Size"), 101 * 64);
    });
}

#[test]
fn stubs_cannot_be_made_writable() {
    if support::is_kept_from_asking("how the pages of a table are mapped") {
        return;
    }
    let table = filled(&kind(), 0);
    for access in [
        libc::PROT_WRITE,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
    ] {
        let stubs = table.stub(0).cast_mut().cast();
        // SAFETY: it is asked for the stubs of this test, and refused.
        let result = unsafe { libc::mprotect(stubs, DISTANCE, access) };
        let reason = io::Error::last_os_error().raw_os_error();
        assert_eq!((result, reason), (-1, Some(libc::EACCES)));
    }
    check(table, 0);
}

#[test]
fn records_cannot_be_executed_and_sealed_stubs_not_written() {
    if support::is_kept_from_asking("how the pages of a table are mapped") {
        return;
    }
    for (strategies, stubs) in [
        (&[Strategy::MemoryFile], "r-xs"),
        (&[Strategy::SealedPages], "r-xp"),
    ] {
        let kind = StubCode::with_strategies(&stub(), strategies).unwrap();
        let table = filled(&kind, 0);
        assert_eq!(smaps::at(table.stub(STUBS - 1)).access, stubs);
        assert_eq!(smaps::at(table.record(0)).access, "rw-p");
    }
}

#[test]
fn tables_need_no_descriptor() {
    if support::is_kept_from_asking("how the pages of a table are mapped") {
        return;
    }
    alone(|| {
        let kind = kind();
        let before = descriptors().len();
        let first = filled(&kind, 0);
        assert_eq!(descriptors().len(), before + 1, "the shim's chunk alone");
        let tombstones = Tombstones::new(&record(7)).unwrap();
        assert_eq!(descriptors().len(), before + 1);
        for (number, _) in descriptors() {
            if number > 2 {
                // SAFETY: the point of the test: a program can close any number.
                unsafe { libc::close(number) };
            }
        }
        limit(libc::RLIMIT_NOFILE, 0);
        let second = filled(&kind, 1 << 20);
        // SAFETY: the stubs go to the shim, with either record.
        unsafe { first.retire(&tombstones) }.unwrap();
        limit(libc::RLIMIT_NOFILE, 100);
        assert_eq!(strategy(second), Strategy::MemoryFile);
        check(second, 1 << 20);
        assert_eq!(call(first, 5), 7);
    });
}

#[test]
fn a_file_that_got_the_number_of_ours_is_left_alone() {
    alone(|| {
        let kind = kind();
        the_shim();
        // every number up to 50 is taken and free again, the last ones for `taken`
        let first = filled(&kind, 0);
        let taken: Vec<_> = (0..50).map(|_| io::pipe().unwrap()).collect();
        let tables: Vec<_> = (1..20).map(|n| filled(&kind, n << 20)).collect();
        drop(Tombstones::new(&record(7)).unwrap());
        for (reader, mut writer) in taken {
            io::Write::write_all(&mut writer, b"x").unwrap();
            drop(writer);
            assert_eq!(io::read_to_string(reader).unwrap(), "x");
        }
        check(first, 0);
        (1..)
            .zip(&tables)
            .for_each(|(n, table)| check(*table, n << 20));
    });
}

#[test]
fn a_file_size_limit_of_zero_leads_to_pages_and_kills_no_one() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| {
        the_shim();
        let kind = kind();
        limit(libc::RLIMIT_FSIZE, 0);
        assert_eq!(strategy(filled(&kind, 0)), Strategy::SealedPages);
        let refused = Tombstones::new(&record(7)).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EFBIG));
        limit(libc::RLIMIT_FSIZE, libc::RLIM_INFINITY);
        assert_eq!(strategy(filled(&kind, 1)), Strategy::MemoryFile);
        limit(libc::RLIMIT_FSIZE, 0);
        // nothing is written any more
        assert_eq!(strategy(filled(&kind, 2)), Strategy::MemoryFile);
    });
}

#[test]
fn refused_memory_files_lead_to_pages_and_retire_nothing() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| {
        the_shim();
        memory_files();
        let table = filled(&kind(), 0);
        assert_eq!(strategy(table), Strategy::SealedPages);
        let refused = Tombstones::new(&record(7)).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
        check(table, 0);
    });
}

#[test]
fn a_process_that_may_not_gain_executable_memory_has_tables() {
    alone(|| {
        if !exec_gain() {
            return support::not_asked("PR_SET_MDWE", "this kernel does not know it");
        }
        let kind = kind();
        for n in 0..10 {
            let table = filled(&kind, n);
            assert_eq!(strategy(table), Strategy::MemoryFile);
            // SAFETY: the stubs go to the shim, with either record.
            unsafe { table.retire(&Tombstones::new(&record(7)).unwrap()) }.unwrap();
            // SAFETY: as above.
            unsafe { table.revive(&record(8)) }.unwrap();
            assert_eq!(call(table, 0), 8);
        }
        let pages = StubCode::with_strategies(&stub(), &[Strategy::SealedPages]).unwrap();
        let error = pages.table().unwrap_err().to_string();
        assert!(error.contains("sealed pages: Permission denied"), "{error}");
    });
}

#[test]
fn both_refused_is_an_error_with_both_reasons_and_no_leak() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| {
        let (before, new) = (kind(), kind());
        let table = filled(&before, 0);
        executable_mappings();
        let expected = [
            ("memory file", Some(libc::EPERM)),
            ("sealed pages", Some(libc::EPERM)),
        ];
        let refuse = || match new.table() {
            Err(Error::Memory { tried }) => {
                let tried = tried
                    .iter()
                    .map(|(way, reason)| (*way, reason.raw_os_error()));
                assert!(tried.eq(expected));
            }
            other => panic!("{other:?}"),
        };
        refuse();
        let (mapped, files) = (mapped_size(), code_descriptors().len());
        (0..1000).for_each(|_| refuse());
        assert!(
            mapped_size() < mapped + 100 * DISTANCE,
            "refused tables stay mapped"
        );
        assert_eq!(code_descriptors().len(), files);
        // a kind that has its template needs no new mapping of the file
        filled(&before, 1);
        check(table, 0);
    });
}

/// The sum of all mappings, in bytes.
fn mapped_size() -> usize {
    let lens = smaps::mappings()
        .into_iter()
        .map(|mapping| mapping.range.len());
    lens.sum()
}

/// What is refused changes nothing and leaves nothing behind.
fn retire_refused(flags: c_int) {
    let kind = kind();
    let tombstones = Tombstones::new(&record(7)).unwrap();
    let table = filled(&kind, 0);
    mremap(flags);
    let before = mapped_size();
    for _ in 0..1000 {
        // SAFETY: the stubs go to the shim, with either record.
        let refused = unsafe { table.retire(&tombstones) }.unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
        // SAFETY: as above.
        let refused = unsafe { table.revive(&record(8)) }.unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
    }
    assert!(mapped_size() < before + 100 * DISTANCE);
    check(table, 0);
    assert_eq!(strategy(filled(&kind, 1)), Strategy::SealedPages);
}

#[test]
fn refused_duplicates_lead_to_pages_and_retire_nothing() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| retire_refused(libc::MREMAP_MAYMOVE));
}

#[test]
fn refused_moves_lead_to_pages_and_retire_nothing() {
    if support::is_kept_from_asking("a refused system call") {
        return;
    }
    alone(|| retire_refused(libc::MREMAP_FIXED));
}

#[test]
fn mappings_have_names() {
    if support::is_kept_from_asking("how the pages of a table are mapped") {
        return;
    }
    let table = filled(&kind(), 0);
    assert_eq!(strategy(table), Strategy::MemoryFile);
    let name = smaps::at(table.record(0)).name;
    match name.as_str() {
        "" => support::not_asked("names of mappings", "this kernel does not keep them"),
        name => assert_eq!(name, "[anon:farcall records]"),
    }
}
