//! `POST /oidc/token`: a code or a refresh token becomes tokens, for the service that asked.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::caller::Caller;
use super::kept::{self, Origin};
use super::refuse::{self, failed};
use super::{backchannel, cors, denied, gate, proof};
use crate::domain::actor::ActorId;
use crate::domain::evidence::Exchanged;
use crate::login::transaction::TransactionId;
use crate::oidc::backchannel::BackchannelRecord;
use crate::oidc::client::{ClientId, Confirmation, OidcClient, RefreshLife};
use crate::oidc::code::{CodeRecord, TokenRecord};
use crate::oidc::params::Parameters;
use crate::oidc::refresh::RefreshRequest;
use crate::oidc::token::{
    CodeRequest, Issuance, MadeTokens, TokenDocument, TokenErrorCode, TokenRefused, TokenRequest,
};
use crate::store::grants::{Consumption, Exchange, Found, GrantFamily, Handle, HandleKind, NewGrant};
use crate::web::incoming::Posted;
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::witness;

/// Gives tokens.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let posted = Posted::read(&body);
    let form = Parameters::new(posted.fields().iter().cloned());
    let response = match tokens(&portner, &visit, &form).await {
        Ok(document) => refuse::nothing_kept(document),
        Err(refused) => refuse::denied(&portner, &visit, &form, &refused).await,
    };
    let response = proof::with_nonce(&portner, &visit, response);
    cors::allow(&portner, &visit.headers, response)
}

/// Answers a browser that asks before it sends.
pub use super::cors::preflight;

async fn tokens(portner: &Portner, visit: &Visit, form: &Parameters) -> Result<TokenDocument, TokenRefused> {
    let caller = Caller::known(portner, visit, form).await?;
    let request = TokenRequest::read(form)?;
    let client = caller.client()?;
    let proved = proof::of_client(portner, visit, &client.rules).await?;
    let asking = Asking {
        portner,
        caller: &caller,
        client,
        proved,
    };
    let (issuance, made) = match &request {
        TokenRequest::Code(request) => asking.redeem(request).await?,
        TokenRequest::Refresh(request) => asking.renew(request).await?,
        TokenRequest::Backchannel(id) => asking.fetch(id).await?,
    };
    let face = &portner.services.oidc;
    let issuer = face.issuer_of(caller.service());
    let signer = face.signer_for(client);
    let document = issuance.document(issuer, made, &*signer, caller.now()).await;
    let document = document.map_err(|error| failed(&error))?;
    if let Some(sent) = document.id_token() {
        let service = &caller.service().profile;
        let login = issuance.record.answer.login.as_deref();
        let login = login.and_then(TransactionId::parse);
        let kept = witness::of_service(portner, service, login, Exchanged::IdTokenSent, sent);
        kept.await.map_err(|refused| failed(&refused))?;
    }
    Ok(document)
}

/// A client that has proved who it is, and what its tokens are to be bound to.
struct Asking<'a> {
    portner: &'a Portner,
    caller: &'a Caller,
    client: &'a OidcClient,
    proved: Option<Confirmation>,
}

