//! The world around Portner, for near-complete programs over HTTP.

pub mod browser;
pub mod html;
