//! What kind of password fits whom, for how long (U35–U43).
//!
//! Rules are data: `config/password-rules.toml`, with the values of the seeds as default.
//! Here is what they say and what follows for one secret at one moment; how secrets are made,
//! hashed and compared is in `crate::credentials`.

mod choice;
mod holding;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::actor::ActorGroup;
use super::stage::Stage;

pub use choice::{AboutHolder, ChoiceProblem, OwnChoice};
pub use holding::{Holding, PupilRule};

/// Whom a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleKey {
    /// Pupils up to third grade.
    Indskoling,
    /// Pupils of fourth to sixth grade.
    Mellemtrin,
    /// Pupils from seventh grade, and those whose level nobody has told.
    Udskoling,
    /// Students.
    Ungdomsuddannelse,
    /// Parents and other contact persons.
    Kontaktperson,
    /// People who are attached without employment.
    Ekstern,
    /// Staff.
    Medarbejder,
}

impl RuleKey {
    /// Every rule, from the mildest holder to the strictest: who is two things at once goes by
    /// the later of the two (DR16).
    pub const ALL: [Self; 7] = [
        Self::Indskoling,
        Self::Mellemtrin,
        Self::Udskoling,
        Self::Ungdomsuddannelse,
        Self::Kontaktperson,
        Self::Ekstern,
        Self::Medarbejder,
    ];

    /// The word of the configuration and of the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Indskoling => "indskoling",
            Self::Mellemtrin => "mellemtrin",
            Self::Udskoling => "udskoling",
            Self::Ungdomsuddannelse => "ungdomsuddannelse",
            Self::Kontaktperson => "kontaktperson",
            Self::Ekstern => "ekstern",
            Self::Medarbejder => "medarbejder",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.word() == word)
    }

    /// The rule for an affiliation. A pupil whose stage is unknown gets no picture password by
    /// accident: an administrator can give them one (U42).
    pub const fn of(group: ActorGroup, stage: Option<Stage>) -> Self {
        match (group, stage) {
            (ActorGroup::Elev, Some(Stage::Indskoling)) => Self::Indskoling,
            (ActorGroup::Elev, Some(Stage::Mellemtrin)) => Self::Mellemtrin,
            (ActorGroup::Elev, Some(Stage::Udskoling) | None) => Self::Udskoling,
            (ActorGroup::Elev, Some(Stage::Ungdomsuddannelse)) => Self::Ungdomsuddannelse,
            (ActorGroup::Kontaktperson, _) => Self::Kontaktperson,
            (ActorGroup::Ekstern, _) => Self::Ekstern,
            (ActorGroup::Medarbejder, _) => Self::Medarbejder,
        }
    }

    /// Whether an administrator of a school may give one of its pupils this rule instead.
    pub const fn is_for_pupils(self) -> bool {
        matches!(
            self,
            Self::Indskoling | Self::Mellemtrin | Self::Udskoling | Self::Ungdomsuddannelse
        )
    }
}

/// What a secret looks like, and so how it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SecretForm {
    /// Pictures in order (U36).
    Pictures,
    /// Words joined, with or without digits, or a password of one's own: text.
    Text,
}

impl SecretForm {
    /// The word of the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Text => "text",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pictures, Self::Text]
            .into_iter()
            .find(|form| form.word() == word)
    }
}

/// How a secret is made that the system assigns (U43).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// So many pictures in order, of those that there are.
    Pictures {
        /// How many pictures make one password.
        count: u8,
    },
    /// Words joined, then digits.
    Words {
        /// How many words.
        words: u8,
        /// How many digits after them.
        digits: u8,
    },
}

impl Assigned {
    /// What it looks like.
    pub const fn form(self) -> SecretForm {
        match self {
            Self::Pictures { .. } => SecretForm::Pictures,
            Self::Words { .. } => SecretForm::Text,
        }
    }
}

/// What kind of password somebody gets, what they may choose themselves, and for how long it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRule {
    /// What is assigned.
    pub assigned: Assigned,
    /// What the holder may choose instead; `None`: nothing.
    pub own_choice: Option<OwnChoice>,
    /// How long a secret lasts; `None`: for good.
    pub lifetime: Option<SignedDuration>,
    /// How soon a secret that was made under another rule must be changed; `None`: never.
    pub on_entering: Option<SignedDuration>,
    /// How long before the end a warning begins (U40).
    pub warning: SignedDuration,
    /// How long before the end there is no "later" any more.
    pub insistence: SignedDuration,
}

/// The rules of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    rules: [PasswordRule; RuleKey::ALL.len()],
    /// How many of the last secrets may not come again.
    pub remembered: u8,
    /// Nobody is made to change a secret because of its age or of another stage before this moment (U41).
    pub postponed_until: Option<Timestamp>,
}

