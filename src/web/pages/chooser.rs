//! The chooser: every way to log in, with a search among the local ones.

use askama::Template;

use super::{BackToService, Form, Page};
use crate::texts::RefusalWords;

/// Lists the upstreams as buttons. The field is `upstream`, the search field `q`.
#[derive(Debug, Clone, Template)]
#[template(path = "chooser.html", config = "src/web/askama.toml")]
pub struct ChooserPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the choice is sent.
    pub form: Form,
    /// The address of this page without its query, for the search.
    pub search_action: String,
    /// What else the search must carry along in the query.
    pub search_fields: Vec<(String, String)>,
    /// Whether there are local logins to search among.
    pub searches: bool,
    /// What was searched for.
    pub query: String,
    /// The upstream that this browser used last.
    pub last_used: Option<Choice>,
    /// The central login.
    pub central: Option<Choice>,
    /// The national eIDs.
    pub national: Vec<Choice>,
    /// The local logins that match the search, best first; the page shows the first ones.
    pub local: Vec<Choice>,
    /// Why the user is here again.
    pub problem: Option<RefusalWords>,
    /// The page before.
    pub back: Option<String>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// One way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The upstream's short name: the value of the button.
    pub id: String,
    /// What users call it.
    pub name: String,
}

impl ChooserPage<'_> {
    /// The most local logins that are shown at once.
    pub const LONGEST: usize = 50;

    /// The local logins that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &Choice> {
        self.local.iter().take(Self::LONGEST)
    }

    /// How many match but are not shown.
    pub const fn more(&self) -> usize {
        self.local.len().saturating_sub(Self::LONGEST)
    }
}

impl Choice {
    fn sample(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl<'t> ChooserPage<'t> {
    /// The page with a few local logins, with very many, and after a search for nothing known.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let few = Self {
            page: page.clone(),
            form: Form::sample("/login/choose"),
            search_action: "/login/choose".to_owned(),
            search_fields: Vec::new(),
            searches: true,
            query: String::new(),
            last_used: Some(Choice::sample("lillekoebing-elev", "Lillekøbing Kommune Elev")),
            central: Some(Choice::sample("central", "Unilogin")),
            national: vec![Choice::sample("mitid", "MitID")],
            local: [
                ("egeskoven", "Egeskovens Friskole"),
                ("havneby", "Havneby Kommune"),
                ("lillekoebing-elev", "Lillekøbing Kommune Elev"),
                ("lillekoebing", "Lillekøbing Kommune Medarbejder"),
            ]
            .map(|(id, name)| Choice::sample(id, name))
            .to_vec(),
            problem: None,
            back: Some("/login/name".to_owned()),
            service: Some(BackToService::sample()),
        };
        let many = Self {
            last_used: None,
            local: (1..=73)
                .map(|number| Choice::sample(&format!("skole-{number}"), &format!("Skole {number}")))
                .collect(),
            query: "skole".to_owned(),
            ..few.clone()
        };
        let none = Self {
            last_used: None,
            local: Vec::new(),
            query: "storkøbing".to_owned(),
            ..few.clone()
        };
        let eids = Self {
            last_used: None,
            central: None,
            national: vec![
                Choice::sample("mitid", "MitID"),
                Choice::sample("nemlogin", "NemLog-in"),
            ],
            local: Vec::new(),
            searches: false,
            back: None,
            ..few.clone()
        };
        vec![
            ("chooser-eids", eids),
            ("chooser", few),
            ("chooser-many", many),
            ("chooser-none", none),
        ]
    }
}
