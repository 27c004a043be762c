//! Asks a pupil who sits on another network than the teacher which picture the teacher shows (DR17).

use askama::Template;

use super::picture_grid::Cell;
use super::{BackToService, Form, Page};
use crate::credentials::pictures::Picture;

/// Asks for one picture of nine. The fields are `grid` and `pick`, the button for the ordinary way `do`.
#[derive(Debug, Clone, Template)]
#[template(path = "teacher_picture.html", config = "src/web/askama.toml")]
pub struct TeacherPicturePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the picture is sent.
    pub form: Form,
    /// The name that was typed.
    pub user_name: String,
    /// Which page it is, for those who read what was picked on it.
    pub nonce: String,
    /// The pictures.
    pub cells: Vec<Cell>,
    /// The page for another name.
    pub back: String,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

impl<'t> TeacherPicturePage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let nine = Picture::all().step_by(4).enumerate();
        let nine = nine.map(|(number, picture)| Cell::of(picture, format!("sample-{number}"), page));
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/teacher-picture"),
            user_name: "storm123".to_owned(),
            nonce: "sample-page".to_owned(),
            cells: nine.collect(),
            back: "/login/name".to_owned(),
            service: Some(BackToService::sample()),
        };
        vec![("teacher-picture", view)]
    }
}
