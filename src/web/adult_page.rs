//! The page of a login that waits for an adult, made from how its question stands.

use axum::http::StatusCode;
use axum::response::Response;

use super::addresses::LoginAddress;
use super::pages::{AdultPage, AdultState, ConfirmCell, Page};
use super::perform::Scene;
use super::{times, views};
use crate::domain::approval::{Approval, ApprovalState, EndedWhy, Sign};
use crate::domain::own_page::OwnPage;
use crate::login::adult::Waiting;
use crate::login::transaction::{AdultNote, LoginTransaction};

/// "An adult has to say yes."
pub fn waiting(scene: &Scene<'_>, tx: &LoginTransaction, waiting: &Waiting) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let address = LoginAddress::of(tx);
    let service = views::back_to(&scene.service.profile, page.words.language());
    let note = waiting.note.map(|note| match note {
        AdultNote::NotAParent => page.say("adult-note-not-a-parent"),
        AdultNote::NotProved => page.say("adult-note-not-proved"),
    });
    let parent_at = scene.portner.settings.origin.at(OwnPage::Vouching.path());
    let view = AdultPage {
        form: views::form_about_user(tx, address.adult()),
        state_at: format!("{}/state", address.adult()),
        state: state(scene, waiting.approval.as_ref(), &page),
        note,
        has_eid: waiting.eid.is_some(),
        has_own_eid: waiting.own_eid.is_some(),
        parent_at: parent_at.as_str().to_owned(),
        asked_by: service.service.clone(),
        service: Some(service),
        page,
    };
    views::html(StatusCode::OK, &view)
}

fn state(scene: &Scene<'_>, approval: Option<&Approval>, page: &Page<'_>) -> AdultState {
    let now = scene.portner.ambient.now();
    let over = |key: &str| AdultState::Over(page.say(key));
    let Some(approval) = approval else {
        return over("adult-too-many");
    };
    match (approval.state(now), &approval.sign) {
        (ApprovalState::Waiting, Sign::Picture(picture)) => AdultState::Waiting {
            picture: ConfirmCell::of(*picture, page),
            until: times::clock(approval.closes_at, page.words.language()),
        },
        (ApprovalState::Ended(EndedWhy::Denied), _) => over("adult-denied"),
        (ApprovalState::Ended(EndedWhy::Account), _) => over("adult-account"),
        (
            ApprovalState::Ended(EndedWhy::Revoked | EndedWhy::Relation | EndedWhy::NewLogin)
            | ApprovalState::Standing
            | ApprovalState::Over,
            _,
        ) => over("adult-taken-back"),
        (
            ApprovalState::RanOut
            | ApprovalState::Waiting
            | ApprovalState::Ended(EndedWhy::Cancelled | EndedWhy::AskedAnew),
            _,
        ) => over("adult-ran-out"),
    }
}
