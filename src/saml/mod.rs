//! The language that services and identity providers speak: SAML 2.0.
//!
//! Reads and writes messages, and knows nothing of logins, stores or pages. Reading order:
//! [`peer`] (who), [`authn_request`] and [`response`] (what is said), [`checks`] (what is
//! believed), [`xml`] (how it looks). Values of people are personal data and never in `Debug`.

pub mod assertion;
pub mod authn_context;
pub mod authn_request;
pub mod authn_request_write;
pub mod binding_post;
pub mod binding_redirect;
pub mod bpp;
pub mod checks;
pub mod ids;
pub mod incoming;
mod instant;
pub mod logout;
pub mod logout_send;
pub mod metadata;
pub mod metadata_write;
pub mod name_id;
pub mod peer;
pub mod response;
pub mod response_write;
pub mod soap;
mod spellings;
pub mod status;
#[cfg(test)]
mod testing;
pub mod xml;

pub use assertion::{AcceptedAssertion, AssertedAttributes, AttributeValue};
pub use authn_request::{AuthnRequest, Scoping};
pub use ids::MessageId;
pub use incoming::{Authenticated, Incoming, MessageKind};
pub use name_id::{NameId, NameIdFormat};
pub use peer::{EndpointUrl, EntityId, SamlIdp, SamlSelf, SamlService};
