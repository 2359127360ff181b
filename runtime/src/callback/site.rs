//! The families of typed closures, found by the constant that describes their types.
//!
//! Guarantee: finding a family that was found before takes no lock and allocates nothing.
#![allow(unsafe_code, reason = "a list that only grows is read without a lock")]

use super::family::{Family, Use};
use crate::backend::Engine;
use crate::convert::CallSite;
use crate::error::{ErrorKind, Result};
use crate::function::native;
use crate::types::{CallConv, FnType, RustType, Type};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A family that was found, in a list that is never cut.
struct Found {
    key: Key,
    family: &'static Family,
    next: *const Found,
}

/// Equal addresses mean equal types; the same types may have several addresses.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    site: *const CallSite,
    conv: CallConv,
    of: Use,
    /// The engine that was asked for.
    engine: Option<Engine>,
}

const BUCKETS: usize = 64;

static FOUND: [AtomicPtr<Found>; BUCKETS] = [const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS];

impl Family {
    /// The family of closures that a typed callback with these types has.
    #[inline]
    pub(super) fn of_site(
        site: &'static CallSite,
        conv: CallConv,
        of: Use,
        engine: Option<Engine>,
    ) -> Result<&'static Self> {
        let key = Key {
            site,
            conv,
            of,
            engine,
        };
        if let Some(family) = key.find() {
            return Ok(family);
        }
        let ty = fn_type(site, conv)?;
        native(ty, site)?;
        let family = Self::of(ty, of, engine)?;
        key.remember(family);
        Ok(family)
    }
}

impl Key {
    fn bucket(self) -> &'static AtomicPtr<Found> {
        &FOUND[(self.site.addr() >> 4) % BUCKETS]
    }

    #[inline]
    fn find(self) -> Option<&'static Family> {
        let mut next: *const Found = self.bucket().load(Ordering::Acquire);
        // SAFETY: null or leaked, and never changed once it is in the list.
        while let Some(found) = unsafe { next.as_ref() } {
            if found.key == self {
                return Some(found.family);
            }
            next = found.next;
        }
        None
    }

    #[cold]
    fn remember(self, family: &'static Family) {
        let bucket = self.bucket();
        let mut head = bucket.load(Ordering::Acquire);
        let new = Box::into_raw(Box::new(Found {
            key: self,
            family,
            next: head,
        }));
        while let Err(now) = bucket.compare_exchange(head, new, Ordering::AcqRel, Ordering::Acquire)
        {
            head = now;
            // SAFETY: from a box, and in no list yet.
            unsafe { (*new).next = head };
        }
    }
}

/// The C function type of a typed callback.
fn fn_type(site: &CallSite, conv: CallConv) -> Result<FnType> {
    let mut builder = FnType::builder()
        .call_conv(conv)
        .result(to_type(site.result)?);
    for param in site.params {
        builder = builder.unnamed_param(to_type(*param)?);
    }
    Ok(builder.build()?)
}

fn to_type(ty: RustType) -> Result<Type> {
    if let RustType::Array(..) = ty {
        return Err(ErrorKind::Unsupported {
            what: format!("a callback with {ty} by value"),
            why: "C passes arrays by address; write a pointer to the element".to_owned(),
        }
        .into());
    }
    Ok(ty.to_type()?)
}
