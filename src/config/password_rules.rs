//! `config/password-rules.toml`: what kind of password fits whom, for how long (U35–U43).
//!
//! The file says what departs from the seeds' values; without it, they hold. What rules mean is
//! in [`crate::domain::password_rule`].

use jiff::{SignedDuration, Timestamp};
use toml::Spanned;
use toml::de::DeValue;

use super::file::{self, FromToml, Section, Wrong};
use super::problem::{Problem, Problems, Source};
use crate::domain::password_rule::{Assigned, OwnChoice, PasswordRule, PasswordRules, RuleKey};

/// The most pictures of a picture password: more than anybody remembers.
const MOST_PICTURES: u8 = 8;
/// The shortest picture password that is worth one (ASVS 6.5.4: twenty bits, of 36 pictures).
const FEWEST_PICTURES: u8 = 4;

/// Reads the file, or tells everything that is wrong with it.
pub fn parse(source: &Source) -> Result<PasswordRules, Problems> {
    let mut problems = Problems::default();
    let rules = file::read(source, &mut problems, |section| {
        let seeds = PasswordRules::default();
        let remembered = section.get_or("remembered", u32::from(seeds.remembered));
        let remembered = within(section, "remembered", remembered, 0, 20);
        let postponed_until: Option<Timestamp> = section.get("postponed_until");
        let read = |key: RuleKey| section.table(key.word(), |one| rule(one, seeds.rule(key)));
        PasswordRules::new(read, remembered, postponed_until)
    });
    problems.unless_fatal(rules)
}

fn rule(section: &mut Section<'_>, seeds: &PasswordRule) -> PasswordRule {
    let may_choose = section.get_or("may_choose", seeds.own_choice.is_some());
    let asked = seeds.own_choice.unwrap_or(OwnChoice::STRICT);
    let own_choice = section.table("own_choice", |one| choice(one, asked));
    let rule = PasswordRule {
        assigned: section.get_or("assigned", seeds.assigned),
        own_choice: may_choose.then_some(own_choice),
        lifetime: span(section, "lasts", seeds.lifetime),
        on_entering: span(section, "change_after_new_rule", seeds.on_entering),
        warning: days(section, "warning", seeds.warning),
        insistence: days(section, "last_days", seeds.insistence),
    };
    if rule.insistence > rule.warning {
        let problem = Problem::error("the last days begin before the warning");
        section.fault(
            "last_days",
            problem.help("make `warning` the longer of the two: from then on the user is told"),
        );
    }
    rule
}

fn choice(section: &mut Section<'_>, seeds: OwnChoice) -> OwnChoice {
    let mut letters = |key, default: u8| {
        let number = section.get_or(key, u32::from(default));
        within(section, key, number, 4, 200)
    };
    let choice = OwnChoice {
        shortest: letters("shortest", seeds.shortest),
        longest: letters("longest", seeds.longest),
        long_enough: letters("nothing_but_length_from", seeds.long_enough),
        mixed: section.get_or("capitals_and_digits", seeds.mixed),
    };
    if choice.longest < choice.shortest {
        let problem = Problem::error("no password is both that long and that short");
        section.fault("longest", problem.help("make `longest` the larger one"));
    }
    choice
}

fn within(section: &Section<'_>, key: &str, number: u32, least: u8, most: u8) -> u8 {
    let fits = u8::try_from(number).ok().filter(|n| (least..=most).contains(n));
    if fits.is_none() {
        let problem = Problem::error(format!("{number} is out of range"));
        section.fault(
            key,
            problem.help(format!("write a number from {least} to {most}")),
        );
    }
    fits.unwrap_or(least)
}

/// A number of days, or `"never"`.
fn span(
    section: &mut Section<'_>,
    key: &'static str,
    seeds: Option<SignedDuration>,
) -> Option<SignedDuration> {
    match section.get(key) {
        None => seeds,
        Some(Days::Never) => None,
        Some(Days::Number(number)) => Some(of_days(number)),
    }
}

fn days(section: &mut Section<'_>, key: &'static str, seeds: SignedDuration) -> SignedDuration {
    section
        .get(key)
        .map_or(seeds, |NumberOfDays(number)| of_days(number))
}

