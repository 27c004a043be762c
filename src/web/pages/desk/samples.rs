//! The desk's pages, made up.

use askama::Template;

use super::{
    AffiliationLine, BlockPart, CodeLine, CodePart, DecidePart, DeskAdministratorsPage, DeskByHandPage,
    DeskChoosePage, DeskCodesPage, DeskFrame, DeskFrontPage, DeskImportPage, DeskImportsPage, DeskItem,
    DeskKept, DeskPersonPage, DeskStopPage, RefusedLine, RightPart, RulePart, WaitingPart,
};
use crate::web::pages::{Form, Page};

const BASE: &str = "/administration/101001";

fn frame() -> DeskFrame {
    DeskFrame {
        institution: "Bakkeskolen".to_owned(),
        base: BASE.to_owned(),
        done: None,
        problem: None,
    }
}

fn item(text: &str, note: &str) -> DeskItem {
    DeskItem {
        text: text.to_owned(),
        href: Some(format!("{BASE}/person/1")),
        note: (!note.is_empty()).then(|| note.to_owned()),
        badge: None,
    }
}

fn plain(text: String) -> DeskItem {
    DeskItem {
        text,
        ..DeskItem::default()
    }
}

fn dead_password(page: &Page<'_>) -> DeskItem {
    DeskItem {
        href: Some(format!("{BASE}/elevadgang")),
        note: Some(page.say("desk-trouble-to-elevadgang")),
        ..plain(page.say_with("desk-trouble-password-dead", "day", "15.03.2027"))
    }
}

/// A form that was not taken.
fn not_taken() -> DeskKept {
    DeskKept {
        form: "rule-reason".to_owned(),
        reason: "ok".to_owned(),
        choice: "mellemtrin".to_owned(),
    }
}

/// Every page of the desk in its variants, rendered.
pub(in crate::web::pages) fn samples(page: &Page<'_>) -> Vec<(&'static str, askama::Result<String>)> {
    fn rendered(
        views: Vec<(&'static str, impl Template)>,
    ) -> impl Iterator<Item = (&'static str, askama::Result<String>)> {
        views.into_iter().map(|(variant, view)| (variant, view.render()))
    }
    rendered(DeskChoosePage::samples(page))
        .chain(rendered(DeskFrontPage::samples(page)))
        .chain(rendered(DeskPersonPage::samples(page)))
        .chain(rendered(DeskCodesPage::samples(page)))
        .chain(rendered(DeskByHandPage::samples(page)))
        .chain(rendered(DeskImportsPage::samples(page)))
        .chain(rendered(DeskImportPage::samples(page)))
        .chain(rendered(DeskAdministratorsPage::samples(page)))
        .chain(rendered(DeskStopPage::samples(page)))
        .collect()
}

impl<'t> DeskChoosePage<'t> {
    /// With two institutions, and with none.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let institutions = vec![item("Bakkeskolen", "101001"), item("Engskolen", "101002")];
        let some = Self {
            page: page.clone(),
            done: None,
            institutions,
        };
        let none = Self {
            done: Some(page.say("desk-done-left")),
            institutions: Vec::new(),
            ..some.clone()
        };
        vec![("desk-choose", some), ("desk-choose-none", none)]
    }
}

impl<'t> DeskFrontPage<'t> {
    /// Calm, and busy with a search.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let calm = Self {
            page: page.clone(),
            frame: frame(),
            query: String::new(),
            found: None,
            attention: Vec::new(),
            sources: Vec::new(),
            classes: Vec::new(),
        };
        let mut blocked = item("Otto Juhl", "Elev · otto1234");
        blocked.badge = Some(page.say("desk-search-blocked"));
        let busy = Self {
            query: "ot".to_owned(),
            found: Some(vec![blocked, item("Otilie Krog", "Elev · otil1234")]),
            attention: vec![item(&page.say("desk-attention-alone"), "")],
            sources: vec![item(
                &page.words.say_all(
                    "desk-source",
                    &[("source", "TABULEX".to_owned()), ("day", "28.02.2027".to_owned())],
                ),
                "",
            )],
            classes: vec![item("2.B", &page.say_count("desk-pupils", "count", 24))],
            ..calm.clone()
        };
        vec![("desk-front-calm", calm), ("desk-front", busy)]
    }
}

