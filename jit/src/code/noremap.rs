//! This system does not put one mapping in the place of another in one step.
#![allow(unsafe_code, reason = "the face of the module that does")]

use std::convert::Infallible;
use std::ffi::CStr;
use std::io;
use std::ptr::NonNull;

/// Whether mappings can be duplicated.
pub(super) const DUPLICATES: bool = false;

/// A mapping that cannot be made.
pub(super) struct Chunk(Infallible);

impl Chunk {
    /// Refuses.
    pub(super) unsafe fn duplicate(_template: NonNull<u8>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) unsafe fn move_to(self, _place: NonNull<u8>) -> io::Result<()> {
        match self.0 {}
    }
}

/// Refuses.
pub(super) unsafe fn renew(_place: NonNull<u8>, _data: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// An image that cannot be made.
pub(super) struct Image(Infallible);

impl Image {
    /// Refuses.
    pub(super) fn new(_name: &CStr, _data: &[u8]) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) unsafe fn put(&self, _place: NonNull<u8>) -> io::Result<()> {
        match self.0 {}
    }
}

/// Does nothing.
pub(super) fn name(_place: NonNull<u8>, _name: &CStr) {}
