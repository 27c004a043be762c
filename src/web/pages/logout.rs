//! Logging out: the question, what became of it, and who stays logged in at an eID.

use askama::Template;

use super::{BackToService, Form, Page};

/// Asks whether the user means to log out everywhere.
#[derive(Debug, Clone, Template)]
#[template(path = "logout.html", config = "src/web/askama.toml")]
pub struct LogoutPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the yes is sent.
    pub form: Form,
    /// Who is logged in.
    pub user_name: Option<String>,
    /// The services that will be told.
    pub services: Vec<String>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// Tells that the user is logged out, and where perhaps not.
#[derive(Debug, Clone, Template)]
#[template(path = "logged_out.html", config = "src/web/askama.toml")]
pub struct LoggedOutPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Those who said that the user is logged out there.
    pub done: Vec<String>,
    /// Services that were told through the browser, and give no answer.
    pub asked: Vec<String>,
    /// Services that did not answer.
    pub silent: Vec<String>,
    /// Services that take no word of a logout.
    pub no_way: Vec<String>,
    /// Upstreams where the user may still be logged in.
    pub upstreams: Vec<String>,
    /// Frames that tell services; nobody looks at them.
    pub frames: Vec<Frame>,
    /// The way on, with the protocol's answer to whoever asked.
    pub onward: Option<Onward>,
    /// The service where the logout began.
    pub service: Option<BackToService>,
}

/// Tells that an adult who has vouched on somebody else's device may still be logged in at the eID there.
#[derive(Debug, Clone, Template)]
#[template(path = "eid_open.html", config = "src/web/askama.toml")]
pub struct EidOpenPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// What people call the eID.
    pub eid: String,
    /// Where the login goes on.
    pub onward: String,
}

impl<'t> EidOpenPage<'t> {
    /// After MitID.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            eid: "MitID".to_owned(),
            onward: "/login/skolebroen/0".to_owned(),
        };
        vec![("eid-open", view)]
    }
}

/// A service's own page, loaded so that it logs the user out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What people call the service.
    pub name: String,
    /// The address of that page.
    pub url: String,
}

/// How the browser gets back to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// By a link; at once when the frames have loaded, if there is nothing to read.
    Link {
        /// The service's address, and what people call it.
        to: BackToService,
        /// Whether nobody has to press it.
        at_once: bool,
    },
    /// By a form with an answer that is waited for.
    Form {
        /// What people call the receiver.
        service: String,
        /// The address that the form is posted to.
        action: String,
        /// The fields of the form, hidden, in order.
        fields: Vec<(String, String)>,
    },
}

impl<'t> LogoutPage<'t> {
    /// The question with services to tell.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let page = Self {
            page: page.clone(),
            form: Form::sample("/logout"),
            user_name: Some("sofi1234".to_owned()),
            services: vec!["Bogskabet".to_owned(), "Regnehesten".to_owned()],
            service: Some(BackToService::sample()),
        };
        vec![("logout", page)]
    }
}

impl<'t> LoggedOutPage<'t> {
    /// The lists that are not empty, each under its text: the sure ones first.
    fn lists(&self) -> Vec<(&'static str, &[String])> {
        let lists = [
            ("logged-out-done", &self.done),
            ("logged-out-asked", &self.asked),
            ("logged-out-not-reached", &self.silent),
            ("logged-out-no-way", &self.no_way),
            ("logged-out-upstreams", &self.upstreams),
        ];
        let there = lists.into_iter().filter(|(_, names)| !names.is_empty());
        there.map(|(key, names)| (key, names.as_slice())).collect()
    }

    /// Logged out everywhere, nearly everywhere, and with frames.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let nothing = Self {
            page: page.clone(),
            done: Vec::new(),
            asked: Vec::new(),
            silent: Vec::new(),
            no_way: Vec::new(),
            upstreams: Vec::new(),
            frames: Vec::new(),
            onward: None,
            service: None,
        };
        let whole = Self {
            done: vec!["Bogskabet".to_owned(), "Skolebroen".to_owned()],
            service: Some(BackToService::sample()),
            ..nothing.clone()
        };
        let partly = Self {
            done: vec!["Skolebroen".to_owned()],
            silent: vec!["Regnehesten".to_owned()],
            no_way: vec!["Tegneriet".to_owned()],
            upstreams: vec!["Lillekøbing Kommune Elev".to_owned()],
            onward: Some(Onward::Link {
                to: BackToService::sample(),
                at_once: false,
            }),
            ..nothing.clone()
        };
        let framed = Self {
            asked: vec!["Regnehesten".to_owned()],
            frames: vec![Frame {
                name: "Regnehesten".to_owned(),
                url: "https://regnehesten.example/logout?iss=x&sid=y".to_owned(),
            }],
            onward: Some(Onward::Form {
                service: "Bogskabet".to_owned(),
                action: "https://bogskabet.example/slo".to_owned(),
                fields: vec![("SAMLResponse".to_owned(), "c2FtcGxl".to_owned())],
            }),
            ..nothing.clone()
        };
        vec![
            ("logged-out-alone", nothing),
            ("logged-out", whole),
            ("logged-out-partly", partly),
            ("logged-out-framed", framed),
        ]
    }
}
