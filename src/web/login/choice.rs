//! A form in which the user chose one of several things that have ids.

use axum::response::Response;
use uuid::Uuid;

use super::here::Sent;
use crate::login::driver::Event;
use crate::login::transaction::Mishap;
use crate::web::perform;

/// Moves the login on by the id in `field`. Whether that id may be chosen is not decided here.
pub async fn take_choice(sent: Sent, field: &str, chosen: impl FnOnce(Uuid) -> Event) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    let mut tx = here.tx.clone();
    if let Some(id) = posted.one(field).and_then(|id| Uuid::parse_str(id).ok()) {
        tx.fill_mishap(None);
        perform::advance(&scene, tx, chosen(id)).await
    } else {
        // Nothing was chosen: the same page once more, which says so.
        tx.fill_mishap(Some(Mishap::of_choice()));
        perform::advance(&scene, tx, Event::Revisited).await
    }
}
