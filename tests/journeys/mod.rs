//! Whole logins over HTTP.

mod browser_mishaps;
mod stories;
