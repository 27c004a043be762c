//! "This user has logged out": `LogoutRequest` and `LogoutResponse` (saml-core §3.7), both ways.
//!
//! Reads what is signed and nothing else: whoever could forge these could throw users out (B23).
//! Not here: whose sessions end, and in which order the others are told.

use jiff::{SignedDuration, Timestamp};

use super::ids::MessageId;
use super::incoming::Authenticated;
use super::instant;
use super::name_id::NameId;
use super::peer::{EndpointUrl, EntityId, Skew};
use super::status::Status;
use super::xml::names::{SAML, SAMLP};
use super::xml::{CanonicalXml, DecryptionKey, Element, ShapeRefusal, WriteRefusal, Writer, decrypt};

/// How long a request of ours may be on its way, and how old one of others may be.
const VALID_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A party asks to end a user's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its identifier, which the answer repeats.
    pub id: String,
    /// Whose session: the name that the party knows the user by.
    pub name_id: NameId,
    /// Which of their sessions; empty means all.
    pub session_indexes: Vec<String>,
    /// The party does not wait for an answer (`aslo:Asynchronous`): the user stays with us.
    pub asynchronous: bool,
}

/// A party tells how a logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// How it ended.
    pub status: Status,
}

/// Why a logout message is not taken. All of these are `saml.slo.deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefusal {
    /// The message has no signature, and must have one.
    #[error("the logout message is not signed")]
    Unsigned,
    /// Not the message of SAML 2.0 that was expected.
    #[error("not the logout message that was expected")]
    Version,
    /// Of another party than whose key was used.
    #[error("the Issuer is another party")]
    Issuer,
    /// Addressed to somebody else.
    #[error("the Destination is another address")]
    Destination,
    /// Too old, too early, or without a time.
    #[error("the logout message is not of now")]
    Time,
    /// The answer to another request.
    #[error("InResponseTo is not the request that is waiting")]
    InResponseTo,
    /// The name is encrypted, and not so that we can read it. There is one of it, whatever the cause (B15).
    #[error("the name could not be decrypted")]
    Decryption,
    /// Built otherwise than the schema says.
    #[error("the structure is not that of a logout message")]
    Structure(#[from] ShapeRefusal),
}

impl LogoutRefusal {
    /// The machine-readable reason of table B.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Version => "version",
            Self::Issuer => "issuer",
            Self::Destination => "recipient",
            Self::Time => "time",
            Self::InResponseTo => "in_response_to",
            Self::Decryption => "decryption",
            Self::Structure(_) => "structure",
        }
    }
}

/// What a logout message is measured against.
#[derive(Debug, Clone, Copy)]
pub struct LogoutExpected<'a> {
    /// The party whose keys it was authenticated with.
    pub sender: &'a EntityId,
    /// The address at which it arrived.
    pub received_at: &'a EndpointUrl,
    /// Whether it must say where it was meant to go: always, unless it came straight from the sender.
    pub through_browser: bool,
    /// How far the sender's clock may be off.
    pub skew: Skew,
    /// The moment that times in the message are compared with.
    pub now: Timestamp,
    /// What opens names that are encrypted for us.
    pub decryption_keys: &'a [DecryptionKey],
}

/// How long a request is remembered, so that it counts once: longer than it is valid on any clock.
pub const REMEMBERED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Reads a request to end a session. That it counts once is for the caller to see to.
pub fn accept_request(
    message: &Authenticated,
    expected: &LogoutExpected<'_>,
) -> Result<LogoutRequest, LogoutRefusal> {
    let root = message.root();
    check(message, "LogoutRequest", expected, true)?;
    let not_on_or_after = root
        .attribute("NotOnOrAfter")
        .map(|end| instant::read(end).ok_or(LogoutRefusal::Time));
    if not_on_or_after
        .transpose()?
        .is_some_and(|end| is_over(end, expected))
    {
        return Err(LogoutRefusal::Time);
    }
    let indexes = root
        .children_named(SAMLP.uri, "SessionIndex")
        .map(|index| index.text().map(str::to_owned));
    Ok(LogoutRequest {
        id: message_id(root)?,
        name_id: name_id(root, expected.decryption_keys)?,
        session_indexes: indexes.collect::<Result<_, _>>()?,
        asynchronous: asks_for_no_answer(root)?,
    })
}

/// It goes back in the answer and is remembered, so it has an end.
fn message_id(root: Element<'_>) -> Result<String, LogoutRefusal> {
    let id = root.required_attribute("ID")?;
    if (1..=256).contains(&id.len()) {
        Ok(id.to_owned())
    } else {
        Err(ShapeRefusal::MissingAttribute("ID").into())
    }
}

/// The name, in the clear or encrypted: under the message's signature the one is as good as the other.
fn name_id(root: Element<'_>, keys: &[DecryptionKey]) -> Result<NameId, LogoutRefusal> {
    let Some(encrypted) = root.child(SAML.uri, "EncryptedID")? else {
        return Ok(NameId::read(root.required_child(SAML.uri, "NameID")?)?);
    };
    if root.child(SAML.uri, "NameID")?.is_some() {
        return Err(ShapeRefusal::Repeated("NameID").into());
    }
    let decrypted = decrypt(encrypted, keys).map_err(|_| LogoutRefusal::Decryption)?;
    if decrypted.root().is(SAML.uri, "NameID") {
        NameId::read(decrypted.root()).map_err(|_| LogoutRefusal::Decryption)
    } else {
        Err(LogoutRefusal::Decryption)
    }
}

