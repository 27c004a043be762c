//! What the operator decides: `config/*.toml`, read into types that cannot be wrong.
//!
//! [`mod@file`] walks a TOML file and gathers every fault with its place; [`settings`] is the
//! checked whole of `portner.toml`; [`attributes`], [`releases`] and [`password_rules`] are tables of
//! names and rules; [`secret`] is the only door to secrets and the environment. Parties
//! (services and upstreams) are not here: `trust/` reads them, with the same [`mod@file`] reader.

pub mod api;
pub mod attributes;
pub mod audit;
pub mod deliverers;
pub mod egress;
pub mod file;
pub mod help;
pub mod import;
pub mod keys;
pub mod limits;
pub mod listen;
pub mod log;
pub mod logout;
mod mask;
pub mod mutual_tls;
pub mod notices;
pub mod password_rules;
pub mod presentation;
pub mod problem;
pub mod recovery;
pub mod releases;
pub mod school_networks;
pub mod secret;
pub mod settings;
pub mod spelling;
pub mod values;

pub use problem::{Problem, Problems};
pub use settings::Settings;
