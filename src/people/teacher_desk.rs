//! What a teacher may do for pupils: see them, see their user names, give them five minutes for a
//! new password, take those back, and say that it was not the pupil (U47–U53, E9).
//!
//! A desk exists for one affiliation of one person alone, and hands out only what that affiliation
//! may do, to the pupils that the directory says are its own at that very moment (I01, I04, I06).
//! Every act leaves a row for the auditor with who did it, to whom, and where (L06).

pub mod board;
pub mod vouching;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::ambient::Ambient;
use crate::credentials::pictures::Picture;
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::{Actor, ActorGroup};
use crate::domain::audit::{AuditAct, AuditEvent, HelpAct};
use crate::domain::institution::InstitutionNumber;
use crate::domain::recovery::by_local_login_alone;
use crate::domain::role::Role;
use crate::domain::teacher_help::{
    AMONG, BeyondHelp, HelpWindow, HelpedPupil, Helper, LEARNING, Place, Reach, TeacherPicture, UNDO, WINDOW,
    WindowId,
};
use crate::store::helped_pupils::{Groupless, HelpedGroup};
use crate::store::{Store, StoreError};
use crate::trust::registry::Registry;

/// The desk of one teacher at one institution.
#[derive(Debug, Clone)]
pub struct TeacherDesk {
    store: Store,
    ambient: Ambient,
    /// Who knows which institutions have a login of their own.
    registry: Arc<Registry>,
    helper: Helper,
}

/// Who acts, from where, and by which request: for the auditor.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request's own reference.
    pub reference: Uuid,
    /// The network that it comes from.
    pub place: Place,
}

/// What is on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnDesk {
    /// Pupils, group by group.
    Groups(Vec<HelpedGroup>),
    /// None, and why (E9).
    Nobody(WhyNobody),
}

/// Why a desk is empty: each is mended by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNobody {
    /// No school's system tells of the teacher: somebody wrote them here, without classes.
    WrittenByHand,
    /// The school's system says nothing of any class of the teacher.
    NoClass,
    /// It tells of teams and other groups, and of no class.
    OtherGroupsAlone,
    /// There is a class, and nobody is in it.
    EmptyClass,
    /// The whole institution has no pupils.
    NoPupils,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// It is about somebody whom this desk does not reach; also said of nobody at all (I01).
    #[error("not one of this desk's pupils")]
    NotYours,
    /// They are one of this desk's pupils, and nobody may give them a password (H04).
    #[error("a pupil whom nobody may help so")]
    BeyondHelp,
    /// They were given too many windows lately.
    #[error("too many windows lately")]
    TooMany,
    /// It has changed in the meantime.
    #[error("what it is about has changed in the meantime")]
    Stale,
    /// Nobody was chosen.
    #[error("nobody was chosen")]
    Nobody,
    /// The database refused.
    #[error("the database refused")]
    Store(#[from] StoreError),
}

impl TeacherDesk {
    /// The desk of this affiliation, which the directory must have said just now that the person
    /// has; nothing for anybody who is not a teacher.
    pub fn for_actor(
        store: &Store,
        ambient: &Ambient,
        registry: &Arc<Registry>,
        person: PersonId,
        actor: &Actor,
    ) -> Option<Self> {
        let is_teacher = actor.group == ActorGroup::Medarbejder && actor.roles.contains(&Role::Lærer);
        is_teacher.then(|| Self {
            store: store.clone(),
            ambient: ambient.clone(),
            registry: Arc::clone(registry),
            helper: Helper {
                person,
                account: actor.account,
                actor: actor.id,
                institution: actor.institution.number.clone(),
                reach: Reach::OwnGroups,
            },
        })
    }

