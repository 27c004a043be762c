//! An honest Response, in every way in which it may be signed.

use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{CanonicalXml, Writer};

use super::keys::TestSigner;

/// What of a Response is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layers {
    Response,
    Assertion,
    Both,
}

pub(crate) const ALL: [Layers; 3] = [Layers::Response, Layers::Assertion, Layers::Both];

/// The person whom [`response`] is about.
pub(crate) const PERSON: &str = "sofie@lillekoebing.example";

pub(crate) fn response(layers: Layers, number: u32, signer: &TestSigner) -> String {
    let mut assertion = assertion(number);
    if layers != Layers::Response {
        assertion = signer.sign_element(assertion);
    }
    let unsigned = response_around(number, &assertion);
    match layers {
        Layers::Assertion => unsigned,
        _ => signer.sign_element(unsigned),
    }
    .into_string()
}

pub(crate) fn response_around(number: u32, assertion: &CanonicalXml) -> CanonicalXml {
    let mut writer = Writer::new();
    writer
        .element(SAMLP, "Response")
        .attribute("Version", "2.0")
        .attribute("ID", &format!("_r{number}"))
        .attribute("InResponseTo", "_q1")
        .attribute("IssueInstant", "2026-08-17T06:00:00Z")
        .attribute("Destination", "https://login.example/saml/acs")
        .children(|response| {
            response
                .element(SAML, "Issuer")
                .text("https://idp.lillekoebing.example");
            response.element(SAMLP, "Status").children(|status| {
                let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
                status
                    .element(SAMLP, "StatusCode")
                    .attribute("Value", success)
                    .empty();
            });
            response.embed(assertion);
        });
    writer.finish().unwrap()
}

pub(crate) fn assertion(number: u32) -> CanonicalXml {
    let mut writer = Writer::new();
    writer
        .element(SAML, "Assertion")
        .attribute("ID", &format!("_a{number}"))
        .attribute("Version", "2.0")
        .attribute("IssueInstant", "2026-08-17T06:00:00Z")
        .children(|assertion| {
            assertion
                .element(SAML, "Issuer")
                .text("https://idp.lillekoebing.example");
            assertion.element(SAML, "Subject").children(|subject| {
                subject.element(SAML, "NameID").text(PERSON);
                subject
                    .element(SAML, "SubjectConfirmation")
                    .attribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
                    .children(|confirmation| {
                        confirmation
                            .element(SAML, "SubjectConfirmationData")
                            .attribute("Recipient", "https://login.example/saml/acs")
                            .attribute("NotOnOrAfter", "2026-08-17T06:05:00Z")
                            .attribute("InResponseTo", "_q1")
                            .empty();
                    });
            });
            assertion
                .element(SAML, "Conditions")
                .attribute("NotOnOrAfter", "2026-08-17T06:05:00Z")
                .children(|conditions| {
                    conditions
                        .element(SAML, "AudienceRestriction")
                        .children(|restriction| {
                            restriction
                                .element(SAML, "Audience")
                                .text("https://login.example");
                        });
                });
            assertion
                .element(SAML, "AttributeStatement")
                .children(|statement| {
                    for (name, value) in [
                        ("uid", "sofi1234"),
                        ("cn", "Sofie & Åse <Ærø> \"Ø\""),
                        ("mail", PERSON),
                        ("note", "a\tb\nc"),
                    ] {
                        statement
                            .element(SAML, "Attribute")
                            .attribute("Name", name)
                            .children(|attribute| {
                                attribute.element(SAML, "AttributeValue").text(value);
                            });
                    }
                });
        });
    writer.finish().unwrap()
}
