//! `POST /oidc/backchannel-authentication`: a service asks for an adult's word for a pupil who is logged in
//! there, without a browser (OpenID CIBA, poll and ping); and how the token endpoint finds the answer.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use url::Url;

use super::caller::Caller;
use super::refuse::{self, failed};
use crate::domain::approval::{Approval, ApprovalId, ApprovalState, Sign, WAITS};
use crate::domain::audit::{AuditAct, AuditEvent, VouchAct};
use crate::domain::refusal::Refused;
use crate::domain::release::SubjectKind;
use crate::domain::session::SsoSession;
use crate::domain::teacher_help::Place;
use crate::keys::seal::SealPurpose;
use crate::oidc::backchannel::{
    BackchannelDocument, BackchannelRecord, BackchannelRequest, Hint, INTERVAL, Ping,
};
use crate::oidc::client::{BackchannelRule, OidcClient};
use crate::oidc::code::GrantedAnswer;
use crate::oidc::hint::IdTokenHint;
use crate::oidc::jwks::verification_keys;
use crate::oidc::params::Parameters;
use crate::oidc::token::{TokenErrorCode as Code, TokenRefused};
use crate::oidc::{acr, client::ClientAuthentication};
use crate::store::asking::{AskedBy, Asking};
use crate::store::ended_approvals::ApprovalUse;
use crate::store::ephemeral::StateKey;
use crate::store::grants::{Found, Grant, GrantFamily, Handle, HandleKind, NewGrant};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// Questions that one service may put about one pupil within an hour: fewer than the pupil has, so that no
/// service alone uses up what others need.
const PER_HOUR: u32 = 8;

/// Puts the question.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    match ask(&portner, &visit, &form).await {
        Ok(document) => refuse::nothing_kept(document),
        Err(refused) => {
            let mut response = refuse::denied_aloud(&portner, &visit, &form, &refused).await;
            if refused.code == Code::AccessDenied {
                // CIBA §13: here, and not at the token endpoint.
                *response.status_mut() = StatusCode::FORBIDDEN;
            }
            response
        }
    }
}

async fn ask(
    portner: &Portner,
    visit: &Visit,
    form: &Parameters,
) -> Result<BackchannelDocument, TokenRefused> {
    let caller = Caller::known(portner, visit, form).await?;
    let client = caller.client()?;
    let profile = &caller.service().profile;
    let is_public = matches!(client.authentication, ClientAuthentication::None);
    if client.rules.backchannel == BackchannelRule::Never
        || is_public
        || !profile.faktor_2
        || profile.subject == SubjectKind::Transient
    {
        return Err(TokenRefused::new(Code::UnauthorizedClient, "backchannel"));
    }
    let request = BackchannelRequest::read(form, &client.scopes)?;
    // One thing is offered so, and no other level.
    let wanted = acr::wanted(&request.acr_values);
    let adult = crate::login::level::with_an_adult(crate::domain::assurance::Assurance::LOWEST);
    if !request.acr_values.is_empty() && !wanted.is_met_by(&adult) {
        return Err(TokenRefused::new(Code::InvalidRequest, "acr_values"));
    }
    let must_call = matches!(client.rules.backchannel, BackchannelRule::Ping(_));
    if must_call != request.notification_token.is_some() {
        return Err(TokenRefused::new(
            Code::InvalidRequest,
            "client_notification_token",
        ));
    }
    let session = meant(portner, &caller, &request.hint).await?;
    let registry = portner.registry();
    let may_ask = portner.driver.may_ask(&registry, profile, &session).await;
    if !may_ask.map_err(|error| failed(&error))? {
        return Err(TokenRefused::new(Code::AccessDenied, "no_adult_could"));
    }
    let now = caller.now();
    let expires_in = request.expiry.map_or(WAITS, |asked| asked.min(WAITS));
    let asked = Approval {
        id: ApprovalId(portner.ambient.uuid()),
        person: session.person,
        account: session.account,
        session: Some(session.id),
        service: profile.id.clone(),
        // A service does not say where its user sits: nobody is ticked beforehand.
        place: Place::default(),
        sign: Sign::Message(request.binding_message.as_str().to_owned()),
        asked_at: now,
        closes_at: now.saturating_add(expires_in).unwrap_or(now),
        given: None,
        ended: None,
    };
    let handle = Handle::new(HandleKind::BackchannelRequest, &portner.ambient);
    let auth_req_id = handle.expose().to_owned();
    let by = AskedBy {
        ping: ping(portner, client, &request, &auth_req_id)?,
        per_hour: PER_HOUR,
        handle: NewGrant {
            handle,
            grant: grant(portner, client, &request, &asked)?,
        },
    };
    let event = event(visit, &session, &asked);
    let put = portner.store.ask_approval_by(&asked, &event, &by).await;
    match put.map_err(|error| failed(&error))? {
        Asking::Asked => {}
        Asking::TooMany => return Err(TokenRefused::new(Code::AccessDenied, "too_many")),
        Asking::SameSign => return Err(TokenRefused::new(Code::InvalidBindingMessage, "same_text")),
    }
    Ok(BackchannelDocument {
        auth_req_id,
        expires_in: expires_in.as_secs(),
        interval: INTERVAL,
    })
}

