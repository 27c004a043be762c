//! Logging out everywhere (U15–U18).
//!
//! Whoever asks (`by_*.rs`: a visitor, a service or an upstream, in either protocol, through
//! the browser or directly), the same happens: our own session ends first (`end.rs`); everybody
//! who took part and can be called is told in parallel under one deadline (`tell.rs`); the
//! browser is led past those who take messages through it alone, one after the other
//! (`tour.rs`, whose state is `progress.rs`); and then whoever asked gets an honest answer, or
//! the visitor an honest receipt (`receipt.rs`).

pub mod by_oidc_upstream;
pub mod by_saml_service;
pub mod by_saml_upstream;
pub mod by_visitor;
pub mod denied;
pub mod end;
pub mod level_over;
pub mod messages;
pub mod participants;
pub mod progress;
pub mod receipt;
pub mod saml_words;
pub mod tell;
pub mod tour;

pub use tour::{EidSession, lead_out, returned_from_oidc};
