//! The services of the demo: eight registrations behind two web sites, and fourteen doors to them.

use super::addresses::Addresses;
use super::parties::{self, Party};
use crate::domain::release::SubjectKind;

/// What a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Saml,
    Oidc,
}

impl Protocol {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Saml => "saml",
            Self::Oidc => "oidc",
        }
    }
}

/// One service as Portner has it registered, under `metadata/services/`.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what its file switches on")]
pub(super) struct Registration {
    /// Short name: of its files at Portner, and first part of its paths on its own web site.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) protocol: Protocol,
    pub(super) subject: SubjectKind,
    /// A rule of the demo's `releases.toml`.
    pub(super) release: &'static str,
    pub(super) legal_basis: Option<&'static str>,
    /// Whether it knows a user in one role at a time.
    pub(super) one_actor: bool,
    /// The only groups of actors that it admits; empty for all.
    pub(super) groups: &'static [&'static str],
    /// The face that it is registered with, as its file spells it.
    pub(super) face: &'static str,
    /// Whether it is for those alone who have a licence.
    pub(super) needs_licence: bool,
    /// Whether it asks for two factors when it asks for a login.
    pub(super) asks_for_two_factors: bool,
    /// Whether it asks for a level that an adult can vouch for, which is switched on for it.
    pub(super) asks_for_an_adult: bool,
}

const SKOLEBROEN: Registration = Registration {
    id: "skolebroen",
    name: "Skolebroen",
    protocol: Protocol::Saml,
    subject: SubjectKind::Pairwise,
    release: "platform",
    legal_basis: None,
    one_actor: true,
    groups: &[],
    face: "own",
    needs_licence: false,
    asks_for_two_factors: false,
    asks_for_an_adult: false,
};

const ELEVPLANEN: Registration = Registration {
    id: "elevplanen",
    name: "Elevplanen",
    subject: SubjectKind::UniId,
    one_actor: false,
    asks_for_two_factors: true,
    ..SKOLEBROEN
};

const LAERINGSHAVEN: Registration = Registration {
    id: "laeringshaven",
    name: "Læringshaven",
    protocol: Protocol::Oidc,
    release: "learning",
    one_actor: false,
    ..SKOLEBROEN
};

const PERSONALERUMMET: Registration = Registration {
    id: "personalerummet",
    name: "Personalerummet",
    subject: SubjectKind::UniId,
    groups: &["Medarbejder"],
    ..LAERINGSHAVEN
};

const SUNDHEDSMAPPEN: Registration = Registration {
    id: "sundhedsmappen",
    name: "Sundhedsmappen",
    release: "health",
    legal_basis: Some("Sundhedsloven § 120 (opdigtet databehandleraftale 42)"),
    ..LAERINGSHAVEN
};

/// Written for the incumbent: it was moved here by changing the host of its issuer.
const BOGSKABET: Registration = Registration {
    id: "bogskabet",
    name: "Bogskabet",
    release: "unilogin",
    face: "unilogin",
    needs_licence: true,
    ..LAERINGSHAVEN
};

/// Messages between school and home, of which some are sensitive.
const BESKEDBAKKEN: Registration = Registration {
    id: "beskedbakken",
    name: "Beskedbakken",
    one_actor: false,
    asks_for_an_adult: true,
    ..SKOLEBROEN
};

/// How pupils are, answered by each for themselves.
const TRIVSELSMAALINGEN: Registration = Registration {
    id: "trivselsmaalingen",
    name: "Trivselsmålingen",
    asks_for_an_adult: true,
    ..LAERINGSHAVEN
};

pub(super) const REGISTRATIONS: [&Registration; 8] = [
    &SKOLEBROEN,
    &ELEVPLANEN,
    &LAERINGSHAVEN,
    &PERSONALERUMMET,
    &SUNDHEDSMAPPEN,
    &BOGSKABET,
    &BESKEDBAKKEN,
    &TRIVSELSMAALINGEN,
];

/// A way into a service, as a user finds it on a page: some name the login that is meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    pub(super) name: &'static str,
    pub(super) service: &'static Registration,
    /// The login that it names, by Portner's short name for it.
    pub(super) via: Option<&'static str>,
}

