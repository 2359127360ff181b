//! Does a declared library behave as its declaration says?
#![cfg(feature = "macros")]

#[cfg(unix)]
mod chipmunk;
mod closures;
mod conversions;
mod declared;
mod handles;
#[cfg(unix)]
mod libc;
#[cfg(unix)]
mod libxml2;
mod loading;
mod sqlite;
mod zlib;
