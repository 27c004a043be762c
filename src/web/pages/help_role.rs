//! Help for one role: what there is for it, and every error with its cause and what that role can do
//! (U77, U78). Made of the texts of the pages themselves and of the catalogue of refusals, so that help
//! and program cannot disagree.

use askama::Template;

use super::Page;
use crate::domain::refusal::{Audience, Refusal};
use crate::texts::RefusalWords;

/// Whom the help is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpRole {
    /// Pupils and students.
    Pupil,
    /// Parents, and others who look after a child.
    Parent,
    /// Teachers, and others who work at a school.
    Teacher,
    /// Administrators of a school's users.
    Administrator,
}

/// A heading and what is said under it, by their keys.
type Part = (&'static str, &'static [Point]);

/// One thing that is said.
enum Point {
    /// It is so.
    Is(&'static str),
    /// It is so where a page says it: what stands there, and what is to be done then.
    Says(&'static str),
}

use Point::{Is, Says};

const PUPIL: &[Part] = &[
    (
        "help-log-in",
        &[Is("front-start"), Is("help-name"), Is("help-local")],
    ),
    (
        "forgotten-heading",
        &[
            Is("forgotten-pupil"),
            Is("help-window"),
            Is("forgotten-nobody-reads"),
        ],
    ),
    (
        "change-heading",
        &[Is("change-learn"), Is("change-rule-not"), Is("changed-what")],
    ),
    ("class-heading", &[Is("class-code-what"), Is("class-what")]),
];

const PARENT: &[Part] = &[
    (
        "help-log-in",
        &[Is("front-start"), Is("help-name"), Is("help-local")],
    ),
    (
        "recovery-heading",
        &[
            Is("forgotten-eid-who"),
            Is("recovery-no-child"),
            Says("recovery-more-than-pupil"),
            Says("recovery-local"),
        ],
    ),
    (
        "help-child-heading",
        &[
            Is("help-child"),
            Is("forgotten-nobody-reads"),
            Is("recovery-leave-help"),
        ],
    ),
];

const TEACHER: &[Part] = &[
    (
        "elev-heading",
        &[
            Is("elev-front-what"),
            Is("elev-front-who"),
            Is("elev-front-local"),
        ],
    ),
    (
        "elev-how-heading",
        &[Is("elev-how-open"), Is("elev-how-picture"), Is("elev-how-undo")],
    ),
    (
        "help-board-heading",
        &[Is("board-how-stuck"), Is("class-code-what"), Is("sheet-what")],
    ),
    (
        "elev-nobody",
        &[
            Says("elev-nobody-by-hand"),
            Says("elev-nobody-no-class"),
            Says("elev-nobody-other-groups"),
            Says("elev-nobody-empty-class"),
            Is("elev-nobody-meanwhile"),
        ],
    ),
    (
        "help-own-heading",
        &[Is("forgotten-eid-who"), Is("forgotten-grown-up")],
    ),
];

const ADMINISTRATOR: &[Part] = &[
    (
        "desk-heading",
        &[
            Is("help-administrator"),
            Is("elev-front-who"),
            Says("desk-why-not-in-your-hands"),
        ],
    ),
    (
        "elev-how-heading",
        &[
            Is("elev-how-open"),
            Is("elev-how-picture"),
            Is("elev-how-undo"),
            Is("elev-front-local"),
        ],
    ),
    (
        "desk-nav-newcomers",
        &[Says("desk-why-own-secret"), Is("forgotten-grown-up")],
    ),
    (
        "desk-nav-imports",
        &[
            Is("help-imports"),
            Says("elev-nobody-no-pupils"),
            Says("desk-no-sources"),
        ],
    ),
    (
        "desk-nav-administrators",
        &[
            Says("desk-why-last"),
            Says("desk-why-not-employed"),
            Says("desk-why-yourself"),
        ],
    ),
];

impl Point {
    fn text(&self, page: &Page<'_>) -> String {
        match self {
            Is(key) => page.say(key),
            Says(key) => {
                let text = page.say(key);
                let (what, then) = text.split_once(". ").unwrap_or((&text, ""));
                let what = what.trim_end_matches('.');
                if then.is_empty() {
                    page.say_with("help-may-say", "what", what)
                } else {
                    format!("{} {then}", page.say_with("help-says", "what", what))
                }
            }
        }
    }
}

impl HelpRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Pupil, Self::Parent, Self::Teacher, Self::Administrator];

