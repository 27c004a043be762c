//! The SOAP binding: one message in an envelope, from program to program (saml-bindings §3.2).
//!
//! Not here: the call itself, nor the signature, which is inside the message as by POST.

use super::xml::{CanonicalXml, Element, Namespace, ShapeRefusal};

const ENVELOPE: Namespace = Namespace::new("soap", "http://schemas.xmlsoap.org/soap/envelope/");

/// What the `SOAPAction` header of a SAML call says.
pub const ACTION: &str = "http://www.oasis-open.org/committees/security";

/// The one message of an envelope. Headers are passed over, unless one must be understood: we know none.
pub(super) fn message(envelope: Element<'_>) -> Result<Element<'_>, ShapeRefusal> {
    if !envelope.is(ENVELOPE.uri, "Envelope") {
        return Err(ShapeRefusal::Missing("Envelope"));
    }
    if let Some(header) = envelope.child(ENVELOPE.uri, "Header")? {
        let must_be_understood = |entry: Element<'_>| {
            matches!(
                entry.attribute_ns(ENVELOPE.uri, "mustUnderstand"),
                Some("1" | "true")
            )
        };
        if header.children().any(must_be_understood) {
            return Err(ShapeRefusal::Repeated("a header that must be understood"));
        }
    }
    let body = envelope.required_child(ENVELOPE.uri, "Body")?;
    let mut messages = body.children();
    let first = messages
        .next()
        .ok_or(ShapeRefusal::Missing("message in the Body"))?;
    if messages.next().is_some() {
        return Err(ShapeRefusal::Repeated("message in the Body"));
    }
    Ok(first)
}

/// Puts a message into an envelope.
pub fn envelope(message: &CanonicalXml) -> String {
    let (uri, message) = (ENVELOPE.uri, message.as_str());
    format!("<soap:Envelope xmlns:soap=\"{uri}\"><soap:Body>{message}</soap:Body></soap:Envelope>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::xml::{Document, Limits};

    fn read(inside: &str) -> Result<String, ShapeRefusal> {
        let xml = format!(
            "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\">{inside}</S:Envelope>"
        );
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        message(document.root()).map(|message| message.local_name().to_owned())
    }

    #[test]
    fn an_envelope_has_one_message() {
        assert_eq!(read("<S:Body><a xmlns=\"urn:x\"/></S:Body>").unwrap(), "a");
        assert!(read("<S:Body/>").is_err());
        assert!(read("<S:Body><a xmlns=\"urn:x\"/><b xmlns=\"urn:x\"/></S:Body>").is_err());
        assert!(read("<a xmlns=\"urn:x\"/>").is_err());
    }

    #[test]
    fn a_header_that_must_be_understood_is_not_passed_over() {
        let body = "<S:Body><a xmlns=\"urn:x\"/></S:Body>";
        assert!(read(&format!("<S:Header><h xmlns=\"urn:x\"/></S:Header>{body}")).is_ok());
        let header = "<S:Header><h xmlns=\"urn:x\" S:mustUnderstand=\"1\"/></S:Header>";
        assert!(read(&format!("{header}{body}")).is_err());
    }
}
