//! Where calls may lead.
//!
//! The check is made on the address that is connected to, after the name was resolved,
//! so that no DNS answer can lead a call into our own network (B25).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::InnerHosts;
use crate::domain::address::is_loopback;

/// Which hosts and addresses may be called.
#[derive(Debug)]
pub(super) struct AddressRule {
    inner_hosts: InnerHosts,
    plain_http_on_loopback: bool,
}

impl AddressRule {
    /// Everything public, and these hosts wherever they are.
    pub(super) fn new(inner_hosts: InnerHosts, plain_http_on_loopback: bool) -> Self {
        Self {
            inner_hosts,
            plain_http_on_loopback,
        }
    }

    /// The host of an address that may be called at all: https, or http to this machine in the demo.
    pub(super) fn host_to_call<'a>(&self, url: &'a Url) -> Option<&'a str> {
        let host = url.host_str()?;
        let plain = || self.plain_http_on_loopback && is_loopback(url) && self.inner_hosts.contains(host);
        let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && plain());
        let anonymous = url.username().is_empty() && url.password().is_none();
        (scheme_fits && anonymous).then_some(host)
    }

    /// The host of an address that may be asked for a document whose own signature says all: by http or https.
    pub(super) fn host_to_ask_for_signed<'a>(&self, url: &'a Url) -> Option<&'a str> {
        let is_plain = url.scheme() == "http" && url.username().is_empty() && url.password().is_none();
        self.host_to_call(url)
            .or_else(|| url.host_str().filter(|_| is_plain))
    }

    /// Whether `host` may be reached at `address`.
    pub(super) fn admits(&self, host: &str, address: IpAddr) -> bool {
        self.inner_hosts.contains(host) || is_public(address)
    }
}

/// The host of an address that says by itself that it is not on the Internet; a name may still lead inside.
pub fn inner_host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let is_inside = literal(host).is_some_and(|address| !is_public(address)) || is_loopback(url);
    is_inside.then(|| host.to_ascii_lowercase())
}

/// Whether an address belongs to somebody on the Internet. Lists what does not (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    let reserved = a == 0 || a >= 224;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || shared
        || protocol
        || benchmark
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = (first & 0xe000) == 0x2000;
    let documentation = first == 0x2001 && second == 0x0db8;
    let special = first == 0x2001 && second < 0x0200;
    global && !documentation && !special
}

/// IPv4 in disguise: compatible, mapped, translated (NAT64) and 6to4 addresses lead where the
/// inner one does. NAT64 of a network's own (64:ff9b:1::/48) puts it where that network likes,
/// so it is none of these and not public.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let start = match octets {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..]
        | [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..]
        | [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => 12,
        [0x20, 0x02, ..] => 2,
        _ => return None,
    };
    octets
        .get(start..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map(|inner| Ipv4Addr::from(*inner))
}

/// The host part of a URL as hosts are listed: without the brackets of IPv6.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    match Host::parse(host).ok()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn inner_addresses_are_not_public_in_any_disguise() {
        for text in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.192",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1:a9fe:a9:fe00:808:808",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for text in [
            "193.163.102.58",
            "8.8.8.8",
            "2a00:1450:400f::200e",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn schemes_and_names_in_addresses_decide_before_anything_is_resolved() {
        let inner = ["localhost".to_owned(), "idp.example".to_owned()].into();
        let rule = AddressRule::new(InnerHosts::Listed(inner), true);
        let allowed = |text: &str| rule.host_to_call(&Url::parse(text).unwrap()).is_some();
        assert!(allowed("https://op.example/token"));
        assert!(allowed("http://localhost:8080/token"));
        for text in [
            "http://op.example/token",
            "http://idp.example/token",
            "http://127.0.0.1/token",
            "ftp://op.example/",
            "file:///etc/passwd",
            "https://user@op.example/",
            "https://user:secret@op.example/",
        ] {
            assert!(!allowed(text), "{text}");
        }
        assert!(rule.admits("idp.example", "10.0.0.1".parse().unwrap()));
        assert!(!rule.admits("op.example", "10.0.0.1".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn a_disguise_changes_nothing(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            prop_assert_eq!(is_public(IpAddr::V6(v4.to_ipv6_mapped())), is_public(IpAddr::V4(v4)));
        }
    }
}
