//! The registered parties, found by every name that they go by.
//!
//! A registry never changes once it is built; a reload builds another (see [`super::live`]).
//! Services are looked up by short name, entityID and `client_id`; upstreams by short name,
//! entityID, issuer, domain, and by part of their name.

mod ended;
mod ways;

use std::collections::HashMap;

use crate::config::attributes::Vocabulary;
use crate::config::listen::Origin;
use crate::domain::login_name::Domain;
use crate::domain::own_page::OwnPage;
use crate::domain::service::{AllowedUpstreams, ServiceId, ServiceProfile};
use crate::domain::text::Language;
use crate::domain::upstream::{UpstreamId, UpstreamKind, UpstreamProfile};
use crate::oidc::client::{OidcClient, OidcUpstream};
use crate::saml::peer::{SamlIdp, SamlService};
use crate::telemetry::metrics;

use super::claims::Claims;
use super::domains::{DomainTable, TakenBy};
use super::feeds::FeedParties;
use super::list_fetch::ListSource;
use super::mapping::{IdentityMapping, LevelWords};
use super::search::SearchIndex;
use super::validity::{Registrar, Validity};

use std::sync::Arc;

use jiff::Timestamp;

/// A registered service: who asks.
#[derive(Debug, Clone)]
pub struct Service {
    /// What the journey knows of it.
    pub profile: ServiceProfile,
    /// What it calls the facts that it gets.
    pub vocabulary: Arc<Vocabulary>,
    /// What it speaks.
    pub protocol: ServiceProtocol,
    /// For how long its own words hold.
    pub validity: Validity,
    /// Who registered it.
    pub registrar: Registrar,
}

impl Service {
    /// Whether its rule and its vocabulary still let it have this claim.
    pub fn may_have_claim(&self, claim: &str) -> bool {
        let release = &self.profile.release;
        let cpr = self.vocabulary.cpr();
        let is_cpr = cpr.is_some_and(|name| name.claims.iter().any(|known| known == claim));
        (is_cpr && release.cpr_basis().is_some())
            || self
                .vocabulary
                .attribute_of_claim(claim)
                .is_some_and(|attribute| release.admits(attribute))
    }

    /// Its name in SAML, where it speaks that.
    pub fn entity_id(&self) -> Option<&str> {
        match &self.protocol {
            ServiceProtocol::Saml(saml) => Some(saml.entity_id.as_str()),
            ServiceProtocol::Oidc(_) | ServiceProtocol::Own(_) => None,
        }
    }

    /// What it speaks, for counting.
    pub fn kind(&self) -> metrics::ServiceProtocol {
        match self.protocol {
            ServiceProtocol::Saml(_) => metrics::ServiceProtocol::Saml,
            ServiceProtocol::Oidc(_) => metrics::ServiceProtocol::Oidc,
            ServiceProtocol::Own(_) => metrics::ServiceProtocol::Own,
        }
    }
}

/// What a service speaks.
#[derive(Debug, Clone)]
pub enum ServiceProtocol {
    /// SAML 2.0.
    Saml(Arc<SamlService>),
    /// OpenID Connect.
    Oidc(Box<OidcClient>),
    /// Nothing: it is a page of our own.
    Own(OwnPage),
}

/// A registered upstream: who vouches.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// What the journey knows of it.
    pub profile: UpstreamProfile,
    /// What it speaks.
    pub protocol: UpstreamProtocol,
    /// How it is asked for a level.
    pub levels: LevelWords,
    /// For how long its own words hold.
    pub validity: Validity,
    /// Who registered it.
    pub registrar: Registrar,
}

impl Upstream {
    /// Its name in SAML, where it speaks that.
    pub fn entity_id(&self) -> Option<&str> {
        match &self.protocol {
            UpstreamProtocol::Saml(idp, _) => Some(idp.entity_id.as_str()),
            UpstreamProtocol::Central | UpstreamProtocol::Oidc(..) => None,
        }
    }

