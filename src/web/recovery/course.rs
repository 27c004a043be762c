//! How far somebody has come with a new password, sealed in a cookie: for one account and the secret
//! that it has at this moment, within one session. The password itself is kept nowhere: it follows from
//! these three.

use axum::http::HeaderValue;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::CameFrom;
use crate::domain::recovery::Whose;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::session::SsoSession;
use crate::keys::derive::{Label, MasterSecret};
use crate::keys::seal::SealPurpose;
use crate::login::new_secret::{Learning, Picking};
use crate::people::self_service::Reached;
use crate::web::learning::Lesson;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// The base name of the cookie.
const COOKIE: &str = "recovery";
/// After this it is begun anew.
const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// For so long one's own new password is told of.
const SHOWN: SignedDuration = SignedDuration::from_mins(2);

/// What the cookie holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    until: Timestamp,
    what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum What {
    Learning(Course),
    Done(Done),
}

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    session: Uuid,
    account: Uuid,
    version: Option<i64>,
    /// What the page shows.
    pub learning: Learning,
    /// The pictures that were picked.
    pub picking: Picking,
}

/// That it is done, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What the holder is called.
    pub name: String,
    /// The account's name.
    pub user_name: String,
    /// Whether it is the child of the one who did it.
    pub is_child: bool,
    /// By which session; one's own ended with the old password.
    session: Uuid,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    shown_until: Timestamp,
}

impl Done {
    /// For the holder of this account.
    pub fn of(reached: &Reached, session: &SsoSession, now: Timestamp) -> Self {
        Self {
            session: session.id.0,
            shown_until: now.saturating_add(SHOWN).unwrap_or(now),
            name: reached.person().given_name.clone(),
            user_name: reached.held.account.user_name.to_string(),
            is_child: reached.whose == Whose::Child,
        }
    }

    /// The `Set-Cookie` value that keeps it.
    pub fn keep(self, portner: &Portner) -> Result<Option<HeaderValue>, Refused> {
        keep(portner, What::Done(self))
    }

    /// Whether it may be shown still: the next one at the device must not read whose child it was, or
    /// who was here. For a child, while the session goes on in which it was done; else for a moment.
    pub fn may_be_shown(&self, open: Option<&SsoSession>, now: Timestamp) -> bool {
        if self.is_child {
            open.is_some_and(|open| open.id.0 == self.session)
        } else {
            now < self.shown_until
        }
    }

    /// What this browser has done last.
    pub fn load(portner: &Portner, visit: &Visit) -> Option<Self> {
        match load(portner, visit)? {
            What::Done(done) => Some(done),
            What::Learning(_) => None,
        }
    }
}

impl Course {
    /// As far as this browser has come with this account, in this session; the beginning where the
    /// cookie is about something else.
    pub fn of(portner: &Portner, visit: &Visit, session: &SsoSession, reached: &Reached) -> Self {
        let begun = Self {
            session: session.id.0,
            account: reached.held.account.id.0,
            version: reached.version.map(|version| version.0),
            learning: Learning::default(),
            picking: Picking::default(),
        };
        match load(portner, visit) {
            Some(What::Learning(kept)) if kept.is_about(&begun) => kept,
            _ => begun,
        }
    }

    fn is_about(&self, other: &Self) -> bool {
        (self.session, self.account, self.version) == (other.session, other.account, other.version)
    }

    /// The `Set-Cookie` value that keeps it.
    pub fn keep(&self, portner: &Portner) -> Result<Option<HeaderValue>, Refused> {
        keep(portner, What::Learning(self.clone()))
    }

    /// What is learnt. Another session, account or present secret assigns another one.
    pub fn lesson<'a>(&'a self, portner: &'a Portner, reached: &Reached) -> Result<Lesson<'a>, Refused> {
        let rule = reached
            .rule
            .map_err(|_| Refusal::FormRefused.because("the account gets no new password in this way"))?;
        let version = self.version.unwrap_or_default().to_be_bytes();
        let parts: [&[u8]; 4] = [
            b"recovery",
            self.session.as_bytes(),
            self.account.as_bytes(),
            &version,
        ];
        let pseudonyms = &portner.driver.pseudonyms;
        let grid = MasterSecret::new(pseudonyms.derive(Label::PictureToken, &parts).as_slice());
        Ok(Lesson {
            portner,
            rule,
            assigned: portner.new_secrets.assigned_from(pseudonyms, &parts, rule)?,
            grid: grid.map_err(|error| Refusal::Internal.because(error))?,
            learning: &self.learning,
            picking: &self.picking,
        })
    }
}

/// The `Set-Cookie` value that takes it from the browser.
pub fn forget(portner: &Portner) -> Option<HeaderValue> {
    portner.cookies().clear(COOKIE)
}

fn keep(portner: &Portner, what: What) -> Result<Option<HeaderValue>, Refused> {
    let until = portner.ambient.now().saturating_add(LIFETIME);
    let kept = Kept {
        until: until.unwrap_or(Timestamp::MAX),
        what,
    };
    let plain = postcard::to_stdvec(&kept).map_err(|error| Refusal::Internal.because(error))?;
    let sealed = portner.sealer.seal(SealPurpose::Recovery, &plain);
    let sealed = sealed.map_err(|error| Refusal::Internal.because(error))?;
    let value = BASE64URL_NOPAD.encode(&sealed);
    let lifetime = u32::try_from(LIFETIME.as_secs()).ok();
    Ok(portner.cookies().set(COOKIE, &value, lifetime))
}

fn load(portner: &Portner, visit: &Visit) -> Option<What> {
    let value = visit.cookies.get(&portner.cookies().name(COOKIE))?;
    let sealed = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
    let plain = portner.sealer.open(SealPurpose::Recovery, &sealed).ok()?;
    let kept: Kept = postcard::from_bytes(&plain).ok()?;
    (portner.ambient.now() < kept.until).then_some(kept.what)
}

/// Where the pages for one account are.
pub fn path_of(reached: &Reached) -> String {
    format!("/faa-adgang/ny/{}", reached.held.account.id)
}

/// Where it is told that it is done.
pub fn path_of_done(from: &CameFrom) -> String {
    from.along("/faa-adgang/faerdig")
}
