//! A new password for an employee on the workplace's word (U30): one person takes the case in, with the
//! company's number, the employee's name and user name; another looks at it again and makes a code, which
//! goes to the workplace by secure post. Nobody else's password is made so: pupils and parents have other
//! ways, and a school's own administrator has none for staff (U29).

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::ambient::Ambient;
use crate::credentials::one_time::{self, OneTimeCode};
use crate::domain::account::AccountId;
use crate::domain::actor::{Actor, ActorGroup};
use crate::domain::audit::{AuditAct, AuditEvent, SupportStep};
use crate::domain::eid::CvrNumber;
use crate::domain::institution::{Institution, InstitutionNumber};
use crate::domain::login_name::BareName;
use crate::domain::password_rule::SecretForm;
use crate::domain::person_record::{AccountRecord, PersonRecord};
use crate::domain::recovery::by_local_login_alone;
use crate::domain::support_case::{CaseId, NoCodeForCase, SupportCase, is_same};
use crate::login::new_secret::{NewSecrets, NoCode};
use crate::store::credentials::NewSecret;
use crate::store::{Store, StoreError};

/// What the workplace writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkplaceRequest {
    /// The company's number.
    pub cvr: CvrNumber,
    /// What the employee is called.
    pub name: String,
    /// What they log in with.
    pub user_name: BareName,
}

/// Takes cases in, and makes codes for them.
#[derive(Debug, Clone)]
pub struct SupportDesk {
    /// People and cases.
    pub store: Store,
    /// Makes the codes, and hashes them.
    pub secrets: NewSecrets,
    /// Institutions that have logins of their own.
    pub with_local_login: BTreeSet<InstitutionNumber>,
    /// Time and chance.
    pub ambient: Ambient,
}

/// A code for the workplace to hand over.
#[derive(Debug)]
pub struct Issued {
    /// The code, which is nowhere else.
    pub code: Zeroizing<String>,
    /// What the employee logs in with.
    pub user_name: BareName,
    /// Where they work.
    pub workplace: Institution,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// No account has the name.
    #[error("nobody here has this user name")]
    Nobody,
    /// The account is somebody else's.
    #[error("the account belongs to somebody of another name")]
    AnotherName,
    /// They do not work there.
    #[error("the account is no employee's at an institution with this CVR number")]
    NotEmployed,
    /// A new password would open nothing.
    #[error("the account is blocked, so that a new password would open nothing")]
    Blocked,
    /// They log in by the workplace's own login: a code here would be a way round it (G16).
    #[error("the employee has no password here, and logs in by the workplace's own login")]
    LocalLogin,
    /// There is no such case.
    #[error("there is no such case")]
    NoCase,
    /// The case does not end in a code in this way.
    #[error("{}", of_case(*.0))]
    Case(NoCodeForCase),
    /// The code could not be made.
    #[error(transparent)]
    Code(#[from] NoCode),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Code(error.into())
    }
}

const fn of_case(why: NoCodeForCase) -> &'static str {
    match why {
        NoCodeForCase::SamePerson => "another person than the one who took the case in makes the code",
        NoCodeForCase::Issued => "a code was made for this case already",
        NoCodeForCase::Over => "the case is older than a week",
    }
}

impl SupportDesk {
    /// Takes a case in, if what the workplace writes is so.
    pub async fn open(&self, request: &WorkplaceRequest, by: &str) -> Result<CaseId, NotDone> {
        let account = self.store.account_by_user_name(&request.user_name).await?;
        let account = account.ok_or(NotDone::Nobody)?;
        let (record, held) = self.held(account.id).await?;
        let called = format!("{} {}", record.person.given_name, record.person.family_name);
        if !is_same(&called, &request.name) {
            return Err(NotDone::AnotherName);
        }
        let workplace = workplace(&held, |at| at.cvr.as_deref() == Some(request.cvr.as_str()))?;
        let now = self.ambient.now();
        let case = SupportCase {
            id: CaseId(self.ambient.uuid()),
            account: held.account.id,
            institution: workplace.number.clone(),
            opened_by: by.to_owned(),
            opened_at: now,
            issued: None,
        };
        let event = self.event(&held, case.id, SupportStep::Opened, by);
        self.store.open_support_case(&case, &event).await?;
        Ok(case.id)
    }

    /// Makes the code of a case. What was so when the case was taken in is looked at again.
    pub async fn issue(&self, case: CaseId, by: &str) -> Result<Issued, NotDone> {
        let now = self.ambient.now();
        let case = self.store.support_case(case).await?.ok_or(NotDone::NoCase)?;
        case.may_issue(by, now).map_err(NotDone::Case)?;
        let (_, held) = self.held(case.account).await?;
        let workplace = workplace(&held, |at| at.number == case.institution)?.clone();
        let code = OneTimeCode::draw(self.ambient.entropy());
        let hash = self.secrets.passwords.hash(code.to_password()).await;
        let secret = NewSecret {
            hash: hash.map_err(NoCode::from)?,
            form: SecretForm::Text,
            made_under: None,
            made_at: now,
            one_time_until: Some(one_time::until(now)),
        };
        let event = self.event(&held, case.id, SupportStep::Issued, by);
        let remembered = self.secrets.rules.remembered;
        let issued = self
            .store
            .issue_for_support_case(&case, (by, now), &secret, remembered, &event)
            .await?;
        if !issued {
            return Err(NotDone::Case(NoCodeForCase::Issued));
        }
        tracing::info!(account.id = %case.account, case.id = %case.id.0, "a code was made for a workplace");
        Ok(Issued {
            code: code.written(),
            user_name: held.account.user_name,
            workplace,
        })
    }

    async fn held(&self, account: AccountId) -> Result<(PersonRecord, AccountRecord), NotDone> {
        let record = self.store.record_of_account(account, self.ambient.now()).await?;
        let record = record.ok_or(NotDone::Nobody)?;
        let held = record.account(account).cloned().ok_or(NotDone::Nobody)?;
        if held.account.blocked {
            return Err(NotDone::Blocked);
        }
        let secret = self.store.secret_of(account).await?;
        let schools = self.store.schools_of_account(account, self.ambient.now()).await?;
        if by_local_login_alone(secret.is_some(), &schools, &self.with_local_login) {
            return Err(NotDone::LocalLogin);
        }
        Ok((record, held))
    }

    fn event(&self, held: &AccountRecord, case: CaseId, step: SupportStep, by: &str) -> AuditEvent {
        AuditEvent::new(
            self.ambient.uuid(),
            self.ambient.now(),
            AuditAct::SupportCase {
                case: case.0,
                step,
                by: by.to_owned(),
            },
        )
        .about(held.account.person, held.account.id)
    }
}

/// Where they are an employee, of those that fit.
fn workplace(held: &AccountRecord, fits: impl Fn(&Institution) -> bool) -> Result<&Institution, NotDone> {
    let mut employed = held
        .actors
        .iter()
        .filter(|actor: &&Actor| actor.group == ActorGroup::Medarbejder);
    let found = employed.find(|actor| fits(&actor.institution));
    found.map(|actor| &actor.institution).ok_or(NotDone::NotEmployed)
}
