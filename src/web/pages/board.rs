//! The board of one class: every pupil with how they stand (U47, U50, U51).

use askama::Template;

use super::picture_grid::Cell;
use super::{ClassCode, DeskWindow, Form, Page};
use crate::credentials::pictures::Picture;
use crate::domain::refusal::Refusal;
use crate::texts::RefusalContext;

/// The board. The fields are `give` and `cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "board.html", config = "src/web/askama.toml")]
pub struct BoardPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where everything is sent; also the page as it is now.
    pub form: Form,
    /// What people call the institution.
    pub institution: String,
    /// What the class is called.
    pub class: String,
    /// What was done just now.
    pub said: Option<String>,
    /// Where a new proof is made, if one is needed for a new password (T3).
    pub prove_again: Option<String>,
    /// Where the class is followed.
    pub live: String,
    /// What this page is told apart by.
    pub seen: String,
    /// Whether it asks for itself again where there is no script.
    pub looks_again: bool,
    /// How many stand how.
    pub summary: BoardSummary,
    /// Every pupil of the class.
    pub rows: Vec<BoardRow>,
    /// The desk with all classes.
    pub desk: String,
    /// The code for the class's devices.
    pub code: Option<ClassCode>,
    /// Where the class is written on a sheet.
    pub sheet: Form,
}

/// How many stand how, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSummary {
    /// How many are logged in, in words.
    pub inside: String,
    /// How many are stuck, in words.
    pub stuck: String,
    /// Waiting for an adult.
    pub waiting: String,
    /// Getting a new password.
    pub helped: String,
}

/// A pupil of the class, and how they stand.
#[derive(Debug, Clone)]
pub struct BoardRow {
    /// What the form calls the account.
    pub id: String,
    /// What the pupil is called.
    pub name: String,
    /// How they stand.
    pub standing: Standing,
    /// The same in words.
    pub said: String,
    /// Since when they are logged in.
    pub since: Option<String>,
    /// What they are stuck at.
    pub stuck: Option<BoardStuck>,
    /// Since when they wait for an adult to vouch for them.
    pub waits: Option<BoardWaits>,
    /// Why there is no new password for this one.
    pub beyond: Option<String>,
    /// Whether they can be given five minutes.
    pub may_open: bool,
    /// What became of the last window, and of one before it that can still be undone.
    pub windows: Vec<DeskWindow>,
}

/// Somebody who waits for an adult.
#[derive(Debug, Clone)]
pub struct BoardWaits {
    /// Since when, in words.
    pub said: String,
    /// Where an adult answers.
    pub at: String,
}

/// A refusal, for a teacher.
#[derive(Debug, Clone)]
pub struct BoardStuck {
    /// When, as people read it.
    pub when: String,
    /// The code of the refusal, such as `UL-203`.
    pub code: &'static str,
    /// The headline that the pupil sees.
    pub headline: String,
    /// The line below it.
    pub line: Option<String>,
    /// That it may have been somebody else than the pupil.
    pub doubt: Option<String>,
    /// That the pupil is asked before anything is done.
    pub ask_first: Option<String>,
    /// What the teacher can do.
    pub advice: String,
    /// That it happened more than once.
    pub times: Option<String>,
    /// That it happened on another network.
    pub elsewhere: Option<String>,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A refusal was the last thing.
    Stuck,
    /// An adult is to vouch for them.
    Waits,
    /// A window is open, or the new password is being learnt.
    Helped,
    /// Logged in.
    Inside,
    /// Not yet.
    Outside,
}

impl Standing {
    /// The part of a class name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Waits => "waits",
            Self::Helped => "helped",
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }

    /// The class of the badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Stuck => "badge-error",
            Self::Waits | Self::Helped => "badge-warning",
            Self::Inside => "badge-success",
            Self::Outside => "badge-none",
        }
    }

    /// The text that says it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stuck => "board-stuck",
            Self::Waits => "board-waits",
            Self::Helped => "board-helped",
            Self::Inside => "board-in",
            Self::Outside => "board-out",
        }
    }
}

