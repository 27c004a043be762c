//! Reads just enough HTML to do what a visitor does: find forms, fields, links and marks.
//! It reads the pages of Portner and the demo, which are well-formed; it is no browser.

use std::collections::BTreeMap;

/// One start tag with its attributes, and where the text after it begins.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) end: usize,
}

/// A form as a visitor meets it.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) method: String,
    pub(crate) fields: Vec<Field>,
    /// Name and value of each submit button that carries any.
    pub(crate) buttons: Vec<(String, String)>,
}

/// One input that would be sent.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Every start tag, in order.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(open) = html[rest..].find('<') {
        let start = rest + open + 1;
        let Some(end) = tag_end(html, start) else { break };
        let inner = &html[start..end];
        if inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            found.push(tag(inner, end + 1));
        } else if let Some(name) = inner.strip_prefix('/') {
            found.push(Tag {
                name: format!("/{}", name.trim()),
                attributes: BTreeMap::new(),
                end: end + 1,
            });
        }
        rest = end + 1;
    }
    found
}

fn tag_end(html: &str, start: usize) -> Option<usize> {
    let mut quoted = false;
    html[start..].char_indices().find_map(|(at, c)| {
        if c == '"' {
            quoted = !quoted;
        }
        (c == '>' && !quoted).then_some(start + at)
    })
}

fn tag(inner: &str, end: usize) -> Tag {
    let name_end = inner
        .find(|c: char| c.is_whitespace() || c == '/')
        .unwrap_or(inner.len());
    let mut attributes = BTreeMap::new();
    let mut rest = inner[name_end..].trim_start();
    while !rest.is_empty() && rest != "/" {
        let key_end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = rest[..key_end].to_ascii_lowercase();
        rest = &rest[key_end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix("=\"") {
            let close = after.find('"').unwrap_or(after.len());
            value = unescape(&after[..close]);
            rest = after.get(close + 1..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix('=') {
            let close = after.find(char::is_whitespace).unwrap_or(after.len());
            value = unescape(&after[..close]);
            rest = &after[close..];
        }
        attributes.insert(key, value);
        rest = rest.trim_start();
    }
    Tag {
        name: inner[..name_end].to_ascii_lowercase(),
        attributes,
        end,
    }
}

/// Every form, in document order.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in tags(html) {
        let get = |name: &str| tag.attributes.get(name).cloned().unwrap_or_default();
        match tag.name.as_str() {
            "form" => {
                inside = true;
                let method = get("method").to_ascii_lowercase();
                let method = if method.is_empty() {
                    "get".to_owned()
                } else {
                    method
                };
                forms.push(Form {
                    action: get("action"),
                    method,
                    fields: Vec::new(),
                    buttons: Vec::new(),
                });
            }
            "/form" => inside = false,
            "input" if inside => {
                let kind = get("type");
                let unchecked =
                    matches!(kind.as_str(), "radio" | "checkbox") && !tag.attributes.contains_key("checked");
                if let (Some(form), false) = (forms.last_mut(), unchecked) {
                    form.fields.push(Field {
                        kind,
                        name: get("name"),
                        value: get("value"),
                    });
                }
            }
            "button" if inside => {
                if let (Some(form), false) = (forms.last_mut(), get("name").is_empty()) {
                    form.buttons.push((get("name"), get("value")));
                }
            }
            _ => {}
        }
    }
    forms
}

/// The text of the element with this id.
pub(crate) fn text_of_id(html: &str, id: &str) -> Option<String> {
    let tag = tags(html)
        .into_iter()
        .find(|tag| tag.attributes.get("id").is_some_and(|known| known == id))?;
    let close = html[tag.end..].find(&format!("</{}>", tag.name))?;
    Some(unescape(&html[tag.end..tag.end + close]))
}

/// An attribute of the first element of this name.
pub(crate) fn attribute(html: &str, element: &str, attribute: &str) -> Option<String> {
    tags(html)
        .into_iter()
        .find(|tag| tag.name == element)?
        .attributes
        .get(attribute)
        .cloned()
}

/// The targets of every link.
pub(crate) fn links(html: &str) -> Vec<String> {
    tags(html)
        .into_iter()
        .filter(|tag| tag.name == "a")
        .filter_map(|mut tag| tag.attributes.remove("href"))
        .collect()
}

pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find(';') else { break };
        let entity = &rest[at + 1..at + end];
        let code = entity.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16));
        let code = code.or_else(|| entity.strip_prefix('#').map(str::parse));
        match (entity, code) {
            ("amp", _) => out.push('&'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("quot", _) => out.push('"'),
            (_, Some(Ok(code))) => out.push(char::from_u32(code).unwrap_or('\u{fffd}')),
            _ => out.push_str(&rest[at..=at + end]),
        }
        rest = &rest[at + end + 1..];
    }
    out + rest
}