    /// Whether it wants our SAML metadata.
    pub fn speaks_saml(&self) -> bool {
        matches!(self.protocol, UpstreamProtocol::Saml(..))
    }
}

/// What an upstream speaks.
#[derive(Debug, Clone)]
pub enum UpstreamProtocol {
    /// Nothing: it is our own credential store.
    Central,
    /// SAML 2.0.
    Saml(Arc<SamlIdp>, Arc<IdentityMapping>),
    /// OpenID Connect.
    Oidc(Box<OidcUpstream>, Arc<IdentityMapping>),
}

/// All registered parties.
#[derive(Debug, Default, Clone)]
pub struct Registry {
    services: Vec<Arc<Service>>,
    /// Our own pages, which are nobody's registered party.
    own: Vec<Arc<Service>>,
    upstreams: Vec<Arc<Upstream>>,
    service_by_id: HashMap<ServiceId, u32>,
    service_by_entity: HashMap<String, u32>,
    service_by_client: HashMap<String, u32>,
    upstream_by_id: HashMap<UpstreamId, u32>,
    upstream_by_entity: HashMap<String, u32>,
    upstream_by_issuer: HashMap<String, u32>,
    domains: DomainTable,
    search: SearchIndex,
    /// When the next party's metadata is over.
    next_end: Option<Timestamp>,
    /// Revocation lists that parties need.
    lists: Vec<ListSource>,
    /// What feeds brought, so that they are read anew only when something has changed.
    pub(super) feeds: Vec<Arc<FeedParties>>,
    /// Whom the parties' own files are about, whether they are served or not.
    pub(super) claims: Claims,
}

impl Registry {
    /// Registers all parties. One whose name or domain is taken is left out, and the clash told.
    pub fn build(
        services: impl IntoIterator<Item = impl Into<Arc<Service>>>,
        upstreams: impl IntoIterator<Item = impl Into<Arc<Upstream>>>,
    ) -> (Self, Vec<Clash>) {
        let mut registry = Self::default();
        let mut clashes = Vec::new();
        for service in services {
            clashes.extend(registry.add_service(service.into()).err());
        }
        for upstream in upstreams {
            clashes.extend(registry.add_upstream(upstream.into()));
        }
        registry.services.shrink_to_fit();
        registry.upstreams.shrink_to_fit();
        registry.search = registry.searchable();
        registry.next_end = registry.next_end();
        (registry, clashes)
    }

    /// Opens our own pages, to whom these parties let in.
    pub fn open_own_pages(&mut self, origin: &Origin) {
        self.own = super::own_services::all(origin, self);
    }

    /// The revocation lists that its parties need, each once.
    pub fn lists(&self) -> &[ListSource] {
        &self.lists
    }

    pub(super) fn keep_lists(&mut self, lists: Vec<ListSource>) {
        self.lists = ListSource::merged(lists);
    }

    /// Whether pinned authorities must vouch for some party, so that time alone can change who is served.
    pub fn has_certified_parties(&self) -> bool {
        let services = self.services.iter().map(|party| party.validity);
        let mut all = services.chain(self.upstreams.iter().map(|party| party.validity));
        all.any(|validity| validity.vouched.is_some())
    }

    /// The service with this short name, one of our own pages among them.
    pub fn service(&self, id: &ServiceId) -> Option<&Arc<Service>> {
        let own = || self.own.iter().find(|service| service.profile.id == *id);
        at(&self.services, self.service_by_id.get(id)).or_else(own)
    }

    /// The service with this entityID, compared byte by byte.
    pub fn service_by_entity_id(&self, entity_id: &str) -> Option<(&Arc<Service>, &SamlService)> {
        let service = at(&self.services, self.service_by_entity.get(entity_id))?;
        match &service.protocol {
            ServiceProtocol::Saml(saml) => Some((service, saml)),
            ServiceProtocol::Oidc(_) | ServiceProtocol::Own(_) => None,
        }
    }

