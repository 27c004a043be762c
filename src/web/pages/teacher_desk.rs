//! Elevadgang: the pages of the teacher's desk (U44–U53, E9).

use askama::Template;

use super::picture_grid::Cell;
use super::{Form, Page};
use crate::credentials::pictures::Picture;

/// The front of the desk: the ways in, or the institutions that somebody teaches at.
#[derive(Debug, Clone, Template)]
#[template(path = "teacher_front.html", config = "src/web/askama.toml")]
pub struct TeacherFrontPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Whether somebody is logged in.
    pub is_logged_in: bool,
    /// Where they teach; where that is nowhere, the page says so.
    pub schools: Vec<TeacherSchool>,
}

/// An institution where the teacher has a desk.
#[derive(Debug, Clone)]
pub struct TeacherSchool {
    /// What it is called.
    pub name: String,
    /// The desk there.
    pub address: String,
}

/// "You cannot help here."
#[derive(Debug, Clone, Template)]
#[template(path = "teacher_denied.html", config = "src/web/askama.toml")]
pub struct TeacherDeniedPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
}

/// The desk. The fields are `pupil`, `class`, `do` and `cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "teacher_desk.html", config = "src/web/askama.toml")]
pub struct TeacherDeskPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where everything is sent.
    pub form: Form,
    /// What people call the institution.
    pub institution: String,
    /// What the teacher is called.
    pub name: String,
    /// What was done just now.
    pub said: Option<String>,
    /// Where a new proof is made, if one is needed for a new password (T3).
    pub prove_again: Option<String>,
    /// Why there are no pupils, and who can mend it.
    pub nobody: Option<String>,
    /// Pupils, group by group.
    pub groups: Vec<DeskGroup>,
    /// The page as it is now.
    pub refresh: String,
}

/// A class or teaching group on the desk.
#[derive(Debug, Clone)]
pub struct DeskGroup {
    /// What the form calls it; nothing for those in no class.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its board, where it has one.
    pub board: Option<String>,
    /// Whether its pupils are shown without asking.
    pub is_open: bool,
    /// The pupils of the class.
    pub pupils: Vec<DeskPupil>,
}

/// A pupil on the desk.
#[derive(Debug, Clone)]
pub struct DeskPupil {
    /// What the form calls the account.
    pub id: String,
    /// What the pupil is called.
    pub name: String,
    /// The user name, where it was asked for.
    pub user_name: Option<String>,
    /// Why there is no new password for this one.
    pub beyond: Option<String>,
    /// What became of the last window, and of one before it that can still be undone.
    pub windows: Vec<DeskWindow>,
}

/// A window, as its teacher sees it.
#[derive(Debug, Clone)]
pub struct DeskWindow {
    /// How it stands.
    pub said: String,
    /// Whether it goes on.
    pub is_going: bool,
    /// The picture for a pupil on another network.
    pub picture: Option<Cell>,
    /// That wrong pictures were picked.
    pub refused: Option<String>,
    /// What the form calls it, where it can be taken back.
    pub cancel: Option<String>,
    /// Where it is said that it was not the pupil.
    pub undo: Option<String>,
}

/// "It was not the pupil": asked once more.
#[derive(Debug, Clone, Template)]
#[template(path = "not_the_pupil.html", config = "src/web/askama.toml")]
pub struct NotThePupilPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where it is sent.
    pub form: Form,
    /// What the pupil is called.
    pub pupil: String,
    /// The address of the desk.
    pub back: String,
}

impl<'t> TeacherFrontPage<'t> {
    /// Before the login, for a teacher at two schools, and for somebody who is none.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let front = Self {
            page: page.clone(),
            is_logged_in: false,
            schools: Vec::new(),
        };
        let school = |name: &str| TeacherSchool {
            name: name.to_owned(),
            address: "/elevadgang/101001".to_owned(),
        };
        let two = Self {
            is_logged_in: true,
            schools: vec![school("Bakkeskolen"), school("Engskolen")],
            ..front.clone()
        };
        let none = Self {
            is_logged_in: true,
            ..front.clone()
        };
        vec![
            ("teacher-front", front),
            ("teacher-schools", two),
            ("teacher-none", none),
        ]
    }
}

