//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod domain;
pub mod egress;
pub mod keys;
pub mod oidc;
