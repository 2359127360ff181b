//! Call C libraries found at run time, at native speed.
#![deny(unsafe_code)]
