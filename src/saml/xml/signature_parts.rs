//! The parts of a `ds:Signature`, read by position and name: whatever is not exactly the SAML profile
//! (saml-core §5.4) is a refusal. Nothing here is believed, and nothing is computed.

use data_encoding::BASE64;

use super::chars;
use super::names::{DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DS, ENVELOPED, EXC_C14N};
use super::signature_refusal::SignatureRefusal;
use super::tree::Element;
use super::verifying_key::SignatureAlgorithm;

/// A Signature of the right shape, whose one Reference names the ID of its own parent.
pub(super) struct SignatureParts<'d> {
    pub(super) signed_info: Element<'d>,
    pub(super) signed_info_prefixes: Vec<&'d str>,
    pub(super) signature_method: &'d str,
    pub(super) digest_method: &'d str,
    pub(super) digest_value: Vec<u8>,
    pub(super) content_prefixes: Vec<&'d str>,
    pub(super) signature_value: Vec<u8>,
}

impl<'d> SignatureParts<'d> {
    /// Reads `signature`, which is a child of `parent`. KeyInfo may be there and is not looked at (A21).
    pub(super) fn read(signature: Element<'d>, parent: Element<'d>) -> Result<Self, SignatureRefusal> {
        let mut children = signature.children();
        let signed_info = next(&mut children, "SignedInfo")?;
        let signature_value = next(&mut children, "SignatureValue")?;
        match children.next() {
            None => {}
            Some(last) if last.is(DS.uri, "KeyInfo") && children.next().is_none() => {}
            Some(_) => {
                return Err(SignatureRefusal::Structure(
                    "more in Signature than belongs there",
                ));
            }
        }

        let mut children = signed_info.children();
        let canonicalization = next(&mut children, "CanonicalizationMethod")?;
        let signature_method = next(&mut children, "SignatureMethod")?;
        let reference = next(&mut children, "Reference")?;
        if children.next().is_some() {
            return Err(SignatureRefusal::Structure("more than one Reference"));
        }
        demand_own_parent(reference, parent)?;

        let mut children = reference.children();
        let transforms = next(&mut children, "Transforms")?;
        let digest_method = next(&mut children, "DigestMethod")?;
        let digest_value = next(&mut children, "DigestValue")?;
        if children.next().is_some() || digest_method.children().next().is_some() {
            return Err(SignatureRefusal::Structure(
                "more in Reference than belongs there",
            ));
        }
        Ok(Self {
            signed_info,
            signed_info_prefixes: exclusive_prefixes(canonicalization)?,
            signature_method: signature_algorithm(signature_method)?,
            digest_method: algorithm(digest_method)?,
            digest_value: base64(digest_value)?,
            content_prefixes: transforms_prefixes(transforms)?,
            signature_value: base64(signature_value)?,
        })
    }
}

fn next<'d>(
    children: &mut impl Iterator<Item = Element<'d>>,
    name: &'static str,
) -> Result<Element<'d>, SignatureRefusal> {
    children
        .next()
        .filter(|child| child.is(DS.uri, name))
        .ok_or(SignatureRefusal::Structure(name))
}

/// `URI="#…"` must be an NCName and the ID of the element around the Signature: no other element, no
/// whole document, no pointer, nothing that could be fetched (A18).
fn demand_own_parent(reference: Element<'_>, parent: Element<'_>) -> Result<(), SignatureRefusal> {
    let target = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    let own = parent.attribute("ID");
    match (target, own) {
        (Some(target), Some(own)) if target == own && chars::is_ncname(own) => Ok(()),
        _ => Err(SignatureRefusal::Structure(
            "the Reference names another element than its own parent",
        )),
    }
}

/// Exactly the enveloped transform and then exclusive canonicalisation, each once (A20).
fn transforms_prefixes(transforms: Element<'_>) -> Result<Vec<&str>, SignatureRefusal> {
    let mut children = transforms.children();
    let enveloped = next(&mut children, "Transform")?;
    let exclusive = next(&mut children, "Transform")?;
    let only_two = children.next().is_none();
    if !only_two || algorithm(enveloped)? != ENVELOPED || enveloped.children().next().is_some() {
        return Err(SignatureRefusal::Structure("Transforms"));
    }
    exclusive_prefixes(exclusive)
}

/// The PrefixList of an exclusive canonicalisation; the empty prefix for `#default`.
fn exclusive_prefixes(method: Element<'_>) -> Result<Vec<&str>, SignatureRefusal> {
    const ODD: SignatureRefusal = SignatureRefusal::Structure("InclusiveNamespaces");
    if algorithm(method)? != EXC_C14N {
        return Err(SignatureRefusal::Structure("canonicalisation"));
    }
    let mut children = method.children();
    let Some(inclusive) = children.next() else {
        return Ok(Vec::new());
    };
    if !inclusive.is(EXC_C14N, "InclusiveNamespaces")
        || children.next().is_some()
        || inclusive.children().next().is_some()
    {
        return Err(ODD);
    }
    let list = inclusive.attribute("PrefixList").ok_or(ODD)?;
    let prefixes = list.split_ascii_whitespace().map(|prefix| match prefix {
        "#default" => Ok(""),
        prefix if chars::is_ncname(prefix) => Ok(prefix),
        _ => Err(ODD),
    });
    let prefixes: Vec<_> = prefixes.collect::<Result<_, _>>()?;
    if prefixes.len() > MOST_PREFIXES {
        Err(ODD)
    } else {
        Ok(prefixes)
    }
}

