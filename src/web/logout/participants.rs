//! Who took part in a session, and how each of them can be told that it has ended.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::refusal::Refused;
use crate::domain::service::ServiceId;
use crate::domain::session::SessionId;
use crate::domain::text::Language;
use crate::domain::upstream::UpstreamId;
use crate::login::at_upstream::AtUpstream;
use crate::store::sessions::Participation;
use crate::telemetry::metrics::PartyRole;
use crate::trust::registry::{Registry, Service, ServiceProtocol, Upstream, UpstreamProtocol};
use crate::web::state::Portner;

/// A party of a session, by its short name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Party {
    /// One that asked for logins.
    Service(ServiceId),
    /// One that vouched.
    Upstream(UpstreamId),
}

impl Party {
    /// What visitors call it; its short name where it is not registered any more.
    pub fn name(&self, registry: &Registry, language: Language) -> String {
        let name = match self {
            Self::Service(id) => registry.service(id).map(|service| &service.profile.name),
            Self::Upstream(id) => registry.upstream(id).map(|upstream| &upstream.profile.name),
        };
        name.map_or_else(
            || self.id().to_owned(),
            |name| name.in_language(language).to_owned(),
        )
    }

    /// Which side it is on.
    pub const fn role(&self) -> PartyRole {
        match self {
            Self::Service(_) => PartyRole::Service,
            Self::Upstream(_) => PartyRole::Upstream,
        }
    }

    /// Its short name.
    pub fn id(&self) -> &str {
        match self {
            Self::Service(id) => id.as_str(),
            Self::Upstream(id) => id.as_str(),
        }
    }
}

/// Somebody who is to hear of the end of a session, with what they call it.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Which session of ours.
    pub session: SessionId,
    /// Which of several of the same kind: its place in what the store has of the session.
    pub place: usize,
    /// The service or the upstream that took part.
    pub role: Role,
}

/// In which role somebody took part.
#[derive(Debug, Clone)]
pub enum Role {
    /// A service; without its registration where that is gone.
    Service(Option<Arc<Service>>, Participation),
    /// An upstream that has a session of its own; nothing to tell it with where keys have changed.
    Upstream(UpstreamId, Option<(Arc<Upstream>, AtUpstream)>),
}

/// How somebody can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From program to program.
    Directly,
    /// By leading the browser past.
    PastThem,
    /// In a frame of the receipt; nobody hears what comes of it.
    InAFrame,
}

impl Participant {
    /// The party without its part in the session: for the log and for counting.
    pub fn party(&self) -> Party {
        match &self.role {
            Role::Service(_, part) => Party::Service(part.service.clone()),
            Role::Upstream(id, _) => Party::Upstream(id.clone()),
        }
    }

    /// Whether this is a service's part in the session that the service knows by this name.
    pub fn is_named(&self, session_index: &str) -> bool {
        matches!(&self.role, Role::Service(_, part) if part.session_index == session_index)
    }

    /// Whether they need not hear of a logout that they asked for.
    pub fn knows_its_own(&self) -> bool {
        let Role::Service(Some(service), _) = &self.role else {
            return false;
        };
        matches!(&service.protocol, ServiceProtocol::Oidc(client) if client.logout.knows_its_own)
    }

    /// How they can be told, the surest way first.
    pub fn ways(&self) -> Vec<Way> {
        let saml = |to: &crate::saml::peer::LogoutEndpoints| {
            let direct = to.soap.is_some().then_some(Way::Directly);
            let browser = (to.redirect.is_some() || to.post.is_some()).then_some(Way::PastThem);
            direct.into_iter().chain(browser).collect()
        };
        match &self.role {
            Role::Service(Some(service), _) => match &service.protocol {
                ServiceProtocol::Saml(peer) => saml(&peer.logout),
                ServiceProtocol::Oidc(client) => {
                    let back = client.logout.back_channel.as_ref().map(|_| Way::Directly);
                    let front = client.logout.front_channel.as_ref().map(|_| Way::InAFrame);
                    back.into_iter().chain(front).collect()
                }
                ServiceProtocol::Own(_) => Vec::new(),
            },
            Role::Upstream(_, Some((upstream, _))) if upstream.profile.sessions.told_of_logout => {
                match &upstream.protocol {
                    UpstreamProtocol::Saml(idp, _) => saml(&idp.logout),
                    UpstreamProtocol::Oidc(..) => vec![Way::PastThem],
                    UpstreamProtocol::Central => Vec::new(),
                }
            }
            Role::Service(None, _) | Role::Upstream(..) => Vec::new(),
        }
    }
}

/// Everybody who took part in a session: services in the order they came, then upstreams.
pub async fn of_session(portner: &Portner, session: SessionId) -> Result<Vec<Participant>, Refused> {
    let failed = Refused::from;
    let registry = portner.registry();
    let parts = portner.store.participations(session).await.map_err(failed)?;
    let behind = portner.store.upstream_sessions(session).await.map_err(failed)?;
    let services = parts.into_iter().filter_map(|part| {
        let service = registry.service(&part.service).cloned();
        // Our own pages ask for the session at every request: there is nobody to tell.
        let is_own = service
            .as_ref()
            .is_some_and(|service| matches!(service.protocol, ServiceProtocol::Own(_)));
        (!is_own).then_some(Role::Service(service, part))
    });
    let upstreams = behind.into_iter().map(|row| {
        let upstream = registry.upstream(&row.upstream).cloned();
        let known = upstream.zip(AtUpstream::open(&row, &portner.sealer));
        Role::Upstream(row.upstream, known)
    });
    let everybody = services.chain(upstreams).enumerate();
    Ok(everybody
        .map(|(place, role)| Participant { session, place, role })
        .collect())
}
