//! `…/giv-adgang`: a teacher sees who waits, with the picture that is on each pupil's screen, and says yes to
//! one, several, or all who are to be seen; or no; or takes it back (U54, U55, U62).

use std::str::FromStr as _;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{
    AtDesk, Come, Door, answered, asked, come, come_with, failed, id_of, may_act, not_yours, taken_back,
};
use crate::domain::approval::{AdultKind, ApprovalId, Sign};
use crate::domain::own_page::OwnPage;
use crate::domain::service::ServiceId;
use crate::domain::teacher_help::Place;
use crate::login::adult::enrolled;
use crate::people::teacher_desk::NotDone;
use crate::people::teacher_desk::vouching::{Elsewhere, VouchedPupil};
use crate::store::StoreError;
use crate::web::incoming::Posted;
use crate::web::logout::level_over;
use crate::web::own;
use crate::web::pages::{ConfirmCell, Page, VouchPage, VouchedRow, WaitingRow};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{times, views};

/// The fields of the page's form.
const FIELDS: [&str; 4] = ["request", "do", "no", "back"];

/// What the page says after an act, by the word that its address carries.
const SAID: [(&str, &str); 3] = [
    ("nogle-var-vaek", "vouch-said-gone"),
    ("nej", "vouch-said-no"),
    ("ingen-valgt", "vouch-said-nobody"),
];

/// Shows who waits to a teacher.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(institution): Path<String>) -> Response {
    answered(show_at(&portner, &visit, Door::Teacher, &institution).await)
}

/// Shows it to an administrator.
pub async fn get_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
) -> Response {
    answered(show_at(&portner, &visit, Door::Administrator, &institution).await)
}

/// Takes a teacher's yes or no.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Teacher, (&institution, &body)).await)
}

/// Takes an administrator's yes or no.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Administrator, (&institution, &body)).await)
}

/// `GET …/giv-adgang/log-ind-igen`: a new proof, and back to those who wait (T3).
pub async fn prove_again(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
) -> Response {
    let back = format!("{}/{institution}/giv-adgang", OwnPage::Elevadgang.path());
    own::prove_again(&portner, &visit, OwnPage::Elevadgang, &back).await
}

async fn show_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    institution: &str,
) -> Result<Response, Box<Response>> {
    let come = come(portner, visit, door, institution).await?;
    let said = said(portner, visit);
    Ok(show(portner, visit, &come, (StatusCode::OK, said)).await)
}

async fn take_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    (institution, body): (&str, &[u8]),
) -> Result<Response, Box<Response>> {
    let (come, posted) = come_with(portner, visit, door, institution, (body, &FIELDS)).await?;
    let address = address(&come.at);
    Ok(match act(portner, visit, &come, &posted).await {
        Ok(Some(query)) => views::see_other(&format!("{address}?{query}")),
        Ok(None) => own::prove_again(portner, visit, door.page(), &address).await,
        Err(NotDone::NotYours | NotDone::BeyondHelp | NotDone::TooMany) => not_yours(portner, visit),
        Err(NotDone::Store(error)) => failed(portner, visit, error).await,
        Err(NotDone::Nobody) => views::see_other(&format!("{address}?besked=ingen-valgt")),
        // What was pressed is about something that has changed: nothing was done (I12).
        Err(NotDone::Stale) => {
            let page = views::page(portner, visit, None);
            let said = Some(page.say("vouch-said-stale"));
            show(portner, visit, &come, (StatusCode::CONFLICT, said)).await
        }
    })
}

/// What the address says afterwards; nothing where a new proof comes first (T3).
async fn act(
    portner: &Portner,
    visit: &Visit,
    Come { who, at }: &Come,
    posted: &Posted,
) -> Result<Option<String>, NotDone> {
    let asked = asked(visit);
    if let Some(id) = posted.one("no") {
        at.desk.say_no(ApprovalId(id_of(id)), &asked).await?;
        return Ok(Some("besked=nej".to_owned()));
    }
    if let Some(id) = posted.one("back") {
        let back = at.desk.take_back(ApprovalId(id_of(id)), &asked).await?;
        let heard = level_over::tell_now(portner, back.id).await;
        return Ok(Some(taken_back::query(heard.as_ref())));
    }
    if posted.one("do") != Some("vouch") {
        return Err(NotDone::Nobody);
    }
    if !may_act(who) {
        return Ok(None);
    }
    let fields = posted.fields().iter();
    let chosen: Vec<ApprovalId> = fields
        .filter(|(name, _)| name == "request")
        .map(|(_, value)| ApprovalId(id_of(value)))
        .collect();
    let services = enrolled(&portner.registry());
    let vouched = at.desk.vouch(&chosen, &services, who.session.id, &asked).await?;
    let gone = if vouched.gone > 0 {
        "&besked=nogle-var-vaek"
    } else {
        ""
    };
    Ok(Some(format!("givet={}{gone}", vouched.given)))
}

fn address(at: &AtDesk) -> String {
    format!("{}/giv-adgang", at.front())
}

