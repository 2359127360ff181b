//! Closures that run on one thread, whoever calls them.
//!
//! Guarantee: a job runs on the dispatcher's thread or not at all; whoever waits for one is
//! released when it has run, failed, or can no longer run.
#![allow(
    unsafe_code,
    reason = "arguments are copied, and closures reached through their block"
)]
/// x
pub struct Dispatcher;
/// x
pub struct Stopper;
