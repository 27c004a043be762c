//! One refusal of each kind, made up, for whoever shows them all.

use std::sync::LazyLock;

use super::{Culprit, Refusal};
use crate::domain::login_name::Domain;
use crate::domain::upstream::UpstreamId;

/// Made once.
static SAMPLES: LazyLock<Vec<Refusal>> = LazyLock::new(Refusal::samples);

impl Refusal {
    /// One with this code. What it carries is made up, and none of it may be told to anybody.
    pub fn of_code(code: &str) -> Option<&'static Self> {
        SAMPLES.iter().find(|refusal| refusal.code() == code)
    }

    /// One of each, for the test that renders them all and for the support page.
    pub fn samples() -> Vec<Self> {
        let (Some(lillekoebing), Ok(typed)) = (
            UpstreamId::parse("lillekoebing"),
            Domain::parse("lilekøbing.example"),
        ) else {
            return Vec::new();
        };
        let upstream = || lillekoebing.clone();
        vec![
            Self::UnknownUserName,
            Self::WrongPassword,
            Self::MalformedName,
            Self::NameNotForService,
            Self::TooManyAttempts { retry_after: 60 },
            Self::StrangersWait { retry_after: 1800 },
            Self::NotLinked { upstream: upstream() },
            Self::EmployeeWithoutCpr { upstream: upstream() },
            Self::EidForPublicBodies { upstream: upstream() },
            Self::NoActors,
            Self::AccountBlocked,
            Self::UnknownDomain {
                domain: typed,
                nearest: Domain::parse("lillekøbing.example").ok(),
            },
            Self::UpstreamRequestFailed { upstream: upstream() },
            Self::UpstreamAnswerRefused {
                upstream: upstream(),
                check: "signature".to_owned(),
            },
            Self::UpstreamUnreachable { upstream: upstream() },
            Self::UpstreamDeclined { upstream: upstream() },
            Self::UpstreamDisabled { upstream: upstream() },
            Self::UpstreamBusy {
                upstream: upstream(),
                retry_after: 10,
            },
            Self::LevelNotReached,
            Self::AnotherPerson { upstream: upstream() },
            Self::LevelUnavailable,
            Self::InteractionNeeded { login: true },
            Self::NoUsableUpstream,
            Self::ProxyingForbidden,
            Self::SubjectNotAvailable,
            Self::UnknownService,
            Self::ServiceRequestRefused {
                check: "request_signature".to_owned(),
            },
            Self::UnregisteredAddress,
            Self::ServiceDisabled,
            Self::NoAccessToService,
            Self::NoLicence,
            Self::LoginExpired,
            Self::LoginLost,
            Self::LoginFinished,
            Self::StuckInLoop,
            Self::FormRefused,
            Self::NoSuchPage,
            Self::TooLarge {
                from: Culprit::Upstream,
            },
            Self::WrongHost,
            Self::LogoutRefused,
            Self::Overloaded { retry_after: 5 },
            Self::StoreAway { retry_after: 10 },
            Self::Internal,
        ]
    }
}
