//! `GET /login/{service}/{tx}`: wherever the login stands; with `/again`, from where it set out.

use axum::extract::{Path, State};
use axum::response::Response;

use super::here::{Here, LoginPath};
use crate::login::driver::Event;
use crate::web::perform;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Shows the first blank.
pub async fn get(State(portner): State<Portner>, visit: Visit, Path(path): Path<LoginPath>) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => perform::advance(&here.scene(&portner, &visit), here.tx.clone(), Event::Revisited).await,
        Err(elsewhere) => *elsewhere,
    }
}

/// Sets out once more on the way that the service has named, with nothing left of the last try.
pub async fn again(State(portner): State<Portner>, visit: Visit, Path(path): Path<LoginPath>) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => {
            let mut tx = here.tx.clone();
            tx.set_out_again();
            perform::advance(&here.scene(&portner, &visit), tx, Event::Begun(None)).await
        }
        Err(elsewhere) => *elsewhere,
    }
}
