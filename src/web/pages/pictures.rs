//! The second page for users of the central store whose password is pictures (U36).

use askama::Template;

use super::picture_grid::PictureGrid;
use super::{BackToService, Form, Page};
use crate::domain::refusal::Refusal;
use crate::texts::{RefusalContext, RefusalWords};

/// Asks for the pictures that belong to a name.
#[derive(Debug, Clone, Template)]
#[template(path = "pictures.html", config = "src/web/askama.toml")]
pub struct PicturesPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the pictures are sent.
    pub form: Form,
    /// The name that was typed.
    pub user_name: String,
    /// The pictures.
    pub grid: PictureGrid,
    /// Why they did not lead on.
    pub problem: Option<RefusalWords>,
    /// The page for another name.
    pub back: String,
    /// Where a new password is made.
    pub new_password: Option<String>,
    /// Whether a new password is wanted, and the present one is asked for first.
    pub is_for_change: bool,
    /// Why a teacher's help does not help: the minutes are over, or there are none (error E11).
    pub no_help: Option<String>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

impl<'t> PicturesPage<'t> {
    /// The page when it is new, when two were picked, and after wrong ones.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let new = Self {
            page: page.clone(),
            form: Form::sample("/login/password"),
            user_name: "storm123".to_owned(),
            grid: PictureGrid::sample(0, page),
            problem: None,
            back: "/login/name".to_owned(),
            new_password: Some("/login/new-password".to_owned()),
            is_for_change: false,
            no_help: None,
            service: Some(BackToService::sample()),
        };
        let wrong = page
            .words
            .refusal(&Refusal::WrongPassword, &RefusalContext::default());
        vec![
            (
                "pictures-two",
                Self {
                    grid: PictureGrid::sample(2, page),
                    ..new.clone()
                },
            ),
            (
                "pictures-wrong",
                Self {
                    problem: Some(wrong),
                    ..new.clone()
                },
            ),
            ("pictures", new),
        ]
    }
}
