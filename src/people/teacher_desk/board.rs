//! The board of one class: every pupil with how they stand, as one look at what is kept.
//!
//! A board shows no more than the desk reaches, and asks for that at every look. It changes nothing.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Asked, TeacherDesk, first_of_interest, worth_showing};
use crate::ambient::Ambient;
use crate::domain::account::AccountId;
use crate::domain::audit::{AuditAct, HelpAct};
use crate::domain::board::{LESSON, LoginNote, Seat, Stuck, stuck};
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::session::SessionId;
use crate::domain::teacher_help::{BeyondHelp, HelpWindow, HelpedPupil, LEARNING, WindowState};
use crate::store::{Store, StoreError};
use crate::trust::registry::Registry;

/// The board of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassBoard {
    /// What the class is called.
    pub name: String,
    /// What it is for.
    pub kind: Option<GroupKind>,
    /// Its pupils, by name.
    pub pupils: Vec<OnBoard>,
    /// When it was so.
    pub at: Timestamp,
}

/// One pupil on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnBoard {
    /// The pupil of this row.
    pub pupil: HelpedPupil,
    /// Since when they are logged in, if they are.
    pub logged_in: Option<Timestamp>,
    /// What they are stuck at.
    pub stuck: Option<Stuck>,
    /// Since when they wait for an adult to vouch for them, and until when.
    pub waits: Option<(Timestamp, Timestamp)>,
    /// What became of their windows.
    pub windows: Vec<HelpWindow>,
}

impl TeacherDesk {
    /// The desk of whoever sits here. What it hands out is what this seat may do at that moment.
    pub fn of_seat(store: &Store, ambient: &Ambient, registry: &Arc<Registry>, seat: &Seat) -> Self {
        Self {
            store: store.clone(),
            ambient: ambient.clone(),
            registry: Arc::clone(registry),
            helper: seat.helper.clone(),
        }
    }

    /// The seat at the board of a class.
    pub fn seat(&self, session: SessionId, group: GroupId) -> Seat {
        Seat {
            session,
            helper: self.helper.clone(),
            group,
        }
    }

    /// How everybody in a class stands; nothing where it is no class of this desk (I01). A session that
    /// was not used for `idle` is none.
    pub async fn board(
        &self,
        group: GroupId,
        idle: SignedDuration,
    ) -> Result<Option<ClassBoard>, StoreError> {
        let now = self.ambient.now();
        let back = |by: SignedDuration| now.checked_sub(by).unwrap_or(Timestamp::MIN);
        let Some(mut found) = self.store.helped_pupils_of(&self.helper, group, now).await? else {
            return Ok(None);
        };
        if self.registry.has_local_login(&self.helper.institution) {
            let without = self.store.without_secret_of(&self.helper, group, now).await?;
            self.mark_local_logins(std::slice::from_mut(&mut found), &without);
        }
        let sessions = self.store.sessions_of_group(group, now, back(idle)).await?;
        let notes = self.store.logins_of_group(group, back(LESSON)).await?;
        let windows = self
            .store
            .help_windows_of_group(&self.helper.institution, group, first_of_interest(now))
            .await?;
        let windows = worth_showing(windows, now);
        let waiting = self.store.waiting_of_group(group, now).await?;
        let of = |account: AccountId| move |note: &&LoginNote| note.account == account;
        let pupils = found.pupils.into_iter().map(|pupil| {
            // How another owner's pupil stands is not this school's to see (K01).
            if pupil.beyond_help == Some(BeyondHelp::Unconfirmed) {
                return OnBoard::unknown(pupil);
            }
            let own = windows.iter().filter(|window| window.account == pupil.account);
            let windows: Vec<HelpWindow> = own.cloned().collect();
            let stuck = stuck(notes.iter().filter(of(pupil.account)));
            OnBoard {
                logged_in: sessions.get(&pupil.account).copied(),
                stuck: stuck.filter(|stuck| !is_helped_since(&windows, stuck.at, now)),
                waits: waiting.get(&pupil.account).copied(),
                windows,
                pupil,
            }
        });
        Ok(Some(ClassBoard {
            name: found.group.map(|(_, name)| name).unwrap_or_default(),
            kind: found.kind,
            pupils: pupils.collect(),
            at: now,
        }))
    }

    /// Notes for the auditor that somebody opened the board of a class of this desk (L07).
    pub async fn note_opened(&self, group: GroupId, asked: &Asked) -> Result<(), StoreError> {
        let mut event = self.event((None, None), HelpAct::BoardOpened, None, asked);
        if let AuditAct::Helped { reason, .. } = &mut event.act {
            *reason = Some(group.0.to_string());
        }
        self.store.append_audit(&[event]).await
    }

    /// Notes for the auditor, and for each pupil, that the user names of a board were written on a sheet
    /// to be printed (L06, L07).
    pub async fn note_printed(&self, board: &ClassBoard, asked: &Asked) -> Result<(), StoreError> {
        let events = board.named().map(|one| {
            let whose = (Some(one.pupil.person), Some(one.pupil.account));
            self.event(whose, HelpAct::NamePrinted, None, asked)
        });
        self.store.append_audit(&events.collect::<Vec<_>>()).await
    }
}

impl OnBoard {
    /// Of whom nothing is known.
    const fn unknown(pupil: HelpedPupil) -> Self {
        Self {
            pupil,
            logged_in: None,
            stuck: None,
            waits: None,
            windows: Vec::new(),
        }
    }
}

impl ClassBoard {
    /// Those whose user names are this school's to show.
    pub fn named(&self) -> impl Iterator<Item = &OnBoard> {
        self.pupils
            .iter()
            .filter(|one| one.pupil.beyond_help != Some(BeyondHelp::Unconfirmed))
    }

    /// When it looks different though nothing happens: a window closes, a login is given up, or somebody
    /// has waited for long enough.
    pub fn changes_at(&self) -> Option<Timestamp> {
        let windows = self.pupils.iter().flat_map(|one| &one.windows);
        let waits = self.pupils.iter().filter_map(|one| one.waits);
        windows
            .filter_map(|window| match window.state(self.at) {
                WindowState::Open => Some(window.closes_at),
                WindowState::Learning => window.taken_at.and_then(|taken| taken.checked_add(LEARNING).ok()),
                _ => None,
            })
            .chain(waits.map(|(_, until)| until))
            .min()
    }
}

/// Whether what was refused at this moment has been helped since: the latest window is going, or led to a
/// new password.
fn is_helped_since(windows: &[HelpWindow], refused: Timestamp, now: Timestamp) -> bool {
    windows.first().is_some_and(|latest| match latest.state(now) {
        WindowState::Open | WindowState::Learning => refused <= latest.opened_at,
        WindowState::Finished => latest.finished_at.is_some_and(|finished| refused <= finished),
        WindowState::RanOut | WindowState::Cancelled | WindowState::GivenUp | WindowState::Undone => false,
    })
}

impl OnBoard {
    /// Whether the last thing was a refusal that is this pupil's: of somebody who sits there logged in, a
    /// wrong password is anybody's.
    pub fn is_stuck(&self) -> bool {
        let stuck = self.stuck.as_ref();
        stuck.is_some_and(|stuck| self.logged_in.is_none() || !stuck.may_be_anybodys())
    }

    /// Whether a window for a new password is open, or its pupil is learning one.
    pub fn is_being_helped(&self, now: Timestamp) -> bool {
        let going =
            |window: &HelpWindow| matches!(window.state(now), WindowState::Open | WindowState::Learning);
        self.windows.iter().any(going)
    }
}
