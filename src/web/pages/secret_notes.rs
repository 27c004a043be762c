//! The smaller pages about passwords: that one runs out, that one was changed, and the ways to a
//! new one.

use askama::Template;

use super::{BackToService, Form, Page};

/// "Your password must soon be changed": now, or later (U40). The field is `do`.
#[derive(Debug, Clone, Template)]
#[template(path = "runs_out.html", config = "src/web/askama.toml")]
pub struct RunsOutPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the answer is sent.
    pub form: Form,
    /// The last day.
    pub day: String,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// "Your password is changed" (G15).
#[derive(Debug, Clone, Template)]
#[template(path = "secret_changed.html", config = "src/web/askama.toml")]
pub struct SecretChangedPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the login goes on.
    pub form: Form,
    /// Whether it goes on with the new password (U52).
    pub logs_in: bool,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// "Get a new password": forgotten, or changed (U23–U25). The field is `do`.
#[derive(Debug, Clone, Template)]
#[template(path = "new_password.html", config = "src/web/askama.toml")]
pub struct NewPasswordPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where a change is asked for.
    pub form: Form,
    /// What to do about a forgotten one.
    pub forgotten: String,
    /// The page before.
    pub back: String,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// What to do about a forgotten password (U24).
#[derive(Debug, Clone, Template)]
#[template(path = "forgotten.html", config = "src/web/askama.toml")]
pub struct ForgottenPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where it is said that the teacher has helped already.
    pub form: Form,
    /// Where a new one is made with the national eID, if anybody can.
    pub by_eid: Option<String>,
    /// The page before.
    pub back: String,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

impl<'t> RunsOutPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/runs-out"),
            day: "31.03.2027".to_owned(),
            service: Some(BackToService::sample()),
        };
        vec![("runs-out", view)]
    }
}

impl<'t> SecretChangedPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/changed"),
            logs_in: false,
            service: Some(BackToService::sample()),
        };
        let helped = Self {
            logs_in: true,
            ..view.clone()
        };
        vec![("changed", view), ("changed-by-help", helped)]
    }
}

impl<'t> NewPasswordPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/new-password"),
            forgotten: "/login/forgotten".to_owned(),
            back: "/login/password".to_owned(),
            service: Some(BackToService::sample()),
        };
        vec![("new-password", view)]
    }
}

impl<'t> ForgottenPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            form: Form::sample("/login/forgotten"),
            by_eid: Some("/faa-adgang".to_owned()),
            back: "/login/new-password".to_owned(),
            service: Some(BackToService::sample()),
        };
        let without = Self {
            by_eid: None,
            ..view.clone()
        };
        vec![("forgotten", view), ("forgotten-without-eid", without)]
    }
}
