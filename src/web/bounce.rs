//! The page that posts a cross-site message again, from our own origin (F04).

use axum::http::StatusCode;
use axum::response::Response;

use super::incoming::Posted;
use super::pages::{Receiver, RepostPage};
use super::state::Portner;
use super::views;
use super::visit::Visit;

/// The same fields to the same address, with the mark that keeps it to once.
pub fn page(portner: &Portner, visit: &Visit, address: &str, posted: Posted) -> Response {
    let view = RepostPage {
        page: views::page(portner, visit, None),
        receiver: Receiver::Ourselves,
        action: address.to_owned(),
        fields: posted.marked(),
    };
    views::html(StatusCode::OK, &view)
}
