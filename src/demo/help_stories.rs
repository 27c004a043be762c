//! Stories at the teacher's desk: each begins there, and goes on in a second window beside it.

use super::chapters::Words;
use super::recovery_stories::RecoveryStory;

pub(super) const HELP_STORIES: [RecoveryStory; 3] = [
    RecoveryStory {
        title: Words(
            "Jonna giver Storm i 2.B fem minutter: Han har glemt sine billeder",
            "Jonna gives Storm in 2.B five minutes: he has forgotten his pictures",
        ),
        login: "jonn1234",
        path: "/elevadgang/101001",
        ending: Words(
            "sæt kryds ved Storm, tryk »Giv ny adgangskode«, og skriv stor1234 i Læringshaven i et andet vindue",
            "tick Storm, press “Give a new password”, and type stor1234 at Læringshaven in another window",
        ),
        shows: "Storm Kjær",
        hides: Some("Frida Vang"),
    },
    RecoveryStory {
        title: Words(
            "Ulrik er lærer uden klasser",
            "Ulrik is a teacher without classes",
        ),
        login: "ulri1234",
        path: "/elevadgang/101001",
        ending: Words(
            "siden siger hvorfor, og hvem der kan rette det",
            "the page says why, and who can mend it",
        ),
        shows: "Du er oprettet i hånden",
        hides: Some("Storm Kjær"),
    },
    RecoveryStory {
        title: Words("Alma er elev og ingen lærer", "Alma is a pupil and no teacher"),
        login: "alma1234",
        path: "/elevadgang/mine",
        ending: Words("siden er for lærere", "the page is for teachers"),
        shows: "du er ikke registreret som lærer",
        hides: None,
    },
];
