//! What a party publishes about itself: `EntityDescriptor` (saml-metadata-2.0), read into roles.
//!
//! Metadata is where trust comes from, so what is wrong in it is refused here, before anybody is
//! registered: an identity provider without a usable key (A02), an address that is not https (B19).
//! Not here: whether a file may be believed, which is for whoever reads it to say; aggregates are
//! read and believed in one go ([`read_aggregate`]).

mod about;
mod aggregate;
mod keys;

use jiff::{SignedDuration, Timestamp};

pub use about::{About, SubjectIdWish};
pub use aggregate::{Aggregate, FeedRefusal, Head, read_aggregate};
pub use keys::{CertificateNote, CertifiedKey};

use keys::{certificate_notes, encryption, signing_keys};

use super::instant;
use super::name_id::NameIdFormat;
use super::peer::{
    AcsEndpoint, AcsEndpoints, AssertionEncryption, AssertionSecrecy, BadAcsList, EndpointUrl, EntityId,
    LogoutEndpoints, NameIdRule, NameValue, NoTrustAnchor, NotAnEndpoint, RequestHints, RequestTrust,
    SamlIdp, SamlService, SignWhat, Skew, SsoEndpoints, TrustedKeys, WantedSignatures,
};
use super::xml::names::{MD, SAMLP, XML};
use super::xml::{Element, Namespace, ShapeRefusal};
use crate::domain::address::PlainHttp;
use crate::domain::login_name::Domain;
use crate::domain::text::LocalizedName;
use crate::keys::SigningAlgorithm;

/// Names and logos for people (sstc-saml-metadata-ui).
pub(super) const MDUI: Namespace = Namespace::new("mdui", "urn:oasis:names:tc:SAML:metadata:ui");
/// Scopes that an identity provider may assert.
pub(super) const SHIBMD: Namespace = Namespace::new("shibmd", "urn:mace:shibboleth:metadata:1.0");

pub(super) const HTTP_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
pub(super) const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
pub(super) const SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";

/// A party by its own words.
#[derive(Debug)]
pub struct EntityMetadata {
    /// Its name.
    pub entity_id: EntityId,
    /// Until when all of the words hold.
    pub valid_until: Option<Timestamp>,
    /// How long it wishes to be kept before it is asked again.
    pub cache_duration: Option<SignedDuration>,
    /// Its role as identity provider.
    pub idp: Option<IdpRole>,
    /// Its role as service.
    pub sp: Option<SpRole>,
    /// What it says about itself besides.
    pub about: About,
}

/// An identity provider by its own words.
#[derive(Debug)]
pub struct IdpRole {
    /// What people call it.
    pub name: Option<LocalizedName>,
    /// Where it takes requests.
    pub sso: SsoEndpoints,
    /// Where it takes logout messages.
    pub logout: LogoutEndpoints,
    /// What it signs with.
    pub keys: TrustedKeys,
    /// The same keys in their certificates.
    pub certified: Vec<CertifiedKey>,
    /// Why other keys of it are not used.
    pub keys_passed_over: Vec<&'static str>,
    /// The certificates around all of its keys.
    pub certificates: Vec<CertificateNote>,
    /// Domains that it claims: a proposal for whoever registers it, never a fact (DR11).
    pub scopes: Vec<Domain>,
    /// Kinds of names that it gives.
    pub name_id_formats: Vec<NameIdFormat>,
    /// How to encrypt for it.
    pub encryption: Option<AssertionEncryption>,
}

/// A service by its own words.
#[derive(Debug)]
pub struct SpRole {
    /// What people call it.
    pub name: Option<LocalizedName>,
    /// Where it takes answers.
    pub acs: AcsEndpoints,
    /// Where it takes logout messages.
    pub logout: LogoutEndpoints,
    /// What it signs with, if it does.
    pub keys: Option<TrustedKeys>,
    /// The same keys in their certificates.
    pub certified: Vec<CertifiedKey>,
    /// Why other keys of it are not used.
    pub keys_passed_over: Vec<&'static str>,
    /// The certificates around all of its keys.
    pub certificates: Vec<CertificateNote>,
    /// It signs its requests.
    pub signs_requests: bool,
    /// It wants the assertion itself signed.
    pub wants_signed_assertions: bool,
    /// How to encrypt for it.
    pub encryption: Option<AssertionEncryption>,
    /// Kinds of names that it takes, the preferred first.
    pub name_id_formats: Vec<NameIdFormat>,
    /// Names of attributes that it asks for: a wish, for whoever registers it.
    pub requested_attributes: Vec<String>,
}

