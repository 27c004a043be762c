//! "Min side": who somebody is here.

use askama::Template;

use super::{ActorChoice, Page};
use crate::domain::actor::ActorGroup;

/// Shows a user what is known of them.
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
}

impl<'t> MePage<'t> {
    /// A pupil, and a teacher who is a parent too.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let at = |group, institution: &str| ActorChoice {
            id: String::new(),
            group,
            institution: institution.to_owned(),
        };
        let pupil = Self {
            page: page.clone(),
            name: "Sofie Holm".to_owned(),
            user_name: "sofi0042".to_owned(),
            affiliations: vec![at(ActorGroup::Elev, "Lillekøbing Skole")],
        };
        let teacher = Self {
            name: "Jonas Berg".to_owned(),
            user_name: "jona4711".to_owned(),
            affiliations: vec![
                at(ActorGroup::Medarbejder, "Lillekøbing Skole"),
                at(ActorGroup::Kontaktperson, "Havneby Skole"),
            ],
            ..pupil.clone()
        };
        vec![("me-pupil", pupil), ("me-teacher", teacher)]
    }
}
