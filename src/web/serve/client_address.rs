//! Whose request it is: the peer's address, or what a listed proxy says it is (F08).

use std::net::IpAddr;

use http::HeaderMap;

use crate::config::listen::TrustedProxies;

/// The address of the browser or service that sent a request, in its request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Believes `X-Forwarded-For` as far as listed proxies wrote it: from the right, the first
    /// address that is no listed proxy is the client. Anything unreadable ends the walk.
    pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let mut client = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for");
        let mut hops = lines
            .iter()
            .rev()
            .flat_map(|line| line.to_str().unwrap_or("unreadable").rsplit(','));
        while proxies.include(client) {
            match hops.next().map(|hop| hop.trim().parse::<IpAddr>()) {
                Some(Ok(hop)) => client = hop.to_canonical(),
                Some(Err(_)) | None => break,
            }
        }
        Self(client)
    }

    /// The address without what tells one household from the next, for logs: /24 or /48.
    pub fn prefix(self) -> String {
        match self.0 {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::listen::Network;

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::new(vec![Network::parse("10.0.0.0/8").unwrap()]);
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        ClientAddress::of(peer.parse().unwrap(), &headers, &proxies)
            .0
            .to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_it_is() {
        assert_eq!(client("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
    }

    #[test]
    fn a_listed_proxy_is_believed_up_to_the_first_stranger() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            client("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            client("10.0.0.1", &["1.2.3.4", "198.51.100.1"]),
            "198.51.100.1",
            "the last line is nearest"
        );
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_prefix_does_not_tell_households_apart() {
        assert_eq!(
            ClientAddress("192.0.2.77".parse().unwrap()).prefix(),
            "192.0.2.0/24"
        );
        assert_eq!(
            ClientAddress("2001:db8:1:2::3".parse().unwrap()).prefix(),
            "2001:db8:1::/48"
        );
    }
}
