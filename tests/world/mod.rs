//! The world around Portner, for near-complete programs over HTTP.

pub(crate) mod alone;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod canary;
pub(crate) mod certificates;
pub(crate) mod dpop;
pub(crate) mod federation;
pub(crate) mod house;
pub(crate) mod html;
pub(crate) mod logout_desk;
pub(crate) mod logouts;
pub(crate) mod oidc_client;
pub(crate) mod oidc_op;
pub(crate) mod publisher;
pub(crate) mod saml_idp;
pub(crate) mod saml_peer;
pub(crate) mod saml_sp;
pub(crate) mod signing;
pub(crate) mod stubborn;
pub(crate) mod visitor;
