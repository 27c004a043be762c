//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod levels;
mod logout;
mod presets;
mod reasons;
mod refusals;
mod single_logout;
mod stories;
