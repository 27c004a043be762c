//! The first look at foreign XML: one linear scan over the bytes, before any parser sees them.
//!
//! Refuses what no SAML message needs and what parsers have been attacked through: document types,
//! entities, processing instructions, comments, CDATA, huge tags, deep nesting (A12, A14, A27, A28).
//! Not here: names, namespaces and matching end tags, which the tree checks.

use super::chars;
use super::limits::{Limits, XmlRefusal};

/// Scans `bytes` once and returns them as text, without byte order mark and XML declaration.
pub(super) fn admit<'b>(bytes: &'b [u8], limits: &Limits) -> Result<&'b str, XmlRefusal> {
    if bytes.len() > limits.bytes {
        return Err(XmlRefusal::Size("bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlRefusal::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let body = without_declaration(text)?;
    // The parser would pass over a second mark, and others would not.
    if body.starts_with('\u{feff}') {
        return Err(XmlRefusal::Malformed("a byte order mark in a strange place"));
    }
    chars::check_characters(body)?;
    let has_cdata_end = body.contains("]]>");
    Scan {
        rest: body,
        limits,
        has_cdata_end,
        depth: 0,
        nodes: 0,
    }
    .run()?;
    Ok(body)
}

/// Checks and removes `<?xml version="1.0" encoding="UTF-8"?>`.
pub(super) fn without_declaration(text: &str) -> Result<&str, XmlRefusal> {
    let Some(after) = text
        .strip_prefix("<?xml")
        .filter(|rest| rest.starts_with(chars::is_space))
    else {
        return Ok(text);
    };
    let (declaration, body) = after
        .split_once("?>")
        .ok_or(XmlRefusal::Malformed("XML declaration"))?;
    if declaration.len() > 200 {
        return Err(XmlRefusal::Malformed("XML declaration"));
    }
    let mut expected = ["version", "encoding", "standalone"].into_iter();
    let mut rest = declaration.trim_start_matches(chars::is_space);
    let mut first = true;
    while !rest.is_empty() || first {
        let (name, value, tail) = pseudo_attribute(rest).ok_or(XmlRefusal::Malformed("XML declaration"))?;
        if !expected.by_ref().any(|known| known == name) || (first && name != "version") {
            return Err(XmlRefusal::Malformed("XML declaration"));
        }
        match name {
            "version" if value != "1.0" => return Err(XmlRefusal::Malformed("XML version")),
            "encoding" if !value.eq_ignore_ascii_case("utf-8") => return Err(XmlRefusal::Encoding),
            "standalone" if !matches!(value, "yes" | "no") => {
                return Err(XmlRefusal::Malformed("XML declaration"));
            }
            _ => {}
        }
        let trimmed = tail.trim_start_matches(chars::is_space);
        if !trimmed.is_empty() && trimmed.len() == tail.len() {
            return Err(XmlRefusal::Malformed("XML declaration"));
        }
        rest = trimmed;
        first = false;
    }
    Ok(body)
}

/// Splits `name = "value"` off the front.
fn pseudo_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_start_matches(chars::is_space);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, tail) = rest.get(1..)?.split_once(quote)?;
    Some((name.trim_end_matches(chars::is_space), value, tail))
}

/// The state of the scan. `rest` shrinks with every step, so the scan ends.
struct Scan<'b> {
    rest: &'b str,
    limits: &'b Limits,
    /// `]]>` is somewhere: in texts it is illegal, elsewhere it is not.
    has_cdata_end: bool,
    depth: usize,
    nodes: usize,
}

