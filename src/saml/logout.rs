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
use super::xml::{CanonicalXml, Element, ShapeRefusal, WriteRefusal, Writer};

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
    /// Not signed.
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
    /// Now.
    pub now: Timestamp,
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
        id: root.required_attribute("ID")?.to_owned(),
        name_id: NameId::read(root.required_child(SAML.uri, "NameID")?)?,
        session_indexes: indexes.collect::<Result<_, _>>()?,
        asynchronous: asks_for_no_answer(root)?,
    })
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
    /// Now.
    pub issue_instant: Timestamp,
}

impl LogoutHead<'_> {
    /// Writes a request to end the session of `name_id` that is named by `session_index`.
    pub fn request(
        &self,
        name_id: &NameId,
        session_index: Option<&str>,
    ) -> Result<CanonicalXml, WriteRefusal> {
        let end = instant::write(
            self.issue_instant
                .saturating_add(VALID_FOR)
                .unwrap_or(Timestamp::MAX),
        );
        self.write("LogoutRequest", ("NotOnOrAfter", &end), |request| {
            name_id.write(request);
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
mod tests {
    use super::*;
    use crate::saml::binding_redirect;
    use crate::saml::incoming::{Incoming, MessageKind};
    use crate::saml::name_id::NameIdFormat;
    use crate::saml::peer::{RequestTrust, TrustedKeys};
    use crate::saml::testing::{NOON, TestKey, entity, lines, now, url};

    struct Bench {
        key: TestKey,
        sender: EntityId,
        here: EndpointUrl,
        id: MessageId,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                key: TestKey::new(),
                sender: entity("https://matematik.example"),
                here: url("https://login.example/saml/slo"),
                id: MessageId::from_bytes([5; 16]),
            }
        }

        fn head(&self) -> LogoutHead<'_> {
            LogoutHead {
                issuer: &self.sender,
                destination: Some(&self.here),
                id: &self.id,
                issue_instant: NOON,
            }
        }

        fn carried(&self, kind: MessageKind, message: &CanonicalXml) -> Authenticated {
            let url = now(binding_redirect::signed_url(
                &self.here, kind, message, None, &self.key,
            ))
            .unwrap();
            let trust = RequestTrust::Signed(TrustedKeys::new(vec![self.key.verifying()]).unwrap());
            Incoming::from_redirect(url.split_once('?').unwrap().1)
                .unwrap()
                .authenticate(&trust)
                .unwrap()
        }

        fn expected(&self) -> LogoutExpected<'_> {
            LogoutExpected {
                sender: &self.sender,
                received_at: &self.here,
                through_browser: true,
                skew: Skew::default(),
                now: NOON,
            }
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_meant() {
        let bench = Bench::new();
        let name = NameId::new(NameIdFormat::Persistent, "opaque");
        let message = bench.carried(
            MessageKind::Request,
            &bench.head().request(&name, Some("_s")).unwrap(),
        );
        let request = accept_request(&message, &bench.expected()).unwrap();
        assert_eq!(request.name_id, name);
        assert_eq!(request.session_indexes, ["_s"]);
        assert!(!request.asynchronous);
        assert_eq!(request.id, bench.id.as_str());

        let refused = |expected: LogoutExpected<'_>| accept_request(&message, &expected).unwrap_err();
        let (other, elsewhere) = (entity("https://dansk.example"), url("https://login.example/slo"));
        assert_eq!(
            refused(LogoutExpected {
                sender: &other,
                ..bench.expected()
            }),
            LogoutRefusal::Issuer
        );
        let there = LogoutExpected {
            received_at: &elsewhere,
            ..bench.expected()
        };
        assert_eq!(refused(there), LogoutRefusal::Destination);
        let late = NOON + SignedDuration::from_mins(8);
        assert_eq!(
            refused(LogoutExpected {
                now: late,
                ..bench.expected()
            }),
            LogoutRefusal::Time
        );
        let early = NOON - SignedDuration::from_mins(4);
        assert_eq!(
            refused(LogoutExpected {
                now: early,
                ..bench.expected()
            }),
            LogoutRefusal::Time
        );
        assert_eq!(
            accept_response(&message, "_1", &bench.expected()),
            Err(LogoutRefusal::Version)
        );
    }

    #[test]
    fn a_response_belongs_to_its_request() {
        let bench = Bench::new();
        let status = Status::Partial;
        let message = bench.carried(
            MessageKind::Response,
            &bench.head().response("_1", &status).unwrap(),
        );
        assert_eq!(
            accept_response(&message, "_1", &bench.expected()).unwrap().status,
            status
        );
        assert_eq!(
            accept_response(&message, "_2", &bench.expected()),
            Err(LogoutRefusal::InResponseTo)
        );
    }

    #[test]
    fn a_request_looks_like_this() {
        let bench = Bench::new();
        let name = NameId::new(NameIdFormat::Persistent, "opaque");
        let message = bench.head().request(&name, Some("_s")).unwrap();
        insta::assert_snapshot!(lines(message.as_str()), @r#"
        <samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="https://login.example/saml/slo" ID="_05050505050505050505050505050505" IssueInstant="2026-08-12T12:00:00.000Z" NotOnOrAfter="2026-08-12T12:05:00.000Z" Version="2.0">
        <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://matematik.example</saml:Issuer>
        <saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">opaque</saml:NameID>
        <samlp:SessionIndex>_s</samlp:SessionIndex>
        </samlp:LogoutRequest>
        "#);
    }

    #[test]
    fn an_unsigned_request_throws_nobody_out() {
        let bench = Bench::new();
        let name = NameId::new(NameIdFormat::Persistent, "opaque");
        let message = bench.head().request(&name, None).unwrap();
        let field = data_encoding::BASE64.encode(message.as_str().as_bytes());
        let incoming = Incoming::from_post(MessageKind::Request, &field, None).unwrap();
        let message = incoming.authenticate(&RequestTrust::Unsigned(None)).unwrap();
        assert_eq!(
            accept_request(&message, &bench.expected()),
            Err(LogoutRefusal::Unsigned)
        );
    }
}
