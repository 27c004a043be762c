//! Strength in several dimensions: what meets what, and what could.

use super::*;

fn held(nsis: Option<NsisLevel>, factors: Factors) -> Assurance {
    Assurance {
        nsis,
        factors,
        ..Assurance::LOWEST
    }
}

fn wanted(comparison: Comparison, demands: &[Demand]) -> WantedAssurance {
    WantedAssurance {
        comparison,
        demands: demands.to_vec(),
    }
}

#[test]
fn dimensions_add_up_and_values_of_one_dimension_are_alternatives() {
    let oiosaml = wanted(
        Comparison::Minimum,
        &[
            Demand::Nsis(NsisLevel::Substantial),
            Demand::Identity(IdentityKind::Professional),
        ],
    );
    let private = held(Some(NsisLevel::High), Factors::Two);
    assert!(
        !oiosaml.is_met_by(&private),
        "a private identity is not a professional one"
    );
    assert!(oiosaml.is_met_by(&Assurance {
        identity: IdentityKind::Professional,
        ..private
    }));
}

#[test]
fn each_comparison_does_what_saml_core_says() {
    let one_or_two = [Demand::Factors(Factors::One), Demand::Factors(Factors::Two)];
    let (one, two) = (held(None, Factors::One), held(None, Factors::Two));
    assert!(wanted(Comparison::Exact, &one_or_two).is_met_by(&two));
    assert!(!wanted(Comparison::Exact, &one_or_two[1..]).is_met_by(&one));
    assert!(wanted(Comparison::Minimum, &one_or_two[..1]).is_met_by(&two));
    assert!(!wanted(Comparison::Maximum, &one_or_two[..1]).is_met_by(&two));
    assert!(wanted(Comparison::Better, &one_or_two[..1]).is_met_by(&two));
    assert!(!wanted(Comparison::Better, &one_or_two).is_met_by(&two));
}

#[test]
fn an_nsis_demand_is_not_met_without_an_asserted_level() {
    let low = wanted(Comparison::Minimum, &[Demand::Nsis(NsisLevel::Low)]);
    assert!(!low.is_met_by(&Assurance {
        adult_verified: true,
        ..held(None, Factors::Two)
    }));
}

#[test]
fn an_unknown_demand_is_met_by_nothing_and_no_demand_by_anything() {
    assert!(
        !wanted(Comparison::Exact, &[Demand::Unknown]).is_met_by(&held(Some(NsisLevel::High), Factors::Two))
    );
    assert!(WantedAssurance::default().is_met_by(&Assurance::LOWEST));
}

#[test]
fn alternatives_of_different_dimensions_do_not_add_up() {
    let either = [Demand::Nsis(NsisLevel::Low), Demand::Factors(Factors::One)];
    assert!(wanted(Comparison::Alternatives, &either).is_met_by(&held(None, Factors::One)));
    assert!(!wanted(Comparison::Alternatives, &either[..1]).is_met_by(&held(None, Factors::Two)));
}

#[test]
fn a_kind_of_credential_is_a_dimension_of_its_own() {
    let mitid = [
        Demand::Nsis(NsisLevel::Low),
        Demand::Credential(CredentialKind::MitId),
        Demand::Credential(CredentialKind::Test),
    ];
    let with = |credential| Assurance {
        credential,
        ..held(Some(NsisLevel::High), Factors::Two)
    };
    let wanted = wanted(Comparison::Minimum, &mitid);
    assert!(wanted.is_met_by(&with(Some(CredentialKind::MitId))));
    assert!(wanted.is_met_by(&with(Some(CredentialKind::Test))));
    assert!(!wanted.is_met_by(&with(Some(CredentialKind::Local))) && !wanted.is_met_by(&with(None)));
    assert!(
        wanted.could_be_met_under(&with(None)),
        "a ceiling says nothing of credentials"
    );
}

#[test]
fn what_could_be_proved_is_bounded_by_the_ceiling_alone() {
    let two = [Demand::Factors(Factors::Two)];
    let (one_factor, strong) = (
        Assurance::LOWEST,
        held(Some(NsisLevel::Substantial), Factors::Two),
    );
    for comparison in [Comparison::Exact, Comparison::Minimum, Comparison::Alternatives] {
        assert!(!wanted(comparison, &two).could_be_met_under(&one_factor));
        assert!(wanted(comparison, &two).could_be_met_under(&strong));
    }
    let exactly_one = [Demand::Factors(Factors::One)];
    assert!(wanted(Comparison::Exact, &exactly_one).could_be_met_under(&strong));
    assert!(wanted(Comparison::Maximum, &exactly_one).could_be_met_under(&strong));
    assert!(!wanted(Comparison::Better, &two).could_be_met_under(&strong));
    assert!(!wanted(Comparison::Minimum, &[Demand::Unknown]).could_be_met_under(&strong));
    let professional = [Demand::Identity(IdentityKind::Professional)];
    assert!(wanted(Comparison::Minimum, &professional).could_be_met_under(&one_factor));
}

#[test]
fn two_wishes_at_once_are_put_as_the_higher_floor_of_each_dimension() {
    let low = WantedAssurance::at_least(vec![Demand::Nsis(NsisLevel::Low)]);
    let strict = WantedAssurance::at_least(vec![
        Demand::Nsis(NsisLevel::Substantial),
        Demand::Identity(IdentityKind::Professional),
    ]);
    let both = [
        Demand::Nsis(NsisLevel::Substantial),
        Demand::Identity(IdentityKind::Professional),
    ];
    assert_eq!(low.and(&strict).demands, both);
    assert_eq!(strict.and(&low).demands, both);
    let nothing = WantedAssurance::default();
    assert_eq!(nothing.and(&low), low);
    assert_eq!(low.and(&nothing), low);
}

#[test]
fn a_ceiling_lowers_every_dimension_and_raises_none() {
    let strong = Assurance {
        adult_verified: true,
        ..held(Some(NsisLevel::High), Factors::Two)
    };
    assert_eq!(strong.capped_by(&Assurance::LOWEST), Assurance::LOWEST);
    assert_eq!(Assurance::LOWEST.capped_by(&strong), Assurance::LOWEST);
}
