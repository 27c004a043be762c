//! How far a pupil has come: the level ("trin") that the school's system tells, and the stage
//! of school that decides what kind of password fits (U35).

use serde::{Deserialize, Serialize};

/// A level as the school's administrative system tells it (`GroupLevel`, `Level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Day care, before school.
    DayCare,
    /// A grade of the primary and lower secondary school, 0 to 10.
    Grade(Grade),
    /// A year of an upper secondary education, 1 to 4.
    Youth(YouthYear),
    /// Adult education (`VU`), which has no years.
    Adult,
    /// Something that has no level.
    Other,
}

/// A grade from 0 (børnehaveklasse) to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grade(u8);

impl Grade {
    /// The last.
    const LAST: u8 = 10;

    /// The grade of this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if number <= Self::LAST {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number of the year.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A year of an upper secondary education, from 1 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YouthYear(u8);

impl YouthYear {
    /// The year of this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=4) {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number of the year.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Level {
    /// Reads the spelling of imports: `DT`, `0`–`10`, `U1`–`U4`, `VU`, `Andet`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "DT" => Some(Self::DayCare),
            "VU" => Some(Self::Adult),
            "Andet" => Some(Self::Other),
            _ => match text.strip_prefix('U') {
                Some(year) => plain_number(year).and_then(YouthYear::new).map(Self::Youth),
                None => plain_number(text).and_then(Grade::new).map(Self::Grade),
            },
        }
    }

    /// The spelling of imports.
    pub fn as_text(self) -> String {
        match self {
            Self::DayCare => "DT".to_owned(),
            Self::Grade(grade) => grade.0.to_string(),
            Self::Youth(year) => format!("U{}", year.0),
            Self::Adult => "VU".to_owned(),
            Self::Other => "Andet".to_owned(),
        }
    }

    /// The stage that it belongs to; nothing where the level does not tell.
    pub const fn stage(self) -> Option<Stage> {
        match self {
            Self::DayCare | Self::Grade(Grade(0..=3)) => Some(Stage::Indskoling),
            Self::Grade(Grade(4..=6)) => Some(Stage::Mellemtrin),
            Self::Grade(Grade(7..)) => Some(Stage::Udskoling),
            Self::Youth(_) | Self::Adult => Some(Stage::Ungdomsuddannelse),
            Self::Other => None,
        }
    }
}

/// Digits without sign or leading zero, as imports spell them.
fn plain_number(text: &str) -> Option<u8> {
    let number: u8 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A stage of school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Up to third grade.
    Indskoling,
    /// Fourth to sixth grade.
    Mellemtrin,
    /// Seventh to tenth grade.
    Udskoling,
    /// Upper secondary education and later.
    Ungdomsuddannelse,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_imports_spell_them_and_no_other_way() {
        for text in ["DT", "0", "3", "4", "10", "U1", "U4", "VU", "Andet"] {
            assert_eq!(Level::parse(text).unwrap().as_text(), text);
        }
        for text in [
            "", "11", "-1", "03", "+3", "U0", "U5", "U", "dt", "andet", "3.", " 3", "300",
        ] {
            assert_eq!(Level::parse(text), None, "{text}");
        }
    }

    #[test]
    fn stages_begin_where_the_seeds_say() {
        let stage = |text| Level::parse(text).unwrap().stage();
        assert_eq!(stage("DT"), Some(Stage::Indskoling));
        assert_eq!(stage("3"), Some(Stage::Indskoling));
        assert_eq!(stage("4"), Some(Stage::Mellemtrin));
        assert_eq!(stage("6"), Some(Stage::Mellemtrin));
        assert_eq!(stage("7"), Some(Stage::Udskoling));
        assert_eq!(stage("10"), Some(Stage::Udskoling));
        assert_eq!(stage("U1"), Some(Stage::Ungdomsuddannelse));
        assert_eq!(stage("VU"), Some(Stage::Ungdomsuddannelse));
        assert_eq!(stage("Andet"), None);
    }
}
