//! One request of one browser: what every page handler needs to know of it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use uuid::Uuid;

use super::cookies::CookieJar;
use super::serve::{ClientAddress, ShownCertificate};
use super::state::Portner;
use super::{envelope, language};
use crate::config::listen::Origin;
use crate::domain::text::Language;
use crate::oidc::client_certificate::ClientCertificate;

/// A browser's request.
#[derive(Debug, Clone)]
pub struct Visit {
    /// What it brought back.
    pub cookies: CookieJar,
    /// What it says of itself.
    pub headers: HeaderMap,
    /// The address that it comes from, as far as the listed proxies are believed.
    pub client: Option<IpAddr>,
    /// The language asked for in this very request (`?lang=en`).
    pub chosen_language: Option<Language>,
    /// The path that it asks at: one endpoint may answer at several.
    pub path: String,
    /// What stands behind the path.
    pub query: String,
    /// Whether it asks where programs show certificates, and not where browsers go.
    pub at_mutual_tls: bool,
    /// The certificate that it shows there.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// Names this request in the log, in the audit trail and on a refusal page.
    pub reference: Reference,
}

impl Visit {
    /// The language of the page, given what the service asked for.
    pub fn language(&self, portner: &Portner, wished_by_service: Option<Language>) -> Language {
        let remembered = self.cookies.get(&portner.cookies().name(language::COOKIE));
        language::choose(self.chosen_language, remembered, wished_by_service, &self.headers)
    }

    /// The origin that it asks at.
    pub fn origin<'a>(&self, portner: &'a Portner) -> &'a Origin {
        let listen = &portner.settings.listen;
        match &listen.mutual_tls {
            Some(mutual) if self.at_mutual_tls => &mutual.origin,
            _ => &portner.settings.origin,
        }
    }

    /// The network that the browser comes from, for the audit trail: not the whole address.
    pub fn client_prefix(&self) -> Option<String> {
        Some(match self.client? {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        })
    }
}

impl<S> FromRequestParts<S> for Visit
where
    Portner: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    /// The visit that the envelope has read already, or a new one.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        if let Some(visit) = parts.extensions.remove::<Self>() {
            return Ok(visit);
        }
        let query = parts.uri.query().unwrap_or_default();
        let chosen_language = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, tag)| Language::from_tag(&tag));
        let portner = Portner::from_ref(state);
        let at_mutual_tls = envelope::is_at_mutual_tls(&portner, parts);
        let shown = parts.extensions.get::<ShownCertificate>();
        Ok(Self {
            cookies: CookieJar::read(&parts.headers),
            headers: parts.headers.clone(),
            client: parts.extensions.get::<ClientAddress>().map(|address| address.0),
            chosen_language,
            path: parts.uri.path().to_owned(),
            query: query.to_owned(),
            certificate: shown.filter(|_| at_mutual_tls).map(|shown| Arc::clone(&shown.0)),
            at_mutual_tls,
            reference: Reference(portner.ambient.uuid()),
        })
    }
}

/// What a user reads out to the helpdesk, and the id of the audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference(pub Uuid);

impl std::fmt::Display for Reference {
    /// Eight characters that cannot be mistaken for each other, such as `K7QM-2XPA`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let random = self.0.as_bytes().get(11..).unwrap_or_default();
        let text = data_encoding::BASE32_NOPAD.encode(random);
        let (first, second) = text.split_at_checked(4).unwrap_or((&text, ""));
        write!(f, "{first}-{second}")
    }
}
