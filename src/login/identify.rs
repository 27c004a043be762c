//! From a name, a choice or a hint to a [`Route`].
//!
//! One policy for all of them: whatever a user types or a service hints at is intersected
//! with what the service may use and what is switched on (pain 22).

use super::request::LoginRequest;
use super::transaction::Route;
use crate::domain::login_name::{LoginName, NotALoginName};
use crate::domain::refusal::Refusal;
use crate::domain::service::{AllowedUpstreams, ServiceProfile};
use crate::domain::upstream::{UpstreamId, UpstreamKind, UpstreamProfile};
use crate::trust::registry::Registry;

/// The parties and rules that decide where a user goes.
#[derive(Debug, Clone, Copy)]
pub struct Signposts<'a> {
    /// The registered upstreams.
    pub registry: &'a Registry,
    /// The service that asked.
    pub service: &'a ServiceProfile,
    /// What it asked.
    pub request: &'a LoginRequest,
    /// Whether `user@domain` routes to local logins in this installation.
    pub domain_login: bool,
}

impl Signposts<'_> {
    /// Where a typed name goes (U03, U06, U07).
    pub fn route_for_typed(&self, typed: &str) -> Result<Route, Refusal> {
        let name = LoginName::parse(typed).map_err(|problem| match problem {
            NotALoginName::Empty | NotALoginName::Shape | NotALoginName::Domain => Refusal::MalformedName,
        })?;
        match &name {
            LoginName::Bare(_) => {
                let central = self.central().ok_or(Refusal::NameNotForService)?;
                Ok(Route {
                    upstream: central,
                    name: Some(name),
                })
            }
            LoginName::AtDomain(_) if !self.domain_login => Err(Refusal::UnknownUserName),
            LoginName::AtDomain(at) => match self.registry.upstream_by_domain(&at.domain) {
                Some(upstream) => {
                    let usable = self.usable(&upstream.profile);
                    // Whoever has typed it can mend it.
                    usable.map_err(|refusal| match refusal {
                        Refusal::NoUsableUpstream => Refusal::NameNotForService,
                        other => other,
                    })?;
                    Ok(Route {
                        upstream: upstream.profile.id.clone(),
                        name: Some(name),
                    })
                }
                None => Err(Refusal::UnknownDomain {
                    domain: at.domain.clone(),
                    nearest: self.registry.nearest_domain(&at.domain, &self.allowed()).cloned(),
                }),
            },
        }
    }

    /// Where a choice from the list goes. The list is only a help: the choice is checked here.
    pub fn route_for_choice(&self, chosen: &UpstreamId) -> Result<Route, Refusal> {
        let upstream = self.registry.upstream(chosen).ok_or(Refusal::NoUsableUpstream)?;
        self.usable(&upstream.profile)?;
        Ok(Route {
            upstream: chosen.clone(),
            name: self.hinted_name(),
        })
    }

    /// A service that names only upstreams which cannot be used is told so, and so is one that wants nobody
    /// between, where somebody would be.
    pub fn refuse_what_nobody_may_vouch_for(&self) -> Result<(), Refusal> {
        let hints = &self.request.hints;
        if hints
            .only
            .as_ref()
            .is_some_and(|only| !only.iter().any(|id| self.may_use(id)))
        {
            return Err(Refusal::NoUsableUpstream);
        }
        if self.is_broker_forbidden() && self.central().is_none() {
            return Err(Refusal::ProxyingForbidden);
        }
        Ok(())
    }

    /// Where the service's hints alone lead, if they lead to one place. A hint that leads nowhere is dropped,
    /// and the user is asked.
    pub fn route_from_hints(&self) -> Option<Route> {
        let hints = &self.request.hints;
        if let Some(only) = &hints.only {
            let usable: Vec<_> = only.iter().filter(|id| self.may_use(id)).collect();
            if let [one] = usable.as_slice() {
                return Some(self.to((*one).clone()));
            }
        }
        let domain_of_name = || match self.hinted_name()? {
            LoginName::AtDomain(at) if self.domain_login => Some(at.domain),
            LoginName::AtDomain(_) | LoginName::Bare(_) => None,
        };
        let by_domain = || {
            let domain = domain_of_name()?;
            self.registry
                .upstream_by_domain(&domain)
                .map(|upstream| upstream.profile.id.clone())
        };
        let candidate = hints.upstream.clone().or_else(by_domain);
        candidate.filter(|id| self.may_use(id)).map(|id| self.to(id))
    }

    /// With no more brokers allowed, only our own store can vouch: nobody is asked beyond us (saml-core §3.4.1.5).
    fn is_broker_forbidden(&self) -> bool {
        self.request.hints.proxy_count == Some(0)
    }

    /// Whether this request may end at this upstream.
    pub fn may_use(&self, id: &UpstreamId) -> bool {
        self.registry
            .upstream(id)
            .is_some_and(|upstream| self.usable(&upstream.profile).is_ok())
    }

    /// Every upstream that this request may end at, for lists.
    pub fn allowed(&self) -> AllowedUpstreams {
        if self.is_broker_forbidden() {
            return AllowedUpstreams::Only(self.central().into_iter().collect());
        }
        match &self.request.hints.only {
            None => self.service.upstreams.clone(),
            Some(only) => AllowedUpstreams::Only(
                only.iter()
                    .filter(|id| self.service.upstreams.admits(id))
                    .cloned()
                    .collect(),
            ),
        }
    }

    /// The central store, where this request may use it.
    pub fn central(&self) -> Option<UpstreamId> {
        self.registry
            .central()
            .map(|upstream| upstream.profile.id.clone())
            .filter(|id| self.may_use(id))
    }

    fn usable(&self, upstream: &UpstreamProfile) -> Result<(), Refusal> {
        if !upstream.enabled {
            return Err(Refusal::UpstreamDisabled {
                upstream: upstream.id.clone(),
            });
        }
        let wished = self
            .request
            .hints
            .only
            .as_ref()
            .is_none_or(|only| only.contains(&upstream.id));
        let ours = upstream.kind == UpstreamKind::Central;
        if wished && self.service.upstreams.admits(&upstream.id) && (ours || !self.is_broker_forbidden()) {
            Ok(())
        } else {
            Err(Refusal::NoUsableUpstream)
        }
    }

    fn to(&self, upstream: UpstreamId) -> Route {
        Route {
            upstream,
            name: self.hinted_name(),
        }
    }

    fn hinted_name(&self) -> Option<LoginName> {
        self.request
            .hints
            .login_name
            .as_deref()
            .and_then(|name| LoginName::parse(name).ok())
    }
}
