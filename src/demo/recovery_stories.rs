//! Stories about Portner's own pages: getting back in with the national eID, and one's own page. They
//! begin at Portner itself and end on a page of it, so that they are told apart from the others.

use super::chapters::Words;

/// One story.
#[derive(Debug)]
pub(super) struct RecoveryStory {
    pub(super) title: Words,
    pub(super) login: &'static str,
    /// The page that it begins and ends at.
    pub(super) path: &'static str,
    /// What there is to see.
    pub(super) ending: Words,
    /// What stands on the page in the end, in Danish.
    pub(super) shows: &'static str,
    /// What does not.
    pub(super) hides: Option<&'static str>,
}

const RECOVERY: &str = "/faa-adgang";

pub(super) const RECOVERY_STORIES: [RecoveryStory; 6] = [
    RecoveryStory {
        title: Words(
            "Signe finder sin søn Storms brugernavn med MitID",
            "Signe finds her son Storm's user name with the eID",
        ),
        login: "signe",
        path: RECOVERY,
        ending: Words("brugernavnet stor1234", "the user name stor1234"),
        shows: "stor1234",
        hides: None,
    },
    RecoveryStory {
        title: Words(
            "Signe giver Storm fire nye billeder",
            "Signe gives Storm four new pictures",
        ),
        login: "signe",
        path: RECOVERY,
        ending: Words(
            "“Ny adgangskode til Storm”: øv billederne",
            "“New password for Storm”: practise the pictures",
        ),
        shows: "Ny adgangskode til Storm",
        hides: None,
    },
    RecoveryStory {
        title: Words(
            "Gorm har ikke længere forældremyndigheden og ser intet om Storm",
            "Gorm's custody has ended, and he sees nothing of Storm",
        ),
        login: "gorm",
        path: RECOVERY,
        ending: Words("kun sit eget brugernavn", "his own user name alone"),
        shows: "gorm1234",
        hides: Some("stor1234"),
    },
    RecoveryStory {
        title: Words(
            "Helle, der er lærer, har glemt sin adgangskode",
            "Helle, a teacher, has forgotten her password",
        ),
        login: "helle",
        path: RECOVERY,
        ending: Words("“Ny adgangskode til Helle”", "“New password for Helle”"),
        shows: "Ny adgangskode til Helle",
        hides: None,
    },
    RecoveryStory {
        title: Words(
            "Noor på 16 år hjælper sig selv",
            "Noor, who is sixteen, helps herself",
        ),
        login: "noor",
        path: RECOVERY,
        ending: Words("“Ny adgangskode til Noor”", "“New password for Noor”"),
        shows: "Ny adgangskode til Noor",
        hides: None,
    },
    RecoveryStory {
        title: Words(
            "Alma ser på Min side, hvor hun er logget ind",
            "Alma sees on her own page where she is logged in",
        ),
        login: "alma1234",
        path: "/min-side",
        ending: Words("Min side", "My page"),
        shows: "Hvor er jeg logget ind?",
        hides: None,
    },
];
