//! `/elevadgang/{institution}`: the desk itself. A form of it does one thing to the pupils that are
//! ticked, or to whole classes, and leads back here, so that reloading does nothing twice.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{AtDesk, Come, Door, answered, asked, come, come_with, failed, id_of, may_act, not_yours, shown};
use crate::domain::account::AccountId;
use crate::domain::own_page::OwnPage;
use crate::domain::teacher_help::WindowId;
use crate::people::teacher_desk::{NotDone, OnDesk, TeacherDesk};
use crate::web::incoming::Posted;
use crate::web::own;
use crate::web::pages::TeacherDeskPage;
use crate::web::state::Portner;
use crate::web::views;
use crate::web::visit::Visit;

/// The fields of the desk's form.
const FIELDS: [&str; 4] = ["pupil", "class", "do", "cancel"];

/// What is said of a window that was just opened.
const SAID_OPENED: &str = "elev-said-opened";

/// What the desk says after an act, by the word that its address carries.
const SAID: [(&str, &str); 6] = [
    ("aabnet", SAID_OPENED),
    ("taget-tilbage", "elev-said-cancelled"),
    ("ikke-eleven", "elev-said-undone"),
    ("ingen-valgt", "elev-said-nobody"),
    ("kan-ikke", "elev-said-beyond"),
    ("for-mange", "elev-said-too-many"),
];

/// Said where what was pressed was about something that has changed since.
const STALE: (&str, &str) = ("aendret", "elev-said-stale");

/// Shows the desk to a teacher.
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

async fn show_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    institution: &str,
) -> Result<Response, Box<Response>> {
    let come = come(portner, visit, door, institution).await?;
    Ok(show(portner, visit, &come, &[]).await)
}

/// `GET …/log-ind-igen`: a new proof, and back to the desk, or to the board of a class of it (T3).
pub async fn prove_again(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
) -> Response {
    let front = format!("{}/{institution}", OwnPage::Elevadgang.path());
    let board = url::form_urlencoded::parse(visit.query.as_bytes())
        .find(|(name, _)| name == "tavle")
        .map(|(_, group)| id_of(&group));
    let back = board.map_or(front.clone(), |group| format!("{front}/tavle/{group}"));
    own::prove_again(&portner, &visit, OwnPage::Elevadgang, &back).await
}

/// Does something for the pupils that a teacher has ticked.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Teacher, (&institution, &body)).await)
}

/// Does something for the pupils that an administrator has ticked.
pub async fn post_all(
    State(portner): State<Portner>,
    visit: Visit,
    Path(institution): Path<String>,
    body: Bytes,
) -> Response {
    answered(take_at(&portner, &visit, Door::Administrator, (&institution, &body)).await)
}

async fn take_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    (institution, body): (&str, &[u8]),
) -> Result<Response, Box<Response>> {
    let (come, posted) = come_with(portner, visit, door, institution, (body, &FIELDS)).await?;
    let front = come.at.front();
    let said = match act(visit, &come, &posted).await {
        Ok(Done::Said(word)) => Ok(word),
        Ok(Done::Names(named)) => return Ok(show(portner, visit, &come, &named).await),
        Ok(Done::ProveFirst) => return Ok(own::prove_again(portner, visit, door.page(), &front).await),
        Err(not_done) => word_of(not_done),
    };
    Ok(match said {
        Ok(word) => views::see_other(&format!("{front}?besked={word}")),
        Err(NotDone::Store(error)) => failed(portner, visit, error).await,
        Err(_) => not_yours(portner, visit),
    })
}

/// What is said of an act that was not done, by the word that the address carries; what is not said
/// there comes back.
pub(super) fn word_of(not_done: NotDone) -> Result<&'static str, NotDone> {
    match not_done {
        NotDone::Nobody => Ok("ingen-valgt"),
        NotDone::BeyondHelp => Ok("kan-ikke"),
        NotDone::TooMany => Ok("for-mange"),
        NotDone::Stale => Ok(STALE.0),
        NotDone::NotYours | NotDone::Store(_) => Err(not_done),
    }
}

