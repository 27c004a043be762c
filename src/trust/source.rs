//! Where the metadata of a party is fetched from, and who must have signed it: by the address
//! that the party publishes it at, or by asking a metadata query service (MDQ) for one entity.

use std::path::Path;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use url::Url;

use super::load::PartyFile;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::domain::address::{PlainHttp, is_loopback};
use crate::saml::metadata::{self, EntityMetadata, MetadataRefusal};
use crate::saml::xml::{Document, Limits, SignatureRefusal, VerifyingKey, XmlRefusal, verify};

/// A source of one party's metadata.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its place on the shelf: `upstreams/lillekoebing`.
    pub name: String,
    /// Where it is fetched.
    pub url: Url,
    /// Who must have signed it; nobody in particular where it is only fetched over https.
    pub pin: Option<Vec<VerifyingKey>>,
    /// Whom it must be about, where that is known beforehand.
    pub entity_id: Option<String>,
}

/// Why fetched metadata is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SourceRefusal {
    /// Not XML that is read.
    #[error("it is not metadata that is read")]
    Xml(#[from] XmlRefusal),
    /// Not signed by the pinned key.
    #[error("it is not signed by the pinned key")]
    Signature(#[from] SignatureRefusal),
    /// Not metadata of one party in good order.
    #[error("the metadata is not taken")]
    Metadata(#[from] MetadataRefusal),
    /// About somebody else (B24).
    #[error("it is about {0}, not about the entity that was asked for")]
    OtherEntity(String),
}

/// Tells these keys from others, for noting who had to sign what was looked at.
pub fn mark_of(keys: &[VerifyingKey]) -> String {
    let mut keys: Vec<&[u8]> = keys.iter().map(VerifyingKey::spki_der).collect();
    keys.sort_unstable();
    let mut context = digest::Context::new(&digest::SHA256);
    for key in keys {
        context.update(&(key.len() as u64).to_be_bytes());
        context.update(key);
    }
    HEXLOWER.encode(context.finish().as_ref())
}

impl Source {
    /// See [`Notes::pin`](super::shelf::Notes::pin).
    pub fn pin_mark(&self) -> Option<String> {
        self.pin.as_deref().map(mark_of)
    }

    /// Reads what the source brought: first who signed it, then what it says.
    pub fn open(
        &self,
        bytes: &[u8],
        plain: PlainHttp,
        now: Timestamp,
    ) -> Result<EntityMetadata, SourceRefusal> {
        let document = Document::parse(bytes, &Limits::METADATA)?;
        let metadata = match &self.pin {
            Some(keys) => metadata::read(verify(document.root(), keys)?.root(), plain, now)?,
            None => metadata::read(document.root(), plain, now)?,
        };
        match &self.entity_id {
            Some(expected) if expected != metadata.entity_id.as_str() => {
                Err(SourceRefusal::OtherEntity(metadata.entity_id.to_string()))
            }
            _ => Ok(metadata),
        }
    }
}

/// Reads where a party's `[saml]` says that its metadata is; `Ok(None)` is the file beside it.
/// Faults are noted in the section.
pub(super) fn read(section: &mut Section<'_>, file: &PartyFile) -> Result<Option<Source>, Faulty> {
    let url: Option<Url> = section.get("metadata_url");
    let service: Option<Url> = section.get("mdq");
    let entity_id: Option<String> = section.get("entity_id");
    let key: Option<String> = section.get("metadata_key");
    let is_remote = section.has("metadata_url") || section.has("mdq");
    if !is_remote {
        return Ok(None);
    }
    for (name, address) in [("metadata_url", &url), ("mdq", &service)] {
        if address
            .as_ref()
            .is_some_and(|url| url.scheme() != "https" && !is_loopback(url))
        {
            let problem = Problem::error("metadata is fetched by https alone");
            section.fault(name, problem.help("write the address with https://"));
            return Err(Faulty);
        }
    }
    let pin = match (&key, section.has("metadata_key")) {
        (Some(name), _) => Some(read_pin(section, "metadata_key", &file.beside(name)).ok_or(Faulty)?),
        (None, true) => return Err(Faulty),
        (None, false) => None,
    };
    let url = match (url, service) {
        (Some(url), None) => url,
        (None, Some(service)) => {
            let Some((entity_id, _)) = entity_id.as_ref().zip(pin.as_ref()) else {
                let problem =
                    Problem::error("a metadata query needs to know of whom, and who signs the answer");
                section.fault(
                    "mdq",
                    problem.help("add entity_id = \"…\" and metadata_key = \"….pem\""),
                );
                return Err(Faulty);
            };
            query(&service, entity_id)
        }
        _ => {
            let problem = Problem::error("metadata comes from one place");
            section.fault(
                "metadata_url",
                problem.help("write metadata_url or mdq, and not both"),
            );
            return Err(Faulty);
        }
    };
    Ok(Some(Source {
        name: file.place_name(),
        url,
        pin,
        entity_id,
    }))
}

/// Metadata in a file beside a line that names somebody else: one of the two is a mistake.
pub(super) fn compare_names(section: &mut Section<'_>, metadata: &EntityMetadata) {
    let named: Option<String> = section.get("entity_id");
    let found = metadata.entity_id.as_str();
    if let Some(named) = named.filter(|named| named != found) {
        let problem = Problem::error(format!("the metadata is of {found}, and entity_id says {named}"));
        let help = "get the metadata of the party that is meant, or remove entity_id: the metadata says it";
        section.fault("entity_id", problem.help(help));
    }
}

/// Something is wrong, and was noted.
#[derive(Debug)]
pub(super) struct Faulty;

/// The keys in a PEM file: certificates, or public keys. Dates in certificates decide nothing.
pub(super) fn read_pin(section: &Section<'_>, key: &'static str, path: &Path) -> Option<Vec<VerifyingKey>> {
    let refuse = |why: String| {
        let problem = Problem::error(format!("{}: {why}, so nothing is pinned", path.display()));
        section.fault(
            key,
            problem.help("put the signer's certificate or public key there, in PEM"),
        );
    };
    let pem = std::fs::read(path)
        .map_err(|error| refuse(format!("it cannot be read ({error})")))
        .ok()?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .map(|der| VerifyingKey::from_certificate_der(&der));
    let keys = SubjectPublicKeyInfoDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .map(|der| VerifyingKey::from_spki_der(&der));
    match certificates.chain(keys).collect::<Result<Vec<_>, _>>() {
        Ok(keys) if keys.is_empty() => {
            refuse("it holds neither certificate nor public key".to_owned());
            None
        }
        Ok(keys) => Some(keys),
        Err(error) => {
            refuse(error.to_string());
            None
        }
    }
}

/// Where a metadata query service has one entity (draft-young-md-query-saml): by the SHA-1 of its
/// name, which every service knows and no name is too odd for.
pub fn query(service: &Url, entity_id: &str) -> Url {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, entity_id.as_bytes());
    let mut url = service.clone();
    let base = service.path().trim_end_matches('/');
    url.set_path(&format!(
        "{base}/entities/%7Bsha1%7D{}",
        HEXLOWER.encode(digest.as_ref())
    ));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_asked_for_by_the_digest_of_its_name() {
        // The example of draft-young-md-query-saml, section 2.2.2.
        let url = query(
            &"https://mdq.example/global/".parse().unwrap(),
            "http://example.org/service",
        );
        assert_eq!(
            url.as_str(),
            "https://mdq.example/global/entities/%7Bsha1%7D11d72e8cf351eb6c75c721e838f469677ab41bdb"
        );
    }
}
