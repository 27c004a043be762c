//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod domain;
pub mod egress;
pub mod keys;
pub mod oidc;
pub mod saml;
pub mod store;
pub mod telemetry;
pub mod texts;
pub mod trust;
pub mod web;
