//! Calls of compiled code where no encoder makes code to run.
#![allow(unsafe_code, reason = "it has the face of `entry`")]

use crate::abi::Abi;
use crate::trampoline::Results;
use crate::{Error, Result};
use std::ffi::c_void;

/// There is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Convention {}

impl Convention {
    pub(crate) fn of(abi: &Abi) -> Result<Self> {
        Err(Error::foreign(abi))
    }

    /// # Safety
    /// It cannot be called.
    pub(crate) unsafe fn invoke(
        self,
        _: *const u8,
        _: Results,
        _: *const c_void,
        _: *const u8,
        _: *mut u64,
        _: *mut u8,
    ) -> u64 {
        match self {}
    }
}
