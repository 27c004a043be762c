//! For people with more than one user name, after a login that only tells who they are.

use askama::Template;

use super::{BackToService, Form, Page};

/// Lists the person's accounts as radio buttons, the first one chosen. The field is `account`.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html", config = "src/web/askama.toml")]
pub struct AccountPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the choice is sent.
    pub form: Form,
    /// Whether it was sent with nothing chosen.
    pub nothing_chosen: bool,
    /// The accounts, in the order to show them.
    pub accounts: Vec<AccountChoice>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// An account that the user may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountChoice {
    /// The value of the radio button.
    pub id: String,
    /// The user name.
    pub user_name: String,
    /// The institutions where the account is used, as people call them.
    pub institutions: String,
}

impl<'t> AccountPage<'t> {
    /// A person who is a teacher here and a parent there.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let choice = |id: &str, user_name: &str, institutions: &str| AccountChoice {
            id: id.to_owned(),
            user_name: user_name.to_owned(),
            institutions: institutions.to_owned(),
        };
        let page = Self {
            page: page.clone(),
            form: Form::sample("/login/account"),
            nothing_chosen: false,
            accounts: vec![
                choice("1", "mett1234", "Lillekøbing Skole"),
                choice("2", "mette56x", "Egeskovens Friskole, Havneby Gymnasium"),
            ],
            service: Some(BackToService::sample()),
        };
        let again = Self {
            nothing_chosen: true,
            ..page.clone()
        };
        vec![("account", page), ("account-nothing-chosen", again)]
    }
}
