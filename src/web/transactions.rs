//! Logins in flight as the browser carries them: one sealed cookie each, five at most.

use axum::http::HeaderValue;

use super::cookies::CookieJar;
use super::state::Portner;
use crate::domain::account::PersonId;
use crate::domain::refusal::{Refusal, Refused};
use crate::login::transaction::{LoginTransaction, TransactionId};

/// Cookies of this kind are named by the login's id, so that tabs do not mix.
const PREFIX: &str = "tx-";
/// For how long a browser remembers a login that is over, in seconds: for a school day, so that a page
/// which lay open is told that it took too long, and not that the browser keeps no cookies.
const REMEMBERED: u32 = 8 * 3600;
/// A browser with more logins open than this has forgotten the oldest.
const MOST_IN_FLIGHT: usize = 5;
/// What is left of a login that has ended, so that the back button is told from a lost cookie.
const FINISHED: &str = "done";

/// The base name of a login's cookie.
fn cookie_name(id: TransactionId) -> String {
    format!("{PREFIX}{id}")
}

/// The login of this id, as this browser holds it (F02: nobody finishes another's login).
pub async fn load(
    portner: &Portner,
    jar: &CookieJar,
    id: TransactionId,
) -> Result<LoginTransaction, Refusal> {
    let value = jar
        .get(&portner.cookies().name(&cookie_name(id)))
        .ok_or(Refusal::LoginLost)?;
    if value == FINISHED {
        return Err(Refusal::LoginFinished);
    }
    let tx = portner.seal().open(id, value).await.ok_or(Refusal::LoginLost)?;
    if tx.is_expired(portner.ambient.now()) {
        Err(Refusal::LoginExpired)
    } else {
        Ok(tx)
    }
}

/// Whether the browser brought a login of this id at all.
pub fn is_there(portner: &Portner, jar: &CookieJar, id: TransactionId) -> bool {
    jar.get(&portner.cookies().name(&cookie_name(id))).is_some()
}

/// The `Set-Cookie` values that keep a login, and drop the oldest of too many.
pub async fn keep(
    portner: &Portner,
    jar: &CookieJar,
    tx: &LoginTransaction,
) -> Result<Vec<HeaderValue>, Refused> {
    let style = portner.cookies();
    let value = portner.seal().seal(tx, &portner.ambient).await?;
    let own = cookie_name(tx.id());
    let mut set: Vec<_> = style.set(&own, &value, Some(REMEMBERED)).into_iter().collect();
    set.extend(
        others_to_drop(jar, &style.name(PREFIX), &style.name(&own))
            .filter_map(|id| style.clear(&cookie_name(id))),
    );
    Ok(set)
}

/// The `Set-Cookie` value that ends a login. One that never showed a page leaves nothing to come back to.
pub fn end(portner: &Portner, jar: &CookieJar, tx: TransactionId) -> Option<HeaderValue> {
    is_there(portner, jar, tx)
        .then(|| {
            portner
                .cookies()
                .set(&cookie_name(tx), FINISHED, Some(REMEMBERED))
        })
        .flatten()
}

/// The `Set-Cookie` values that end the logins of this browser in which somebody has proved who they are:
/// whoever comes to the computer next would finish them in that person's name (F12, F13). The login
/// `own` stays, and so do those of the same person.
pub async fn drop_proved(
    portner: &Portner,
    jar: &CookieJar,
    stays: Option<(TransactionId, PersonId)>,
) -> Vec<HeaderValue> {
    let style = portner.cookies();
    let prefix = style.name(PREFIX);
    let mut set = Vec::new();
    for name in jar.names_with_prefix(&prefix) {
        let id = name.get(prefix.len()..).and_then(TransactionId::parse);
        let (Some(id), Some(value)) = (id, jar.get(name)) else {
            continue;
        };
        let Some(tx) = portner.seal().open(id, value).await else {
            continue;
        };
        let proved = tx.person().or(tx.same_as().map(|same| same.person));
        let is_to_stay = |person| stays.is_some_and(|(own, known)| own == id || known == person);
        if proved.is_some_and(|person| !is_to_stay(person)) {
            set.extend(style.clear(&cookie_name(id)));
        }
    }
    set
}

/// Finished logins go first, then the oldest: ids begin with their time.
fn others_to_drop<'a>(
    jar: &'a CookieJar,
    prefix: &'a str,
    own: &'a str,
) -> impl Iterator<Item = TransactionId> + use<'a> {
    let mut others: Vec<_> = jar
        .names_with_prefix(prefix)
        .filter(|name| *name != own)
        .filter_map(|name| TransactionId::parse(name.get(prefix.len()..)?))
        .collect();
    let is_open = |id: &TransactionId| jar.get(&format!("{prefix}{id}")) != Some(FINISHED);
    others.sort_unstable_by_key(|id| (is_open(id), *id));
    let too_many = (others.len() + 1).saturating_sub(MOST_IN_FLIGHT);
    others.into_iter().take(too_many)
}
