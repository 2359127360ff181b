//! Generated stubs and upcall trampolines.

use crate::callback::{Slot, Use};
use crate::error::{ErrorKind, Result};
use crate::types::FnType;

/// What the stubs of one function type share; lives for ever.
pub(crate) struct Stubs;

impl Stubs {
    pub(crate) fn new(_ty: FnType, _of: Use) -> Result<Self> {
        Err(ErrorKind::Unsupported {
            what: "a generated callback".into(),
            why: "not yet".into(),
        }
        .into())
    }
    pub(crate) fn trampoline(&self) -> Option<*const ()> {
        None
    }
    pub(crate) fn grow(&self) -> Result<Vec<Slot>> {
        Ok(Vec::new())
    }
}
