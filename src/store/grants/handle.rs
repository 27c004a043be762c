//! The random text that a holder carries about, and what it is for.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::ambient::Ambient;

/// What a handle is for. A handle of one kind is unknown as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandleKind {
    /// OpenID authorization code (RFC 6749 §4.1.2).
    AuthorizationCode,
    /// OAuth access token.
    AccessToken,
    /// What an access token that resources read by themselves is known by (`jti`, RFC 9068).
    SignedAccessToken,
    /// OAuth refresh token.
    RefreshToken,
    /// Pushed authorization request (RFC 9126).
    PushedRequest,
    /// A login that a service asks for without a browser (`auth_req_id`, CIBA).
    BackchannelRequest,
}

impl HandleKind {
    /// What handles of this kind begin with, so that a leaked one is recognised in a log.
    const fn prefix(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "ptc_",
            Self::AccessToken => "pta_",
            Self::SignedAccessToken => "ptj_",
            Self::RefreshToken => "ptr_",
            Self::PushedRequest => "ptp_",
            Self::BackchannelRequest => "ptb_",
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "code",
            Self::AccessToken => "access",
            Self::SignedAccessToken => "signed",
            Self::RefreshToken => "refresh",
            Self::PushedRequest => "pushed",
            Self::BackchannelRequest => "backchannel",
        }
    }
}

/// A random handle of 256 bits, as its holder sees it. Never printed.
pub struct Handle {
    pub(super) kind: HandleKind,
    text: Zeroizing<String>,
}

impl Handle {
    /// A new handle.
    pub fn new(kind: HandleKind, ambient: &Ambient) -> Self {
        let random = Zeroizing::new(ambient.bytes::<32>());
        let text = Zeroizing::new(format!(
            "{}{}",
            kind.prefix(),
            BASE64URL_NOPAD.encode(random.as_slice())
        ));
        Self { kind, text }
    }

    /// The handle of these 32 secret bytes, for callers who derive the same again for the same act.
    pub fn from_bytes(kind: HandleKind, secret: &[u8; 32]) -> Self {
        let text = Zeroizing::new(format!("{}{}", kind.prefix(), BASE64URL_NOPAD.encode(secret)));
        Self { kind, text }
    }

    /// Reads what a holder sent; `None` if it cannot be a handle of this kind.
    pub fn parse(kind: HandleKind, text: &str) -> Option<Self> {
        let random = text.strip_prefix(kind.prefix())?;
        let random = Zeroizing::new(BASE64URL_NOPAD.decode(random.as_bytes()).ok()?);
        (random.len() == 32).then(|| Self {
            kind,
            text: Zeroizing::new(text.to_owned()),
        })
    }

    /// What it is for.
    pub const fn kind(&self) -> HandleKind {
        self.kind
    }

    /// The text for its holder.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        crate::store::sha256(&[self.text.as_bytes()])
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_back_as_its_own_kind_alone() {
        let code = Handle::new(HandleKind::AuthorizationCode, &Ambient::system());
        let read = Handle::parse(HandleKind::AuthorizationCode, code.expose()).unwrap();
        assert_eq!(read.hash(), code.hash());
        assert!(Handle::parse(HandleKind::AccessToken, code.expose()).is_none());
        assert!(Handle::parse(HandleKind::AuthorizationCode, &code.expose()[..30]).is_none());
        assert!(Handle::parse(HandleKind::AuthorizationCode, "ptc_ø").is_none());
    }

    #[test]
    fn debug_does_not_show_the_handle() {
        let code = Handle::new(HandleKind::AuthorizationCode, &Ambient::system());
        assert!(!format!("{code:?}").contains(&code.expose()[4..]));
    }
}