/// The extension "Asynchronous Single Logout" (sstc-saml-async-slo).
fn asks_for_no_answer(root: Element<'_>) -> Result<bool, ShapeRefusal> {
    let extensions = root.child(SAMLP.uri, "Extensions")?;
    Ok(extensions.is_some_and(|extensions| {
        extensions
            .children_named(
                "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo",
                "Asynchronous",
            )
            .next()
            .is_some()
    }))
}

/// Reads the answer to a request of ours.
pub fn accept_response(
    message: &Authenticated,
    request_id: &str,
    expected: &LogoutExpected<'_>,
) -> Result<LogoutResponse, LogoutRefusal> {
    // What answers our own call came over the connection that we opened.
    check(message, "LogoutResponse", expected, expected.through_browser)?;
    if message.root().attribute("InResponseTo") != Some(request_id) {
        return Err(LogoutRefusal::InResponseTo);
    }
    Ok(LogoutResponse {
        status: Status::read(message.root())?,
    })
}

fn check(
    message: &Authenticated,
    name: &str,
    expected: &LogoutExpected<'_>,
    signed: bool,
) -> Result<(), LogoutRefusal> {
    let root = message.root();
    if signed && !message.is_signed() {
        return Err(LogoutRefusal::Unsigned);
    }
    if !root.is(SAMLP.uri, name) || root.attribute("Version") != Some("2.0") {
        return Err(LogoutRefusal::Version);
    }
    if root.required_child(SAML.uri, "Issuer")?.text()?.trim() != expected.sender.as_str() {
        return Err(LogoutRefusal::Issuer);
    }
    match root.attribute("Destination") {
        Some(destination) if destination == expected.received_at.as_str() => {}
        None if !expected.through_browser => {}
        _ => return Err(LogoutRefusal::Destination),
    }
    is_of_now(root, expected)
}

fn is_of_now(root: Element<'_>, expected: &LogoutExpected<'_>) -> Result<(), LogoutRefusal> {
    let issued = root
        .attribute("IssueInstant")
        .and_then(instant::read)
        .ok_or(LogoutRefusal::Time)?;
    let latest = expected
        .now
        .saturating_add(expected.skew.duration())
        .unwrap_or(Timestamp::MAX);
    let end = issued.saturating_add(VALID_FOR).unwrap_or(Timestamp::MAX);
    if issued <= latest && !is_over(end, expected) {
        Ok(())
    } else {
        Err(LogoutRefusal::Time)
    }
}

fn is_over(end: Timestamp, expected: &LogoutExpected<'_>) -> bool {
    end <= expected
        .now
        .saturating_sub(expected.skew.duration())
        .unwrap_or(Timestamp::MIN)
}

/// The head of a logout message that we send. Signing is the binding's business: always do.
#[derive(Debug, Clone, Copy)]
pub struct LogoutHead<'a> {
    /// Ourselves, as the other party knows us.
    pub issuer: &'a EntityId,
    /// Where the message goes; nothing where it answers a call.
    pub destination: Option<&'a EndpointUrl>,
    /// Its identifier.
    pub id: &'a MessageId,
    /// When the message is written.
    pub issue_instant: Timestamp,
}

impl LogoutHead<'_> {
    /// Writes a request to end the session of `name_id` that is named by `session_index`.
    pub fn request(
        &self,
        name_id: &NameId,
        session_index: Option<&str>,
    ) -> Result<CanonicalXml, WriteRefusal> {
        self.ask(session_index, |request| name_id.write(request))
    }

    /// The same with the name encrypted, as an `xenc:EncryptedData`.
    pub fn sealed_request(
        &self,
        encrypted: &CanonicalXml,
        session_index: Option<&str>,
    ) -> Result<CanonicalXml, WriteRefusal> {
        self.ask(session_index, |request| {
            request
                .element(SAML, "EncryptedID")
                .children(|element| element.embed(encrypted));
        })
    }

    fn ask(
        &self,
        session_index: Option<&str>,
        name: impl FnOnce(&mut Writer),
    ) -> Result<CanonicalXml, WriteRefusal> {
        let end = instant::write(
            self.issue_instant
                .saturating_add(VALID_FOR)
                .unwrap_or(Timestamp::MAX),
        );
        self.write("LogoutRequest", ("NotOnOrAfter", &end), |request| {
            name(request);
            if let Some(index) = session_index {
                request.element(SAMLP, "SessionIndex").text(index);
            }
        })
    }

    /// Writes how a logout ended.
    pub fn response(&self, in_response_to: &str, status: &Status) -> Result<CanonicalXml, WriteRefusal> {
        self.write("LogoutResponse", ("InResponseTo", in_response_to), |response| {
            status.write(response);
        })
    }

    fn write(
        &self,
        name: &'static str,
        (own_attribute, value): (&'static str, &str),
        content: impl FnOnce(&mut Writer),
    ) -> Result<CanonicalXml, WriteRefusal> {
        let mut writer = Writer::new();
        writer
            .element(SAMLP, name)
            .attribute("ID", self.id.as_str())
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::write(self.issue_instant))
            .optional_attribute("Destination", self.destination.map(EndpointUrl::as_str))
            .attribute(own_attribute, value)
            .children(|message| {
                message.element(SAML, "Issuer").text(self.issuer.as_str());
                content(message);
            });
        writer.finish()
    }
}

#[cfg(test)]
mod tests;
