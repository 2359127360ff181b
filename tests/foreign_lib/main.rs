//! Does a declared library behave as its declaration says?
#![cfg(feature = "macros")]

mod sqlite;
