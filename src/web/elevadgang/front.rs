//! `GET /elevadgang`: the two ways in, and then the institutions that somebody teaches at.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::own_page::OwnPage;
use crate::people::teacher_desk::TeacherDesk;
use crate::web::own;
use crate::web::pages::{TeacherFrontPage, TeacherSchool};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{sessions, views};

/// The page before the login: blue for teachers, grey for administrators (U45, U46).
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    if sessions::is_there(&portner, &visit) {
        return mine(State(portner), visit).await;
    }
    let view = TeacherFrontPage {
        schools: Vec::new(),
        is_logged_in: false,
        page: views::page(&portner, &visit, None),
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}

/// `GET /elevadgang/mine`: where a teacher teaches; straight on to the desk where there is one only.
pub async fn mine(State(portner): State<Portner>, visit: Visit) -> Response {
    let who = match own::enter(&portner, &visit, OwnPage::Elevadgang).await {
        Ok(who) => who,
        Err(response) => return *response,
    };
    let mut schools: Vec<TeacherSchool> = Vec::new();
    let registry = portner.registry();
    for actor in &who.actors {
        let (store, ambient) = (&portner.store, &portner.ambient);
        let desk = TeacherDesk::for_actor(store, ambient, &registry, who.person.id, actor);
        let address = format!("{}/{}", OwnPage::Elevadgang.path(), actor.institution.number);
        if desk.is_some() && schools.iter().all(|known| known.address != address) {
            schools.push(TeacherSchool {
                name: actor.institution.name.clone(),
                address,
            });
        }
    }
    if let [only] = schools.as_slice() {
        return views::see_other(&only.address);
    }
    let view = TeacherFrontPage {
        schools,
        is_logged_in: true,
        page: views::page(&portner, &visit, None),
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}
