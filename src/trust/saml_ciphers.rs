//! What a SAML party's messages are encrypted with, as its file says: ours towards it, and the
//! exceptions for its own. Whether they must be encrypted is in `saml_party`.

use jiff::Timestamp;

use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::saml::peer::AssertionEncryption;
use crate::saml::xml::{ContentCipher, KeyTransport};

/// How to encrypt for a service, where our side decides otherwise than its metadata.
pub(super) struct Ciphers {
    content: Option<ContentCipher>,
    transport: Option<KeyTransport>,
}

impl Ciphers {
    pub(super) fn applied_to(&self, mut encryption: AssertionEncryption) -> AssertionEncryption {
        let method = &mut encryption.method;
        method.content = self.content.unwrap_or(method.content);
        method.transport = self.transport.unwrap_or(method.transport);
        encryption
    }
}

pub(super) fn read_ciphers(section: &mut Section<'_>) -> Ciphers {
    Ciphers {
        content: section.word(
            "cipher",
            &[
                ("aes128-gcm", ContentCipher::Aes128Gcm),
                ("aes256-gcm", ContentCipher::Aes256Gcm),
            ],
        ),
        transport: section.word(
            "key_transport",
            &[
                ("oaep-sha1", KeyTransport::OaepSha1),
                ("oaep-sha256", KeyTransport::OaepSha256),
            ],
        ),
    }
}

/// CBC is taken only as a named exception that ends by itself, also in a Portner that runs (DR30). One that
/// has ended is no fault of the file: it would leave the party as it was before, exception and all.
pub(super) fn read_cbc_exception(section: &mut Section<'_>, now: Timestamp) -> Option<Timestamp> {
    if !section.has("accept_cbc") {
        return None;
    }
    let until: Option<Timestamp> = section.table("accept_cbc", |exception| {
        let owner: Option<String> = exception.require("owner", "who answers for this exception");
        let reason: Option<String> = exception.require("reason", "why it is needed");
        let until = exception.require("until", "when it ends");
        owner.and(reason).and(until)
    });
    match until {
        Some(until) if now < until => {
            let problem = Problem::warning(format!("AES-CBC is accepted from this upstream until {until}"));
            section.fault("accept_cbc", problem.help("move it to AES-GCM before then"));
            Some(until)
        }
        Some(_) => {
            let problem = Problem::warning("this exception has ended: AES-CBC is refused");
            section.fault(
                "accept_cbc",
                problem.help("remove it; the upstream must encrypt with AES-GCM now"),
            );
            None
        }
        None => None,
    }
}
