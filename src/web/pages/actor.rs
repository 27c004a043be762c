//! For accounts with more than one role, at services that want one of them.

use askama::Template;

use super::{BackToService, Form, Page};
use crate::domain::actor::ActorGroup;

/// Lists the actors as radio buttons, the first one chosen. The field is `actor`.
#[derive(Debug, Clone, Template)]
#[template(path = "actor.html", config = "src/web/askama.toml")]
pub struct ActorPage<'t> {
    /// Words and links of every page.
    pub page: Page<'t>,
    /// Where the choice is sent.
    pub form: Form,
    /// Whether it was sent with nothing chosen.
    pub nothing_chosen: bool,
    /// The actors, the one most likely wanted first.
    pub actors: Vec<ActorChoice>,
    /// The service that asked, and the way back to it.
    pub service: Option<BackToService>,
}

/// One role at one institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorChoice {
    /// The value of the radio button.
    pub id: String,
    /// Pupil, staff, external or contact person.
    pub group: ActorGroup,
    /// What people call the institution.
    pub institution: String,
}

impl<'t> ActorPage<'t> {
    /// Every role at once.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let choice = |id: &str, group: ActorGroup, institution: &str| ActorChoice {
            id: id.to_owned(),
            group,
            institution: institution.to_owned(),
        };
        let page = Self {
            page: page.clone(),
            form: Form::sample("/login/actor"),
            nothing_chosen: false,
            actors: vec![
                choice("1", ActorGroup::Medarbejder, "Lillekøbing Skole"),
                choice("2", ActorGroup::Kontaktperson, "Egeskovens Friskole"),
                choice("3", ActorGroup::Ekstern, "Havneby Gymnasium"),
                choice("4", ActorGroup::Elev, "Lillekøbing Ungdomsskole"),
            ],
            service: Some(BackToService::sample()),
        };
        let again = Self {
            nothing_chosen: true,
            ..page.clone()
        };
        vec![("actor", page), ("actor-nothing-chosen", again)]
    }
}
