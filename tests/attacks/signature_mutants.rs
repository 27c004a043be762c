//! Attack documents on the Signature itself and on what it covers (A18, A20, A21, A23, A26).

use super::editing::{DS, attribute, insert, places_in_text, range, replace, signs_response, slice};
use super::{Mutant, mutant};

/// A18: References to anything but the own parent.
pub(crate) fn references(honest: &str) -> Vec<Mutant> {
    let reference = &slice(honest, "ds:Reference");
    let uri = attribute(reference, "ds:Reference", "URI");
    let id = uri.trim_start_matches('#');
    let response = attribute(honest, "samlp:Response", "ID");
    let assertion = attribute(honest, "saml:Assertion", "ID");
    let foreign = if id == response { assertion } else { response };
    let uris = [
        String::new(),
        "#".to_owned(),
        id.to_owned(),
        format!("#{foreign}"),
        "#_nobody".to_owned(),
        format!("##{id}"),
        format!("# {id}"),
        "#xpointer(/)".to_owned(),
        format!("#xpointer(id('{id}'))"),
        format!("http://ondskab.example/{uri}"),
        "file:///etc/passwd".to_owned(),
        "cid:1".to_owned(),
        format!("./{uri}"),
    ];
    let written = format!("URI=\"{uri}\"");
    let replaced = uris.into_iter().map(|other| {
        let xml = honest.replacen(&written, &format!("URI=\"{other}\""), 1);
        mutant("A18", format!("URI {other:?}"), xml, "structure")
    });
    let absent = honest.replacen(&format!(" {written}"), "", 1);
    let twice = honest.replacen(reference, &format!("{reference}{reference}"), 1);
    replaced
        .chain([
            mutant("A18", "no URI", absent, "structure"),
            mutant("A18", "two References", twice, "structure"),
        ])
        .collect()
}

