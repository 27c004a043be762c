//! What the demo's parties call themselves and look like: none like Portner, none like another.

/// How a party presents itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Party {
    pub(super) name: &'static str,
    pub(super) tagline: &'static str,
    /// The heading of its login page, where it has one.
    pub(super) greeting: &'static str,
    /// Its class in `demo.css`.
    pub(super) theme: &'static str,
    /// Begins the names of its cookies: loopback shares cookies between ports.
    pub(super) cookie: &'static str,
}

pub(super) const LILLEKOEBING: Party = Party {
    name: "Lillekøbing Kommune",
    tagline: "Log ind med din kommunale bruger",
    greeting: "Velkommen til Lillekøbing",
    theme: "lillekoebing",
    cookie: "lillekoebing",
};

pub(super) const STORKOEBING: Party = Party {
    name: "Storkøbing Kommune",
    tagline: "Én adgang til det hele",
    greeting: "Hej! Hvem er du?",
    theme: "storkoebing",
    cookie: "storkoebing",
};

pub(super) const EID: Party = Party {
    name: "Demo-MitID",
    tagline: "En opdigtet national e-legitimation",
    greeting: "Bekræft, hvem du er",
    theme: "eid",
    cookie: "eid",
};

pub(super) const SKOLEBROEN: Party = Party {
    name: "Skolebroen",
    tagline: "Skole og hjem på samme side",
    greeting: "",
    theme: "skolebroen",
    cookie: "skolebroen",
};

pub(super) const LAERINGSHAVEN: Party = Party {
    name: "Læringshaven",
    tagline: "Her gror det",
    greeting: "",
    theme: "laeringshaven",
    cookie: "laeringshaven",
};
