//! OpenID Connect, both sides: the provider that services log in with, and the relying
//! party that logs users in at upstream providers.
//!
//! The language alone: messages in, messages out, every check with its reason. Nothing
//! here knows the journey, HTTP routes or the store.

pub mod access_token;
pub mod acr;
pub mod answer;
pub mod authorize;
pub mod backchannel;
pub mod claims_request;
pub mod client;
pub mod client_auth;
pub mod client_certificate;
pub mod code;
pub mod discovery;
pub mod dpop;
pub mod error;
pub mod hint;
pub mod id_token;
pub mod introspection;
pub mod jwk;
pub mod jwks;
pub mod jws;
pub mod logout;
pub mod logout_token;
pub mod params;
pub mod pkce;
pub mod pushed;
pub mod refresh;
pub mod request_object;
pub mod rp;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;
pub mod userinfo;
