//! The central credential store as one more upstream: a name, then a secret.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::ambient::Ambient;
use crate::budgets::patience::Patience;
use crate::budgets::{Budgets, Standing, Target, Whence};
use crate::credentials::decoy::{form_of_nobody, place_of_nobody};
use crate::credentials::pictures::Sequence;
use crate::credentials::{Password, Passwords, Verdict, one_time, pool};
use crate::domain::account::{Account, AccountId, SecretVersion};
use crate::domain::assurance::Assurance;
use crate::domain::credential_class::CredentialClass;
use crate::domain::login_name::{BareName, LoginName};
use crate::domain::password_rule::SecretForm;
use crate::domain::refusal::{Refusal, Refused};
use crate::keys::derive::MasterSecret;
use crate::login::identity::{AuthenticatedIdentity, Claimed, SignedMessage, UpstreamAnswer};
use crate::login::transaction::LoginTransaction;
use crate::store::Store;
use crate::store::credentials::StoredSecret;
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

/// A secret as it was given on its page.
#[derive(Debug)]
pub enum Given {
    /// A password that was typed.
    Text(String),
    /// Picked, in order.
    Pictures(Sequence),
}

impl CredentialsUpstream {
    /// What the secret of this name looks like. A name that nobody has, and an account without a
    /// secret, get a form that stays theirs, so that it tells nothing (DR15, G04).
    pub async fn form_of(&self, name: &BareName) -> Result<SecretForm, Refused> {
        let account = self.account(name).await?;
        let stored = self.stored(account.as_ref()).await?;
        Ok(self.form(name, stored.as_ref()))
    }

    fn form(&self, name: &BareName, stored: Option<&StoredSecret>) -> SecretForm {
        stored.map_or_else(|| form_of_nobody(&self.pseudonyms, name), |stored| stored.form)
    }

    /// Checks what was typed on the second page. A name that nobody has, an account without a
    /// password and a wrong password look and cost the same (G04).
    pub async fn finish(
        &self,
        registry: &Registry,
        tx: &LoginTransaction,
        given: Given,
        whence: &Whence,
    ) -> Result<UpstreamAnswer, Refused> {
        let (upstream, name) = route_of(registry, tx)?;
        // What is too long costs nothing (G01).
        let (given, form) = match given {
            Given::Text(typed) => {
                let typed = Password::new(typed).map_err(|error| Refusal::WrongPassword.because(error))?;
                (typed, SecretForm::Text)
            }
            Given::Pictures(sequence) => (sequence.to_password(), SecretForm::Pictures),
        };
        let account = self.account(name).await?;
        let tried = self.look_at(account.as_ref(), name, (given, form), whence).await;
        let secret = tried.map_err(|refused| refused.at(account.as_ref()))?;
        match account.zip(secret) {
            Some((account, secret)) => Ok(self.vouch(upstream, &account, secret)),
            None => Err(Refusal::WrongPassword.into()),
        }
    }

    /// Looks at what was given, within the budgets. Which secret it is; nothing where there is
    /// nobody, whom no secret fits.
    async fn look_at(
        &self,
        account: Option<&Account>,
        name: &BareName,
        given: (Password, SecretForm),
        whence: &Whence,
    ) -> Result<Option<SecretVersion>, Refused> {
        let stored = self.stored(account).await?;
        let blocked = stored.as_ref().is_some_and(|stored| stored.blocked);
        let target = self.target(name, (account, stored.as_ref()), whence).await?;
        self.budgets
            .admit(whence, &target)
            .map_err(|wait| Refusal::StrangersWait {
                retry_after: wait.seconds,
            })?;
        let counted = self.patience.ask(name, whence, target.standing).await?;
        let proved = match self.prove(account, stored, given).await {
            Ok(proved) => proved,
            Err(refused) => {
                // It was not looked at.
                self.patience.take_back(counted).await?;
                return Err(refused);
            }
        };
        let Some(secret) = proved else {
            self.budgets.wrong(whence, &target).await;
            return Err(Refusal::WrongPassword.into());
        };
        self.patience.settle(counted).await?;
        self.budgets.right(whence, &target);
        // Only whoever knows the secret is told.
        if blocked {
            return Err(Refusal::AccountBlocked.into());
        }
        Ok(Some(secret))
    }

