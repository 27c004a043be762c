//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod conformance;
mod logout;
mod reasons;
mod refusals;
mod rotation;
mod stories;
