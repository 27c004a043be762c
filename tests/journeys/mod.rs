//! Whole logins over HTTP.

mod browser_mishaps;
mod logout;
mod refusals;
mod stories;
