//! A new password: the one that is assigned, shown and rehearsed, or one of one's own choice.

use askama::Template;

use super::picture_grid::{Cell, PictureGrid};
use super::{BackToService, Form, Page};
use crate::credentials::pictures::Picture;

/// Shows or asks for a new password. The fields are `new` and `again`, the buttons `do`.
#[derive(Debug, Clone, Template)]
#[template(path = "new_secret.html", config = "src/web/askama.toml")]
pub struct NewSecretPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where everything is sent.
    pub form: Form,
    /// Whose password it is, for programs that keep passwords.
    pub user_name: String,
    /// What the page is called, where it is about somebody else's password.
    pub heading: Option<String>,
    /// Why there is a new one.
    pub why: String,
    /// How often in a row it was right: what is sent twice counts once.
    pub round: u8,
    /// What it shows or asks for.
    pub face: Face,
    /// What became of the last try, if it was not right.
    pub trouble: Option<String>,
    /// What became of the last try, if it was right.
    pub praise: Option<String>,
    /// What is wrong with the password that was chosen.
    pub problems: Vec<String>,
    /// Whether the user may choose another one.
    pub may_choose: bool,
    /// Whether the user may keep the old one, or stay without.
    pub may_stay: bool,
    /// Whether there is no old one.
    pub is_first: bool,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// What the page shows or asks for.
#[derive(Debug, Clone)]
pub enum Face {
    /// An assigned password.
    ShownText(String),
    /// Assigned pictures, in order.
    ShownPictures(Vec<Cell>),
    /// The password again, without seeing it.
    AskText,
    /// The pictures again, without seeing them.
    AskPictures(PictureGrid),
    /// A password of one's own: what is asked of it.
    Own(Vec<String>),
}

impl NewSecretPage<'_> {
    /// Whether the page asks for what was shown before.
    pub const fn is_asking(&self) -> bool {
        matches!(self.face, Face::AskText | Face::AskPictures(_))
    }

    /// Whether the page is about a password of one's own.
    pub const fn is_own(&self) -> bool {
        matches!(self.face, Face::Own(_))
    }
}

impl<'t> NewSecretPage<'t> {
    /// Each face, and what is said about the last try.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let shown = Self {
            page: page.clone(),
            form: Form::sample("/login/change"),
            user_name: "sofi1234".to_owned(),
            heading: None,
            why: page.say("change-why-first"),
            round: 0,
            face: Face::ShownText("gulerodcykel42".to_owned()),
            trouble: None,
            praise: None,
            problems: Vec::new(),
            may_choose: true,
            may_stay: false,
            is_first: false,
            service: Some(BackToService::sample()),
        };
        let with = |face: Face| Self {
            face,
            ..shown.clone()
        };
        let four = Picture::all().step_by(9);
        let four = four.map(|picture| Cell::of(picture, String::new(), page));
        let rules = [("change-rule-length", 8), ("change-rule-mixed", 16)];
        let rules = rules.map(|(key, count)| page.say_count(key, "count", count));
        let own = Self {
            why: page.say("change-why-wish"),
            may_stay: true,
            ..with(Face::Own(rules.to_vec()))
        };
        vec![
            (
                "change-pictures",
                Self {
                    may_choose: false,
                    ..with(Face::ShownPictures(four.collect()))
                },
            ),
            (
                "change-for-child",
                Self {
                    heading: Some(page.say_with("recovery-heading-child", "name", "Storm")),
                    why: page.say_with("recovery-why-child", "name", "Storm"),
                    may_stay: true,
                    service: None,
                    ..shown.clone()
                },
            ),
            (
                "change-ask",
                Self {
                    praise: Some(page.say("change-right")),
                    ..with(Face::AskText)
                },
            ),
            (
                "change-ask-pictures",
                Self {
                    may_choose: false,
                    ..with(Face::AskPictures(PictureGrid::sample(0, page)))
                },
            ),
            (
                "change-again",
                Self {
                    trouble: Some(page.say("change-not-right")),
                    ..shown.clone()
                },
            ),
            (
                "change-own-problems",
                Self {
                    problems: vec![
                        page.say_count("choice-too-short", "count", 8),
                        page.say("choice-no-digit"),
                    ],
                    ..own.clone()
                },
            ),
            ("change-own", own),
            ("change", shown),
        ]
    }
}
