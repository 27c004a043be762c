//! Whether the secret of the central store must be changed before anything else (G14), or its
//! holder be told that it runs out (U40). Says nothing about logins by anybody else.

use jiff::{SignedDuration, Timestamp};

use super::driver::Driver;
use super::journey::{NewSecretAsked, Question, Step};
use super::new_secret::{LearningPage, Reason};
use super::transaction::{LoginTransaction, Route};
use crate::domain::account::SecretVersion;
use crate::domain::login_name::{BareName, LoginName};
use crate::domain::password_rule::{Due, Holding, PasswordRules, RuleKey, SecretAge};
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::refusal::Refused;
use crate::store::{Store, StoreError};
use crate::trust::registry::Registry;

/// Nobody is told more often.
const BETWEEN_WARNINGS: SignedDuration = SignedDuration::from_hours(24);

/// The secret of the account that was come as, where the central store vouched.
#[derive(Debug, Clone, Copy)]
pub struct SecretFacts {
    /// Which of the account's secrets it is now.
    pub version: SecretVersion,
    /// The rule that holds for the account.
    pub rule: RuleKey,
    /// Whether it must be changed.
    pub due: Due,
    /// When its holder would last do it later.
    pub told_at: Option<Timestamp>,
}

impl SecretFacts {
    /// Whether nothing is given out until it was changed (G14).
    pub const fn comes_before_everything(&self) -> bool {
        matches!(self.due, Due::Now(_) | Due::Soon { may_wait: false, .. })
    }
}

/// What comes before everything else, if something does. Only who has just proved the present
/// secret may change it (G15): a session, or a proof by a secret that was changed since, is none.
pub fn comes_first(
    tx: &LoginTransaction,
    secret: &SecretFacts,
    user_name: &BareName,
    now: Timestamp,
) -> Option<Step> {
    let proved = tx.secret_proved();
    if proved.is_some_and(|version| version != secret.version) {
        return prove_anew(tx, user_name);
    }
    if tx.learning().page == LearningPage::Done {
        return Some(Step::Ask(Question::SecretChanged));
    }
    let reason = match secret.due {
        Due::Now(why) => Some(Reason::Due(why)),
        Due::Soon { by, may_wait: false } => Some(Reason::RunsOut(by)),
        _ if tx.wants_new_secret() => Some(Reason::Wish),
        _ => None,
    };
    match (reason, secret.due, proved) {
        (Some(reason), _, Some(replaces)) => Some(Step::Ask(Question::NewSecret(NewSecretAsked {
            rule: secret.rule,
            replaces,
            reason,
        }))),
        (Some(_), _, None) => prove_anew(tx, user_name),
        (None, Due::Soon { by, .. }, Some(_)) if may_tell(tx, secret, now) => {
            Some(Step::Ask(Question::RunsOut { by }))
        }
        _ => None,
    }
}

fn prove_anew(tx: &LoginTransaction, user_name: &BareName) -> Option<Step> {
    let upstream = tx.identity()?.upstream.clone();
    let name = Some(LoginName::Bare(user_name.clone()));
    Some(Step::ProveAnew(Route { upstream, name }))
}

/// Whoever asked not to disturb the user is not told instead.
fn may_tell(tx: &LoginTransaction, secret: &SecretFacts, now: Timestamp) -> bool {
    let is_old = |told: Timestamp| now.duration_since(told) >= BETWEEN_WARNINGS;
    !tx.request().passive && secret.told_at.is_none_or(is_old)
}

impl Driver {
    /// Looks at the secret of the account, where the central store vouched for it.
    pub(super) async fn secret_facts(
        &self,
        registry: &Registry,
        tx: &LoginTransaction,
        record: Option<&PersonRecord>,
    ) -> Result<Option<SecretFacts>, Refused> {
        let vouched = tx
            .identity()
            .is_some_and(|identity| registry.is_central(&identity.upstream));
        let held = tx
            .account()
            .zip(record)
            .and_then(|(id, record)| record.account(id));
        let Some(held) = held.filter(|_| vouched) else {
            return Ok(None);
        };
        let facts = of_account(&self.store, &self.rules, held, self.ambient.now()).await;
        facts.map_err(Refused::from)
    }
}

/// The secret of an account for which the central store vouched, as it is now.
pub async fn of_account(
    store: &Store,
    rules: &PasswordRules,
    held: &AccountRecord,
    now: Timestamp,
) -> Result<Option<SecretFacts>, StoreError> {
    let secret = store.secret_of(held.account.id).await?;
    let Some((secret, holding)) =
        secret.and_then(|secret| Holding::of(&held.actors, secret.pupil_rule).map(|rule| (secret, rule)))
    else {
        return Ok(None);
    };
    // A rule that was there before the secret has been met since the secret is there.
    let rule_since = holding
        .since
        .map_or(secret.made_at, |since| since.max(secret.made_at));
    let age = SecretAge {
        made_under: secret.made_under.unwrap_or(holding.key),
        made_at: secret.made_at,
        one_time: secret.one_time,
        rule_since,
    };
    Ok(Some(SecretFacts {
        version: secret.version,
        rule: holding.key,
        due: rules.due(holding.key, age, now),
        told_at: secret.told_at,
    }))
}
