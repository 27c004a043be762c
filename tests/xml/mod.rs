//! `saml::xml` from outside: the road in, the road out, what attackers send, and what other programs say of both.
#![expect(clippy::format_collect, reason = "tests may be slow")]

mod aggregates;
mod attacks;
mod differential;
mod disorder;
mod encryption;
pub(crate) mod judges;
mod keys;
mod messages;
#[path = "../attacks/mutator.rs"]
pub(crate) mod mutator;
mod privileges;
mod properties;
mod signatures;
