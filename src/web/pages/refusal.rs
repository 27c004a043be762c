//! The page for a login that cannot go on: what happened, whose matter it is, what to do.

use askama::Template;

use super::{BackToService, Form, Page};
use crate::domain::refusal::Refusal;
use crate::domain::upstream::UpstreamKind;
use crate::texts::{RefusalContext, RefusalWords};

/// A party's own help for its users.
#[derive(Debug, Clone)]
pub struct PartyHelp {
    /// What users know the party as.
    pub party: String,
    /// The address of that help.
    pub url: String,
}

/// Explains a refusal to each role, with what to quote and the way back.
#[derive(Debug, Clone, Template)]
#[template(path = "refusal.html", config = "src/web/askama.toml")]
pub struct RefusalPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Everything that is said of the refusal.
    pub words: RefusalWords,
    /// When it happened, as people read it.
    pub time: String,
    /// The time in RFC 3339, for machines.
    pub timestamp: String,
    /// What the log knows it by, where it has a line on it.
    pub reference: Option<String>,
    /// Whom to call, where the concerned party has told (UpstreamProfile::contact).
    pub contact: Option<String>,
    /// Where the concerned party helps its users.
    pub help: Option<PartyHelp>,
    /// The service that asked, and where to begin anew.
    pub service: Option<BackToService>,
    /// Lets the service know in its own protocol, which also leads back to it.
    pub tell: Option<Form>,
    /// Where the service explains how to get access, where that is what is missing.
    pub licence: Option<String>,
    /// Another try at the same login: the page where it begins.
    pub retry: Option<String>,
}

impl<'t> RefusalPage<'t> {
    /// Every refusal of the catalogue.
    pub fn samples(page: &Page<'t>) -> Vec<(String, Self)> {
        let context = RefusalContext {
            upstream: Some("Lillekøbing Kommune Elev".to_owned()),
            kind: Some(UpstreamKind::Local),
            service: Some("Bogskabet".to_owned()),
        };
        Refusal::samples()
            .iter()
            .map(|refusal| {
                let page = Self {
                    page: page.clone(),
                    words: page.words.refusal(refusal, &context),
                    time: "11.08.2026 08.12.05".to_owned(),
                    timestamp: "2026-08-11T06:12:05Z".to_owned(),
                    reference: Some("K7QF-2M4P".to_owned()),
                    contact: refusal.upstream().map(|_| "it@lillekøbing.example".to_owned()),
                    help: refusal.upstream().map(|_| PartyHelp {
                        party: "Lillekøbing Kommune Elev".to_owned(),
                        url: "https://idp.lillekøbing.example/hjaelp?code=OTHER_ERROR".to_owned(),
                    }),
                    service: Some(BackToService::sample()),
                    tell: None,
                    licence: None,
                    retry: None,
                };
                (format!("refusal-{}", refusal.code()), page.with_ways_on(refusal))
            })
            .collect()
    }

    fn with_ways_on(mut self, refusal: &Refusal) -> Self {
        if refusal.audience() == crate::domain::refusal::Audience::UserThenService {
            self.tell = Some(Form::sample("/login/give-up"));
        }
        if *refusal == Refusal::NoLicence {
            self.licence = Some("https://bogskabet.example/licens".to_owned());
        }
        if refusal.upstream().is_some() {
            self.retry = Some("/login/choose".to_owned());
        }
        self
    }
}
