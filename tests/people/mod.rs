//! People from schools' systems: planned, taken in, looked up, and logged in as.

mod asking;
mod command;
mod folders;
mod identities;
mod importing;
mod logging_in;
mod over_http;
mod planning;
mod properties;
mod protecting;
pub(crate) mod school;
mod speed;
