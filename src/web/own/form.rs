//! Forms of our own pages: a token that only this session's page at this address carries, and the
//! fields that the page has, no others (F05, I03).

use axum::response::Response;

use super::LoggedIn;
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refusal;
use crate::keys::derive::Label;
use crate::web::incoming::Posted;
use crate::web::pages::Form;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{csrf, refusal_page, sessions};

/// The hidden field with the token.
const TOKEN: &str = "form";

/// A form that is sent to `address`.
pub fn form(portner: &Portner, visit: &Visit, address: &str) -> Form {
    Form {
        action: address.to_owned(),
        token: form_token(portner, visit, address),
    }
}

/// The token of this session's forms that are sent to `address`.
pub fn form_token(portner: &Portner, visit: &Visit, address: &str) -> String {
    let session = sessions::form_token(portner, visit);
    let bytes = [session.as_bytes(), address.as_bytes()];
    portner.driver.pseudonyms.derive_text(Label::FormToken, &bytes)
}

/// Takes in a form that was sent to the present address: who sent it, and its fields, if these are of
/// `fields` alone.
pub async fn posted(
    portner: &Portner,
    visit: &Visit,
    page: OwnPage,
    body: &[u8],
    fields: &[&str],
) -> Result<(LoggedIn, Posted), Box<Response>> {
    let logged_in = super::still_here(portner, visit, page).await?;
    let posted = Posted::read(body);
    let expected = form_token(portner, visit, &visit.path);
    let is_ours = posted
        .one(TOKEN)
        .is_some_and(|given| csrf::same_token(&expected, given))
        && !csrf::is_from_elsewhere(&visit.headers, portner.settings.origin.as_str());
    let stranger = posted
        .fields()
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| *name != TOKEN && !fields.contains(name));
    let refused = match (is_ours, stranger) {
        (true, None) => return Ok((logged_in, posted)),
        (false, _) => Refusal::FormRefused.because("the form's token or its origin is not of this page"),
        (true, Some(_)) => Refusal::FormRefused.because("the form has a field that its page has not"),
    };
    let id = page.service_id();
    Err(Box::new(
        refusal_page::outside_a_login(portner, visit, id.as_ref(), refused).await,
    ))
}
