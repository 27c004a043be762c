//! What browsers meet.

pub mod assets;
pub mod headers;
pub mod pages;
