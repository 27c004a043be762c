//! The administrators' desk, page by page. What is on them was chosen by `web/desk`.

mod person;
mod samples;

use askama::Template;

use super::{Form, Page};

pub(super) use samples::samples;

pub use person::{
    AffiliationLine, BlockPart, CodePart, DeskKept, DeskPersonPage, RefusedLine, RightPart, RulePart,
    WaitingPart,
};

/// What every page of one institution's desk has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskFrame {
    /// What people call the institution.
    pub institution: String,
    /// Where its desk is: `/administration/101001`.
    pub base: String,
    /// What was just done.
    pub done: Option<String>,
    /// Why something was just not done.
    pub problem: Option<String>,
}

/// What an administrator decides of an import that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidePart {
    /// Where it is sent.
    pub form: Form,
    /// Who delivered it.
    pub delivered_by: String,
    /// What it would change at this moment.
    pub difference: Vec<String>,
    /// Why it cannot be taken in here, where that is so.
    pub why: Option<String>,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeskItem {
    /// What it is about.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
    /// More of it.
    pub note: Option<String>,
    /// One word that stands out.
    pub badge: Option<String>,
}

/// "Choose the institution".
#[derive(Debug, Clone, Template)]
#[template(path = "desk/choose.html", config = "src/web/askama.toml")]
pub struct DeskChoosePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What was just done: the right was given up.
    pub done: Option<String>,
    /// The institutions; none: somebody who is no administrator anywhere.
    pub institutions: Vec<DeskItem>,
}

/// The overview: a search, what needs attention, and the classes.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/front.html", config = "src/web/askama.toml")]
pub struct DeskFrontPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// What was searched for.
    pub query: String,
    /// Whom that finds; `None`: nothing was searched for.
    pub found: Option<Vec<DeskItem>>,
    /// What needs attention.
    pub attention: Vec<DeskItem>,
    /// The source systems.
    pub sources: Vec<DeskItem>,
    /// The classes.
    pub classes: Vec<DeskItem>,
}

/// People with the codes for their first logins: of a class, or of those who are new.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/codes.html", config = "src/web/askama.toml")]
pub struct DeskCodesPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// Which class, or that they are new.
    pub heading: String,
    /// Who is in the list.
    pub what: Option<String>,
    /// What is said where nobody is.
    pub empty: String,
    /// Where the wish to see codes is sent; `None`: they are shown.
    pub form: Option<Form>,
    /// The page without codes.
    pub back: String,
    /// The people.
    pub rows: Vec<CodeLine>,
}

/// Somebody in a list of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// What they are called.
    pub name: String,
    /// Their page.
    pub href: String,
    /// The name to log in with.
    pub user_name: String,
    /// What they have to log in with.
    pub state: String,
    /// The code, where it is shown, and its last day.
    pub code: Option<(String, String)>,
}

/// The imports.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/imports.html", config = "src/web/askama.toml")]
pub struct DeskImportsPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// The imports, newest first.
    pub imports: Vec<DeskItem>,
}

/// One import, with what was wrong in it.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/import.html", config = "src/web/askama.toml")]
pub struct DeskImportPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// Whose it is.
    pub heading: String,
    /// When it came and what became of it.
    pub summary: String,
    /// What it changed.
    pub counts: String,
    /// Why it was held or refused.
    pub reasons: Vec<String>,
    /// This very page, for the search.
    pub address: String,
    /// Whom somebody looks for.
    pub query: String,
    /// Whether they are in the latest import of the source.
    pub shown: Vec<DeskItem>,
    /// Which one that is, where it is another.
    pub latest: Option<DeskItem>,
    /// What was wrong with rows.
    pub findings: Vec<DeskItem>,
    /// What is to be decided, where it is held.
    pub decide: Option<DecidePart>,
}

/// The affiliations that were written by hand, and a form for one more.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/by_hand.html", config = "src/web/askama.toml")]
pub struct DeskByHandPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// The affiliations, those that end first first.
    pub affiliations: Vec<DeskItem>,
    /// Where a new one is sent.
    pub form: Form,
    /// The roles to choose from: value and words.
    pub roles: Vec<(&'static str, String)>,
    /// What was written before it was not taken: name, role, last day, reason.
    pub kept: [String; 4],
    /// Whether somebody is to say that a pupil is meant to be one of the staff.
    pub asks_about_pupil: bool,
}

/// Who has the administrator right.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/administrators.html", config = "src/web/askama.toml")]
pub struct DeskAdministratorsPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// The administrators, by name.
    pub administrators: Vec<DeskItem>,
}

/// Something that is not theirs to see or to do, or that could not be done.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/stop.html", config = "src/web/askama.toml")]
pub struct DeskStopPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What it is.
    pub heading: String,
    /// Why, and what to do.
    pub text: String,
    /// Where to go from here.
    pub back: DeskItem,
}

impl DeskByHandPage<'_> {
    /// Whether this role was chosen before.
    pub fn was_role(&self, role: &str) -> bool {
        self.kept.get(1).is_some_and(|kept| kept == role)
    }
}

impl DeskFrontPage<'_> {
    /// How many were found, in words.
    pub fn found_count(&self, found: &[DeskItem]) -> String {
        self.page.say_count("desk-search-found", "count", found.len())
    }
}
