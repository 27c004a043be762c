//! The refusal catalogue: one entry for each situation in which a login cannot go on.
//!
//! Exhaustive on purpose: `saml/status.rs` and `oidc/error.rs` match on it without a
//! wildcard, and `texts/*/refusals.ftl` holds the words for each code, so that a new
//! variant does not build or pass before every face has spoken. The words are not here,
//! nor is the cause: that goes to the log, under the reference that the user sees.

mod concerns;
mod refused;
mod samples;

use serde::{Deserialize, Serialize};

use super::login_name::Domain;
use super::upstream::UpstreamId;

pub use concerns::{Audience, Culprit};
pub use refused::Refused;

/// Why a login, or another request, cannot go on. Carries what the words need, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// E1: the central store does not know the name.
    UnknownUserName,
    /// The secret was wrong; also said where there is none, so that the two look alike (G04).
    WrongPassword,
    /// What was typed cannot be a name.
    MalformedName,
    /// The name that was typed leads to a login which this service, or this request of its, does not take.
    NameNotForService,
    /// Too many attempts; wait this many seconds.
    TooManyAttempts {
        /// Seconds until the next try.
        retry_after: u32,
    },
    /// Somebody tries secrets at many accounts, and strangers wait; for this many seconds (G08).
    StrangersWait {
        /// Seconds until the next try.
        retry_after: u32,
    },
    /// E2: the upstream's user has no account here.
    NotLinked {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E2: an employee's identity came without a CPR number, so that nobody can be found by it.
    EmployeeWithoutCpr {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// Error E13: this login is for people of public-law bodies, and the user acts for another.
    EidForPublicBodies {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E3: the account has no active affiliation.
    NoActors,
    /// The account is blocked.
    AccountBlocked,
    /// E5: no upstream has registered the domain.
    UnknownDomain {
        /// What was typed after the `@`.
        domain: Domain,
        /// The registered domain that looks most like it.
        nearest: Option<Domain>,
    },
    /// E4: the request to the upstream could not be made.
    UpstreamRequestFailed {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E6: the upstream's answer did not pass a check.
    UpstreamAnswerRefused {
        /// The upstream that it is about.
        upstream: UpstreamId,
        /// The check that failed, for the upstream's own people: a reason of rows A01–D12.
        check: String,
    },
    /// E7: the upstream could not be reached.
    UpstreamUnreachable {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E7: the upstream answered that it did not log the user in.
    UpstreamDeclined {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E7: the upstream is switched off.
    UpstreamDisabled {
        /// The upstream that it is about.
        upstream: UpstreamId,
    },
    /// E7: the upstream does not answer, and as many wait for it as may; try again in this many seconds.
    UpstreamBusy {
        /// The upstream that it is about.
        upstream: UpstreamId,
        /// Seconds until the next try.
        retry_after: u32,
    },
    /// The service asked for more than could be proved.
    LevelNotReached,
    /// The service asked for more than anybody could prove whom it lets vouch.
    LevelUnavailable,
    /// More was to be proved of one person, and another came back.
    AnotherPerson {
        /// Who vouched for the other.
        upstream: UpstreamId,
    },
    /// The service asked not to disturb the user, and it could not be done without.
    InteractionNeeded {
        /// Whether the user would have had to log in, or only to choose.
        login: bool,
    },
    /// None of the upstreams that the service named may vouch for its users.
    NoUsableUpstream,
    /// The service forbade what a broker does.
    ProxyingForbidden,
    /// The service asked for a kind of name that it is not registered for.
    SubjectNotAvailable,
    /// Nobody has registered this service.
    UnknownService,
    /// The service's request did not pass a check.
    ServiceRequestRefused {
        /// The check that failed.
        check: String,
    },
    /// The service wants the answer at an address that it has not registered.
    UnregisteredAddress,
    /// The service is switched off.
    ServiceDisabled,
    /// E8: the login is fine, the service does not admit this user.
    NoAccessToService,
    /// The login is fine, but nobody has given this user access to the service.
    NoLicence,
    /// The login took too long.
    LoginExpired,
    /// The browser did not bring back what it was given.
    LoginLost,
    /// The login was finished before.
    LoginFinished,
    /// The browser goes round in circles.
    StuckInLoop,
    /// The form was not one of ours, or is out of date.
    FormRefused,
    /// Nothing lives at this address.
    NoSuchPage,
    /// The message is larger than any honest one.
    TooLarge {
        /// Whose message it is, as far as the address that it came to tells.
        from: Culprit,
    },
    /// The request was addressed to another host.
    WrongHost,
    /// The logout request did not pass a check.
    LogoutRefused,
    /// Too much to do at once; try again in this many seconds.
    Overloaded {
        /// Seconds until the next try.
        retry_after: u32,
    },
    /// What must be remembered cannot be: the store is away or full. Nothing is believed meanwhile
    /// that could be a repetition (M10); try again in this many seconds.
    StoreAway {
        /// Seconds until the next try.
        retry_after: u32,
    },
    /// Something of ours failed.
    Internal,
}

impl Refusal {
    /// The stable code that users quote and texts are found by.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownUserName => "UL-101",
            Self::WrongPassword => "UL-102",
            Self::MalformedName => "UL-103",
            Self::TooManyAttempts { .. } => "UL-104",
            Self::StrangersWait { .. } => "UL-105",
            Self::NameNotForService => "UL-106",
            Self::NotLinked { .. } => "UL-201",
            Self::NoActors => "UL-202",
            Self::AccountBlocked => "UL-203",
            Self::EmployeeWithoutCpr { .. } => "UL-204",
            Self::EidForPublicBodies { .. } => "UL-205",
            Self::UnknownDomain { .. } => "UL-301",
            Self::UpstreamRequestFailed { .. } => "UL-302",
            Self::UpstreamAnswerRefused { .. } => "UL-303",
            Self::UpstreamUnreachable { .. } => "UL-304",
            Self::UpstreamDeclined { .. } => "UL-305",
            Self::UpstreamDisabled { .. } => "UL-306",
            Self::UpstreamBusy { .. } => "UL-307",
            Self::LevelNotReached => "UL-401",
            Self::InteractionNeeded { .. } => "UL-402",
            Self::NoUsableUpstream => "UL-403",
            Self::ProxyingForbidden => "UL-404",
            Self::SubjectNotAvailable => "UL-405",
            Self::AnotherPerson { .. } => "UL-406",
            Self::LevelUnavailable => "UL-407",
            Self::UnknownService => "UL-501",
            Self::ServiceRequestRefused { .. } => "UL-502",
            Self::UnregisteredAddress => "UL-503",
            Self::ServiceDisabled => "UL-504",
            Self::NoAccessToService => "UL-505",
            Self::NoLicence => "UL-506",
            Self::LoginExpired => "UL-601",
            Self::LoginLost => "UL-602",
            Self::LoginFinished => "UL-603",
            Self::StuckInLoop => "UL-604",
            Self::FormRefused => "UL-605",
            Self::NoSuchPage => "UL-606",
            Self::TooLarge { .. } => "UL-607",
            Self::WrongHost => "UL-608",
            Self::LogoutRefused => "UL-609",
            Self::Overloaded { .. } => "UL-901",
            Self::StoreAway { .. } => "UL-902",
            Self::Internal => "UL-900",
        }
    }

    /// Who caused it.
    pub const fn culprit(&self) -> Culprit {
        match self {
            Self::UnknownUserName
            | Self::WrongPassword
            | Self::MalformedName
            | Self::NameNotForService
            | Self::TooManyAttempts { .. }
            | Self::UnknownDomain { .. }
            | Self::LevelNotReached
            | Self::AnotherPerson { .. }
            | Self::InteractionNeeded { .. }
            | Self::LoginExpired
            | Self::LoginLost
            | Self::LoginFinished
            | Self::StuckInLoop
            | Self::FormRefused
            | Self::NoSuchPage
            | Self::WrongHost => Culprit::User,
            Self::TooLarge { from } => *from,
            Self::NotLinked { .. }
            | Self::EmployeeWithoutCpr { .. }
            | Self::EidForPublicBodies { .. }
            | Self::NoActors
            | Self::AccountBlocked
            | Self::NoLicence => Culprit::School,
            Self::UpstreamRequestFailed { .. }
            | Self::UpstreamAnswerRefused { .. }
            | Self::UpstreamUnreachable { .. }
            | Self::UpstreamDeclined { .. }
            | Self::UpstreamDisabled { .. }
            | Self::UpstreamBusy { .. } => Culprit::Upstream,
            Self::NoUsableUpstream
            | Self::ProxyingForbidden
            | Self::SubjectNotAvailable
            | Self::LevelUnavailable
            | Self::UnknownService
            | Self::ServiceRequestRefused { .. }
            | Self::UnregisteredAddress
            | Self::ServiceDisabled
            | Self::NoAccessToService
            | Self::LogoutRefused => Culprit::Service,
            Self::StrangersWait { .. }
            | Self::Overloaded { .. }
            | Self::StoreAway { .. }
            | Self::Internal => Culprit::Us,
        }
    }

    /// Who is told. A service whose request cannot be trusted is never answered (E01, B19).
    pub const fn audience(&self) -> Audience {
        match self {
            Self::InteractionNeeded { .. }
            | Self::NoUsableUpstream
            | Self::ProxyingForbidden
            | Self::SubjectNotAvailable
            | Self::LevelUnavailable => Audience::Service,
            Self::NotLinked { .. }
            | Self::EmployeeWithoutCpr { .. }
            | Self::EidForPublicBodies { .. }
            | Self::NoActors
            | Self::AccountBlocked
            | Self::NoLicence
            | Self::UpstreamRequestFailed { .. }
            | Self::UpstreamAnswerRefused { .. }
            | Self::UpstreamUnreachable { .. }
            | Self::UpstreamDeclined { .. }
            | Self::UpstreamDisabled { .. }
            | Self::UpstreamBusy { .. }
            | Self::LevelNotReached
            | Self::AnotherPerson { .. }
            | Self::NoAccessToService => Audience::UserThenService,
            Self::UnknownUserName
            | Self::WrongPassword
            | Self::MalformedName
            | Self::NameNotForService
            | Self::TooManyAttempts { .. }
            | Self::StrangersWait { .. }
            | Self::UnknownDomain { .. }
            | Self::UnknownService
            | Self::ServiceRequestRefused { .. }
            | Self::UnregisteredAddress
            | Self::ServiceDisabled
            | Self::LoginExpired
            | Self::LoginLost
            | Self::LoginFinished
            | Self::StuckInLoop
            | Self::FormRefused
            | Self::NoSuchPage
            | Self::TooLarge { .. }
            | Self::WrongHost
            | Self::LogoutRefused
            | Self::Overloaded { .. }
            | Self::StoreAway { .. }
            | Self::Internal => Audience::UserOnly,
        }
    }

    /// The HTTP status of the page.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::UpstreamAnswerRefused { check, .. } => status_of_refused_answer(check),
            Self::UnknownUserName
            | Self::WrongPassword
            | Self::MalformedName
            | Self::NameNotForService
            | Self::UnknownDomain { .. }
            | Self::InteractionNeeded { .. }
            | Self::NoUsableUpstream
            | Self::ProxyingForbidden
            | Self::SubjectNotAvailable
            | Self::LevelUnavailable
            | Self::UnknownService
            | Self::ServiceRequestRefused { .. }
            | Self::UnregisteredAddress
            | Self::LoginExpired
            | Self::LoginLost
            | Self::LoginFinished
            | Self::StuckInLoop
            | Self::LogoutRefused => 400,
            Self::NotLinked { .. }
            | Self::EmployeeWithoutCpr { .. }
            | Self::EidForPublicBodies { .. }
            | Self::NoActors
            | Self::AccountBlocked
            | Self::NoLicence
            | Self::UpstreamDeclined { .. }
            | Self::UpstreamDisabled { .. }
            | Self::LevelNotReached
            | Self::AnotherPerson { .. }
            | Self::ServiceDisabled
            | Self::NoAccessToService
            | Self::FormRefused => 403,
            Self::NoSuchPage => 404,
            Self::TooLarge { .. } => 413,
            Self::WrongHost => 421,
            Self::TooManyAttempts { .. } | Self::StrangersWait { .. } => 429,
            Self::UpstreamRequestFailed { .. } | Self::UpstreamUnreachable { .. } => 502,
            Self::UpstreamBusy { .. } | Self::StoreAway { .. } | Self::Overloaded { .. } => 503,
            Self::Internal => 500,
        }
    }

    /// After how many seconds it is worth trying again, where that is known.
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyAttempts { retry_after }
            | Self::StrangersWait { retry_after }
            | Self::UpstreamBusy { retry_after, .. }
            | Self::StoreAway { retry_after }
            | Self::Overloaded { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether the very same could go well a moment later.
    pub const fn may_pass(&self) -> bool {
        self.retry_after().is_some() || matches!(self, Self::UpstreamUnreachable { .. } | Self::Internal)
    }

    /// The upstream that is concerned, whose name the words use.
    pub const fn upstream(&self) -> Option<&UpstreamId> {
        match self {
            Self::NotLinked { upstream }
            | Self::EmployeeWithoutCpr { upstream }
            | Self::EidForPublicBodies { upstream }
            | Self::UpstreamRequestFailed { upstream }
            | Self::UpstreamAnswerRefused { upstream, .. }
            | Self::UpstreamUnreachable { upstream }
            | Self::UpstreamDeclined { upstream }
            | Self::AnotherPerson { upstream }
            | Self::UpstreamBusy { upstream, .. }
            | Self::UpstreamDisabled { upstream } => Some(upstream),
            _ => None,
        }
    }
}

/// The check that fails where an upstream has no key that its word could be verified with (A02).
pub const NO_TRUST_ANCHOR: &str = "no_trust_anchor";
/// The check that fails where an upstream speaks of people who are not its own (C01).
pub const SCOPE: &str = "scope";

/// The check that fails where an upstream asked us in turn, so that we would vouch for ourselves.
pub const LOOP: &str = "loop";

/// Most answers are bad messages; some are good ones of somebody who may not say so, or cannot be judged.
fn status_of_refused_answer(check: &str) -> u16 {
    match check {
        SCOPE => 403,
        NO_TRUST_ANCHOR => 503,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_used_once() {
        let samples = Refusal::samples();
        let codes: BTreeSet<_> = samples.iter().map(Refusal::code).collect();
        assert_eq!(codes.len(), samples.len());
    }

    #[test]
    fn a_service_whose_request_is_not_trusted_is_never_answered() {
        for refusal in [
            Refusal::UnknownService,
            Refusal::UnregisteredAddress,
            Refusal::ServiceDisabled,
        ] {
            assert_eq!(refusal.audience(), Audience::UserOnly, "{}", refusal.code());
        }
    }
}
