//! What a completed login rests on, and what the service gets of it.

use super::answer::{Ingredients, LoginAnswer, answer};
use super::driver::Driver;
use super::journey::CompletedLogin;
use super::transaction::LoginTransaction;
use crate::domain::cpr::Cpr;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceProfile;
use crate::domain::session::{SessionId, SsoSession};
use crate::keys::derive::Label;

impl Driver {
    /// The session that a completed login rests on: the one it leaned on, or a new one.
    pub fn session_for(&self, tx: &LoginTransaction, login: &CompletedLogin) -> SsoSession {
        let now = self.ambient.now();
        let latest = now.saturating_add(self.limits.absolute).unwrap_or(now);
        let id = SessionId(tx.derive_row_id(Label::SessionRow));
        SsoSession {
            id,
            person: login.person.id,
            account: login.account.id,
            upstream: login.identity.upstream.clone(),
            assurance: login.identity.assurance,
            methods: login.identity.methods.clone(),
            authorities: login.identity.authorities.clone(),
            privileges: login.identity.privileges.clone(),
            authenticated_at: login.identity.authenticated_at,
            time_is_said: login.identity.time_is_said,
            last_used: now,
            expires_at: login
                .identity
                .not_after
                .map_or(latest, |not_after| not_after.min(latest)),
        }
    }

    /// What the service gets.
    pub async fn answer(
        &self,
        tx: &LoginTransaction,
        login: &CompletedLogin,
        service: &ServiceProfile,
        session: &SsoSession,
    ) -> Result<LoginAnswer, Refused> {
        let cpr = match service.release.cpr_basis() {
            Some(_) => self.open_cpr(login).await?,
            None => None,
        };
        let with = Ingredients {
            request: tx.request(),
            service,
            session,
            pseudonyms: &self.pseudonyms,
            scope: &self.scope,
            fresh: tx.derive_for_login(Label::TransientSubject),
        };
        Ok(answer(login, with, cpr))
    }

    async fn open_cpr(&self, login: &CompletedLogin) -> Result<Option<Cpr>, Refused> {
        if !login.account.cpr_identified {
            return Ok(None);
        }
        let sealed = self
            .store
            .sealed_cpr_of(login.person.id)
            .await
            .map_err(Refused::from)?;
        sealed
            .map(|sealed| self.vault.open(&sealed, login.person.id))
            .transpose()
            .map_err(|error| Refusal::Internal.because(error))
    }
}
