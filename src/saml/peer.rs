//! The parties of SAML as they are registered: services that log in with us, identity
//! providers that we log in with, and ourselves.
//!
//! Everything here was checked when it was registered: addresses are https, key lists are not
//! empty, an ACS list has a default. Not here: names and rules that the journey needs
//! (`domain::service`, `domain::upstream`), and how metadata is read (`metadata.rs`).

mod address;
mod hints;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use address::{EndpointUrl, EntityId, NotAnEndpoint, NotAnEntityId};
pub use hints::{NameHint, RequestHints};

use super::name_id::NameIdFormat;
use super::xml::{AcceptedCiphers, EncryptionKey, EncryptionMethod, VerifyingKey};
use crate::keys::SigningAlgorithm;

/// The keys that a party signs with: at least one, all of them tried (saml2int).
#[derive(Debug, Clone)]
pub struct TrustedKeys(Vec<VerifyingKey>);

impl TrustedKeys {
    /// Trusts these keys. Nothing to trust is an error, never "unchecked" (A02).
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, NoTrustAnchor> {
        if keys.is_empty() {
            Err(NoTrustAnchor)
        } else {
            Ok(Self(keys))
        }
    }

    /// The keys, in the order of registration.
    pub fn as_slice(&self) -> &[VerifyingKey] {
        &self.0
    }
}

/// A party is registered without a key that its signatures could be checked with (A02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no usable signing key")]
pub struct NoTrustAnchor;

/// A service that is registered to log in with us over SAML.
#[derive(Debug)]
pub struct SamlService {
    /// Its name in SAML.
    pub entity_id: EntityId,
    /// Where it takes answers.
    pub acs: AcsEndpoints,
    /// What is asked of its requests.
    pub requests: RequestTrust,
    /// What of our answers is signed.
    pub sign: SignWhat,
    /// How answers are encrypted; nothing where they go in the clear.
    pub encrypt: Option<AssertionEncryption>,
    /// How we sign for it.
    pub signature: SigningAlgorithm,
    /// What the value of its name for a user looks like.
    pub name_value: NameValue,
    /// Whether it learns who vouched (eGov-085).
    pub tells_upstream: bool,
    /// The kinds of name that it may have.
    pub name_ids: NameIdRule,
    /// Where it takes logout messages, if it does.
    pub logout: LogoutEndpoints,
}

/// What the value of a NameID looks like to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NameValue {
    /// As it is.
    #[default]
    Plain,
    /// A URI of OIOSAML 3 for private persons, around a UUID made of the name.
    OiosamlPerson,
    /// The same for professional identities.
    OiosamlProfessional,
    /// `C=DK,O=…,CN=…,Serial=…` with what the service may know, as KOMBIT has it.
    X509Subject,
}

/// What of an answer is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EncryptWhat {
    /// The assertion: everything that is said about the user.
    #[default]
    Assertion,
    /// The name alone.
    NameId,
}

/// How answers for a service are encrypted.
#[derive(Debug)]
pub struct AssertionEncryption {
    /// Which part of the answer is encrypted.
    pub what: EncryptWhat,
    /// The service's public key, which it is encrypted to.
    pub to: EncryptionKey,
    /// What it can decrypt.
    pub method: EncryptionMethod,
}

/// Whether requests of a service must be signed.
#[derive(Debug, Clone)]
pub enum RequestTrust {
    /// Every request carries a signature of one of these keys (B20).
    Signed(TrustedKeys),
    /// Requests may come without. A signature that is there must verify, if keys are known.
    Unsigned(Option<TrustedKeys>),
}

impl RequestTrust {
    /// The keys that are known.
    pub fn keys(&self) -> &[VerifyingKey] {
        match self {
            Self::Signed(keys) | Self::Unsigned(Some(keys)) => keys.as_slice(),
            Self::Unsigned(None) => &[],
        }
    }

    /// Whether a request without signature is refused.
    pub fn demands_signature(&self) -> bool {
        matches!(self, Self::Signed(_))
    }
}

/// What of an answer is signed. OIOSAML and saml2int contradict each other, so it is data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SignWhat {
    /// The Response only: saml2int's minimum.
    Response,
    /// The Assertion only: OIOSAML's rule.
    Assertion,
    /// Both: what every peer takes.
    #[default]
    Both,
}

impl SignWhat {
    /// Whether the Response carries a signature.
    pub fn response(self) -> bool {
        matches!(self, Self::Response | Self::Both)
    }

    /// Whether the Assertion carries a signature.
    pub fn assertion(self) -> bool {
        matches!(self, Self::Assertion | Self::Both)
    }
}

