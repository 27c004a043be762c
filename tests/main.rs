//! Everything that is tested from the outside, in one binary, which links once.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod contract;
