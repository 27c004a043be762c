//! OpenID Connect, both sides: the provider that services log in with, and the relying
//! party that logs users in at upstream providers.
//!
//! The language alone: messages in, messages out, every check with its reason. Nothing
//! here knows the journey, HTTP routes or the store.

pub mod client;
pub mod jwk;
