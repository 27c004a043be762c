//! The first thing that a logout does: our own sessions end, whatever becomes of the rest (F12).

use super::participants::{Participant, of_session};
use super::tell;
use crate::domain::account::{AccountId, PersonId};
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceId;
use crate::domain::session::{SessionId, SsoSession};
use crate::domain::upstream::UpstreamId;
use crate::store::upstream_sessions::Meant;
use crate::telemetry::metrics::{AskedBy, LogoutOutcome};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Ends sessions, and says who took part in those that were open. Nothing here waits for anybody
/// but the store.
pub async fn end(
    portner: &Portner,
    visit: &Visit,
    sessions: &[SsoSession],
    asked_by: Option<&ServiceId>,
) -> Result<Vec<Participant>, Refused> {
    let now = portner.ambient.now();
    let mut participants = Vec::new();
    for session in sessions {
        let ended = portner.store.end_session(session.id, now).await;
        if !ended.map_err(Refused::from)? {
            // Somebody else ended it at this very moment, and tells the others.
            continue;
        }
        // What was given out is good for nothing without its session; this only makes it sure.
        if let Err(error) = portner.store.revoke_grants_of_session(session.id, now).await {
            tracing::error!(reference = %visit.reference, %error, "grants of an ended session could not be revoked");
        }
        audit(portner, visit, session, asked_by).await;
        participants.extend(of_session(portner, session.id).await?);
    }
    Ok(participants)
}

/// Ends sessions and tells those who can be called, with no browser to lead past the others. Says
/// whether everybody was told.
pub async fn end_and_tell(
    portner: &Portner,
    visit: &Visit,
    sessions: &[SsoSession],
    except: impl Fn(&Participant) -> bool,
) -> Result<bool, Refused> {
    let mut participants = end(portner, visit, sessions, None).await?;
    participants.retain(|participant| !except(participant));
    let whole = tell::all_directly(portner, participants).await;
    let outcome = if whole {
        LogoutOutcome::Whole
    } else {
        LogoutOutcome::Partly
    };
    portner.metrics.logout_ended(AskedBy::Program, outcome);
    Ok(whole)
}

/// Tells those who can be called, while nobody waits.
pub fn tell_later(portner: &Portner, participants: Vec<Participant>) {
    let portner = portner.clone();
    tokio::spawn(async move { tell::all_directly(&portner, participants).await });
}

/// Sessions that end by something else than a logout, such as a new secret or another person's login in the same
/// browser: those who took part in them hear of it.
#[derive(Debug)]
pub struct Ending(Vec<SessionId>);

impl Ending {
    /// One session.
    pub fn of(session: SessionId) -> Self {
        Self(vec![session])
    }

    /// Those that are open at this moment.
    pub async fn of_account(
        portner: &Portner,
        person: PersonId,
        account: AccountId,
    ) -> Result<Self, Refused> {
        let open = portner.store.sessions_of(person, portner.ambient.now()).await;
        let open = open.map_err(Refused::from)?.into_iter();
        let own = open.filter(|session| session.account == account);
        Ok(Self(own.map(|session| session.id).collect()))
    }

    /// Tells those who can be called, while nobody waits, now that the sessions have ended.
    pub fn tell_later(self, portner: &Portner) {
        let portner = portner.clone();
        tokio::spawn(async move {
            let mut participants = Vec::new();
            for session in self.0 {
                match of_session(&portner, session).await {
                    Ok(some) => participants.extend(some),
                    Err(error) => {
                        tracing::error!(%error, "the participants of an ended session could not be read");
                    }
                }
            }
            tell::all_directly(&portner, participants).await
        });
    }
}

/// Our open sessions behind which are those that an upstream means.
pub async fn at_upstream(
    portner: &Portner,
    upstream: &UpstreamId,
    meant: Option<&Meant>,
) -> Result<Vec<SsoSession>, Refused> {
    let failed = Refused::from;
    let Some(meant) = meant else { return Ok(Vec::new()) };
    let (store, now) = (&portner.store, portner.ambient.now());
    let ids = store
        .sessions_at_upstream(upstream, meant, now)
        .await
        .map_err(failed)?;
    let mut sessions = Vec::new();
    for id in ids {
        sessions.extend(store.session_by_id(id, now).await.map_err(failed)?);
    }
    Ok(sessions)
}

async fn audit(portner: &Portner, visit: &Visit, session: &SsoSession, asked_by: Option<&ServiceId>) {
    let event = event(portner, visit, session, asked_by);
    if let Err(error) = portner.writer.audit(event).await {
        tracing::error!(reference = %visit.reference, %error, "audit row could not be written");
    }
}

/// The row for the auditor of a session that ends.
pub fn event(
    portner: &Portner,
    visit: &Visit,
    session: &SsoSession,
    asked_by: Option<&ServiceId>,
) -> AuditEvent {
    AuditEvent::new(visit.reference.0, portner.ambient.now(), AuditAct::LoggedOut)
        .asked_by(asked_by.cloned())
        .vouched_by(session.upstream.clone())
        .about(session.person, session.account)
        .from_network(visit.client_prefix())
}