/// What a client can do that has named somebody with several sessions.
const NAME_THE_SESSION: &str = "the user is logged in more than once: send an id_token_hint with the sid";

/// The session of whoever the client means, at that client. A name is enough where there is one session only: of
/// two devices one may be somebody else's, and an adult's word is for the one that shows the text (I07).
async fn meant(portner: &Portner, caller: &Caller, hint: &Hint) -> Result<SsoSession, TokenRefused> {
    let unknown = TokenRefused::new(Code::UnknownUserId, "nobody_logged_in");
    let service = caller.service();
    let (subject, sid) = match hint {
        Hint::Subject(subject) => (subject.clone(), None),
        Hint::IdToken(token) => {
            let face = &portner.services.oidc;
            let keys = verification_keys(face.published_keys());
            let read = IdTokenHint::read(token, face.issuer_of(service), &keys).map_err(|_| unknown)?;
            if read.client_id != caller.client()?.client_id {
                return Err(unknown);
            }
            (read.subject, read.session)
        }
    };
    let now = caller.now();
    let found = portner
        .store
        .sessions_of_subject(&service.profile.id, &subject, sid.as_deref(), now);
    let found = found.await.map_err(|error| failed(&error))?;
    let limits = portner.session_limits();
    let mut live = found.into_iter().filter(|session| session.is_live(now, &limits));
    match (live.next(), live.next()) {
        (Some(session), None) => Ok(session),
        (Some(_), Some(_)) => {
            Err(TokenRefused::new(Code::UnknownUserId, "several_sessions").with_advice(NAME_THE_SESSION))
        }
        (None, _) => Err(unknown),
    }
}

/// What a client is to be called with, sealed, where it wants to be called.
fn ping(
    portner: &Portner,
    client: &OidcClient,
    request: &BackchannelRequest,
    auth_req_id: &str,
) -> Result<Option<Vec<u8>>, TokenRefused> {
    let (BackchannelRule::Ping(to), Some(token)) = (&client.rules.backchannel, &request.notification_token)
    else {
        return Ok(None);
    };
    let ping = Ping {
        to: to.as_str().to_owned(),
        token: token.clone(),
        auth_req_id: auth_req_id.to_owned(),
    };
    let plain = postcard::to_stdvec(&ping).map_err(|error| failed(&error))?;
    let sealed = portner.sealer.seal(SealPurpose::BackchannelRequest, &plain);
    sealed.map(Some).map_err(|error| failed(&error))
}

/// What the client's `auth_req_id` stands for.
fn grant(
    portner: &Portner,
    client: &OidcClient,
    request: &BackchannelRequest,
    asked: &Approval,
) -> Result<Grant, TokenRefused> {
    let record = BackchannelRecord {
        client_id: client.client_id.clone(),
        approval: asked.id.0,
        acr_values: request.acr_values.clone(),
        scopes: request.scopes.clone(),
    };
    let plain = postcard::to_stdvec(&record).map_err(|error| failed(&error))?;
    let payload = portner.sealer.seal(SealPurpose::BackchannelRequest, &plain);
    Ok(Grant {
        family: GrantFamily(portner.ambient.uuid()),
        session: asked.session,
        login: None,
        bound_to: client.client_id.as_str().to_owned(),
        payload: payload.map_err(|error| failed(&error))?,
        issued_at: asked.asked_at,
        // A client that comes a little late is told that it is.
        expires_at: asked
            .closes_at
            .saturating_add(SignedDuration::from_mins(10))
            .unwrap_or(asked.closes_at),
    })
}

