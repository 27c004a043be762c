//! `pkcs11:` addresses (RFC 7512): which key in which token, by which module, and where the PIN is.

use std::fmt;
use std::path::PathBuf;

/// A key in a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyUri {
    /// The module that speaks to the token.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The file with the PIN.
    pub pin: PathBuf,
    /// The key's label (`CKA_LABEL`).
    pub object: Option<String>,
    /// The key's id (`CKA_ID`).
    pub id: Option<Vec<u8>>,
}

/// Why an address names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAKeyUri {
    /// Another scheme, or percent signs that mean nothing.
    #[error("this is no pkcs11: address (RFC 7512)")]
    Shape,
    /// Something that Portner does not go by.
    #[error(
        "the pkcs11: address has {0}, which says nothing here; it has token, object or id, module-path and pin-source"
    )]
    Unknown(String),
    /// Something is missing.
    #[error("the pkcs11: address has no {0}")]
    Missing(&'static str),
    /// A PIN in the address.
    #[error("a PIN stands in a file of its own: write pin-source=file:/… instead of pin-value")]
    PinInside,
}

impl KeyUri {
    /// Reads `pkcs11:token=…;object=…?module-path=…&pin-source=file:…`.
    pub fn parse(text: &str) -> Result<Self, NotAKeyUri> {
        let rest = text.trim().strip_prefix("pkcs11:").ok_or(NotAKeyUri::Shape)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token, mut object, mut id, mut module, mut pin) = (None, None, None, None, None);
        let path = path.split(';').map(|pair| (pair, true));
        let query = query.split('&').map(|pair| (pair, false));
        for (pair, of_path) in path.chain(query).filter(|(pair, _)| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(NotAKeyUri::Shape)?;
            let value = decoded(value).ok_or(NotAKeyUri::Shape)?;
            let text = || String::from_utf8(value.clone()).map_err(|_| NotAKeyUri::Shape);
            match (name, of_path) {
                ("token", true) => token = Some(text()?),
                ("object", true) => object = Some(text()?),
                ("id", true) => id = Some(value),
                ("type", true) if value == b"private" => {}
                ("module-path", false) => module = Some(PathBuf::from(text()?)),
                ("pin-source", false) => {
                    let text = text()?;
                    let path = text.strip_prefix("file:").unwrap_or(&text);
                    pin = Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)));
                }
                ("pin-value", _) => return Err(NotAKeyUri::PinInside),
                _ => return Err(NotAKeyUri::Unknown(name.to_owned())),
            }
        }
        if object.is_none() && id.is_none() {
            return Err(NotAKeyUri::Missing("object or id"));
        }
        Ok(Self {
            module: module.ok_or(NotAKeyUri::Missing("module-path"))?,
            token: token.ok_or(NotAKeyUri::Missing("token"))?,
            pin: pin.ok_or(NotAKeyUri::Missing("pin-source"))?,
            object,
            id,
        })
    }
}

impl fmt::Display for KeyUri {
    /// For the log: the key, and not where its PIN is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = self.object.as_deref().unwrap_or("by its id");
        write!(f, "{object} in the token {}", self.token)
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_key_its_module_and_its_pin() {
        let uri = KeyUri::parse(
            "pkcs11:token=Port%20ner;object=tokens;id=%01%ff;type=private?module-path=/usr/lib/p11.so&pin-source=file:/etc/pin\n",
        );
        let uri = uri.unwrap();
        assert_eq!(uri.token, "Port ner");
        assert_eq!(uri.object.as_deref(), Some("tokens"));
        assert_eq!(uri.id, Some(vec![1, 255]));
        assert_eq!(uri.pin, PathBuf::from("/etc/pin"));
        assert_eq!(uri.module, PathBuf::from("/usr/lib/p11.so"));
        assert!(!uri.to_string().contains("/etc/pin"));
    }

    #[test]
    fn what_is_missing_or_means_nothing_is_told() {
        let told = |text: &str| KeyUri::parse(text).unwrap_err().to_string();
        assert!(told("tokens.pem").contains("no pkcs11: address"));
        assert!(told("pkcs11:token=a;object=%zz").contains("no pkcs11: address"));
        assert!(told("pkcs11:object=a?module-path=/m&pin-source=/p").contains("no token"));
        assert!(told("pkcs11:token=a?module-path=/m&pin-source=/p").contains("no object or id"));
        assert!(told("pkcs11:token=a;object=b?pin-source=/p").contains("no module-path"));
        assert!(told("pkcs11:token=a;object=b?module-path=/m").contains("no pin-source"));
        assert!(told("pkcs11:token=a;object=b?module-path=/m&pin-value=1234").contains("a file of its own"));
        assert!(told("pkcs11:token=a;slot-id=1;object=b").contains("slot-id"));
        assert!(told("pkcs11:token=a;object=b;type=public").contains("type"));
    }
}
