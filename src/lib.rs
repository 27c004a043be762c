//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod cli;
pub mod config;
pub mod domain;
pub mod keys;
pub mod oidc;
pub mod saml;
pub mod telemetry;
pub mod trust;
pub mod web;
