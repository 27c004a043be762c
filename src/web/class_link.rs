//! `/skole/{institution}/{class}`: the address in a class's QR code. A device that opens it knows its
//! school and class from then on, which the login page shows; it knows nobody who uses it.
//!
//! Such an address is made by us alone, since it carries a mark that nobody else can make: trying
//! others tells nothing of which classes there are. What it leads to is decided here and by nobody's
//! wish, so that it is no way to anywhere else (F02).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::incoming::Posted;
use super::pages::{DeviceClass, DeviceClassPage, Form};
use super::perform::Scene;
use super::state::Portner;
use super::visit::Visit;
use super::{csrf, refusal_page, views};
use crate::domain::group::GroupId;
use crate::domain::institution::InstitutionNumber;
use crate::domain::refusal::Refusal;
use crate::domain::text::Language;
use crate::domain::upstream::UpstreamKind;
use crate::keys::derive::Label;
use crate::login::transaction::LoginTransaction;
use crate::store::StoreError;

/// Where a device looks at what it knows, and forgets it.
const HERE: &str = "/skole";
/// The base name of the cookie.
const COOKIE: &str = "class";
/// A device knows its class for a school year.
const SECONDS: u32 = 366 * 24 * 3600;
/// The length of the mark: not to be guessed, and short enough for a code that is read across a room.
const MARK: usize = 12;

/// The institution and the class of the address.
type Place = (String, String);

/// The path that a class's code leads to.
pub fn path(portner: &Portner, institution: &InstitutionNumber, group: GroupId) -> String {
    format!("{HERE}/{institution}/{}", word(portner, institution, group))
}

/// What stands for a class: its id and our mark.
fn word(portner: &Portner, institution: &InstitutionNumber, group: GroupId) -> String {
    let mark = mark(portner, institution, group);
    let bytes = [group.0.as_bytes().as_slice(), &mark].concat();
    BASE64URL_NOPAD.encode(&bytes)
}

fn mark(portner: &Portner, institution: &InstitutionNumber, group: GroupId) -> Vec<u8> {
    let parts: [&[u8]; 2] = [institution.as_str().as_bytes(), group.0.as_bytes()];
    let derived = portner.driver.pseudonyms.derive(Label::ClassLink, &parts);
    derived.get(..MARK).unwrap_or_default().to_vec()
}

/// The class that an address or a cookie names, if it was made here.
fn read(portner: &Portner, institution: &str, word_given: &str) -> Option<(InstitutionNumber, GroupId)> {
    let institution = InstitutionNumber::parse(institution).ok()?;
    let bytes = BASE64URL_NOPAD.decode(word_given.as_bytes()).ok()?;
    let group = GroupId(Uuid::from_slice(bytes.get(..16)?).ok()?);
    let expected = word(portner, &institution, group);
    csrf::same_token(&expected, word_given).then_some((institution, group))
}

/// What this browser brought of its class.
fn brought(portner: &Portner, visit: &Visit) -> Option<String> {
    visit
        .cookies
        .get(&portner.cookies().name(COOKIE))
        .map(str::to_owned)
}

/// The class that this device belongs to, where it knows one that there still is.
pub async fn of_device(portner: &Portner, visit: &Visit) -> Result<Option<DeviceClass>, StoreError> {
    let Some(value) = brought(portner, visit) else {
        return Ok(None);
    };
    let named = value.split_once('.');
    let Some((institution, group)) = named.and_then(|(number, word)| read(portner, number, word)) else {
        return Ok(None);
    };
    named_class(portner, &institution, group).await
}

async fn named_class(
    portner: &Portner,
    institution: &InstitutionNumber,
    group: GroupId,
) -> Result<Option<DeviceClass>, StoreError> {
    let now = portner.ambient.now();
    let found = portner.store.class_and_school(institution, group, now).await?;
    Ok(found.map(|(class, school)| DeviceClass {
        institution: institution.clone(),
        class,
        school,
    }))
}

/// The login of the school that this device belongs to, where that has one alone of its own.
pub fn own_login(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    institution: &InstitutionNumber,
    language: Language,
) -> Option<(String, String)> {
    let signposts = scene.signposts(tx);
    let upstreams = scene.registry.upstreams().map(|upstream| &upstream.profile);
    let mut own = upstreams.filter(|upstream| {
        upstream.kind == UpstreamKind::Local
            && !upstream.hidden
            && upstream.institutions.contains(institution)
            && signposts.may_use(&upstream.id)
    });
    // Of several, such as one for pupils and one for staff, none is the school's.
    let found = own.next().filter(|_| own.next().is_none())?;
    Some((found.id.to_string(), found.name.in_language(language).to_owned()))
}

/// Takes a device to its class: it remembers, and is shown what.
pub async fn get(
    State(portner): State<Portner>,
    visit: Visit,
    Path((institution, word)): Path<Place>,
) -> Response {
    let Some((institution, group)) = read(&portner, &institution, &word) else {
        return unknown(&portner, &visit);
    };
    match named_class(&portner, &institution, group).await {
        Ok(Some(_)) => {
            let cookie = portner
                .cookies()
                .set(COOKIE, &format!("{institution}.{word}"), Some(SECONDS));
            views::with_cookies(views::see_other(HERE), cookie)
        }
        Ok(None) => unknown(&portner, &visit),
        Err(error) => refusal_page::outside_a_login(&portner, &visit, None, error).await,
    }
}

/// The same for a code that was never made, one of a class that is gone, and one with a letter wrong.
fn unknown(portner: &Portner, visit: &Visit) -> Response {
    let page = views::page(portner, visit, None);
    let view = DeviceClassPage {
        class: None,
        is_unknown: true,
        form: None,
        page,
    };
    views::html(StatusCode::NOT_FOUND, &view)
}

/// `GET /skole`: what this device knows.
pub async fn here(State(portner): State<Portner>, visit: Visit) -> Response {
    let class = match of_device(&portner, &visit).await {
        Ok(class) => class,
        Err(error) => return refusal_page::outside_a_login(&portner, &visit, None, error).await,
    };
    let view = DeviceClassPage {
        is_unknown: false,
        form: brought(&portner, &visit).map(|value| Form {
            action: HERE.to_owned(),
            token: token(&portner, &value),
        }),
        class,
        page: views::page(&portner, &visit, None),
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}

/// The token of the form: only the page of this very device has it (F05).
fn token(portner: &Portner, value: &str) -> String {
    let parts = [HERE.as_bytes(), value.as_bytes()];
    portner.driver.pseudonyms.derive_text(Label::FormToken, &parts)
}

/// `POST /skole`: forgets the class.
pub async fn forget(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let expected = brought(&portner, &visit).map(|value| token(&portner, &value));
    let is_ours = expected.is_some_and(|expected| {
        posted
            .one("form")
            .is_some_and(|given| csrf::same_token(&expected, given))
    });
    if !is_ours || csrf::is_from_elsewhere(&visit.headers, portner.settings.origin.as_str()) {
        let refused = Refusal::FormRefused.because("the form to forget a class is not of this device");
        return refusal_page::outside_a_login(&portner, &visit, None, refused).await;
    }
    let gone: Option<HeaderValue> = portner.cookies().clear(COOKIE);
    views::with_cookies(views::see_other(HERE), gone)
}
