//! HTTP: how browsers, services and upstreams reach the journey.

pub mod assets;
pub mod headers;
pub mod pages;
pub mod serve;
