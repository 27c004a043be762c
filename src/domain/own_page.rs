//! The pages that Portner has of its own, beside those of a login: each is a service to the
//! journey like any other, so that whoever comes to it has logged in as to any other.
//!
//! What is on them is not known here.

use super::service::ServiceId;
use super::text::LocalizedName;

/// One of our own pages, with what lies below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnPage {
    /// "Min side": what is known of oneself.
    MinSide,
    /// The teacher's desk (Elevadgang).
    Elevadgang,
    /// The administrators' desk (Brugeradministration, Elevadministration).
    Administration,
    /// Getting back in with the national eID.
    Recovery,
    /// A parent says yes for a child who waits, with the national eID.
    Vouching,
}

/// What the short names of our own pages begin with; no registered party's may.
pub const RESERVED_PREFIX: &str = "portner-";

/// How old a proof may be, in seconds, for what a stolen session must not do: fifteen minutes (T3, I11).
pub const FRESH_SECONDS: u32 = 15 * 60;

/// An address longer than this is not gone back to: it travels in the login's cookie.
const LONGEST_RETURN: usize = 300;

impl OwnPage {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::MinSide,
        Self::Elevadgang,
        Self::Administration,
        Self::Recovery,
        Self::Vouching,
    ];

    /// Its short name among the services.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinSide => "portner-min-side",
            Self::Elevadgang => "portner-elevadgang",
            Self::Administration => "portner-administration",
            Self::Recovery => "portner-faa-adgang",
            Self::Vouching => "portner-sig-god-for",
        }
    }

    /// Where it is: everything below this path belongs to it.
    pub const fn path(self) -> &'static str {
        match self {
            Self::MinSide => "/min-side",
            Self::Elevadgang => "/elevadgang",
            Self::Administration => "/administration",
            Self::Recovery => "/faa-adgang",
            Self::Vouching => "/sig-god-for",
        }
    }

    /// What users know it as.
    pub fn title(self) -> LocalizedName {
        let (da, en) = match self {
            Self::MinSide => ("Min side", "My page"),
            Self::Elevadgang => ("Elevadgang", "Elevadgang (pupil access)"),
            Self::Administration => ("Brugeradministration", "User administration"),
            Self::Recovery => ("Få adgang igen", "Get back in"),
            Self::Vouching => ("Sig ja for dit barn", "Say yes for your child"),
        };
        LocalizedName::new(da).with_english(en)
    }

    /// Whether one comes in by a proof of now, by which one is found by CPR alone.
    pub const fn is_by_cpr_alone(self) -> bool {
        matches!(self, Self::Recovery | Self::Vouching)
    }

    /// Its short name among the services.
    pub fn service_id(self) -> Option<ServiceId> {
        ServiceId::parse(self.name())
    }

    /// The address to go back to after a login: `wished` where it is one of this page's own, else its
    /// front. Whatever `wished` holds, the browser stays here (F02).
    pub fn return_to(self, wished: &str) -> String {
        let below = wished.strip_prefix(self.path());
        let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let is_plain = wished
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
        // Whoever asked for a way up would leave the page; browsers read `%2e` as a dot there too.
        let climbs = wished.split(['/', '?']).any(is_dots);
        if is_below && is_plain && !climbs && wished.len() <= LONGEST_RETURN {
            wished.to_owned()
        } else {
            self.path().to_owned()
        }
    }
}

/// A part of an address that stands for another level of it (URL standard, double-dot segment).
fn is_dots(part: &str) -> bool {
    let plain = part.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_page_has_a_short_name_of_its_own_that_is_reserved() {
        for page in OwnPage::ALL {
            let id = page.service_id().unwrap();
            assert!(id.as_str().starts_with(RESERVED_PREFIX), "{id}");
        }
    }

    #[test]
    fn a_login_comes_back_to_where_it_began_and_to_nowhere_else() {
        let page = OwnPage::Administration;
        for good in [
            "/administration",
            "/administration/101001/personer?q=S%C3%B8",
            "/administration?x=1",
        ] {
            assert_eq!(page.return_to(good), good);
        }
        let long = format!("/administration/{}", "a".repeat(300));
        for bad in [
            "//evil.example/administration",
            "https://evil.example/administration",
            "/administrationen",
            "/administration/../min-side",
            "/administration/%2e%2E/min-side",
            "/administration/.%2e/min-side",
            "/administration/\\evil",
            "/administration/a\r\nb",
            "/administration/ø",
            "",
            &long,
        ] {
            assert_eq!(page.return_to(bad), "/administration", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_wished_the_page_is_not_left(wished in ".{0,60}", below in "([/?.a-z%]|%2[eE]|%2f){0,20}") {
            for wish in [wished.clone(), format!("/min-side{below}"), format!("/min-side/{wished}")] {
                let back = OwnPage::MinSide.return_to(&wish);
                let base = url::Url::parse("https://login.example/").unwrap();
                let url = base.join(&back).unwrap();
                prop_assert_eq!(url.host_str(), Some("login.example"));
                prop_assert!(url.path() == "/min-side" || url.path().starts_with("/min-side/"));
            }
        }
    }
}
