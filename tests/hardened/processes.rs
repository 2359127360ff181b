//! Processes that fork, or close what is not theirs.

use std::io::{self, Read};

use support::child::{alone, descriptors, fork};

use super::{check, check_all, first, function};

#[test]
fn parent_and_child_of_a_fork_bind_new_shapes_and_keep_the_old() {
    alone(|| {
        let old = [function(0), function(1)];
        check(&old[0]);
        let (mut parent_is_done, tell) = io::pipe().unwrap();
        let child = fork(|| {
            check_all(2..100, first());
            // SAFETY: not used here; while it is open, the end does not come.
            unsafe { libc::close(std::os::fd::AsRawFd::as_raw_fd(&tell)) };
            parent_is_done.read_to_end(&mut Vec::new()).unwrap();
            old.iter().for_each(check);
            check_all(50..150, first());
        });
        check_all(200..300, first());
        drop(tell);
        child.join();
        old.iter().for_each(check);
        check_all(200..350, first());
    });
}

#[test]
fn a_program_that_closes_every_descriptor_binds_new_shapes() {
    alone(|| {
        let old = function(0);
        check(&old);
        for (number, _) in descriptors() {
            if number > 2 {
                // SAFETY: the point of the test: a program can close any number.
                unsafe { libc::close(number) };
            }
        }
        check_all(1..60, first());
        check(&old);
    });
}
