//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod cli;
pub mod config;
pub mod domain;
pub mod egress;
pub mod keys;
pub mod saml;
pub mod oidc;
pub mod texts;
pub mod telemetry;
pub mod trust;
pub mod web;
pub mod credentials;
pub mod store;
