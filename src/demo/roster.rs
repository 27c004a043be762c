//! Links, users and what is to be expected: the demonstration as data.

use serde::Serialize;

use super::adult_stories::ADULT_STORIES;
use super::cast::PASSWORD;
use super::desk_stories::DESK_STORIES;
use super::error::DemoError;
use super::help_stories::HELP_STORIES;
use super::password_stories::{DOOR, PASSWORD_STORIES};
use super::premises::Premises;
use super::recovery_stories::RECOVERY_STORIES;
use super::services::{DOORS, Registration, door_named};
use super::stories::{Ending, STORIES};
use crate::domain::release::SubjectKind;

/// What `portner demo --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Roster {
    /// Portner's front page.
    pub broker: String,
    /// The start page with every story.
    pub start: String,
    /// The ways into services.
    pub services: Vec<RosterService>,
    /// One user for each story that a program can play which fills in text and nothing else.
    pub users: Vec<RosterUser>,
    /// Stories that want more: pictures are picked, new passwords are read and rehearsed.
    pub password_stories: Vec<RosterPasswordStory>,
    /// Stories that begin at Portner's own pages and end there. A program that follows redirects, sends
    /// forms and fills in text and passwords gets to the end of each; what else there is to do there is
    /// told on the start page.
    pub recovery_stories: Vec<RosterRecoveryStory>,
    /// The same at the administrators' desk.
    pub desk_stories: Vec<RosterDeskStory>,
}

/// A story at the administrators' desk.
#[derive(Debug, Clone, Serialize)]
pub struct RosterDeskStory {
    /// What the user types as a name, wherever they are asked.
    pub login: &'static str,
    /// What they type as a password.
    pub password: &'static str,
    /// Where it begins.
    pub start_url: String,
    /// Where it ends.
    pub end_url: String,
    /// What stands on the page in the end, in Danish.
    pub shows: &'static str,
}

/// A story at one of Portner's own pages.
#[derive(Debug, Clone, Serialize)]
pub struct RosterRecoveryStory {
    /// What the user types as a name, wherever they are asked.
    pub login: &'static str,
    /// What they type as a password.
    pub password: &'static str,
    /// Where it begins, and where it ends.
    pub start_url: String,
    /// What stands on the page in the end, in Danish.
    pub shows: &'static str,
    /// What does not.
    pub hides: Option<&'static str>,
}

/// A story about a password.
#[derive(Debug, Clone, Serialize)]
pub struct RosterPasswordStory {
    /// What the user types as a name.
    pub login: &'static str,
    /// What they type, or the names of the pictures that they pick, in Danish.
    pub password: &'static str,
    /// The name of one of the services.
    pub service: &'static str,
    /// The subject that the service receives in the end.
    pub expect: String,
}

/// A way into a service.
#[derive(Debug, Clone, Serialize)]
pub struct RosterService {
    /// What it is called.
    pub name: &'static str,
    /// `saml` or `oidc`.
    pub protocol: &'static str,
    /// Where a login begins.
    pub start_url: String,
}

/// A user, what they try, and how it ends.
#[derive(Debug, Clone, Serialize)]
pub struct RosterUser {
    /// What they type as a name, wherever they are asked.
    pub login: &'static str,
    /// What they type as a password.
    pub password: &'static str,
    /// The name of one of the services.
    pub service: &'static str,
    /// The subject that the service receives, or the refusal's code.
    pub expect: String,
}

impl Roster {
    pub(super) fn of(premises: &Premises) -> Result<Self, DemoError> {
        let addresses = premises.addresses();
        let users = STORIES.iter().map(|story| {
            Ok(RosterUser {
                login: story.login,
                password: story.password,
                service: story.door,
                expect: match (story.ending, door_named(story.door)) {
                    (Ending::Refused(code), _) => code.to_owned(),
                    (Ending::LoggedIn { person, uni_id }, door) => {
                        subject(premises, door.map(|door| door.service), person, uni_id)?
                    }
                },
            })
        });
        Ok(Self {
            broker: format!("{}/", addresses.broker_origin()),
            start: addresses.start_url(),
            services: DOORS
                .iter()
                .map(|door| RosterService {
                    name: door.name,
                    protocol: door.service.protocol.as_str(),
                    start_url: door.start_url(addresses),
                })
                .collect(),
            users: users.collect::<Result<_, DemoError>>()?,
            password_stories: PASSWORD_STORIES
                .iter()
                .map(|story| RosterPasswordStory {
                    login: story.login,
                    password: story.password.0,
                    service: DOOR,
                    expect: story.uni_id.to_owned(),
                })
                .collect(),
            recovery_stories: RECOVERY_STORIES
                .iter()
                .chain(&HELP_STORIES)
                .chain(&ADULT_STORIES)
                .map(|story| RosterRecoveryStory {
                    login: story.login,
                    password: PASSWORD,
                    start_url: format!("{}{}", addresses.broker_origin(), story.path),
                    shows: story.shows,
                    hides: story.hides,
                })
                .collect(),
            desk_stories: DESK_STORIES
                .iter()
                .map(|story| RosterDeskStory {
                    login: story.login,
                    password: story.password,
                    start_url: format!("{}{}", addresses.broker_origin(), story.address),
                    end_url: format!("{}{}", addresses.broker_origin(), story.ends_at),
                    shows: story.shows,
                })
                .collect(),
        })
    }
}

/// What the service will know the person by.
fn subject(
    premises: &Premises,
    service: Option<&Registration>,
    person: u8,
    uni_id: &str,
) -> Result<String, DemoError> {
    match service {
        Some(service) if service.subject == SubjectKind::Pairwise => premises.pairwise(service.id, person),
        _ => Ok(uni_id.to_owned()),
    }
}
