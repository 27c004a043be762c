//! Messages that other sites post to us.
//!
//! Our cookies are `SameSite=Lax`, so a cross-site POST comes without them. The first such
//! post is answered by a page that posts the same fields to the same address again, now
//! from our own origin, with a mark so that it happens once (F04).

use axum::http::HeaderMap;

use super::csrf;

/// The field that marks a message as posted again by ourselves.
const MARK: &str = "portner_reposted";

/// The fields of a posted form, in order, and whether it has been through the bounce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    fields: Vec<(String, String)>,
    reposted: bool,
}

impl Posted {
    /// Reads a body of `application/x-www-form-urlencoded`.
    pub fn read(body: &[u8]) -> Self {
        let mut fields: Vec<(String, String)> = body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                let (name, value) = pair.split_at_checked(middle).unwrap_or((pair, &[]));
                (decode(name), decode(value.get(1..).unwrap_or_default()))
            })
            .collect();
        let before = fields.len();
        fields.retain(|(name, _)| name != MARK);
        Self {
            reposted: fields.len() != before,
            fields,
        }
    }

    /// The fields, without our mark.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The one value of a field; a field given twice is no field (B17, I02).
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() { None } else { first }
    }

    /// Whether a field is there more than once.
    pub fn is_doubled(&self, name: &str) -> bool {
        self.fields.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// Whether the browser should be asked to post this again from our own origin. `cookies`
    /// tells whether it brought what this message needs.
    pub fn should_bounce(&self, headers: &HeaderMap, own_origin: &str, cookies: bool) -> bool {
        let silent = !headers.contains_key("sec-fetch-site");
        !self.reposted && !cookies && (silent || csrf::is_from_elsewhere(headers, own_origin))
    }

    /// The fields of the bounce: the same, and the mark.
    pub fn marked(mut self) -> Vec<(String, String)> {
        self.fields.push((MARK.to_owned(), "1".to_owned()));
        self.fields
    }
}

/// Undoes form encoding as browsers do it (URL standard, `application/x-www-form-urlencoded`):
/// a `%` without two hex digits stands for itself, what is not UTF-8 is replaced. One pass,
/// because a SAML message is most of what we are sent.
fn decode(raw: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match after {
                [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    bytes.push(hex_value(*high) << 4 | hex_value(*low));
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            plain => bytes.push(*plain),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The value of a hex digit; anything else is nothing.
const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::*;

    proptest! {
        #[test]
        fn a_form_is_read_as_the_url_standard_reads_it(body in "([a-z&=+%]|%[0-9a-fA-F]{2}|ø){0,60}") {
            let expected: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            prop_assert_eq!(Posted::read(body.as_bytes()).fields, expected);
        }

        #[test]
        fn any_bytes_are_read_as_the_url_standard_reads_them(body in prop::collection::vec(any::<u8>(), 0..80)) {
            let expected: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
            prop_assert_eq!(Posted::read(&body).fields, expected);
        }
    }

    #[test]
    fn a_message_bounces_once_and_only_without_cookies() {
        let headers = HeaderMap::new();
        let first = Posted::read(b"SAMLResponse=abc&RelayState=r");
        assert!(first.should_bounce(&headers, "https://login.example", false));
        assert!(!first.should_bounce(&headers, "https://login.example", true));
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(first.marked())
            .finish();
        let second = Posted::read(body.as_bytes());
        assert!(!second.should_bounce(&headers, "https://login.example", false));
        assert_eq!(second.one("SAMLResponse"), Some("abc"));
    }

    #[test]
    fn a_field_given_twice_is_no_field() {
        assert_eq!(Posted::read(b"a=1&a=2").one("a"), None);
    }
}
