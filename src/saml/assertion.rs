//! What an identity provider says about a person, as far as it is believed.
//!
//! `read` takes nothing but a [`Verified`] assertion that passed `checks.rs`, and gives an
//! [`AcceptedAssertion`]. Not here: whose account that is, and what the upstream is entitled to say.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::checks::{Denied, Expected};
use super::instant;
use super::name_id::NameId;
use super::peer::EntityId;
use super::xml::names::{SAML, XSI};
use super::xml::{Element, Verified};
use crate::domain::login_name::Domain;

/// A believed assertion. `Debug` leaves out the name and all values.
#[derive(Clone, PartialEq, Eq)]
pub struct AcceptedAssertion {
    /// Who says so.
    pub issuer: EntityId,
    /// Its identifier, which is taken once only (B05).
    pub assertion_id: String,
    /// When it says that it was issued.
    pub issued_at: Timestamp,
    /// Until when it must be remembered as taken, before adding the skew.
    pub not_on_or_after: Timestamp,
    /// Whom it is about.
    pub name_id: NameId,
    /// What is said about them.
    pub attributes: AssertedAttributes,
    /// When they proved who they are.
    pub authn_instant: Timestamp,
    /// Names their session there, for logout.
    pub session_index: Option<String>,
    /// When their session there ends; ours may not last longer (B07).
    pub session_not_on_or_after: Option<Timestamp>,
    /// The class reference. Some identity providers echo what was asked: it proves nothing.
    pub class_ref: Option<String>,
    /// Who authenticated, where the issuer is a broker itself.
    pub authenticating_authorities: Vec<EntityId>,
}

impl fmt::Debug for AcceptedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedAssertion")
            .field("issuer", &self.issuer)
            .field("assertion_id", &self.assertion_id)
            .field("name_id", &self.name_id)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

/// Attributes by their name on the wire. `Debug` shows names only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AssertedAttributes(BTreeMap<String, Vec<AttributeValue>>);

/// A value of an attribute.
#[derive(Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text and nothing else.
    Text(String),
    /// A name, as in `eduPersonTargetedID`.
    Name(NameId),
}

