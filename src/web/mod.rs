//! What browsers meet.

pub mod assets;
pub mod headers;
pub mod pages;
//! HTTP: how browsers, services and upstreams reach the journey.

pub mod serve;
