//! Watching: what is logged and what is counted. Never who: no names, no CPR, no tokens (L01).

pub mod clocks;
pub mod health;
pub mod log;
pub mod metrics;
pub mod trust;
