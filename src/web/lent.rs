//! An adult proves with the national eID, on a pupil's device, that they vouch. The eID's own session of the adult
//! must not be the pupil's next login (F13): the browser is led through the eID's logout before the login goes on,
//! and from then on a new proof is asked for there, whoever comes. The pupil's login knows nothing of it.

use axum::http::HeaderValue;
use axum::response::Response;

use super::addresses::LoginAddress;
use super::logout::{EidSession, lead_out};
use super::perform::{self, Scene};
use super::state::Portner;
use super::visit::Visit;
use crate::domain::upstream::UpstreamId;
use crate::login::driver::Event;
use crate::login::identity::UpstreamAnswer;
use crate::login::journey::Step;
use crate::login::transaction::LoginTransaction;

/// The base name of the cookie that names the eID.
const COOKIE: &str = "lent";
/// No eID keeps somebody logged in for longer than a day at school.
const SECONDS: u32 = 12 * 3600;

/// The `Set-Cookie` value of a browser in which an adult goes to this eID.
pub fn mark(portner: &Portner, eid: &UpstreamId) -> Option<HeaderValue> {
    portner.cookies().set(COOKIE, eid.as_str(), Some(SECONDS))
}

/// Whether an adult has lately been at this upstream in this browser.
pub fn is_lent(portner: &Portner, visit: &Visit, upstream: &UpstreamId) -> bool {
    let lent = visit.cookies.get(&portner.cookies().name(COOKIE));
    lent == Some(upstream.as_str())
}

/// Takes in what the adult has proved, and leads the browser out of the eID before the pupil's login goes on.
pub async fn take_back(scene: &Scene<'_>, mut tx: LoginTransaction, answer: UpstreamAnswer) -> Response {
    let (upstream, at) = (answer.identity.upstream.clone(), answer.identity.session.clone());
    tx.fill_place(scene.visit.client_prefix());
    let proved = Event::Proved(Box::new(answer));
    let step = scene
        .portner
        .driver
        .advance(scene.registry, &mut tx, proved)
        .await;
    // Where the login stands is found again when the browser is back.
    let then = match &step {
        Ok(Step::Ask(question)) => perform::address_of(scene, &tx, question),
        Ok(Step::Answer(_) | Step::LeaveFor(_)) => LoginAddress::of(&tx).current(),
        _ => return perform::perform(scene, tx, step).await,
    };
    let eid = EidSession {
        upstream,
        at,
        service: scene.service.profile.id.clone(),
        then,
    };
    let out = lead_out(scene.portner, scene.visit, eid).await;
    match perform::keep(scene, &tx, out).await {
        Ok(response) => response,
        Err(refused) => perform::perform(scene, tx, Err(refused)).await,
    }
}