impl AssertedAttributes {
    /// Adds a text; an empty one says nothing (OIOSAML 2.0 sends attributes that are not known empty).
    pub fn add_text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.add(name, AttributeValue::Text(value.to_owned()));
        }
    }

    fn add(&mut self, name: &str, value: AttributeValue) {
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// The values of one attribute.
    pub fn values(&self, name: &str) -> &[AttributeValue] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of one attribute that are text.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let values = self.values(name).iter();
        let texts = values.filter_map(|value| match value {
            AttributeValue::Text(text) => Some(text.as_str()),
            AttributeValue::Name(_) => None,
        });
        texts.collect()
    }

    /// The only text of one attribute; nothing where there are several different ones.
    pub fn single(&self, name: &str) -> Option<&str> {
        let texts = self.texts(name);
        let first = texts.first().copied()?;
        texts.iter().all(|text| *text == first).then_some(first)
    }

    /// The names of all attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads a `saml:Attribute`. Values that are neither text nor a name are passed over: an odd
    /// attribute that nobody asked for is no reason to turn a user away.
    fn read(&mut self, attribute: Element<'_>) -> Result<(), Denied> {
        let name = attribute.required_attribute("Name")?;
        for value in attribute.children_named(SAML.uri, "AttributeValue") {
            let is_nil = matches!(value.attribute_ns(XSI.uri, "nil"), Some("true" | "1"));
            if is_nil {
                continue;
            }
            if let Some(name_id) = value.child(SAML.uri, "NameID")? {
                self.add(name, AttributeValue::Name(NameId::read(name_id)?));
            } else if let Ok(text) = value.text() {
                self.add_text(name, text.trim());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AssertedAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Splits `value@scope`; the scope is compared by equality with those that are registered (DR11).
pub fn scoped(value: &str) -> Option<(&str, Domain)> {
    let (local, scope) = value.rsplit_once('@')?;
    let domain = Domain::parse(scope).ok()?;
    // A scope that changes in reading is not the one that was registered.
    let is_plain = domain.as_str().eq_ignore_ascii_case(scope) || domain.to_unicode() == scope.to_lowercase();
    (!local.is_empty() && !local.contains('@') && is_plain).then_some((local, domain))
}

/// Reads an assertion that passed the checks.
pub(super) fn read(assertion: &Verified, expected: &Expected<'_>) -> Result<AcceptedAssertion, Denied> {
    let root = assertion.root();
    let statement = root.required_child(SAML.uri, "AuthnStatement")?;
    let context = statement.required_child(SAML.uri, "AuthnContext")?;
    let class_ref = context
        .child(SAML.uri, "AuthnContextClassRef")?
        .map(Element::text)
        .transpose()?;
    let moment = |name| {
        statement
            .attribute(name)
            .map(|text| instant::read(text).ok_or(Denied::Time(name)))
    };
    Ok(AcceptedAssertion {
        issuer: expected.idp.entity_id.clone(),
        assertion_id: root.required_attribute("ID")?.to_owned(),
        issued_at: root
            .attribute("IssueInstant")
            .and_then(instant::read)
            .ok_or(Denied::Time("IssueInstant"))?,
        not_on_or_after: super::checks::usable_until(root, expected)?,
        name_id: name_id(assertion, expected)?,
        attributes: attributes(assertion, expected)?,
        authn_instant: moment("AuthnInstant")
            .transpose()?
            .ok_or(Denied::Time("AuthnInstant"))?,
        session_index: statement.attribute("SessionIndex").map(str::to_owned),
        session_not_on_or_after: moment("SessionNotOnOrAfter").transpose()?,
        class_ref: class_ref.map(|text| text.trim().to_owned()),
        authenticating_authorities: authorities(context)?,
    })
}

fn name_id(assertion: &Verified, expected: &Expected<'_>) -> Result<NameId, Denied> {
    let subject = assertion.root().required_child(SAML.uri, "Subject")?;
    match (
        subject.child(SAML.uri, "NameID")?,
        subject.child(SAML.uri, "EncryptedID")?,
    ) {
        (Some(plain), None) => Ok(NameId::read(plain)?),
        (None, Some(encrypted)) => {
            let decrypted = assertion.decrypt(
                encrypted,
                expected.decryption_keys,
                expected.idp.ciphers(expected.now),
            )?;
            let root = decrypted.root();
            if root.is(SAML.uri, "NameID") {
                Ok(NameId::read(root)?)
            } else {
                Err(Denied::Subject)
            }
        }
        _ => Err(Denied::Subject),
    }
}

fn attributes(assertion: &Verified, expected: &Expected<'_>) -> Result<AssertedAttributes, Denied> {
    let mut attributes = AssertedAttributes::default();
    for statement in assertion.root().children_named(SAML.uri, "AttributeStatement") {
        for element in statement.children() {
            if element.is(SAML.uri, "Attribute") {
                attributes.read(element)?;
            } else if element.is(SAML.uri, "EncryptedAttribute") {
                let decrypted = assertion.decrypt(
                    element,
                    expected.decryption_keys,
                    expected.idp.ciphers(expected.now),
                )?;
                if decrypted.root().is(SAML.uri, "Attribute") {
                    attributes.read(decrypted.root())?;
                }
            }
        }
    }
    Ok(attributes)
}

fn authorities(context: Element<'_>) -> Result<Vec<EntityId>, Denied> {
    context
        .children_named(SAML.uri, "AuthenticatingAuthority")
        .map(|element| {
            EntityId::parse(element.text()?.trim()).map_err(|_| Denied::Structure("AuthenticatingAuthority"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_what_stands_after_the_only_at_sign() {
        let scope = |value| scoped(value).map(|(_, domain)| domain.to_unicode());
        assert_eq!(
            scope("anna@Lillekøbing.example"),
            Some("lillekøbing.example".to_owned())
        );
        for bad in [
            "anna",
            "@lilleby.example",
            "anna@",
            "a@b@lilleby.example",
            "anna@lilleby.example.",
            "anna@ lilleby.example",
        ] {
            assert_eq!(scope(bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_shows_names_of_attributes_and_no_value() {
        let mut attributes = AssertedAttributes::default();
        attributes.add_text("dk:gov:saml:attribute:CprNumberIdentifier", "0101701234");
        let shown = format!("{attributes:?}");
        assert!(shown.contains("CprNumberIdentifier") && !shown.contains("0101701234"));
    }

    #[test]
    fn an_attribute_with_different_values_has_no_single_one() {
        let mut attributes = AssertedAttributes::default();
        attributes.add_text("a", "1");
        attributes.add_text("a", "1");
        attributes.add_text("a", "");
        assert_eq!(attributes.single("a"), Some("1"));
        assert_eq!(attributes.names().collect::<Vec<_>>(), ["a"]);
        attributes.add_text("a", "2");
        assert_eq!(attributes.single("a"), None);
    }
}