const fn door(name: &'static str, service: &'static Registration) -> Door {
    Door {
        name,
        service,
        via: None,
    }
}

const fn via(upstream: &'static str, door: Door) -> Door {
    Door {
        via: Some(upstream),
        ..door
    }
}

pub(super) const DOORS: [Door; 14] = [
    door("Skolebroen", &SKOLEBROEN),
    via("mitid", door("Skolebroen med MitID", &SKOLEBROEN)),
    door("Elevplanen", &ELEVPLANEN),
    via("mitid", door("Elevplanen med MitID", &ELEVPLANEN)),
    door("Læringshaven", &LAERINGSHAVEN),
    via("mitid", door("Læringshaven med MitID", &LAERINGSHAVEN)),
    via(
        "mitid-idura",
        door("Læringshaven med MitID gennem Idura", &LAERINGSHAVEN),
    ),
    via(
        "mitid-signicat",
        door("Læringshaven med MitID gennem Signicat", &LAERINGSHAVEN),
    ),
    door("Personalerummet", &PERSONALERUMMET),
    via("mitid", door("Sundhedsmappen med MitID", &SUNDHEDSMAPPEN)),
    door("Bogskabet", &BOGSKABET),
    door("Trivselsmålingen", &TRIVSELSMAALINGEN),
    door("Beskedbakken", &BESKEDBAKKEN),
    via("mitid", door("Beskedbakken med MitID", &BESKEDBAKKEN)),
];

/// The door with this name.
pub(super) fn door_named(name: &str) -> Option<&'static Door> {
    DOORS.iter().find(|door| door.name == name)
}

impl Registration {
    /// The registration whose pages are under `/{id}/`, among those of one protocol.
    pub(super) fn hosted(protocol: Protocol, id: &str) -> Option<&'static Self> {
        REGISTRATIONS
            .into_iter()
            .find(|service| service.protocol == protocol && service.id == id)
    }

    /// The web site that it is part of.
    pub(super) const fn party(&self) -> Party {
        match self.protocol {
            Protocol::Saml => Party {
                name: self.name,
                ..parties::SKOLEBROEN
            },
            Protocol::Oidc => Party {
                name: self.name,
                ..parties::LAERINGSHAVEN
            },
        }
    }

    /// Its own address: the SAML entityID, and the page that shows what it received.
    pub(super) fn home(&self, addresses: Addresses) -> String {
        let port = match self.protocol {
            Protocol::Saml => addresses.skolebroen(),
            Protocol::Oidc => addresses.laeringshaven(),
        };
        format!("{}/{}", Addresses::origin(port), self.id)
    }

    /// Where it takes answers.
    pub(super) fn answer_url(&self, addresses: Addresses) -> String {
        let path = match self.protocol {
            Protocol::Saml => "acs",
            Protocol::Oidc => "callback",
        };
        format!("{}/{path}", self.home(addresses))
    }

    /// Where a login begins that leans on an earlier one, if there is one.
    pub(super) fn login_url(&self, addresses: Addresses) -> String {
        format!("{}/login", self.home(addresses))
    }

    /// Where a SAML service takes logout messages.
    pub(super) fn slo_url(&self, addresses: Addresses) -> String {
        format!("{}/slo", self.home(addresses))
    }

    /// Where its users log out.
    pub(super) fn logout_url(&self, addresses: Addresses) -> String {
        format!("{}/logout", self.home(addresses))
    }
}

impl Door {
    /// Where a story begins: always with a new login, whoever was here before.
    pub(super) fn start_url(&self, addresses: Addresses) -> String {
        let hint = self
            .via
            .map(|upstream| format!("&idp={upstream}"))
            .unwrap_or_default();
        format!("{}?fresh=1{hint}", self.service.login_url(addresses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registration_has_a_door_and_is_hosted() {
        for service in REGISTRATIONS {
            assert!(
                DOORS.iter().any(|door| door.service.id == service.id),
                "{}",
                service.id
            );
            assert!(Registration::hosted(service.protocol, service.id).is_some());
        }
        assert!(Registration::hosted(Protocol::Saml, "laeringshaven").is_none());
    }
}