    /// The desk of this affiliation as an administrator of its institution, who reaches every pupil there
    /// (U48); nothing where they have not the right at this moment.
    pub async fn for_administrator(
        store: &Store,
        ambient: &Ambient,
        registry: &Arc<Registry>,
        person: PersonId,
        actor: &Actor,
    ) -> Result<Option<Self>, StoreError> {
        let theirs = store.administered_by(actor.account, ambient.now()).await?;
        let number = &actor.institution.number;
        let has_right =
            actor.group == ActorGroup::Medarbejder && theirs.iter().any(|one| one.number == *number);
        Ok(has_right.then(|| Self {
            store: store.clone(),
            ambient: ambient.clone(),
            registry: Arc::clone(registry),
            helper: Helper {
                person,
                account: actor.account,
                actor: actor.id,
                institution: number.clone(),
                reach: Reach::Institution,
            },
        }))
    }

    /// Everybody whom this desk reaches, or why there is nobody.
    pub async fn look(&self) -> Result<OnDesk, StoreError> {
        let now = self.ambient.now();
        let groups = self.pupils().await?;
        if !groups.is_empty() {
            return Ok(OnDesk::Groups(groups));
        }
        if self.helper.reach == Reach::Institution {
            return Ok(OnDesk::Nobody(WhyNobody::NoPupils));
        }
        let known = self.store.groupless(self.helper.actor, now).await?;
        Ok(OnDesk::Nobody(why(known)))
    }

    /// What became of the windows of this desk's pupils in the last day: the latest of each, and the
    /// latest that led to a new password where it can still be undone, whatever was opened since (H08).
    pub async fn windows(&self, groups: &[HelpedGroup]) -> Result<Vec<HelpWindow>, StoreError> {
        let now = self.ambient.now();
        let since = first_of_interest(now);
        let windows = self.store.help_windows_at(&self.helper.institution, since);
        let mut windows = windows.await?;
        windows.retain(|window| all(groups).any(|pupil| pupil.account == window.account));
        Ok(worth_showing(windows, now))
    }

    /// Opens a window for each of these pupils, or for none of them.
    pub async fn open(&self, pupils: &[AccountId], asked: &Asked) -> Result<usize, NotDone> {
        let chosen = self.own(pupils, asked).await?;
        let beyond: Vec<&HelpedPupil> = chosen
            .iter()
            .filter(|pupil| pupil.beyond_help.is_some())
            .collect();
        if !beyond.is_empty() {
            let events = beyond.into_iter().map(|pupil| {
                let whose = (Some(pupil.person), Some(pupil.account));
                self.event(whose, HelpAct::Denied, None, asked)
            });
            self.store.append_audit(&events.collect::<Vec<_>>()).await?;
            return Err(NotDone::BeyondHelp);
        }
        let now = self.ambient.now();
        let mut windows = Vec::with_capacity(chosen.len());
        let mut events = Vec::with_capacity(chosen.len());
        for pupil in &chosen {
            let window = HelpWindow {
                id: WindowId(self.ambient.uuid()),
                account: pupil.account,
                helper: self.helper.clone(),
                place: asked.place.clone(),
                picture: self.picture(),
                opened_at: now,
                closes_at: now.saturating_add(WINDOW).unwrap_or(now),
                refused: 0,
                cancelled_at: None,
                taken_at: None,
                finished_at: None,
                undone_at: None,
            };
            events.push(self.event(
                (Some(pupil.person), Some(pupil.account)),
                HelpAct::WindowOpened,
                Some(window.id),
                asked,
            ));
            windows.push(window);
        }
        let too_many = self.store.open_help_windows(&windows, &events).await?;
        if too_many.is_empty() {
            tracing::info!(
                institution.number = %self.helper.institution,
                helper.account = %self.helper.account,
                pupils = windows.len(),
                "windows opened for pupils"
            );
            Ok(windows.len())
        } else {
            Err(NotDone::TooMany)
        }
    }

