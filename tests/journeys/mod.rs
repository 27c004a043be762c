//! Whole logins over HTTP.

mod asking;
mod browser_mishaps;
mod conformance;
mod eids;
mod evidence;
mod faces;
mod help_windows;
mod levels;
mod logout;
mod my_page;
mod own_pages;
mod passwords;
mod picture_passwords;
mod presets;
mod privileges;
mod reasons;
mod recovery;
mod refusals;
mod rotation;
mod sealed_names;
mod shown_again;
mod single_logout;
mod stories;
mod teacher_desk;
mod wishes;
