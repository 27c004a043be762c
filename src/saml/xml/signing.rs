//! Puts a Signature into what a [`super::Writer`] made. Needs no parse: canonical text in, canonical text out.

use aws_lc_rs::digest;
use data_encoding::BASE64;

use super::chars;
use super::encryption::EncryptionFailed;
use super::names::{DIGEST_SHA256, DS, ENVELOPED, EXC_C14N};
use super::verifying_key::SignatureAlgorithm;
use super::writer::{CanonicalXml, WriteRefusal, Writer};
use crate::keys::{SignFailed, Signer, SigningAlgorithm};

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningFailed {
    /// The element has no `ID` that the Reference could name, or one that is no NCName.
    #[error("the element to sign has no ID")]
    NoId,
    /// The element is signed already.
    #[error("the element cannot take a signature")]
    NoPlace,
    /// The text could not be written.
    #[error("the signature could not be written")]
    Writing(#[from] WriteRefusal),
    /// What was to be encrypted before could not be.
    #[error("a part could not be encrypted")]
    Encryption(#[from] EncryptionFailed),
    /// The key could not sign.
    #[error("the key could not sign")]
    Key(#[from] SignFailed),
}

/// Signs `unsigned` by its `ID` and puts the Signature in its schema place: after the Issuer where that is
/// the first child, else first. The certificate of the signer goes into KeyInfo, if it has one.
///
/// # Errors
/// [`SigningFailed`].
pub async fn sign_enveloped(
    unsigned: CanonicalXml,
    signer: &dyn Signer,
) -> Result<CanonicalXml, SigningFailed> {
    let id = unsigned
        .id
        .as_deref()
        .filter(|id| chars::is_ncname(id))
        .ok_or(SigningFailed::NoId)?;
    let place = unsigned.signature_place.ok_or(SigningFailed::NoPlace)?;
    let reference = Reference {
        uri: format!("#{id}"),
        digest: BASE64.encode(digest::digest(&digest::SHA256, unsigned.xml.as_bytes()).as_ref()),
        algorithm: algorithm_of(signer.algorithm()),
    };

    let mut signed_info = Writer::new();
    reference.write_signed_info(&mut signed_info);
    let value = signer.sign(signed_info.finish()?.xml.as_bytes()).await?;

    let mut signature = Writer::new();
    reference.write_signature(&mut signature, &BASE64.encode(&value), signer.certificate());
    let signature = signature.finish()?;

    let CanonicalXml {
        mut xml,
        mut declared,
        id,
        ..
    } = unsigned;
    xml.insert_str(place, &signature.xml);
    declared.push(DS);
    Ok(CanonicalXml {
        xml,
        declared,
        id,
        signature_place: None,
    })
}

/// What a Signature says about the element that it signs.
struct Reference {
    uri: String,
    digest: String,
    algorithm: SignatureAlgorithm,
}

impl Reference {
    /// SignedInfo: by itself it is what the key signs, inside Signature it loses the declaration of `ds`
    /// just as canonicalisation wants it.
    fn write_signed_info(&self, writer: &mut Writer) {
        writer.element(DS, "SignedInfo").children(|info| {
            info.element(DS, "CanonicalizationMethod")
                .attribute("Algorithm", EXC_C14N)
                .empty();
            info.element(DS, "SignatureMethod")
                .attribute("Algorithm", self.algorithm.uri())
                .empty();
            info.element(DS, "Reference")
                .attribute("URI", &self.uri)
                .children(|reference| {
                    reference.element(DS, "Transforms").children(|transforms| {
                        transforms
                            .element(DS, "Transform")
                            .attribute("Algorithm", ENVELOPED)
                            .empty();
                        transforms
                            .element(DS, "Transform")
                            .attribute("Algorithm", EXC_C14N)
                            .empty();
                    });
                    reference
                        .element(DS, "DigestMethod")
                        .attribute("Algorithm", DIGEST_SHA256)
                        .empty();
                    reference.element(DS, "DigestValue").text(&self.digest);
                });
        });
    }

    fn write_signature(&self, writer: &mut Writer, value: &str, certificate: Option<&[u8]>) {
        writer.element(DS, "Signature").children(|signature| {
            self.write_signed_info(signature);
            signature.element(DS, "SignatureValue").text(value);
            if let Some(certificate) = certificate {
                signature.element(DS, "KeyInfo").children(|key_info| {
                    key_info.element(DS, "X509Data").children(|data| {
                        data.element(DS, "X509Certificate")
                            .text(&BASE64.encode(certificate));
                    });
                });
            }
        });
    }
}

fn algorithm_of(algorithm: SigningAlgorithm) -> SignatureAlgorithm {
    match algorithm {
        SigningAlgorithm::RsaSha256 => SignatureAlgorithm::RsaSha256,
        SigningAlgorithm::RsaPssSha256 => SignatureAlgorithm::RsaPssSha256,
        SigningAlgorithm::EcdsaP256Sha256 => SignatureAlgorithm::EcdsaSha256,
    }
}
