//! SSO sessions as the browser carries them: a random token in a cookie, its hash in the
//! store. Nothing in the cookie says whose it is.

use axum::http::HeaderValue;
use data_encoding::BASE64URL_NOPAD;

use super::logout::end;
use super::perform::Scene;
use super::state::Portner;
use super::visit::Visit;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::session::SsoSession;
use crate::keys::derive::Label;
use crate::login::journey::CompletedLogin;
use crate::login::transaction::LoginTransaction;
use crate::store::replaced::{Replaced, Successor};
use crate::store::sessions::TokenHash;
use crate::store::writer::RestsOn;

/// The base name of the cookie.
const COOKIE: &str = "session";

/// The session of this browser that has not ended, also where it has been idle for too long for a
/// login to lean on it: those who took part in it may go on for longer.
pub async fn open_here(portner: &Portner, visit: &Visit) -> Result<Option<SsoSession>, Refused> {
    let Some(token) = token_of(portner, visit) else {
        return Ok(None);
    };
    let found = portner
        .store
        .session_by_token(&token, portner.ambient.now())
        .await;
    found.map_err(Refused::from)
}

/// The live session of this browser.
pub async fn current(portner: &Portner, visit: &Visit) -> Result<Option<SsoSession>, Refused> {
    let now = portner.ambient.now();
    let found = open_here(portner, visit).await?;
    Ok(found.filter(|session| session.is_live(now, &portner.session_limits())))
}

/// The session that a finished login rests on; it is kept with the login's other rows.
pub struct Resting {
    /// The session.
    pub session: SsoSession,
    /// How it is kept.
    pub on: RestsOn,
    /// The earlier session of this browser that it takes the place of.
    pub replaces: Option<Replaced>,
    /// The cookie for it, where it is new.
    pub cookie: Option<HeaderValue>,
}

/// Finds or makes the session that a finished login rests on.
///
/// A new proof always makes a new session and ends the one that the browser had, so that the
/// next person at a shared computer starts from nothing (F01, F13).
pub async fn for_login(
    scene: &Scene<'_>,
    tx: &LoginTransaction,
    login: &CompletedLogin,
) -> Result<Resting, Refused> {
    let portner = scene.portner;
    if let Some(leaned_on) = tx.leans_on() {
        let session = current(portner, scene.visit)
            .await?
            .filter(|session| session.id == leaned_on);
        let session =
            session.ok_or_else(|| Refusal::LoginLost.because("the session it leaned on is over"))?;
        return Ok(Resting {
            on: RestsOn::Earlier(session.id),
            replaces: None,
            session,
            cookie: None,
        });
    }
    let token = BASE64URL_NOPAD.encode(&tx.derive_for_login(Label::SessionToken));
    let hash = hash_of(&token);
    let session = portner.driver.session_for(tx, login);
    let replaces = if token_of(portner, scene.visit).is_some_and(|before| before != hash) {
        before(scene, &session).await?
    } else {
        None
    };
    Ok(Resting {
        on: RestsOn::New(hash, Box::new(session.clone())),
        replaces,
        session,
        cookie: portner.cookies().set(COOKIE, &token, None),
    })
}

/// The session that this browser had before; it ends in the commit of the login, or not at all. Those who took
/// part in it stay with the same person's new session; another person's is over, and they are told (F13).
async fn before(scene: &Scene<'_>, next: &SsoSession) -> Result<Option<Replaced>, Refused> {
    let (portner, visit) = (scene.portner, scene.visit);
    Ok(open_here(portner, visit).await?.map(|before| Replaced {
        session: before.id,
        by: if before.person == next.person {
            Successor::SamePerson
        } else {
            Successor::Another(Box::new(end::event(portner, visit, &before, None)))
        },
    }))
}

/// The `Set-Cookie` value that takes the session from the browser.
pub fn forget(portner: &Portner) -> Option<HeaderValue> {
    portner.cookies().clear(COOKIE)
}

/// The token in forms that act on this browser's session: only its own pages know it.
pub fn form_token(portner: &Portner, visit: &Visit) -> String {
    let session = visit
        .cookies
        .get(&portner.cookies().name(COOKIE))
        .unwrap_or_default();
    portner
        .driver
        .pseudonyms
        .derive_text(Label::FormToken, &[session.as_bytes()])
}

/// Whether the browser brought a session cookie at all.
pub fn is_there(portner: &Portner, visit: &Visit) -> bool {
    token_of(portner, visit).is_some()
}

fn token_of(portner: &Portner, visit: &Visit) -> Option<TokenHash> {
    visit
        .cookies
        .get(&portner.cookies().name(COOKIE))
        .filter(|token| !token.is_empty())
        .map(hash_of)
}

fn hash_of(token: &str) -> TokenHash {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    TokenHash(digest.as_ref().try_into().unwrap_or_default())
}
