//! Whole logins over HTTP.

mod stories;
