//! Portner, the doorkeeper: a login hub for schools.

pub mod ambient;
pub mod credentials;
pub mod domain;
pub mod keys;
pub mod store;
