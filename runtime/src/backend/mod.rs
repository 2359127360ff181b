//! The engines that carry out run-time-typed calls.

/// What each engine has prepared for one function type.
pub(crate) struct Engines {}

impl Engines {
    pub(crate) const fn new() -> Self {
        Self {}
    }
}