    /// The user names of these pupils (U49); that they were looked at is told (L07).
    pub async fn names(&self, pupils: &[AccountId], asked: &Asked) -> Result<Vec<HelpedPupil>, NotDone> {
        let mut chosen = self.own(pupils, asked).await?;
        // Whom another school has too is nobody's to name before somebody confirms that they are here (K01).
        chosen.retain(|pupil| pupil.beyond_help != Some(BeyondHelp::Unconfirmed));
        if chosen.is_empty() {
            return Err(NotDone::BeyondHelp);
        }
        let events = chosen.iter().map(|pupil| {
            let whose = (Some(pupil.person), Some(pupil.account));
            self.event(whose, HelpAct::NameShown, None, asked)
        });
        self.store.append_audit(&events.collect::<Vec<_>>()).await?;
        Ok(chosen)
    }

    /// Takes a window back, also from a login that is learning.
    pub async fn cancel(&self, window: WindowId, asked: &Asked) -> Result<(), NotDone> {
        let (found, pupil) = self.window(window, asked).await?;
        let whose = (Some(pupil.person), Some(pupil.account));
        let event = self.event(whose, HelpAct::WindowCancelled, Some(found.id), asked);
        if self.store.cancel_help_window(found.id, &event).await? {
            Ok(())
        } else {
            Err(NotDone::Stale)
        }
    }

    /// Says that it was not the pupil who got the new password: it opens nothing from now on, and
    /// everything of the account has ended. Says whose account it is, so that services can be told.
    pub async fn undo(&self, window: WindowId, asked: &Asked) -> Result<HelpedPupil, NotDone> {
        let (found, pupil) = self.window(window, asked).await?;
        let whose = (Some(pupil.person), Some(pupil.account));
        let event = self.event(whose, HelpAct::WindowUndone, Some(found.id), asked);
        if self.store.undo_help_window(found.id, &event).await? {
            tracing::warn!(
                institution.number = %self.helper.institution,
                account.id = %pupil.account,
                "a teacher says that another than the pupil got the new password"
            );
            Ok(pupil)
        } else {
            Err(NotDone::Stale)
        }
    }

    /// This desk's pupils at this moment, and who of them gets no password from anybody here.
    async fn pupils(&self) -> Result<Vec<HelpedGroup>, StoreError> {
        let now = self.ambient.now();
        let mut groups = self.store.helped_pupils(&self.helper, now).await?;
        if self.registry.has_local_login(&self.helper.institution) {
            let without = self.store.without_secret(&self.helper, now).await?;
            self.mark_local_logins(&mut groups, &without);
        }
        Ok(groups)
    }

    /// Marks the pupils who have no password here because all their schools have a login of their own (G16,
    /// U60). `without` holds the pupils who have no secret here, with the institutions that say how they log in.
    fn mark_local_logins(
        &self,
        groups: &mut [HelpedGroup],
        without: &HashMap<AccountId, BTreeSet<InstitutionNumber>>,
    ) {
        let with_local_login = self.registry.with_local_login();
        for pupil in groups.iter_mut().flat_map(|group| &mut group.pupils) {
            let schools = without.get(&pupil.account);
            let is_local =
                schools.is_some_and(|schools| by_local_login_alone(false, schools, &with_local_login));
            if is_local && pupil.beyond_help.is_none() {
                pupil.beyond_help = Some(BeyondHelp::LocalLogin);
            }
        }
    }

    /// Those of this desk's pupils; nobody at all where one is not (I01).
    async fn own(&self, asked_for: &[AccountId], asked: &Asked) -> Result<Vec<HelpedPupil>, NotDone> {
        if asked_for.is_empty() {
            return Err(NotDone::Nobody);
        }
        let groups = self.pupils().await?;
        let mut chosen: Vec<HelpedPupil> = Vec::with_capacity(asked_for.len());
        for account in asked_for {
            if chosen.iter().any(|known| known.account == *account) {
                continue;
            }
            let Some(pupil) = all(&groups).find(|pupil| pupil.account == *account) else {
                self.note_denied(asked).await?;
                return Err(NotDone::NotYours);
            };
            chosen.push(pupil.clone());
        }
        Ok(chosen)
    }

