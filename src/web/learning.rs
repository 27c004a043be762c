//! Learning a new password on its page: shown, given back without seeing it, or chosen. The same
//! wherever somebody gets one; where the state of it travels, and what becomes of a password that
//! was learnt, is the caller's business.

use zeroize::Zeroizing;

use super::incoming::Posted;
use super::login::picking::{self, Picked};
use super::pages::picture_grid::Cell;
use super::pages::{Face, Page};
use super::secret_pages;
use super::state::Portner;
use crate::credentials::Password;
use crate::credentials::assigned::AssignedSecret;
use crate::domain::password_rule::{ChoiceProblem, OwnChoice, RuleKey, SecretForm};
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::Refused;
use crate::keys::derive::MasterSecret;
use crate::login::new_secret::{Learning, LearningPage, OwnTyped, Picking, Said, TIMES};

/// One new password that somebody learns.
pub struct Lesson<'a> {
    /// The running installation.
    pub portner: &'a Portner,
    /// The rule that it is made by.
    pub rule: RuleKey,
    /// The one that is assigned.
    pub assigned: AssignedSecret,
    /// What the pictures of its pages are hidden behind.
    pub grid: MasterSecret,
    /// How far they have come.
    pub learning: &'a Learning,
    /// The pictures that were picked so far.
    pub picking: &'a Picking,
}

/// What a form on the page did.
#[derive(Debug)]
pub enum Taken {
    /// Nothing: it was sent twice, or is another's.
    Nothing,
    /// The page goes on like this.
    GoOn(Learning),
    /// One picture more, or one less.
    Picked(Picking),
    /// The old one is to stay.
    Stay,
    /// It is learnt, and to be kept.
    Learnt(Password, SecretForm),
}

impl Lesson<'_> {
    fn choice(&self) -> Option<OwnChoice> {
        self.portner.new_secrets.rules.rule(self.rule).own_choice
    }

    /// What the page shows or asks for.
    pub fn face(&self, page: &Page<'_>) -> Face {
        let form = self.assigned.form();
        match (self.learning.page, self.choice(), form, &self.assigned) {
            (LearningPage::Own, Some(choice), ..) => Face::Own(secret_pages::rules_of(choice, page)),
            (LearningPage::Hidden, _, SecretForm::Text, _) => Face::AskText,
            (LearningPage::Hidden, _, SecretForm::Pictures, _) => {
                Face::AskPictures(secret_pages::grid(self.portner, &self.grid, self.picking, page))
            }
            (.., AssignedSecret::Text(text)) => Face::ShownText(text.to_string()),
            (.., AssignedSecret::Pictures(sequence)) => {
                let pictures = sequence.pictures().iter();
                let cells = pictures.map(|picture| Cell::of(*picture, String::new(), page));
                Face::ShownPictures(cells.collect())
            }
        }
    }

    /// Takes a form of the page.
    pub async fn take(
        &self,
        who: &PersonRecord,
        held: &AccountRecord,
        posted: &Posted,
    ) -> Result<Taken, Refused> {
        let at = |page| {
            Taken::GoOn(Learning {
                page,
                ..Learning::default()
            })
        };
        Ok(match (posted.one("do"), self.choice()) {
            (Some("learnt"), _) => at(LearningPage::Hidden),
            (Some("show"), _) => at(LearningPage::Shown),
            (Some("choose"), Some(_)) => at(LearningPage::Own),
            (Some("stay"), _) => Taken::Stay,
            (Some("own"), Some(choice)) => return self.choose(choice, (who, held), posted).await,
            _ if self.learning.page == LearningPage::Hidden => self.rehearse(posted),
            _ => Taken::Nothing,
        })
    }

    /// The assigned secret, once more without seeing it: learnt when it was right often enough in a row.
    fn rehearse(&self, posted: &Posted) -> Taken {
        let round = posted.one("round").and_then(|round| round.parse().ok());
        if round != Some(self.learning.right) {
            return Taken::Nothing;
        }
        let picked = picking::read(&self.grid, self.picking, posted);
        let is_right = match (&self.assigned, picked) {
            (AssignedSecret::Pictures(_), Some(Picked::GoOn(picking))) => return Taken::Picked(picking),
            (AssignedSecret::Pictures(sequence), Some(Picked::Done(picked))) => *sequence == picked,
            (AssignedSecret::Text(text), None) => {
                posted.one("new").is_some_and(|typed| typed == text.as_str())
            }
            _ => false,
        };
        let right = if is_right { self.learning.right + 1 } else { 0 };
        match (is_right, right < TIMES) {
            (false, _) => Taken::GoOn(Learning {
                said: Some(Said::NotRight),
                ..Learning::default()
            }),
            (true, true) => Taken::GoOn(Learning {
                page: LearningPage::Hidden,
                right,
                said: Some(Said::Right),
            }),
            (true, false) => Taken::Learnt(self.assigned.to_password(), self.assigned.form()),
        }
    }

    /// A password of one's own: taken if there is nothing wrong with it.
    async fn choose(
        &self,
        choice: OwnChoice,
        (who, held): (&PersonRecord, &AccountRecord),
        posted: &Posted,
    ) -> Result<Taken, Refused> {
        let typed = posted.one("new").unwrap_or_default();
        let again = |said| {
            Taken::GoOn(Learning {
                page: LearningPage::Own,
                right: 0,
                said: Some(said),
            })
        };
        let Ok(password) = Password::new(typed.to_owned()) else {
            let too_long = ChoiceProblem::TooLong(choice.longest);
            return Ok(again(Said::Problems(vec![too_long])));
        };
        let own = OwnTyped {
            password,
            text: Zeroizing::new(typed.to_owned()),
        };
        let secrets = &self.portner.new_secrets;
        let found = secrets.problems(&choice, who, held, &own).await?;
        if !found.is_empty() {
            return Ok(again(Said::Problems(found)));
        }
        if posted.one("again") != Some(typed) {
            return Ok(again(Said::Differ));
        }
        Ok(Taken::Learnt(own.password, SecretForm::Text))
    }
}
