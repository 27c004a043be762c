//! "Giv adgang": the page on which a teacher says yes to pupils who wait (U54, U55, U62).

use askama::Template;

use super::adult::ConfirmCell;
use super::{Form, Page};
use crate::domain::approval::ConfirmPicture;

/// Who waits, and who has access. The fields are `request`, the buttons `do`, `no` and `back`.
#[derive(Debug, Clone, Template)]
#[template(path = "vouch.html", config = "src/web/askama.toml")]
pub struct VouchPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where everything is sent.
    pub form: Form,
    /// What people call the institution.
    pub institution: String,
    /// What the adult is called.
    pub name: String,
    /// What was done just now.
    pub said: Option<String>,
    /// Where a new proof is made, if one is needed (T3).
    pub prove_again: Option<String>,
    /// Those who wait, the longest first.
    pub waiting: Vec<WaitingRow>,
    /// Those who have access.
    pub vouched: Vec<VouchedRow>,
    /// The page as it is now.
    pub refresh: String,
    /// The desk; a parent has none.
    pub back: Option<String>,
}

/// Somebody who waits.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// What the form calls the question.
    pub id: String,
    /// What the pupil is called.
    pub name: String,
    /// What it is for.
    pub service: String,
    /// Since when they wait, as people read it.
    pub since: String,
    /// What is on the pupil's screen.
    pub picture: Option<ConfirmCell>,
    /// The same in words, where a service asks by itself.
    pub message: Option<String>,
    /// Whether it is ticked before anybody has looked.
    pub is_ticked: bool,
    /// Why it is not.
    pub doubt: Option<String>,
}

/// Somebody who has access.
#[derive(Debug, Clone)]
pub struct VouchedRow {
    /// What the form calls it.
    pub id: String,
    /// What the pupil is called.
    pub name: String,
    /// What it is for.
    pub service: String,
    /// When the access ends, as people read it.
    pub until: String,
    /// Who said yes.
    pub by: String,
}

impl<'t> VouchPage<'t> {
    /// A class that waits, and nobody.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let row = |number: u16, name: &str, doubt: Option<&str>| WaitingRow {
            id: format!("00000000-0000-4000-8000-{number:012}"),
            name: name.to_owned(),
            service: page.say_with("vouch-for-service", "service", "Trivselsmålingen"),
            since: page.say_with("vouch-since", "time", "10.35.12"),
            picture: ConfirmPicture::numbered(number * 37).map(|picture| ConfirmCell::of(picture, page)),
            message: None,
            is_ticked: doubt.is_none(),
            doubt: doubt.map(|key| page.say(key)),
        };
        let by_service = WaitingRow {
            picture: None,
            message: Some(page.say_with("vouch-message", "message", "K7-42")),
            ..row(4, "Ida Krog", Some("vouch-logged-in-too"))
        };
        let view = Self {
            page: page.clone(),
            form: Form::sample("/elevadgang/101001/giv-adgang"),
            institution: "Bakkeskolen".to_owned(),
            name: "Tove Lærke".to_owned(),
            said: Some(page.say_count("vouch-said-given", "count", 1)),
            prove_again: Some("/elevadgang/101001/giv-adgang/log-ind-igen".to_owned()),
            waiting: vec![
                row(1, "Storm Kjær", None),
                row(2, "Sofie Holm", Some("vouch-elsewhere")),
                row(3, "Alma Lund", Some("vouch-doubled")),
                by_service,
            ],
            vouched: vec![VouchedRow {
                id: "1".to_owned(),
                name: "Otto Juhl".to_owned(),
                service: page.say_with("vouch-for-service", "service", "Trivselsmålingen"),
                until: page.say_with("vouch-until", "time", "12.35.12"),
                by: page.say("vouch-by-parent"),
            }],
            refresh: "/elevadgang/101001/giv-adgang".to_owned(),
            back: Some("/elevadgang/101001".to_owned()),
        };
        let nobody = Self {
            said: None,
            prove_again: None,
            waiting: Vec::new(),
            vouched: Vec::new(),
            ..view.clone()
        };
        let parent = Self {
            back: None,
            institution: String::new(),
            name: "Bente Holm".to_owned(),
            prove_again: None,
            refresh: "/sig-god-for".to_owned(),
            ..view.clone()
        };
        vec![
            ("vouch", view),
            ("vouch-nobody", nobody),
            ("vouch-parent", parent),
        ]
    }
}
