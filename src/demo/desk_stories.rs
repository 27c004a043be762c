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
    /// What there is to see, and what to do there by hand.
    pub(super) ending: Words,
    /// Where whoever only logs in gets to.
    pub(super) ends_at: &'static str,
    /// What stands on that page, in Danish.
    pub(super) shows: &'static str,
}

/// Who looks after the people of Bakkeskolen: the user name, and the institution.
pub(super) const ADMINISTRATOR: (&str, &str) = ("hann1234", "101001");

const fn story(
    title: Words,
    login: &'static str,
    (address, ends_at): (&'static str, &'static str),
    ending: Words,
    shows: &'static str,
) -> DeskStory {
    DeskStory {
        title,
        login,
        password: PASSWORD,
        address,
        ending,
        ends_at,
        shows,
    }
}

/// Hanne and Helle say with the name whom it is for, so that nobody has to choose from the list.
const HANNE: &str = "hanne@mitid.example";
const HELLE: &str = "helle@mitid.example";

const fn found(address: &'static str) -> (&'static str, &'static str) {
    (address, address)
}

pub(super) const DESK_STORIES: [DeskStory; 5] = [
    story(
        Words(
            "Hanne på Bakkeskolens kontor logger på som brugeradministrator",
            "Hanne at the office of Bakkeskolen logs in as an administrator",
        ),
        HANNE,
        ("/administration", "/administration/101001"),
        Words("skolens overblik", "the school's overview"),
        "Det skal du se på",
    ),
    story(
        Words(
            "Vigga i 2.B har aldrig fået en kode: Hanne ser hvorfor",
            "Vigga in 2.B never got a code: Hanne sees why",
        ),
        HANNE,
        found("/administration/101001?q=vigga"),
        Words(
            "kommunens eget login er hendes vej ind",
            "the municipality's own login is her way in",
        ),
        "Vigga Lund",
    ),
    story(
        Words("Hvorfor kan Otto ikke logge ind?", "Why can Otto not log in?"),
        HANNE,
        found("/administration/101001?q=otto"),
        Words(
            "hvad der er i vejen, og hvad der blev afvist",
            "what is in the way, and what was refused",
        ),
        "Otto Juhl",
    ),
    story(
        Words(
            "Frida kan ikke huske ord: Hanne ser og ændrer hendes adgangskoderegel",
            "Frida cannot remember words: Hanne sees and changes her password rule",
        ),
        HANNE,
        found("/administration/101001?q=frida"),
        Words("en anden regel, med begrundelse", "another rule, with a reason"),
        "Frida Vang",
    ),
    story(
        Words(
            "Helle er ansat, men ikke brugeradministrator",
            "Helle is employed, but not an administrator",
        ),
        HELLE,
        found("/administration"),
        Words("ingen adgang", "no access"),
        "Du er ikke brugeradministrator",
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
