//! What must hold of an answer before a word of it is believed: an ordered list, one line per rule.
//!
//! The signature is not among them: what is checked here was verified before (A-rows), except for
//! the envelope of a Response whose Assertion alone is signed, which can only be refused for what
//! it says, never believed. Not here: replay (B05), which needs a memory, and whether the upstream
//! is switched on (B13).

use jiff::{SignedDuration, Timestamp};

use super::instant;
use super::peer::{EndpointUrl, SamlIdp, SamlSelf};
use super::xml::names::{SAML, SAMLP};
use super::xml::{DecryptionKey, Element, ShapeRefusal, SignatureRefusal, XmlRefusal};

/// An assertion is believed for ten minutes from its IssueInstant, whatever it says itself (B07).
const LONGEST_BELIEF: SignedDuration = SignedDuration::from_mins(10);

/// What an answer is measured against: the one request that is waiting for it (DR06, DR07).
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The identity provider that was asked.
    pub idp: &'a SamlIdp,
    /// Ourselves, as it knows us.
    pub us: &'a SamlSelf,
    /// The address at which the answer arrived.
    pub received_at: &'a EndpointUrl,
    /// The identifier of the request.
    pub request_id: &'a str,
    /// The user had to prove anew who they are, not earlier than this.
    pub authenticated_since: Option<Timestamp>,
    /// The moment that times in the answer are compared with.
    pub now: Timestamp,
    /// Our keys for decryption: the current one and, in a change of keys, the one before.
    pub decryption_keys: &'a [DecryptionKey],
}

