//! The HTTP-POST binding: a message in a form field (saml-bindings §3.5).
//!
//! Not here: the page with the form, nor the signature, which is inside the message.

use data_encoding::BASE64;

use super::MessageKind;
use super::peer::EndpointUrl;
use super::xml::CanonicalXml;

/// The longest field that is decoded: 256 KiB of XML in base64, with line breaks.
const LONGEST: usize = 360 * 1024;

/// Why a form field holds no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostRefusal {
    /// Not base64.
    #[error("the message is not base64")]
    NotBase64,
    /// Larger than is read. Answered with 413.
    #[error("larger than is read")]
    Size,
}

impl PostRefusal {
    /// The machine-readable reason for the audit event.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotBase64 => "encoding",
            Self::Size => "size",
        }
    }
}

/// Decodes the value of `SAMLRequest` or `SAMLResponse`. Line breaks are part of base64 in MIME, which
/// the binding refers to; nothing else is overlooked.
pub fn read(field: &str) -> Result<Vec<u8>, PostRefusal> {
    if field.len() > LONGEST {
        return Err(PostRefusal::Size);
    }
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let bytes = field.as_bytes();
    let decoded = if bytes.iter().any(is_break) {
        let unbroken: Vec<u8> = bytes.iter().copied().filter(|byte| !is_break(byte)).collect();
        BASE64.decode(&unbroken)
    } else {
        BASE64.decode(bytes)
    };
    decoded.map_err(|_| PostRefusal::NotBase64)
}

/// A form that the browser posts by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// The address that the form is posted to.
    pub to: EndpointUrl,
    /// Names and values of its hidden fields, not yet escaped for HTML.
    pub fields: Vec<(&'static str, String)>,
}

/// Puts a message into a form.
pub fn write(
    to: EndpointUrl,
    kind: MessageKind,
    message: &CanonicalXml,
    relay_state: Option<&str>,
) -> PostForm {
    let mut fields = vec![(kind.parameter(), BASE64.encode(message.as_str().as_bytes()))];
    if let Some(relay_state) = relay_state {
        fields.push(("RelayState", relay_state.to_owned()));
    }
    PostForm { to, fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_overlooked_and_nothing_else() {
        assert_eq!(read("PGEv\r\nPg==\n"), Ok(b"<a/>".to_vec()));
        for bad in [
            "PGEv Pg==",
            "PGEvPg",
            "PGEvPg==x",
            "PGEvPg=",
            "PGEvPh==",
            "%50GEvPg==",
        ] {
            assert_eq!(read(bad), Err(PostRefusal::NotBase64), "{bad}");
        }
    }

    #[test]
    fn a_huge_field_is_not_decoded() {
        let longest = 360 * 1024;
        assert_eq!(read(&"A".repeat(longest)).map(|xml| xml.len()), Ok(270 * 1024));
        assert_eq!(read(&"A".repeat(longest + 1)), Err(PostRefusal::Size));
        assert_eq!(PostRefusal::Size.reason(), "size");
        assert_eq!(PostRefusal::NotBase64.reason(), "encoding");
    }
}
