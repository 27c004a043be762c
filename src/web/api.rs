//! `/api/v1/institutions/…`: the administrators' desk for programs of schools (U32, U42, U66, U71, U72). The
//! same desk behind the same gates as on the web: what a program may, an administrator of the institution
//! may, and never more; what it may never, whatever the settings say, is the desk's to know.
//!
//! Every request takes the same way: which program, whether it may do this and is not too fast, whether it
//! works for the institution in the address, and only then what it came for. The list in `places` is all that
//! there is. Every answer is JSON, and what is done is an event with the program's name.

mod acts;
mod pace;
pub mod places;
mod problem;
mod shown;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::deliveries;
use super::desk;
use super::service_api;
use super::state::Portner;
use super::visit::Visit;
use crate::config::api::DeskProgram;
use crate::domain::institution::InstitutionNumber;
use crate::people::admin_desk::{AdminDesk, DeskError};
use places::Asked;
use problem::Stop;

pub use pace::Pace;
pub use problem::{no_such_place, too_long, unreadable};

/// Where everything for programs is.
const BELOW: &str = "/api/";
/// The longest body: a reason, a name and a day.
pub const MOST_BYTES: usize = 16 * 1024;

/// Whether an address is one for programs.
pub fn is_below(path: &str) -> bool {
    path.starts_with(BELOW)
}

/// The routes.
pub(super) fn routes() -> Router<Portner> {
    let answer = |State(portner): State<Portner>, visit: Visit, method: Method, body: Bytes| async move {
        match serve(&portner, &visit, &method, &body).await {
            Ok(value) => json(&value),
            Err(stop) => stop.answer(&portner, &visit),
        }
    };
    Router::new().route("/api/{*rest}", any(answer))
}

async fn serve(
    portner: &Portner,
    visit: &Visit,
    method: &Method,
    body: &[u8],
) -> Result<serde_json::Value, Stop> {
    let program = match program(portner, visit) {
        Ok(program) => program,
        Err(stop) => {
            let why = ("invalid_token", stop.word());
            service_api::denied::tell_auditor(portner, visit, None, why).await;
            return Err(stop);
        }
    };
    if let Some(seconds) = portner.pace.wait(program, portner.ambient.now()) {
        tracing::warn!(program = %program.name, "a program asks too often");
        return Err(Stop::TooFast(seconds));
    }
    let Asked { place, number, id } = Asked::read(method, &visit.path)?;
    if place.takes_json() && !says_json(visit) {
        return Err(Stop::Unreadable("content-type".to_owned()));
    }
    let number = InstitutionNumber::parse(number).ok();
    let tools = desk::tools(portner);
    let denied = DeskError::NotYours;
    let number = number.ok_or(denied)?;
    let prefix = visit.client_prefix();
    let at = AdminDesk::for_program(&tools, (program, prefix), &number, place.path()).await?;
    if !program.may.contains(&place.scope()) {
        at.note_denied(place.path()).await?;
        return Err(Stop::Scope(place.scope()));
    }
    let call = acts::Call {
        at: &at,
        id,
        query: &visit.query,
        body,
        words: portner.texts.in_language(visit.language(portner, None)),
    };
    match call.carry_out(place).await {
        Err(Stop::Desk(DeskError::NotYours)) => {
            at.note_denied(place.path()).await?;
            Err(DeskError::NotYours.into())
        }
        other => other,
    }
}

/// Who asks, by the token or the certificate that they show.
fn program<'p>(portner: &'p Portner, visit: &Visit) -> Result<&'p DeskProgram, Stop> {
    let mut programs = portner.settings.api.iter();
    let known = programs.find(|known| deliveries::proves(visit, &known.proof));
    match known {
        Some(known) if portner.ambient.now() < known.until => Ok(known),
        Some(_) => Err(Stop::Ended),
        None => Err(Stop::Unknown),
    }
}

/// What another site's page could make a browser send is never this.
fn says_json(visit: &Visit) -> bool {
    let kind = visit.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn json(value: &serde_json::Value) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (StatusCode::OK, [(CONTENT_TYPE, kind)], value.to_string()).into_response()
}