/// Why an answer is not believed. [`Denied::reason`] is what audit and error page quote.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Not XML that is read.
    #[error("the XML is refused")]
    Xml(#[from] XmlRefusal),
    /// Not signed by the identity provider that was asked (table A).
    #[error("the signature is refused")]
    Signature(#[from] SignatureRefusal),
    /// Built otherwise than the schema says.
    #[error("the structure is not that of an answer")]
    Shape(#[from] ShapeRefusal),
    /// Built otherwise than the profile says.
    #[error("the structure of {0} is not that of an answer")]
    Structure(&'static str),
    /// Not SAML 2.0.
    #[error("not SAML 2.0")]
    Version,
    /// The Issuer is missing or another party (B10, B11).
    #[error("the Issuer is not the party that was asked")]
    Issuer,
    /// The Response is addressed to somebody else (B02).
    #[error("the Destination is not where the answer arrived")]
    Destination,
    /// The Assertion is for somebody else's address (B02).
    #[error("the Recipient is not where the answer arrived")]
    Recipient,
    /// The Assertion is for another audience (B01).
    #[error("an AudienceRestriction does not name us, or there is none")]
    Audience,
    /// The answer belongs to another request, or to none (B04, B12).
    #[error("InResponseTo is not the request that is waiting")]
    InResponseTo,
    /// Too early, too late, or without a time that must be there (B07).
    #[error("{0} is missing, illegible or not now")]
    Time(&'static str),
    /// Issued too early or too late to be believed now (B07).
    #[error("the assertion was issued at {0}, which is not now")]
    Issued(Timestamp),
    /// Nobody but a bearer is to be confirmed, once.
    #[error("not exactly one confirmation of a bearer")]
    Confirmation,
    /// A condition that Portner does not know (saml-core §2.5.1.1).
    #[error("a condition that is not known")]
    Condition,
    /// Not exactly one statement of authentication.
    #[error("not exactly one AuthnStatement")]
    AuthnStatement,
    /// Not exactly one name.
    #[error("not exactly one name of the user")]
    Subject,
    /// Not signed where this party is registered to sign.
    #[error("the answer is not signed where this party has to sign")]
    LacksSignature,
    /// In the clear, where encryption was agreed.
    #[error("the assertion is not encrypted")]
    NotEncrypted,
    /// The user did not prove anew who they are, though that was asked.
    #[error("the user was authenticated earlier than was asked")]
    NotFresh,
}

impl Denied {
    /// The machine-readable reason of tables A and B.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Xml(refusal) => refusal.reason(),
            Self::Signature(refusal) => refusal.reason(),
            Self::Shape(_) | Self::Structure(_) => "structure",
            Self::Version => "version",
            Self::Issuer => "issuer",
            Self::Destination | Self::Recipient => "recipient",
            Self::Audience => "audience",
            Self::InResponseTo => "in_response_to",
            Self::Time(_) | Self::Issued(_) => "time",
            Self::Confirmation => "confirmation",
            Self::Condition => "condition",
            Self::AuthnStatement => "authn_statement",
            Self::Subject => "subject",
            Self::LacksSignature => "unsigned",
            Self::NotEncrypted => "not_encrypted",
            Self::NotFresh => "not_fresh",
        }
    }

    /// Whether the identity provider itself said what is refused: these rules are asked of an
    /// assertion whose signature holds, and of nothing else.
    pub const fn is_of_a_verified_assertion(&self) -> bool {
        matches!(
            self,
            Self::Recipient
                | Self::Audience
                | Self::Confirmation
                | Self::Condition
                | Self::AuthnStatement
                | Self::Subject
                | Self::NotFresh
        )
    }

    /// Whether the answer is 413 rather than 400 (A28).
    pub fn is_too_large(&self) -> bool {
        self.reason() == "size"
    }
}

/// One rule: where it comes from, and what it asks.
pub(super) struct Rule {
    /// The row of the catalogue, or the section of the specification.
    source: &'static str,
    check: fn(Element<'_>, &Expected<'_>) -> Result<(), Denied>,
}

const fn rule(source: &'static str, check: fn(Element<'_>, &Expected<'_>) -> Result<(), Denied>) -> Rule {
    Rule { source, check }
}

/// The rules for the envelope, in order.
pub(super) const OF_RESPONSE: [Rule; 5] = [
    rule("saml-core §3.2.2", is_response),
    rule("saml-core §4.1", version),
    rule("B10, B11", response_issuer),
    rule("B02, saml-bindings §3.5.5.2", destination),
    rule("B04, B12", response_in_response_to),
];

/// The rules for the assertion, in order.
pub(super) const OF_ASSERTION: [Rule; 11] = [
    rule("saml-core §2.3.3", is_assertion),
    rule("saml-core §4.1", version),
    rule("B10, B11", assertion_issuer),
    rule("B07: IssueInstant and own cap", issued_now),
    rule("saml-profiles §4.1.4.2: one bearer; B02: Recipient", recipient),
    rule("B04: InResponseTo", confirmation_in_response_to),
    rule("B07: confirmation", confirmed_now),
    rule("B07: conditions", conditions_hold_now),
    rule("B01", audience),
    rule("saml-core §2.5.1.1", conditions_are_known),
    rule("B07: AuthnStatement", authenticated_now),
];

/// Goes through `rules` and stops at the first that does not hold.
pub(super) fn hold(rules: &[Rule], element: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    rules.iter().try_for_each(|rule| (rule.check)(element, expected))
}

/// Where each rule comes from, in the order in which they are asked: for the manual.
pub fn sources() -> impl Iterator<Item = &'static str> {
    OF_RESPONSE.iter().chain(&OF_ASSERTION).map(|rule| rule.source)
}

fn is_response(root: Element<'_>, _: &Expected<'_>) -> Result<(), Denied> {
    ensure(root.is(SAMLP.uri, "Response"), Denied::Structure("Response"))
}

fn is_assertion(root: Element<'_>, _: &Expected<'_>) -> Result<(), Denied> {
    ensure(root.is(SAML.uri, "Assertion"), Denied::Structure("Assertion"))
}

fn version(root: Element<'_>, _: &Expected<'_>) -> Result<(), Denied> {
    ensure(root.attribute("Version") == Some("2.0"), Denied::Version)
}

/// The envelope may leave the Issuer out; the assertion may not.
fn response_issuer(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    match root.child(SAML.uri, "Issuer")? {
        Some(issuer) => issuer_is_expected(issuer, expected),
        None => Ok(()),
    }
}

fn assertion_issuer(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    issuer_is_expected(root.child(SAML.uri, "Issuer")?.ok_or(Denied::Issuer)?, expected)
}

fn issuer_is_expected(issuer: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let is_entity = issuer
        .attribute("Format")
        .is_none_or(|format| format == "urn:oasis:names:tc:SAML:2.0:nameid-format:entity");
    ensure(
        is_entity && issuer.text()?.trim() == expected.idp.entity_id.as_str(),
        Denied::Issuer,
    )
}

/// A signed envelope says where it goes (saml-bindings §3.5.5.2). Asked apart from the rules, since
/// the bytes that were signed do not show their signature.
pub(super) fn is_addressed(envelope: Element<'_>) -> Result<(), Denied> {
    ensure(envelope.attribute("Destination").is_some(), Denied::Destination)
}

fn destination(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let is_signed = root
        .children_named(super::xml::names::DS.uri, "Signature")
        .next()
        .is_some();
    match root.attribute("Destination") {
        Some(destination) => ensure(destination == expected.received_at.as_str(), Denied::Destination),
        None => ensure(!is_signed, Denied::Destination),
    }
}

fn response_in_response_to(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    ensure(
        root.attribute("InResponseTo") == Some(expected.request_id),
        Denied::InResponseTo,
    )
}

fn issued_now(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let issued = moment(root, "IssueInstant")?.ok_or(Denied::Time("IssueInstant"))?;
    let is_now = has_begun(issued, expected) && is_not_over(until(issued), expected);
    ensure(is_now, Denied::Issued(issued))
}

fn recipient(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let named = confirmation(root)?.attribute("Recipient");
    ensure(named == Some(expected.received_at.as_str()), Denied::Recipient)
}

fn confirmation_in_response_to(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let named = confirmation(root)?.attribute("InResponseTo");
    ensure(named == Some(expected.request_id), Denied::InResponseTo)
}

/// A bearer's confirmation ends, and has no beginning (saml-profiles §4.1.4.2).
fn confirmed_now(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let data = confirmation(root)?;
    let end = moment(data, "NotOnOrAfter")?.ok_or(Denied::Time("NotOnOrAfter"))?;
    ensure(data.attribute("NotBefore").is_none(), Denied::Time("NotBefore"))?;
    ensure(is_not_over(end, expected), Denied::Time("NotOnOrAfter"))
}

fn conditions_hold_now(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let conditions = root.child(SAML.uri, "Conditions")?.ok_or(Denied::Audience)?;
    let begins = moment(conditions, "NotBefore")?;
    let ends = moment(conditions, "NotOnOrAfter")?;
    ensure(
        begins.is_none_or(|begin| has_begun(begin, expected)),
        Denied::Time("NotBefore"),
    )?;
    ensure(
        ends.is_none_or(|end| is_not_over(end, expected)),
        Denied::Time("NotOnOrAfter"),
    )
}

/// There is a restriction, and every one names us.
fn audience(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let conditions = root.child(SAML.uri, "Conditions")?.ok_or(Denied::Audience)?;
    let mut restrictions = conditions
        .children_named(SAML.uri, "AudienceRestriction")
        .peekable();
    ensure(restrictions.peek().is_some(), Denied::Audience)?;
    for restriction in restrictions {
        let mut names_us = false;
        for audience in restriction.children_named(SAML.uri, "Audience") {
            names_us |= audience.text()?.trim() == expected.us.entity_id.as_str();
        }
        ensure(names_us, Denied::Audience)?;
    }
    Ok(())
}

/// `ProxyRestriction` limits who may hand an assertion on; we hand on none, we issue our own.
fn conditions_are_known(root: Element<'_>, _: &Expected<'_>) -> Result<(), Denied> {
    let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    let conditions = root
        .children_named(SAML.uri, "Conditions")
        .flat_map(Element::children);
    let mut conditions = conditions.map(|condition| known.iter().any(|name| condition.is(SAML.uri, name)));
    ensure(conditions.all(|is_known| is_known), Denied::Condition)
}

fn authenticated_now(root: Element<'_>, expected: &Expected<'_>) -> Result<(), Denied> {
    let mut statements = root.children_named(SAML.uri, "AuthnStatement");
    let (Some(statement), None) = (statements.next(), statements.next()) else {
        return Err(Denied::AuthnStatement);
    };
    let authenticated = moment(statement, "AuthnInstant")?.ok_or(Denied::Time("AuthnInstant"))?;
    ensure(has_begun(authenticated, expected), Denied::Time("AuthnInstant"))?;
    let session_ends = moment(statement, "SessionNotOnOrAfter")?;
    let lasts = session_ends.is_none_or(|end| is_not_over(end, expected));
    ensure(lasts, Denied::Time("SessionNotOnOrAfter"))?;
    let skew = expected.idp.skew.duration();
    let is_fresh = expected
        .authenticated_since
        .is_none_or(|since| authenticated.saturating_add(skew).is_ok_and(|at| at >= since));
    ensure(is_fresh, Denied::NotFresh)
}

/// The data of the one bearer confirmation. Confirmations by other methods are passed over.
fn confirmation(root: Element<'_>) -> Result<Element<'_>, Denied> {
    let subject = root.child(SAML.uri, "Subject")?.ok_or(Denied::Confirmation)?;
    let mut bearers = subject
        .children_named(SAML.uri, "SubjectConfirmation")
        .filter(|confirmation| {
            confirmation.attribute("Method") == Some("urn:oasis:names:tc:SAML:2.0:cm:bearer")
        });
    match (bearers.next(), bearers.next()) {
        (Some(bearer), None) => Ok(bearer
            .child(SAML.uri, "SubjectConfirmationData")?
            .ok_or(Denied::Confirmation)?),
        _ => Err(Denied::Confirmation),
    }
}

/// Until when an assertion could be presented: the earliest of its ends. Replay memory lasts as long, plus skew.
pub(super) fn usable_until(root: Element<'_>, expected: &Expected<'_>) -> Result<Timestamp, Denied> {
    let confirmed = moment(confirmation(root)?, "NotOnOrAfter")?;
    let conditions = root.child(SAML.uri, "Conditions")?;
    let conditions = conditions
        .map(|element| moment(element, "NotOnOrAfter"))
        .transpose()?
        .flatten();
    let issued = moment(root, "IssueInstant")?.unwrap_or(expected.now);
    Ok([confirmed, conditions]
        .into_iter()
        .flatten()
        .fold(until(issued), Ord::min))
}

fn until(issued: Timestamp) -> Timestamp {
    issued.checked_add(LONGEST_BELIEF).unwrap_or(Timestamp::MAX)
}

fn has_begun(begin: Timestamp, expected: &Expected<'_>) -> bool {
    let latest = expected
        .now
        .checked_add(expected.idp.skew.duration())
        .unwrap_or(Timestamp::MAX);
    begin <= latest
}

fn is_not_over(end: Timestamp, expected: &Expected<'_>) -> bool {
    let earliest = expected
        .now
        .checked_sub(expected.idp.skew.duration())
        .unwrap_or(Timestamp::MIN);
    end > earliest
}

fn moment(element: Element<'_>, name: &'static str) -> Result<Option<Timestamp>, Denied> {
    element
        .attribute(name)
        .map(|text| instant::read(text).ok_or(Denied::Time(name)))
        .transpose()
}

fn ensure(holds: bool, otherwise: Denied) -> Result<(), Denied> {
    if holds { Ok(()) } else { Err(otherwise) }
}

#[cfg(test)]
mod tests;
