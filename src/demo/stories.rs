//! The stories: who goes where, and how it ends. The start page, the table on the terminal,
//! the JSON line and the test suite all tell these and no others.

use super::cast::PASSWORD;
use super::chapters::{Chapter, Words};

/// How a story ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Logged in, as the person with this number in `config/demo.toml` and this UNI-ID.
    LoggedIn { person: u8, uni_id: &'static str },
    /// On a page of Portner with this code.
    Refused(&'static str),
}

/// A login to play through, as the start page of the demonstration offers it.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) chapter: Chapter,
    pub(super) title: Words,
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    /// The name of a door in [`super::services`].
    pub(super) door: &'static str,
    pub(super) ending: Ending,
}

const SOFIE: Ending = logged_in(1, "1000001201");
const EMIL: Ending = logged_in(2, "1000001202");
const ALMA: Ending = logged_in(3, "1000001203");
const BENTE: Ending = logged_in(4, "1000001204");
/// Of her two user names she takes the first.
const VERA: Ending = logged_in(7, "1000001207");
const NORA: Ending = logged_in(8, "1000001209");

const fn logged_in(person: u8, uni_id: &'static str) -> Ending {
    Ending::LoggedIn { person, uni_id }
}

const fn story(
    chapter: Chapter,
    title: Words,
    login: &'static str,
    door: &'static str,
    ending: Ending,
) -> Story {
    Story {
        chapter,
        title,
        login,
        password: PASSWORD,
        door,
        ending,
    }
}

const fn trouble(title: Words, login: &'static str, door: &'static str, code: &'static str) -> Story {
    story(Chapter::Trouble, title, login, door, Ending::Refused(code))
}

