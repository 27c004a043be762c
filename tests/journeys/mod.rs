//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod logout;
mod reasons;
mod refusals;
mod stories;
