//! The macros of `farcall`; use them through that crate.
#![forbid(unsafe_code)]
