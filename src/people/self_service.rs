//! Getting back in by oneself: what somebody who has just proved by the national eID who they are
//! sees and does (U21, U22, U27–U29, H12).
//!
//! Everything is asked anew at each step, of the store and at that moment: whose children are whose,
//! who is blocked, which secret an account has. What the pages look like is `web`'s business; how
//! secrets are made, `login/new_secret.rs`'s.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ambient::Ambient;
use crate::budgets::in_a_day;
use crate::config::recovery::RecoverySettings;
use crate::credentials::Password;
use crate::domain::account::{Account, AccountId, Person, PersonId, SecretVersion};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::day;
use crate::domain::institution::InstitutionNumber;
use crate::domain::password_rule::{Holding, RuleKey, SecretForm};
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::recovery::{
    Circumstances, Hindrance, Whose, age_on, by_local_login_alone, may_be_a_child, may_renew,
};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::upstream::{UpstreamKind, UpstreamProfile};
use crate::keys::vault::CprVault;
use crate::login::new_secret::NewSecrets;
use crate::store::Store;
use crate::store::ephemeral::StateKey;
use crate::trust::registry::Registry;

/// The use cases.
#[derive(Clone)]
pub struct SelfService {
    /// People, children, secrets.
    pub store: Store,
    /// Opens a CPR number for the day of birth in it.
    pub vault: Arc<CprVault>,
    /// Makes new secrets.
    pub secrets: NewSecrets,
    /// From which age, and how often.
    pub settings: RecoverySettings,
    /// Time.
    pub ambient: Ambient,
}

/// Somebody who was found by the CPR number, or the eID's name for it, that the national eID vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    person: PersonId,
    /// Where the upstream reaches anybody; nothing means everywhere (C01).
    within: BTreeSet<InstitutionNumber>,
}

impl Proven {
    /// Whether a login by this upstream as this account is such a proof. An upstream that may name
    /// accounts in another way too is none: nobody would know by which the person was found.
    pub fn by(upstream: &UpstreamProfile, account: &Account) -> Option<Self> {
        let by_cpr_alone = upstream.entitled.cpr && !upstream.entitled.uni_id;
        let is_proof = upstream.kind == UpstreamKind::NationalEid
            && upstream.enabled
            && by_cpr_alone
            && account.cpr_identified;
        is_proof.then(|| Self {
            person: account.person,
            within: upstream.institutions.clone(),
        })
    }

    fn reaches(&self, held: &AccountRecord) -> bool {
        held.is_reached_by(&self.within)
    }
}

/// An account that somebody reaches.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Whose it is to them.
    pub whose: Whose,
    /// Its holder, with this account alone.
    pub record: PersonRecord,
    /// The account that is reached, with its affiliations.
    pub held: AccountRecord,
    /// By which rule it would get a new password, or why it gets none.
    pub rule: Result<RuleKey, Hindrance>,
    /// The secret that it has, if it has one.
    pub version: Option<SecretVersion>,
}

impl Reached {
    /// The holder of the account: the user, or the user's child.
    pub const fn person(&self) -> &Person {
        &self.record.person
    }

    /// Whether its user name is shown: a pupil who is too young to do this alone is not shown
    /// anything either.
    pub fn is_shown(&self) -> bool {
        self.rule != Err(Hindrance::TooYoung)
    }
}

/// What is written down when somebody is shown these.
pub fn shown(reached: &[Reached]) -> AuditAct {
    let children = reached.iter().filter(|one| one.whose == Whose::Child);
    AuditAct::NamesShown {
        children: children.map(|one| one.held.account.id).collect(),
    }
}

/// What became of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It holds from now on.
    Kept,
    /// Another was made at the same time.
    Overtaken,
    /// There were enough for now; until this moment.
    Enough(Timestamp),
}

impl SelfService {
    /// Every account that somebody reaches at this moment: their own that are tied to them by CPR, and
    /// those of their children.
    pub async fn reach(&self, proven: &Proven, registry: &Registry) -> Result<Vec<Reached>, Refused> {
        let now = self.ambient.now();
        let own = self.store.record_of_person(proven.person, now).await;
        let mut records: Vec<(Whose, PersonRecord)> = Vec::new();
        for held in own.map_err(Refused::from)?.into_iter().flat_map(each_account) {
            records.push((Whose::Own, held));
        }
        for ward in self
            .store
            .wards_of(proven.person, now)
            .await
            .map_err(Refused::from)?
        {
            let record = self.store.record_of_account(ward.account, now).await;
            records.extend(
                record
                    .map_err(Refused::from)?
                    .map(|record| (Whose::Child, record)),
            );
        }
        records.retain(|(_, record)| record.accounts.iter().all(|held| proven.reaches(held)));
        let elsewhere = registry.with_local_login();
        let mut reached = Vec::with_capacity(records.len());
        for (whose, record) in records {
            reached.extend(self.reached(whose, record, &elsewhere, now).await?);
        }
        Ok(reached)
    }