    /// What is tried at, and by whom. A name that nobody has is looked up as often as one that
    /// somebody has (G04).
    async fn target(
        &self,
        name: &BareName,
        (account, stored): (Option<&Account>, Option<&StoredSecret>),
        whence: &Whence,
    ) -> Result<Target, Refused> {
        let now = self.ambient.now();
        let id = account.map_or(AccountId(Uuid::nil()), |account| account.id);
        let institutions = match account {
            Some(account) => self.store.institutions_of_account(account.id, now).await,
            // At one that stays theirs: what a school's budget says, it says of them too.
            None => {
                self.store
                    .institution_at(place_of_nobody(&self.pseudonyms, name))
                    .await
            }
        };
        let class = CredentialClass::of_form(self.form(name, stored));
        let institutions = institutions.map_err(Refused::from)?;
        let is_own_school = match account {
            Some(_) => institutions.iter().any(|number| whence.behind.contains(number)),
            // Nobody's name is as often a school's own as not, so that neither tells anything (G04).
            None => whence.school.is_some() && place_of_nobody(&self.pseudonyms, name).is_multiple_of(2),
        };
        Ok(Target {
            name: name.clone(),
            class,
            institutions,
            standing: self.standing(name, (id, is_own_school), whence, now),
        })
    }

    fn standing(
        &self,
        name: &BareName,
        (account, is_own_school): (AccountId, bool),
        whence: &Whence,
        now: Timestamp,
    ) -> Standing {
        let device = whence.device.as_ref();
        if device.is_some_and(|device| device.is_proven_for(&self.pseudonyms, account, now)) {
            Standing::Device
        } else if is_own_school || self.budgets.is_regular(whence, name) {
            Standing::AtHome
        } else {
            Standing::Stranger
        }
    }

    async fn account(&self, name: &BareName) -> Result<Option<Account>, Refused> {
        self.store.account_by_user_name(name).await.map_err(Refused::from)
    }

    /// The secret of an account; also of nobody, who has none: the trip to the database takes its
    /// time (G04).
    async fn stored(&self, account: Option<&Account>) -> Result<Option<StoredSecret>, Refused> {
        let id = account.map_or(AccountId(Uuid::nil()), |account| account.id);
        self.store.secret_of(id).await.map_err(Refused::from)
    }

    /// Which secret it is that was given, if it is the one. One that has run out is none, and
    /// takes as long (G04); so is one that was given in another form than its own: pictures that were
    /// not picked from a page (G12).
    async fn prove(
        &self,
        account: Option<&Account>,
        stored: Option<StoredSecret>,
        (given, form): (Password, SecretForm),
    ) -> Result<Option<SecretVersion>, Refused> {
        let now = self.ambient.now();
        let is_good =
            |stored: &StoredSecret| stored.form == form && stored.expires_at.is_none_or(|end| now < end);
        let stored = stored.filter(is_good);
        let given = match &stored {
            Some(stored) if stored.one_time => one_time::typed(&given),
            _ => given,
        };
        let hash = stored.as_ref().map(|stored| stored.hash.clone());
        let verdict = self.passwords.verify(hash, given).await.map_err(overloaded)?;
        let (Verdict::Right { renewed }, Some(account), Some(stored)) = (verdict, account, stored) else {
            return Ok(None);
        };
        if let Some(renewed) = renewed {
            let renewed = self
                .store
                .renew_password_hash(account.id, &stored.hash, &renewed)
                .await;
            renewed.map_err(Refused::from)?;
        }
        if stored.one_time {
            self.store
                .hide_first_code(account.id)
                .await
                .map_err(Refused::from)?;
        }
        Ok(Some(stored.version))
    }

    fn vouch(&self, upstream: &Upstream, account: &Account, secret: SecretVersion) -> UpstreamAnswer {
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
                secret: Some(secret),
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
