//! HTTP: how browsers, services and upstreams reach the journey, and what browsers meet.

pub mod assets;
pub mod headers;
pub mod pages;
pub mod serve;