    /// A row for the auditor of somebody who asked for a desk that they have not.
    pub async fn note_outsider(
        store: &Store,
        ambient: &Ambient,
        (by, by_account): (PersonId, AccountId),
        asked: &Asked,
    ) -> Result<(), StoreError> {
        let event = AuditEvent::new(asked.reference, ambient.now(), AuditAct::HelpDenied)
            .about(by, by_account)
            .from_network(asked.place.0.clone());
        store.append_audit(&[event]).await
    }

    /// A window of one of this desk's pupils, whoever opened it, with the pupil.
    pub async fn window(
        &self,
        window: WindowId,
        asked: &Asked,
    ) -> Result<(HelpWindow, HelpedPupil), NotDone> {
        let found = self.store.help_window(window).await?;
        let found = found.filter(|found| found.helper.institution == self.helper.institution);
        let Some(found) = found else {
            self.note_denied(asked).await?;
            return Err(NotDone::NotYours);
        };
        let mut pupils = self.own(&[found.account], asked).await?;
        let pupil = pupils.pop().ok_or(NotDone::NotYours)?;
        Ok((found, pupil))
    }

    /// A row for the auditor; it names nobody, since an id that somebody made up is nobody's.
    async fn note_denied(&self, asked: &Asked) -> Result<(), StoreError> {
        let event = self.event((None, None), HelpAct::Denied, None, asked);
        self.store.append_audit(&[event]).await
    }

    fn picture(&self) -> TeacherPicture {
        let (right, among) = Picture::one_among(AMONG, self.ambient.entropy());
        TeacherPicture {
            number: right.number(),
            among: among.into_iter().map(Picture::number).collect(),
        }
    }

    fn event(
        &self,
        (person, account): (Option<PersonId>, Option<AccountId>),
        act: HelpAct,
        window: Option<WindowId>,
        asked: &Asked,
    ) -> AuditEvent {
        AuditEvent::new(
            asked.reference,
            self.ambient.now(),
            AuditAct::Helped {
                act,
                by: self.helper.person,
                by_account: self.helper.account,
                institution: self.helper.institution.clone(),
                window: window.map(|window| window.0),
                reason: None,
            },
        )
        .about(person, account)
        .from_network(asked.place.0.clone())
    }
}

fn all(groups: &[HelpedGroup]) -> impl Iterator<Item = &HelpedPupil> {
    groups.iter().flat_map(|group| &group.pupils)
}

/// Windows that were opened before this matter to nobody any more. The day in which they can be undone
/// begins with the new password, which may be as much later than the window.
fn first_of_interest(now: Timestamp) -> Timestamp {
    [UNDO, WINDOW, LEARNING]
        .into_iter()
        .try_fold(now, Timestamp::checked_sub)
        .unwrap_or(Timestamp::MIN)
}

/// Of each pupil's windows, the latest first, the latest one, and the latest that led to a new password
/// where it can still be undone.
fn worth_showing(windows: Vec<HelpWindow>, now: Timestamp) -> Vec<HelpWindow> {
    let mut shown: Vec<HelpWindow> = Vec::new();
    let mut finished: Vec<AccountId> = Vec::new();
    for window in windows {
        let is_latest = shown.iter().all(|known| known.account != window.account);
        let is_last_finished = window.finished_at.is_some() && !finished.contains(&window.account);
        if is_last_finished {
            finished.push(window.account);
        }
        if is_latest || is_last_finished && window.can_be_undone(now) {
            shown.push(window);
        }
    }
    shown
}

const fn why(known: Groupless) -> WhyNobody {
    match (known.groups > 0, known.imported, known.others > 0) {
        (true, ..) => WhyNobody::EmptyClass,
        (false, false, _) => WhyNobody::WrittenByHand,
        (false, true, true) => WhyNobody::OtherGroupsAlone,
        (false, true, false) => WhyNobody::NoClass,
    }
}
