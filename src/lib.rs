//! Portner, the doorkeeper: a login hub for schools.
#![allow(missing_docs)]

pub mod ambient;
pub mod keys;
pub mod saml;
