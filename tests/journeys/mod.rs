//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod eids;
mod evidence;
mod faces;
mod logout;
mod reasons;
mod refusals;
mod single_logout;
mod stories;
