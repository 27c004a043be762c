//! HTTP: how browsers, services and upstreams reach the journey.

pub mod serve;
