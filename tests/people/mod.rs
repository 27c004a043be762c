//! People from schools' systems: planned, taken in, looked up, and logged in as.

mod command;
mod importing;
mod logging_in;
mod planning;
mod school;
mod speed;
