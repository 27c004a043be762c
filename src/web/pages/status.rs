//! The status page (driftsinfo): what works, what does not, and what is planned.

use askama::Template;

use super::Page;

/// Lists the upstreams and how they do, and the operator's notices.
#[derive(Debug, Clone, Template)]
#[template(path = "status.html", config = "src/web/askama.toml")]
pub struct StatusPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// When this was known, as people read it.
    pub as_of: String,
    /// The operator's notices, newest first.
    pub notices: Vec<Notice>,
    /// The upstreams that users may see.
    pub upstreams: Vec<UpstreamStatus>,
    /// What is fetched from federations.
    pub feeds: Vec<FeedStatus>,
}

/// A word from the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When it was written, or when it is for, as people read it.
    pub when: String,
    /// What it says, in the visitor's language.
    pub text: String,
}

/// One upstream and how it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamStatus {
    /// What users call it.
    pub name: String,
    /// How it does.
    pub state: UpstreamState,
}

/// How an upstream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamState {
    /// Logins go through.
    Ok,
    /// Logins have failed lately.
    Trouble,
    /// Switched off.
    Off,
}

impl UpstreamState {
    /// The class of the badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Ok => "badge-success",
            Self::Trouble => "badge-warning",
            Self::Off => "badge-info",
        }
    }

    /// The text that says it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "status-ok",
            Self::Trouble => "status-trouble",
            Self::Off => "status-off",
        }
    }
}

/// What is fetched from one federation, and how that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedStatus {
    /// What the operator calls it.
    pub name: String,
    /// How it does.
    pub state: FeedState,
}

/// How what is fetched does. What was fetched before is used in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedState {
    /// It comes as it should.
    Ok,
    /// It could not be fetched the last time.
    Late,
    /// A change in it is looked at by somebody first.
    Waits,
}

impl FeedState {
    /// The class of the badge.
    pub const fn badge(self) -> &'static str {
        match self {
            Self::Ok => "badge-success",
            Self::Late | Self::Waits => "badge-warning",
        }
    }

    /// The text that says it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "status-feed-ok",
            Self::Late => "status-feed-late",
            Self::Waits => "status-feed-waits",
        }
    }
}

impl StatusPage<'_> {
    /// Whether there is nothing to report: what is switched off on purpose is no trouble.
    pub fn all_well(&self) -> bool {
        self.upstreams
            .iter()
            .all(|upstream| upstream.state != UpstreamState::Trouble)
    }
}

impl<'t> StatusPage<'t> {
    /// A good day and a bad day.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let upstream = |name: &str, state| UpstreamStatus {
            name: name.to_owned(),
            state,
        };
        let bad = Self {
            page: page.clone(),
            as_of: "11.08.2026 08.12".to_owned(),
            notices: vec![Notice {
                when: "12.08.2026 18.00".to_owned(),
                text: "Lillekøbing Kommune skifter certifikat. Login kan mangle i op til en halv time."
                    .to_owned(),
            }],
            upstreams: vec![
                upstream("Unilogin", UpstreamState::Ok),
                upstream("MitID", UpstreamState::Ok),
                upstream("Lillekøbing Kommune Elev", UpstreamState::Trouble),
                upstream("Havneby Kommune", UpstreamState::Off),
            ],
            feeds: vec![
                FeedStatus {
                    name: "skoleforeningen".to_owned(),
                    state: FeedState::Late,
                },
                FeedStatus {
                    name: "nabolandet".to_owned(),
                    state: FeedState::Waits,
                },
            ],
        };
        let good = Self {
            notices: Vec::new(),
            upstreams: bad.upstreams.iter().take(2).cloned().collect(),
            feeds: vec![FeedStatus {
                name: "skoleforeningen".to_owned(),
                state: FeedState::Ok,
            }],
            ..bad.clone()
        };
        vec![("status-trouble", bad), ("status", good)]
    }
}
