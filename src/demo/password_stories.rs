//! Stories about passwords. A program that only fills in text cannot finish them: pictures are
//! picked, and new passwords are read and rehearsed. So they are told apart from the others.

use super::cast::PASSWORD;
use super::chapters::Words;

/// One story.
#[derive(Debug)]
pub(super) struct PasswordStory {
    pub(super) title: Words,
    pub(super) login: &'static str,
    /// What to type or to pick.
    pub(super) password: Words,
    /// What there is to see.
    pub(super) ending: Words,
    pub(super) uni_id: &'static str,
}

/// Where each of them begins: the name of a door in [`super::services`].
pub(super) const DOOR: &str = "Læringshaven";

const PICTURES: Words = Words("kat, sol, fisk, æble", "cat, sun, fish, apple");
const TEXT: Words = Words(PASSWORD, PASSWORD);

pub(super) const PASSWORD_STORIES: [PasswordStory; 5] = [
    PasswordStory {
        title: Words(
            "Storm i 2.B logger ind med fire billeder",
            "Storm in 2.B logs in with four pictures",
        ),
        login: "stor1234",
        password: PICTURES,
        ending: Words("logget ind i Læringshaven", "logged in to Læringshaven"),
        uni_id: "1000001221",
    },
    PasswordStory {
        title: Words(
            "Frida er kommet i 4. klasse og skal snart have ord i stedet for billeder",
            "Frida has come to fourth grade and soon needs words instead of pictures",
        ),
        login: "frid1234",
        password: PICTURES,
        ending: Words("“Senere” eller en ny adgangskode", "“Later” or a new password"),
        uni_id: "1000001222",
    },
    PasswordStory {
        title: Words(
            "Villads' adgangskode udløber om to uger",
            "Villads's password runs out in two weeks",
        ),
        login: "vill1234",
        password: TEXT,
        ending: Words("“Senere” eller en ny adgangskode", "“Later” or a new password"),
        uni_id: "1000001223",
    },
    PasswordStory {
        title: Words(
            "Majas adgangskode er over et år gammel",
            "Maja's password is more than a year old",
        ),
        login: "maja1234",
        password: TEXT,
        ending: Words(
            "en ny adgangskode, før hun kan gå videre",
            "a new password before she can go on",
        ),
        uni_id: "1000001224",
    },
    PasswordStory {
        title: Words(
            "Noah logger ind første gang med en engangskode",
            "Noah logs in for the first time with a one-time code",
        ),
        login: "noah1234",
        password: Words("k7m-p2x-9qd", "k7m-p2x-9qd"),
        ending: Words("sin egen adgangskode", "a password of his own"),
        uni_id: "1000001225",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::services::door_named;

    #[test]
    fn everybody_in_them_is_in_the_directory_and_the_door_is_there() {
        let directory = include_str!("../../config/demo.toml");
        for story in &PASSWORD_STORIES {
            let name = format!("user-name = \"{}\"\nuni-id = \"{}\"", story.login, story.uni_id);
            assert!(directory.contains(&name), "{}", story.login);
        }
        assert!(door_named(DOOR).is_some());
    }
}
