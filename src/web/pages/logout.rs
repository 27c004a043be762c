//! Logging out: the question, and what became of it.

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
    /// The services that could not be told.
    pub not_reached: Vec<String>,
    /// The upstream where the user may still be logged in, as people call it.
    pub upstream: Option<String>,
    /// The service where the logout began.
    pub service: Option<BackToService>,
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
    /// Logged out everywhere, and nearly everywhere.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let whole = Self {
            page: page.clone(),
            not_reached: Vec::new(),
            upstream: None,
            service: Some(BackToService::sample()),
        };
        let partly = Self {
            not_reached: vec!["Regnehesten".to_owned()],
            upstream: Some("Lillekøbing Kommune Elev".to_owned()),
            ..whole.clone()
        };
        vec![("logged-out", whole), ("logged-out-partly", partly)]
    }
}
