//! What is done at the desk: a form that was sent, read and carried out. Whoever reloads the page
//! afterwards does nothing twice.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;

use super::At;
use super::places::DeskPlace;
use crate::domain::desk::Reason;
use crate::domain::group::GroupId;
use crate::domain::import::{ImportId, ImportState};
use crate::domain::own_page::OwnPage;
use crate::domain::password_rule::RuleKey;
use crate::domain::role::Role;
use crate::people::admin_desk::{DeskError, NewAffiliation, Why};
use crate::web::incoming::Posted;
use crate::web::pages::DeskKept;
use crate::web::views;

/// What the choice is called that lets the rule of the stage hold again.
const STAGE: &str = "stage";

impl At<'_> {
    /// Carries a form out.
    pub(super) async fn take(&self, place: DeskPlace, posted: &Posted) -> Result<Response, DeskError> {
        let done = match place {
            DeskPlace::Code => {
                let (_, reading) = self.desk.code_of(self.actor()?).await?;
                let shown = (Some(reading), DeskKept::default());
                return self.person_page(self.actor()?, None, shown).await;
            }
            DeskPlace::ClassCodes => {
                let group = self.id.map(GroupId).ok_or(DeskError::NotYours)?;
                let (class, pupils) = self.desk.class(group).await?;
                let rows = self.desk.codes_of(pupils).await?;
                return Ok(views::html(
                    StatusCode::OK,
                    &self.class_page(&class, rows, true, None),
                ));
            }
            DeskPlace::NewcomerCodes => {
                let rows = self.desk.codes_of(self.desk.newcomers().await?).await?;
                return Ok(views::html(
                    StatusCode::OK,
                    &self.newcomers_page(rows, true, None),
                ));
            }
            DeskPlace::AddByHand => {
                let actor = self.desk.add_by_hand(&new_affiliation(posted)?).await?;
                return Ok(views::see_other(&format!(
                    "{}?done=added",
                    self.person_address(actor)
                )));
            }
            DeskPlace::DecideImport => return self.decide_import(posted).await,
            DeskPlace::Rule => self.rule(posted).await?,
            DeskPlace::Block => self.block(posted).await?,
            DeskPlace::Right => {
                let is_own = self.desk.is_own(self.actor()?).await?;
                let done = self.right(posted).await?;
                if is_own && posted.one("do") == Some("withdraw") {
                    let gone = format!("{}?done=left", OwnPage::Administration.path());
                    return Ok(views::see_other(&gone));
                }
                done
            }
            DeskPlace::Affiliation => self.affiliation(posted).await?,
            DeskPlace::Choose
            | DeskPlace::Front
            | DeskPlace::Person
            | DeskPlace::Class
            | DeskPlace::Newcomers
            | DeskPlace::ByHand
            | DeskPlace::Imports
            | DeskPlace::Import
            | DeskPlace::Administrators => return Err(DeskError::NotYours),
        };
        let address = self.person_address(self.actor()?);
        Ok(views::see_other(&format!("{address}?done={done}")))
    }

    async fn rule(&self, posted: &Posted) -> Result<&'static str, DeskError> {
        let (actor, reason) = (self.actor()?, reason(posted)?);
        match posted.one("rule") {
            Some(STAGE) => self.desk.lift_rule(actor, &reason).await?,
            Some(word) => {
                let rule = RuleKey::parse(word).ok_or(DeskError::Cannot(Why::Choice))?;
                self.desk.set_rule(actor, rule, &reason).await?;
            }
            None => return Err(DeskError::Cannot(Why::Choice)),
        }
        Ok("rule")
    }

    async fn block(&self, posted: &Posted) -> Result<&'static str, DeskError> {
        let (actor, reason) = (self.actor()?, reason(posted)?);
        match (posted.one("do"), posted.one("through-broker")) {
            (Some("block"), through) => {
                self.desk.block(actor, through == Some("yes"), &reason).await?;
                Ok("block")
            }
            (Some("unblock"), None) => {
                self.desk.unblock(actor, &reason).await?;
                Ok("unblock")
            }
            _ => Err(DeskError::Cannot(Why::Choice)),
        }
    }

    async fn decide_import(&self, posted: &Posted) -> Result<Response, DeskError> {
        let id = self.id.map(ImportId).ok_or(DeskError::NotYours)?;
        let reason = reason(posted)?;
        let done = match posted.one("do") {
            Some("confirm") => {
                let page = self.page();
                match self.desk.confirm_import(id, &reason, &page.words).await? {
                    ImportState::Applied => "import-taken",
                    _ => "import-refused",
                }
            }
            Some("discard") => {
                self.desk.discard_import(id, &reason).await?;
                "import-discarded"
            }
            _ => return Err(DeskError::Cannot(Why::Choice)),
        };
        Ok(views::see_other(&format!(
            "{}?done={done}",
            self.import_address(id)
        )))
    }

    /// Gives or takes the right. Whoever has taken their own is at this desk no more, and is told so at
    /// its door.
    async fn right(&self, posted: &Posted) -> Result<&'static str, DeskError> {
        let (actor, reason) = (self.actor()?, reason(posted)?);
        match posted.one("do") {
            Some("grant") => self.desk.grant(actor, &reason).await?,
            Some("withdraw") => self.desk.withdraw(actor, &reason).await?,
            _ => return Err(DeskError::Cannot(Why::Choice)),
        }
        Ok("right")
    }

    async fn affiliation(&self, posted: &Posted) -> Result<&'static str, DeskError> {
        let actor = self.actor()?;
        match posted.one("do") {
            Some("prolong") => {
                self.desk.prolong(actor, last_day(posted)?).await?;
                Ok("prolonged")
            }
            Some("confirm") => {
                let is_second = self.desk.vouch(actor, &reason(posted)?).await?;
                Ok(if is_second { "confirmed" } else { "vouched" })
            }
            Some("end") => {
                self.desk.end_by_hand(actor, &reason(posted)?).await?;
                Ok("ended")
            }
            _ => Err(DeskError::Cannot(Why::Choice)),
        }
    }
}

fn new_affiliation(posted: &Posted) -> Result<NewAffiliation, DeskError> {
    let role = posted.one("role").and_then(Role::parse);
    Ok(NewAffiliation {
        name: posted.one("name").unwrap_or_default().trim().to_owned(),
        role: role.ok_or(DeskError::Cannot(Why::Choice))?,
        last_day: last_day(posted)?,
        reason: reason(posted)?,
        employs_pupil: posted.one("employs-pupil") == Some("yes"),
    })
}

fn reason(posted: &Posted) -> Result<Reason, DeskError> {
    Ok(Reason::parse(posted.one("reason").unwrap_or_default())?)
}

fn last_day(posted: &Posted) -> Result<Date, DeskError> {
    let day = posted.one("last-day").and_then(|day| day.trim().parse().ok());
    day.ok_or(DeskError::Cannot(Why::Day))
}
