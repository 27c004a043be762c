//! The integration tests, in one binary.

mod architecture;
mod config;
mod pages;
mod parties;
mod texts;
