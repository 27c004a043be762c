//! `/status` (driftsinfo, U20): how every login does, and what is fetched from federations, in words for
//! users; and the same for programs. Nothing of it says where anything is within.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::pages::{FeedState, FeedStatus, Notice, StatusPage, UpstreamState, UpstreamStatus};
use super::state::Portner;
use super::visit::Visit;
use super::{times, views};
use crate::config::notices::NoticeAt;
use crate::domain::text::{Language, LocalizedName};
use crate::domain::upstream::UpstreamProfile;
use crate::telemetry::metrics::SourceState;

/// For how long programs are told the same: however many ask, it is made once.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// What programs were told last.
#[derive(Debug, Default)]
pub struct StatusMemory(Mutex<Option<(Timestamp, Bytes)>>);

/// The status page: how upstreams and feeds do.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let page = views::page(&portner, &visit, None);
    let language = page.words.language();
    let now = portner.ambient.now();
    let registry = portner.registry();
    let shown = registry
        .upstreams()
        .map(|upstream| &upstream.profile)
        .filter(|profile| !profile.hidden);
    let upstreams = shown.map(|profile| UpstreamStatus {
        name: profile.name.in_language(language).to_owned(),
        state: state_of(&portner, profile, now),
    });
    let notices = portner.notices.current();
    let notices = notices.due(NoticeAt::Status, now).map(|notice| Notice {
        when: notice
            .from
            .map(|from| times::readable(from, language))
            .unwrap_or_default(),
        text: notice.text.in_language(language).to_owned(),
    });
    let view = StatusPage {
        as_of: times::readable(now, language),
        notices: notices.collect(),
        upstreams: upstreams.collect(),
        feeds: feeds(&portner),
        page,
    };
    let remembered = views::remember_language(&portner, &visit);
    views::with_cookies(views::html(StatusCode::OK, &view), remembered)
}

/// The same for programs.
pub async fn json(State(portner): State<Portner>) -> Response {
    let now = portner.ambient.now();
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=10"),
    ];
    (headers, portner.status.at(now, || told(&portner, now))).into_response()
}

impl StatusMemory {
    fn at(&self, now: Timestamp, tell: impl FnOnce() -> Value) -> Bytes {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, said)) = &*last
            && (SignedDuration::ZERO..REMEMBERED).contains(&now.duration_since(*at))
        {
            return said.clone();
        }
        let said = Bytes::from(tell().to_string());
        *last = Some((now, said.clone()));
        said
    }
}

fn told(portner: &Portner, now: Timestamp) -> Value {
    let registry = portner.registry();
    let profiles = registry.upstreams().map(|upstream| &upstream.profile);
    let upstreams: Vec<Value> = profiles
        .filter(|profile| !profile.hidden)
        .map(|profile| {
            let state = match state_of(portner, profile, now) {
                UpstreamState::Ok => "ok",
                UpstreamState::Trouble => "trouble",
                UpstreamState::Off => "off",
            };
            json!({ "name": both(&profile.name), "state": state })
        })
        .collect();
    let feeds: Vec<Value> = feeds(portner)
        .into_iter()
        .map(|feed| {
            let state = match feed.state {
                FeedState::Ok => "ok",
                FeedState::Late => "late",
                FeedState::Waits => "waits",
            };
            json!({ "name": feed.name, "state": state })
        })
        .collect();
    let notices = portner.notices.current();
    let notices: Vec<Value> = notices
        .due(NoticeAt::Status, now)
        .map(|notice| {
            let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
            json!({ "text": both(&notice.text), "from": moment(notice.from), "until": moment(notice.until) })
        })
        .collect();
    json!({
        "as_of": now.to_string(),
        "upstreams": upstreams,
        "feeds": feeds,
        "notices": notices,
    })
}

fn both(name: &LocalizedName) -> Value {
    json!({ "da": name.in_language(Language::Da), "en": name.in_language(Language::En) })
}

fn state_of(portner: &Portner, profile: &UpstreamProfile, now: Timestamp) -> UpstreamState {
    match (profile.enabled, portner.health.is_troubled(&profile.id, now)) {
        (false, _) => UpstreamState::Off,
        (true, true) => UpstreamState::Trouble,
        (true, false) => UpstreamState::Ok,
    }
}

fn feeds(portner: &Portner) -> Vec<FeedStatus> {
    let feeds = portner.trust.feeds().into_iter();
    feeds
        .map(|(name, state)| FeedStatus {
            name,
            state: match state {
                SourceState::Good => FeedState::Ok,
                SourceState::Failing => FeedState::Late,
                SourceState::Quarantined => FeedState::Waits,
            },
        })
        .collect()
}
