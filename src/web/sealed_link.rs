//! Links that carry what a page was about, sealed: the page can be shown again without anything
//! being kept of it. What each page puts in is its own business.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::state::Portner;
use crate::keys::seal::SealPurpose;

/// The field of the query.
const FIELD: &str = "about";

/// The address at `path` that carries this; nothing where it cannot be sealed.
pub fn address(
    portner: &Portner,
    purpose: SealPurpose,
    path: &str,
    about: &impl Serialize,
) -> Option<String> {
    let plain = postcard::to_stdvec(about).ok()?;
    let sealed = portner.sealer.seal(purpose, &plain).ok()?;
    Some(format!("{path}?{FIELD}={}", BASE64URL_NOPAD.encode(&sealed)))
}

/// What a query carries, if we sealed it ourselves for this.
pub fn read<T: DeserializeOwned>(portner: &Portner, purpose: SealPurpose, query: &str) -> Option<T> {
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let (_, about) = fields.find(|(name, _)| name == FIELD)?;
    let sealed = BASE64URL_NOPAD.decode(about.as_bytes()).ok()?;
    let plain = portner.sealer.open(purpose, &sealed).ok()?;
    postcard::from_bytes(&plain).ok()
}
