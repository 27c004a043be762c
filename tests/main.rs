//! The integration tests, in one binary, which links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod architecture;
mod attacks;
mod chains;
mod cli;
mod config;
mod contract;
mod desk;
mod fuzz;
mod imports;
mod journeys;
mod newcomers;
mod pages;
mod parties;
mod people;
mod pictures;
mod texts;
mod tokens;
mod trust;
mod world;
mod xml;
