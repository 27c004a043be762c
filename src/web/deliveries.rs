//! `/import`: school systems deliver people over HTTP. Who may, and about whom, is in the settings;
//! what is done with a delivery is the importer's.
//!
//! Nothing of a body is read before it is known who sends it, and one is taken in at a time: a file
//! of fifty megabytes is held in memory while it is read.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use url::form_urlencoded;

use super::state::Portner;
use super::visit::Visit;
use crate::config::deliverers::{Deliverer, DelivererProof};
use crate::domain::import::{Counts, ImportFinding, ImportState, Reason, Way};
use crate::oidc::client::Thumbprint;
use crate::people::import::delivery::Delivery;
use crate::people::import::finding;
use crate::people::import::held::{self, FileBytes};
use crate::people::import::importer::{Handover, ImportFailed, Importer, Outcome, Wish};
use crate::people::import::incoming::{Incoming, Unread};
use crate::people::import::reason::said;
use crate::people::import::unilogin::Kind;
use crate::telemetry::log::chain;
use crate::texts::Words;

/// Where deliveries are sent.
pub const PATH: &str = "/import";
/// The longest file (K02).
const MOST_BYTES: usize = 50 * 1024 * 1024;
/// How many findings of one delivery are told; the rest is counted.
const MOST_FINDINGS: usize = 1_000;
/// In seconds: another delivery is being read.
const WAIT: &str = "30";

/// Room for the body of a delivery, as long as it is held.
#[derive(Clone)]
pub struct Room(#[expect(dead_code, reason = "it is held, not read")] Arc<OwnedSemaphorePermit>);

impl Room {
    /// How long the body may be.
    pub const BYTES: usize = MOST_BYTES;
}

/// Makes room for a delivery by somebody who may deliver; an answer where there is none, or where it
/// is nobody.
pub fn room(portner: &Portner, visit: &Visit) -> Result<Room, Box<Response>> {
    if sender(portner, visit).is_none() {
        return Err(Box::new(unknown()));
    }
    match Arc::clone(&portner.deliveries).try_acquire_owned() {
        Ok(permit) => Ok(Room(Arc::new(permit))),
        Err(_) => Err(Box::new(busy())),
    }
}

/// Whether a request is a delivery.
pub fn is_one(parts: &Parts) -> bool {
    parts.uri.path() == PATH && parts.method == axum::http::Method::POST
}

/// `POST /import?kind=full|delta|delete`: the file as it is. The kind may be left out where the file says it.
pub async fn post(
    State(portner): State<Portner>,
    visit: Visit,
    RawQuery(query): RawQuery,
    Extension(_room): Extension<Room>,
    body: Bytes,
) -> Response {
    let Some(sender) = sender(&portner, &visit) else {
        return unknown();
    };
    let words = portner.texts.in_language(visit.language(&portner, None));
    let Ok(kind) = kind_of(query.as_deref().unwrap_or_default()) else {
        return refused(StatusCode::BAD_REQUEST, "kind is none of full, delta and delete");
    };
    // Reading is work for a thread of its own: no login waits for it.
    let read = tokio::task::spawn_blocking(move || held::read(&body[..], kind)).await;
    let (incoming, file) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(unread)) => {
            tracing::warn!(deliverer = %sender.name, error = %chain(&unread), "a delivery could not be read");
            let said = match &unread {
                Unread::Refused(refusal) => refusal.words(&words),
                Unread::File(error) => error.to_string(),
            };
            return refused(StatusCode::BAD_REQUEST, &said);
        }
        Err(error) => {
            tracing::error!(%error, "reading a delivery ended in a panic");
            return refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the delivery could not be read",
            );
        }
    };
    take_in(&portner, sender, &incoming, file, &words).await
}

async fn take_in(
    portner: &Portner,
    sender: &Deliverer,
    incoming: &Incoming,
    file: Option<FileBytes>,
    words: &Words<'_>,
) -> Response {
    let strange = |delivery: &&Delivery| !sender.sources.contains(&delivery.source);
    if let Some(delivery) = incoming.deliveries.iter().find(strange) {
        tracing::warn!(
            deliverer = %sender.name,
            source = %delivery.source,
            "a delivery speaks for a source that is not its deliverer's"
        );
        return refused(
            StatusCode::FORBIDDEN,
            "this deliverer does not speak for the source of the file",
        );
    }
    let importer = importer(portner);
    let from = Handover {
        way: Way::Http,
        by: sender.name.clone(),
        digest: incoming.digest,
        speaks_for: Some(sender.institutions.clone()),
        file,
        witness: None,
    };
    let mut told = Vec::with_capacity(incoming.deliveries.len());
    let mut status = StatusCode::OK;
    for delivery in &incoming.deliveries {
        let institution = delivery.institution.number.to_string();
        let one = match importer.import(delivery, &from, &Wish::default(), words).await {
            Ok(outcome) => Told::of(institution, &outcome, words),
            Err(error) => {
                tracing::warn!(deliverer = %sender.name, institution, error = %chain(&error), "a delivery could not be taken in");
                let is_passing = matches!(error, ImportFailed::Store(_) | ImportFailed::Busy);
                Told::failed(institution, is_passing, &error)
            }
        };
        status = worse(status, one.status());
        told.push(one);
    }
    let mut response = json(status, &serde_json::json!({ "deliveries": told }));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static(WAIT));
    }
    response
}

