//! A login that needs no password this once, since a teacher has opened a window for its pupil
//! (DR17, U51–U53).
//!
//! It is a dead end: it can pick the *lærerbillede*, learn a new password, and nothing else. No
//! identity is ever filled in, so that no service gets anything before the pupil has logged in with
//! the new password like anybody else (H03). That the window still holds, and that the teacher still
//! is the pupil's, is asked at every visit (H07, I06).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::driver::Driver;
use super::journey::NewSecretAsked;
use super::new_secret::{Learning, Picking, Reason};
use super::transaction::LoginTransaction;
use crate::budgets::Whence;
use crate::domain::account::{Account, AccountId, PersonId, SecretVersion};
use crate::domain::audit::{AuditAct, AuditEvent, HelpAct};
use crate::domain::login_name::LoginName;
use crate::domain::password_rule::Holding;
use crate::domain::recovery::by_local_login_alone;
use crate::domain::refusal::Refused;
use crate::domain::teacher_help::{HelpWindow, Place, TOLD_TOO_LATE, WindowId, WindowState};
use crate::keys::derive::Label;
use crate::store::help_windows::{Picked, WindowOwner};
use crate::trust::registry::Registry;

/// How far a login has come that goes through a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Help {
    /// It comes from another network than the teacher's: the picture is asked for.
    Picking {
        /// The window.
        window: WindowId,
        /// For whom it was opened.
        pupil: Helped,
    },
    /// It learns a new password.
    Learning {
        /// The window.
        window: WindowId,
        /// For whom it was opened.
        pupil: Helped,
    },
    /// It has learnt one, and is told so.
    Learnt,
    /// The window had closed, or another login was quicker (error E11).
    TooLate,
    /// The pupil says that the teacher has helped, and there is no window.
    NotGiven,
}

/// For whom a window was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helped {
    /// The person.
    pub person: PersonId,
    /// The account.
    pub account: AccountId,
}

/// What such a login asks of its pupil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpFacts {
    /// Which of these pictures does your teacher show you?
    Pick(Vec<u8>),
    /// Learn this new password.
    NewSecret(NewSecretAsked),
    /// Have you seen that it is changed?
    Changed,
}

impl LoginTransaction {
    /// How far it has come through a window, if it goes through one.
    pub fn help(&self) -> Option<&Help> {
        self.help.as_ref()
    }

    /// Writes down how far it has come through a window.
    pub fn fill_help(&mut self, help: Option<Help>) {
        if self.help != help {
            self.fill_learning(Learning::default());
            self.fill_picking(Picking::default());
            self.help = help;
        }
    }

    /// Whose password a new one takes the place of: who logged in, or for whom a window was opened.
    pub fn holder(&self) -> Option<Helped> {
        match &self.help {
            Some(Help::Learning { pupil, .. }) if self.identity().is_none() => Some(*pupil),
            _ => Some(Helped {
                person: self.person()?,
                account: self.account()?,
            }),
        }
    }

    /// The window that it learns a new password through, if it does.
    pub fn learns_through(&self) -> Option<WindowId> {
        match &self.help {
            Some(Help::Learning { window, .. }) if self.identity().is_none() => Some(*window),
            _ => None,
        }
    }

    /// What a window knows this login by.
    pub fn window_owner(&self) -> WindowOwner {
        WindowOwner(self.derive_for_login(Label::WindowOwner))
    }
}

impl Driver {
    /// Looks for a window at the moment that a name is typed, and goes through it where that may be.
    /// A name that nobody has is looked for too, so that it takes as long (G04).
    pub(super) async fn offer_help(
        &self,
        registry: &Registry,
        tx: &mut LoginTransaction,
        known: Option<&Account>,
        whence: &Whence,
    ) -> Result<(), Refused> {
        // Who is proved already needs no window, and must not use one up.
        if tx.identity().is_some() {
            return Ok(());
        }
        let is_ours = tx.route().and_then(|route| route.name.as_ref());
        if !matches!(is_ours, Some(LoginName::Bare(_))) {
            return Ok(());
        }
        let id = known.map_or(AccountId(Uuid::nil()), |account| account.id);
        let found = self.store.last_help_window(id).await.map_err(Refused::from)?;
        let help = match (known, found) {
            (Some(account), Some(window)) => self.enter((registry, tx), account, &window, whence).await?,
            _ => None,
        };
        // Said of every name alike, also of one that nobody has.
        let says_so = tx.help() == Some(&Help::NotGiven);
        tx.fill_help(help.or_else(|| says_so.then_some(Help::NotGiven)));
        Ok(())
    }

