//! Which keys Portner holds and where each is kept. One key per purpose (DR26).
//!
//! Only places are here. Reading, using and making keys is `keys/`.

use std::path::PathBuf;

use jiff::Timestamp;

use super::file::Section;
use super::secret::SecretSource;

/// How file names say when a key was retired, in UTC.
const RETIRED_AT: &str = "%Y%m%dT%H%M%SZ";

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// Signs assertions and responses to services (RSA, with certificate).
    Assertions,
    /// The same for services that are registered to want it (P-256, with certificate; may be absent).
    AssertionsEs256,
    /// Signs requests to upstreams (RSA, with certificate).
    Requests,
    /// The same for upstreams that are registered to want it (P-256, with certificate; may be absent).
    RequestsEs256,
    /// Opens assertions that upstreams encrypt (RSA, with certificate).
    Decryption,
    /// Signs our metadata (RSA, with certificate).
    Metadata,
    /// Signs tokens (P-256).
    TokensEs256,
    /// Signs tokens for clients that know no elliptic curves (RSA).
    TokensRs256,
    /// Seals cookies (32 bytes).
    SealCurrent,
    /// Opens cookies sealed before the last change (32 bytes; may be absent).
    SealPrevious,
    /// Seals CPR numbers at rest (32 bytes).
    CprSeal,
    /// Opens CPR numbers that are sealed with the key to come: for installations of several
    /// machines, which change one after the other (32 bytes; may be absent).
    CprSealNext,
    /// Opens CPR numbers sealed before the last change, until all are sealed anew (32 bytes; may
    /// be absent).
    CprSealPrevious,
    /// Finds people by CPR number (32 bytes).
    CprIndex,
    /// Makes pairwise subjects (32 bytes). Changing it makes everybody a stranger everywhere.
    Pairwise,
    /// Goes into the hashes of passwords, so that those of a stolen database cannot be tried (32
    /// bytes; may be absent in installations that began without).
    PasswordPepper,
    /// Was in the hashes before the last change, until each is made anew at a login (32 bytes; may
    /// be absent).
    PasswordPepperPrevious,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 17] = [
        Self::Assertions,
        Self::AssertionsEs256,
        Self::Requests,
        Self::RequestsEs256,
        Self::Decryption,
        Self::Metadata,
        Self::TokensEs256,
        Self::TokensRs256,
        Self::SealCurrent,
        Self::SealPrevious,
        Self::CprSeal,
        Self::CprSealNext,
        Self::CprSealPrevious,
        Self::CprIndex,
        Self::Pairwise,
        Self::PasswordPepper,
        Self::PasswordPepperPrevious,
    ];

    /// Those that what is in the database was made with: with others everybody in it is a stranger.
    pub const LASTING: [Self; 3] = [Self::CprSeal, Self::CprIndex, Self::Pairwise];

    /// The keys of other purposes that may be here beside a lasting one while it changes.
    pub const fn beside(self) -> &'static [Self] {
        match self {
            Self::CprSeal => &[Self::CprSealPrevious, Self::CprSealNext],
            _ => &[],
        }
    }

    /// The name in configuration; with `.pem` or `.key` also the file's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assertions => "assertions",
            Self::AssertionsEs256 => "assertions-es256",
            Self::Requests => "requests",
            Self::RequestsEs256 => "requests-es256",
            Self::Decryption => "decryption",
            Self::Metadata => "metadata",
            Self::TokensEs256 => "tokens-es256",
            Self::TokensRs256 => "tokens-rs256",
            Self::SealCurrent => "seal-current",
            Self::SealPrevious => "seal-previous",
            Self::CprSeal => "cpr-seal",
            Self::CprSealNext => "cpr-seal-next",
            Self::CprSealPrevious => "cpr-seal-previous",
            Self::CprIndex => "cpr-index",
            Self::Pairwise => "pairwise",
            Self::PasswordPepper => "password-pepper",
            Self::PasswordPepperPrevious => "password-pepper-previous",
        }
    }

    /// Whether the key is 32 secret bytes and not a key pair.
    pub const fn is_symmetric(self) -> bool {
        matches!(
            self,
            Self::SealCurrent
                | Self::SealPrevious
                | Self::CprSeal
                | Self::CprSealNext
                | Self::CprSealPrevious
                | Self::CprIndex
                | Self::Pairwise
                | Self::PasswordPepper
                | Self::PasswordPepperPrevious
        )
    }

    /// Whether peers get a certificate with it: SAML metadata publishes one.
    pub const fn has_certificate(self) -> bool {
        matches!(
            self,
            Self::Assertions
                | Self::AssertionsEs256
                | Self::Requests
                | Self::RequestsEs256
                | Self::Decryption
                | Self::Metadata
        )
    }

    /// Whether Portner runs without it.
    pub const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::AssertionsEs256
                | Self::RequestsEs256
                | Self::SealPrevious
                | Self::CprSealNext
                | Self::CprSealPrevious
                | Self::PasswordPepper
                | Self::PasswordPepperPrevious
        )
    }

    /// Whether it is on P-256, and not RSA.
    pub const fn is_elliptic(self) -> bool {
        matches!(
            self,
            Self::AssertionsEs256 | Self::RequestsEs256 | Self::TokensEs256
        )
    }

    /// Whether a set of new keys has one.
    pub const fn is_in_a_new_set(self) -> bool {
        !self.is_optional() || matches!(self, Self::PasswordPepper)
    }

    /// Whether a new key can take over while Portner runs.
    pub const fn rotates(self) -> bool {
        matches!(
            self,
            Self::Assertions
                | Self::AssertionsEs256
                | Self::Requests
                | Self::RequestsEs256
                | Self::Decryption
                | Self::Metadata
                | Self::TokensEs256
                | Self::TokensRs256
                | Self::SealCurrent
        )
    }

    /// Whether it rotates also where no key is named. Who pins the key that signs our metadata
    /// learns of another by no protocol: that change is made on purpose.
    pub const fn rotates_unasked(self) -> bool {
        self.rotates() && !matches!(self, Self::Metadata)
    }

    /// What its file in the keys directory is called.
    pub fn file_name(self) -> String {
        self.file_named("")
    }

    fn file_named(self, what: &str) -> String {
        format!("{}{what}{}", self.as_str(), self.ending())
    }

    const fn ending(self) -> &'static str {
        if self.is_symmetric() { ".key" } else { ".pem" }
    }
}

