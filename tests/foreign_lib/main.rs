//! Does a declared library behave as its declaration says?
#![cfg(feature = "macros")]

mod conversions;
mod declared;
mod handles;
mod loading;
mod sqlite;
mod zlib;
