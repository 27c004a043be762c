//! SAML 2.0 on the wire. Not here: who may log in where, which the journey decides.

pub mod xml;