/// What of an upstream's answer must carry a signature. One of the two always does; what a
/// profile promises besides is worth asking for, so that a peer that stops doing it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WantedSignatures {
    /// Either will do.
    #[default]
    Either,
    /// These parts, each with a signature of its own.
    At(SignWhat),
}

/// One address of a service for answers by HTTP-POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcsEndpoint {
    /// The address that answers are posted to.
    pub url: EndpointUrl,
    /// Its number, which requests may name instead.
    pub index: u16,
    /// Marked as the one for requests that name none.
    pub is_default: bool,
}

/// The addresses of a service for answers: at least one, numbers unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcsEndpoints(Vec<AcsEndpoint>);

impl AcsEndpoints {
    /// Checks a list.
    pub fn new(endpoints: Vec<AcsEndpoint>) -> Result<Self, BadAcsList> {
        if endpoints.is_empty() {
            return Err(BadAcsList::Empty);
        }
        let repeated = endpoints.iter().enumerate().find(|(at, endpoint)| {
            endpoints
                .iter()
                .skip(at + 1)
                .any(|other| other.index == endpoint.index)
        });
        match repeated {
            Some((_, endpoint)) => Err(BadAcsList::RepeatedIndex(endpoint.index)),
            None => Ok(Self(endpoints)),
        }
    }

    /// The only address of a service.
    pub fn single(url: EndpointUrl) -> Self {
        Self(vec![AcsEndpoint {
            url,
            index: 0,
            is_default: true,
        }])
    }

    /// The one for requests that name none: the first that is marked, else the first (saml-metadata §2.2.3).
    pub fn default_endpoint(&self) -> Option<&AcsEndpoint> {
        self.0
            .iter()
            .find(|endpoint| endpoint.is_default)
            .or_else(|| self.0.first())
    }

    /// The one with exactly this spelling (B19).
    pub fn with_url(&self, url: &str) -> Option<&AcsEndpoint> {
        self.0.iter().find(|endpoint| endpoint.url.as_str() == url)
    }

    /// The one with this number.
    pub fn with_index(&self, index: u16) -> Option<&AcsEndpoint> {
        self.0.iter().find(|endpoint| endpoint.index == index)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &AcsEndpoint> {
        self.0.iter()
    }
}

/// Why a list of addresses for answers is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAcsList {
    /// There is none for the HTTP-POST binding.
    #[error("no AssertionConsumerService for HTTP-POST")]
    Empty,
    /// Two have one number.
    #[error("two AssertionConsumerServices have index {0}")]
    RepeatedIndex(u16),
}

/// The kinds of name that a service may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameIdRule {
    /// What it gets when it asks for nothing in particular.
    pub default: NameIdFormat,
    /// What it may ask for besides.
    pub also: Vec<NameIdFormat>,
}

impl NameIdRule {
    /// The format to answer with, given what the request asks for; nothing where that is not allowed.
    pub fn choose(&self, asked: Option<&NameIdFormat>) -> Option<&NameIdFormat> {
        match asked {
            None | Some(NameIdFormat::Unspecified) => Some(&self.default),
            Some(format) => std::iter::once(&self.default)
                .chain(&self.also)
                .find(|allowed| *allowed == format),
        }
    }
}

/// Where a party takes logout messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogoutEndpoints {
    /// By HTTP-Redirect.
    pub redirect: Option<EndpointUrl>,
    /// By HTTP-POST.
    pub post: Option<EndpointUrl>,
    /// For responses, where they go elsewhere than requests.
    pub response: Option<EndpointUrl>,
    /// By SOAP, from program to program.
    pub soap: Option<EndpointUrl>,
}

/// An identity provider that we are registered with.
#[derive(Debug, Clone)]
pub struct SamlIdp {
    /// Its name in SAML.
    pub entity_id: EntityId,
    /// Where it takes requests.
    pub sso: SsoEndpoints,
    /// What it signs with.
    pub keys: TrustedKeys,
    /// Whether our requests to it are signed.
    pub sign_requests: bool,
    /// How they are signed, and all else that we tell it.
    pub signature: SigningAlgorithm,
    /// What of its answers must be signed.
    pub signed: WantedSignatures,
    /// The kind of name to ask for; nothing asks for none (saml2int).
    pub ask_name_id: Option<NameIdFormat>,
    /// What our requests say besides.
    pub hints: RequestHints,
    /// Whether it must encrypt what it says about people.
    pub assertions: AssertionSecrecy,
    /// Until when it may also encrypt with AES-CBC, by a named exception; never where there is none (DR30).
    pub cbc_until: Option<Timestamp>,
    /// How far its clock may be off: at most five minutes.
    pub skew: Skew,
    /// Where it takes logout messages, if it does.
    pub logout: LogoutEndpoints,
    /// How names are encrypted for it, where they are.
    pub encrypt: Option<Arc<AssertionEncryption>>,
}