    /// The service with this `client_id`.
    pub fn service_by_client_id(&self, client_id: &str) -> Option<(&Arc<Service>, &OidcClient)> {
        let service = at(&self.services, self.service_by_client.get(client_id))?;
        match &service.protocol {
            ServiceProtocol::Oidc(client) => Some((service, client)),
            ServiceProtocol::Saml(_) | ServiceProtocol::Own(_) => None,
        }
    }

    /// The upstream with this short name.
    pub fn upstream(&self, id: &UpstreamId) -> Option<&Arc<Upstream>> {
        at(&self.upstreams, self.upstream_by_id.get(id))
    }

    /// The upstream with this entityID, compared byte by byte.
    pub fn upstream_by_entity_id(&self, entity_id: &str) -> Option<&Arc<Upstream>> {
        at(&self.upstreams, self.upstream_by_entity.get(entity_id))
    }

    /// The upstream with this issuer, compared byte by byte.
    pub fn upstream_by_issuer(&self, issuer: &str) -> Option<&Arc<Upstream>> {
        at(&self.upstreams, self.upstream_by_issuer.get(issuer))
    }

    /// The upstream that a hint of a service means: a short name, entityID, issuer or domain.
    pub fn upstream_by_hint(&self, hint: &str) -> Option<&Arc<Upstream>> {
        UpstreamId::parse(hint)
            .and_then(|id| self.upstream(&id))
            .or_else(|| self.upstream_by_entity_id(hint))
            .or_else(|| self.upstream_by_issuer(hint))
            .or_else(|| self.upstream_by_domain(&Domain::parse(hint).ok()?))
    }

    /// The upstream whose users are `…@domain`.
    pub fn upstream_by_domain(&self, domain: &Domain) -> Option<&Arc<Upstream>> {
        at(&self.upstreams, self.domains.owner(domain).as_ref())
    }

    /// The registered domain that `domain` is most likely a misspelling of, among enabled
    /// upstreams that may vouch (E5).
    pub fn nearest_domain(&self, domain: &Domain, allowed: &AllowedUpstreams) -> Option<&Domain> {
        self.domains.nearest(domain, |number| {
            at(&self.upstreams, Some(&number))
                .is_some_and(|upstream| upstream.profile.enabled && allowed.admits(&upstream.profile.id))
        })
    }

    /// Local upstreams for the chooser's list that fit `query`, best first, at most `limit`:
    /// enabled, not hidden, and allowed to vouch. An empty query lists them by alphabet.
    pub fn search(&self, query: &str, allowed: &AllowedUpstreams, limit: usize) -> Vec<&Arc<Upstream>> {
        let admit = |number| {
            at(&self.upstreams, Some(&number))
                .is_some_and(|upstream| upstream.profile.enabled && allowed.admits(&upstream.profile.id))
        };
        self.search
            .find(query, admit, limit)
            .iter()
            .filter_map(|number| at(&self.upstreams, Some(number)))
            .collect()
    }

