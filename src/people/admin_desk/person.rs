//! One person of the institution: what they are here, what was set for them, and why they cannot log
//! in, in what stands in the way now and what was refused lately (E1–E3, errors E13–E15).

use jiff::{SignedDuration, Timestamp};

use super::codes::is_over;
use super::past::Past;
use super::{AdminDesk, Done};
use crate::domain::account::AccountId;
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::{DeskAct, Say};
use crate::domain::import::{ImportFinding, ImportId, SourceName};
use crate::domain::password_rule::Holding;
use crate::domain::stage::Level;
use crate::store::StoreError;
use crate::store::blocks::Block;
use crate::store::desk::{Affiliation, GroupHere, SecretState};
use crate::store::pupil_rules::SetRule;
use crate::store::refusals::RefusedLogin;
use crate::store::unconfirmed::Waiting;

/// How far back refusals are told of.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most refusals that are told of.
const REFUSALS: u32 = 20;

/// Everything that an administrator sees of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct PersonHere {
    /// The affiliation that was asked for.
    pub asked: Affiliation,
    /// Everything that the person is or was here, that one among it.
    pub affiliations: Vec<Affiliation>,
    /// The groups that it is in.
    pub groups: Vec<GroupHere>,
    /// How many adults a pupil has, and how many of them with custody.
    pub contacts: Option<(u64, u64)>,
    /// What this institution may do with the account.
    pub say: Say,
    /// That the affiliation waits to be confirmed, with who has vouched for it.
    pub waiting: Option<(Waiting, Option<Who>)>,
    /// Whether it has no password here, since its schools have logins of their own.
    pub is_by_local_login: bool,
    /// Whether the account is somebody at another institution too, where that is this one's to know; where it is
    /// is not said.
    pub is_elsewhere: bool,
    /// Whether the account has the administrator right here.
    pub is_administrator: bool,
    /// Whether it is the administrator's own account.
    pub is_oneself: bool,
    /// The password rule that holds.
    pub holding: Option<Holding>,
    /// The rule that was set in the place of the stage's, with who did.
    pub rule: Option<(SetRule, Who)>,
    /// The block that was set, with who did.
    pub block: Option<(Block, Who)>,
    /// What the latest import of its source says of the affiliation.
    pub in_latest: Option<InLatest>,
    /// What this desk may do for them.
    pub powers: Powers,
    /// By what they log in where nothing stands in the way.
    pub way: WayIn,
    /// What stands in the way of a login at this moment, the weightiest first.
    pub obstacles: Vec<Obstacle>,
    /// Logins that were refused lately, newest first.
    pub refused: Vec<RefusedLogin>,
    /// What changed and was done here, newest first.
    pub past: Vec<Past>,
}

/// What this desk may do for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Powers {
    /// It makes and reads codes for the account's first login.
    pub gets_code: bool,
    /// It blocks them: a pupil in this institution's hands.
    pub may_block: bool,
    /// It lifts the block that there is.
    pub may_unblock: bool,
}

/// Who did something, as far as an administrator of this institution may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Somebody of this institution, by name.
    Colleague(String),
    /// Somebody of another one, or who is here no more.
    Other,
    /// Those who run the installation.
    Operator,
    /// A program of the school, by name.
    Program(String),
}

/// What the latest import of its source says of an affiliation (U66).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLatest {
    /// The import.
    pub import: ImportId,
    /// When it was applied.
    pub at: Timestamp,
    /// Its row there was not taken, for this reason.
    pub refused: Option<ImportFinding>,
}

/// What keeps somebody from logging in at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Another owner has them, and nobody has confirmed that they are here too: whatever else there is, is not
    /// this institution's to know (K01).
    NotConfirmed,
    /// Blocked by an administrator: from every login, or from the central one.
    Blocked {
        /// Whether logins that others vouch for are stopped too.
        through_broker: bool,
    },
    /// Blocked by those who run the installation.
    BlockedByOperators,
    /// Nothing of the account is active any more, since this moment.
    Ended(Timestamp),
    /// It begins at this moment.
    NotBegun(Timestamp),
    /// No code was ever made, and one can be made here.
    NoCode,
    /// There is neither a password, nor a number for the national eID, nor a login of the institution's own.
    NoWayIn,
    /// A code waits to be used until this moment.
    CodeWaits(Timestamp),
    /// The code ran out at this moment, and another can be made here.
    CodeRanOut(Timestamp),
    /// A code that others handed out ran out at this moment: they make another.
    OthersCodeRanOut(Timestamp),
    /// The password opens nothing since this moment: it was not the pupil who got it (H08).
    PasswordDead(Timestamp),
}

