//! A new password in the middle of a login: who has to make one or may, how far they have come,
//! and when it takes the place of the old one (U31, U37–U43, G14, G15).
//!
//! The old secret holds until the new one is learnt. One that the house assigns is kept nowhere
//! until then: it follows from the login's own secret.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::journey::NewSecretAsked;
use super::transaction::LoginTransaction;
use crate::ambient::Ambient;
use crate::budgets::patience::Patience;
use crate::credentials::assigned::AssignedSecret;
use crate::credentials::one_time::{self, OneTimeCode};
use crate::credentials::{HashFailed, Password, Passwords, Verdict, common};
use crate::domain::account::{AccountId, SecretVersion};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::login_name::BareName;
use crate::domain::password_rule::{
    AboutHolder, ChoiceProblem, OwnChoice, PasswordRules, RuleKey, SecretForm, Why,
};
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::{Refusal, Refused};
use crate::keys::derive::{Label, MasterSecret};
use crate::store::credentials::NewSecret;
use crate::store::help_windows::Learnt;
use crate::store::{Store, StoreError};

/// How often in a row a new secret is given without seeing it before it counts as learnt.
pub const TIMES: u8 = 2;

/// How far somebody has come with a new password.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Learning {
    /// What their page shows.
    pub page: LearningPage,
    /// How often in a row it was right.
    pub right: u8,
    /// What the page says about the last try.
    pub said: Option<Said>,
}

/// What the page for a new password shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LearningPage {
    /// The secret that is assigned.
    #[default]
    Shown,
    /// A field for it, or the grid, without it.
    Hidden,
    /// Two fields for a password of one's own.
    Own,
    /// That it is done.
    Done,
}

/// What became of the last try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// It was right, and is asked for once more.
    Right,
    /// It was not right, so that it is shown once more.
    NotRight,
    /// A password of one's own was not the same twice.
    Differ,
    /// A password of one's own may not be chosen.
    Problems(Vec<ChoiceProblem>),
}

/// Pictures that were picked one after the other, on one page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Picking {
    /// Which page they were picked on: each has other tokens for its pictures.
    pub nonce: [u8; 16],
    /// The numbers of the pictures.
    pub picked: Vec<u8>,
}

/// Why somebody is at the page for a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// They must: the old one opens nothing else any more.
    Due(Why),
    /// They must: it runs out at this moment, and there is no "later" left.
    RunsOut(Timestamp),
    /// They want to.
    Wish,
    /// A teacher has given them one (U53).
    Help,
}

/// A password of one's own as it was typed.
#[derive(Debug)]
pub struct OwnTyped {
    /// The password.
    pub password: Password,
    /// The same, as text.
    pub text: Zeroizing<String>,
}

/// Makes new secrets.
#[derive(Debug, Clone)]
pub struct NewSecrets {
    /// Where they are kept.
    pub store: Store,
    /// Hashes new secrets, and compares them with the former ones.
    pub passwords: Passwords,
    /// What they are made by.
    pub rules: Arc<PasswordRules>,
    /// Bounds how much comparing one account costs.
    pub patience: Patience,
    /// Time.
    pub ambient: Ambient,
}

impl NewSecrets {
    /// The secret that this login assigns: the same at each look.
    pub fn assigned(&self, tx: &LoginTransaction, asked: &NewSecretAsked) -> Result<AssignedSecret, Refused> {
        let own = MasterSecret::new(&tx.derive(Label::AssignedSecret));
        let own = own.map_err(|error| Refusal::Internal.because(error))?;
        // Another one after each change.
        let version = asked.replaces.0.to_be_bytes();
        self.assigned_from(&own, &[&version], asked.rule)
    }

    /// The secret that follows from one that nobody else has, for one purpose within it.
    pub fn assigned_from(
        &self,
        own: &MasterSecret,
        parts: &[&[u8]],
        rule: RuleKey,
    ) -> Result<AssignedSecret, Refused> {
        let seed = MasterSecret::new(own.derive(Label::AssignedSecret, parts).as_slice());
        let seed = seed.map_err(|error| Refusal::Internal.because(error))?;
        Ok(AssignedSecret::follow(self.rules.rule(rule).assigned, &seed))
    }

    /// Everything that is wrong with a password of one's own (G11).
    pub async fn problems(
        &self,
        choice: &OwnChoice,
        who: &PersonRecord,
        held: &AccountRecord,
        typed: &OwnTyped,
    ) -> Result<Vec<ChoiceProblem>, Refused> {
        let about = AboutHolder {
            names: &[&who.person.given_name, &who.person.family_name],
            user_name: held.account.user_name.as_str(),
        };
        let mut problems = choice.problems(&typed.text, about);
        if common::is_common(&typed.text) {
            problems.push(ChoiceProblem::Common);
        }
        // Each comparison costs a hash: what cannot be taken anyway is not compared.
        if problems.is_empty() && self.was_used(held, &typed.password).await? {
            problems.push(ChoiceProblem::UsedBefore);
        }
        Ok(problems)
    }

