//! The addresses of a login, one file each.
//!
//! Every handler does three things: read HTTP into an event, call
//! [`perform::advance`](super::perform::advance), return what it says.

pub mod account;
pub mod acs;
pub mod actor;
pub mod adult;
pub mod authorize_oidc;
pub mod begin;
pub mod callback;
pub mod change;
pub mod choice;
pub mod choose;
mod circles;
pub mod current;
pub mod here;
pub mod name;
pub mod password;
pub mod picking;
pub mod returned;
pub mod secret_notes;
pub mod sso_saml;
pub mod teacher_picture;
pub mod tell;
