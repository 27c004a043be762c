//! Everything that is tested from the outside, in one binary, which links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod architecture;
mod config;
mod contract;
mod journeys;
mod pages;
mod parties;
mod texts;
mod world;
mod xml;
