//! The door to our own pages: who is logged in at this request, or a login that comes back to it.
//!
//! Nothing is carried from one request to the next but the session's cookie: whether the session is
//! open, whether its proof is enough for the page, and whether the account still may come at all, is
//! asked anew each time (DR08, I06). What is on the pages is not known here.

mod form;

use std::collections::BTreeSet;

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::login::begin;
use super::state::Portner;
use super::visit::Visit;
use super::{refusal_page, sessions};
use crate::domain::account::{Account, Person};
use crate::domain::actor::Actor;
use crate::domain::assurance::Factors;
use crate::domain::login_name::{BareName, LoginName};
use crate::domain::own_page::{FRESH_SECONDS, OwnPage};
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::service::ServiceProfile;
use crate::domain::session::SsoSession;
use crate::login::answer::session_index;
use crate::login::may_issue::{Standing, WhyNot, may_issue};
use crate::login::transaction::Route;
use crate::login::{secret_due, sso};
use crate::services::{Received, own};
use crate::trust::registry::{Registry, Service};

pub use form::{form, form_token, posted};

/// How old a proof may be for what a stolen session must not do (T3, I11).
pub const FRESH: SignedDuration = SignedDuration::from_secs(FRESH_SECONDS as i64);

/// How old a proof may be where an institution is looked after.
const A_DAYS_WORK: SignedDuration = SignedDuration::from_hours(8);

/// A session is noted as used at most this often.
const USED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who is logged in at one of our own pages, as of this request.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// At which page.
    pub page: OwnPage,
    /// By which session, as far as it is believed today.
    pub session: SsoSession,
    /// The person who is logged in.
    pub person: Person,
    /// By which account.
    pub account: Account,
    /// Everything that the account is, as far as the session's upstream reaches.
    pub actors: Vec<Actor>,
    /// When this was so.
    pub now: Timestamp,
}

impl LoggedIn {
    /// Whether a second factor was proved.
    pub fn has_second_factor(&self) -> bool {
        self.session.assurance.factors == Factors::Two
    }

    /// Whether the proof is of this day's work: whoever looks after an institution proves once a day who they
    /// are, however long the session lasts (K06).
    pub fn is_of_today(&self) -> bool {
        self.now.duration_since(self.session.authenticated_at) <= A_DAYS_WORK
    }

    /// Whether the proof is at most this old, and known to be.
    pub fn proved_within(&self, age: SignedDuration) -> bool {
        self.session.time_is_said && self.now.duration_since(self.session.authenticated_at) <= age
    }
}

/// Whether a request counts as use of the session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Somebody asked: the session counts as used.
    Noted,
    /// A page asked by itself.
    Unnoted,
}

/// Why somebody is not let in.
enum Outside {
    /// A login would let them in.
    MustLogIn,
    /// No login would.
    Refused(Refused),
}