    /// The last part of its address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pupil => "elev",
            Self::Parent => "foraelder",
            Self::Teacher => "laerer",
            Self::Administrator => "brugeradministrator",
        }
    }

    /// The role of an address.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The heading of its page.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Pupil => "help-for-pupils",
            Self::Parent => "help-for-parents",
            Self::Teacher => "help-for-teachers",
            Self::Administrator => "help-for-administrators",
        }
    }

    const fn parts(self) -> &'static [Part] {
        match self {
            Self::Pupil => PUPIL,
            Self::Parent => PARENT,
            Self::Teacher => TEACHER,
            Self::Administrator => ADMINISTRATOR,
        }
    }

    /// The codes of the errors that are shown at once, where not all of them are: a child reads no
    /// table of three dozen.
    const fn first(self) -> &'static [&'static str] {
        match self {
            Self::Pupil => &["UL-101", "UL-102", "UL-104", "UL-506", "UL-601", "UL-602"],
            Self::Parent | Self::Teacher | Self::Administrator => &[],
        }
    }

    /// What it does about a refusal.
    fn remedy(self, words: RefusalWords) -> String {
        match self {
            Self::Pupil => words.user,
            Self::Parent => words.parent,
            Self::Teacher => words.teacher,
            Self::Administrator => words.administrator,
        }
    }
}

/// The help for a role.
#[derive(Debug, Clone, Template)]
#[template(path = "help_role.html", config = "src/web/askama.toml")]
pub struct HelpRolePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// The role that the page is for.
    pub role: HelpRole,
    /// What there is: headings, and what is said under each.
    pub parts: Vec<(String, Vec<String>)>,
    /// Errors that come first, since whoever is new to all this meets them; ordered by code.
    pub first: Vec<HelpError>,
    /// Every other error that a user may see, ordered by code.
    pub errors: Vec<HelpError>,
    /// Whom to call or write to, as the installation has set it.
    pub contact: Option<String>,
}

/// A refusal that a user may see, with its cause and remedy.
#[derive(Debug, Clone)]
pub struct HelpError {
    /// The code of the refusal, such as `UL-203`.
    pub code: &'static str,
    /// What the page says.
    pub headline: String,
    /// The line below.
    pub line: Option<String>,
    /// The cause, and whose matter it is.
    pub cause: String,
    /// What this role can do.
    pub remedy: String,
}

impl<'t> HelpRolePage<'t> {
    /// The page of a role.
    pub fn new(page: Page<'t>, role: HelpRole, contact: Option<String>) -> Self {
        let parts = role.parts().iter().map(|(heading, texts)| {
            let texts = texts.iter().map(|point| point.text(&page));
            (page.say(heading), texts.collect())
        });
        let parts = parts.collect();
        let seen = Refusal::samples();
        // What only a service is told, nobody sees.
        let seen = seen
            .iter()
            .filter(|refusal| refusal.audience() != Audience::Service);
        let mut errors: Vec<HelpError> = seen
            .map(|refusal| {
                let words = page.words.refusal_in_general(refusal);
                HelpError {
                    code: words.code,
                    headline: words.headline.clone(),
                    line: words.line.clone(),
                    cause: format!("{} {}", words.why, words.blame),
                    remedy: role.remedy(words),
                }
            })
            .collect();
        errors.sort_by_key(|error| error.code);
        let (first, errors) = errors
            .into_iter()
            .partition(|error| role.first().contains(&error.code));
        Self {
            page,
            role,
            parts,
            first,
            errors,
            contact,
        }
    }

    /// The other roles' pages: address and heading.
    pub fn others(&self) -> Vec<(String, String)> {
        let others = HelpRole::ALL.into_iter().filter(|role| *role != self.role);
        others
            .map(|role| (address(role), self.page.say(role.heading())))
            .collect()
    }

    /// Every role.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let contact = Some("support@lillekøbing.example".to_owned());
        let of = |name, role| (name, Self::new(page.clone(), role, contact.clone()));
        vec![
            of("help-pupil", HelpRole::Pupil),
            of("help-parent", HelpRole::Parent),
            of("help-teacher", HelpRole::Teacher),
            of("help-administrator", HelpRole::Administrator),
        ]
    }
}

/// The address of a role's page.
pub(super) fn address(role: HelpRole) -> String {
    format!("/hjaelp/{}", role.word())
}