impl<'t> DeskCodesPage<'t> {
    /// A class before its codes are shown, with them, and without pupils.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let row = |name: &str, user_name: &str, code: Option<&str>| CodeLine {
            name: name.to_owned(),
            href: format!("{BASE}/person/1"),
            user_name: user_name.to_owned(),
            state: page.say(if code.is_some() {
                "desk-code-state-none"
            } else {
                "desk-code-state-own"
            }),
            code: code.map(|code| (code.to_owned(), "15.03.2027".to_owned())),
        };
        let shown = Self {
            page: page.clone(),
            frame: frame(),
            heading: "2.B".to_owned(),
            what: None,
            empty: page.say("desk-class-empty"),
            form: None,
            back: format!("{BASE}/klasse/1"),
            rows: vec![
                row("Storm Kjær", "stor1234", None),
                row("Vigga Lind", "vigg1234", Some("k7m-p2x-9qd")),
            ],
        };
        let mut hidden = Self {
            form: Some(Form::sample(&format!("{BASE}/klasse/1/koder"))),
            ..shown.clone()
        };
        hidden.rows.iter_mut().for_each(|row| row.code = None);
        let empty = Self {
            rows: Vec::new(),
            ..hidden.clone()
        };
        vec![
            ("desk-class", hidden),
            ("desk-codes", shown),
            ("desk-class-empty", empty),
        ]
    }
}

impl<'t> DeskImportsPage<'t> {
    /// With imports, and without.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let imports = vec![item("TABULEX", "28.02.2027 03.00.00")];
        let some = Self {
            page: page.clone(),
            frame: frame(),
            imports,
        };
        let none = Self {
            imports: Vec::new(),
            ..some.clone()
        };
        vec![("desk-imports", some), ("desk-imports-none", none)]
    }
}

impl<'t> DeskImportPage<'t> {
    /// One that is held, with a fault and a search.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            frame: frame(),
            heading: page.say_with("desk-import-of", "source", "TABULEX"),
            summary: format!("28.02.2027 · {}", page.say("desk-import-state-held")),
            counts: page.words.say_all(
                "desk-import-counts",
                &[("added", "1"), ("changed", "2"), ("left", "40"), ("refused", "1")]
                    .map(|(name, value)| (name, value.to_owned())),
            ),
            reasons: vec!["…".to_owned()],
            address: format!("{BASE}/importer/1"),
            query: "E0007".to_owned(),
            shown: vec![item("E0007", &page.say("desk-standing-unknown"))],
            latest: Some(DeskItem {
                text: page.say_with("desk-import-search-latest", "day", "01.03.2027"),
                href: Some(format!("{BASE}/importer/2")),
                note: Some(page.say("desk-latest-see")),
                badge: None,
            }),
            findings: vec![item("…", "E0008")],
            decide: Some(DecidePart {
                form: Form::sample(&format!("{BASE}/importer/1/afgoer")),
                delivered_by: page.say_with("desk-decide-delivered-by", "by", "skolesystem"),
                difference: vec![
                    page.words.say_all(
                        "desk-decide-class",
                        &[
                            ("class", "2.B".to_owned()),
                            ("before", "22".to_owned()),
                            ("after", "0".to_owned()),
                            ("left", "22".to_owned()),
                        ],
                    ),
                    page.say_with("desk-decide-leaving", "ids", "E0008, E0009"),
                ],
                why: None,
            }),
        };
        vec![("desk-import", view)]
    }
}

impl<'t> DeskByHandPage<'t> {
    /// After a role was forgotten.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            frame: DeskFrame {
                problem: Some(page.say("desk-why-choice")),
                ..frame()
            },
            affiliations: vec![item("Emil Bak", &page.say_with("desk-ends", "day", "30.06.2027"))],
            form: Form::sample(&format!("{BASE}/tilknytninger")),
            roles: vec![
                ("Lærer", page.say("role-laerer")),
                ("Vikar", page.say("role-vikar")),
            ],
            kept: ["emil1234", "", "2027-06-30", "Vikar i 2.B"].map(str::to_owned),
            asks_about_pupil: false,
        };
        let pupil = Self {
            frame: DeskFrame {
                problem: Some(page.say("desk-why-pupil-employed")),
                ..frame()
            },
            kept: ["klau1234", "Vikar", "2027-06-30", "Lektiecafé"].map(str::to_owned),
            asks_about_pupil: true,
            ..view.clone()
        };
        vec![("desk-by-hand", view), ("desk-by-hand-pupil", pupil)]
    }
}

impl<'t> DeskAdministratorsPage<'t> {
    /// The page, for the tests that look at every page.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let values = [
            ("day", "01.03.2027".to_owned()),
            ("who", page.say("desk-who-operator")),
        ];
        let view = Self {
            page: page.clone(),
            frame: frame(),
            administrators: vec![item(
                "Hanne Brandt",
                &page.words.say_all("desk-administrator-since", &values),
            )],
        };
        vec![("desk-administrators", view)]
    }
}

