//! The central credential store as one more upstream: a name, then a secret.

use super::patience::Patience;
use crate::ambient::Ambient;
use crate::credentials::pool;
use crate::credentials::{Password, Passwords, Verdict};
use crate::domain::account::Account;
use crate::domain::assurance::Assurance;
use crate::domain::login_name::{BareName, LoginName};
use crate::domain::refusal::{Refusal, Refused};
use crate::login::identity::{AuthenticatedIdentity, Claimed, SignedMessage, UpstreamAnswer};
use crate::login::transaction::LoginTransaction;
use crate::store::Store;
use crate::trust::registry::{Registry, Upstream};

/// Checks passwords of the central store.
#[derive(Debug)]
pub struct CredentialsUpstream {
    /// The one verifier (DR19).
    pub passwords: Passwords,
    /// Delays those who guess.
    pub patience: Patience,
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
    ) -> Result<UpstreamAnswer, Refused> {
        let (upstream, name) = route_of(registry, tx)?;
        let typed = Password::new(typed.to_owned()).map_err(|error| Refusal::WrongPassword.because(error))?;
        self.patience.ask(name).await?;
        let account = self.account(name).await?;
        let is_right = self.is_right(account.as_ref(), typed).await?;
        let account = account.filter(|_| is_right).ok_or(Refusal::WrongPassword)?;
        self.patience.forget(name).await?;
        Ok(self.vouch(upstream, &account))
    }

    async fn account(&self, name: &BareName) -> Result<Option<Account>, Refused> {
        self.store.account_by_user_name(name).await.map_err(Refused::from)
    }

    async fn is_right(&self, account: Option<&Account>, typed: Password) -> Result<bool, Refused> {
        let failed = Refused::from;
        let stored = match account {
            Some(account) => self.store.password_hash_of(account.id).await.map_err(failed)?,
            None => None,
        };
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
    Refusal::Overloaded { retry_after: 5 }.because(refused)
}
