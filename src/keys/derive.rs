//! Secrets derived from one master secret, each under a label of its own.
//!
//! HMAC-SHA-256 over label and parts, each with its length before it, so that no two
//! inputs run together into the same bytes. Pairwise subjects, the CPR index and the
//! secrets of one transaction come from here; knowing one tells nothing of another.

use std::fmt;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

/// A secret that others are derived from: at least 32 random bytes.
pub struct MasterSecret(Key);

/// The secret is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master secret has at least 32 bytes")]
pub struct ShortMasterSecret;

/// What a derived value is for. Two labels never give the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The name that a sector knows a user by (E14).
    PairwiseSubject,
    /// Look-up of CPR numbers (DR21).
    CprIndex,
    /// `state` towards an upstream.
    State,
    /// `nonce` towards an upstream.
    Nonce,
    /// The PKCE verifier towards an upstream.
    PkceVerifier,
    /// The token of a form.
    FormToken,
    /// The public name of a session (`sid`, `SessionIndex`).
    SessionIndex,
    /// The cookie of a session.
    SessionToken,
    /// The id of a session's row.
    SessionRow,
    /// A subject that is new at each login.
    TransientSubject,
    /// The ID of a SAML request of ours.
    RequestId,
    /// The ID of a SAML response of ours.
    ResponseId,
    /// The ID of a SAML assertion of ours.
    IssuedAssertionId,
    /// An authorization code of ours.
    AuthorizationCode,
    /// What comes of one authorization code.
    GrantFamily,
    /// Look-up of a user by an upstream's name for them.
    UpstreamSubject,
    /// Look-up of a session by an upstream's name for it.
    UpstreamSession,
    /// A nonce for proofs of possession (RFC 9449 §8).
    DpopNonce,
    /// What a key is recognised by.
    KeyMark,
    /// What a picture is called on one page (DR16).
    PictureToken,
    /// The form of the second page for a name that nobody has (DR15).
    DecoyForm,
    /// Where a name belongs that nobody has (G04).
    DecoyPlace,
    /// What a browser remembers an account by that logged in there.
    ProvenDevice,
    /// The secret that a login assigns to its user.
    AssignedSecret,
    /// What a window for a pupil knows the login by that went through it.
    WindowOwner,
    /// The mark of an address that takes a device to its class.
    ClassLink,
    /// The id of a question to an adult.
    ApprovalRow,
}

impl Label {
    const fn as_str(self) -> &'static str {
        match self {
            Self::PairwiseSubject => "portner pairwise subject 1",
            Self::CprIndex => "portner cpr index 1",
            Self::State => "portner state 1",
            Self::Nonce => "portner nonce 1",
            Self::PkceVerifier => "portner pkce verifier 1",
            Self::FormToken => "portner form token 1",
            Self::SessionIndex => "portner session index 1",
            Self::SessionToken => "portner session token 1",
            Self::SessionRow => "portner session row 1",
            Self::TransientSubject => "portner transient subject 1",
            Self::RequestId => "portner request id 1",
            Self::ResponseId => "portner response id 1",
            Self::IssuedAssertionId => "portner issued assertion id 1",
            Self::AuthorizationCode => "portner authorization code 1",
            Self::GrantFamily => "portner grant family 1",
            Self::UpstreamSubject => "portner upstream subject 1",
            Self::UpstreamSession => "portner upstream session 1",
            Self::DpopNonce => "portner dpop nonce 1",
            Self::KeyMark => "portner key mark 1",
            Self::PictureToken => "portner picture token 1",
            Self::DecoyForm => "portner decoy form 1",
            Self::DecoyPlace => "portner decoy place 1",
            Self::ProvenDevice => "portner proven device 1",
            Self::AssignedSecret => "portner assigned secret 1",
            Self::WindowOwner => "portner window owner 1",
            Self::ClassLink => "portner class link 1",
            Self::ApprovalRow => "portner approval row 1",
        }
    }
}

impl MasterSecret {
    /// Takes a secret of at least 32 bytes.
    pub fn new(secret: &[u8]) -> Result<Self, ShortMasterSecret> {
        if secret.len() < 32 {
            return Err(ShortMasterSecret);
        }
        Ok(Self(Key::new(HMAC_SHA256, secret)))
    }

    /// 32 bytes for this label and these parts.
    pub fn derive(&self, label: Label, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(self.tag(label, parts).as_ref());
        bytes
    }

    /// The same as 43 characters that are safe in addresses and XML ids after a letter.
    pub fn derive_text(&self, label: Label, parts: &[&[u8]]) -> String {
        BASE64URL_NOPAD.encode(self.tag(label, parts).as_ref())
    }

    fn tag(&self, label: Label, parts: &[&[u8]]) -> Tag {
        let mut message = Zeroizing::new(Vec::new());
        for part in std::iter::once(label.as_str().as_bytes()).chain(parts.iter().copied()) {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        sign(&self.0, &message)
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterSecret {
        MasterSecret::new(&[7; 32]).unwrap()
    }

    #[test]
    fn derived_values_never_change() {
        // Stored subjects depend on these bytes: changing them would make everybody a stranger.
        assert_eq!(
            master().derive_text(Label::PairwiseSubject, &[b"sector", b"account"]),
            "catCo87j5PFXsQEQLNWiSvrN7DpRYIpYBpei6H_1Q74"
        );
    }

    #[test]
    fn a_short_master_secret_is_refused() {
        assert_eq!(MasterSecret::new(&[7; 31]).err(), Some(ShortMasterSecret));
    }

    #[test]
    fn labels_keep_values_apart() {
        assert_ne!(
            master().derive_text(Label::State, &[b"x"]),
            master().derive_text(Label::Nonce, &[b"x"])
        );
    }

    proptest! {
        #[test]
        fn parts_do_not_run_together(a in ".{0,8}", b in ".{0,8}", c in ".{0,8}", d in ".{0,8}") {
            let one = master().derive(Label::State, &[a.as_bytes(), b.as_bytes()]);
            let other = master().derive(Label::State, &[c.as_bytes(), d.as_bytes()]);
            prop_assert_eq!(one == other, (a, b) == (c, d));
        }
    }
}
