//! Characters of XML 1.0: which are legal where, and how references stand for them.
//! Escaping on the way out is here too, in one place for the writer and for canonicalisation.

use super::limits::XmlRefusal;

/// White space of XML 1.0 §2.3.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// `Char` of XML 1.0 §2.2.
pub(super) fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The text with U+FFFD for every character that XML cannot carry: for the words of a directory,
/// where one odd letter must not keep a whole school out.
pub fn carried(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_legal(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

/// Refuses characters that may stand nowhere, not even as a reference.
pub(super) fn check_characters(text: &str) -> Result<(), XmlRefusal> {
    // In valid UTF-8 only control characters, U+FFFE and U+FFFF are illegal; no early exit, so that it vectorises.
    let control = |b: u8| b < 0x20 && b != b'\t' && b != b'\n' && b != b'\r';
    let controls = text.bytes().fold(false, |seen, b| seen | control(b));
    let last_of_plane = || text.as_bytes().contains(&0xef) && text.contains(['\u{fffe}', '\u{ffff}']);
    if controls || last_of_plane() {
        return Err(XmlRefusal::Malformed("illegal character"));
    }
    Ok(())
}

/// Refuses references to anything but legal characters and the five predefined entities.
pub(super) fn check_references(text: &str) -> Result<(), XmlRefusal> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('&') {
        let (_, tail) = reference(after)?;
        rest = tail;
    }
    Ok(())
}

/// Reads the reference whose `&` stands before `text`: its character and what follows the `;`.
pub(super) fn reference(text: &str) -> Result<(char, &str), XmlRefusal> {
    let (name, rest) = text.split_once(';').ok_or(XmlRefusal::Malformed("reference"))?;
    Ok((referenced(name)?, rest))
}

/// The character that `&name;` stands for.
pub(super) fn referenced(name: &str) -> Result<char, XmlRefusal> {
    const MALFORMED: XmlRefusal = XmlRefusal::Malformed("reference");
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => match name.strip_prefix('#') {
            Some(number) => numbered(number).ok_or(MALFORMED),
            None if is_ncname(name) => Err(XmlRefusal::Entity),
            None => Err(MALFORMED),
        },
    }
}

/// The character of `65` or `x41`.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    // The standard parser admits a sign, XML does not.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|c| is_legal(*c))
}

/// Whether namespaces may bear this name: a URI with a scheme (RFC 3986), without what no namespace has:
/// users, addresses in brackets, two fragments. Narrower than other parsers, so that none refuses what we read.
pub(super) fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let has_authority = rest.strip_prefix("//").is_none_or(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !host.is_empty() && host.bytes().all(is_host) && port.parse::<u16>().is_ok()
    });
    let is_of_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    let escaped = |part: &str| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    has_scheme
        && has_authority
        && rest.bytes().all(is_of_uri)
        && rest.split('%').skip(1).all(escaped)
        && rest.matches('#').count() <= 1
}

/// `NCName` of xml-names §3: a name without colon.
pub(super) fn is_ncname(name: &str) -> bool {
    // Nearly all names are plain ASCII, where bytes tell.
    if let [first, rest @ ..] = name.as_bytes()
        && (first.is_ascii_alphabetic() || *first == b'_')
        && rest
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    {
        return true;
    }
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name_character(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Appends text as canonical XML writes it (xml-c14n §2.3).
pub(super) fn push_text(out: &mut String, text: &str) {
    push_escaped(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends an attribute's value as canonical XML writes it between double quotes (xml-c14n §2.3).
pub(super) fn push_attribute_value(out: &mut String, value: &str) {
    push_escaped(out, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Copies runs without special bytes whole; all special bytes are ASCII, so runs end on character boundaries.
fn push_escaped(out: &mut String, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(escaped) = escape(byte) {
            out.push_str(text.get(start..at).unwrap_or_default());
            out.push_str(escaped);
            start = at + 1;
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
}