impl Asking<'_> {
    /// Takes the code out of the store and puts tokens in its place. The code is burnt by the
    /// first try, right or wrong (E04, E06).
    async fn redeem(&self, request: &CodeRequest) -> Result<(Issuance, MadeTokens), TokenRefused> {
        let kind = HandleKind::AuthorizationCode;
        let code = Handle::parse(kind, &request.code).ok_or(invalid_grant(unknown(kind)))?;
        let (code, found) = self.found(code).await?;
        let record: CodeRecord = kept::open(self.portner, kind, &found.grant)?;
        self.only_its_own(&record.client_id, &found).await?;
        self.still_stands(&found, &record.answer.acting).await?;
        let redeemed = record.redeem(self.client, request, self.proved.as_ref(), self.caller.now());
        let issuance = match redeemed {
            Ok(issuance) => issuance,
            Err(refused) => {
                self.burn(code, Vec::new()).await?;
                return Err(refused);
            }
        };
        let origin = Origin::of(&found);
        let (made, rows) = self.made(&issuance, &origin, &found).await?;
        self.burn(code, rows).await?;
        Ok((issuance, made))
    }

    /// Gives tokens for a login that was asked for without a browser, once an adult has said yes.
    async fn fetch(&self, id: &str) -> Result<(Issuance, MadeTokens), TokenRefused> {
        let kind = HandleKind::BackchannelRequest;
        let handle = Handle::parse(kind, id).ok_or(invalid_grant(unknown(kind)))?;
        let (handle, found) = self.found(handle).await?;
        let record: BackchannelRecord = kept::open(self.portner, kind, &found.grant)?;
        if record.client_id != self.client.client_id {
            // Whoever asked goes on waiting: nobody else ends a question that an adult still looks at.
            return Err(invalid_grant(OTHER_CLIENT));
        }
        let told = backchannel::answer(self.portner, self.caller, (&record, &found)).await?;
        let issuance = Issuance {
            nonce: None,
            record: TokenRecord {
                client_id: record.client_id.clone(),
                resources: Vec::new(),
                confirmation: self.proved.clone(),
                answer: told.answer,
            },
            renewal: None,
        };
        let origin = Origin::of(&found).until(told.level_ends);
        let (made, rows) = self.made(&issuance, &origin, &found).await?;
        let (store, now) = (&self.portner.store, self.caller.now());
        let noted = store.note_approval_use(&told.used, now).await;
        if !noted.map_err(|error| failed(&error))? {
            return Err(TokenRefused::new(TokenErrorCode::AccessDenied, "taken_back"));
        }
        self.burn(handle, rows).await?;
        Ok((issuance, made))
    }

    /// Renews tokens. Where refresh tokens rotate, the old one is used up, and its second use
    /// ends the family (E12).
    async fn renew(&self, request: &RefreshRequest) -> Result<(Issuance, MadeTokens), TokenRefused> {
        let kind = HandleKind::RefreshToken;
        let token = Handle::parse(kind, &request.token).ok_or(invalid_grant(unknown(kind)))?;
        let (token, found) = self.found(token).await?;
        let record: TokenRecord = kept::open(self.portner, kind, &found.grant)?;
        self.only_its_own(record.client_id(), &found).await?;
        let outlives_session = found.grant.session.is_none();
        if outlives_session && !matches!(self.client.rules.refresh.life, RefreshLife::Offline(_)) {
            self.revoke(found.grant.family).await?;
            return Err(invalid_grant("no_more_offline"));
        }
        self.still_stands(&found, &record.answer.acting).await?;
        let service = self.caller.service();
        let may_have = |claim: &str| service.may_have_claim(claim);
        let renewed = record
            .clone()
            .renew(self.client, request, self.proved.as_ref(), may_have)?;
        let issuance = Issuance {
            nonce: None,
            record: renewed,
            renewal: None,
        };
        let origin = Origin::of(&found);
        let (mut made, mut rows) = self.made(&issuance, &origin, &found).await?;
        if self.client.rules.refresh.rotates {
            let validity = (self.caller.now(), found.grant.expires_at);
            let next = origin.refresh_token(self.portner, &record, validity)?;
            made.refresh_token = Some(next.text);
            rows.push(next.row);
            self.burn(token, rows).await?;
        } else {
            let issued = self.portner.writer.issue(rows).await;
            issued.map_err(|error| failed(&error))?;
        }
        Ok((issuance, made))
    }

    /// What the handle stands for. A code or token that was used before ends its family.
    async fn found(&self, handle: Handle) -> Result<(Handle, Found), TokenRefused> {
        let found = self.portner.store.find_grant(&handle, self.caller.now()).await;
        let Some(found) = found.map_err(|error| failed(&error))? else {
            let kind = handle.kind();
            self.burn(handle, Vec::new()).await?;
            // It is granted only if it was given out in this very moment, after we looked.
            return Err(invalid_grant(unknown(kind)));
        };
        Ok((handle, found))
    }

    /// What a login would not give any more is not given on the strength of an earlier one (DR08).
    async fn still_stands(&self, found: &Found, acting: &[ActorId]) -> Result<(), TokenRefused> {
        let stands = gate::may_issue(self.portner, found, acting, self.caller.now()).await;
        let Err(why) = stands.map_err(|error| failed(&error))? else {
            return Ok(());
        };
        self.revoke(found.grant.family).await?;
        Err(invalid_grant(why.word()))
    }

    /// In another client's hands a code or token has leaked: all that came of it ends (E06, E12).
    async fn only_its_own(&self, owner: &ClientId, found: &Found) -> Result<(), TokenRefused> {
        if *owner == self.client.client_id {
            return Ok(());
        }
        self.revoke(found.grant.family).await?;
        Err(invalid_grant(OTHER_CLIENT))
    }

    /// The tokens of an issuance, and the rows that they are kept in.
    async fn made(
        &self,
        issuance: &Issuance,
        origin: &Origin,
        found: &Found,
    ) -> Result<(MadeTokens, Vec<NewGrant>), TokenRefused> {
        let (portner, now) = (self.portner, self.caller.now());
        let face = &portner.services.oidc;
        let signer = face.signer_for(self.client);
        let us = (face.issuer_of(self.caller.service()), &*signer);
        let access = origin.access_token(portner, &issuance.record, us, now).await?;
        let mut rows = vec![access.row];
        let mut made = MadeTokens {
            access_token: access.text,
            refresh_token: None,
            good_until: origin.access_until(now),
        };
        if let Some((life, record)) = &issuance.renewal {
            let origin = match kept::offline_login(found).filter(|_| life.outlives_session) {
                Some(login) => origin.beyond_session(login),
                None => origin.clone(),
            };
            let refresh = origin.refresh_token(portner, record, (now, life.expires_at))?;
            made.refresh_token = Some(refresh.text);
            rows.push(refresh.row);
        }
        Ok((made, rows))
    }

    /// Uses a handle up. A second try of a code or a token ends everything that came of the first (E06, E12).
    async fn burn(&self, handle: Handle, gives: Vec<NewGrant>) -> Result<(), TokenRefused> {
        let kind = handle.kind();
        let exchange = Exchange {
            handle,
            bound_to: self.client.client_id.as_str().to_owned(),
            gives,
        };
        let consumed = self.portner.writer.exchange(exchange).await;
        match consumed.map_err(|error| failed(&error))? {
            Consumption::Granted(_) => Ok(()),
            // What never passed a browser leaks to nobody: a client that looks twice has lost an answer.
            Consumption::Replayed(_) if kind == HandleKind::BackchannelRequest => {
                Err(invalid_grant("used_request"))
            }
            Consumption::Replayed(family) => {
                self.revoke(family).await?;
                Err(invalid_grant(if kind == HandleKind::AuthorizationCode {
                    denied::CODE_REPLAY
                } else {
                    denied::REFRESH_REPLAY
                }))
            }
            Consumption::Refused => Err(invalid_grant(unknown(kind))),
        }
    }

    /// Ends a family, and what came of it to outlive its session.
    async fn revoke(&self, family: GrantFamily) -> Result<(), TokenRefused> {
        for family in [family, family.beyond_session()] {
            let revoked = self.portner.store.revoke_family(family, self.caller.now()).await;
            revoked.map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

/// Why something is refused that another client was given.
const OTHER_CLIENT: &str = "other_client";

/// Why a handle is refused that nobody has, or that has run out.
const fn unknown(kind: HandleKind) -> &'static str {
    match kind {
        HandleKind::AuthorizationCode => "unknown_code",
        HandleKind::BackchannelRequest => "unknown_request",
        _ => "unknown_refresh",
    }
}

const fn invalid_grant(reason: &'static str) -> TokenRefused {
    TokenRefused::new(TokenErrorCode::InvalidGrant, reason)
}
