//! Why a call did not bring an answer.

use http_body_util::LengthLimitError;

use super::connect;

/// Why a call did not bring an answer. None of them shows the address in full: queries hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Not https, or with a user name, or without a host.
    #[error("calls go to https addresses alone")]
    Scheme,
    /// The name leads into a network that is none of its business.
    #[error("the host {host} leads to an address that must not be called")]
    ForbiddenAddress {
        /// The host that was to be called.
        host: String,
    },
    /// Too many failures; not tried now.
    #[error("the host {host} failed too often and is left alone for a while")]
    BreakerOpen {
        /// The host that was to be called.
        host: String,
    },
    /// As many calls as there may be are under way already; not tried.
    #[error("the host {host} has not answered the many calls that are under way")]
    NoRoom {
        /// The host that was to be called.
        host: String,
    },
    /// It took too long.
    #[error("the host {host} did not answer in time")]
    Timeout {
        /// The host that was to be called.
        host: String,
    },
    /// More bytes than an honest answer has.
    #[error("the answer of {host} is too large")]
    TooLarge {
        /// The host that was to be called.
        host: String,
    },
    /// Name, connection, TLS or HTTP failed.
    #[error("the call to {host} failed")]
    Failed {
        /// The host that was to be called.
        host: String,
        /// What went wrong, without anything of the request.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A header that cannot be sent.
    #[error("the request could not be built")]
    Request(#[source] http::Error),
}

impl EgressError {
    /// Finds out what the layers below wanted to say.
    pub(super) fn of(host: &str, cause: Box<dyn std::error::Error + Send + Sync>) -> Self {
        let host = host.to_owned();
        let mut link: Option<&(dyn std::error::Error + 'static)> = Some(&*cause);
        while let Some(error) = link {
            if error.is::<connect::ForbiddenAddress>() {
                return Self::ForbiddenAddress { host };
            }
            if error.is::<LengthLimitError>() {
                return Self::TooLarge { host };
            }
            link = error.source();
        }
        Self::Failed { host, cause }
    }
}