fn of_days(number: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(number))
}

enum Days {
    Number(u32),
    Never,
}

struct NumberOfDays(u32);

/// `"365 days"` or `"1 day"`, up to ten years.
fn number_of_days(text: &str) -> Option<u32> {
    let number = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day"))?;
    number.parse().ok().filter(|number| *number <= 3650)
}

impl FromToml for Days {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let example = "\"365 days\" or \"never\"";
        file::text(value, "a number of days", example, |text| match text {
            "never" => Some(Self::Never),
            _ => number_of_days(text).map(Self::Number),
        })
    }
}

impl FromToml for NumberOfDays {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        file::text(value, "a number of days", "\"30 days\"", |text| {
            number_of_days(text).map(Self)
        })
    }
}

impl FromToml for Assigned {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        let example = "\"4 pictures\", \"2 words\" or \"2 words and 2 digits\"";
        file::text(value, "what is assigned", example, assigned)
    }
}

fn assigned(text: &str) -> Option<Assigned> {
    if let Some(count) = text.strip_suffix(" pictures") {
        let count = count.parse().ok()?;
        return (FEWEST_PICTURES..=MOST_PICTURES)
            .contains(&count)
            .then_some(Assigned::Pictures { count });
    }
    let (words, digits) = match text.split_once(" words and ") {
        Some((words, digits)) => (words, digits.strip_suffix(" digits")?.parse().ok()?),
        None => (text.strip_suffix(" words")?, 0),
    };
    let words = words.parse().ok()?;
    ((2..=6).contains(&words) && digits <= 6).then_some(Assigned::Words { words, digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PasswordRules, Problems> {
        parse(&Source::new("config/password-rules.toml", text))
    }

    #[test]
    fn without_a_word_the_seeds_hold_and_the_shipped_file_says_the_same() {
        assert_eq!(read("").unwrap(), PasswordRules::default());
        let shipped = include_str!("../../config/password-rules.toml");
        assert_eq!(read(shipped).unwrap(), PasswordRules::default());
        // What stands in comments there is what holds.
        let uncommented: String = shipped
            .lines()
            .map(|line| line.strip_prefix("#! ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_ne!(uncommented, shipped);
        assert_eq!(read(&uncommented).unwrap(), PasswordRules::default());
    }

    #[test]
    fn what_the_file_says_departs_from_the_seeds() {
        let rules = read(
            "remembered = 3\npostponed_until = 2020-08-01T00:00:00+02:00\n\
             [mellemtrin]\nassigned = \"3 words and 1 digits\"\nlasts = \"730 days\"\nmay_choose = false\n\
             [medarbejder]\nlasts = \"never\"\nown_choice.shortest = 14\n",
        )
        .unwrap();
        assert_eq!(rules.remembered, 3);
        assert!(rules.postponed_until.is_some());
        let middle = rules.rule(RuleKey::Mellemtrin);
        assert_eq!(middle.assigned, Assigned::Words { words: 3, digits: 1 });
        assert_eq!(middle.lifetime, Some(SignedDuration::from_hours(24 * 730)));
        assert_eq!(middle.own_choice, None);
        let staff = rules.rule(RuleKey::Medarbejder);
        assert_eq!(staff.lifetime, None);
        assert_eq!(staff.own_choice.unwrap().shortest, 14);
        assert!(staff.own_choice.unwrap().mixed);
    }

    #[test]
    fn rules_that_cannot_be_kept_are_told() {
        for text in [
            "remembered = 99",
            "[indskoling]\nassigned = \"3 pictures\"",
            "[indskoling]\nassigned = \"1 words\"",
            "[indskoling]\nassigned = \"fire billeder\"",
            "[udskoling]\nlasts = \"365\"",
            "[udskoling]\nlasts = \"a year\"",
            "[udskoling]\nwarning = \"2 days\"",
            "[udskoling]\nown_choice.shortest = 3",
            "[udskoling]\nown_choice.longest = 7",
            "[udskolning]\nlasts = \"365 days\"",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