/// By what somebody logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// User name and password.
    Password,
    /// The national eID, which finds the account by CPR number.
    Eid,
    /// A login of the institution's own.
    Local,
}

/// Refusals that are this institution's business: of the time in which the person belonged here, and none of
/// somebody whom another owner has (K01).
fn refused_here(mut refused: Vec<RefusedLogin>, asked: &Affiliation) -> Vec<RefusedLogin> {
    if asked.unconfirmed {
        return Vec::new();
    }
    let begun = asked.since;
    let ended = [asked.until, asked.gone_at].into_iter().flatten().min();
    refused
        .retain(|one| begun.is_none_or(|begun| one.at >= begun) && ended.is_none_or(|ended| one.at < ended));
    refused
}

impl AdminDesk {
    /// One person, by an affiliation of theirs here. That they were looked at is told to the auditor
    /// first (L07).
    ///
    /// # Errors
    /// [`super::DeskError::NotYours`]: another institution's, or nobody's.
    pub async fn person(&self, actor: ActorId) -> Done<PersonHere> {
        let (store, now) = (&self.tools.store, self.now());
        let asked = self.load(actor).await?;
        let viewed = self.event(DeskAct::PersonViewed, Some(&asked.account), None, None);
        store.append_audit(std::slice::from_ref(&viewed)).await?;
        let (person, account) = (asked.person.id, asked.account.id);
        let ties = store.ties_of(account, now).await?;
        let record = store.record_of_account(account, now).await?;
        let actors = record.and_then(|record| record.accounts.into_iter().next());
        // Of whom nobody has confirmed, what is set for the account is others' business.
        let is_told = !asked.hidden;
        let rule = if is_told { self.rule(account).await? } else { None };
        let set = rule.as_ref().map(|(rule, _)| rule.rule());
        let block = if is_told {
            self.blocked_by(&asked).await?
        } else {
            None
        };
        let say = Say::of(self.here(), &ties);
        let is_oneself = Some(account) == self.account();
        let is_by_local_login = is_told && self.is_by_local_login(&asked).await?;
        let is_theirs = is_told && is_over(say, asked.group) && asked.is_active(now) && !is_oneself;
        let gets_code = is_theirs && !is_by_local_login;
        let may_block = is_told && say.blocks() && asked.group == ActorGroup::Elev && asked.is_active(now);
        let is_ours = block
            .as_ref()
            .is_some_and(|(block, _)| block.institution == *self.here());
        let has_local = self.tools.registry.with_local_login().contains(self.here());
        let contacts = match asked.group {
            ActorGroup::Elev => Some(store.contacts_of_pupil(self.here(), actor).await?),
            _ => None,
        };
        let administrators = store.administrators_of(self.here(), now).await?;
        let since = now.saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
        Ok(PersonHere {
            affiliations: store.affiliations_of_person(self.here(), person, now).await?,
            groups: store.groups_of_actor(self.here(), actor).await?,
            contacts,
            say,
            waiting: self.waiting(actor).await?,
            is_by_local_login,
            is_elsewhere: is_told && ties.iter().any(|tie| tie.institution != *self.here()),
            is_administrator: administrators.iter().any(|one| one.account == account),
            is_oneself,
            powers: Powers {
                gets_code,
                may_block,
                may_unblock: may_block && is_ours,
            },
            way: way_in(&asked, has_local),
            holding: actors
                .filter(|_| is_told)
                .and_then(|held| Holding::of(&held.actors, set)),
            in_latest: self.in_latest(&asked).await?,
            obstacles: obstacles(
                &asked,
                block.as_ref().map(|(block, _)| block),
                !ties.is_empty(),
                &Means { gets_code, has_local },
                now,
            ),
            refused: refused_here(store.refused_logins_of(person, since, REFUSALS).await?, &asked),
            rule,
            block,
            past: self.past(&asked).await?,
            asked,
        })
    }

    async fn blocked_by(&self, asked: &Affiliation) -> Done<Option<(Block, Who)>> {
        Ok(match self.block_of(asked).await? {
            Some(block) => {
                let who = self.who(&block.by).await?;
                Some((block, who))
            }
            None => None,
        })
    }