    async fn was_used(&self, held: &AccountRecord, password: &Password) -> Result<bool, Refused> {
        let account = held.account.id;
        self.patience.compare(account).await?;
        let present = self
            .store
            .password_hash_of(account)
            .await
            .map_err(Refused::from)?;
        let former = self
            .store
            .former_hashes_of(account)
            .await
            .map_err(Refused::from)?;
        let last = present
            .into_iter()
            .chain(former)
            .take(usize::from(self.rules.remembered));
        for hash in last {
            let verdict = self.passwords.verify(Some(hash), password.clone()).await;
            if let Verdict::Right { .. } = verdict.map_err(|error| overloaded(error.into()))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts the new secret in the place of the old one. Everything else of the account ends.
    /// Nothing is done where somebody else was quicker.
    pub async fn keep(
        &self,
        held: &AccountRecord,
        asked: &NewSecretAsked,
        (password, form): (Password, SecretForm),
        event: impl FnOnce(AuditAct) -> AuditEvent,
    ) -> Result<Option<SecretVersion>, Refused> {
        let event = event(AuditAct::PasswordChanged {
            rule: asked.rule.word(),
        });
        self.keep_for(
            held.account.id,
            (Some(asked.replaces), asked.rule),
            (password, form),
            &event,
        )
        .await
    }

    /// The same on another proof than the present secret: it takes the place of the one that is
    /// named, or is the account's first. Whether it may be done was asked before.
    pub async fn keep_for(
        &self,
        account: AccountId,
        (replaces, rule): (Option<SecretVersion>, RuleKey),
        (password, form): (Password, SecretForm),
        event: &AuditEvent,
    ) -> Result<Option<SecretVersion>, Refused> {
        let secret = self.secret(rule, password, form).await?;
        let kept = self
            .store
            .change_secret(account, replaces, &secret, self.rules.remembered, event);
        kept.await.map_err(Refused::from)
    }
}

impl NewSecrets {
    /// Keeps the new secret of a login that went through a window: the old one held until now.
    /// Nothing is done where the window was taken back, or somebody else was quicker.
    pub async fn keep_learnt(
        &self,
        tx: &LoginTransaction,
        held: &AccountRecord,
        asked: &NewSecretAsked,
        (password, form): (Password, SecretForm),
        events: [AuditEvent; 2],
    ) -> Result<Option<SecretVersion>, Refused> {
        let Some(window) = tx.learns_through() else {
            return Ok(None);
        };
        let secret = self.secret(asked.rule, password, form).await?;
        let learnt = Learnt {
            window,
            owner: tx.window_owner(),
            account: held.account.id,
            from: (asked.replaces != SecretVersion::NONE).then_some(asked.replaces),
            secret: &secret,
            remembered: self.rules.remembered,
        };
        let [finished, changed] = &events;
        let kept = self.store.finish_help_window(&learnt, [finished, changed]);
        kept.await.map_err(Refused::from)
    }

    async fn secret(
        &self,
        rule: RuleKey,
        password: Password,
        form: SecretForm,
    ) -> Result<NewSecret, Refused> {
        Ok(NewSecret {
            hash: self.passwords.hash(password).await.map_err(overloaded)?,
            form,
            made_under: Some(rule),
            made_at: self.ambient.now(),
            one_time_until: None,
        })
    }
}

/// Why no code was made.
#[derive(Debug, thiserror::Error)]
pub enum NoCode {
    /// No account has the name.
    #[error("nobody has this user name")]
    Nobody,
    /// It could not be hashed.
    #[error("the code could not be hashed")]
    Hash(#[from] HashFailed),
    /// The database refused.
    #[error("the code could not be stored")]
    Store(#[from] StoreError),
}

impl NewSecrets {
    /// Makes a code for the first login and says it, this once. What the account had before opens
    /// nothing from now on, and everything of it ends.
    pub async fn hand_out(&self, name: &BareName, by: String) -> Result<Zeroizing<String>, NoCode> {
        let account = self
            .store
            .account_by_user_name(name)
            .await?
            .ok_or(NoCode::Nobody)?;
        let code = OneTimeCode::draw(self.ambient.entropy());
        let now = self.ambient.now();
        let secret = NewSecret {
            hash: self.passwords.hash(code.to_password()).await?,
            form: SecretForm::Text,
            made_under: None,
            made_at: now,
            one_time_until: Some(one_time::until(now)),
        };
        let event = AuditEvent::new(self.ambient.uuid(), now, AuditAct::CodeIssued { by })
            .about(account.person, account.id);
        let remembered = self.rules.remembered;
        self.store
            .hand_out_secret(account.id, &secret, remembered, &event)
            .await?;
        tracing::info!(account.id = %account.id, "a code for the first login was made");
        Ok(code.written())
    }
}

fn overloaded(failed: HashFailed) -> Refused {
    match failed {
        HashFailed::Refused(_) => Refusal::Overloaded { retry_after: 5 }.because(failed),
        HashFailed::Cost(_) => Refusal::Internal.because(failed),
    }
}