/// What was done, as the address tells it.
pub(in crate::web) fn said(portner: &Portner, visit: &Visit) -> Option<String> {
    let page = views::page(portner, visit, None);
    let mut said = Vec::new();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(visit.query.as_bytes())
        .into_owned()
        .collect();
    for (name, value) in &fields {
        match name.as_str() {
            "givet" => {
                let count = usize::from_str(value).ok().filter(|count| *count > 0);
                said.extend(count.map(|count| page.say_count("vouch-said-given", "count", count)));
            }
            "besked" if value == taken_back::WORD => {
                said.extend(taken_back::said(&portner.registry(), &page, &fields));
            }
            "besked" => {
                let known = SAID.iter().find(|(known, _)| known == value);
                said.extend(known.map(|(_, key)| page.say(key)));
            }
            _ => {}
        }
    }
    (!said.is_empty()).then(|| said.join(" "))
}

async fn show(
    portner: &Portner,
    visit: &Visit,
    Come { who, at }: &Come,
    (status, said): (StatusCode, Option<String>),
) -> Response {
    let page = views::page(portner, visit, None);
    let (waiting, vouched) = match rows(portner, visit, at, &page).await {
        Ok(rows) => rows,
        Err(error) => return failed(portner, visit, error).await,
    };
    let address = address(at);
    let prove_again = match at.door {
        Door::Teacher => format!("{address}/log-ind-igen"),
        Door::Administrator => at.front(),
    };
    let view = VouchPage {
        form: own::form(portner, visit, &address),
        institution: at.institution.name.clone(),
        name: format!("{} {}", who.person.given_name, who.person.family_name),
        said,
        prove_again: (!may_act(who)).then_some(prove_again),
        waiting,
        vouched,
        refresh: address,
        back: Some(at.front()),
        page,
    };
    let remembered = views::remember_language(portner, visit);
    views::with_cookies(views::html(status, &view), remembered)
}

async fn rows(
    portner: &Portner,
    visit: &Visit,
    at: &AtDesk,
    page: &Page<'_>,
) -> Result<(Vec<WaitingRow>, Vec<VouchedRow>), StoreError> {
    let place = Place(visit.client_prefix());
    let waiting = at.desk.waiting(portner.session_limits().idle).await?;
    let vouched = at.desk.vouched_for().await?;
    let waiting = waiting.iter().map(|one| waiting_row(portner, one, &place, page));
    let vouched = vouched.iter().filter_map(|one| vouched_row(portner, one, page));
    Ok((waiting.collect(), vouched.collect()))
}

pub(in crate::web) fn waiting_row(
    portner: &Portner,
    one: &VouchedPupil,
    place: &Place,
    page: &Page<'_>,
) -> WaitingRow {
    let picture = match &one.approval.sign {
        Sign::Picture(picture) => Some(ConfirmCell::of(*picture, page)),
        Sign::Message(_) => None,
    };
    let message = match &one.approval.sign {
        Sign::Picture(_) => None,
        Sign::Message(message) => Some(page.say_with("vouch-message", "message", message)),
    };
    let language = page.words.language();
    let doubt = match one.elsewhere {
        Elsewhere::Question => Some("vouch-doubled"),
        Elsewhere::Session => Some("vouch-logged-in-too"),
        Elsewhere::Nothing if one.sits_at(place) => None,
        Elsewhere::Nothing => Some("vouch-elsewhere"),
    };
    WaitingRow {
        id: one.approval.id.0.to_string(),
        name: name_of(one),
        service: page.say_with(
            "vouch-for-service",
            "service",
            service_name(portner, &one.approval.service, page),
        ),
        since: page.say_with(
            "vouch-since",
            "time",
            times::clock(one.approval.asked_at, language),
        ),
        picture,
        message,
        is_ticked: one.is_beyond_doubt(place),
        doubt: doubt.map(|key| page.say(key)),
    }
}

pub(in crate::web) fn vouched_row(
    portner: &Portner,
    one: &VouchedPupil,
    page: &Page<'_>,
) -> Option<VouchedRow> {
    let given = one.approval.given.as_ref()?;
    let language = page.words.language();
    Some(VouchedRow {
        id: one.approval.id.0.to_string(),
        name: name_of(one),
        service: page.say_with(
            "vouch-for-service",
            "service",
            service_name(portner, &one.approval.service, page),
        ),
        until: page.say_with("vouch-until", "time", times::clock(given.not_after, language)),
        by: page.say(match given.by.kind() {
            AdultKind::Teacher => "vouch-by-teacher",
            AdultKind::Administrator => "vouch-by-administrator",
            AdultKind::Parent => "vouch-by-parent",
        }),
    })
}

fn name_of(one: &VouchedPupil) -> String {
    let name = format!("{} {}", one.pupil.given_name, one.pupil.family_name);
    name.trim().to_owned()
}

fn service_name(portner: &Portner, id: &ServiceId, page: &Page<'_>) -> String {
    let registry = portner.registry();
    registry.service(id).map_or_else(
        || id.to_string(),
        |service| service.profile.name.in_language(page.words.language()).to_owned(),
    )
}