/// What is known of a secret when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretAge {
    /// The rule that it was made under.
    pub made_under: RuleKey,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether it was handed out for the first login alone (U31).
    pub one_time: bool,
    /// Since when the rule holds that the holder is under now.
    pub rule_since: Timestamp,
}

/// Whether a secret must be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// No, and nothing is said.
    Fine,
    /// By this moment; the holder is told.
    Soon {
        /// The last moment.
        by: Timestamp,
        /// Whether "later" is still offered.
        may_wait: bool,
    },
    /// Before anything else (G14).
    Now(Why),
}

/// Why a secret must be changed before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was for the first login.
    FirstLogin,
    /// It has got too old.
    Age,
    /// The holder has come to another stage, or an administrator has set another rule.
    AnotherRule,
}

impl PasswordRules {
    /// The rules; `rule` gives the one for each holder.
    pub fn new(
        rule: impl FnMut(RuleKey) -> PasswordRule,
        remembered: u8,
        postponed_until: Option<Timestamp>,
    ) -> Self {
        Self {
            rules: RuleKey::ALL.map(rule),
            remembered,
            postponed_until,
        }
    }

    /// The rule for this holder.
    pub const fn rule(&self, key: RuleKey) -> &PasswordRule {
        let [indskoling, mellemtrin, udskoling, youth, contact, external, staff] = &self.rules;
        match key {
            RuleKey::Indskoling => indskoling,
            RuleKey::Mellemtrin => mellemtrin,
            RuleKey::Udskoling => udskoling,
            RuleKey::Ungdomsuddannelse => youth,
            RuleKey::Kontaktperson => contact,
            RuleKey::Ekstern => external,
            RuleKey::Medarbejder => staff,
        }
    }

    /// Whether a secret must be changed at this moment by somebody who is under the rule `key`.
    pub fn due(&self, key: RuleKey, secret: SecretAge, now: Timestamp) -> Due {
        if secret.one_time {
            return Due::Now(Why::FirstLogin);
        }
        let rule = self.rule(key);
        let too_old = rule.lifetime.map(|lasts| (secret.made_at + lasts, Why::Age));
        let entered = rule
            .on_entering
            .filter(|_| secret.made_under != key)
            .map(|within| (secret.rule_since + within, Why::AnotherRule));
        let Some((by, why)) = too_old.into_iter().chain(entered).min_by_key(|(by, _)| *by) else {
            return Due::Fine;
        };
        // What a child was given never opens what staff may do, whatever is put off.
        let waits_for_nothing = why == Why::AnotherRule && rule.on_entering == Some(SignedDuration::ZERO);
        let is_postponed = !waits_for_nothing && self.postponed_until.is_some_and(|until| now < until);
        match () {
            () if now < by - rule.warning => Due::Fine,
            () if is_postponed => Due::Soon { by, may_wait: true },
            () if now >= by => Due::Now(why),
            () => Due::Soon {
                by,
                may_wait: now < by - rule.insistence,
            },
        }
    }
}

impl Default for PasswordRules {
    /// The values of the seeds; where they are silent, our own.
    fn default() -> Self {
        Self::new(PasswordRule::of_the_seeds, 5, None)
    }
}

impl PasswordRule {
    fn of_the_seeds(key: RuleKey) -> Self {
        let assigned = match key {
            RuleKey::Indskoling => Assigned::Pictures { count: 4 },
            RuleKey::Mellemtrin => Assigned::Words { words: 2, digits: 0 },
            _ => Assigned::Words { words: 2, digits: 2 },
        };
        let own_choice = match key {
            RuleKey::Indskoling => None,
            RuleKey::Mellemtrin => Some(OwnChoice::MILD),
            _ => Some(OwnChoice::STRICT),
        };
        let lifetime = match key {
            RuleKey::Indskoling | RuleKey::Mellemtrin => None,
            _ => Some(days(365)),
        };
        let on_entering = match key {
            RuleKey::Indskoling | RuleKey::Mellemtrin | RuleKey::Udskoling | RuleKey::Kontaktperson => {
                Some(days(30))
            }
            RuleKey::Ungdomsuddannelse => Some(days(30)),
            // What a child was given never opens what staff may do.
            RuleKey::Ekstern | RuleKey::Medarbejder => Some(SignedDuration::ZERO),
        };
        Self {
            assigned,
            own_choice,
            lifetime,
            on_entering,
            warning: days(30),
            insistence: days(3),
        }
    }
}

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[cfg(test)]
mod tests;