/// A20: transforms that are not the two, each once.
#[expect(clippy::too_many_lines, reason = "a table, one entry after the other")]
pub(crate) fn transforms(honest: &str) -> Vec<Mutant> {
    const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let one = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
    let with = |inside: &str| {
        let exclusive = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\">{inside}</ds:Transform>");
        format!("{}{exclusive}", one(ENVELOPED))
    };
    let stylesheet = "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"/>";
    let lists = [
        ("none", String::new()),
        ("enveloped alone", one(ENVELOPED)),
        ("exclusive alone", one(EXCLUSIVE)),
        ("in the other order", one(EXCLUSIVE) + &one(ENVELOPED)),
        (
            "enveloped twice",
            one(ENVELOPED) + &one(ENVELOPED) + &one(EXCLUSIVE),
        ),
        (
            "exclusive twice",
            one(ENVELOPED) + &one(EXCLUSIVE) + &one(EXCLUSIVE),
        ),
        (
            "with comments",
            one(ENVELOPED) + &one(&format!("{EXCLUSIVE}WithComments")),
        ),
        (
            "inclusive",
            one(ENVELOPED) + &one("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ),
        (
            "base64",
            one("http://www.w3.org/2000/09/xmldsig#base64") + &with(""),
        ),
        (
            "XPath",
            one("http://www.w3.org/TR/1999/REC-xpath-19991116") + &with(""),
        ),
        (
            "XPath filter",
            one("http://www.w3.org/2002/06/xmldsig-filter2") + &with(""),
        ),
        (
            "XSLT",
            format!(
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">{stylesheet}</ds:Transform>"
            ) + &with(""),
        ),
        ("stylesheet inside", with(stylesheet)),
        (
            "PrefixList of another namespace",
            with("<InclusiveNamespaces PrefixList=\"saml\"/>"),
        ),
        (
            "no PrefixList",
            with(&format!("<InclusiveNamespaces xmlns=\"{EXCLUSIVE}\"/>")),
        ),
        (
            "PrefixList that is none",
            with(&format!(
                "<InclusiveNamespaces xmlns=\"{EXCLUSIVE}\" PrefixList=\"a:b *\"/>"
            )),
        ),
    ];
    let inclusive = |attributes: &str, inside: &str| {
        format!("<i:InclusiveNamespaces xmlns:i=\"{EXCLUSIVE}\"{attributes}>{inside}</i:InclusiveNamespaces>")
    };
    let none_listed = inclusive(" PrefixList=\"\"", "");
    let many: String = (0..17).map(|number| format!("p{number} ")).collect();
    let one_by_one = [
        (
            "base64 instead of enveloped",
            one("http://www.w3.org/2000/09/xmldsig#base64") + &one(EXCLUSIVE),
        ),
        (
            "something in enveloped",
            format!("<ds:Transform Algorithm=\"{ENVELOPED}\"><x/></ds:Transform>") + &one(EXCLUSIVE),
        ),
        (
            "enveloped, and something that is no Transform",
            one(ENVELOPED) + "<x/>" + &one(EXCLUSIVE),
        ),
        ("two PrefixLists", with(&format!("{none_listed}{none_listed}"))),
        (
            "something in a PrefixList",
            with(&inclusive(" PrefixList=\"\"", "<x/>")),
        ),
        (
            "more prefixes than anybody has",
            with(&inclusive(&format!(" PrefixList=\"{many}\""), "")),
        ),
    ];
    let mut found: Vec<_> = lists
        .into_iter()
        .chain(one_by_one)
        .map(|(name, list)| {
            let xml = replace(
                honest,
                "ds:Transforms",
                &format!("<ds:Transforms>{list}</ds:Transforms>"),
            );
            mutant("A20", name, xml, "structure")
        })
        .collect();
    let method = format!("<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">");
    for other in ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "urn:x", ""] {
        let written = format!("<ds:CanonicalizationMethod Algorithm=\"{other}\">");
        let xml = honest.replacen(&method, &written, 1);
        found.push(mutant(
            "A20",
            format!("SignedInfo by {other:?}"),
            xml,
            "structure",
        ));
    }
    found
}

/// A23: weak or foreign algorithms.
pub(crate) fn algorithms(honest: &str) -> Vec<Mutant> {
    let signatures = [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "",
    ];
    let digests = [
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmldsig-more#md5",
        "urn:none",
    ];
    let changed = |tag: &str, uri: &str| {
        let element = slice(honest, tag);
        let written = attribute(element, tag, "Algorithm");
        honest.replacen(element, &element.replacen(&written, uri, 1), 1)
    };
    let of_signatures = signatures.iter().map(|uri| ("ds:SignatureMethod", uri));
    let of_digests = digests.iter().map(|uri| ("ds:DigestMethod", uri));
    let mut found: Vec<_> = of_signatures
        .chain(of_digests)
        .map(|(tag, uri)| mutant("A23", format!("{tag} {uri:?}"), changed(tag, uri), "alg"))
        .collect();
    let shortened = "<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>";
    let xml = honest.replacen("</ds:SignatureMethod>", shortened, 1);
    found.push(mutant("A23", "HMACOutputLength", xml, "alg"));
    found
}

/// A26: the honest signature in other places, twice, or with other parts.
pub(crate) fn moved_signatures(honest: &str) -> Vec<Mutant> {
    let signature = slice(honest, "ds:Signature");
    let without = replace(honest, "ds:Signature", "");
    let in_place = |xml: &str, tag: &str| {
        let end = format!("</{tag}>");
        xml.replacen(&end, &format!("{signature}{end}"), 1)
    };
    let signed_info = slice(signature, "ds:SignedInfo");
    let swap = |with: String| honest.replacen(signature, &with, 1);
    let two_infos = signature.replacen(signed_info, &format!("{signed_info}{signed_info}"), 1);
    let object = signature.replacen("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>", 1);
    let no_value = replace(signature, "ds:SignatureValue", "");
    let after_info =
        |what: &str| signature.replacen("</ds:SignedInfo>", &format!("</ds:SignedInfo>{what}"), 1);
    let ends_with = |tag: &str, what: &str| {
        let end = format!("</{tag}>");
        signature.replacen(&end, &format!("{what}{end}"), 1)
    };
    let other_namespace = signature.replacen(DS, "http://www.w3.org/2000/09/xmldsig", 1);
    let not_seen = if signs_response(honest) {
        "structure"
    } else {
        "unsigned"
    };
    vec![
        mutant(
            "A26",
            "in Status",
            in_place(&without, "samlp:Status"),
            "structure",
        ),
        mutant(
            "A26",
            "in Subject",
            in_place(&without, "saml:Subject"),
            "structure",
        ),
        mutant(
            "A26",
            "in AttributeValue",
            in_place(&without, "saml:AttributeValue"),
            "structure",
        ),
        mutant(
            "A26",
            "twice",
            swap(format!("{signature}{signature}")),
            "structure",
        ),
        mutant("A26", "two SignedInfo", swap(two_infos), "structure"),
        mutant("A26", "Object", swap(object), "structure"),
        mutant("A26", "no SignatureValue", swap(no_value), "structure"),
        mutant(
            "A26",
            "more before SignatureValue",
            swap(after_info("<x/>")),
            "structure",
        ),
        mutant(
            "A26",
            "more in SignedInfo",
            swap(ends_with("ds:SignedInfo", "<x/>")),
            "structure",
        ),
        mutant(
            "A26",
            "more in Reference",
            swap(ends_with("ds:Reference", "<x/>")),
            "structure",
        ),
        mutant(
            "A26",
            "more in DigestMethod",
            swap(ends_with("ds:DigestMethod", "<x/>")),
            "structure",
        ),
        mutant(
            "A26",
            "more in SignatureMethod",
            swap(ends_with("ds:SignatureMethod", "<x/>")),
            "alg",
        ),
        mutant(
            "A26",
            "Signature of another namespace",
            swap(other_namespace),
            not_seen,
        ),
    ]
}

/// A26 again: every text of the signed element changed in turn.
pub(crate) fn changed_content(honest: &str) -> Vec<Mutant> {
    let signed = if signs_response(honest) {
        0..honest.len()
    } else {
        range(honest, "saml:Assertion")
    };
    let in_signature = |at: usize| {
        honest[..at].matches("<ds:Signature ").count() > honest[..at].matches("</ds:Signature>").count()
    };
    places_in_text(honest)
        .filter(|at| signed.contains(at) && !in_signature(*at))
        .map(|at| {
            mutant(
                "A26",
                format!("a letter more at {at}"),
                insert(honest, at, "x"),
                "signature",
            )
        })
        .chain([
            mutant(
                "A26",
                "another attribute value",
                honest.replacen("Name=\"", "Name=\"x", 1),
                "signature",
            ),
            mutant(
                "A26",
                "an element more",
                honest.replacen(
                    "</saml:Subject>",
                    "<saml:NameID>rektor</saml:NameID></saml:Subject>",
                    1,
                ),
                "signature",
            ),
            mutant(
                "A26",
                "a space more",
                honest.replacen("<saml:Subject>", " <saml:Subject>", 1),
                "signature",
            ),
        ])
        .collect()
}

/// What the attacker puts into KeyInfo, which no signature covers: such documents stay valid, and KeyInfo unread (A21).
pub(crate) fn other_key_infos(honest: &str) -> Vec<String> {
    let contents = [
        String::new(),
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>".to_owned(),
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQ==</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>".to_owned(),
        "<ds:RetrievalMethod URI=\"http://ondskab.example/key\"></ds:RetrievalMethod>".to_owned(),
        "<ds:KeyName>../../etc/passwd</ds:KeyName>".to_owned(),
    ];
    contents
        .into_iter()
        .map(|content| {
            replace(
                honest,
                "ds:KeyInfo",
                &format!("<ds:KeyInfo>{content}</ds:KeyInfo>"),
            )
        })
        .chain([replace(honest, "ds:KeyInfo", "")])
        .collect()
}
