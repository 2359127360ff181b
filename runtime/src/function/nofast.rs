//! The shortest ways into generated code, in a program that is built without any: they are closed.
#![allow(
    unsafe_code,
    reason = "the functions have the contracts of those that call"
)]

use crate::backend::Prepared;
use crate::types::FnType;
use crate::value::Value;
use std::ffi::c_void;

#[derive(Clone)]
pub(super) struct Fast;

impl Fast {
    pub(super) fn new(_: Option<Prepared>, _: FnType) -> Self {
        Self
    }

    pub(super) fn warm(&self, _: Prepared, _: FnType) {}

    /// # Safety
    /// None; nothing is called.
    #[inline(always)]
    pub(super) unsafe fn call_values(&self, _: *const c_void, _: &[Value<'_>]) -> Option<u64> {
        None
    }

    pub(super) fn warm_prepared(_: Prepared, _: FnType) {}

    /// # Safety
    /// None; nothing is called.
    pub(super) unsafe fn call_prepared(
        _: Prepared,
        _: FnType,
        _: *const c_void,
        _: &[Value<'_>],
    ) -> Option<u64> {
        None
    }

    /// # Safety
    /// None; nothing is called.
    #[inline(always)]
    pub(super) unsafe fn call_slots(&self, _: *const c_void, _: *const u64) -> Option<u64> {
        None
    }
}
