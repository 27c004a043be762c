//! "Min side": who somebody is here, where they are logged in, and what happened.

use askama::Template;

use super::{ActorChoice, Form, Page};
use crate::domain::actor::ActorGroup;

/// Shows a user what is known of them. The button that ends sessions is `end`.
#[derive(Debug, Clone, Template)]
#[template(path = "me.html", config = "src/web/askama.toml")]
pub struct MePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What the person is called.
    pub name: String,
    /// What they log in with.
    pub user_name: String,
    /// What they are, and where.
    pub affiliations: Vec<ActorChoice>,
    /// Where sessions are ended.
    pub end: Form,
    /// What the button says that ends all but this one.
    pub end_others: &'static str,
    /// Who keeps a login that outlives its session.
    pub kept: Vec<MyKeptLogin>,
    /// Where they are logged in.
    pub sessions: Vec<MySession>,
    /// Where a new password is asked for, if there is one to change.
    pub change: Option<Form>,
    /// What happened in the last months.
    pub history: &'static str,
}

/// One place where somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MySession {
    /// The value of the button that ends it.
    pub id: String,
    /// Whether it is the one that the page is seen by.
    pub is_this: bool,
    /// Who vouched, as people call it.
    pub upstream: String,
    /// When the login began, as people read it.
    pub since: String,
    /// When it was used last.
    pub used: String,
    /// The services that it led to.
    pub services: String,
}

/// A service that keeps a login when nobody is logged in any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyKeptLogin {
    /// The value of the button that ends it.
    pub end: String,
    /// What it is called.
    pub service: String,
    /// When it was renewed last.
    pub used: String,
    /// Until when it can be.
    pub until: String,
}

/// What happened with one's account.
#[derive(Debug, Clone, Template)]
#[template(path = "my_history.html", config = "src/web/askama.toml")]
pub struct MyHistoryPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// The latest first.
    pub entries: Vec<MyEntry>,
    /// The next page.
    pub older: Option<String>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// The first page.
    pub newest: String,
    /// The address of "Min side".
    pub back: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyEntry {
    /// When, as people read it.
    pub at: String,
    /// What happened, in words.
    pub what: String,
    /// Who vouched, as people call it; nothing where nobody did.
    pub upstream: Option<String>,
    /// What was told to the service, for a login.
    pub told: Option<Vec<String>>,
    /// Why it was refused: the code that the support page explains.
    pub code: Option<String>,
}

impl MePage<'_> {
    /// Whether there is another login than this one.
    pub fn has_others(&self) -> bool {
        !self.kept.is_empty() || self.sessions.iter().any(|session| !session.is_this)
    }
}

impl<'t> MePage<'t> {
    /// A pupil, and a teacher who is a parent too.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let at = |group, institution: &str| ActorChoice {
            id: String::new(),
            group,
            institution: institution.to_owned(),
        };
        let this = MySession {
            id: "1".to_owned(),
            is_this: true,
            upstream: "Unilogin".to_owned(),
            since: "01.03.2027 09.12.05".to_owned(),
            used: "01.03.2027 09.30.00".to_owned(),
            services: "Bogskabet, Skolebroen".to_owned(),
        };
        let pupil = Self {
            page: page.clone(),
            name: "Sofie Holm".to_owned(),
            user_name: "sofi0042".to_owned(),
            affiliations: vec![at(ActorGroup::Elev, "Lillekøbing Skole")],
            end: Form::sample("/min-side/logget-ind"),
            end_others: "others",
            kept: Vec::new(),
            sessions: vec![this.clone()],
            change: Some(Form::sample("/min-side/adgangskode")),
            history: "/min-side/historik",
        };
        let teacher = Self {
            name: "Jonas Berg".to_owned(),
            user_name: "jona4711".to_owned(),
            affiliations: vec![
                at(ActorGroup::Medarbejder, "Lillekøbing Skole"),
                at(ActorGroup::Kontaktperson, "Havneby Skole"),
            ],
            sessions: vec![
                this.clone(),
                MySession {
                    id: "2".to_owned(),
                    is_this: false,
                    upstream: "Lillekøbing Kommune".to_owned(),
                    services: String::new(),
                    ..this
                },
            ],
            kept: vec![MyKeptLogin {
                end: "kept:laeringshaven".to_owned(),
                service: "Læringshaven".to_owned(),
                used: "28.02.2027 16.40.11".to_owned(),
                until: "30.03.2027 16.40.11".to_owned(),
            }],
            change: None,
            ..pupil.clone()
        };
        vec![("me-pupil", pupil), ("me-teacher", teacher)]
    }
}

impl<'t> MyHistoryPage<'t> {
    /// The first page, and one of somebody to whom nothing happened yet.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let entry = |what: String| MyEntry {
            at: "01.03.2027 09.12.05".to_owned(),
            what,
            upstream: None,
            told: None,
            code: None,
        };
        let some = Self {
            page: page.clone(),
            entries: vec![
                MyEntry {
                    upstream: Some("Lillekøbing Kommune".to_owned()),
                    told: Some(vec![
                        page.say("told-uni-id"),
                        page.say("told-role"),
                        page.say("told-institution"),
                    ]),
                    ..entry(page.say_with("history-logged-in", "service", "Bogskabet"))
                },
                MyEntry {
                    told: Some(Vec::new()),
                    ..entry(page.say_with("history-logged-in", "service", "Skolebroen"))
                },
                MyEntry {
                    code: Some("UL-506".to_owned()),
                    ..entry(page.say_with("history-refused", "service", "Bogskabet"))
                },
                entry(page.say("history-parent")),
                entry(page.say("history-changed")),
            ],
            older: Some("/min-side/historik?before=17".to_owned()),
            is_first: false,
            newest: "/min-side/historik".to_owned(),
            back: "/min-side".to_owned(),
        };
        let none = Self {
            entries: Vec::new(),
            older: None,
            is_first: true,
            ..some.clone()
        };
        vec![("my-history", some), ("my-history-empty", none)]
    }
}
