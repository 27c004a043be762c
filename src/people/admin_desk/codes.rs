//! Codes for first logins: made and read here until one is used, and never for anybody who has a
//! password of their own (U29, U31–U33, T5, H09).

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{AdminDesk, DeskError, Done, Why};
use crate::credentials::one_time::{self, OneTimeCode};
use crate::domain::account::{Account, AccountId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::{DeskAct, Say};
use crate::domain::group::GroupId;
use crate::domain::password_rule::SecretForm;
use crate::domain::recovery::by_local_login_alone;
use crate::keys::seal::SealPurpose;
use crate::store::StoreError;
use crate::store::credentials::NewSecret;
use crate::store::desk::{Affiliation, GroupHere, SecretState};

/// The most newcomers that are shown at once.
const MOST: u32 = 200;

/// A code that is being read.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// As it is handed out.
    pub code: Zeroizing<String>,
    /// Good until just before this moment.
    pub until: Timestamp,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reading(redacted, until {})", self.until)
    }
}

/// Somebody in a list of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// Who.
    pub who: Affiliation,
    /// The code, where one was read.
    pub reading: Option<Reading>,
    /// Why there is none, where there is not.
    pub why: Option<Why>,
}

/// Whether this say reaches the code of somebody of this kind.
pub(super) const fn is_over(say: Say, group: ActorGroup) -> bool {
    matches!(
        (say, group),
        (Say::OverPupil, ActorGroup::Elev) | (Say::OverStaff, ActorGroup::Medarbejder | ActorGroup::Ekstern)
    )
}

impl AdminDesk {
    /// A group of the institution, and the pupils in it.
    ///
    /// # Errors
    /// [`DeskError::NotYours`]: another institution's, or nobody's.
    pub async fn class(&self, group: GroupId) -> Done<(GroupHere, Vec<Affiliation>)> {
        let (store, now) = (&self.tools.store, self.now());
        let groups = store.groups_here(self.here(), now).await?;
        let known = groups.into_iter().find(|known| known.id == group);
        let known = known.ok_or(DeskError::NotYours)?;
        let pupils = store.pupils_in(self.here(), group, now).await?;
        self.note_listed("class", pupils.len()).await?;
        Ok((known, pupils))
    }

    /// Staff who have no password of their own yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn newcomers(&self) -> Result<Vec<Affiliation>, StoreError> {
        let newcomers = self.tools.store.newcomers(self.here(), self.now(), MOST).await?;
        self.note_listed("newcomers", newcomers.len()).await?;
        Ok(newcomers)
    }

    /// Reads the codes of these, and makes one for whoever has none; each is told to the auditor.
    ///
    /// # Errors
    /// The database's, or that of hashing: those before the one that failed have theirs.
    pub async fn codes_of(&self, people: Vec<Affiliation>) -> Done<Vec<CodeRow>> {
        let mut rows = Vec::with_capacity(people.len());
        for who in people {
            let (reading, why) = match self.code(&who).await {
                Ok(reading) => (Some(reading), None),
                Err(DeskError::Cannot(why)) => (None, Some(why)),
                Err(other) => return Err(other),
            };
            rows.push(CodeRow { who, reading, why });
        }
        Ok(rows)
    }

    /// The same for one.
    ///
    /// # Errors
    /// As for several; they have a password of their own, or are not in the administrators' hands.
    pub async fn code_of(&self, actor: ActorId) -> Done<(Affiliation, Reading)> {
        let who = self.load(actor).await?;
        let reading = self.code(&who).await?;
        Ok((who, reading))
    }

    async fn code(&self, who: &Affiliation) -> Done<Reading> {
        if Some(who.account.id) == self.account() {
            return Err(DeskError::Cannot(Why::Yourself));
        }
        let say = self.say(who.account.id).await?;
        if !is_over(say, who.group) || !who.is_active(self.now()) {
            return Err(DeskError::Cannot(Why::NotInYourHands));
        }
        let Some(secret) = who.secret else {
            return Err(DeskError::Cannot(Why::NotInYourHands));
        };
        if secret.is_or_was_own() {
            return Err(DeskError::Cannot(Why::HasOwnSecret));
        }
        // A code would be a way round the login that the schools have themselves (G16).
        if self.is_by_local_login(who).await? {
            return Err(DeskError::Cannot(Why::LocalLogin));
        }
        if let SecretState::Readable(until) = secret {
            if let Some(code) = self.read(&who.account).await? {
                return Ok(Reading { code, until });
            }
            // It was sealed with a key that is gone: nobody can read it, and there is another.
            self.tools.store.hide_first_code(who.account.id).await?;
        }
        self.make(&who.account).await
    }

    /// Whether somebody has no password here, and all that says how they log in has a login of its own.
    pub(super) async fn is_by_local_login(&self, who: &Affiliation) -> Result<bool, StoreError> {
        let schools = self.tools.store.schools_of_account(who.account.id, self.now());
        let has_own = who.secret.is_some_and(SecretState::is_or_was_own);
        Ok(by_local_login_alone(
            has_own,
            &schools.await?,
            &self.tools.registry.with_local_login(),
        ))
    }

    async fn read(&self, account: &Account) -> Done<Option<Zeroizing<String>>> {
        let event = self.event(DeskAct::CodeViewed, Some(account), None, None);
        let sealed = self.tools.store.read_first_code(account.id, &event).await?;
        Ok(sealed.and_then(|sealed| self.unsealed(account.id, &sealed)))
    }

    async fn make(&self, account: &Account) -> Done<Reading> {
        let tools = &self.tools;
        let code = OneTimeCode::draw(tools.ambient.entropy());
        let hash = tools.passwords.hash(code.to_password()).await?;
        let now = self.now();
        let until = one_time::until(now);
        let secret = NewSecret {
            hash,
            form: SecretForm::Text,
            made_under: None,
            made_at: now,
            one_time_until: Some(until),
        };
        let sealed = self.sealed(account.id, &code.written())?;
        let event = self.event(DeskAct::CodeMade, Some(account), None, None);
        tools
            .store
            .put_first_code(account.id, &secret, &sealed, &event)
            .await?;
        // Somebody else may have made one in the meantime: that one counts.
        let code = self.read(account).await?;
        code.map(|code| Reading { code, until })
            .ok_or(DeskError::Cannot(Why::HasOwnSecret))
    }

    /// Bound to its account: a row that is moved to another opens nothing.
    fn sealed(&self, account: AccountId, code: &str) -> Done<Vec<u8>> {
        let mut plain = Zeroizing::new(Vec::with_capacity(16 + code.len()));
        plain.extend_from_slice(account.0.as_bytes());
        plain.extend_from_slice(code.as_bytes());
        Ok(self.tools.sealer.seal(SealPurpose::FirstCode, &plain)?)
    }

    fn unsealed(&self, account: AccountId, sealed: &[u8]) -> Option<Zeroizing<String>> {
        let plain = self.tools.sealer.open(SealPurpose::FirstCode, sealed).ok()?;
        let code = plain.strip_prefix(account.0.as_bytes().as_slice())?;
        String::from_utf8(code.to_vec()).ok().map(Zeroizing::new)
    }
}