    /// Upstreams of one kind, in the order of their short names.
    pub fn upstreams_of(&self, kind: UpstreamKind) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams()
            .filter(move |upstream| upstream.profile.kind == kind)
    }

    /// Our own credential store, where it is registered.
    pub fn central(&self) -> Option<&Arc<Upstream>> {
        self.upstreams_of(UpstreamKind::Central).next()
    }

    /// Whether this is our own login.
    pub fn is_central(&self, upstream: &UpstreamId) -> bool {
        self.central()
            .is_some_and(|central| central.profile.id == *upstream)
    }

    /// Every registered service.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &Arc<Service>> {
        self.services.iter()
    }

    /// Every upstream.
    pub fn upstreams(&self) -> impl ExactSizeIterator<Item = &Arc<Upstream>> {
        self.upstreams.iter()
    }

    /// Every upstream that speaks OpenID Connect, as we are registered there.
    pub fn providers(&self) -> impl Iterator<Item = &OidcUpstream> {
        self.upstreams().filter_map(|upstream| match &upstream.protocol {
            UpstreamProtocol::Oidc(provider, _) => Some(&**provider),
            UpstreamProtocol::Central | UpstreamProtocol::Saml(..) => None,
        })
    }

    fn add_service(&mut self, service: Arc<Service>) -> Result<(), Clash> {
        let number = number_of(&self.services);
        let (names, name) = match &service.protocol {
            ServiceProtocol::Saml(saml) => (&mut self.service_by_entity, saml.entity_id.as_str()),
            ServiceProtocol::Oidc(client) => (&mut self.service_by_client, client.client_id.as_str()),
            ServiceProtocol::Own(_) => {
                self.own.push(service);
                return Ok(());
            }
        };
        let id = &service.profile.id;
        if let Some(first) = names
            .get(name)
            .and_then(|first| self.services.get(*first as usize))
        {
            return Err(Clash::new(id.as_str(), name, first.profile.id.as_str()));
        }
        if self.service_by_id.contains_key(id) {
            return Err(Clash::new(id.as_str(), id.as_str(), id.as_str()));
        }
        names.insert(name.to_owned(), number);
        self.service_by_id.insert(id.clone(), number);
        self.services.push(service);
        Ok(())
    }

    /// A clash over a domain costs the later upstream that domain only.
    fn add_upstream(&mut self, upstream: Arc<Upstream>) -> Vec<Clash> {
        let number = number_of(&self.upstreams);
        let id = &upstream.profile.id;
        let named = match &upstream.protocol {
            UpstreamProtocol::Central => None,
            UpstreamProtocol::Saml(idp, _) => Some((&mut self.upstream_by_entity, idp.entity_id.as_str())),
            UpstreamProtocol::Oidc(provider, _) => {
                Some((&mut self.upstream_by_issuer, provider.issuer.as_str()))
            }
        };
        if let Some((names, name)) = named {
            if let Some(first) = names
                .get(name)
                .and_then(|first| self.upstreams.get(*first as usize))
            {
                return vec![Clash::new(id.as_str(), name, first.profile.id.as_str())];
            }
            names.insert(name.to_owned(), number);
        }
        if self.upstream_by_id.insert(id.clone(), number).is_some() {
            return vec![Clash::new(id.as_str(), id.as_str(), id.as_str())];
        }
        let mut clashes = Vec::new();
        for rule in &upstream.profile.domains {
            if let Err(TakenBy(first)) = self.domains.add(rule, number) {
                let first = at(&self.upstreams, Some(&first)).map_or(id, |first| &first.profile.id);
                clashes.push(Clash::new(id.as_str(), &rule.domain.to_unicode(), first.as_str()));
            }
        }
        self.upstreams.push(upstream);
        clashes
    }

    fn searchable(&self) -> SearchIndex {
        let listed = (0_u32..)
            .zip(&self.upstreams)
            .filter(|(_, upstream)| upstream.profile.kind == UpstreamKind::Local && !upstream.profile.hidden);
        SearchIndex::new(listed.map(|(number, upstream)| {
            let profile = &upstream.profile;
            let domains = profile.domains.iter().map(|rule| rule.domain.to_unicode());
            let more: Vec<String> = profile
                .name
                .forms()
                .skip(1)
                .map(str::to_owned)
                .chain(domains)
                .collect();
            (number, profile.name.in_language(Language::Da), more.join(" "))
        }))
    }
}

fn at<'a, T>(list: &'a [Arc<T>], number: Option<&u32>) -> Option<&'a Arc<T>> {
    list.get(*number? as usize)
}

fn number_of<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// Two parties claim one name or domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The later one, by short name.
    pub party: String,
    /// What it claims.
    pub name: String,
    /// Who has it.
    pub taken_by: String,
}

impl Clash {
    fn new(party: &str, name: &str, taken_by: &str) -> Self {
        Self {
            party: party.to_owned(),
            name: name.to_owned(),
            taken_by: taken_by.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
