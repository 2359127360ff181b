//! Does a declared library behave as its declaration says?
#![cfg(feature = "macros")]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod bindgen;
#[cfg(unix)]
mod chipmunk;
mod closures;
mod conversions;
mod declared;
mod environment;
mod handles;
#[cfg(unix)]
mod libc;
#[cfg(unix)]
mod libxml2;
mod loading;
#[cfg(target_os = "linux")]
mod packagers;
mod parts;
mod sqlite;
mod zlib;