impl<'t> DeskStopPage<'t> {
    /// What is another's.
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let view = Self {
            page: page.clone(),
            heading: page.say("desk-denied-heading"),
            text: page.say("desk-denied"),
            back: DeskItem {
                text: page.say("desk-denied-front"),
                href: Some("/administration".to_owned()),
                ..DeskItem::default()
            },
        };
        vec![("desk-denied", view)]
    }
}

impl<'t> DeskPersonPage<'t> {
    /// A pupil who is blocked and has a rule of their own, and an employee written in by hand whose
    /// code is shown.
    #[expect(
        clippy::too_many_lines,
        reason = "two pages with everything that they can have"
    )]
    pub fn samples(page: &Page<'t>) -> Vec<(&'static str, Self)> {
        let form = |act: &str| Form::sample(&format!("{BASE}/person/1/{act}"));
        let fact = |key: &str, value: &str| (page.say(key), value.to_owned());
        let values = [
            ("day", "01.03.2027".to_owned()),
            ("who", "Hanne Brandt".to_owned()),
            ("reason", "…".to_owned()),
        ];
        let pupil = Self {
            page: page.clone(),
            frame: DeskFrame {
                done: Some(page.say("desk-done-block")),
                ..frame()
            },
            name: "Storm Kjær".to_owned(),
            protected: true,
            facts: vec![fact("desk-user-name", "stor1234"), fact("desk-groups", "2.B")],
            remarks: vec![page.say("desk-elsewhere")],
            obstacles: vec![dead_password(page)],
            refused: vec![RefusedLine {
                when: "28.02.2027 10.15.00".to_owned(),
                code: "UL-203".to_owned(),
                headline: "…".to_owned(),
                way: page.say_with("desk-trouble-to", "service", "Bogskabet"),
                advice: "…".to_owned(),
                reference: "K7QM-2XPA".to_owned(),
            }],
            latest: DeskItem {
                href: Some(format!("{BASE}/importer/1")),
                ..item(&page.say_with("desk-latest-yes", "day", "28.02.2027"), "")
            },
            waiting: Some(WaitingPart {
                since: page.say_with("desk-waiting-since", "day", "28.02.2027"),
                vouched: Some(page.say_with("desk-waiting-vouched", "who", "Hanne Brandt")),
                form: Some(form("affiliation")),
            }),
            affiliations: vec![AffiliationLine {
                what: "Elev".to_owned(),
                notes: vec![page.say("desk-active")],
                reason_id: "end-reason".to_owned(),
                form: None,
            }],
            rule: Some(RulePart {
                holds: page.say_with("desk-rule-holds", "rule", page.say("desk-rule-mellemtrin")),
                set: Some(page.words.say_all("desk-rule-set", &values)),
                form: Some(form("rule")),
                rules: vec![("indskoling", page.say("desk-rule-indskoling"))],
            }),
            code: CodePart {
                state: page.say("desk-code-own"),
                form: None,
                button: String::new(),
                shown: None,
            },
            block: Some(BlockPart {
                set: vec![
                    page.words.say_all("desk-block-set", &values),
                    page.say("desk-block-central"),
                ],
                form: Some(form("block")),
                through_broker: false,
            }),
            right: None,
            history: vec![item("28.02.2027", "TABULEX")],
            kept: not_taken(),
        };
        let employee = Self {
            name: "Emil Bak".to_owned(),
            frame: frame(),
            protected: false,
            remarks: Vec::new(),
            obstacles: vec![plain(page.say_with(
                "desk-trouble-code-waits",
                "day",
                "15.03.2027",
            ))],
            refused: Vec::new(),
            latest: DeskItem {
                text: page.say("desk-latest-none"),
                ..DeskItem::default()
            },
            waiting: None,
            affiliations: vec![AffiliationLine {
                what: "Medarbejder: Vikar".to_owned(),
                notes: vec![page.say_with("desk-ends", "day", "30.06.2027")],
                reason_id: "end-reason".to_owned(),
                form: Some(form("affiliation")),
            }],
            rule: None,
            code: CodePart {
                state: page.say("desk-code-state-readable"),
                form: Some(form("code")),
                button: page.say("desk-code-show"),
                shown: Some(("k7m-p2x-9qd".to_owned(), "15.03.2027".to_owned())),
            },
            block: None,
            right: Some(RightPart {
                has: false,
                form: form("right"),
            }),
            history: Vec::new(),
            kept: DeskKept::default(),
            ..pupil.clone()
        };
        vec![("desk-pupil", pupil), ("desk-employee", employee)]
    }
}
