//! In whose words the stand-ins that speak OpenID Connect tell of their users.

/// One of the shapes in which the national eID reaches Portner: the same people, and other words.
#[derive(Debug)]
pub(super) struct EidShape {
    /// What Portner calls it.
    pub(super) upstream: &'static str,
    /// What users know it as.
    pub(super) name: &'static str,
    /// Who speaks for the eID so.
    pub(super) broker: &'static str,
    /// The scheme, as an upstream's file spells it.
    pub(super) eid: &'static str,
    /// Below the origin of the stand-in.
    pub(super) path: &'static str,
    /// Reached by its own doors alone.
    pub(super) hidden: bool,
    pub(super) manner: Manner,
}

pub(super) const EID_SHAPES: [EidShape; 3] = [
    EidShape {
        upstream: "mitid",
        name: "MitID",
        broker: "Signaturgruppen",
        eid: "signaturgruppen",
        path: "",
        hidden: false,
        manner: NATIONAL,
    },
    EidShape {
        upstream: "mitid-idura",
        name: "MitID (Idura)",
        broker: "Idura",
        eid: "idura",
        path: "/idura",
        hidden: true,
        manner: Manner {
            level: ("loa", "SUBSTANTIAL"),
            cpr: "cprNumberIdentifier",
            scheme: Scheme::Idura,
            ..NATIONAL
        },
    },
    EidShape {
        upstream: "mitid-signicat",
        name: "MitID (Signicat)",
        broker: "Signicat",
        eid: "signicat",
        path: "/signicat",
        hidden: true,
        manner: Manner {
            level: ("mitid_loa", "SUBSTANTIAL"),
            cpr: "nin",
            scheme: Scheme::Signicat,
            ..NATIONAL
        },
    },
];

/// In whose words a provider says that it is the national eID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    None,
    Signaturgruppen,
    Idura,
    Signicat,
}

/// What a provider says about its users, beside who they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Claims of every user.
    pub(super) level: (&'static str, &'static str),
    /// What it calls the CPR number.
    pub(super) cpr: &'static str,
    pub(super) scheme: Scheme,
    pub(super) methods: &'static [&'static str],
    /// Whether the CPR number is told at userinfo alone.
    pub(super) cpr_at_userinfo: bool,
}

pub(super) const MUNICIPAL: Manner = Manner {
    level: ("unilogin_loa", "EnFaktor"),
    cpr: "dk.cpr",
    scheme: Scheme::None,
    methods: &["pwd"],
    cpr_at_userinfo: false,
};

const NATIONAL: Manner = Manner {
    level: ("loa", "https://data.gov.dk/concept/core/nsis/Substantial"),
    cpr: "dk.cpr",
    scheme: Scheme::Signaturgruppen,
    methods: &["mfa"],
    cpr_at_userinfo: true,
};
