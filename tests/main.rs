//! The integration tests, in one binary.

mod pages;
mod texts;