    async fn enter(
        &self,
        (registry, tx): (&Registry, &LoginTransaction),
        account: &Account,
        found: &HelpWindow,
        whence: &Whence,
    ) -> Result<Option<Help>, Refused> {
        let now = self.ambient.now();
        let (window, owner) = (found.id, tx.window_owner());
        let pupil = Helped {
            person: account.person,
            account: account.id,
        };
        let learning = Some(Help::Learning { window, pupil });
        match found.state(now) {
            WindowState::Open if !self.still_holds(registry, found).await? => Ok(None),
            WindowState::Open if self.asks_for_no_picture(found, whence) => {
                let event = self.help_event(tx, found, pupil, (HelpAct::WindowUsed, whence));
                let taken = self.store.take_help_window(window, owner, &event).await;
                Ok(if taken.map_err(Refused::from)? {
                    tell(tx, found, HelpAct::WindowUsed);
                    learning
                } else {
                    Some(Help::TooLate)
                })
            }
            WindowState::Open if found.bears_a_pick() => Ok(Some(Help::Picking { window, pupil })),
            WindowState::Learning => {
                let own = self.store.has_taken_help_window(window, owner).await;
                Ok(if own.map_err(Refused::from)? {
                    learning
                } else {
                    Some(Help::TooLate)
                })
            }
            WindowState::RanOut | WindowState::GivenUp
                if now.duration_since(found.closes_at) < TOLD_TOO_LATE =>
            {
                Ok(Some(Help::TooLate))
            }
            _ => Ok(None),
        }
    }

    /// Beside the teacher no picture is asked for, nor anywhere while the installation makes an
    /// exception (T2).
    fn asks_for_no_picture(&self, window: &HelpWindow, whence: &Whence) -> bool {
        let now = self.ambient.now();
        window.place.is_where(&Place(whence.network.clone()))
            || self.without_picture_until.is_some_and(|until| now < until)
    }

    /// Takes a picture that was picked, or that the pupil would rather type a password.
    pub(super) async fn take_in_picture(
        &self,
        registry: &Registry,
        tx: &mut LoginTransaction,
        picked: Option<u8>,
        whence: &Whence,
    ) -> Result<(), Refused> {
        let Some(Help::Picking { window, pupil }) = tx.help().cloned() else {
            return Ok(());
        };
        let found = self.store.help_window(window).await.map_err(Refused::from)?;
        let found = match found {
            Some(found) if self.still_holds(registry, &found).await? => found,
            _ => {
                tx.fill_help(Some(Help::TooLate));
                return Ok(());
            }
        };
        let Some(picked) = picked else {
            tx.fill_help(None);
            return Ok(());
        };
        let used = self.help_event(tx, &found, pupil, (HelpAct::WindowUsed, whence));
        let refused = self.help_event(tx, &found, pupil, (HelpAct::PickRefused, whence));
        let owner = tx.window_owner();
        let verdict = self
            .store
            .pick_help_window((window, owner), picked, (&used, &refused));
        tx.fill_help(match verdict.await.map_err(Refused::from)? {
            Picked::Through => {
                tell(tx, &found, HelpAct::WindowUsed);
                Some(Help::Learning { window, pupil })
            }
            // The ordinary way, and not a word about the picture: the teacher sees it (H01).
            Picked::Wrong => {
                tell(tx, &found, HelpAct::PickRefused);
                None
            }
            Picked::Closed => Some(Help::TooLate),
        });
        Ok(())
    }

