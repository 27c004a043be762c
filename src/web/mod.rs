//! HTTP: from requests to events, and from steps to pages.
//!
//! Read `routes.rs` for what there is, `login/` for how requests become events, and
//! `perform.rs` for how steps become answers. Nothing here decides where a login goes.

pub mod addresses;
pub mod adult_page;
pub mod api;
pub mod asked_of_upstream;
pub mod assets;
pub mod boards;
pub mod bounce;
pub mod bursts;
pub mod class_link;
pub mod cookies;
pub mod csrf;
pub mod deliveries;
pub mod desk;
pub mod elevadgang;
pub mod envelope;
pub mod finish;
pub mod headers;
pub mod help_pages;
pub mod incoming;
pub mod language;
pub mod learning;
pub mod lent;
pub mod login;
pub mod logout;
pub mod me;
pub mod own;
pub mod pages;
pub mod perform;
pub mod public;
pub mod qr;
pub mod recovery;
pub mod refusal_again;
pub mod refusal_page;
pub mod routes;
pub mod sealed_link;
pub mod secret_pages;
pub mod serve;
pub mod service_api;
pub mod sessions;
pub mod state;
pub mod status;
pub mod times;
pub mod transactions;
pub mod views;
pub mod visit;
pub mod vouching;
pub mod whence;
pub mod witness;