/// Where each key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlan {
    directory: PathBuf,
    elsewhere: Vec<(KeyPurpose, SecretSource)>,
}

impl KeyPlan {
    /// All keys in one directory, under their own names.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            elsewhere: Vec::new(),
        }
    }

    /// The directory of all keys that are not kept elsewhere.
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// The same plan with this file for one purpose.
    #[must_use]
    pub fn with_file(&self, purpose: KeyPurpose, path: PathBuf) -> Self {
        let mut plan = self.clone();
        plan.elsewhere.retain(|(other, _)| *other != purpose);
        plan.elsewhere.push((purpose, SecretSource::File(path)));
        plan
    }

    /// Where the key is that will take over; nothing for keys that are kept elsewhere.
    pub fn next_file(&self, purpose: KeyPurpose) -> Option<PathBuf> {
        let elsewhere = self.elsewhere.iter().any(|(other, _)| *other == purpose);
        (purpose.rotates() && !elsewhere).then(|| self.directory.join(purpose.file_named(".next")))
    }

    /// Where the key goes that is retired at this moment.
    pub fn retired_file(&self, purpose: KeyPurpose, now: Timestamp) -> PathBuf {
        let name = format!(".retired-{}", now.strftime(RETIRED_AT));
        self.directory.join(purpose.file_named(&name))
    }

    /// The retired keys of a purpose and when each was retired, the latest first.
    pub fn retired_files(&self, purpose: KeyPurpose) -> Vec<(Timestamp, PathBuf)> {
        let (before, after) = (format!("{}.retired-", purpose.as_str()), purpose.ending());
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let at = name.strip_prefix(&before)?.strip_suffix(&after)?;
                let at = jiff::civil::DateTime::strptime(RETIRED_AT, at).ok()?;
                Some((
                    at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
                    entry.path(),
                ))
            })
            .collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found
    }

    /// Where the key for `purpose` is.
    pub fn source(&self, purpose: KeyPurpose) -> SecretSource {
        self.elsewhere
            .iter()
            .find(|(other, _)| *other == purpose)
            .map_or_else(
                || SecretSource::File(self.directory.join(purpose.file_name())),
                |(_, source)| source.clone(),
            )
    }
}

/// Reads `[keys]`.
pub(super) fn read(section: &mut Section<'_>) -> KeyPlan {
    KeyPlan {
        directory: section.get_or("directory", PathBuf::from("keys")),
        elsewhere: KeyPurpose::ALL
            .into_iter()
            .filter_map(|purpose| Some((purpose, section.get(purpose.as_str())?)))
            .collect(),
    }
}