    /// What is asked now of a login that goes through a window; nothing where it may not any more.
    pub(super) async fn help_facts(
        &self,
        registry: &Registry,
        tx: &mut LoginTransaction,
    ) -> Result<Option<HelpFacts>, Refused> {
        if tx.identity().is_some() {
            return Ok(None);
        }
        let now = self.ambient.now();
        let (window, pupil, wanted) = match tx.help() {
            Some(Help::Picking { window, pupil }) => (*window, *pupil, WindowState::Open),
            Some(Help::Learning { window, pupil }) => (*window, *pupil, WindowState::Learning),
            Some(Help::Learnt) => return Ok(Some(HelpFacts::Changed)),
            Some(Help::TooLate | Help::NotGiven) | None => return Ok(None),
        };
        let found = self.store.help_window(window).await.map_err(Refused::from)?;
        let found = found.filter(|found| found.state(now) == wanted && found.account == pupil.account);
        let facts = match found {
            Some(found) if self.still_holds(registry, &found).await? => match wanted {
                WindowState::Open => found
                    .bears_a_pick()
                    .then(|| HelpFacts::Pick(found.picture.among.clone())),
                _ => self.asked_of(tx, &found).await?.map(HelpFacts::NewSecret),
            },
            _ => None,
        };
        if facts.is_none() {
            tx.fill_help(Some(Help::TooLate));
        }
        Ok(facts)
    }

    /// Which new password a pupil is to learn who went through a window.
    async fn asked_of(
        &self,
        tx: &LoginTransaction,
        window: &HelpWindow,
    ) -> Result<Option<NewSecretAsked>, Refused> {
        let own = self
            .store
            .has_taken_help_window(window.id, tx.window_owner())
            .await;
        if !own.map_err(Refused::from)? {
            return Ok(None);
        }
        let (account, now) = (window.account, self.ambient.now());
        let record = self.store.record_of_account(account, now).await;
        let record = record.map_err(Refused::from)?;
        let Some(held) = record.as_ref().and_then(|record| record.account(account)) else {
            return Ok(None);
        };
        let secret = self.store.secret_of(account).await.map_err(Refused::from)?;
        let set = self.store.pupil_rule_of(account).await.map_err(Refused::from)?;
        let set = set.map(|set| set.rule());
        Ok(Holding::of(&held.actors, set).map(|holding| NewSecretAsked {
            rule: holding.key,
            replaces: secret.map_or(SecretVersion::NONE, |secret| secret.version),
            reason: Reason::Help,
        }))
    }

    /// Whether the teacher may still help this pupil at all, and the pupil logs in here.
    async fn still_holds(&self, registry: &Registry, window: &HelpWindow) -> Result<bool, Refused> {
        let (account, now) = (window.account, self.ambient.now());
        let may = self.store.may_help(&window.helper, account, now).await;
        if !may.map_err(Refused::from)? {
            return Ok(false);
        }
        let secret = self.store.secret_of(account).await.map_err(Refused::from)?;
        let schools = self.store.schools_of_account(account, now).await;
        let schools = schools.map_err(Refused::from)?;
        let is_local = by_local_login_alone(secret.is_some(), &schools, &registry.with_local_login());
        Ok(!is_local)
    }

    fn help_event(
        &self,
        tx: &LoginTransaction,
        window: &HelpWindow,
        pupil: Helped,
        (act, whence): (HelpAct, &Whence),
    ) -> AuditEvent {
        AuditEvent::new(
            self.ambient.uuid(),
            self.ambient.now(),
            AuditAct::Helped {
                act,
                by: window.helper.person,
                by_account: window.helper.account,
                institution: window.helper.institution.clone(),
                window: Some(window.id.0),
                reason: None,
            },
        )
        .in_login(tx.id().to_string())
        .asked_by(tx.request().service.clone())
        .vouched_by(tx.route().map(|route| route.upstream.clone()))
        .about(pupil.person, pupil.account)
        .from_network(whence.network.clone())
    }
}

fn tell(tx: &LoginTransaction, window: &HelpWindow, act: HelpAct) {
    tracing::info!(
        login.id = %tx.id(),
        account.id = %window.account,
        institution.number = %window.helper.institution,
        act = act.name(),
        "a window for a pupil"
    );
}
