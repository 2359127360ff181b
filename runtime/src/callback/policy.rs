//! On which threads a callback's closure runs.
#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::marker::PhantomData;

/// The closure runs on the thread that made the callback, and nowhere else: a call on another
/// thread does not run it, C gets the fallback value, and
/// [`Callback::take_refused`](super::Callback::take_refused) tells.
#[derive(Debug)]
pub enum Confined {}

/// The closure runs on whichever thread C calls on, on several at once.
#[derive(Debug)]
pub enum AnyThread {}

/// The closure runs on the thread of a [`Dispatcher`](super::Dispatcher); C waits for it.
#[derive(Debug)]
pub struct Dispatched(OwnThread);

/// The closure runs on the thread of a [`Dispatcher`](super::Dispatcher), later; C goes on at once.
#[derive(Debug)]
pub struct Queued(OwnThread);

/// Keeps what is of these policies on its thread: a builder takes a closure for one of the
/// dispatcher's thread, where it is.
#[derive(Debug)]
struct OwnThread {
    _never: Infallible,
    _thread: PhantomData<*const ()>,
}

/// The policies of closures that a [`Dispatcher`](super::Dispatcher) runs.
pub trait OnDispatcher: sealed::OnDispatcher {}

impl OnDispatcher for Dispatched {}
impl OnDispatcher for Queued {}

mod sealed {
    pub trait OnDispatcher {}
    impl OnDispatcher for super::Dispatched {}
    impl OnDispatcher for super::Queued {}
}
