//! Getting back in by oneself: user names with the ways to new passwords, and what was done.

use askama::Template;

use super::{Form, Page};

/// Lists user names of oneself and one's children.
#[derive(Debug, Clone, Template)]
#[template(path = "recovery.html", config = "src/web/askama.toml")]
pub struct RecoveryPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where somebody goes who is done.
    pub form: Form,
    /// The visitor's own.
    pub own: Vec<FoundName>,
    /// Those of their children.
    pub children: Vec<FoundName>,
    /// Where the visitor is a pupil who is too young for it: from which age on it is done alone.
    pub too_young: Option<u32>,
    /// Whether a school knows them as somebody's adult.
    pub is_adult_of_somebody: bool,
    /// Until when there were enough new passwords.
    pub enough_until: Option<String>,
}

/// A user name that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundName {
    /// Whose it is.
    pub name: String,
    /// The same, for short.
    pub given_name: String,
    /// The user name.
    pub user_name: String,
    /// The institutions where it is used.
    pub institutions: String,
    /// Where a new password is made, if one may be.
    pub renew: Option<String>,
    /// Whether there is no password yet.
    pub is_first: bool,
    /// Why none may be.
    pub hindrance: Option<String>,
}

/// "The password is changed", and the way out.
#[derive(Debug, Clone, Template)]
#[template(path = "recovery_done.html", config = "src/web/askama.toml")]
pub struct RecoveryDonePage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where it goes on.
    pub form: Form,
    /// What the holder is called.
    pub name: String,
    /// The account's name.
    pub user_name: String,
    /// Whether the holder is the visitor's child.
    pub is_child: bool,
    /// The first page, for those who help another child.
    pub another: Option<String>,
}

impl<'t> RecoveryPage<'t> {
    /// A parent, a young pupil, and somebody who made too many.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let found = |name: &str, user_name: &str, institutions: &str| FoundName {
            name: name.to_owned(),
            given_name: name.split(' ').next().unwrap_or_default().to_owned(),
            user_name: user_name.to_owned(),
            institutions: institutions.to_owned(),
            is_first: false,
            renew: Some("/faa-adgang/ny/1".to_owned()),
            hindrance: None,
        };
        let parent = Self {
            page: page.clone(),
            form: Form::sample("/faa-adgang/faerdig"),
            own: vec![found("Bente Dahl", "bent1234", "Lillekøbing Skole")],
            children: vec![
                found("Storm Dahl", "stor1234", "Lillekøbing Skole"),
                FoundName {
                    renew: None,
                    hindrance: Some(page.say("recovery-blocked")),
                    ..found("Frida Dahl", "frid1234", "Lillekøbing Skole, Havneby Skole")
                },
            ],
            too_young: None,
            is_adult_of_somebody: true,
            enough_until: None,
        };
        let pupil = Self {
            own: Vec::new(),
            children: Vec::new(),
            too_young: Some(15),
            is_adult_of_somebody: false,
            ..parent.clone()
        };
        let enough = Self {
            enough_until: Some("02.03.2027 09.00.00".to_owned()),
            ..parent.clone()
        };
        vec![
            ("recovery", parent),
            ("recovery-young", pupil),
            ("recovery-enough", enough),
        ]
    }
}

impl<'t> RecoveryDonePage<'t> {
    /// For oneself and for a child.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let child = Self {
            page: page.clone(),
            form: Form::sample("/faa-adgang/faerdig"),
            name: "Storm".to_owned(),
            user_name: "stor1234".to_owned(),
            is_child: true,
            another: Some("/faa-adgang".to_owned()),
        };
        let own = Self {
            name: "Bente".to_owned(),
            user_name: "bent1234".to_owned(),
            is_child: false,
            another: None,
            ..child.clone()
        };
        vec![("recovery-done-child", child), ("recovery-done-own", own)]
    }
}