/// What the address says was done.
pub(super) fn said(visit: &Visit) -> Option<&'static str> {
    url::form_urlencoded::parse(visit.query.as_bytes())
        .find(|(name, _)| name == "besked")
        .and_then(|(_, word)| SAID.iter().chain([&STALE]).find(|(known, _)| *known == word))
        .map(|(_, key)| *key)
}

/// Takes a window back.
pub(super) async fn cancel(desk: &TeacherDesk, window: &str, visit: &Visit) -> Result<(), NotDone> {
    desk.cancel(WindowId(id_of(window)), &asked(visit)).await
}

enum Done {
    Said(&'static str),
    Names(Vec<AccountId>),
    ProveFirst,
}

async fn act(visit: &Visit, Come { who, at }: &Come, posted: &Posted) -> Result<Done, NotDone> {
    let asked = asked(visit);
    if let Some(window) = posted.one("cancel") {
        cancel(&at.desk, window, visit).await?;
        return Ok(Done::Said("taget-tilbage"));
    }
    let chosen = chosen(at, posted).await?;
    match posted.one("do") {
        Some("names") => {
            let named = at.desk.names(&chosen, &asked).await?;
            Ok(Done::Names(
                named.into_iter().map(|pupil| pupil.account).collect(),
            ))
        }
        Some("open") if !may_act(who) => Ok(Done::ProveFirst),
        Some("open") => {
            at.desk.open(&chosen, &asked).await?;
            Ok(Done::Said("aabnet"))
        }
        _ => Err(NotDone::Nobody),
    }
}

/// The pupils that are ticked, and all pupils of the ticked classes who can be helped.
async fn chosen(at: &AtDesk, posted: &Posted) -> Result<Vec<AccountId>, NotDone> {
    let values = |name: &'static str| {
        let fields = posted.fields().iter();
        fields
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value)
    };
    let mut chosen = Vec::new();
    for pupil in values("pupil") {
        chosen.push(AccountId(id_of(pupil)));
    }
    let classes: Vec<&String> = values("class").collect();
    if classes.is_empty() {
        return Ok(chosen);
    }
    let OnDesk::Groups(groups) = at.desk.look().await? else {
        return Err(NotDone::NotYours);
    };
    for class in classes {
        let found = groups.iter().find(|group| {
            group
                .group
                .as_ref()
                .is_some_and(|(id, _)| id.0.to_string() == **class)
        });
        let group = found.ok_or(NotDone::NotYours)?;
        let pupils = group.pupils.iter().filter(|pupil| pupil.beyond_help.is_none());
        chosen.extend(pupils.map(|pupil| pupil.account));
    }
    Ok(chosen)
}

async fn show(portner: &Portner, visit: &Visit, Come { who, at }: &Come, named: &[AccountId]) -> Response {
    let page = views::page(portner, visit, None);
    let address = at.front();
    let shown = match shown::look(at, &page, who.now, named).await {
        Ok(shown) => shown,
        Err(error) => return failed(portner, visit, error).await,
    };
    // What was said a while ago is not so any more.
    let is_going = shown
        .groups
        .iter()
        .flat_map(|group| &group.pupils)
        .any(|pupil| pupil.windows.iter().any(|window| window.is_going));
    let said = said(visit).filter(|key| *key != SAID_OPENED || is_going);
    let view = TeacherDeskPage {
        form: own::form(portner, visit, &address),
        institution: at.institution.name.clone(),
        name: format!("{} {}", who.person.given_name, who.person.family_name),
        said: said.map(|key| page.say(key)),
        prove_again: (!may_act(who)).then(|| format!("{address}/log-ind-igen")),
        nobody: shown.nobody.map(|key| page.say(key)),
        groups: shown.groups,
        refresh: address,
        page,
    };
    let remembered = views::remember_language(portner, visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}
