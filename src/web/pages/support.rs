//! The support page: the whole catalogue of refusals, for each role.

use askama::Template;

use super::{HelpRole, Page, help_role};
use crate::domain::refusal::Refusal;
use crate::texts::RefusalWords;

/// Explains every code. Made of the same catalogue as the refusals themselves, so that help
/// and program cannot disagree.
#[derive(Debug, Clone, Template)]
#[template(path = "support.html", config = "src/web/askama.toml")]
pub struct SupportPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// The catalogue, ordered by code.
    pub entries: Vec<RefusalWords>,
    /// Whom to call or write to, as the installation has set it.
    pub contact: Option<String>,
}

impl<'t> SupportPage<'t> {
    /// The page with the whole catalogue.
    pub fn new(page: Page<'t>, contact: Option<String>) -> Self {
        let mut entries: Vec<_> = Refusal::samples()
            .iter()
            .map(|refusal| page.words.refusal_in_general(refusal))
            .collect();
        entries.sort_by_key(|entry| entry.code);
        Self {
            page,
            entries,
            contact,
        }
    }

    /// The pages for each role: address and heading.
    pub fn roles(&self) -> Vec<(String, String)> {
        let roles = HelpRole::ALL.into_iter();
        roles
            .map(|role| (help_role::address(role), self.page.say(role.heading())))
            .collect()
    }

    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let contact = Some("support@lillekøbing.example".to_owned());
        vec![("support", Self::new(page.clone(), contact))]
    }
}
