//! What is asked for, carried out: a body that is exactly what is described, read, and given to the desk.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::places::ApiPlace;
use super::problem::Stop;
use super::shown;
use crate::domain::actor::ActorId;
use crate::domain::desk::Reason;
use crate::domain::group::GroupId;
use crate::domain::import::ImportId;
use crate::domain::password_rule::RuleKey;
use crate::domain::role::Role;
use crate::people::admin_desk::{AdminDesk, DeskError, NewAffiliation, Why};
use crate::texts::Words;

/// What the choice is called that lets the rule of the stage hold again.
const STAGE: &str = "stage";
/// The longest search.
const LONGEST: usize = 100;

/// One request at one institution's desk.
pub(super) struct Call<'a> {
    pub(super) at: &'a AdminDesk,
    pub(super) id: Uuid,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
    pub(super) words: Words<'a>,
}

/// Nothing is to be said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// An affiliation to be written by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    name: String,
    role: String,
    last_day: String,
    reason: String,
    #[serde(default)]
    employs_pupil: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prolonged {
    last_day: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasoned {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ruled {
    rule: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocked {
    #[serde(default)]
    every_login: bool,
    reason: String,
}

impl Call<'_> {
    pub(super) async fn carry_out(&self, place: ApiPlace) -> Result<Value, Stop> {
        let at = self.at;
        match place {
            ApiPlace::People => {
                let text = self.one_of("q").ok_or_else(|| Stop::Unreadable("q".to_owned()))?;
                Ok(shown::list(&at.search(&text).await?, shown::found))
            }
            ApiPlace::Person => Ok(shown::person(&at.person(self.actor()).await?)),
            ApiPlace::Classes => Ok(shown::list(&at.classes().await?, shown::class)),
            ApiPlace::Class => {
                let (_, pupils) = at.class(GroupId(self.id)).await?;
                Ok(shown::list(&pupils, shown::affiliation))
            }
            ApiPlace::Newcomers => Ok(shown::list(&at.newcomers().await?, shown::affiliation)),
            ApiPlace::ByHand => Ok(shown::list(&at.by_hand().await?, shown::affiliation)),
            ApiPlace::Imports => {
                let record = |one: &_| shown::import(one, &self.words);
                Ok(shown::list(&at.imports().await?, record))
            }
            ApiPlace::Import => {
                let text = self.one_of("q").unwrap_or_default();
                let import = at.import(ImportId(self.id), &text).await?;
                Ok(shown::whole_import(&import, &self.words))
            }
            ApiPlace::Administrators => {
                let administrator = |one: &_| shown::administrator(one, at.can_come(one));
                Ok(shown::list(&at.administrators().await?, administrator))
            }
            ApiPlace::Code | ApiPlace::ClassCodes | ApiPlace::NewcomerCodes => self.codes(place).await,
            ApiPlace::AddByHand
            | ApiPlace::Prolong
            | ApiPlace::End
            | ApiPlace::Block
            | ApiPlace::Unblock
            | ApiPlace::Rule => self.change(place).await,
        }
    }

    /// Each code that is read is told to the auditor by the desk.
    async fn codes(&self, place: ApiPlace) -> Result<Value, Stop> {
        let Nothing {} = self.read()?;
        let at = self.at;
        let people = match place {
            ApiPlace::ClassCodes => at.class(GroupId(self.id)).await?.1,
            ApiPlace::NewcomerCodes => at.newcomers().await?,
            _ => {
                let (who, reading) = at.code_of(self.actor()).await?;
                return Ok(shown::code(&who, Ok(&reading)));
            }
        };
        let rows = at.codes_of(people).await?;
        Ok(shown::list(&rows, shown::code_row))
    }

    async fn change(&self, place: ApiPlace) -> Result<Value, Stop> {
        let (at, actor) = (self.at, self.actor());
        match place {
            ApiPlace::AddByHand => {
                let asked: Added = self.read()?;
                let role = Role::parse(&asked.role).ok_or(DeskError::Cannot(Why::Choice))?;
                let new = NewAffiliation {
                    name: asked.name,
                    role,
                    last_day: day(&asked.last_day)?,
                    reason: reason(&asked.reason)?,
                    employs_pupil: asked.employs_pupil,
                };
                let actor = at.add_by_hand(&new).await?;
                return Ok(json!({ "id": actor.0 }));
            }
            ApiPlace::Prolong => {
                let asked: Prolonged = self.read()?;
                at.prolong(actor, day(&asked.last_day)?).await?;
            }
            ApiPlace::End => {
                let asked: Reasoned = self.read()?;
                at.end_by_hand(actor, &reason(&asked.reason)?).await?;
            }
            ApiPlace::Block => {
                let asked: Blocked = self.read()?;
                at.block(actor, asked.every_login, &reason(&asked.reason)?)
                    .await?;
            }
            ApiPlace::Unblock => {
                let asked: Reasoned = self.read()?;
                at.unblock(actor, &reason(&asked.reason)?).await?;
            }
            _ => {
                let asked: Ruled = self.read()?;
                let reason = reason(&asked.reason)?;
                if asked.rule == STAGE {
                    at.lift_rule(actor, &reason).await?;
                } else {
                    let rule = RuleKey::parse(&asked.rule).ok_or(DeskError::Cannot(Why::Choice))?;
                    at.set_rule(actor, rule, &reason).await?;
                }
            }
        }
        Ok(json!({ "done": true }))
    }

    const fn actor(&self) -> ActorId {
        ActorId(self.id)
    }

    fn read<'b, T: Deserialize<'b>>(&'b self) -> Result<T, Stop> {
        // What was sent is not repeated: only where it stopped.
        serde_json::from_slice(self.body)
            .map_err(|error| Stop::Unreadable(format!("{}:{}", error.line(), error.column())))
    }

    fn one_of(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.chars().take(LONGEST).collect())
    }
}

fn day(text: &str) -> Result<Date, Stop> {
    // The date parser takes more spellings than the one that is described.
    let is_plain = text.len() == 10;
    let day = text.parse().ok().filter(|_| is_plain);
    day.ok_or_else(|| DeskError::Cannot(Why::Day).into())
}

fn reason(text: &str) -> Result<Reason, Stop> {
    Ok(Reason::parse(text).map_err(DeskError::from)?)
}
