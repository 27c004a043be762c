//! The journey of a login, whatever protocols stand at its two ends.
//!
//! A [`LoginTransaction`](transaction::LoginTransaction) is a form with blanks. An event
//! fills some of them in; [`journey::next`] looks for the first blank that is left and
//! says what the visitor sees next. Steps never route to each other.
//!
//! Read `journey.rs` first: it is the whole product on one page. `driver.rs` is the only
//! async file here. Nothing in this folder knows SAML or OpenID Connect.

pub mod adult;
pub mod answer;
pub mod at_upstream;
pub mod away;
pub mod backchannel;
pub mod driver;
mod ending;
mod facts;
pub mod help;
pub mod identify;
pub mod identity;
pub mod journey;
pub mod level;
pub mod may_issue;
pub mod mishap;
pub mod new_secret;
pub mod outbound;
pub mod recognise;
pub mod request;
pub mod seal;
pub mod secret_due;
pub mod sso;
pub mod step_up;
pub mod transaction;
mod unknown_name;
