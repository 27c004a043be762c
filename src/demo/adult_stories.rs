//! A class opens a survey that wants more than a password: pupils wait, and an adult says yes (U61–U64). Each
//! begins in a window of its own, and they go on side by side.

use super::chapters::Words;
use super::recovery_stories::RecoveryStory;

/// The pupil who opens the survey: what he types, and the pictures that he picks.
pub(super) const PUPIL: (&str, Words) = ("stor1234", Words("kat, sol, fisk, æble", "cat, sun, fish, apple"));

/// The door that he opens.
pub(super) const SURVEY: &str = "Trivselsmålingen";

/// What is said of him.
pub(super) const PUPIL_TITLE: Words = Words(
    "2.B skal svare på trivselsmålingen: Storm åbner den og venter",
    "2.B is to answer the survey: Storm opens it and waits",
);

/// How that ends.
pub(super) const PUPIL_ENDING: Words = Words(
    "et billede, som læreren ser ved hans navn; siden går selv videre, når en voksen har sagt ja",
    "a picture that the teacher sees beside his name; the page goes on by itself when an adult has said yes",
);

/// The adults, each at a page of Portner's.
pub(super) const ADULT_STORIES: [RecoveryStory; 2] = [
    RecoveryStory {
        title: Words(
            "Jonna ser, hvem i 2.B der venter, og giver dem adgang i to timer",
            "Jonna sees who of 2.B waits, and gives them access for two hours",
        ),
        login: "jonn1234",
        path: "/elevadgang/101001/giv-adgang",
        ending: Words(
            "vælg den, der viser samme billede i det andet vindue, og tryk »Giv adgang i to timer«",
            "choose whoever shows the same picture in the other window, and press “Give access for two hours”",
        ),
        shows: "Ingen af dine elever venter lige nu",
        hides: Some("Frida Vang"),
    },
    RecoveryStory {
        title: Words(
            "Signe, Storms mor, siger ja hjemmefra med MitID",
            "Signe, Storm's mother, says yes from home with the national eID",
        ),
        login: "signe",
        path: "/sig-god-for",
        ending: Words(
            "Storm er på listen, mens han venter",
            "Storm is in the list while he waits",
        ),
        shows: "Ingen af dine børn venter lige nu",
        hides: None,
    },
];
