//! The pages of the parties: one struct for each template.

use askama::Template;

use super::outcome::Outcome;
use super::parties::Party;
use super::start_page::{ShownChapter, ShownPair, StartWords};

/// An identity provider asks who is there.
#[derive(Template)]
#[template(path = "login.html", config = "src/demo/files/askama.toml")]
pub(super) struct LoginPage<'a> {
    pub(super) party: Party,
    pub(super) problem: Option<&'a str>,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) login: &'a str,
    pub(super) hint: &'static str,
}

/// A party sends the user on by a form that posts itself.
#[derive(Template)]
#[template(path = "post.html", config = "src/demo/files/askama.toml")]
pub(super) struct PostPage {
    pub(super) party: Party,
    pub(super) heading: &'static str,
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

/// Something is wrong with the request itself; there is nobody to answer.
#[derive(Template)]
#[template(path = "problem.html", config = "src/demo/files/askama.toml")]
pub(super) struct ProblemPage<'a> {
    pub(super) party: Party,
    pub(super) text: &'a str,
    pub(super) home: String,
}

/// A service shows what it received.
#[derive(Template)]
#[template(path = "service.html", config = "src/demo/files/askama.toml")]
pub(super) struct ServicePage {
    pub(super) party: Party,
    pub(super) outcome: Outcome,
    pub(super) start: String,
    pub(super) logout: Option<String>,
    pub(super) home: String,
}

/// Every story, one click each.
#[derive(Template)]
#[template(path = "start.html", config = "src/demo/files/askama.toml")]
pub(super) struct StartPage {
    pub(super) words: &'static StartWords,
    pub(super) pairs: Vec<ShownPair>,
    pub(super) chapters: Vec<ShownChapter>,
    pub(super) broker: String,
}
