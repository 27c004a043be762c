//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod evidence;
mod logout;
mod reasons;
mod refusals;
mod single_logout;
mod stories;
