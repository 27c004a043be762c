//! "Min side": what somebody may see and do of themselves, and nobody else of them.

pub mod history;
pub mod password;
pub mod sessions;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::own::{self, LoggedIn};
use super::pages::{ActorChoice, MePage};
use super::state::Portner;
use super::visit::Visit;
use super::{refusal_page, views};
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refused;

/// `GET /min-side`: who am I, and where am I logged in?
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let page = OwnPage::MinSide;
    let me = match own::enter(&portner, &visit, page).await {
        Ok(me) => me,
        Err(response) => return *response,
    };
    match show(&portner, &visit, &me).await {
        Ok(response) => response,
        Err(refused) => {
            let id = page.service_id();
            refusal_page::outside_a_login(&portner, &visit, id.as_ref(), refused).await
        }
    }
}

async fn show(portner: &Portner, visit: &Visit, me: &LoggedIn) -> Result<Response, Refused> {
    let affiliations = me.actors.iter().map(|actor| ActorChoice {
        id: actor.id.0.to_string(),
        group: actor.group,
        institution: actor.institution.name.clone(),
    });
    let page = views::page(portner, visit, None);
    let mut open = Vec::new();
    for session in sessions::of_account(portner, me).await? {
        open.push(sessions::shown(portner, me, &session, &page).await?);
    }
    let change = password::has_one(portner, me)
        .await?
        .then(|| own::form(portner, visit, password::PATH));
    let kept = sessions::kept(portner, me, &page).await?;
    let view = MePage {
        name: format!("{} {}", me.person.given_name, me.person.family_name),
        user_name: me.account.user_name.to_string(),
        affiliations: affiliations.collect(),
        end: own::form(portner, visit, sessions::PATH),
        end_others: sessions::OTHERS,
        kept,
        sessions: open,
        change,
        history: history::PATH,
        page,
    };
    let remembered = views::remember_language(portner, visit);
    Ok(views::with_cookies(
        views::html(StatusCode::OK, &view),
        remembered,
    ))
}