impl IdpRole {
    /// Registers it with the usual settings: requests signed, no kind of name asked for (saml2int).
    pub fn registered(self, entity_id: EntityId) -> SamlIdp {
        SamlIdp {
            entity_id,
            sso: self.sso,
            keys: self.keys,
            sign_requests: true,
            signature: SigningAlgorithm::default(),
            signed: WantedSignatures::default(),
            ask_name_id: None,
            hints: RequestHints::default(),
            assertions: AssertionSecrecy::Optional,
            cbc_until: None,
            skew: Skew::default(),
            logout: self.logout,
            encrypt: None,
        }
    }
}

impl SpRole {
    /// Registers it with the usual settings: everything signed, encrypted if it has a key for that.
    /// One that says that it signs must have a key to check that with (A02).
    pub fn registered(self, entity_id: EntityId) -> Result<SamlService, NoTrustAnchor> {
        let requests = match (self.signs_requests, self.keys) {
            (true, keys) => RequestTrust::Signed(keys.ok_or(NoTrustAnchor)?),
            (false, keys) => RequestTrust::Unsigned(keys),
        };
        let mut formats = self
            .name_id_formats
            .into_iter()
            .filter(|format| *format != NameIdFormat::Unspecified);
        let default = formats.next().unwrap_or(NameIdFormat::Persistent);
        Ok(SamlService {
            entity_id,
            acs: self.acs,
            requests,
            sign: SignWhat::Both,
            encrypt: self.encryption,
            signature: SigningAlgorithm::default(),
            name_value: NameValue::default(),
            tells_upstream: true,
            name_ids: NameIdRule {
                default,
                also: formats.collect(),
            },
            logout: self.logout,
        })
    }
}

