//! Stories at the administrators' desk. They begin at Portner itself and not at a service, so they are
//! told apart from the others.

use super::cast::PASSWORD;
use super::chapters::Words;

/// One story.
#[derive(Debug)]
pub(super) struct DeskStory {
    pub(super) title: Words,
    /// Who logs in with the national eID.
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    /// Where it begins, below Portner's origin.
    pub(super) address: &'static str,
    /// What there is to see.
    pub(super) ending: Words,
}

/// Who looks after the people of Bakkeskolen: the user name, and the institution.
pub(super) const ADMINISTRATOR: (&str, &str) = ("hann1234", "101001");

const fn story(title: Words, login: &'static str, address: &'static str, ending: Words) -> DeskStory {
    DeskStory {
        title,
        login,
        password: PASSWORD,
        address,
        ending,
    }
}

pub(super) const DESK_STORIES: [DeskStory; 5] = [
    story(
        Words(
            "Hanne på Bakkeskolens kontor logger på som brugeradministrator (vælg MitID)",
            "Hanne at the office of Bakkeskolen logs in as an administrator (choose the national eID)",
        ),
        "hanne",
        "/administration",
        Words("skolens overblik", "the school's overview"),
    ),
    story(
        Words(
            "Vigga i 2.B har aldrig logget ind: Hanne finder hendes kode",
            "Vigga in 2.B has never logged in: Hanne finds her code",
        ),
        "hanne",
        "/administration/101001?q=vigga",
        Words(
            "“Lav en kode”, der kan vises, til den er brugt",
            "“Make a code”, which can be shown until it is used",
        ),
    ),
    story(
        Words("Hvorfor kan Otto ikke logge ind?", "Why can Otto not log in?"),
        "hanne",
        "/administration/101001?q=otto",
        Words(
            "hvad der er i vejen, og hvad der blev afvist",
            "what is in the way, and what was refused",
        ),
    ),
    story(
        Words(
            "Frida kan ikke huske ord: Hanne ser og ændrer hendes adgangskoderegel",
            "Frida cannot remember words: Hanne sees and changes her password rule",
        ),
        "hanne",
        "/administration/101001?q=frida",
        Words("en anden regel, med begrundelse", "another rule, with a reason"),
    ),
    story(
        Words(
            "Helle er ansat, men ikke brugeradministrator (vælg MitID)",
            "Helle is employed, but not an administrator (choose the national eID)",
        ),
        "helle",
        "/administration",
        Words("ingen adgang", "no access"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::cast::{self, EID};

    #[test]
    fn everybody_in_them_can_log_in_and_the_administrator_is_in_the_directory() {
        for story in &DESK_STORIES {
            assert!(
                cast::admit(&EID, story.login, story.password).is_some(),
                "{}",
                story.login
            );
            assert!(story.address.starts_with("/administration"));
        }
        let directory = include_str!("../../config/demo.toml");
        let (name, institution) = ADMINISTRATOR;
        let person = &directory[directory.find(&format!("\"{name}\"")).unwrap()..];
        assert!(person[..200].contains(&format!("institution = \"{institution}\"")));
    }
}