impl Scan<'_> {
    fn run(mut self) -> Result<(), XmlRefusal> {
        while !self.rest.is_empty() {
            match self.rest.strip_prefix('<') {
                None => self.text()?,
                Some(markup) => match markup.bytes().next() {
                    Some(b'!') => self.declaration()?,
                    Some(b'?') => return Err(XmlRefusal::ProcessingInstruction),
                    Some(b'/') => self.end_tag()?,
                    Some(_) => self.start_tag()?,
                    None => return Err(XmlRefusal::Malformed("unfinished tag")),
                },
            }
        }
        Ok(())
    }

    fn count_node(&mut self) -> Result<(), XmlRefusal> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            Err(XmlRefusal::Size("nodes"))
        } else {
            Ok(())
        }
    }

    fn text(&mut self) -> Result<(), XmlRefusal> {
        self.count_node()?;
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        chars::check_references(text)?;
        if self.has_cdata_end && text.contains("]]>") {
            return Err(XmlRefusal::Malformed("]]> in text"));
        }
        self.rest = rest;
        Ok(())
    }

    /// `<!…`: a comment where the limits admit it, otherwise the reason why not.
    fn declaration(&mut self) -> Result<(), XmlRefusal> {
        if self.rest.starts_with("<![CDATA[") {
            return Err(XmlRefusal::Cdata);
        }
        let Some(comment) = self.rest.strip_prefix("<!--") else {
            return Err(XmlRefusal::DocumentType);
        };
        if !self.limits.comments {
            return Err(XmlRefusal::Comment);
        }
        self.count_node()?;
        let (_, rest) = comment.split_once("--").ok_or(XmlRefusal::Malformed("comment"))?;
        self.rest = rest.strip_prefix('>').ok_or(XmlRefusal::Malformed("comment"))?;
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), XmlRefusal> {
        let (tag, rest) = self
            .rest
            .split_once('>')
            .ok_or(XmlRefusal::Malformed("unfinished tag"))?;
        if tag.len() > self.limits.tag_bytes {
            return Err(XmlRefusal::Size("bytes in a tag"));
        }
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or(XmlRefusal::Malformed("end tag without start"))?;
        self.rest = rest;
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), XmlRefusal> {
        self.count_node()?;
        let tag = StartTag::scan(self.rest, self.limits)?;
        if self.depth + 1 > self.limits.depth {
            return Err(XmlRefusal::Size("depth"));
        }
        if !tag.is_empty_element {
            self.depth += 1;
        }
        self.rest = tag.rest;
        Ok(())
    }
}

/// What the guard learns of a start tag.
struct StartTag<'b> {
    rest: &'b str,
    is_empty_element: bool,
}

impl<'b> StartTag<'b> {
    /// Walks from quote to quote: what is between them are names, `=` and white space.
    fn scan(from: &'b str, limits: &Limits) -> Result<Self, XmlRefusal> {
        let (mut attributes, mut declarations) = (0, 0);
        let mut rest = from.get(1..).unwrap_or_default();
        loop {
            let stop = rest
                .bytes()
                .position(|b| matches!(b, b'"' | b'\'' | b'>' | b'<' | b'/'));
            let stop = stop.ok_or(XmlRefusal::Malformed("unfinished tag"))?;
            let (names, tail) = rest.split_at(stop);
            if from.len() - tail.len() > limits.tag_bytes {
                return Err(XmlRefusal::Size("bytes in a tag"));
            }
            if let Some(rest) = tail.strip_prefix('>') {
                return Ok(Self {
                    rest,
                    is_empty_element: false,
                });
            }
            if let Some(rest) = tail.strip_prefix("/>") {
                return Ok(Self {
                    rest,
                    is_empty_element: true,
                });
            }
            let Some(quote) = tail.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                return Err(XmlRefusal::Malformed("tag"));
            };
            if attributes > 0 && !names.starts_with(chars::is_space) {
                return Err(XmlRefusal::Malformed("attributes without space between them"));
            }
            attributes += 1;
            declarations += usize::from(is_declaration(names));
            if attributes > limits.attributes_in_tag {
                return Err(XmlRefusal::Size("attributes in a tag"));
            }
            if declarations > limits.declarations_in_tag {
                return Err(XmlRefusal::Size("namespace declarations in a tag"));
            }
            let quoted = tail.get(1..).unwrap_or_default();
            let (value, after) = quoted
                .split_once(quote)
                .ok_or(XmlRefusal::Malformed("unfinished attribute"))?;
            if value.len() > limits.tag_bytes {
                return Err(XmlRefusal::Size("bytes in a tag"));
            }
            if value.contains('<') {
                return Err(XmlRefusal::Malformed("< in an attribute"));
            }
            chars::check_references(value)?;
            rest = after;
        }
    }
}

