//! Affiliations by hand: for schools without a system, and for guests (U71, U72).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::naming::Named;
use super::{AdminDesk, DeskError, Done, Why};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::day;
use crate::domain::desk::{DeskAct, Reason, Tie};
use crate::domain::history::Change;
use crate::domain::role::Role;
use crate::store::StoreError;
use crate::store::administrators::Withdrawn;
use crate::store::desk::Affiliation;
use crate::store::manual::ManualEntry;

/// The furthest that a last day may be away: somebody looks at it once a year.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// An affiliation that somebody wants to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAffiliation {
    /// The user name or UNI-ID, exactly: nobody is searched for beyond the institution.
    pub name: String,
    /// What they are to do.
    pub role: Role,
    /// The last day on which it counts.
    pub last_day: Date,
    /// Why.
    pub reason: Reason,
    /// Whether it is said that a pupil is to be one of the staff.
    pub employs_pupil: bool,
}

impl AdminDesk {
    /// The affiliations that were written by hand and hold, those that end first first.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_hand(&self) -> Result<Vec<Affiliation>, StoreError> {
        self.tools.store.manual_actors_of(self.here(), self.now()).await
    }

    /// Writes an affiliation for somebody who has an account.
    ///
    /// # Errors
    /// The day is no such day, nobody has the name, too many names were tried, or they are here already. What is
    /// wrong with anything else is said before anybody is looked for.
    pub async fn add_by_hand(&self, new: &NewAffiliation) -> Done<ActorId> {
        let until = self.end_of(new.last_day)?;
        let named = self.named(&new.name).await?;
        let account = &named.account;
        if Some(account.id) == self.account() {
            return Err(DeskError::Cannot(Why::Yourself));
        }
        let id = ActorId(self.tools.ambient.uuid());
        let entry = ManualEntry {
            id,
            account: account.id,
            institution: self.here().clone(),
            role: new.role,
            until,
            by: self.doer(),
            written_as: new.name.trim().to_owned(),
        };
        let ties = self.tools.store.ties_of(account.id, self.now()).await?;
        let act = self.act_of(&named, &ties, new).await?;
        let detail = format!("{} until {}", new.role.as_str(), new.last_day);
        let history = self.history((account, id), Change::Added, detail.clone());
        let event = self.event(act, Some(account), Some(new.reason.as_str()), Some(detail));
        let store = &self.tools.store;
        if !store.add_manual_actor(&entry, &history, &event).await? {
            let is_known = named.is_ours || ties.iter().any(|tie| tie.institution == *self.here());
            return Err(if is_known {
                DeskError::Cannot(Why::AlreadyHere)
            } else {
                self.nobody(Some(account)).await?
            });
        }
        if act == DeskAct::PupilEmployed {
            tracing::warn!(
                institution.number = %self.here(),
                account.id = %account.id,
                by = %self.doer(),
                "a pupil was written in by hand as one of the staff"
            );
        }
        Ok(id)
    }

    /// Moves the last day.
    ///
    /// # Errors
    /// The day is no such day, or a source tells of the affiliation.
    pub async fn prolong(&self, actor: ActorId, last_day: Date) -> Done {
        let known = self.by_hand_here(actor).await?;
        let until = self.end_of(last_day)?;
        let history = self.history((&known.account, actor), Change::Term, last_day.to_string());
        let event = self.event(
            DeskAct::AffiliationProlonged,
            Some(&known.account),
            None,
            Some(last_day.to_string()),
        );
        let at = (actor, self.here());
        let moved = self
            .tools
            .store
            .prolong_manual_actor(at, until, &history, &event)
            .await?;
        moved.then_some(()).ok_or(DeskError::Cannot(Why::NothingToDo))
    }

    /// Ends the affiliation at once; where the account is nothing else, it is closed with it.
    ///
    /// # Errors
    /// A source tells of the affiliation, or it is one's own.
    pub async fn end_by_hand(&self, actor: ActorId, reason: &Reason) -> Done {
        let known = self.by_hand_here(actor).await?;
        let history = self.history((&known.account, actor), Change::Left, "by hand".to_owned());
        let event = self.event(
            DeskAct::AffiliationEnded,
            Some(&known.account),
            Some(reason.as_str()),
            None,
        );
        let at = (actor, known.account.id);
        let here = (self.here(), self.ways());
        let ended = self
            .tools
            .store
            .end_manual_actor_at(at, here, &history, &event)
            .await?;
        match ended {
            Withdrawn::Done => Ok(()),
            Withdrawn::NotOne => Err(DeskError::Cannot(Why::NothingToDo)),
            Withdrawn::WouldBeLast => Err(DeskError::Cannot(Why::LastAdministrator)),
        }
    }

    /// What the auditor reads of it. Whoever is a pupil anywhere sees and helps other pupils as one of the
    /// staff: that is done by nobody who did not mean it, and of another owner's pupil by no program, which is
    /// not told that there is such a pupil either (K01).
    async fn act_of(&self, named: &Named, ties: &[Tie], new: &NewAffiliation) -> Done<DeskAct> {
        let is_staff = matches!(new.role.group(), ActorGroup::Medarbejder | ActorGroup::Ekstern);
        if !is_staff || ties.iter().all(|tie| tie.group != ActorGroup::Elev) {
            return Ok(DeskAct::AffiliationAdded);
        }
        if !named.is_ours && self.account().is_none() {
            return Err(self.nobody(Some(&named.account)).await?);
        }
        if new.employs_pupil {
            Ok(DeskAct::PupilEmployed)
        } else {
            Err(DeskError::Cannot(Why::PupilEmployed))
        }
    }

    async fn by_hand_here(&self, actor: ActorId) -> Done<Affiliation> {
        let known = self.load(actor).await?;
        if Some(known.account.id) == self.account() {
            return Err(DeskError::Cannot(Why::Yourself));
        }
        if !known.is_by_hand() {
            return Err(DeskError::Cannot(Why::ToldBySource));
        }
        Ok(known)
    }

    /// The first moment after a last day, if that is still to come and not too far away.
    fn end_of(&self, last_day: Date) -> Done<Timestamp> {
        let now = self.now();
        let end = day::end_of(last_day).ok_or(DeskError::Cannot(Why::Day))?;
        let furthest = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        if end > now && end <= furthest {
            Ok(end)
        } else {
            Err(DeskError::Cannot(Why::Day))
        }
    }
}