/// One pupil's row alone, for a board that follows its class.
#[derive(Debug, Clone, Template)]
#[template(path = "board_row.html", config = "src/web/askama.toml")]
pub struct BoardRowPart<'a, 't> {
    /// The words.
    pub page: &'a Page<'t>,
    /// The pupil.
    pub row: &'a BoardRow,
}

impl<'t> BoardPage<'t> {
    /// A class in every state, by script and without.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let row = |number: usize, name: &str, standing: Standing| BoardRow {
            id: format!("00000000-0000-4000-8000-{number:012}"),
            name: name.to_owned(),
            standing,
            said: page.say(standing.key()),
            since: (standing == Standing::Inside).then(|| page.say_with("board-since", "time", "10.31.07")),
            stuck: None,
            waits: (standing == Standing::Waits).then(|| BoardWaits {
                said: page.say_with("board-waits-since", "time", "10.33.02"),
                at: "/elevadgang/101001/giv-adgang".to_owned(),
            }),
            beyond: None,
            may_open: standing != Standing::Helped,
            windows: Vec::new(),
        };
        let said = page
            .words
            .refusal_of_another(&Refusal::WrongPassword, &RefusalContext::default());
        let stuck = BoardRow {
            stuck: Some(BoardStuck {
                when: "10.32.41".to_owned(),
                code: said.code,
                headline: said.headline,
                line: said.line,
                doubt: Some(page.say("board-anybody")),
                ask_first: Some(page.say("board-ask-first")),
                advice: said.board,
                times: Some(page.say_count("board-stuck-times", "count", 3)),
                elsewhere: Some(page.say("board-stuck-elsewhere")),
            }),
            ..row(1, "Storm Kjær", Standing::Stuck)
        };
        let helped = BoardRow {
            windows: vec![DeskWindow {
                said: page.say_with("elev-window-open", "time", "10.35.12"),
                is_going: true,
                picture: Picture::numbered(11).map(|picture| Cell::of(picture, String::new(), page)),
                refused: None,
                cancel: Some("1".to_owned()),
                undo: None,
            }],
            ..row(2, "Sofie Holm", Standing::Helped)
        };
        let blocked = BoardRow {
            beyond: Some(page.say("elev-beyond-blocked")),
            may_open: false,
            ..row(3, "Otto Juhl", Standing::Outside)
        };
        let board = Self {
            page: page.clone(),
            form: Form::sample("/elevadgang/101001/tavle/1"),
            institution: "Bakkeskolen".to_owned(),
            class: "2.B".to_owned(),
            said: None,
            prove_again: None,
            live: "/elevadgang/101001/tavle/1/nu".to_owned(),
            seen: "00112233".to_owned(),
            looks_again: false,
            summary: BoardSummary {
                inside: page.words.say_all(
                    "board-inside",
                    &[("count", "1".to_owned()), ("all", "6".to_owned())],
                ),
                stuck: page.say_count("board-stuck-count", "count", 1),
                waiting: page.say_count("board-waiting-count", "count", 1),
                helped: page.say_count("board-helped-count", "count", 1),
            },
            rows: vec![
                stuck,
                helped,
                blocked,
                row(4, "Ida Krog", Standing::Inside),
                row(5, "Villads Ravn", Standing::Outside),
                row(6, "Alma Lund", Standing::Waits),
            ],
            desk: "/elevadgang/101001".to_owned(),
            code: ClassCode::of("https://login.example/skole/101001/AAAA".to_owned()),
            sheet: Form::sample("/elevadgang/101001/tavle/1/ark"),
        };
        let again = Self {
            said: Some(page.say("elev-said-opened")),
            prove_again: Some("/elevadgang/101001/log-ind-igen?tavle=1".to_owned()),
            looks_again: true,
            ..board.clone()
        };
        vec![("board", board), ("board-again", again)]
    }
}
