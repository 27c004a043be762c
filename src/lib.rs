//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod domain;
pub mod keys;
pub mod saml;
pub mod oidc;
pub mod texts;
pub mod web;