/// Nobody lists more; each costs a comparison per declaration.
const MOST_PREFIXES: usize = 16;

fn algorithm(method: Element<'_>) -> Result<&str, SignatureRefusal> {
    Ok(method.required_attribute("Algorithm")?)
}

/// The algorithm by the name that carries its parameters along. `#rsa-pss` with parameters is the same as one
/// of the names without where digest, mask and salt belong together (RFC 9231 §2.3.9); all else is refused.
fn signature_algorithm(method: Element<'_>) -> Result<&str, SignatureRefusal> {
    const ODD: SignatureRefusal = SignatureRefusal::Algorithm("parametrised signature");
    let uri = algorithm(method)?;
    let mut children = method.children();
    let parameters = children.next();
    if children.next().is_some() {
        return Err(ODD);
    }
    match (uri, parameters) {
        (RSA_PSS, None) => Ok(SignatureAlgorithm::RsaPssSha256.uri()),
        (RSA_PSS, Some(parameters)) if parameters.is(MORE, "RSAPSSParams") => {
            pss_algorithm(parameters)?.map(SignatureAlgorithm::uri).ok_or(ODD)
        }
        (_, None) => Ok(uri),
        (_, Some(_)) => Err(ODD),
    }
}

const MORE: &str = "http://www.w3.org/2007/05/xmldsig-more#";
const RSA_PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#rsa-pss";
const MGF1: &str = "http://www.w3.org/2007/05/xmldsig-more#MGF1";

/// Parameters that leave something out have the defaults: SHA-256 throughout, a salt of 32 bytes.
fn pss_algorithm(parameters: Element<'_>) -> Result<Option<SignatureAlgorithm>, SignatureRefusal> {
    let digest_of = |around: Element<'_>| -> Result<String, SignatureRefusal> {
        let digest = around.child(DS.uri, "DigestMethod")?.map(algorithm).transpose()?;
        Ok(digest.unwrap_or(DIGEST_SHA256).to_owned())
    };
    let known = ["MaskGenerationFunction", "SaltLength", "TrailerField"];
    let is_known = |child: Element<'_>| {
        child.is(DS.uri, "DigestMethod") || known.iter().any(|name| child.is(MORE, name))
    };
    if !parameters.children().all(is_known) {
        return Ok(None);
    }
    let digest = digest_of(parameters)?;
    let mask = match parameters.child(MORE, "MaskGenerationFunction")? {
        Some(mask) if algorithm(mask)? == MGF1 => digest_of(mask)?,
        Some(_) => return Ok(None),
        None => DIGEST_SHA256.to_owned(),
    };
    let number = |name, default: &'static str| -> Result<String, SignatureRefusal> {
        let child = parameters.child(MORE, name)?;
        let text = child.map(Element::text).transpose()?.unwrap_or(default);
        Ok(text.trim().to_owned())
    };
    let (salt, trailer) = (number("SaltLength", "32")?, number("TrailerField", "1")?);
    if mask != digest || trailer != "1" {
        return Ok(None);
    }
    Ok(match (digest.as_str(), salt.as_str()) {
        (DIGEST_SHA256, "32") => Some(SignatureAlgorithm::RsaPssSha256),
        (DIGEST_SHA384, "48") => Some(SignatureAlgorithm::RsaPssSha384),
        (DIGEST_SHA512, "64") => Some(SignatureAlgorithm::RsaPssSha512),
        _ => None,
    })
}

/// Base64 with the line breaks that many signers put in.
fn base64(element: Element<'_>) -> Result<Vec<u8>, SignatureRefusal> {
    decode_base64(element.text()?).ok_or(SignatureRefusal::Structure("base64"))
}

/// Base64 as XML carries it: white space anywhere.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.split_ascii_whitespace().collect();
    BASE64.decode(dense.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::xml::{Document, Limits};

    fn prefixes(list: &str) -> Option<usize> {
        let xml = format!(
            "<m Algorithm=\"{EXC_C14N}\"><InclusiveNamespaces xmlns=\"{EXC_C14N}\" PrefixList=\"{list}\"/></m>"
        );
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        exclusive_prefixes(document.root())
            .ok()
            .map(|prefixes| prefixes.len())
    }

    #[test]
    fn sixteen_prefixes_are_read_and_no_more() {
        assert_eq!(prefixes(""), Some(0));
        assert_eq!(prefixes("saml #default"), Some(2));
        assert_eq!(prefixes(&"saml ".repeat(MOST_PREFIXES)), Some(16));
        assert_eq!(prefixes(&"saml ".repeat(MOST_PREFIXES + 1)), None);
    }
}
