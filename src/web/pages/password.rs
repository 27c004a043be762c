//! The second page for users of the central store: the password.

use askama::Template;

use super::{BackToService, Form, Page};
use crate::domain::refusal::Refusal;
use crate::texts::{RefusalContext, RefusalWords};

/// Asks for the password that belongs to a name. The field is `password`.
#[derive(Debug, Clone, Template)]
#[template(path = "password.html", config = "src/web/askama.toml")]
pub struct PasswordPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the password is sent.
    pub form: Form,
    /// The name that was typed.
    pub user_name: String,
    /// Why the password did not lead on.
    pub problem: Option<RefusalWords>,
    /// The page for another name.
    pub back: String,
    /// Where a new password is made.
    pub new_password: Option<String>,
    /// Whether a new password is wanted, and the present one is asked for first.
    pub is_for_change: bool,
    /// Why a teacher's help does not help: the minutes are over, or there are none (error E11).
    pub no_help: Option<String>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

impl<'t> PasswordPage<'t> {
    /// The page when it is new, after a wrong password, and after too many.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let new = Self {
            page: page.clone(),
            form: Form::sample("/login/password"),
            user_name: "sofi1234".to_owned(),
            problem: None,
            back: "/login/name".to_owned(),
            new_password: Some("/login/new-password".to_owned()),
            is_for_change: false,
            no_help: None,
            service: Some(BackToService::sample()),
        };
        let after = |refusal: &Refusal| Self {
            problem: Some(page.words.refusal(refusal, &RefusalContext::default())),
            ..new.clone()
        };
        vec![
            ("password-wrong", after(&Refusal::WrongPassword)),
            (
                "password-wait",
                after(&Refusal::TooManyAttempts { retry_after: 60 }),
            ),
            (
                "password-first",
                Self {
                    is_for_change: true,
                    ..new.clone()
                },
            ),
            ("password", new),
        ]
    }
}