pub(super) const STORIES: [Story; 39] = [
    story(
        Chapter::Municipality,
        Words(
            "Sofie, elev i Lillekøbing, logger ind i Skolebroen",
            "Sofie, a pupil in Lillekøbing, logs in to Skolebroen (SAML to SAML)",
        ),
        "sofie@lillekoebing.example",
        "Skolebroen",
        SOFIE,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Sofie åbner Læringshaven",
            "Sofie opens Læringshaven (SAML to OpenID Connect)",
        ),
        "sofie@lillekoebing.example",
        "Læringshaven",
        SOFIE,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Emil, lærer i Storkøbing, logger ind i Skolebroen",
            "Emil, a teacher in Storkøbing, logs in to Skolebroen (OpenID Connect to SAML)",
        ),
        "emil@storkoebing.example",
        "Skolebroen",
        EMIL,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Emil åbner Læringshaven",
            "Emil opens Læringshaven (OpenID Connect to OpenID Connect)",
        ),
        "emil@storkoebing.example",
        "Læringshaven",
        EMIL,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Emil går ind i Personalerummet, som kun er for medarbejdere",
            "Emil enters Personalerummet, which is for staff only",
        ),
        "emil@storkoebing.example",
        "Personalerummet",
        EMIL,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Nora er både lærer og mor: hun vælger rolle i Skolebroen",
            "Nora is both teacher and mother: she chooses her role for Skolebroen",
        ),
        "nora@lillekoebing.example",
        "Skolebroen",
        NORA,
    ),
    story(
        Chapter::Municipality,
        Words(
            "Nora åbner Læringshaven, som får begge roller",
            "Nora opens Læringshaven, which gets both roles",
        ),
        "nora@lillekoebing.example",
        "Læringshaven",
        NORA,
    ),
    story(
        Chapter::Central,
        Words(
            "Alma logger ind i Skolebroen med brugernavn og adgangskode",
            "Alma logs in to Skolebroen with user name and password",
        ),
        "alma1234",
        "Skolebroen",
        ALMA,
    ),
    story(
        Chapter::Central,
        Words("Alma åbner Læringshaven", "Alma opens Læringshaven"),
        "alma1234",
        "Læringshaven",
        ALMA,
    ),
    story(
        Chapter::Central,
        Words(
            "Alma åbner Bogskabet, som er skrevet til Unilogin og kræver licens",
            "Alma opens Bogskabet, which was written for Unilogin and needs a licence",
        ),
        "alma1234",
        "Bogskabet",
        ALMA,
    ),
    story(
        Chapter::Eid,
        Words(
            "Bente, mor til en elev, logger ind i Skolebroen",
            "Bente, a pupil's mother, logs in to Skolebroen",
        ),
        "bente",
        "Skolebroen med MitID",
        BENTE,
    ),
    story(
        Chapter::Eid,
        Words(
            "Bente åbner Elevplanen, som kræver to faktorer",
            "Bente opens Elevplanen, which asks for two factors",
        ),
        "bente",
        "Elevplanen med MitID",
        BENTE,
    ),
    story(
        Chapter::Eid,
        Words(
            "Bente åbner Sundhedsmappen, som får hendes CPR-nummer med hjemmel",
            "Bente opens Sundhedsmappen, which gets her CPR number on a legal basis",
        ),
        "bente",
        "Sundhedsmappen med MitID",
        BENTE,
    ),
    story(
        Chapter::Eid,
        Words(
            "Vera har to brugernavne og vælger det ene",
            "Vera has two user names and chooses one",
        ),
        "vera",
        "Læringshaven med MitID",
        VERA,
    ),
    story(
        Chapter::Eid,
        Words(
            "Emil bruger MitID Erhverv fra arbejdet",
            "Emil uses his eID from work",
        ),
        "emil-erhverv",
        "Læringshaven med MitID",
        EMIL,
    ),
    story(
        Chapter::OtherBrokers,
        Words(
            "Bente, når Idura formidler MitID",
            "Bente, where Idura brokers the eID",
        ),
        "bente",
        "Læringshaven med MitID gennem Idura",
        BENTE,
    ),
    story(
        Chapter::OtherBrokers,
        Words(
            "Bente, når Signicat formidler MitID",
            "Bente, where Signicat brokers the eID",
        ),
        "bente",
        "Læringshaven med MitID gennem Signicat",
        BENTE,
    ),
    trouble(
        Words("Stavefejl i domænet", "A misspelt domain"),
        "sofie@lilekoebing.example",
        "Skolebroen",
        "UL-301",
    ),
    trouble(
        Words("Et brugernavn, som ingen har", "A user name that nobody has"),
        "findesikke",
        "Skolebroen",
        "UL-101",
    ),
    Story {
        password: "forkert-kode",
        ..trouble(
            Words("Forkert adgangskode", "A wrong password"),
            "alma1234",
            "Skolebroen",
            "UL-102",
        )
    },
    trouble(
        Words(
            "MitID virker, men Karl har ingen bruger her",
            "The eID works, but Karl has no account here",
        ),
        "karl",
        "Skolebroen med MitID",
        "UL-201",
    ),
    trouble(
        Words(
            "Emils MitID Erhverv er uden CPR-nummer",
            "Emil's eID from work has no CPR number on it",
        ),
        "emil-uden-cpr",
        "Skolebroen med MitID",
        "UL-204",
    ),
    trouble(
        Words(
            "Freja er på en friskole, og MitID er for offentlige skoler",
            "Freja is at a private school, and the eID is for public ones",
        ),
        "freja",
        "Skolebroen med MitID",
        "UL-205",
    ),
    trouble(
        Words(
            "Et andet lands eID kom samme vej",
            "Another country's eID came the same way",
        ),
        "bente-euid",
        "Skolebroen med MitID",
        "UL-303",
    ),
    trouble(
        Words("Ida hører ikke til nogen skole", "Ida belongs to no school"),
        "idak1234",
        "Skolebroen",
        "UL-202",
    ),
    trouble(
        Words("Ottos bruger er spærret", "Otto's account is blocked"),
        "otto1234",
        "Skolebroen",
        "UL-203",
    ),
    trouble(
        Words(
            "Det lokale login kan ikke nås",
            "The local login cannot be reached",
        ),
        "kim@nede.example",
        "Skolebroen",
        "UL-302",
    ),
    trouble(
        Words(
            "Det lokale login underskriver med en ukendt nøgle",
            "The local login signs with an unknown key",
        ),
        "rullet-noegle@lillekoebing.example",
        "Skolebroen",
        "UL-303",
    ),
    trouble(
        Words(
            "Det lokale logins svar er udløbet",
            "The local login's answer has expired",
        ),
        "udloebet@lillekoebing.example",
        "Skolebroen",
        "UL-303",
    ),
    trouble(
        Words(
            "Lillekøbing vil stå inde for en bruger fra Storkøbing",
            "Lillekøbing vouches for a user of Storkøbing",
        ),
        "anden-kommune@lillekoebing.example",
        "Skolebroen",
        "UL-303",
    ),
    trouble(
        Words(
            "Det lokale login fejler undervejs",
            "The local login fails half-way",
        ),
        "tokenfejl@storkoebing.example",
        "Læringshaven",
        "UL-304",
    ),
    trouble(
        Words("Det lokale login siger nej", "The local login says no"),
        "afvist@lillekoebing.example",
        "Skolebroen",
        "UL-305",
    ),
    trouble(
        Words("Det lokale login er slået fra", "The local login is switched off"),
        "kim@slukket.example",
        "Skolebroen",
        "UL-306",
    ),
    trouble(
        Words(
            "Elevplanen kræver to faktorer, og Alma har kun én",
            "Elevplanen asks for two factors, and Alma has only one",
        ),
        "alma1234",
        "Elevplanen",
        "UL-401",
    ),
    story(
        Chapter::Adults,
        Words(
            "Bente åbner Beskedbakken: Hendes MitID er mere end en voksens ja",
            "Bente opens Beskedbakken: her eID is more than an adult's yes",
        ),
        "bente",
        "Beskedbakken med MitID",
        BENTE,
    ),
    Story {
        chapter: Chapter::Adults,
        ..trouble(
            Words(
                "Jonna er lærer og ingen elev: I Trivselsmålingen kan ingen sige god for hende",
                "Jonna is a teacher and no pupil: nobody can vouch for her at Trivselsmålingen",
            ),
            "jonn1234",
            "Trivselsmålingen",
            "UL-401",
        )
    },
    Story {
        chapter: Chapter::Adults,
        ..trouble(
            Words(
                "Det samme gælder Ulrik i Beskedbakken",
                "The same goes for Ulrik at Beskedbakken",
            ),
            "ulri1234",
            "Beskedbakken",
            "UL-401",
        )
    },
    trouble(
        Words(
            "Sofie er elev og har ikke adgang til Personalerummet",
            "Sofie is a pupil and may not enter Personalerummet",
        ),
        "sofie@lillekoebing.example",
        "Personalerummet",
        "UL-505",
    ),
    trouble(
        Words(
            "Emils skole har ikke licens til Bogskabet",
            "Emil's school has no licence for Bogskabet",
        ),
        "emil@storkoebing.example",
        "Bogskabet",
        "UL-506",
    ),
];

#[cfg(test)]
mod tests;
