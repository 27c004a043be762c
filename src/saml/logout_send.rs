//! Sending logout messages by every binding, always signed (saml-profiles §4.4).
//!
//! Through the browser by Redirect, which needs no script; by POST where the party takes nothing
//! else, or where the user's name tells who they are and has no business in an address (F10). By
//! SOAP when asked to. Who is told, and in which order, is not decided here.

use jiff::Timestamp;

use super::authn_request_write::Outbound;
use super::binding_redirect;
use super::ids::MessageId;
use super::logout::LogoutHead;
use super::name_id::NameId;
use super::peer::{AssertionEncryption, EndpointUrl, EntityId, LogoutEndpoints};
use super::status::Status;
use super::xml::{CanonicalXml, SigningFailed, WriteRefusal, encrypt, sign_enveloped};
use super::{MessageKind, binding_post, soap};
use crate::ambient::Entropy;
use crate::keys::Signer;

/// Ourselves, about to send.
#[derive(Clone, Copy)]
pub struct LogoutSender<'a> {
    /// Ourselves, as the other party knows us.
    pub issuer: &'a EntityId,
    /// What we sign with.
    pub signer: &'a dyn Signer,
    /// The message's identifier.
    pub id: &'a MessageId,
    /// When the messages are written.
    pub now: Timestamp,
}

/// Whose session is to end.
#[derive(Clone, Copy)]
pub struct SessionToEnd<'a> {
    /// What the party calls the user.
    pub name_id: &'a NameId,
    /// What it calls the session.
    pub index: Option<&'a str>,
    /// Whether the name tells who the user is.
    pub is_telling: bool,
    /// How the name is encrypted, where the party wants that.
    pub encryption: Option<(&'a AssertionEncryption, &'a dyn Entropy)>,
}

/// Where a message goes through the browser.
enum Front<'a> {
    Redirect(&'a EndpointUrl),
    Post(&'a EndpointUrl),
}

impl LogoutSender<'_> {
    /// A request through the browser; nothing where the party takes none.
    pub async fn request(
        &self,
        to: &LogoutEndpoints,
        session: SessionToEnd<'_>,
        relay_state: &str,
    ) -> Result<Option<Outbound>, SigningFailed> {
        let front = if session.is_telling && session.encryption.is_none() {
            to.post.as_ref().map(Front::Post).or_else(|| front(to))
        } else {
            front(to)
        };
        let Some(front) = front else { return Ok(None) };
        let message = self.asking(front.address(), session)?;
        self.carry(front, MessageKind::Request, message, Some(relay_state))
            .await
            .map(Some)
    }

    /// An answer through the browser; nothing where the party takes none.
    pub async fn response(
        &self,
        to: &LogoutEndpoints,
        in_response_to: &str,
        status: &Status,
        relay_state: Option<&str>,
    ) -> Result<Option<Outbound>, SigningFailed> {
        let Some(front) = front(to).map(|front| front.for_responses(to)) else {
            return Ok(None);
        };
        let message = self.head(front.address()).response(in_response_to, status)?;
        self.carry(front, MessageKind::Response, message, relay_state)
            .await
            .map(Some)
    }

    /// A request in an envelope, to be posted to `to`.
    pub async fn soap_request(
        &self,
        to: &EndpointUrl,
        session: SessionToEnd<'_>,
    ) -> Result<String, SigningFailed> {
        let message = self.asking(to, session)?;
        self.enveloped(message).await
    }

    /// An answer in an envelope, to whoever called.
    pub async fn soap_response(
        &self,
        in_response_to: &str,
        status: &Status,
    ) -> Result<String, SigningFailed> {
        let message = self.directly_answered(in_response_to, status)?;
        self.enveloped(message).await
    }

    fn asking(&self, to: &EndpointUrl, session: SessionToEnd<'_>) -> Result<CanonicalXml, SigningFailed> {
        let head = self.head(to);
        let Some((encryption, entropy)) = session.encryption else {
            return Ok(head.request(session.name_id, session.index)?);
        };
        let name = session.name_id.alone()?;
        let sealed = encrypt(&name, &encryption.to, encryption.method, entropy)?;
        Ok(head.sealed_request(&sealed, session.index)?)
    }

    fn directly_answered(&self, in_response_to: &str, status: &Status) -> Result<CanonicalXml, WriteRefusal> {
        let head = LogoutHead {
            issuer: self.issuer,
            destination: None,
            id: self.id,
            issue_instant: self.now,
        };
        head.response(in_response_to, status)
    }

    async fn enveloped(&self, message: CanonicalXml) -> Result<String, SigningFailed> {
        Ok(soap::envelope(&sign_enveloped(message, self.signer).await?))
    }

    async fn carry(
        &self,
        front: Front<'_>,
        kind: MessageKind,
        message: CanonicalXml,
        relay_state: Option<&str>,
    ) -> Result<Outbound, SigningFailed> {
        Ok(match front {
            Front::Redirect(to) => Outbound::Redirect(
                binding_redirect::signed_url(to, kind, &message, relay_state, self.signer).await?,
            ),
            Front::Post(to) => {
                let signed = sign_enveloped(message, self.signer).await?;
                Outbound::Post(binding_post::write(to.clone(), kind, &signed, relay_state))
            }
        })
    }

    fn head<'h>(&'h self, destination: &'h EndpointUrl) -> LogoutHead<'h> {
        LogoutHead {
            issuer: self.issuer,
            destination: Some(destination),
            id: self.id,
            issue_instant: self.now,
        }
    }
}

impl<'a> Front<'a> {
    fn address(&self) -> &'a EndpointUrl {
        match self {
            Self::Redirect(to) | Self::Post(to) => to,
        }
    }

    fn for_responses(self, to: &'a LogoutEndpoints) -> Self {
        match (self, &to.response) {
            (Self::Redirect(_), Some(elsewhere)) => Self::Redirect(elsewhere),
            (Self::Post(_), Some(elsewhere)) => Self::Post(elsewhere),
            (usual, None) => usual,
        }
    }
}

fn front(to: &LogoutEndpoints) -> Option<Front<'_>> {
    let redirect = to.redirect.as_ref().map(Front::Redirect);
    redirect.or_else(|| to.post.as_ref().map(Front::Post))
}
