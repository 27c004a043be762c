//! Portner, the doorkeeper: a login hub for schools.
//!
//! A federation broker between SAML 2.0 and OpenID Connect with a credential store of its
//! own. A service asks who the user is; the user says where they log in; whoever vouches
//! for them there is believed as far as registered; the service gets what it may have.
//!
//! # Layers
//! A module may use only rows above its own, and its own; `tests/architecture.rs` reads the
//! sources and holds everybody to it.
//!
//! | row | modules | what they are |
//! |---|---|---|
//! | 1 | [`domain`], [`ambient`] | values that cannot be wrong, rules over them; time and chance |
//! | 2 | [`keys`], [`saml`], [`oidc`], [`credentials`], [`texts`], [`config`], [`egress`] | languages and tools, without login knowledge |
//! | 3 | [`store`], [`telemetry`], [`budgets`] | what is kept, what is watched, and how much guessing is borne |
//! | 4 | [`login`], [`people`], [`trust`] | the journey, the people, and the registered parties |
//! | 5 | [`services`], [`upstreams`] | who asks, and who vouches: protocols ↔ journey |
//! | 6 | [`web`] | HTTP: requests → events, steps → pages |
//! | 7 | [`app`], [`cli`], [`demo`] | putting it together |
//!
//! # Where to begin
//! `login/journey.rs` is the product on one page. Then follow one login:
//! `web/routes.rs` → `web/login/sso_saml.rs` → `services/saml.rs` → `login/driver.rs` →
//! `login/journey.rs` → `web/perform.rs` → `upstreams/saml.rs` ⇢ the browser ⇢
//! `web/login/acs.rs` → `upstreams/saml.rs` → `login/recognise.rs` → `login/journey.rs` →
//! `web/finish.rs` → `login/answer.rs` → `services/saml.rs`.
//! Decisions, with their price, are in `src/manual/decisions/`; short ids in comments (U11,
//! B05, DR08) are explained in `src/manual/references.md`. For operators, `src/manual/start.md` leads to the
//! rest of the manual; what attackers try, and the tests that try it, is in `src/manual/attacks.md`.

pub mod ambient;
pub mod app;
pub mod budgets;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod demo;
pub mod domain;
pub mod egress;
pub mod keys;
pub mod login;
pub mod oidc;
pub mod people;
pub mod saml;
pub mod services;
pub mod store;
pub mod telemetry;
pub mod texts;
pub mod trust;
pub mod upstreams;
pub mod web;
