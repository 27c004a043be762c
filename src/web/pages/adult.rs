//! The page of a pupil who waits for an adult (U61), and what becomes of it.

use askama::Template;

use super::{BackToService, Form, Page};
use crate::domain::approval::ConfirmPicture;
use crate::web::assets::confirm;

/// A picture that pupil and adult both see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmCell {
    /// What it shows, to be said aloud.
    pub name: String,
    /// The drawing, as SVG to be put into the page.
    pub svg: String,
}

impl ConfirmCell {
    /// A picture, in the visitor's language.
    pub fn of(picture: ConfirmPicture, page: &Page<'_>) -> Self {
        let [above, below] = picture
            .rows()
            .map(|(shape, count)| page.say_count(confirm::name_of(shape), "count", usize::from(count)));
        Self {
            name: page
                .words
                .say_all("confirm-picture", &[("above", above), ("below", below)]),
            svg: confirm::svg(picture),
        }
    }
}

/// How the question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdultState {
    /// It waits, until this time of day.
    Waiting {
        /// What the adult sees too.
        picture: ConfirmCell,
        /// The time of day when the question ends, as people read it.
        until: String,
    },
    /// It is over, in this way.
    Over(String),
}

/// "An adult has to say yes." The buttons are `do`.
#[derive(Debug, Clone, Template)]
#[template(path = "adult.html", config = "src/web/askama.toml")]
pub struct AdultPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where everything is sent.
    pub form: Form,
    /// Where a program finds out whether it still waits.
    pub state_at: String,
    /// How it stands.
    pub state: AdultState,
    /// What went wrong just now.
    pub note: Option<String>,
    /// Whether a parent could prove it here.
    pub has_eid: bool,
    /// Whether the pupil could prove it alone.
    pub has_own_eid: bool,
    /// Where a parent does it somewhere else.
    pub parent_at: String,
    /// What the service is called.
    pub asked_by: String,
    /// The service that asked.
    pub service: Option<BackToService>,
}

impl AdultPage<'_> {
    /// Whether anybody may still say yes.
    pub const fn waits(&self) -> bool {
        matches!(self.state, AdultState::Waiting { .. })
    }
}

impl<'t> AdultPage<'t> {
    /// Waiting, after a parent without custody, and after the time ran out.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let picture = ConfirmPicture::numbered(77).map(|picture| ConfirmCell::of(picture, page));
        let waiting = picture.map_or_else(
            || AdultState::Over(String::new()),
            |picture| AdultState::Waiting {
                picture,
                until: "10.45".to_owned(),
            },
        );
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/trivsel/1/adult"),
            state_at: "/login/trivsel/1/adult/state".to_owned(),
            state: waiting,
            note: None,
            has_eid: true,
            has_own_eid: false,
            parent_at: "login.example/sig-god-for".to_owned(),
            asked_by: "Trivselsmålingen".to_owned(),
            service: Some(BackToService::sample()),
        };
        let not_a_parent = Self {
            note: Some(page.say("adult-note-not-a-parent")),
            has_own_eid: true,
            ..view.clone()
        };
        let ran_out = Self {
            state: AdultState::Over(page.say("adult-ran-out")),
            ..view.clone()
        };
        vec![
            ("adult-waiting", view),
            ("adult-not-a-parent", not_a_parent),
            ("adult-ran-out", ran_out),
        ]
    }
}
