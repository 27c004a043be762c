//! `/faa-adgang/ny/{account}`: a new password for one account, shown, rehearsed, or chosen.
//!
//! The account is one that the visitor reaches at this very request, or there is nothing here.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::course::{Course, Done, path_of, path_of_done};
use super::overview::event;
use super::{CameFrom, form, not_found, overview, proven, refuse};
use crate::credentials::Password;
use crate::domain::account::AccountId;
use crate::domain::own_page::OwnPage;
use crate::domain::password_rule::SecretForm;
use crate::domain::recovery::Whose;
use crate::domain::refusal::Refused;
use crate::login::new_secret::Picking;
use crate::people::self_service::{Given, Reached};
use crate::web::learning::Taken;
use crate::web::logout::end::Ending;
use crate::web::own::{self, LoggedIn};
use crate::web::pages::NewSecretPage;
use crate::web::secret_pages::new_secret_page;
use crate::web::state::Portner;
use crate::web::views;
use crate::web::visit::Visit;

/// The fields of the page.
const FIELDS: [&str; 8] = ["do", "round", "new", "again", "grid", "place", "picks", "pick"];

/// Shows how far it has come.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(account): Path<String>) -> Response {
    let here = match own::enter(&portner, &visit, OwnPage::Recovery).await {
        Ok(here) => here,
        Err(response) => return *response,
    };
    match show(&portner, &visit, &here, &account).await {
        Ok(response) => response,
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

/// Takes a step towards it.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    Path(account): Path<String>,
    body: Bytes,
) -> Response {
    let page = OwnPage::Recovery;
    let (here, posted) = match own::posted(&portner, &visit, page, &body, &FIELDS).await {
        Ok(here) => here,
        Err(response) => return *response,
    };
    let taken = async {
        let reached = find(&portner, &here, &account).await?;
        let course = Course::of(&portner, &visit, &here.session, &reached);
        let lesson = course.lesson(&portner, &reached)?;
        let taken = lesson.take(&reached.record, &reached.held, &posted).await?;
        take(&portner, &visit, &here, (&reached, course.clone()), taken).await
    };
    match taken.await {
        Ok(response) => response,
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

/// The account, if the visitor reaches it. One that is not there and one that is not theirs are the same.
async fn find(portner: &Portner, here: &LoggedIn, account: &str) -> Result<Reached, Refused> {
    let proven = proven(portner, here)?;
    let wanted = Uuid::parse_str(account).ok().map(AccountId);
    let reached = portner.self_service().reach(&proven, &portner.registry()).await?;
    let found = reached
        .into_iter()
        .filter(Reached::is_shown)
        .find(|one| Some(one.held.account.id) == wanted);
    found.ok_or_else(|| not_found(here).because("an account that they do not reach"))
}

async fn show(portner: &Portner, visit: &Visit, here: &LoggedIn, wanted: &str) -> Result<Response, Refused> {
    let reached = find(portner, here, wanted).await?;
    let from = CameFrom::read(&visit.query);
    if reached.rule.is_err() {
        // The first page says why.
        return Ok(views::see_other(&from.along(OwnPage::Recovery.path())));
    }
    let proven = proven(portner, here)?;
    let account = reached.held.account.id;
    let enough = portner.self_service().enough_until(&proven, account).await?;
    if let Some(until) = enough {
        return overview::show(portner, visit, here, Some(until)).await;
    }
    let course = Course::of(portner, visit, &here.session, &reached);
    let lesson = course.lesson(portner, &reached)?;
    let page = views::page(portner, visit, None);
    let name = &reached.person().given_name;
    let is_first = reached.version.is_none();
    let (heading, why) = match reached.whose {
        Whose::Own if is_first => (None, page.say("recovery-why-own-first")),
        Whose::Own => (None, page.say("recovery-why-own")),
        Whose::Child => {
            let why = if is_first {
                "recovery-why-child-first"
            } else {
                "recovery-why-child"
            };
            (
                Some(page.say_with("recovery-heading-child", "name", name)),
                page.say_with(why, "name", name),
            )
        }
    };
    let view = NewSecretPage {
        form: form(portner, visit, &path_of(&reached), &from),
        user_name: reached.held.account.user_name.to_string(),
        heading,
        why,
        may_stay: true,
        is_first,
        ..new_secret_page(&lesson, page)
    };
    let kept = course.keep(portner)?;
    let cookies = kept.into_iter().chain(views::remember_language(portner, visit));
    Ok(views::with_cookies(views::html(StatusCode::OK, &view), cookies))
}

async fn take(
    portner: &Portner,
    visit: &Visit,
    here: &LoggedIn,
    (reached, mut course): (&Reached, Course),
    taken: Taken,
) -> Result<Response, Refused> {
    let from = CameFrom::read(&visit.query);
    match taken {
        Taken::Nothing => {}
        Taken::GoOn(learning) => {
            course.picking = Picking::default();
            course.learning = learning;
        }
        Taken::Picked(picking) => course.picking = picking,
        Taken::Stay => return Ok(views::see_other(&from.along(OwnPage::Recovery.path()))),
        Taken::Learnt(password, form) => {
            return give(portner, visit, here, reached, (password, form)).await;
        }
    }
    let again = views::see_other(&from.along(&path_of(reached)));
    Ok(views::with_cookies(again, course.keep(portner)?))
}

async fn give(
    portner: &Portner,
    visit: &Visit,
    here: &LoggedIn,
    reached: &Reached,
    secret: (Password, SecretForm),
) -> Result<Response, Refused> {
    let from = CameFrom::read(&visit.query);
    let proven = proven(portner, here)?;
    let account = reached.held.account.id;
    // Whoever is logged in as the account is so no longer, and their services hear of it.
    let ending = Ending::of_account(portner, reached.person().id, account).await?;
    let event = |act| event(portner, visit, here, act);
    match portner
        .self_service()
        .give(&proven, reached, secret, event)
        .await?
    {
        Given::Kept => {}
        // Somebody made another one at the same time: this page begins anew with that.
        Given::Overtaken => return Ok(views::see_other(&from.along(&path_of(reached)))),
        Given::Enough(until) => return overview::show(portner, visit, here, Some(until)).await,
    }
    tracing::info!(
        reference = %visit.reference,
        account.id = %account,
        whose = reached.whose.word(),
        "password recovered"
    );
    ending.tell_later(portner);
    let done = views::see_other(&path_of_done(&from));
    Ok(views::with_cookies(
        done,
        Done::of(reached, &here.session, here.now).keep(portner)?,
    ))
}
