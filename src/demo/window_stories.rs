//! Stories that are played with two windows side by side: who sits in front of which, and step by step what
//! each of them does and sees. People and programs that play one window alone find the beginnings of these
//! among the other stories.

use super::addresses::Addresses;
use super::cast::PASSWORD;
use super::chapters::Words;
use super::services::{Door, door_named};

/// One story.
#[derive(Debug)]
pub(super) struct WindowStory {
    pub(super) title: Words,
    pub(super) windows: [Window; 2],
    pub(super) steps: &'static [Step],
}

/// Who sits in front of a window.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) who: Words,
    pub(super) login: &'static str,
    pub(super) password: Words,
    pub(super) start: Start,
}

/// Where a window begins, or goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// At the door of a service, with a new login.
    Door(&'static str),
    /// At a service, on the login that there is.
    Leaning(&'static str),
    /// At a page of Portner's own.
    Portner(&'static str),
}

impl Start {
    /// The address of it.
    pub(super) fn url(self, addresses: Addresses) -> String {
        let of = |name, url: fn(&Door, Addresses) -> String| {
            door_named(name)
                .map(|door| url(door, addresses))
                .unwrap_or_default()
        };
        match self {
            Self::Door(name) => of(name, Door::start_url),
            Self::Leaning(name) => of(name, |door, addresses| door.service.login_url(addresses)),
            Self::Portner(path) => format!("{}{path}", addresses.broker_origin()),
        }
    }
}

/// What one of them does.
#[derive(Debug)]
pub(super) struct Step {
    /// In which window: the first or the second.
    pub(super) window: u8,
    pub(super) text: Words,
    /// Where it is done, if that is somewhere new.
    pub(super) at: Option<Start>,
}

const fn step(window: u8, danish: &'static str, english: &'static str) -> Step {
    Step {
        window,
        text: Words(danish, english),
        at: None,
    }
}

const TYPED: Words = Words(PASSWORD, PASSWORD);
/// His own ones, until a story gives him others: those are what he logs in with then, in every other story too.
const PICTURES: Words = Words(
    "kat, sol, fisk, æble – eller de billeder, Storm fik sidst",
    "cat, sun, fish, apple – or the pictures that Storm got last",
);
const NONE: Words = Words("–", "–");

const JONNA: Window = Window {
    who: Words("Jonna, lærer for 2.B", "Jonna, the teacher of 2.B"),
    login: "jonn1234",
    password: TYPED,
    start: Start::Portner("/elevadgang/101001"),
};

const HANNE: Window = Window {
    who: Words("Hanne på skolens kontor", "Hanne at the school's office"),
    login: "hanne@mitid.example",
    password: TYPED,
    start: Start::Portner("/administration"),
};

const fn storm(door: &'static str, password: Words) -> Window {
    Window {
        who: Words("Storm i 2.B", "Storm in 2.B"),
        login: "stor1234",
        password,
        start: Start::Door(door),
    }
}

pub(super) const WINDOW_STORIES: [WindowStory; 6] = [
    WindowStory {
        title: Words(
            "Storm har glemt sine billeder",
            "Storm has forgotten his pictures",
        ),
        windows: [JONNA, storm("Læringshaven", NONE)],
        steps: &[
            step(
                1,
                "Log ind, sæt kryds ved Storm, og tryk »Giv ny adgangskode«. Nu er der fem minutter.",
                "Log in, tick Storm, and press “Give a new password”. There are five minutes now.",
            ),
            step(
                2,
                "Skriv kun brugernavnet. Der bliver ikke spurgt om en adgangskode: Her er fire nye billeder.",
                "Type the user name alone. No password is asked for: here are four new pictures.",
            ),
            step(
                1,
                "Opdater siden: Storm er ved at lære sin nye adgangskode.",
                "Look again: Storm is learning his new password.",
            ),
            step(
                2,
                "Øv billederne, til de sidder fast, og log ind i Læringshaven med dem.",
                "Practise the pictures until they are remembered, and log in to Læringshaven with them.",
            ),
            step(
                1,
                "Opdater siden: Storm har fået en ny adgangskode, og hvornår.",
                "Look again: Storm has got a new password, and when.",
            ),
        ],
    },
    WindowStory {
        title: Words("2.B åbner trivselsmålingen", "2.B opens the well-being survey"),
        windows: [JONNA, storm("Trivselsmålingen", PICTURES)],
        steps: &[
            step(
                1,
                "Log ind, og tryk »Åbn tavlen for 2.B«. Den følger med af sig selv.",
                "Log in, and press “Open the board for 2.B”. It follows by itself.",
            ),
            step(
                2,
                "Log ind med de fire billeder. Har Storm fået nye i en anden historie, er det dem, og er de glemt, giver Jonna ham nye igen. En voksen skal sige ja: Der er et billede at sammenligne.",
                "Log in with the four pictures. If Storm got new ones in another story, it is those, and if they are forgotten, Jonna gives him new ones again. An adult has to say yes: there is a picture to compare.",
            ),
            step(
                1,
                "Tavlen viser, at Storm venter. Tryk »Svar her«, se efter, at billedet er det samme, og tryk »Giv adgang i to timer«.",
                "The board shows that Storm waits. Press “Answer here”, see that the picture is the same, and press “Give access for two hours”.",
            ),
            step(
                2,
                "Siden går selv videre. Trivselsmålingen taler OpenID Connect og viser niveauet VoksenVerificeret under »level«.",
                "The page goes on by itself. Trivselsmålingen speaks OpenID Connect and shows the level VoksenVerificeret at “level”.",
            ),
            Step {
                window: 2,
                text: Words(
                    "Åbn Beskedbakken, som taler SAML: Ingen bliver spurgt igen, og niveauet er det samme.",
                    "Open Beskedbakken, which speaks SAML: nobody is asked again, and the level is the same.",
                ),
                at: Some(Start::Leaning("Beskedbakken")),
            },
            step(
                1,
                "Tag adgangen tilbage: Næste gang skal en voksen sige ja på ny.",
                "Take the access back: the next time an adult has to say yes anew.",
            ),
        ],
    },
    WindowStory {
        title: Words(
            "Storm er syg og svarer hjemmefra",
            "Storm is ill and answers from home",
        ),
        windows: [
            storm("Trivselsmålingen", PICTURES),
            Window {
                who: Words("Signe, Storms mor", "Signe, Storm's mother"),
                login: "signe",
                password: TYPED,
                start: Start::Portner("/sig-god-for"),
            },
        ],
        steps: &[
            step(
                1,
                "Log ind med de fire billeder (dem, Storm fik sidst, hvis en anden historie gav ham nye), og bliv på siden, der venter. Har en voksen allerede sagt ja her, så log ud først.",
                "Log in with the four pictures (those that Storm got last, if another story gave him new ones), and stay at the page that waits. If an adult has said yes here already, log out first.",
            ),
            step(
                2,
                "Log ind med MitID. Storm er på listen med det samme billede. Sig ja.",
                "Log in with the national eID. Storm is in the list with the same picture. Say yes.",
            ),
            step(
                1,
                "Siden går selv videre, og tjenesten får at vide, at det var en forælder.",
                "The page goes on by itself, and the service is told that it was a parent.",
            ),
        ],
    },
    WindowStory {
        title: Words(
            "En klassekammerat vil stjæle Storms vindue",
            "A classmate tries to steal Storm's window",
        ),
        windows: [
            JONNA,
            Window {
                who: Words(
                    "en klassekammerat, som kender Storms brugernavn",
                    "a classmate who knows Storm's user name",
                ),
                ..storm("Læringshaven", NONE)
            },
        ],
        steps: &[
            step(
                1,
                "Log ind, sæt kryds ved Storm, og tryk »Giv ny adgangskode«.",
                "Log in, tick Storm, and press “Give a new password”.",
            ),
            step(
                2,
                "Skriv Storms brugernavn, før Storm selv når det, og se fire nye billeder. På et andet netværk skulle klassekammeraten først kende det billede, som kun Jonna ser.",
                "Type Storm's user name before Storm does, and see four new pictures. On another network the classmate would first need the picture that Jonna alone sees.",
            ),
            step(
                1,
                "Opdater siden: Nogen er ved at lære en ny adgangskode, men Storm sidder stadig og venter. Tryk »Tag tilbage«.",
                "Look again: somebody is learning a new password, but Storm is still waiting. Press “Take back”.",
            ),
            step(
                2,
                "Gå videre: De nye billeder er intet værd, og dem, Storm havde, virker stadig.",
                "Go on: the new pictures are worth nothing, and those that Storm had still work.",
            ),
            step(
                1,
                "Blev klassekammeraten færdig først? Så er der i et døgn »Det var ikke eleven«, som spærrer adgangskoden og logger tyven ud. Giv så Storm en ny.",
                "Was the classmate quicker? Then for a day there is “It was not the pupil”, which blocks the password and logs the thief out. Then give Storm another one.",
            ),
        ],
    },
    WindowStory {
        title: Words(
            "Ulrik er lærer, men har ingen klasser",
            "Ulrik is a teacher, but has no classes",
        ),
        windows: [
            Window {
                who: Words("Ulrik, lærer", "Ulrik, a teacher"),
                login: "ulri1234",
                password: TYPED,
                start: Start::Portner("/elevadgang/101001"),
            },
            HANNE,
        ],
        steps: &[
            step(
                1,
                "Log ind. Siden er tom og siger hvorfor, og hvem der kan rette det.",
                "Log in. The page is empty and says why, and who can mend it.",
            ),
            Step {
                window: 2,
                text: Words(
                    "Log ind med MitID, og slå Ulrik op: Hvad skolen har oprettet ham som.",
                    "Log in with the national eID, and look Ulrik up: what the school has registered him as.",
                ),
                at: Some(Start::Portner("/administration/101001?q=ulrik")),
            },
        ],
    },
    WindowStory {
        title: Words(
            "Alma bliver spærret og får adgang igen",
            "Alma is blocked, and let in again",
        ),
        windows: [
            Window {
                who: Words("Alma, elev", "Alma, a pupil"),
                login: "alma1234",
                password: TYPED,
                start: Start::Door("Skolebroen"),
            },
            HANNE,
        ],
        steps: &[
            Step {
                window: 2,
                text: Words(
                    "Log ind med MitID, slå Alma op, skriv en grund, og spær brugeren.",
                    "Log in with the national eID, look Alma up, give a reason, and block the account.",
                ),
                at: Some(Start::Portner("/administration/101001?q=alma")),
            },
            step(
                1,
                "Log ind. Siden siger, at brugeren er spærret, hvem der kan hjælpe, og koden UL-203.",
                "Log in. The page says that the account is blocked, who can help, and the code UL-203.",
            ),
            step(
                2,
                "Hent siden igen: Her står, hvad der blev afvist. Skriv en grund, og ophæv spærringen.",
                "Look again: it says what was refused. Give a reason, and lift the block.",
            ),
            step(
                1,
                "Begynd forfra: Alma er logget ind.",
                "Begin again: Alma is logged in.",
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_has_an_address_and_a_step() {
        let addresses = Addresses::from(8080).unwrap();
        for story in &WINDOW_STORIES {
            for (number, window) in (1..).zip(&story.windows) {
                assert!(
                    window.start.url(addresses).starts_with("http"),
                    "{:?}",
                    window.who
                );
                assert!(
                    story.steps.iter().any(|step| step.window == number),
                    "{:?}",
                    story.title
                );
            }
            for step in story.steps {
                assert!((1..=2).contains(&step.window), "{step:?}");
                let url = step.at.map(|at| at.url(addresses));
                assert!(url.is_none_or(|url| url.starts_with("http")), "{step:?}");
            }
        }
    }
}
