//! `/login/{service}/{tx}/teacher-picture`: the picture that the teacher shows; and
//! `…/forgotten`, where a pupil says that the teacher has helped already (DR17, U52).

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;

use super::here::Sent;
use crate::credentials::pictures::{Grid, Picture};
use crate::domain::login_name::LoginName;
use crate::domain::refusal::Refused;
use crate::login::driver::Event;
use crate::login::help::Help;
use crate::login::transaction::LoginTransaction;
use crate::web::incoming::Posted;
use crate::web::secret_pages::grid_secret;
use crate::web::{perform, whence};

/// Takes a picture, or that the pupil would rather type a password. What is no picture of the page
/// is nothing: the page is shown once more.
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    let whence = whence::of(&portner, &visit);
    let tx = here.tx.clone();
    let event = match (posted.one("do"), picked(&tx, &posted)) {
        (Some("password"), _) => Event::PicturePicked(None, whence),
        (_, Ok(Some(number))) => Event::PicturePicked(Some(number), whence),
        (_, Ok(None)) => Event::Revisited,
        (_, Err(refused)) => return perform::perform(&scene, tx, Err(refused)).await,
    };
    perform::advance(&scene, tx, event).await
}

fn picked(tx: &LoginTransaction, posted: &Posted) -> Result<Option<u8>, Refused> {
    let nonce = posted
        .one("grid")
        .and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok())
        .and_then(|bytes| bytes.try_into().ok());
    let Some((nonce, token)) = nonce.zip(posted.one("pick")) else {
        return Ok(None);
    };
    let secret = grid_secret(tx)?;
    let picture = Grid::new(&secret, nonce)
        .pictures(std::iter::once(token), 1)
        .pop();
    Ok(picture.map(Picture::number))
}

/// Looks for help once more for the name that was typed.
pub async fn again(sent: Sent) -> Response {
    let Sent {
        portner, visit, here, ..
    } = sent;
    let scene = here.scene(&portner, &visit);
    let mut tx = here.tx.clone();
    tx.fill_mishap(None);
    // Where there is nothing, the page says so.
    tx.fill_help(Some(Help::NotGiven));
    let name = tx.route().and_then(|route| route.name.as_ref());
    let event = match name {
        Some(LoginName::Bare(name)) => {
            Event::NameTyped(name.as_str().to_owned(), whence::of(&portner, &visit))
        }
        _ => Event::Revisited,
    };
    perform::advance(&scene, tx, event).await
}
