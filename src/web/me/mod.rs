//! "Min side": what somebody may see of themselves, and nobody else of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::own;
use super::pages::{ActorChoice, MePage};
use super::state::Portner;
use super::views;
use super::visit::Visit;
use crate::domain::own_page::OwnPage;

/// `GET /min-side`: who am I?
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let me = match own::enter(&portner, &visit, OwnPage::MinSide).await {
        Ok(me) => me,
        Err(response) => return *response,
    };
    let affiliations = me.actors.iter().map(|actor| ActorChoice {
        id: actor.id.0.to_string(),
        group: actor.group,
        institution: actor.institution.name.clone(),
    });
    let view = MePage {
        page: views::page(&portner, &visit, None),
        name: format!("{} {}", me.person.given_name, me.person.family_name),
        user_name: me.account.user_name.to_string(),
        affiliations: affiliations.collect(),
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}