/// What a client is told once an adult has said yes.
pub(super) struct ToldOfLevel {
    /// The tokens' contents.
    pub(super) answer: GrantedAnswer,
    /// When the level is over.
    pub(super) level_ends: Timestamp,
    /// What ends with it.
    pub(super) used: ApprovalUse,
}

/// How a question stands, for the client that asked it.
pub(super) async fn answer(
    portner: &Portner,
    caller: &Caller,
    (record, found): (&BackchannelRecord, &Found),
) -> Result<ToldOfLevel, TokenRefused> {
    let denied = TokenRefused::new(Code::AccessDenied, "denied");
    let now = caller.now();
    let approval = portner.store.approval(ApprovalId(record.approval)).await;
    let approval = approval.map_err(|error| failed(&error))?.ok_or(denied)?;
    match approval.state(now) {
        ApprovalState::Waiting => return Err(TokenRefused::new(pace(portner, record).await?, "pending")),
        ApprovalState::RanOut | ApprovalState::Over => {
            return Err(TokenRefused::new(Code::ExpiredToken, "expired"));
        }
        ApprovalState::Ended(_) => return Err(denied),
        ApprovalState::Standing => {}
    }
    let session = match found.grant.session {
        Some(session) => portner.store.session_by_id(session, now).await,
        None => Ok(None),
    };
    let session = session.map_err(|error| failed(&error))?.ok_or(denied)?;
    let registry = portner.registry();
    let service = caller.service();
    let told = portner
        .driver
        .answer_in_session(&registry, &service.profile, &session, &approval)
        .await;
    let told = told.map_err(|error| failed(&error))?.ok_or(denied)?;
    let asked = (record.acr_values.as_slice(), record.scopes.clone());
    Ok(ToldOfLevel {
        answer: portner.services.oidc.granted(service, &told, asked),
        level_ends: told.session_ends,
        used: ApprovalUse {
            approval: approval.id,
            service: service.profile.id.clone(),
            family: Some(found.grant.family),
        },
    })
}

/// Calls those who want to hear that there is an answer; each once, whether it is heard or not: who was not
/// reached may look as well.
pub async fn ping_those_who_wait(portner: &Portner) -> Result<(), Refused> {
    for sealed in portner.store.take_pings(portner.ambient.now()).await? {
        let plain = portner.sealer.open(SealPurpose::BackchannelRequest, &sealed);
        let ping = plain
            .ok()
            .and_then(|plain| postcard::from_bytes::<Ping>(&plain).ok());
        let Some((to, ping)) = ping.and_then(|ping| Some((Url::parse(&ping.to).ok()?, ping))) else {
            continue;
        };
        let portner = portner.clone();
        tokio::spawn(async move { call(&portner, &to, &ping).await });
    }
    Ok(())
}

async fn call(portner: &Portner, to: &Url, ping: &Ping) {
    let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {}", ping.token)) else {
        return;
    };
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    let document = json!({ "auth_req_id": ping.auth_req_id }).to_string();
    match portner.egress.post_json(to, headers, document).await {
        Ok(answer) if answer.status.is_success() => {}
        Ok(answer) => {
            tracing::warn!(party = %to.host_str().unwrap_or_default(), status = answer.status.as_u16(), "a client did not take its call");
        }
        Err(error) => {
            let cause = crate::telemetry::log::chain(&error);
            tracing::warn!(party = %to.host_str().unwrap_or_default(), cause, "a client could not be called");
        }
    }
}

/// Whether a client that looks again before its time is told so.
async fn pace(portner: &Portner, record: &BackchannelRecord) -> Result<Code, TokenRefused> {
    let key = StateKey::of("ciba.poll", &[&record.approval.to_string()]);
    let first = portner
        .ephemeral
        .once(&key, SignedDuration::from_secs(INTERVAL))
        .await;
    Ok(if first.map_err(|error| failed(&error))? {
        Code::AuthorizationPending
    } else {
        Code::SlowDown
    })
}

fn event(visit: &Visit, session: &SsoSession, asked: &Approval) -> AuditEvent {
    AuditEvent::new(
        visit.reference.0,
        asked.asked_at,
        AuditAct::Vouched {
            act: VouchAct::Asked,
            approval: asked.id,
            by: None,
            reason: None,
        },
    )
    .asked_by(asked.service.clone())
    .vouched_by(session.upstream.clone())
    .about(asked.person, asked.account)
}