impl SamlIdp {
    /// What it may encrypt with at this moment.
    pub fn ciphers(&self, now: Timestamp) -> AcceptedCiphers {
        match self.cbc_until {
            Some(until) if now < until => AcceptedCiphers::GcmAndCbc,
            _ => AcceptedCiphers::Gcm,
        }
    }
}

/// Where an identity provider takes requests: by at least one binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SsoEndpoints {
    /// By HTTP-Redirect, which is preferred where both are there.
    Redirect(EndpointUrl),
    /// By HTTP-POST.
    Post(EndpointUrl),
    /// By either.
    Both {
        /// By HTTP-Redirect.
        redirect: EndpointUrl,
        /// By HTTP-POST.
        post: EndpointUrl,
    },
}

/// Whether an identity provider must encrypt its assertions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AssertionSecrecy {
    /// In the clear or encrypted.
    #[default]
    Optional,
    /// Always encrypted: for those who send CPR numbers.
    Required,
}

/// How far two clocks may differ, zero to five minutes (saml2int: three to five).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skew(SignedDuration);

impl Skew {
    /// The most that is ever taken.
    pub const MOST: Self = Self(SignedDuration::from_mins(5));

    /// A tolerance, cut to what is ever taken.
    pub fn of(duration: SignedDuration) -> Self {
        Self(duration.clamp(SignedDuration::ZERO, Self::MOST.0))
    }

    /// As a duration.
    pub fn duration(self) -> SignedDuration {
        self.0
    }
}

impl Default for Skew {
    /// Three minutes (B07).
    fn default() -> Self {
        Self(SignedDuration::from_mins(3))
    }
}

/// Ourselves towards one circle of parties: the name that they know us by, and our addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlSelf {
    /// Our name in SAML.
    pub entity_id: EntityId,
    /// Where services send requests, by either binding.
    pub sso: EndpointUrl,
    /// Where identity providers send answers.
    pub acs: EndpointUrl,
    /// Where either send logout messages, if we take any.
    pub logout: Option<OwnLogout>,
}

/// Where we take logout messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLogout {
    /// Through the browser, by HTTP-Redirect or HTTP-POST.
    pub front: EndpointUrl,
    /// By SOAP.
    pub soap: EndpointUrl,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::PlainHttp;

    fn endpoint(path: &str, index: u16, is_default: bool) -> AcsEndpoint {
        let url = format!("https://sp.example/{path}");
        AcsEndpoint {
            url: EndpointUrl::parse(&url, PlainHttp::Refused).unwrap(),
            index,
            is_default,
        }
    }

    #[test]
    fn an_acs_list_has_a_default_and_unique_numbers() {
        assert_eq!(AcsEndpoints::new(vec![]), Err(BadAcsList::Empty));
        let twice = vec![endpoint("a", 1, false), endpoint("b", 1, false)];
        assert_eq!(AcsEndpoints::new(twice), Err(BadAcsList::RepeatedIndex(1)));
        let marked = AcsEndpoints::new(vec![endpoint("a", 0, false), endpoint("b", 1, true)]).unwrap();
        assert_eq!(marked.default_endpoint().unwrap().index, 1);
        assert!(marked.with_url("https://sp.example/a/").is_none());
        assert!(marked.with_url("https://sp.example/a").is_some());
    }

    #[test]
    fn nobody_is_trusted_without_a_key() {
        assert!(matches!(TrustedKeys::new(vec![]), Err(NoTrustAnchor)));
    }

    #[test]
    fn a_service_gets_only_names_that_it_is_registered_for() {
        let rule = NameIdRule {
            default: NameIdFormat::Persistent,
            also: vec![NameIdFormat::Transient],
        };
        assert_eq!(rule.choose(None), Some(&NameIdFormat::Persistent));
        assert_eq!(
            rule.choose(Some(&NameIdFormat::Unspecified)),
            Some(&NameIdFormat::Persistent)
        );
        assert_eq!(
            rule.choose(Some(&NameIdFormat::Transient)),
            Some(&NameIdFormat::Transient)
        );
        assert_eq!(rule.choose(Some(&NameIdFormat::EmailAddress)), None);
    }

    #[test]
    fn no_clock_may_be_off_by_more_than_five_minutes() {
        assert_eq!(Skew::of(SignedDuration::from_hours(1)), Skew::MOST);
        assert_eq!(
            Skew::of(SignedDuration::from_secs(-1)).duration(),
            SignedDuration::ZERO
        );
    }
}