    async fn reached(
        &self,
        whose: Whose,
        record: PersonRecord,
        elsewhere: &BTreeSet<InstitutionNumber>,
        now: Timestamp,
    ) -> Result<Option<Reached>, Refused> {
        let Some(held) = record.accounts.first().cloned() else {
            return Ok(None);
        };
        let age = self.age_of(record.person.id, now).await?;
        if whose == Whose::Child && !may_be_a_child(age) {
            return Ok(None);
        }
        let secret = self
            .store
            .secret_of(held.account.id)
            .await
            .map_err(Refused::from)?;
        let schools = self.store.schools_of_account(held.account.id, now).await;
        let schools = schools.map_err(Refused::from)?;
        let around = Circumstances {
            age,
            pupil_age: self.settings.pupil_age,
            by_local_login_alone: by_local_login_alone(secret.is_some(), &schools, elsewhere),
        };
        // What was set for a pupil holds for their first password too.
        let set = self.store.pupil_rule_of(held.account.id).await;
        let set = set.map_err(Refused::from)?.map(|set| set.rule());
        let rule = may_renew(whose, &held, around).and_then(|()| {
            Holding::of(&held.actors, set)
                .map(|holding| holding.key)
                .ok_or(Hindrance::Nowhere)
        });
        Ok(Some(Reached {
            whose,
            record,
            held,
            rule,
            version: secret.map(|secret| secret.version),
        }))
    }

    /// How old somebody is: as their school tells, or as the CPR number does.
    async fn age_of(&self, person: PersonId, now: Timestamp) -> Result<Option<u32>, Refused> {
        let told = self.store.birth_date_of(person).await.map_err(Refused::from)?;
        let born: Option<Date> = if told.is_some() {
            told
        } else {
            let sealed = self.store.sealed_cpr_of(person).await.map_err(Refused::from)?;
            let opened = sealed.map(|sealed| self.vault.open(&sealed, person)).transpose();
            let opened = opened.map_err(|error| Refusal::Internal.because(error))?;
            opened.map(|number| number.date_of_birth())
        };
        Ok(born
            .zip(day::of(now))
            .and_then(|(born, today)| age_on(born, today)))
    }

    /// Until when nobody makes another password for this account, or this person for anybody, if
    /// there were enough already.
    pub async fn enough_until(
        &self,
        proven: &Proven,
        account: AccountId,
    ) -> Result<Option<Timestamp>, Refused> {
        for (subject, most) in self.budgets(proven, account) {
            let until = in_a_day::enough_until((&self.store, &self.ambient), &subject, most).await?;
            if until.is_some() {
                return Ok(until);
            }
        }
        Ok(None)
    }

    /// Gives an account a new password. Whoever calls this has found the account by [`Self::reach`]
    /// at this very step. Everything of the account ends, as at any other change.
    pub async fn give(
        &self,
        proven: &Proven,
        reached: &Reached,
        secret: (Password, SecretForm),
        event: impl FnOnce(AuditAct) -> AuditEvent,
    ) -> Result<Given, Refused> {
        let Ok(rule) = reached.rule else {
            return Err(Refusal::FormRefused.because("the account gets no new password in this way"));
        };
        let account = reached.held.account.id;
        for (subject, most) in self.budgets(proven, account) {
            if let Some(until) = in_a_day::count((&self.store, &self.ambient), &subject, most).await? {
                return Ok(Given::Enough(until));
            }
        }
        let act = AuditAct::PasswordRecovered {
            rule: rule.word(),
            whose: reached.whose,
            by: proven.person,
        };
        let event = AuditEvent {
            person: Some(reached.person().id),
            account: Some(account),
            ..event(act)
        };
        let kept = self
            .secrets
            .keep_for(account, (reached.version, rule), secret, &event)
            .await?;
        Ok(kept.map_or(Given::Overtaken, |_| Given::Kept))
    }

    fn budgets(&self, proven: &Proven, account: AccountId) -> [(StateKey, u32); 2] {
        let (person, account) = (proven.person.0.to_string(), account.0.to_string());
        [
            (
                StateKey::of("recovery.person", &[&person]),
                self.settings.per_person,
            ),
            (
                StateKey::of("recovery.account", &[&account]),
                self.settings.per_account,
            ),
        ]
    }
}

/// The same person once for each account.
fn each_account(record: PersonRecord) -> impl Iterator<Item = PersonRecord> {
    let PersonRecord { person, accounts } = record;
    accounts.into_iter().map(move |account| PersonRecord {
        person: person.clone(),
        accounts: vec![account],
    })
}