/// Whether `… xmlns:p=` or `… xmlns=` stands before the quote.
fn is_declaration(names: &str) -> bool {
    let name = names.trim_end_matches(|c| c == '=' || chars::is_space(c));
    let name = name.rsplit(chars::is_space).next().unwrap_or_default();
    name == "xmlns" || name.starts_with("xmlns:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<XmlRefusal> {
        admit(text.as_bytes(), &Limits::MESSAGE).err()
    }

    #[test]
    fn admits_a_plain_document_and_drops_its_declaration() {
        let text = "\u{feff}<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?><a b='&lt;'>&#x41;</a>";
        assert_eq!(
            admit(text.as_bytes(), &Limits::MESSAGE),
            Ok("<a b='&lt;'>&#x41;</a>")
        );
    }

    #[test]
    fn names_the_reason() {
        let cases = [
            ("<!DOCTYPE a><a/>", "dtd"),
            ("<a>&aring;</a>", "dtd"),
            ("<a b='&x;'/>", "dtd"),
            ("<a><!-- --></a>", "comment"),
            ("<a><![CDATA[x]]></a>", "cdata"),
            ("<a/><?php ?>", "processing_instruction"),
            (" <?xml version='1.0'?><a/>", "processing_instruction"),
            ("<?xml version='1.1'?><a/>", "malformed"),
            ("<?xml version='1.0' encoding='latin1'?><a/>", "encoding"),
            ("<?xml encoding='utf-8' version='1.0'?><a/>", "malformed"),
            ("<a b='1'c='2'/>", "malformed"),
            ("<a b='<'/>", "malformed"),
            ("<a>]]></a>", "malformed"),
            ("<a>\u{1}</a>", "malformed"),
            ("<a>\u{ffff}</a>", "malformed"),
            ("<a>&#0;</a>", "malformed"),
            ("<a>&#xD800;</a>", "malformed"),
            ("<a>&</a>", "malformed"),
            ("</a>", "malformed"),
            ("<a", "malformed"),
            ("<a / >", "malformed"),
        ];
        for (text, reason) in cases {
            assert_eq!(refusal(text).map(|r| r.reason()), Some(reason), "{text}");
        }
        assert_eq!(admit(b"<a>\xff</a>", &Limits::MESSAGE), Err(XmlRefusal::Encoding));
    }

    #[test]
    fn caps_hold_at_their_edges() {
        let tags = |n: usize, with: fn(usize) -> String| {
            format!("<a {}/>", (0..n).map(with).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(refusal(&tags(64, |i| format!("b{i}=''"))), None);
        assert_eq!(
            refusal(&tags(65, |i| format!("b{i}=''"))),
            Some(XmlRefusal::Size("attributes in a tag"))
        );
        assert_eq!(refusal(&tags(16, |i| format!("xmlns:b{i}='u'"))), None);
        assert_eq!(
            refusal(&tags(17, |i| format!("xmlns:b{i}='u'"))),
            Some(XmlRefusal::Size("namespace declarations in a tag"))
        );
        let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        assert_eq!(refusal(&nested(32)), None);
        assert_eq!(refusal(&nested(33)), Some(XmlRefusal::Size("depth")));
        assert_eq!(refusal(&format!("<a>{}</a>", "<b/>".repeat(4_095))), None);
        assert_eq!(
            refusal(&format!("<a>{}</a>", "<b/>".repeat(4_096))),
            Some(XmlRefusal::Size("nodes"))
        );
        assert_eq!(
            refusal(&format!("<a b='{}'/>", "x".repeat(20_000))),
            Some(XmlRefusal::Size("bytes in a tag"))
        );
        assert_eq!(refusal(&" ".repeat(262_145)), Some(XmlRefusal::Size("bytes")));
    }

    #[test]
    fn metadata_may_hold_comments() {
        let metadata = |text: &str| admit(text.as_bytes(), &Limits::METADATA).err();
        assert_eq!(metadata("<!-- a --><a><!----></a>"), None);
        assert_eq!(
            metadata("<a><!-- -- --></a>"),
            Some(XmlRefusal::Malformed("comment"))
        );
        assert_eq!(metadata("<a><!-- </a>"), Some(XmlRefusal::Malformed("comment")));
        assert_eq!(metadata("<!DOCTYPE a><a/>"), Some(XmlRefusal::DocumentType));
    }
}