impl<'t> TeacherDeniedPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        vec![("teacher-denied", Self { page: page.clone() })]
    }
}

impl<'t> NotThePupilPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            form: Form::sample("/elevadgang/101001/ikke-eleven/1"),
            pupil: "Storm Kjær".to_owned(),
            back: "/elevadgang/101001".to_owned(),
        };
        vec![("not-the-pupil", view)]
    }
}

impl TeacherDeskPage<'_> {
    /// Whether something on it changes by itself.
    pub fn is_going(&self) -> bool {
        let pupils = self.groups.iter().flat_map(|group| &group.pupils);
        pupils
            .flat_map(|pupil| &pupil.windows)
            .any(|window| window.is_going)
    }
}

impl<'t> TeacherDeskPage<'t> {
    /// A class in every state, one after it was asked for names, and a desk without pupils.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let pupil = |number: usize, name: &str, window: Option<DeskWindow>| DeskPupil {
            id: format!("00000000-0000-4000-8000-{number:012}"),
            name: name.to_owned(),
            user_name: None,
            beyond: None,
            windows: Vec::from_iter(window),
        };
        let window = |said: String| DeskWindow {
            said,
            is_going: false,
            picture: None,
            refused: None,
            cancel: None,
            undo: None,
        };
        let at = |key| page.say_with(key, "time", "10.35.12");
        let open = DeskWindow {
            is_going: true,
            picture: Picture::numbered(11).map(|picture| Cell::of(picture, String::new(), page)),
            refused: Some(page.say_count("elev-window-refused", "count", 1)),
            cancel: Some("1".to_owned()),
            ..window(at("elev-window-open"))
        };
        let learning = DeskWindow {
            is_going: true,
            cancel: Some("2".to_owned()),
            ..window(page.say("elev-window-learning"))
        };
        let finished = DeskWindow {
            undo: Some("/elevadgang/101001/ikke-eleven/3".to_owned()),
            ..window(at("elev-window-finished"))
        };
        let again = DeskPupil {
            windows: vec![window(page.say("elev-window-cancelled")), finished],
            ..pupil(3, "Alma Lund", None)
        };
        let blocked = DeskPupil {
            beyond: Some(page.say("elev-beyond-blocked")),
            ..pupil(5, "Otto Juhl", None)
        };
        let class = DeskGroup {
            id: "2b".to_owned(),
            name: "2.B".to_owned(),
            board: Some("/elevadgang/101001/tavle/2b".to_owned()),
            is_open: true,
            pupils: vec![
                pupil(1, "Storm Kjær", Some(open)),
                pupil(2, "Sofie Holm", Some(learning)),
                again,
                pupil(4, "Ida Krog", Some(window(at("elev-window-ran-out")))),
                blocked,
                pupil(6, "Villads Ravn", None),
            ],
        };
        let other = DeskGroup {
            id: "8c".to_owned(),
            name: "8.C".to_owned(),
            board: Some("/elevadgang/101001/tavle/8c".to_owned()),
            is_open: false,
            pupils: vec![pupil(7, "Maja Birk", None)],
        };
        let desk = Self {
            page: page.clone(),
            form: Form::sample("/elevadgang/101001"),
            institution: "Bakkeskolen".to_owned(),
            name: "Tove Lærke".to_owned(),
            said: Some(page.say("elev-said-opened")),
            prove_again: None,
            nobody: None,
            groups: vec![class, other.clone()],
            refresh: "/elevadgang/101001".to_owned(),
        };
        let mut asked_for = DeskGroup {
            is_open: true,
            ..other
        };
        for pupil in &mut asked_for.pupils {
            pupil.user_name = Some("maja1234".to_owned());
        }
        let names = Self {
            said: None,
            prove_again: Some("/elevadgang/101001/log-ind-igen".to_owned()),
            groups: vec![asked_for],
            ..desk.clone()
        };
        let empty = Self {
            said: None,
            nobody: Some(page.say("elev-nobody-no-class")),
            groups: Vec::new(),
            ..desk.clone()
        };
        vec![
            ("teacher-desk", desk),
            ("teacher-desk-names", names),
            ("teacher-desk-empty", empty),
        ]
    }
}
