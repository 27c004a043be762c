//! The language that services and identity providers speak: SAML 2.0.
//!
//! Reads and writes messages, and knows nothing of logins, stores or pages. Reading order:
//! [`peer`] (who), [`authn_request`] and [`response`] (what is said), [`checks`] (what is
//! believed), [`xml`] (how it looks). Values of people are personal data and never in `Debug`.

pub mod name_id;
pub mod peer;
pub mod xml;

pub use name_id::{NameId, NameIdFormat};
pub use peer::{EndpointUrl, EntityId, SamlIdp, SamlSelf, SamlService};
