//! The chapters that the stories are told in, and words in both languages.

/// The chapters of the start page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chapter {
    Municipality,
    Central,
    Passwords,
    Administration,
    Eid,
    Recovery,
    Help,
    Adults,
    Trouble,
    OtherBrokers,
}

impl Chapter {
    pub(super) const ALL: [Self; 10] = [
        Self::Municipality,
        Self::Central,
        Self::Passwords,
        Self::Administration,
        Self::Eid,
        Self::Recovery,
        Self::Help,
        Self::Adults,
        Self::Trouble,
        Self::OtherBrokers,
    ];

    /// Its title in Danish and English.
    pub(super) const fn title(self) -> Words {
        match self {
            Self::Municipality => Words("Gennem kommunen", "Through the municipality"),
            Self::Central => Words("Centralt login", "Central login"),
            Self::Passwords => Words("Adgangskoder for alle aldre", "Passwords for every age"),
            Self::Administration => Words("Brugeradministration", "User administration"),
            Self::Eid => Words("MitID", "The national eID"),
            Self::Recovery => Words(
                "Få adgang igen, og Min side",
                "Getting back in, and one's own page",
            ),
            Self::Help => Words("Hjælp fra læreren", "Help from the teacher"),
            Self::Adults => Words("Når en voksen skal sige ja", "When an adult has to say yes"),
            Self::Trouble => Words("Når noget går galt", "When something goes wrong"),
            Self::OtherBrokers => Words(
                "MitID gennem andre leverandører",
                "The eID through other suppliers",
            ),
        }
    }
}

/// Danish and English.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) &'static str, pub(super) &'static str);
