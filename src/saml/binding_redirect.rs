//! The HTTP-Redirect binding: a message in the query of a URL (saml-bindings §3.4).
//!
//! Reading is strict about what is ambiguous: each parameter at most once and spelled plainly,
//! the signature over the raw octets (B17), inflation with a cap and nothing behind it (B18).
//! Not here: what the message says, nor whose keys count.

use std::cell::RefCell;

use data_encoding::BASE64;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use url::form_urlencoded;

use super::MessageKind;
use super::peer::EndpointUrl;
use super::xml::{CanonicalXml, SignatureAlgorithm};
use crate::keys::{SignFailed, Signer, SigningAlgorithm};

/// The most that a message may inflate to (B18).
const LARGEST: usize = 128 * 1024;
/// No honest XML shrinks to less than a hundredth; below this size nobody looks.
const RATIO: (usize, usize) = (100, 8 * 1024);
/// The longest relay state that is kept for a service; the specification has 80, practice has URLs.
pub(super) const LONGEST_RELAY_STATE: usize = 4 * 1024;

/// A message out of a query, not yet parsed and not yet believed.
#[derive(Debug)]
pub struct RedirectMessage {
    /// Request or response.
    pub kind: MessageKind,
    /// The inflated XML.
    pub xml: Vec<u8>,
    /// What the sender wants back.
    pub relay_state: Option<String>,
    /// The signature, where there is one.
    pub signature: Option<RedirectSignature>,
}

/// A signature in a query, with exactly the octets that it is over.
#[derive(Debug)]
pub struct RedirectSignature {
    /// `SAMLRequest=…&RelayState=…&SigAlg=…` as it came.
    pub octets: Vec<u8>,
    /// The algorithm's identifier.
    pub algorithm: String,
    /// The signature itself.
    pub value: Vec<u8>,
}

/// Why a query holds no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefusal {
    /// A parameter is there twice, or both kinds of message are, or a name is spelled with escapes (B17).
    #[error("the parameter {0} is not there exactly once")]
    Ambiguous(&'static str),
    /// There is neither a request nor a response.
    #[error("no SAML message in the query")]
    NoMessage,
    /// A signature without algorithm, or the reverse.
    #[error("half a signature")]
    HalfSigned,
    /// An encoding other than DEFLATE.
    #[error("an encoding other than DEFLATE")]
    Encoding,
    /// Not percent-encoded UTF-8, not base64, or not one DEFLATE stream.
    #[error("{0} cannot be decoded")]
    Malformed(&'static str),
    /// Larger than is read, or compressed beyond belief (B18). Answered with 413.
    #[error("larger than is read")]
    Size,
}

impl RedirectRefusal {
    /// The machine-readable reason for the audit event.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Ambiguous(_) => "duplicate_parameter",
            Self::NoMessage => "no_message",
            Self::HalfSigned => "request_signature",
            Self::Encoding | Self::Malformed(_) => "encoding",
            Self::Size => "size",
        }
    }
}

/// Reads the query of a request, without its `?`.
pub fn read(query: &str) -> Result<RedirectMessage, RedirectRefusal> {
    let raw = RawParameters::of(query)?;
    let (kind, value) = match (raw.request, raw.response) {
        (Some(value), None) => (MessageKind::Request, value),
        (None, Some(value)) => (MessageKind::Response, value),
        (Some(_), Some(_)) => return Err(RedirectRefusal::Ambiguous("SAMLRequest or SAMLResponse")),
        (None, None) => return Err(RedirectRefusal::NoMessage),
    };
    if let Some(encoding) = raw.encoding
        && decode(encoding, "SAMLEncoding")? != "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
    {
        return Err(RedirectRefusal::Encoding);
    }
    let relay_state = raw
        .relay_state
        .map(|value| decode(value, "RelayState"))
        .transpose()?;
    if relay_state
        .as_ref()
        .is_some_and(|state| state.len() > LONGEST_RELAY_STATE)
    {
        return Err(RedirectRefusal::Size);
    }
    let signature = match (raw.algorithm, raw.signature) {
        (None, None) => None,
        (Some(algorithm), Some(signature)) => Some(RedirectSignature {
            octets: signed_octets(kind, value, raw.relay_state, algorithm).into_bytes(),
            algorithm: decode(algorithm, "SigAlg")?,
            value: from_base64(signature, "Signature")?,
        }),
        _ => return Err(RedirectRefusal::HalfSigned),
    };
    let xml = inflate(&from_base64(value, kind.parameter())?)?;
    Ok(RedirectMessage {
        kind,
        xml,
        relay_state,
        signature,
    })
}

/// The values as they stand in the query, still encoded.
#[derive(Default)]
struct RawParameters<'q> {
    request: Option<&'q str>,
    response: Option<&'q str>,
    relay_state: Option<&'q str>,
    algorithm: Option<&'q str>,
    signature: Option<&'q str>,
    encoding: Option<&'q str>,
}