impl<E: Into<Refused>> From<E> for Outside {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// Who is logged in, for showing a page; or the beginning of a login that comes back to this address.
pub async fn enter(portner: &Portner, visit: &Visit, page: OwnPage) -> Result<LoggedIn, Box<Response>> {
    let registry = portner.registry();
    let service = service_of(portner, visit, &registry, page).await?;
    let back = if visit.query.is_empty() {
        visit.path.clone()
    } else {
        format!("{}?{}", visit.path, visit.query)
    };
    match who_is_here(portner, visit, page, &registry, service, Use::Noted).await {
        Ok(logged_in) => Ok(logged_in),
        Err(Outside::MustLogIn) => {
            // Whoever gets in by CPR alone gets in by a proof of now.
            let fresh = page.is_by_cpr_alone();
            Err(Box::new(
                begin_login(portner, visit, &registry, page, service, &back, fresh).await,
            ))
        }
        Err(Outside::Refused(refused)) => Err(refuse(portner, visit, service, refused).await),
    }
}

/// Who is logged in, for a page that looks again by itself: nobody sits behind that for certain, so
/// the session is not kept awake by it, and no login begins. Nothing where nobody is let in.
pub async fn look_in(portner: &Portner, visit: &Visit, page: OwnPage) -> Result<Option<LoggedIn>, Refused> {
    let registry = portner.registry();
    let Some(service) = page.service_id().and_then(|id| registry.service(&id)) else {
        return Ok(None);
    };
    match who_is_here(portner, visit, page, &registry, service, Use::Unnoted).await {
        Ok(logged_in) => Ok(Some(logged_in)),
        Err(Outside::MustLogIn) => Ok(None),
        Err(Outside::Refused(refused)) => Err(refused),
    }
}

/// Who is logged in, for doing something. Whoever is not loses what they sent, and is told so.
async fn still_here(portner: &Portner, visit: &Visit, page: OwnPage) -> Result<LoggedIn, Box<Response>> {
    let registry = portner.registry();
    let service = service_of(portner, visit, &registry, page).await?;
    match who_is_here(portner, visit, page, &registry, service, Use::Noted).await {
        Ok(logged_in) => Ok(logged_in),
        Err(Outside::MustLogIn) => {
            let refused = Refusal::LoginLost.because("the session behind a form of our own is over");
            Err(refuse(portner, visit, service, refused).await)
        }
        Err(Outside::Refused(refused)) => Err(refuse(portner, visit, service, refused).await),
    }
}

/// The beginning of a login by a new proof that comes back to `back`, an address of this page.
pub async fn prove_again(portner: &Portner, visit: &Visit, page: OwnPage, back: &str) -> Response {
    let registry = portner.registry();
    match service_of(portner, visit, &registry, page).await {
        Ok(service) => begin_login(portner, visit, &registry, page, service, back, true).await,
        Err(response) => *response,
    }
}

/// The beginning of a login in which the holder of this name gives the present password, and makes
/// another one; it comes back to the front of the page.
pub async fn change_password(portner: &Portner, visit: &Visit, page: OwnPage, name: &BareName) -> Response {
    let registry = portner.registry();
    let service = match service_of(portner, visit, &registry, page).await {
        Ok(service) => service,
        Err(response) => return *response,
    };
    let Some(central) = registry.central() else {
        return *refuse(portner, visit, service, Refusal::NoUsableUpstream.into()).await;
    };
    let route = Route {
        upstream: central.profile.id.clone(),
        name: Some(LoginName::Bare(name.clone())),
    };
    let request = own::request(page, &service.profile.id, &registry, page.path(), true);
    begin::for_new_secret(portner, visit, &registry, request, route).await
}

async fn who_is_here(
    portner: &Portner,
    visit: &Visit,
    page: OwnPage,
    registry: &Registry,
    service: &Service,
    counts: Use,
) -> Result<LoggedIn, Outside> {
    let now = portner.ambient.now();
    let Some(session) = sessions::current(portner, visit).await? else {
        return Err(Outside::MustLogIn);
    };
    let session = sso::as_believed(registry, session);
    let profile = &service.profile;
    let upstream = registry
        .upstream(&session.upstream)
        .map(|upstream| &upstream.profile);
    let Some(upstream) = upstream.filter(|upstream| {
        upstream.enabled
            && profile.upstreams.admits(&upstream.id)
            && profile.wanted.is_met_by(&session.assurance)
    }) else {
        return Err(Outside::MustLogIn);
    };
    // Who gets in by CPR alone was asked for it here, whatever else the eID was used for a moment ago.
    let for_here_alone = page.is_by_cpr_alone() || !upstream.sessions.shared;
    if for_here_alone && !took_part(portner, &session, profile).await? {
        return Err(Outside::MustLogIn);
    }
    let found = portner.store.record_of_account(session.account, now).await;
    let record = found
        .map_err(Refused::from)?
        .map(|record| record.within(&upstream.institutions));
    let Some(record) = record.filter(|record| record.person.id == session.person) else {
        return Err(Outside::MustLogIn);
    };
    let Some(held) = record.account(session.account) else {
        return Err(Outside::MustLogIn);
    };
    let secret = if registry.is_central(&upstream.id) {
        secret_due::of_account(&portner.store, &portner.driver.rules, held, now).await?
    } else {
        None
    };
    let standing = Standing {
        upstream: Some(upstream),
        held,
        licensed: &BTreeSet::new(),
        level: Some(&session.assurance),
        secret: secret.as_ref(),
    };
    let actors = may_issue(profile, &standing, &[]).map_err(|why| match why {
        WhyNot::Account(refusal) => refusal.into(),
        WhyNot::PublicBodies => {
            let upstream = upstream.id.clone();
            Outside::from(Refusal::EidForPublicBodies { upstream })
        }
        // A login asks for what is missing, or says why there is none.
        _ => Outside::MustLogIn,
    })?;
    let logged_in = LoggedIn {
        page,
        person: record.person.clone(),
        account: held.account.clone(),
        actors,
        now,
        session,
    };
    if page.is_by_cpr_alone() && !logged_in.proved_within(FRESH) {
        return Err(Outside::MustLogIn);
    }
    let is_due = now.duration_since(logged_in.session.last_used) >= USED_EVERY;
    if counts == Use::Noted && is_due {
        let used = portner.store.use_session(logged_in.session.id, now).await;
        used.map_err(Refused::from)?;
    }
    Ok(logged_in)
}

/// Whether this very page was logged in to by this session's own proof, where an upstream's proof is for one alone.
/// A part that it has taken over from an earlier session was for that one's.
async fn took_part(portner: &Portner, session: &SsoSession, page: &ServiceProfile) -> Result<bool, Refused> {
    let own = session_index(session.id, page, &portner.driver.pseudonyms);
    let parts = portner.store.participations(session.id).await?;
    Ok(parts
        .iter()
        .any(|part| part.service == page.id && part.session_index == own))
}

async fn service_of<'r>(
    portner: &Portner,
    visit: &Visit,
    registry: &'r Registry,
    page: OwnPage,
) -> Result<&'r Service, Box<Response>> {
    match page.service_id().and_then(|id| registry.service(&id)) {
        Some(service) => Ok(service),
        None => Err(Box::new(
            refusal_page::outside_a_login(portner, visit, None, Refusal::NoSuchPage).await,
        )),
    }
}

async fn begin_login(
    portner: &Portner,
    visit: &Visit,
    registry: &Registry,
    page: OwnPage,
    service: &Service,
    back: &str,
    fresh: bool,
) -> Response {
    let id = &service.profile.id;
    let request = own::request(page, id, registry, back, fresh);
    begin::begin(portner, visit, registry, Some(id), Ok(Received::Login(request))).await
}

/// A refusal with the way back to the page's front.
async fn refuse(portner: &Portner, visit: &Visit, service: &Service, refused: Refused) -> Box<Response> {
    let id = Some(&service.profile.id);
    Box::new(refusal_page::outside_a_login(portner, visit, id, refused).await)
}