    async fn rule(&self, account: AccountId) -> Result<Option<(SetRule, Who)>, StoreError> {
        match self.tools.store.pupil_rule_of(account).await? {
            Some(rule) => {
                let who = self.who(&rule.by).await?;
                Ok(Some((rule, who)))
            }
            None => Ok(None),
        }
    }

    /// Who a doer is, by how the database has them.
    ///
    /// # Errors
    /// The database's.
    pub async fn who(&self, doer: &str) -> Result<Who, StoreError> {
        if let Some(name) = doer.strip_prefix("program:") {
            return Ok(Who::Program(name.to_owned()));
        }
        let Some(account) = doer.strip_prefix("account:") else {
            return Ok(Who::Operator);
        };
        let Ok(account) = uuid::Uuid::try_parse(account) else {
            return Ok(Who::Other);
        };
        let store = &self.tools.store;
        let record = store.record_of_account(AccountId(account), self.now()).await?;
        let colleague = record.filter(|record| {
            let mut actors = record.accounts.iter().flat_map(|held| &held.actors);
            actors.any(|actor| actor.institution.number == *self.here())
        });
        Ok(colleague.map_or(Who::Other, |record| {
            let person = record.person;
            Who::Colleague(format!("{} {}", person.given_name, person.family_name))
        }))
    }

    async fn in_latest(&self, asked: &Affiliation) -> Result<Option<InLatest>, StoreError> {
        let store = &self.tools.store;
        let Some(source) = asked
            .source
            .as_deref()
            .and_then(|source| SourceName::parse(source).ok())
        else {
            return Ok(None);
        };
        let Some(last) = store.last_import(self.here(), &source).await? else {
            return Ok(None);
        };
        let findings = store.import_findings(last.import).await?;
        let refused = findings
            .into_iter()
            .find(|finding| finding.refused && finding.subject == asked.local_id);
        Ok(Some(InLatest {
            import: last.import,
            at: last.applied_at,
            refused: refused.filter(|_| asked.local_id.is_some()),
        }))
    }
}

impl PersonHere {
    /// How far a pupil has come, in the school's words.
    pub fn level(&self) -> Option<String> {
        self.asked.level.map(Level::as_text)
    }
}

/// What an account has beside its secret.
struct Means {
    gets_code: bool,
    has_local: bool,
}

const fn way_in(asked: &Affiliation, has_local: bool) -> WayIn {
    match asked.secret {
        Some(SecretState::Own) => WayIn::Password,
        _ if asked.account.cpr_identified => WayIn::Eid,
        _ if has_local => WayIn::Local,
        _ => WayIn::Password,
    }
}

/// What stands in the way, the weightiest first.
fn obstacles(
    asked: &Affiliation,
    block: Option<&Block>,
    is_anything: bool,
    means: &Means,
    now: Timestamp,
) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let Some(secret) = asked.secret else {
        found.extend(out_of_time(asked, now));
        found.push(Obstacle::NotConfirmed);
        return found;
    };
    match block {
        Some(block) => found.push(Obstacle::Blocked {
            through_broker: block.through_broker,
        }),
        None if asked.account.blocked => found.push(Obstacle::BlockedByOperators),
        None => {}
    }
    if !is_anything {
        found.extend(out_of_time(asked, now));
        // A password would not help them.
        return found;
    }
    let has_another = asked.account.cpr_identified || means.has_local;
    found.extend(match secret {
        SecretState::None if means.gets_code => Some(Obstacle::NoCode),
        SecretState::RanOut(at) if means.gets_code => Some(Obstacle::CodeRanOut(at)),
        SecretState::Readable(until) | SecretState::Handed(until) | SecretState::Replaced(until) => {
            Some(Obstacle::CodeWaits(until))
        }
        SecretState::Dead(at) => Some(Obstacle::PasswordDead(at)),
        SecretState::RanOut(at) | SecretState::ReplacedRanOut(at) if !has_another => {
            Some(Obstacle::OthersCodeRanOut(at))
        }
        SecretState::None if !has_another => Some(Obstacle::NoWayIn),
        SecretState::None | SecretState::RanOut(_) | SecretState::ReplacedRanOut(_) | SecretState::Own => {
            None
        }
    });
    found
}

/// That an affiliation is over, or is still to begin.
fn out_of_time(asked: &Affiliation, now: Timestamp) -> Option<Obstacle> {
    let ended = asked.gone_at.or(asked.until).filter(|end| *end <= now);
    let begins = asked.from.filter(|from| *from > now);
    ended.map(Obstacle::Ended).or(begins.map(Obstacle::NotBegun))
}
