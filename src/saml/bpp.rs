//! OIO basic privilege profile 1.2: `PrivilegeList` in base64, as the value of an attribute.
//!
//! Privileges grant, so reading is strict: what is not understood refuses the whole list, since a constraint
//! that was passed over would grant more than was meant. The caller has verified the assertion around it.

use std::collections::BTreeMap;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use super::xml::{Document, Element, Limits, ShapeRefusal, XmlRefusal, carried};
use crate::domain::privilege::{PrivilegeGroup, PrivilegeScope};

/// The namespace of the profile today, which is written.
const DIGST: &str = "http://digst.dk/oiosaml/basic_privilege_profile";
/// The older one, which KOMBIT and OS2faktor still write.
const ITST: &str = "http://itst.dk/oiosaml/basic_privilege_profile";

/// Base64 characters that are read: nobody has more rights.
const LONGEST: usize = 96 * 1024;
const MOST_GROUPS: usize = 200;
const MOST_IN_A_GROUP: usize = 200;
const LONGEST_TEXT: usize = 1024;

/// Why a list of privileges is not believed. Says nothing of what was in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BppRefusal {
    /// More than anybody has.
    #[error("larger than any honest list of privileges")]
    TooLarge,
    /// Neither of the two alphabets.
    #[error("not base64")]
    Base64,
    /// Not XML that is read.
    #[error("the XML is refused")]
    Xml(#[from] XmlRefusal),
    /// Built otherwise than the schema says.
    #[error("the structure is not that of a list of privileges")]
    Shape(#[from] ShapeRefusal),
    /// An element or attribute that the profile does not have, or one too many.
    #[error("{0} is not as the profile has it")]
    Structure(&'static str),
}

/// Reads the value of an attribute: both alphabets of base64, with or without padding and line breaks; both
/// namespaces; children of a group in any order.
pub fn decode(value: &str) -> Result<Vec<PrivilegeGroup>, BppRefusal> {
    if value.len() > LONGEST {
        return Err(BppRefusal::TooLarge);
    }
    let dense: String = value.split_ascii_whitespace().collect();
    let bytes = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD]
        .iter()
        .find_map(|alphabet| alphabet.decode(dense.as_bytes()).ok())
        .ok_or(BppRefusal::Base64)?;
    let document = Document::parse(&bytes, &Limits::MESSAGE)?;
    let list = document.root();
    let namespace = [DIGST, ITST]
        .into_iter()
        .find(|namespace| list.is(namespace, "PrivilegeList"))
        .ok_or(BppRefusal::Structure("the root"))?;
    let groups: Vec<_> = list.children().collect();
    if groups.len() > MOST_GROUPS {
        return Err(BppRefusal::TooLarge);
    }
    groups
        .into_iter()
        .map(|group| read_group(group, namespace))
        .collect()
}

fn read_group(group: Element<'_>, namespace: &str) -> Result<PrivilegeGroup, BppRefusal> {
    if !is_named(group, namespace, "PrivilegeGroup") {
        return Err(BppRefusal::Structure("a child of the list"));
    }
    let scope =
        PrivilegeScope::parse(group.required_attribute("Scope")?).ok_or(BppRefusal::Structure("Scope"))?;
    let (mut privileges, mut constraints) = (Vec::new(), BTreeMap::new());
    for (count, child) in group.children().enumerate() {
        if count >= MOST_IN_A_GROUP {
            return Err(BppRefusal::TooLarge);
        }
        let text = text_of(child)?;
        if is_named(child, namespace, "Privilege") {
            privileges.push(text);
        } else if is_named(child, namespace, "Constraint") {
            let name = child.required_attribute("Name")?.to_owned();
            if constraints.insert(name, text).is_some() {
                return Err(BppRefusal::Structure("a repeated Constraint"));
            }
        } else {
            return Err(BppRefusal::Structure("a child of a group"));
        }
    }
    if privileges.is_empty() {
        return Err(BppRefusal::Structure("a group without a Privilege"));
    }
    Ok(PrivilegeGroup {
        scope,
        privileges,
        constraints,
    })
}

/// The schema has the inner elements in no namespace; some writers qualify them all the same.
fn is_named(element: Element<'_>, namespace: &str, name: &str) -> bool {
    element.is("", name) || element.is(namespace, name)
}

fn text_of(element: Element<'_>) -> Result<String, BppRefusal> {
    let text = element.text()?.trim();
    match text.len() {
        0 => Err(BppRefusal::Structure("an element without text")),
        1..=LONGEST_TEXT => Ok(text.to_owned()),
        _ => Err(BppRefusal::TooLarge),
    }
}

/// Writes the value of an attribute.
pub fn encode(groups: &[PrivilegeGroup]) -> String {
    let groups: String = groups.iter().map(written_group).collect();
    let xml = format!("<bpp:PrivilegeList xmlns:bpp=\"{DIGST}\">{groups}</bpp:PrivilegeList>");
    BASE64.encode(xml.as_bytes())
}

fn written_group(group: &PrivilegeGroup) -> String {
    let privileges = group.privileges.iter();
    let privileges: String = privileges
        .map(|privilege| ["<Privilege>", &escaped(privilege), "</Privilege>"].concat())
        .collect();
    let constraints = group.constraints.iter().map(|(name, value)| {
        let (name, value) = (escaped(name), escaped(value));
        ["<Constraint Name=\"", &name, "\">", &value, "</Constraint>"].concat()
    });
    let constraints: String = constraints.collect();
    let scope = escaped(&group.scope.to_string());
    format!("<PrivilegeGroup Scope=\"{scope}\">{privileges}{constraints}</PrivilegeGroup>")
}

/// Text that stays text, inside of elements and of attributes (B21).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in carried(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#x9;"),
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CVR: &str = "urn:dk:gov:saml:cvrNumberIdentifier:12345678";

    fn list(namespace: &str, inside: &str) -> String {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><bpp:PrivilegeList xmlns:bpp=\"{namespace}\">{inside}</bpp:PrivilegeList>"
        );
        BASE64.encode(xml.as_bytes())
    }

    fn group(inside: &str) -> String {
        format!("<PrivilegeGroup Scope=\"{CVR}\">{inside}</PrivilegeGroup>")
    }

    #[test]
    fn lists_of_either_namespace_and_in_any_order_say_the_same() {
        let privilege = "<Privilege>urn:dk:skole:laerer</Privilege>";
        let constraint = "<Constraint Name=\"urn:dk:skole:trin\">4</Constraint>";
        let expected = PrivilegeGroup {
            scope: PrivilegeScope::parse(CVR).unwrap(),
            privileges: vec!["urn:dk:skole:laerer".to_owned()],
            constraints: BTreeMap::from([("urn:dk:skole:trin".to_owned(), "4".to_owned())]),
        };
        for namespace in [DIGST, ITST] {
            for inside in [
                format!("{privilege}{constraint}"),
                format!("{constraint}\n  {privilege}"),
            ] {
                let value = list(namespace, &group(&inside));
                assert_eq!(decode(&value), Ok(vec![expected.clone()]), "{namespace} {inside}");
                let qualified = inside.replace('<', "<bpp:").replace("<bpp:/", "</bpp:");
                let value = list(namespace, &group(&qualified));
                assert_eq!(
                    decode(&value),
                    Ok(vec![expected.clone()]),
                    "{namespace} {qualified}"
                );
            }
        }
    }

    #[test]
    fn both_alphabets_of_base64_are_read_with_and_without_padding_and_breaks() {
        let value = list(
            DIGST,
            &group("<Privilege>urn:ååå?~~~>>>???</Privilege>").replace(">>>", "&gt;"),
        );
        let expected = decode(&value).unwrap();
        let url = value.replace('+', "-").replace('/', "_");
        let (first, second) = value.split_at(40);
        for spelling in [
            url.clone(),
            value.trim_end_matches('=').to_owned(),
            url.trim_end_matches('=').to_owned(),
            format!("{first}\r\n {second}\n"),
        ] {
            assert_eq!(decode(&spelling).as_ref(), Ok(&expected), "{spelling}");
        }
        assert_eq!(decode("<bpp/>"), Err(BppRefusal::Base64));
    }

    #[test]
    fn what_is_not_understood_grants_nothing() {
        let privilege = "<Privilege>urn:x</Privilege>";
        let many = privilege.repeat(MOST_IN_A_GROUP + 1);
        for bad in [
            list("http://example.org/bpp", &group(privilege)),
            list(DIGST, &group("")),
            list(DIGST, &group("<Privilege> </Privilege>")),
            list(
                DIGST,
                &group(&format!("{privilege}<Restriction Name=\"a\">b</Restriction>")),
            ),
            list(DIGST, &group(&format!("{privilege}<Constraint>b</Constraint>"))),
            list(
                DIGST,
                &group(&format!(
                    "{privilege}<Constraint Name=\"a\">b</Constraint><Constraint Name=\"a\">c</Constraint>"
                )),
            ),
            list(DIGST, &group(&many)),
            list(
                DIGST,
                &group(&format!("<Privilege>{}</Privilege>", "x".repeat(2000))),
            ),
            list(DIGST, &group(privilege).replace("12345678", "1234")),
            list(DIGST, privilege),
            list(DIGST, &group(&format!("{privilege}<!-- a comment -->"))),
            list(DIGST, &group(privilege)).replace('P', "%"),
            "A".repeat(LONGEST + 1),
            BASE64.encode(b"<!DOCTYPE x><x/>"),
        ] {
            assert!(decode(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_is_read_again_and_nothing_becomes_markup(
            names in prop::collection::vec("[!-~æøå]{1,20}", 1..4),
            constraints in prop::collection::btree_map("[!-~æøå]{1,20}", "[!-~æøå]{1,20}", 0..4),
        ) {
            let groups = vec![PrivilegeGroup {
                scope: PrivilegeScope::parse(CVR).unwrap(),
                privileges: names,
                constraints,
            }];
            prop_assert_eq!(decode(&encode(&groups)), Ok(groups));
        }
    }
}
