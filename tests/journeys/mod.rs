//! Whole logins over HTTP.

mod browser_mishaps;
mod refusals;
mod stories;
