//! Why an import is held back or refused, in words.

use crate::domain::import::Reason;
use crate::texts::Words;

/// One reason in one language.
pub fn said(reason: &Reason, words: &Words<'_>) -> String {
    let (key, values) = match reason {
        Reason::PeopleLeave { left, of } => (
            "import-reason-people-leave",
            vec![("left", left.to_string()), ("of", of.to_string())],
        ),
        Reason::AdultsLeave { left, of } => (
            "import-reason-adults-leave",
            vec![("left", left.to_string()), ("of", of.to_string())],
        ),
        Reason::ClassEmptied { class, pupils } => (
            "import-reason-class-emptied",
            vec![("class", class.clone()), ("pupils", pupils.to_string())],
        ),
        Reason::RoleGained { role, by, of } => (
            "import-reason-role-gained",
            vec![
                ("role", role.as_str().to_owned()),
                ("by", by.to_string()),
                ("of", of.to_string()),
            ],
        ),
        Reason::CustodyGained { by, of } => (
            "import-reason-custody-gained",
            vec![("by", by.to_string()), ("of", of.to_string())],
        ),
        Reason::RowsRefused { refused, of } => (
            "import-reason-rows-refused",
            vec![("refused", refused.to_string()), ("of", of.to_string())],
        ),
        Reason::NewSource { others } => {
            let names: Vec<_> = others.iter().map(ToString::to_string).collect();
            ("import-reason-new-source", vec![("others", names.join(", "))])
        }
        Reason::YearOver { year } => ("import-reason-year-over", vec![("year", year.clone())]),
        Reason::NotNewer { last } => ("import-reason-not-newer", vec![("last", last.to_string())]),
        Reason::FromTheFuture { sent } => ("import-reason-future", vec![("sent", sent.to_string())]),
        Reason::NothingTaken { refused } => (
            "import-reason-nothing-taken",
            vec![("refused", refused.to_string())],
        ),
        Reason::OtherInstitution => ("import-reason-other-institution", Vec::new()),
        Reason::Unreadable { reason } => ("import-reason-unreadable", vec![("reason", reason.clone())]),
    };
    words.say_all(key, &values)
}