impl<'q> RawParameters<'q> {
    fn of(query: &'q str) -> Result<Self, RedirectRefusal> {
        let mut found = Self::default();
        for pair in query.split('&') {
            let (raw_name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(raw_name, "a parameter name")?;
            let (place, known) = match name.as_str() {
                "SAMLRequest" => (&mut found.request, "SAMLRequest"),
                "SAMLResponse" => (&mut found.response, "SAMLResponse"),
                "RelayState" => (&mut found.relay_state, "RelayState"),
                "SigAlg" => (&mut found.algorithm, "SigAlg"),
                "Signature" => (&mut found.signature, "Signature"),
                "SAMLEncoding" => (&mut found.encoding, "SAMLEncoding"),
                _ => continue,
            };
            // A name in disguise could be read by one party and overlooked by another.
            if raw_name != known || place.replace(value).is_some() {
                return Err(RedirectRefusal::Ambiguous(known));
            }
        }
        Ok(found)
    }
}

/// What is signed: the parameters in this order, whatever theirs, each value as it was encoded (§3.4.4.1).
fn signed_octets(kind: MessageKind, message: &str, relay_state: Option<&str>, algorithm: &str) -> String {
    let mut octets = format!("{}={message}", kind.parameter());
    if let Some(relay_state) = relay_state {
        octets.push_str("&RelayState=");
        octets.push_str(relay_state);
    }
    octets.push_str("&SigAlg=");
    octets.push_str(algorithm);
    octets
}

/// Undoes form encoding, strictly: every `%` is followed by two hex digits, and the result is UTF-8.
fn decode(raw: &str, name: &'static str) -> Result<String, RedirectRefusal> {
    let malformed = RedirectRefusal::Malformed(name);
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex_digit), rest.next().and_then(hex_digit)) {
                (Some(high), Some(low)) => (high << 4) + low,
                _ => return Err(malformed),
            },
            plain => plain,
        });
    }
    String::from_utf8(bytes).map_err(|_| malformed)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn from_base64(raw: &str, name: &'static str) -> Result<Vec<u8>, RedirectRefusal> {
    if raw.len() > LARGEST {
        return Err(RedirectRefusal::Size);
    }
    BASE64
        .decode(decode(raw, name)?.as_bytes())
        .map_err(|_| RedirectRefusal::Malformed(name))
}

/// Inflates one raw DEFLATE stream that ends where the input ends.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, RedirectRefusal> {
    let (ratio, unsuspicious) = RATIO;
    let cap = deflated.len().saturating_mul(ratio).clamp(unsuspicious, LARGEST);
    let mut inflater = Decompress::new(false);
    // One byte more than is taken: who fills it has gone too far.
    let mut xml = Vec::with_capacity(cap + 1);
    let status = inflater.decompress_vec(deflated, &mut xml, FlushDecompress::Finish);
    if xml.len() > cap {
        return Err(RedirectRefusal::Size);
    }
    let consumed_all = usize::try_from(inflater.total_in()).is_ok_and(|consumed| consumed == deflated.len());
    match status {
        Ok(Status::StreamEnd) if consumed_all => Ok(xml),
        _ => Err(RedirectRefusal::Malformed("the DEFLATE stream")),
    }
}

/// Makes the address to send the browser to, with a signature.
pub async fn signed_url(
    to: &EndpointUrl,
    kind: MessageKind,
    message: &CanonicalXml,
    relay_state: Option<&str>,
    signer: &dyn Signer,
) -> Result<String, SignFailed> {
    let algorithm = match signer.algorithm() {
        SigningAlgorithm::RsaSha256 => SignatureAlgorithm::RsaSha256,
        SigningAlgorithm::RsaPssSha256 => SignatureAlgorithm::RsaPssSha256,
        SigningAlgorithm::EcdsaP256Sha256 => SignatureAlgorithm::EcdsaSha256,
    };
    let relay_state = relay_state.map(encode);
    let octets = signed_octets(
        kind,
        &encode(&deflated(message)),
        relay_state.as_deref(),
        &encode(algorithm.uri()),
    );
    let signature = signer.sign(octets.as_bytes()).await?;
    Ok(joined(
        to,
        &format!("{octets}&Signature={}", encode(&BASE64.encode(&signature))),
    ))
}

/// Makes the address to send the browser to, without a signature.
pub fn unsigned_url(
    to: &EndpointUrl,
    kind: MessageKind,
    message: &CanonicalXml,
    relay_state: Option<&str>,
) -> String {
    let mut query = format!("{}={}", kind.parameter(), encode(&deflated(message)));
    if let Some(relay_state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&encode(relay_state));
    }
    joined(to, &query)
}

fn joined(to: &EndpointUrl, query: &str) -> String {
    let separator = if to.as_str().contains('?') { '&' } else { '?' };
    format!("{to}{separator}{query}")
}

fn encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

thread_local! {
    /// Its tables are some hundred kilobytes, which cost more to make than to clear.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
}

fn deflated(message: &CanonicalXml) -> String {
    let message = message.as_str().as_bytes();
    // DEFLATE adds five bytes for each block of 64 KB that it cannot shrink.
    let mut deflated = Vec::with_capacity(message.len() + message.len() / 1024 + 64);
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        // Into a buffer that is large enough this cannot fail; an empty message would be refused
        // by whoever reads it.
        let done = compressor.compress_vec(message, &mut deflated, FlushCompress::Finish);
        if !matches!(done, Ok(Status::StreamEnd)) {
            deflated.clear();
        }
    });
    BASE64.encode(&deflated)
}

#[cfg(test)]
mod tests;
