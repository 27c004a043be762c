//! The hand that signs metadata, as federations do.

use data_encoding::BASE64;
use portner::keys::Signer;
use portner::saml::xml::{Document, Limits};

/// Signs a document whose root has an `ID` as federations do: enveloped, exclusive canonicalisation.
pub(crate) async fn sign(xml: &str, signer: &dyn Signer) -> String {
    let digest = |text: &str| {
        BASE64.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref())
    };
    let large = Limits {
        bytes: usize::MAX,
        nodes: usize::MAX,
        ..Limits::METADATA
    };
    let document = Document::parse(xml.as_bytes(), &large).unwrap();
    let canonical = document.root().canonical(usize::MAX).unwrap();
    let id = document.root().attribute("ID").unwrap();
    let algorithm = match signer.algorithm() {
        portner::keys::SigningAlgorithm::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        _ => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    };
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let signed_info = |declaration: &str| {
        format!(
            "<ds:SignedInfo{declaration}><ds:CanonicalizationMethod Algorithm=\"{exclusive}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{exclusive}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
            digest(&canonical)
        )
    };
    let ds = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let value = signer.sign(signed_info(ds).as_bytes()).await.unwrap();
    let signature = format!(
        "<ds:Signature{ds}>{}<ds:SignatureValue>{}</ds:SignatureValue></ds:Signature>",
        signed_info(""),
        BASE64.encode(&value)
    );
    let root = xml.find("<md:Ent").unwrap();
    let place = root + xml[root..].find('>').unwrap() + 1;
    format!("{}{signature}{}", &xml[..place], &xml[place..])
}