/// Whoever takes deliveries in, by whichever way they come.
pub fn importer(portner: &Portner) -> Importer {
    Importer {
        store: portner.store.clone(),
        vault: Arc::clone(&portner.driver.vault),
        ambient: portner.ambient.clone(),
        limits: portner.settings.import.limits,
        keeper: Some(portner.sealer.clone()),
    }
}

/// Who sends, by the token or the certificate that they show.
fn sender<'p>(portner: &'p Portner, visit: &Visit) -> Option<&'p Deliverer> {
    let deliverers = &portner.settings.import.deliverers;
    deliverers.iter().find(|known| proves(visit, &known.proof))
}

/// Whether a program shows this token or this certificate.
pub(super) fn proves(visit: &Visit, proof: &DelivererProof) -> bool {
    match proof {
        DelivererProof::Token(hash) => bearer(&visit.headers).is_some_and(|token| {
            let shown = digest(&SHA256, token.as_bytes());
            verify_slices_are_equal(shown.as_ref(), hash).is_ok()
        }),
        DelivererProof::Folder(_) => false,
        DelivererProof::Certificate(hash) => {
            let shown = visit.certificate.as_ref().map(|shown| shown.thumbprint());
            shown == Some(Thumbprint::of_digest(hash))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (one, more) = (all.next()?, all.next());
    let (scheme, token) = one.to_str().ok().filter(|_| more.is_none())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn kind_of(query: &str) -> Result<Option<Kind>, ()> {
    let mut kinds = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "kind");
    match (kinds.next(), kinds.next()) {
        (None, _) => Ok(None),
        (Some((_, word)), None) => Kind::parse(&word).map(Some).ok_or(()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// What the sender is told of one institution.
#[derive(Serialize)]
struct Told {
    institution: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<String>,
    /// `applied`, `unchanged` (these very bytes were applied before), `held`, `refused` or `failed`.
    state: &'static str,
    /// What changed, or would; of what was refused, how many rows. Nothing where nothing is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    reasons: Vec<String>,
    findings: Vec<Finding>,
    more_findings: usize,
    #[serde(skip)]
    is_passing: bool,
}

/// What is wrong with one row. Never a number, never a name.
#[derive(Serialize)]
struct Finding {
    line: Option<u64>,
    subject: Option<String>,
    what: String,
    remedy: String,
}

impl Told {
    fn of(institution: String, outcome: &Outcome, words: &Words<'_>) -> Self {
        let record = &outcome.record;
        let state = match record.state {
            ImportState::Applied if outcome.again => "unchanged",
            ImportState::Applied => "applied",
            ImportState::Held => "held",
            ImportState::Refused | ImportState::Overtaken | ImportState::Discarded => "refused",
        };
        let findings = &outcome.overview.findings;
        let told = |one: &ImportFinding| {
            let said = finding::said(one, words);
            Finding {
                line: one.line,
                subject: one.subject.clone(),
                what: said.what,
                remedy: said.mend,
            }
        };
        Self {
            institution,
            import: Some(record.id.to_string()),
            state,
            // What was there before is no change of this time.
            counts: (!outcome.again).then_some(record.counts),
            reasons: record
                .reasons
                .iter()
                .map(|reason: &Reason| said(reason, words))
                .collect(),
            more_findings: findings.len().saturating_sub(MOST_FINDINGS),
            findings: findings.iter().take(MOST_FINDINGS).map(told).collect(),
            is_passing: false,
        }
    }

    fn failed(institution: String, is_passing: bool, error: &ImportFailed) -> Self {
        Self {
            institution,
            import: None,
            state: "failed",
            counts: None,
            reasons: vec![error.to_string()],
            findings: Vec::new(),
            more_findings: 0,
            is_passing,
        }
    }

    fn status(&self) -> StatusCode {
        match self.state {
            "held" => StatusCode::ACCEPTED,
            "failed" if self.is_passing => StatusCode::SERVICE_UNAVAILABLE,
            "refused" | "failed" => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        }
    }
}

/// Of several institutions the one that needs somebody to look decides.
fn worse(one: StatusCode, other: StatusCode) -> StatusCode {
    one.max(other)
}

fn unknown() -> Response {
    let mut response = refused(
        StatusCode::UNAUTHORIZED,
        "no deliverer has this token or this certificate",
    );
    let challenge = HeaderValue::from_static("Bearer realm=\"import\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// The file is longer than any school's.
pub fn too_long() -> Response {
    refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the file is longer than 50 MB: nothing of it was read",
    )
}

fn busy() -> Response {
    let mut response = refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "another delivery is being taken in: try again",
    );
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static(WAIT));
    response
}

fn refused(status: StatusCode, why: &str) -> Response {
    json(status, &serde_json::json!({ "error": why }))
}

fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let kind = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [kind], body.to_string()).into_response()
}