/// Why metadata is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataRefusal {
    /// The document is not about one party.
    #[error("not one EntityDescriptor")]
    NotAnEntity,
    /// The entityID cannot be one.
    #[error("the entityID is not usable")]
    EntityId,
    /// `validUntil` is illegible or has passed (B24, B26).
    #[error("validUntil has passed")]
    Expired,
    /// An identity provider without a usable signing key (A02).
    #[error(transparent)]
    NoTrustAnchor(#[from] NoTrustAnchor),
    /// An address that messages may not be sent to.
    #[error("the address of {0} is not usable")]
    Endpoint(&'static str, #[source] NotAnEndpoint),
    /// An identity provider that takes requests by none of our bindings.
    #[error("no SingleSignOnService for HTTP-Redirect or HTTP-POST")]
    NoSso,
    /// A service that takes answers by none of our bindings, or has confused numbers.
    #[error("the AssertionConsumerServices are not usable")]
    Acs(#[from] BadAcsList),
    /// An index that is no number.
    #[error("the index of an AssertionConsumerService is no number")]
    AcsIndex,
    /// Built otherwise than the schema says.
    #[error("the structure is not that of metadata")]
    Structure(#[from] ShapeRefusal),
}

/// Reads an `EntityDescriptor`: the root of a file, or one that was verified in a feed.
pub fn read(
    entity: Element<'_>,
    plain: PlainHttp,
    now: Timestamp,
) -> Result<EntityMetadata, MetadataRefusal> {
    if !entity.is(MD.uri, "EntityDescriptor") {
        return Err(MetadataRefusal::NotAnEntity);
    }
    let entity_id =
        EntityId::parse(entity.required_attribute("entityID")?).map_err(|_| MetadataRefusal::EntityId)?;
    let idp = role(entity, "IDPSSODescriptor")?;
    let sp = role(entity, "SPSSODescriptor")?;
    let mut valid_until = None;
    for element in [Some(entity), idp, sp].into_iter().flatten() {
        valid_until = valid_until
            .into_iter()
            .chain(read_valid_until(element, now)?)
            .min();
    }
    let roles: Vec<_> = [idp, sp].into_iter().flatten().collect();
    Ok(EntityMetadata {
        entity_id,
        valid_until,
        cache_duration: entity.attribute("cacheDuration").and_then(instant::read_duration),
        about: about::read(entity, &roles),
        idp: idp.map(|role| idp_role(role, entity, plain)).transpose()?,
        sp: sp.map(|role| sp_role(role, plain)).transpose()?,
    })
}

/// A role may end sooner than its party (saml-metadata §2.4.1).
fn read_valid_until(element: Element<'_>, now: Timestamp) -> Result<Option<Timestamp>, MetadataRefusal> {
    match element.attribute("validUntil").map(instant::read) {
        None => Ok(None),
        Some(Some(until)) if until > now => Ok(Some(until)),
        Some(_) => Err(MetadataRefusal::Expired),
    }
}

/// The one role of this kind that speaks SAML 2.0.
fn role<'d>(entity: Element<'d>, name: &'static str) -> Result<Option<Element<'d>>, ShapeRefusal> {
    let speaks = |role: &Element<'_>| {
        let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
        protocols
            .split_ascii_whitespace()
            .any(|protocol| protocol == SAMLP.uri)
    };
    let mut roles = entity.children_named(MD.uri, name).filter(speaks);
    let first = roles.next();
    if roles.next().is_some() {
        Err(ShapeRefusal::Repeated(name))
    } else {
        Ok(first)
    }
}

fn idp_role(role: Element<'_>, entity: Element<'_>, plain: PlainHttp) -> Result<IdpRole, MetadataRefusal> {
    let redirect = endpoint(role, "SingleSignOnService", HTTP_REDIRECT, plain)?;
    let post = endpoint(role, "SingleSignOnService", HTTP_POST, plain)?;
    let sso = match (redirect, post) {
        (Some(redirect), Some(post)) => SsoEndpoints::Both { redirect, post },
        (Some(redirect), None) => SsoEndpoints::Redirect(redirect),
        (None, Some(post)) => SsoEndpoints::Post(post),
        (None, None) => return Err(MetadataRefusal::NoSso),
    };
    let (keys, keys_passed_over) = signing_keys(role);
    Ok(IdpRole {
        name: display_name(role)?,
        sso,
        logout: logout(role, plain)?,
        keys: TrustedKeys::new(keys.iter().map(|certified| certified.key.clone()).collect())?,
        certified: keys,
        keys_passed_over,
        certificates: certificate_notes(role),
        scopes: [role, entity].into_iter().flat_map(scopes).collect(),
        encryption: encryption(role),
        name_id_formats: name_id_formats(role)?,
    })
}

fn sp_role(role: Element<'_>, plain: PlainHttp) -> Result<SpRole, MetadataRefusal> {
    let requested = role
        .children_named(MD.uri, "AttributeConsumingService")
        .flat_map(|service| service.children_named(MD.uri, "RequestedAttribute"))
        .filter_map(|attribute| attribute.attribute("Name"));
    let (keys, keys_passed_over) = signing_keys(role);
    Ok(SpRole {
        name: display_name(role)?,
        acs: acs(role, plain)?,
        logout: logout(role, plain)?,
        keys: TrustedKeys::new(keys.iter().map(|certified| certified.key.clone()).collect()).ok(),
        certified: keys,
        keys_passed_over,
        certificates: certificate_notes(role),
        signs_requests: is_true(role, "AuthnRequestsSigned"),
        wants_signed_assertions: is_true(role, "WantAssertionsSigned"),
        encryption: encryption(role),
        name_id_formats: name_id_formats(role)?,
        requested_attributes: requested.map(str::to_owned).collect(),
    })
}

fn is_true(role: Element<'_>, name: &str) -> bool {
    matches!(role.attribute(name).map(str::trim), Some("true" | "1"))
}

/// Addresses for answers by HTTP-POST; other bindings are passed over.
fn acs(role: Element<'_>, plain: PlainHttp) -> Result<AcsEndpoints, MetadataRefusal> {
    let of_post = role
        .children_named(MD.uri, "AssertionConsumerService")
        .filter(|service| service.attribute("Binding") == Some(HTTP_POST));
    let endpoints = of_post.map(|service| {
        let index = service.required_attribute("index")?.trim().parse();
        Ok(AcsEndpoint {
            url: location(service, "Location", "AssertionConsumerService", plain)?,
            index: index.map_err(|_| MetadataRefusal::AcsIndex)?,
            is_default: is_true(service, "isDefault"),
        })
    });
    Ok(AcsEndpoints::new(
        endpoints.collect::<Result<_, MetadataRefusal>>()?,
    )?)
}

fn logout(role: Element<'_>, plain: PlainHttp) -> Result<LogoutEndpoints, MetadataRefusal> {
    let services = || role.children_named(MD.uri, "SingleLogoutService");
    let is_front = |service: &Element<'_>| service.attribute("Binding") != Some(SOAP);
    let response =
        services().find(|service| is_front(service) && service.attribute("ResponseLocation").is_some());
    Ok(LogoutEndpoints {
        redirect: endpoint(role, "SingleLogoutService", HTTP_REDIRECT, plain)?,
        post: endpoint(role, "SingleLogoutService", HTTP_POST, plain)?,
        response: response
            .map(|service| location(service, "ResponseLocation", "SingleLogoutService", plain))
            .transpose()?,
        soap: endpoint(role, "SingleLogoutService", SOAP, plain)?,
    })
}

/// The first address of a kind for a binding.
fn endpoint(
    role: Element<'_>,
    name: &'static str,
    binding: &str,
    plain: PlainHttp,
) -> Result<Option<EndpointUrl>, MetadataRefusal> {
    role.children_named(MD.uri, name)
        .find(|service| service.attribute("Binding") == Some(binding))
        .map(|service| location(service, "Location", name, plain))
        .transpose()
}

fn location(
    service: Element<'_>,
    attribute: &'static str,
    name: &'static str,
    plain: PlainHttp,
) -> Result<EndpointUrl, MetadataRefusal> {
    EndpointUrl::parse(service.required_attribute(attribute)?.trim(), plain)
        .map_err(|source| MetadataRefusal::Endpoint(name, source))
}

fn name_id_formats(role: Element<'_>) -> Result<Vec<NameIdFormat>, ShapeRefusal> {
    role.children_named(MD.uri, "NameIDFormat")
        .map(|format| format.text().map(NameIdFormat::from_uri))
        .collect()
}

/// Scopes that are plain domains. Patterns could claim anything, so they claim nothing (DR11).
fn scopes(around: Element<'_>) -> impl Iterator<Item = Domain> {
    around
        .children_named(MD.uri, "Extensions")
        .flat_map(|extensions| extensions.children_named(SHIBMD.uri, "Scope"))
        .filter(|scope| !is_true(*scope, "regexp"))
        .filter_map(|scope| Domain::parse(scope.text().ok()?).ok())
}

/// The name for people: in Danish, or else in English, or else in the first language there is.
fn display_name(role: Element<'_>) -> Result<Option<LocalizedName>, ShapeRefusal> {
    let Some(extensions) = role.child(MD.uri, "Extensions")? else {
        return Ok(None);
    };
    let Some(info) = extensions.child(MDUI.uri, "UIInfo")? else {
        return Ok(None);
    };
    let names = || info.children_named(MDUI.uri, "DisplayName");
    let in_language = |language: &str| {
        let is_meant = |name: &Element<'_>| {
            name.attribute_ns(XML.uri, "lang")
                .is_some_and(|lang| lang.split('-').next() == Some(language))
        };
        names()
            .find(is_meant)
            .and_then(|name| name.text().ok())
            .map(clean)
    };
    let first = || names().next().and_then(|name| name.text().ok()).map(clean);
    let (danish, english) = (in_language("da"), in_language("en"));
    let Some(name) = danish
        .or_else(|| english.clone())
        .or_else(first)
        .filter(|name| !name.is_empty())
    else {
        return Ok(None);
    };
    let name = LocalizedName::new(name);
    Ok(Some(match english.filter(|english| !english.is_empty()) {
        Some(english) => name.with_english(english),
        None => name,
    }))
}

/// Foreign text for a page: one line, not too long.
fn clean(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(100)
        .collect()
}

#[cfg(test)]
mod tests;
