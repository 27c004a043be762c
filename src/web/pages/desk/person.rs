//! The page of one person: what they are here, why they cannot log in, and what can be done.

use askama::Template;

use super::{DeskFrame, DeskItem};
use crate::web::pages::{Form, Page};

/// Everything about one person that an administrator may see and do.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/person.html", config = "src/web/askama.toml")]
pub struct DeskPersonPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What all pages of the institution's desk have.
    pub frame: DeskFrame,
    /// What they are called.
    pub name: String,
    /// Whether name and address are protected.
    pub protected: bool,
    /// What is to be known at a glance: what, and its value.
    pub facts: Vec<(String, String)>,
    /// Further remarks.
    pub remarks: Vec<String>,
    /// What stands in the way of a login now, and where it is mended.
    pub obstacles: Vec<DeskItem>,
    /// Logins that were refused lately.
    pub refused: Vec<RefusedLine>,
    /// What the latest import says.
    pub latest: DeskItem,
    /// That the affiliation waits to be confirmed.
    pub waiting: Option<WaitingPart>,
    /// Everything that they are or were here.
    pub affiliations: Vec<AffiliationLine>,
    /// The password rule, for pupils.
    pub rule: Option<RulePart>,
    /// The code for the first login.
    pub code: CodePart,
    /// The block, for pupils and wherever there is one.
    pub block: Option<BlockPart>,
    /// The administrator right, for staff.
    pub right: Option<RightPart>,
    /// What changed here.
    pub history: Vec<DeskItem>,
    /// What was written into a form that was not taken.
    pub kept: DeskKept,
}

/// What was written into one of the page's forms that was not taken: it stands open with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeskKept {
    /// The id of its field for a reason; empty: none was sent.
    pub form: String,
    /// What was written as a reason.
    pub reason: String,
    /// The rule that was chosen, or the last day.
    pub choice: String,
}

impl DeskKept {
    /// Whether it is this form.
    pub fn is_of(&self, form: &str) -> bool {
        self.form == form
    }

    /// What was written as a reason into this form.
    pub fn reason_of(&self, form: &str) -> &str {
        if self.is_of(form) { &self.reason } else { "" }
    }

    /// What was chosen in this form.
    pub fn choice_of(&self, form: &str) -> &str {
        if self.is_of(form) { &self.choice } else { "" }
    }
}

/// A login that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// When, as people read it.
    pub when: String,
    /// The code of the refusal, such as `UL-203`.
    pub code: String,
    /// What the user saw.
    pub headline: String,
    /// Through whom, to which service.
    pub way: String,
    /// What the administrator does about it.
    pub advice: String,
    /// The reference that the user saw.
    pub reference: String,
}

/// One affiliation, and what can be done with it where it was written by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffiliationLine {
    /// Role and institution, in words.
    pub what: String,
    /// By which account, from where, until when.
    pub notes: Vec<String>,
    /// What its field for a reason is called in the page: another word for each.
    pub reason_id: String,
    /// Where moving its last day and ending it are sent.
    pub form: Option<Form>,
}

/// An affiliation that waits to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPart {
    /// Since when it waits, as people read it.
    pub since: String,
    /// Who has vouched for it.
    pub vouched: Option<String>,
    /// Where vouching for it is sent; nothing where it is one's own.
    pub form: Option<Form>,
}

/// The password rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePart {
    /// Which one holds.
    pub holds: String,
    /// Who set it and why, where somebody did.
    pub set: Option<String>,
    /// Where another one is sent; nothing where it is not theirs to set.
    pub form: Option<Form>,
    /// The rules to choose from: value and words.
    pub rules: Vec<(&'static str, String)>,
}

/// The code for the first login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePart {
    /// How far the account has come.
    pub state: String,
    /// Where the wish to see it is sent; nothing where there is none to see.
    pub form: Option<Form>,
    /// What the button says.
    pub button: String,
    /// The code itself, where it is shown, and its last day.
    pub shown: Option<(String, String)>,
}

/// The block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPart {
    /// Who set it and why, and how far it reaches.
    pub set: Vec<String>,
    /// Where it is set, changed and lifted; nothing where it is not theirs.
    pub form: Option<Form>,
    /// Whether it reaches every login.
    pub through_broker: bool,
}

/// The administrator right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightPart {
    /// Whether they have it.
    pub has: bool,
    /// Where giving and taking it are sent.
    pub form: Form,
}
