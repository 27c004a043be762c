//! The first page of most logins: who are you?

use askama::Template;

use super::{BackToService, DeviceClass, Form, Page};
use crate::domain::login_name::Domain;
use crate::domain::refusal::Refusal;
use crate::texts::{RefusalContext, RefusalWords};

/// Asks for a user name, bare or with a domain. The field is `name`.
#[derive(Debug, Clone, Template)]
#[template(path = "name.html", config = "src/web/askama.toml")]
pub struct NamePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the name is sent.
    pub form: Form,
    /// What was typed before, or is known from a hint.
    pub typed: String,
    /// Why the name did not lead on (E1, E5).
    pub problem: Option<RefusalWords>,
    /// A name that would have led on.
    pub suggestion: Option<Suggestion>,
    /// The chooser of other ways to log in.
    pub other_ways: String,
    /// Where a forgotten user name is found.
    pub find_name: Option<String>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
    /// The class that this device belongs to, as far as it knows.
    pub class: Option<DeviceClass>,
    /// That class's school has a login of its own: its id, and what users call it.
    pub own_login: Option<(String, String)>,
}

/// "Did you mean?"
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The whole name, mended.
    pub name: String,
    /// The part that differs, as people read it.
    pub domain: String,
}

impl<'t> NamePage<'t> {
    /// The page when it is new, and after each mishap.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let new = Self {
            page: page.clone(),
            form: Form::sample("/login/name"),
            typed: String::new(),
            problem: None,
            suggestion: None,
            other_ways: "/login/choose".to_owned(),
            find_name: Some("/faa-adgang".to_owned()),
            service: Some(BackToService::sample()),
            class: None,
            own_login: None,
        };
        let in_class = Self {
            class: DeviceClass::sample(),
            own_login: Some(("lillekoebing".to_owned(), "Lillekøbing Kommune Elev".to_owned())),
            ..new.clone()
        };
        let after = |refusal: &Refusal, typed: &str| Self {
            typed: typed.to_owned(),
            problem: Some(page.words.refusal(refusal, &RefusalContext::default())),
            ..new.clone()
        };
        let mut samples = vec![
            ("name-unknown", after(&Refusal::UnknownUserName, "sofi1243")),
            ("name-malformed", after(&Refusal::MalformedName, "sofie hansen")),
        ];
        if let Ok(domain) = Domain::parse("lilekøbing.example") {
            let refusal = Refusal::UnknownDomain {
                domain,
                nearest: None,
            };
            let page = Self {
                suggestion: Some(Suggestion {
                    name: "sofie@lillekøbing.example".to_owned(),
                    domain: "lillekøbing.example".to_owned(),
                }),
                ..after(&refusal, "sofie@lilekøbing.example")
            };
            samples.push(("name-unknown-domain", page));
        }
        samples.insert(0, ("name-in-class", in_class));
        samples.insert(0, ("name", new));
        samples
    }
}
