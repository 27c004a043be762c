//! What was released, in a service's own words: claims and SAML attributes.
//!
//! The vocabulary has the names; the face adds what is not a flat list of facts. Nothing is
//! added that the release rule has not let through, but for the name of the specification and
//! of the session, which are about nobody.

use serde_json::{Map, Value, json};

use crate::config::attributes::{ClaimShape, NameFormat, SamlName, Vocabulary, WireName};
use crate::domain::attribute::Attribute;
use crate::domain::face::Face;
use crate::domain::release::{Affiliation, ReleasedAttributes};
use crate::login::answer::LoginAnswer;
use crate::saml::response_write::{AttributeNameFormat, IssuedAttribute};
use crate::saml::xml::carried;
use crate::saml::{AttributeValue, bpp};
use crate::trust::registry::Service;

/// What an OpenID service is told, and where.
pub(super) struct Claims {
    pub(super) id_token: Map<String, Value>,
    pub(super) userinfo: Map<String, Value>,
}

/// The answer as claims.
pub(super) fn claims(service: &Service, answer: &LoginAnswer) -> Claims {
    let mut id_token = flat_claims(&answer.released, &service.vocabulary);
    let mut userinfo = id_token.clone();
    if service.profile.face.is_of_the_incumbent() {
        // Not supported by the incumbent either, but there: libraries insist on it.
        id_token.insert("session_state".to_owned(), answer.session_index.as_str().into());
    }
    if service.profile.face == Face::Unilogin {
        let users: Vec<_> = answer
            .released
            .affiliations()
            .iter()
            .map(institution_user)
            .collect();
        userinfo.insert("inst_brugere".to_owned(), users.into());
    }
    Claims { id_token, userinfo }
}

fn flat_claims(released: &ReleasedAttributes, vocabulary: &Vocabulary) -> Map<String, Value> {
    let mut claims = Map::new();
    for (attribute, name) in vocabulary.attributes() {
        let values = released.attributes().values(attribute);
        if !values.is_empty() {
            insert(&mut claims, name, values);
        }
    }
    if let Some(name) = privileges_name(released, vocabulary) {
        // One object for each group, never the XML.
        let groups = json!(released.privileges());
        claims.extend(name.claims.iter().map(|claim| (claim.clone(), groups.clone())));
    }
    if let (Some(cpr), Some(name)) = (released.cpr(), vocabulary.cpr()) {
        insert(&mut claims, name, &[cpr.expose().to_owned()]);
    }
    if let Some(said) = vocabulary
        .specification()
        .filter(|said| !said.in_claims.is_empty())
    {
        insert(&mut claims, &said.name, std::slice::from_ref(&said.in_claims));
    }
    claims
}

/// What privileges are called, where there are any and the service has a word for them.
fn privileges_name<'v>(released: &ReleasedAttributes, vocabulary: &'v Vocabulary) -> Option<&'v WireName> {
    vocabulary
        .name(Attribute::Privileges)
        .filter(|_| !released.privileges().is_empty())
}

fn insert(claims: &mut Map<String, Value>, name: &WireName, values: &[String]) {
    let written: Vec<String> = values
        .iter()
        .map(|value| format!("{}{value}", name.prefix))
        .collect();
    let value = match (name.shape, written.as_slice()) {
        (ClaimShape::Bracketed, all) => format!("[{}]", all.join(",")).into(),
        (ClaimShape::AsMany, [one]) => one.as_str().into(),
        (ClaimShape::AsMany | ClaimShape::List, several) => Value::from(several.to_vec()),
    };
    for claim in &name.claims {
        claims.insert(claim.clone(), value.clone());
    }
}

/// One entry of `inst_brugere`, under both spellings that services have been seen to read.
fn institution_user(held: &Affiliation) -> Value {
    let number = held.number.as_str();
    let mut user = json!({ "instnr": number, "in_tnr": number });
    if let (Some(name), Value::Object(user)) = (&held.name, &mut user) {
        user.insert("instnavn".to_owned(), name.as_str().into());
        user.insert("in_tnavn".to_owned(), name.as_str().into());
    }
    if let (false, Value::Object(user)) = (held.groups.is_empty(), &mut user) {
        let groups: Vec<_> = held.groups.iter().map(|group| group.as_str()).collect();
        user.insert("aktoer_grupper".to_owned(), groups.into());
    }
    user
}

/// The answer as SAML attributes; a fact that the service has no word for stays here.
pub(super) fn attributes(service: &Service, answer: &LoginAnswer) -> Vec<IssuedAttribute> {
    let (released, vocabulary) = (&answer.released, &service.vocabulary);
    let mut issued = Vec::new();
    if let Some(said) = vocabulary.specification().filter(|said| !said.in_saml.is_empty()) {
        add(&mut issued, &said.name, [said.in_saml.as_str()]);
    }
    for (name, value) in vocabulary.constants() {
        let value = AttributeValue::Text(carried(value));
        issued.push(attribute_named(name, vec![value]));
    }
    for (attribute, values) in released.attributes().iter() {
        if let Some(name) = vocabulary.name(attribute) {
            add(&mut issued, name, values.iter().map(String::as_str));
        }
    }
    if let Some(name) = privileges_name(released, vocabulary) {
        add(&mut issued, name, [bpp::encode(released.privileges()).as_str()]);
    }
    if let (Some(cpr), Some(name)) = (released.cpr(), vocabulary.cpr()) {
        add(&mut issued, name, [cpr.expose()]);
    }
    issued
}

fn add<'a>(issued: &mut Vec<IssuedAttribute>, name: &WireName, values: impl IntoIterator<Item = &'a str>) {
    let values: Vec<_> = values
        .into_iter()
        .map(|value| AttributeValue::Text(carried(&format!("{}{value}", name.prefix))))
        .collect();
    issued.extend(name.saml.iter().map(|name| attribute_named(name, values.clone())));
}

fn attribute_named(SamlName { name, format }: &SamlName, values: Vec<AttributeValue>) -> IssuedAttribute {
    IssuedAttribute {
        name: name.clone(),
        name_format: match format {
            NameFormat::Uri => AttributeNameFormat::Uri,
            NameFormat::Basic => AttributeNameFormat::Basic,
            NameFormat::Unspecified => AttributeNameFormat::Unspecified,
        },
        friendly_name: None,
        values,
    }
}
