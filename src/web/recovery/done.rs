//! `/faa-adgang/faerdig`: that a password was made, and the way out: whoever proved here who they are
//! is logged out again, so that the next one at the device is not them, and the login that they came
//! from goes on.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::course::{Done, forget};
use super::{CameFrom, form, refuse};
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::{Refusal, Refused};
use crate::web::incoming::Posted;
use crate::web::logout::progress::Asker;
use crate::web::logout::{end, participants, tour};
use crate::web::pages::RecoveryDonePage;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{csrf, own, sessions, transactions, views};

const PATH: &str = "/faa-adgang/faerdig";

/// Shows what was done. One's own new password has ended the session, so that none is asked for.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let from = CameFrom::read(&visit.query);
    let open = match sessions::open_here(&portner, &visit).await {
        Ok(open) => open,
        Err(refused) => return refuse(&portner, &visit, refused).await,
    };
    let done =
        Done::load(&portner, &visit).filter(|done| done.may_be_shown(open.as_ref(), portner.ambient.now()));
    let Some(done) = done else {
        let elsewhere = views::see_other(&from.along(OwnPage::Recovery.path()));
        return views::with_cookies(elsewhere, forget(&portner));
    };
    let view = RecoveryDonePage {
        page: views::page(&portner, &visit, None),
        form: form(&portner, &visit, PATH, &from),
        name: done.name,
        user_name: done.user_name,
        another: done.is_child.then(|| from.along(OwnPage::Recovery.path())),
        is_child: done.is_child,
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}

/// Logs out and goes on.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let expected = own::form_token(&portner, &visit, PATH);
    let is_ours = posted
        .one("form")
        .is_some_and(|given| csrf::same_token(&expected, given))
        && !csrf::is_from_elsewhere(&visit.headers, portner.settings.origin.as_str());
    if !is_ours {
        let refused = Refusal::FormRefused.because("the form's token or its origin is not of this page");
        return refuse(&portner, &visit, refused).await;
    }
    match leave(&portner, &visit).await {
        Ok(response) => views::with_cookies(response, forget(&portner)),
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

async fn leave(portner: &Portner, visit: &Visit) -> Result<Response, Refused> {
    let onward = CameFrom::read(&visit.query).onward(portner, visit).await;
    let Some(session) = sessions::open_here(portner, visit).await? else {
        return Ok(views::see_other(&onward));
    };
    let others = participants::of_session(portner, session.id).await?;
    if others.iter().any(|one| !one.ways().is_empty()) {
        // Somebody else is to hear of it too: a logout like any other, with its receipt.
        return Ok(tour::begin(portner, visit, &[session], Asker::Visitor(None)).await);
    }
    end::end(portner, visit, &[session], None).await?;
    let proved = transactions::drop_proved(portner, &visit.cookies, None).await;
    let cookies = sessions::forget(portner).into_iter().chain(proved);
    Ok(views::with_cookies(views::see_other(&onward), cookies))
}
