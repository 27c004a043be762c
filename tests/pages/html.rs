//! A small, strict reader of the HTML that our templates write: it refuses what a browser
//! would silently mend, such as a tag that is never closed.

/// The elements that have no end tag.
const VOID: [&str; 5] = ["br", "img", "input", "link", "meta"];

/// A page as a flat list of elements in document order.
pub(super) struct Document {
    pub(super) elements: Vec<Element>,
    title: String,
}

/// One start tag.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// The position in the list after the last element inside.
    end: usize,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(attribute, _)| attribute == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn is_heading(&self) -> bool {
        matches!(self.name.as_str(), "h1" | "h2" | "h3" | "h4")
    }

    pub(super) fn is_visible_field(&self) -> bool {
        self.name == "input" && self.attribute("type") != Some("hidden") && self.attribute("hidden").is_none()
    }
}

impl Document {
    /// Reads a page; says what is wrong with its markup.
    pub(super) fn parse(html: &str) -> Result<Self, String> {
        let mut rest = html.strip_prefix("<!doctype html>").ok_or("no doctype")?;
        let mut elements: Vec<Element> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut title = String::new();
        while let Some(start) = rest.find('<') {
            if open.last().is_some_and(|last| elements[*last].name == "title") {
                rest[..start].clone_into(&mut title);
            }
            let end = start + rest[start..].find('>').ok_or("a tag does not end")?;
            let tag = &rest[start + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
                if elements[last].name != name {
                    return Err(format!("</{name}> closes <{}>", elements[last].name));
                }
                elements[last].end = elements.len();
            } else {
                // In a drawing, and nowhere else, a tag may close itself.
                let is_drawn = open.iter().any(|at| elements[*at].name == "svg");
                let closed = tag.strip_suffix('/').filter(|_| is_drawn);
                let (name, attributes) = read_tag(closed.unwrap_or(tag))?;
                if closed.is_none() && !VOID.contains(&name.as_str()) {
                    open.push(elements.len());
                }
                let end = elements.len() + 1;
                elements.push(Element {
                    name,
                    attributes,
                    end,
                });
            }
        }
        match open.last() {
            Some(last) => Err(format!("<{}> is never closed", elements[*last].name)),
            None => Ok(Self { elements, title }),
        }
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.elements
            .iter()
            .filter(|element| element.name == name)
            .count()
    }

    pub(super) fn first(&self, name: &str) -> &Element {
        self.elements
            .iter()
            .find(|element| element.name == name)
            .unwrap_or_else(|| panic!("no <{name}>"))
    }

    /// Each form with everything inside it.
    pub(super) fn forms(&self) -> impl Iterator<Item = &[Element]> {
        self.elements
            .iter()
            .enumerate()
            .filter(|(_, element)| element.name == "form")
            .map(|(start, form)| &self.elements[start..form.end])
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

fn read_tag(tag: &str) -> Result<(String, Vec<(String, String)>), String> {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok((name.to_owned(), attributes));
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let attribute = rest[..end].to_owned();
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"") {
            None => String::new(),
            Some(quoted) => {
                let (value, after) = quoted
                    .split_once('"')
                    .ok_or_else(|| format!("<{tag}>: a value does not end"))?;
                rest = after;
                value.to_owned()
            }
        };
        if attributes.iter().any(|(other, _)| *other == attribute) {
            return Err(format!("<{tag}>: {attribute} stands twice"));
        }
        attributes.push((attribute, value));
    }
}
