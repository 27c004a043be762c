//! The central credential store as one more upstream: a name, then a secret.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::ambient::Ambient;
use crate::budgets::patience::Patience;
use crate::budgets::{Budgets, Standing, Target, Whence};
use crate::credentials::decoy::form_of_nobody;
use crate::credentials::pool;
use crate::credentials::{Password, Passwords, Verdict};
use crate::domain::account::{Account, AccountId};
use crate::domain::assurance::Assurance;
use crate::domain::credential_class::CredentialClass;
use crate::domain::login_name::{BareName, LoginName};
use crate::domain::refusal::{Refusal, Refused};
use crate::keys::derive::MasterSecret;
use crate::login::identity::{AuthenticatedIdentity, Claimed, SignedMessage, UpstreamAnswer};
use crate::login::transaction::LoginTransaction;
use crate::store::Store;
use crate::trust::registry::{Registry, Upstream};

/// Checks passwords of the central store.
#[derive(Debug)]
pub struct CredentialsUpstream {
    /// The one verifier (DR19).
    pub passwords: Passwords,
    /// Delays those who guess at one account.
    pub patience: Patience,
    /// Bounds those who guess at many.
    pub budgets: Arc<Budgets>,
    /// Makes up what nobody has, and knows browsers again.
    pub pseudonyms: Arc<MasterSecret>,
    /// Hashes and accounts.
    pub store: Store,
    /// Time.
    pub ambient: Ambient,
}

impl CredentialsUpstream {
    /// Checks what was typed on the second page. A name that nobody has, an account without a
    /// password and a wrong password look and cost the same (G04).
    pub async fn finish(
        &self,
        registry: &Registry,
        tx: &LoginTransaction,
        typed: &str,
        whence: &Whence,
    ) -> Result<UpstreamAnswer, Refused> {
        let (upstream, name) = route_of(registry, tx)?;
        let typed = Password::new(typed.to_owned()).map_err(|error| Refusal::WrongPassword.because(error))?;
        let account = self.account(name).await?;
        let target = self.target(name, account.as_ref(), whence).await?;
        self.budgets
            .admit(whence, &target)
            .map_err(|wait| Refusal::StrangersWait {
                retry_after: wait.seconds,
            })?;
        let counted = self.patience.ask(name, whence, target.standing).await?;
        let is_right = match self.is_right(account.as_ref(), typed).await {
            Ok(is_right) => is_right,
            Err(refused) => {
                // It was not looked at.
                self.patience.take_back(counted).await?;
                return Err(refused);
            }
        };
        let Some(account) = account.filter(|_| is_right) else {
            self.budgets.wrong(whence, &target).await;
            return Err(Refusal::WrongPassword.into());
        };
        self.patience.settle(counted).await?;
        self.budgets.right(whence, &target);
        Ok(self.vouch(upstream, &account))
    }

    /// What is tried at, and by whom. A name that nobody has is looked up as often as one that
    /// somebody has (G04).
    async fn target(
        &self,
        name: &BareName,
        account: Option<&Account>,
        whence: &Whence,
    ) -> Result<Target, Refused> {
        let now = self.ambient.now();
        let id = account.map_or(AccountId(Uuid::nil()), |account| account.id);
        let institutions = self.store.institutions_of_account(id, now).await;
        let class = match account {
            Some(_) => CredentialClass::Chosen,
            None => CredentialClass::of_form(form_of_nobody(&self.pseudonyms, name)),
        };
        Ok(Target {
            name: name.clone(),
            class,
            institutions: institutions.map_err(Refused::from)?,
            standing: self.standing(name, id, whence, now),
        })
    }

    fn standing(&self, name: &BareName, account: AccountId, whence: &Whence, now: Timestamp) -> Standing {
        let device = whence.device.as_ref();
        if device.is_some_and(|device| device.is_proven_for(&self.pseudonyms, account, now)) {
            Standing::Device
        } else if whence.school.is_some() || self.budgets.is_regular(whence, name) {
            Standing::AtHome
        } else {
            Standing::Stranger
        }
    }

    async fn account(&self, name: &BareName) -> Result<Option<Account>, Refused> {
        self.store.account_by_user_name(name).await.map_err(Refused::from)
    }

    async fn is_right(&self, account: Option<&Account>, typed: Password) -> Result<bool, Refused> {
        let failed = Refused::from;
        // Also of nobody, who has none: the trip to the database takes its time.
        let id = account.map_or(AccountId(Uuid::nil()), |account| account.id);
        let stored = self.store.password_hash_of(id).await.map_err(failed)?;
        match (
            self.passwords
                .verify(stored.clone(), typed)
                .await
                .map_err(overloaded)?,
            account,
            stored,
        ) {
            (Verdict::Right { renewed }, Some(account), Some(stored)) => {
                if let Some(renewed) = renewed {
                    self.store
                        .renew_password_hash(account.id, &stored, &renewed)
                        .await
                        .map_err(failed)?;
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn vouch(&self, upstream: &Upstream, account: &Account) -> UpstreamAnswer {
        UpstreamAnswer {
            identity: AuthenticatedIdentity {
                upstream: upstream.profile.id.clone(),
                assurance: Assurance::LOWEST.capped_by(&upstream.profile.ceiling),
                methods: vec!["pwd".to_owned()],
                authenticated_at: self.ambient.now(),
                time_is_said: true,
                not_after: None,
                session: None,
                authorities: Vec::new(),
                privileges: Vec::new(),
            },
            claimed: Claimed {
                account: Some(account.id),
                ..Claimed::default()
            },
            mark: None,
            message: SignedMessage::default(),
        }
    }
}

/// The password page belongs to a login whose route is the central store, with a name.
fn route_of<'a>(
    registry: &'a Registry,
    tx: &'a LoginTransaction,
) -> Result<(&'a Upstream, &'a BareName), Refused> {
    let route = tx
        .route()
        .ok_or_else(|| Refusal::FormRefused.because("a password without a name"))?;
    let central = registry
        .central()
        .filter(|central| central.profile.id == route.upstream);
    match (central, &route.name) {
        (Some(central), Some(LoginName::Bare(name))) => Ok((central, name)),
        _ => Err(Refusal::FormRefused.because("a password for a login that is somebody else's")),
    }
}

fn overloaded(refused: pool::Refused) -> Refused {
    let retry_after = match refused {
        pool::Refused::Overloaded { retry_after } => retry_after.as_secs().saturating_add(1),
        pool::Refused::Stopped => 5,
    };
    Refusal::Overloaded {
        retry_after: u32::try_from(retry_after).unwrap_or(u32::MAX),
    }
    .because(refused)
}
