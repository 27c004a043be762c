//! Rules at work: who gets what, until when, and what may be chosen.

use super::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn secret(made_under: RuleKey, made: &str) -> SecretAge {
    SecretAge {
        made_under,
        made_at: at(made),
        one_time: false,
        rule_since: at(made),
    }
}

fn due(key: RuleKey, secret: SecretAge, now: &str) -> Due {
    PasswordRules::default().due(key, secret, at(now))
}

#[test]
fn four_pictures_and_two_words_last_as_long_as_the_stage() {
    for key in [RuleKey::Indskoling, RuleKey::Mellemtrin] {
        assert_eq!(due(key, secret(key, "2020-08-01"), "2026-08-01"), Due::Fine);
    }
}

#[test]
fn from_seventh_grade_on_a_password_lasts_365_days_and_its_end_is_told_before() {
    for key in [
        RuleKey::Udskoling,
        RuleKey::Ungdomsuddannelse,
        RuleKey::Kontaktperson,
        RuleKey::Ekstern,
        RuleKey::Medarbejder,
    ] {
        let made = secret(key, "2026-01-01");
        let by = at("2027-01-01");
        let soon = |may_wait| Due::Soon { by, may_wait };
        assert_eq!(due(key, made, "2026-12-01"), Due::Fine);
        assert_eq!(due(key, made, "2026-12-02"), soon(true), "thirty days before");
        assert_eq!(due(key, made, "2026-12-28"), soon(true));
        assert_eq!(due(key, made, "2026-12-29"), soon(false), "three days before");
        assert_eq!(due(key, made, "2027-01-01"), Due::Now(Why::Age));
    }
}

#[test]
fn who_comes_to_the_next_stage_has_thirty_days() {
    for (before, after) in [
        (RuleKey::Indskoling, RuleKey::Mellemtrin),
        (RuleKey::Mellemtrin, RuleKey::Udskoling),
    ] {
        let mut made = secret(before, "2026-02-01");
        made.rule_since = at("2026-08-01");
        let by = at("2026-08-01") + DAY * 30;
        assert_eq!(due(after, made, "2026-08-01"), Due::Soon { by, may_wait: true });
        assert_eq!(due(after, made, "2026-08-30"), Due::Soon { by, may_wait: false });
        assert_eq!(due(after, made, "2026-08-31"), Due::Now(Why::AnotherRule));
    }
}

#[test]
fn what_a_child_was_given_never_opens_what_staff_may_do() {
    let mut made = secret(RuleKey::Indskoling, "2026-02-01");
    made.rule_since = at("2026-08-01");
    assert_eq!(
        due(RuleKey::Medarbejder, made, "2026-08-01"),
        Due::Now(Why::AnotherRule)
    );
}

#[test]
fn what_was_handed_out_for_the_first_login_is_changed_then_even_while_changes_are_postponed() {
    let mut made = secret(RuleKey::Udskoling, "2026-02-01");
    made.one_time = true;
    let rules = PasswordRules {
        postponed_until: Some(at("2030-01-01")),
        ..PasswordRules::default()
    };
    let due = rules.due(RuleKey::Udskoling, made, at("2026-02-01"));
    assert_eq!(due, Due::Now(Why::FirstLogin));
}

#[test]
fn postponed_changes_are_told_and_not_asked_for() {
    let made = secret(RuleKey::Medarbejder, "2019-03-01");
    let rules = PasswordRules {
        postponed_until: Some(at("2020-08-01")),
        ..PasswordRules::default()
    };
    let by = at("2019-03-01") + DAY * 365;
    assert_eq!(
        rules.due(RuleKey::Medarbejder, made, at("2020-04-01")),
        Due::Soon { by, may_wait: true }
    );
    assert_eq!(
        rules.due(RuleKey::Medarbejder, made, at("2020-08-01")),
        Due::Now(Why::Age)
    );
}

#[test]
fn a_pupil_of_unknown_stage_gets_no_pictures() {
    assert_eq!(RuleKey::of(ActorGroup::Elev, None), RuleKey::Udskoling);
    assert_eq!(
        RuleKey::of(ActorGroup::Elev, Some(Stage::Indskoling)),
        RuleKey::Indskoling
    );
    assert_eq!(
        RuleKey::of(ActorGroup::Medarbejder, Some(Stage::Indskoling)),
        RuleKey::Medarbejder
    );
}

#[test]
fn words_of_rules_are_read_as_they_are_written() {
    for key in RuleKey::ALL {
        assert_eq!(RuleKey::parse(key.word()), Some(key));
    }
}

#[test]
fn the_rule_that_is_given_for_a_holder_is_the_one_that_is_found() {
    let mut number = 0;
    let rules = PasswordRules::new(
        |key| {
            number += 1;
            PasswordRule {
                assigned: Assigned::Pictures { count: number },
                ..PasswordRule::of_the_seeds(key)
            }
        },
        5,
        None,
    );
    for (key, count) in RuleKey::ALL.into_iter().zip(1..) {
        assert_eq!(rules.rule(key).assigned, Assigned::Pictures { count });
    }
}

fn problems(choice: OwnChoice, password: &str) -> Vec<ChoiceProblem> {
    let about = AboutHolder {
        names: &["Sofie Bo", "Holm-Østergaard"],
        user_name: "sofi1234",
    };
    choice.problems(password, about)
}

#[test]
fn a_choice_is_long_enough_and_mixed_unless_it_is_long() {
    use ChoiceProblem::{NoCapital, NoDigit, NoSmall, TooLong, TooShort};
    let strict = |password: &str| problems(OwnChoice::STRICT, password);
    assert_eq!(strict("Regnbue7"), []);
    assert_eq!(strict("Regnb7"), [TooShort(8)]);
    assert_eq!(strict("regnbue7"), [NoCapital]);
    assert_eq!(strict("REGNBUE7"), [NoSmall]);
    assert_eq!(strict("Regnbuer"), [NoDigit]);
    assert_eq!(strict("en hel lille historie"), []);
    assert_eq!(strict("ææææææææ".repeat(9).as_str()), [TooLong(64)]);
    assert_eq!(strict("Åøæåøæå7"), [], "letters are counted, not bytes");
    assert_eq!(problems(OwnChoice::MILD, "regnbuer"), []);
}

#[test]
fn a_choice_has_neither_a_name_of_its_holder_nor_a_season_in_it() {
    use ChoiceProblem::{OwnName, Season};
    let strict = |password| problems(OwnChoice::STRICT, password);
    for password in ["xSOFIEx77", "7Holm7777h", "østergaard-A1", "Xsofi12345"] {
        assert_eq!(strict(password), [OwnName], "{password}");
    }
    assert_eq!(
        strict("Bobslæde77"),
        [],
        "a name of two letters is in too many words"
    );
    for password in ["Sommer2026", "Foraar2026", "vinterFerie1", "Autumn2026"] {
        assert_eq!(strict(password), [Season], "{password}");
    }
}
