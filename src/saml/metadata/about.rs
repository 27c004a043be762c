//! What a party says about itself besides where and by which keys: whom to call, what it is
//! entitled to be called, when it was said.
//!
//! All of it is a proposal: who may see, get or vouch for what is decided by its registration.

use jiff::Timestamp;

use super::super::instant;
use super::super::xml::Element;
use super::super::xml::Namespace;
use super::super::xml::names::{MD, SAML};
use super::clean;
use crate::domain::error_url::ErrorUrl;

/// Attributes of parties (SAML V2.0 Metadata Extension for Entity Attributes).
const MDATTR: Namespace = Namespace::new("mdattr", "urn:oasis:names:tc:SAML:metadata:attribute");
/// When and by whom metadata was published (sstc-saml-metadata-rpi).
const MDRPI: Namespace = Namespace::new("mdrpi", "urn:oasis:names:tc:SAML:metadata:rpi");
/// Where a login at a service begins (saml-sp-request-initiation).
const INIT: Namespace = Namespace::new("init", "urn:oasis:names:tc:SAML:profiles:SSO:request-init");
/// The attribute that holds entity categories.
const CATEGORY: &str = "http://macedir.org/entity-category";
/// Users are not to be offered this identity provider (REFEDS).
const HIDE_FROM_DISCOVERY: &str = "http://refeds.org/category/hide-from-discovery";

/// What a party says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Whom to call or write to: the contact for support, or else the technical one.
    pub contact: Option<String>,
    /// Its entity categories, which its federation vouches for.
    pub categories: Vec<String>,
    /// When this description was made (`mdrpi:PublicationInfo`).
    pub published: Option<Timestamp>,
    /// Where its users find help (`errorURL`).
    pub error_url: Option<ErrorUrl>,
    /// Which of the Subject Identifier Attributes it wants (saml-subject-id-attr §2.5).
    pub subject_id: Option<SubjectIdWish>,
    /// Where a login at the service begins.
    pub start_url: Option<url::Url>,
}

/// Which of the Subject Identifier Attributes a service wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectIdWish {
    /// `subject-id`, which others know as well.
    SubjectId,
    /// `pairwise-id`, which nobody else knows.
    PairwiseId,
    /// Either.
    Any,
    /// Neither.
    None,
}

impl SubjectIdWish {
    /// The entity attribute that says it.
    const NAME: &'static str = "urn:oasis:names:tc:SAML:profiles:subject-id:req";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "subject-id" => Some(Self::SubjectId),
            "pairwise-id" => Some(Self::PairwiseId),
            "any" => Some(Self::Any),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl About {
    /// Whether it asks not to be offered to users who search.
    pub fn hides(&self) -> bool {
        self.categories
            .iter()
            .any(|category| category == HIDE_FROM_DISCOVERY)
    }
}

/// Reads what `entity` says about itself, in it and in its roles.
pub(super) fn read(entity: Element<'_>, roles: &[Element<'_>]) -> About {
    let around = || std::iter::once(entity).chain(roles.iter().copied());
    let address = |text: &str| {
        url::Url::parse(text.trim())
            .ok()
            .filter(|url| url.scheme() == "https")
    };
    let published = published(extensions(entity));
    let start = around()
        .flat_map(extensions)
        .filter(|initiator| initiator.is(INIT.uri, "RequestInitiator"))
        .find_map(|initiator| address(initiator.attribute("Location")?));
    let information = || {
        let infos = around()
            .flat_map(extensions)
            .filter(|info| info.is(super::MDUI.uri, "UIInfo"));
        infos
            .flat_map(|info| info.children_named(super::MDUI.uri, "InformationURL"))
            .find_map(|url| address(url.text().ok()?))
    };
    About {
        contact: around()
            .find_map(|place| contact(place, "support"))
            .or_else(|| around().find_map(|place| contact(place, "technical"))),
        categories: values_of(entity, CATEGORY),
        subject_id: match values_of(entity, SubjectIdWish::NAME).as_slice() {
            [one] => SubjectIdWish::parse(one),
            _ => None,
        },
        published,
        error_url: roles
            .iter()
            .find_map(|role| ErrorUrl::parse(role.attribute("errorURL")?).ok()),
        start_url: start.or_else(information),
    }
}

/// When something was published, by its extensions.
pub(super) fn published<'d>(mut extensions: impl Iterator<Item = Element<'d>>) -> Option<Timestamp> {
    extensions
        .find(|info| info.is(MDRPI.uri, "PublicationInfo"))
        .and_then(|info| instant::read(info.attribute("creationInstant")?))
}

/// The children of an element's Extensions.
fn extensions(around: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    around
        .children_named(MD.uri, "Extensions")
        .flat_map(Element::children)
}

/// The first e-mail address or telephone number of a kind of contact.
fn contact(around: Element<'_>, kind: &str) -> Option<String> {
    let people = around
        .children_named(MD.uri, "ContactPerson")
        .filter(|person| person.attribute("contactType") == Some(kind));
    people
        .flat_map(|person| {
            person
                .children_named(MD.uri, "EmailAddress")
                .chain(person.children_named(MD.uri, "TelephoneNumber"))
        })
        .filter_map(|way| way.text().ok())
        .map(|way| clean(way.trim().trim_start_matches("mailto:")))
        .find(|way| !way.is_empty())
}

/// The values of an attribute of the party.
fn values_of(entity: Element<'_>, name: &str) -> Vec<String> {
    extensions(entity)
        .filter(|attributes| attributes.is(MDATTR.uri, "EntityAttributes"))
        .flat_map(|attributes| attributes.children_named(SAML.uri, "Attribute"))
        .filter(|attribute| attribute.attribute("Name") == Some(name))
        .flat_map(|attribute| attribute.children_named(SAML.uri, "AttributeValue"))
        .filter_map(|value| value.text().ok())
        .map(|value| value.trim().to_owned())
        .collect()
}
