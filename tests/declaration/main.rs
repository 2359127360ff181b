//! Is C text read as C reads it?

mod accepted;
mod bit_fields;
mod bounded;
mod layout;
mod numbers;
mod random;
mod refused;
