//! `GET /faa-adgang`: which user names are mine, and which are my children's?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;

use super::course::path_of;
use super::{CameFrom, form, proven, refuse};
use crate::domain::actor::ActorGroup;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::own_page::OwnPage;
use crate::domain::recovery::{Hindrance, Whose};
use crate::domain::refusal::Refused;
use crate::people::self_service::{Reached, shown};
use crate::web::own::{self, LoggedIn};
use crate::web::pages::{FoundName, Page, RecoveryPage};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{times, views};

/// Shows them, and the ways to new passwords.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let here = match own::enter(&portner, &visit, OwnPage::Recovery).await {
        Ok(here) => here,
        Err(response) => return *response,
    };
    match show(&portner, &visit, &here, None).await {
        Ok(response) => response,
        Err(refused) => refuse(&portner, &visit, refused).await,
    }
}

/// The page; where there were enough new passwords until a moment, it says so.
pub(super) async fn show(
    portner: &Portner,
    visit: &Visit,
    here: &LoggedIn,
    enough_until: Option<Timestamp>,
) -> Result<Response, Refused> {
    let proven = proven(portner, here)?;
    let mut reached = portner.self_service().reach(&proven, &portner.registry()).await?;
    let too_young = reached.iter().any(|one| !one.is_shown());
    reached.retain(Reached::is_shown);
    // Nobody sees a name of which it was not written down that they see it (L07).
    let event = event(portner, visit, here, shown(&reached));
    portner.writer.audit(event).await?;
    let from = CameFrom::read(&visit.query);
    let page = views::page(portner, visit, None);
    let language = page.words.language();
    let of = |whose: Whose| {
        let found = reached.iter().filter(move |one| one.whose == whose);
        found.map(|one| found_name(one, &from, &page)).collect()
    };
    let status = match enough_until {
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None => StatusCode::OK,
    };
    let view = RecoveryPage {
        form: form(portner, visit, "/faa-adgang/faerdig", &from),
        own: of(Whose::Own),
        children: of(Whose::Child),
        too_young: too_young.then_some(portner.self_service().settings.pupil_age),
        is_adult_of_somebody: here
            .actors
            .iter()
            .any(|actor| actor.group == ActorGroup::Kontaktperson),
        enough_until: enough_until.map(|until| times::readable(until, language)),
        page,
    };
    let remembered = views::remember_language(portner, visit);
    Ok(views::with_cookies(views::html(status, &view), remembered))
}

/// What is written down of an act here; whose account it was about is the act's to say.
pub(super) fn event(portner: &Portner, visit: &Visit, here: &LoggedIn, act: AuditAct) -> AuditEvent {
    AuditEvent::new(visit.reference.0, portner.ambient.now(), act)
        .asked_by(OwnPage::Recovery.service_id())
        .vouched_by(here.session.upstream.clone())
        .about(here.person.id, here.account.id)
        .from_network(visit.client_prefix())
}

fn found_name(reached: &Reached, from: &CameFrom, page: &Page<'_>) -> FoundName {
    let person = reached.person();
    let mut institutions: Vec<_> = reached
        .held
        .actors
        .iter()
        .map(|actor| actor.institution.name.as_str())
        .collect();
    institutions.dedup();
    FoundName {
        name: format!("{} {}", person.given_name, person.family_name),
        given_name: person.given_name.clone(),
        user_name: reached.held.account.user_name.to_string(),
        institutions: institutions.join(", "),
        is_first: reached.version.is_none(),
        renew: reached.rule.is_ok().then(|| from.along(&path_of(reached))),
        hindrance: reached.rule.err().map(|hindrance| page.say(key_of(hindrance))),
    }
}

const fn key_of(hindrance: Hindrance) -> &'static str {
    match hindrance {
        Hindrance::Blocked => "recovery-blocked",
        Hindrance::Nowhere => "recovery-nowhere",
        Hindrance::TooYoung => "recovery-young",
        Hindrance::MoreThanAPupil => "recovery-more-than-pupil",
        Hindrance::LocalLogin => "recovery-local",
    }
}
