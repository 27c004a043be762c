//! From a name, a choice or a hint to a [`Route`].
//!
//! One policy for all of them: whatever a user types or a service hints at is intersected
//! with what the service may use and what is switched on (pain 22).

use super::request::LoginRequest;
use super::transaction::Route;
use crate::domain::login_name::{LoginName, NotALoginName};
use crate::domain::refusal::Refusal;
use crate::domain::service::{AllowedUpstreams, ServiceProfile};
use crate::domain::upstream::{UpstreamId, UpstreamProfile};
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
                let central = self.central().ok_or(Refusal::NoUsableUpstream)?;
                Ok(Route {
                    upstream: central,
                    name: Some(name),
                })
            }
            LoginName::AtDomain(_) if !self.domain_login => Err(Refusal::UnknownUserName),
            LoginName::AtDomain(at) => match self.registry.upstream_by_domain(&at.domain) {
                Some(upstream) => {
                    self.usable(&upstream.profile)?;
                    Ok(Route {
                        upstream: upstream.profile.id.clone(),
                        name: Some(name),
                    })
                }
                None => Err(Refusal::UnknownDomain {
                    domain: at.domain.clone(),
                    nearest: self
                        .registry
                        .nearest_domain(&at.domain, &self.service.upstreams)
                        .cloned(),
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

    /// Where the service's hints alone lead, if they lead to one place.
    ///
    /// A service that names only upstreams which cannot be used is told so; any other hint
    /// that leads nowhere is dropped, and the user is asked.
    pub fn route_from_hints(&self) -> Result<Option<Route>, Refusal> {
        let hints = &self.request.hints;
        if let Some(only) = &hints.only {
            let usable: Vec<_> = only.iter().filter(|id| self.may_use(id)).collect();
            match usable.as_slice() {
                [] => return Err(Refusal::NoUsableUpstream),
                [one] => return Ok(Some(self.to((*one).clone()))),
                _ => {}
            }
        }
        let domain_of_name = || match self.hinted_name()? {
            LoginName::AtDomain(at) if self.domain_login => Some(at.domain),
            LoginName::AtDomain(_) | LoginName::Bare(_) => None,
        };
        let by_domain = || {
            let domain = hints.domain.clone().or_else(domain_of_name)?;
            self.registry
                .upstream_by_domain(&domain)
                .map(|upstream| upstream.profile.id.clone())
        };
        let candidate = hints.upstream.clone().or_else(by_domain);
        Ok(candidate.filter(|id| self.may_use(id)).map(|id| self.to(id)))
    }

    /// Whether this request may end at this upstream.
    pub fn may_use(&self, id: &UpstreamId) -> bool {
        self.registry
            .upstream(id)
            .is_some_and(|upstream| self.usable(&upstream.profile).is_ok())
    }

    /// Every upstream that this request may end at, for lists.
    pub fn allowed(&self) -> AllowedUpstreams {
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
        if wished && self.service.upstreams.admits(&upstream.id) {
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
