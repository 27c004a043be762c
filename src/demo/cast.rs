//! Who can log in at the demo's identity providers, and which of them makes one misbehave.
//!
//! The other half of these people, what Portner knows of them, is `config/demo.toml`.

/// Everybody's password.
pub const PASSWORD: &str = "demo-kode-42";

/// A user of an identity provider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resident {
    /// What they type.
    pub(super) login: &'static str,
    /// What they are called.
    pub(super) name: &'static str,
    /// What their identity provider tells about them: a UNI-ID or a CPR number, by its kind.
    pub(super) key: &'static str,
    /// What their identity provider does once they have logged in.
    pub(super) conduct: Conduct,
}

/// What an identity provider does with a user who has proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// What it should.
    Honest,
    /// Signs with a key that it has told nobody about.
    SignsWithAnotherKey,
    /// Gives an answer that ran out an hour ago.
    AnswersTooLate,
    /// Says no, in the words of its protocol.
    Declines,
    /// Fails when the code is to be exchanged.
    FailsAtTheToken,
    /// Says that the user acts for their employer.
    SpeaksOfAnEmployee,
    /// The same, without the CPR number.
    LeavesOutTheCpr,
    /// Says that another country's eID was used.
    IsAnotherEid,
}

const fn honest(login: &'static str, name: &'static str, key: &'static str) -> Resident {
    Resident {
        login,
        name,
        key,
        conduct: Conduct::Honest,
    }
}

const fn with(conduct: Conduct, resident: Resident) -> Resident {
    Resident { conduct, ..resident }
}

/// Lillekøbing knows people by UNI-ID.
pub(super) const LILLEKOEBING: [Resident; 6] = [
    honest("sofie@lillekoebing.example", "Sofie Holm", "1000001201"),
    honest("nora@lillekoebing.example", "Nora Winther", "1000001209"),
    with(
        Conduct::SignsWithAnotherKey,
        honest("rullet-noegle@lillekoebing.example", "Sofie Holm", "1000001201"),
    ),
    with(
        Conduct::AnswersTooLate,
        honest("udloebet@lillekoebing.example", "Sofie Holm", "1000001201"),
    ),
    // Emil belongs to Storkøbing; Lillekøbing has no business vouching for him.
    honest("anden-kommune@lillekoebing.example", "Emil Bak", "1000001202"),
    with(
        Conduct::Declines,
        honest("afvist@lillekoebing.example", "Sofie Holm", "1000001201"),
    ),
];

/// Storkøbing knows people by CPR number.
pub(super) const STORKOEBING: [Resident; 2] = [
    honest("emil@storkoebing.example", "Emil Bak", "0201851001"),
    with(
        Conduct::FailsAtTheToken,
        honest("tokenfejl@storkoebing.example", "Emil Bak", "0201851001"),
    ),
];

/// What names of the national eID may end with, to say on the login page whom they are for.
pub(super) const EID_DOMAIN: &str = "@mitid.example";

/// The national eID knows everybody by CPR number, with two factors.
pub(super) const EID: [Resident; 12] = [
    honest("bente", "Bente Dahl", "0302821002"),
    honest("karl", "Karl Friis", "0403801003"),
    honest("vera", "Vera Skov", "0504781004"),
    honest("freja", "Freja Toft", "0607821006"),
    honest("signe", "Signe Kjær", "0405861010"),
    honest("gorm", "Gorm Kjær", "0708831011"),
    honest("helle", "Helle Nord", "0909791012"),
    honest("noor", "Noor Amin", "1503104013"),
    honest("hanne", "Hanne Brandt", "0808791007"),
    with(
        Conduct::SpeaksOfAnEmployee,
        honest("emil-erhverv", "Emil Bak", "0201851001"),
    ),
    with(
        Conduct::LeavesOutTheCpr,
        honest("emil-uden-cpr", "Emil Bak", "0201851001"),
    ),
    with(
        Conduct::IsAnotherEid,
        honest("bente-euid", "Bente Dahl", "0302821002"),
    ),
];

/// The resident with this login and password.
pub(super) fn admit(
    residents: &'static [Resident],
    login: &str,
    password: &str,
) -> Option<&'static Resident> {
    let login = login.trim();
    // Whoever has typed on the login page which eid they mean types no other name here.
    let login = login.strip_suffix(EID_DOMAIN).unwrap_or(login);
    residents
        .iter()
        .find(|resident| resident.login.eq_ignore_ascii_case(login) && password == PASSWORD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cpr::Cpr;

    #[test]
    fn everybody_but_karl_is_in_the_directory() {
        let directory = include_str!("../../config/demo.toml");
        for resident in LILLEKOEBING.iter().chain(&STORKOEBING).chain(&EID) {
            let known = directory.contains(&format!("\"{}\"", resident.key));
            assert_eq!(known, resident.name != "Karl Friis", "{}", resident.login);
        }
    }

    #[test]
    fn cpr_numbers_are_shaped_like_ones() {
        for resident in STORKOEBING.iter().chain(&EID) {
            assert!(Cpr::parse(resident.key).is_ok(), "{}", resident.login);
        }
    }

    #[test]
    fn a_login_takes_the_password_and_any_case_of_the_name() {
        assert!(admit(&EID, " Bente ", PASSWORD).is_some());
        assert!(admit(&EID, "bente@mitid.example", PASSWORD).is_some());
        assert!(admit(&EID, "bente", "gæt").is_none());
        assert!(admit(&EID, "emil@storkoebing.example", PASSWORD).is_none());
    }
}
