//! The operator's files as the operator meets them: the shipped ones say what they promise,
//! and bad ones are answered with everything that is wrong, where, and how to mend it.

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme};
use portner::config::attributes::Vocabularies;
use portner::config::problem::{Problems, Source};
use portner::config::releases::ReleaseRules;
use portner::config::{Settings, settings::load_source};
use portner::domain::attribute::Attribute;
use portner::domain::face::Face;

const SHIPPED: &str = include_str!("../config/portner.toml");

fn parse(text: &str) -> Result<Settings, Problems> {
    Settings::parse(&Source::new("portner.toml", text))
}

/// What the operator reads.
fn report(problems: &Problems) -> String {
    let printer = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut out = String::new();
    for problem in problems {
        printer.render_report(&mut out, problem).unwrap();
        writeln!(out).unwrap();
    }
    out
}

fn problems_of(text: &str) -> String {
    report(&parse(text).expect_err("the file is bad"))
}

#[test]
fn the_shipped_file_says_what_an_empty_one_says() {
    assert_eq!(parse(SHIPPED).unwrap(), Settings::default());
    assert_eq!(parse("").unwrap(), Settings::default());
}

#[test]
fn every_default_in_the_shipped_file_is_the_real_one() {
    let uncommented: String = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(parse(&uncommented).unwrap(), Settings::default());
    assert!(uncommented.lines().filter(|line| line.contains(" = ")).count() > 50);
}

#[test]
fn every_setting_is_in_the_shipped_file() {
    let unknown = "x_x = 1\n".to_owned()
        + &[
            "listen",
            "listen.tls",
            "listen.mutual_tls",
            "store",
            "keys",
            "files",
            "presentation",
            "presentation.support",
            "session",
            "passwords",
            "help",
            "egress",
            "limits",
            "limits.http",
            "limits.names",
            "limits.guesses",
            "evidence",
            "import",
            "log",
        ]
        .map(|table| format!("[{table}]\nx_x = 1\n"))
        .concat()
        + "[[presentation.notices]]\nx_x = 1\n";
    let problems = parse(&unknown).expect_err("x_x is no setting");
    let known = problems
        .iter()
        .filter_map(|problem| problem.remedy()?.strip_prefix("known here: "));
    let mut count = 0;
    for key in known.flat_map(|list| list.split(", ")) {
        let place = [
            format!("{key} = "),
            format!("[{key}"),
            format!(".{key}]"),
            format!("{key},"),
            format!("{key}."),
        ];
        assert!(
            place.iter().any(|place| SHIPPED.contains(place)),
            "{key} is not in config/portner.toml"
        );
        count += 1;
    }
    assert!(count > 55, "only {count} settings were looked for");
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    insta::assert_snapshot!(problems_of(
        r#"
orign = "https://login.lillekøbing.example"
domain_login = "yes"

[listen]
public = ["[::]:443", "everywhere"]

[store]
url = "postgres://portner:hemmeligt@db.example/portner"

[keys]
cpr-index = "0123456789abcdef"

[passwords]
memory = "64 KB"

[limits.http]
header = "three minutes"
"#
    ));
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    insta::assert_snapshot!(problems_of(
        r#"
origin = "https://login.example"

[listen]
public = ["[::]:443"]
admin = "[::]:443"

[session]
idle = "12 h"

[passwords]
memory = "8 MiB"
workers = 0
"#
    ));
}

#[test]
fn a_wrong_origin_brings_no_other_fault_with_it() {
    for listen in [
        "public = [\"0.0.0.0:443\"]",
        "[listen.tls]\ncertificate = \"a\"\nkey = { file = \"b\" }",
    ] {
        let problems =
            parse(&format!("origin = \"login.example\"\n[listen]\n{listen}\n")).expect_err("it is no origin");
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("origin: "), "{told:?}");
    }
}

#[test]
fn an_origin_that_is_not_ours_to_promise_is_refused() {
    insta::assert_snapshot!(problems_of("origin = \"http://login.example/portner\"\n"));
}

#[test]
fn a_file_that_is_no_toml_is_told_where() {
    insta::assert_snapshot!(problems_of("[listen\npublic = [\"127.0.0.1:80\"]\norigin = 3\n"));
}

#[test]
fn the_shipped_vocabularies_and_rules_fit_together() {
    let vocabularies = Vocabularies::parse(&load_source("config/attributes.toml".as_ref()).unwrap()).unwrap();
    let rules = ReleaseRules::parse(&load_source("config/releases.toml".as_ref()).unwrap()).unwrap();
    let unilogin = vocabularies.get("unilogin").unwrap();
    for (_, face) in Face::WORDS {
        let vocabulary = vocabularies.get(face.vocabulary()).unwrap();
        let Some(rule) = face.release() else { continue };
        for attribute in &rules.get(rule).unwrap().attributes {
            let name = vocabulary
                .name(*attribute)
                .unwrap_or_else(|| panic!("{attribute:?} has no name in {}", face.vocabulary()));
            assert!(!name.saml.is_empty() && !name.claims.is_empty(), "{attribute:?}");
        }
    }
    assert_eq!(
        unilogin.attribute_of_claim("aktoer_gruppe"),
        Some(Attribute::ActorGroup)
    );
    assert!(rules.get("administration").unwrap().cpr);
    assert!(
        !rules
            .get("learning")
            .unwrap()
            .attributes
            .contains(&Attribute::GivenName)
    );
}

#[test]
fn an_unknown_attribute_and_a_shared_name_are_told() {
    let rules = ReleaseRules::parse(&Source::new(
        "releases.toml",
        "[all]\npurpose = \"x\"\nattributes = [\"name\"]\n",
    ));
    let names = "[v]\nuni-id = { claim = \"id\" }\ncvr = { claim = \"id\", frmat = \"uri\" }\n";
    let vocabularies = Vocabularies::parse(&Source::new("attributes.toml", names));
    insta::assert_snapshot!(report(&rules.unwrap_err()) + &report(&vocabularies.unwrap_err()));
}

#[test]
fn a_misspelt_fact_is_told_what_it_might_have_been() {
    let names = "[unilogin]\ngiven_name = { claim = \"given_name\" }\n";
    let problems = Vocabularies::parse(&Source::new("attributes.toml", names)).unwrap_err();
    let report = report(&problems);
    assert!(report.contains("did you mean `given-name`?"), "{report}");
}

#[test]
fn a_file_that_is_no_text_is_told_how_to_save_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("portner.toml");
    std::fs::write(&path, b"origin = \"https://login.lillek\xf8bing.example\"\n").unwrap();
    let problems = load_source(&path).unwrap_err();
    assert!(report(&problems).contains("save it as text in UTF-8"));
}

#[test]
fn a_misspelt_level_silences_nothing() {
    for good in ["info", "warn,portner::saml=debug", "off", "info, portner=trace"] {
        let read = parse(&format!("[log]\nfilter = \"{good}\"\n"));
        assert_eq!(read.unwrap().log.filter, good);
    }
    for bad in [
        "infoo,=",
        "infoo",
        "info,",
        "portner::saml",
        "info,portner=loud",
        "=info",
    ] {
        let told = problems_of(&format!("[log]\nfilter = \"{bad}\"\n"));
        assert!(
            told.contains("log.filter: this is not a filter of levels"),
            "{bad}: {told}"
        );
    }
}

#[test]
fn the_login_is_called_as_the_installation_is_unless_that_is_said() {
    let called = |lines: &str| {
        let read = parse(&format!("[presentation]\n{lines}\n")).unwrap();
        let language = portner::domain::text::Language::Da;
        read.presentation.product.in_language(language).to_owned()
    };
    assert_eq!(called(""), "Unilogin");
    assert_eq!(called("name = \"Skolelogin\""), "Skolelogin");
    assert_eq!(
        called("name = \"Skolelogin\"\nproduct = \"Loginnet\""),
        "Loginnet"
    );
}
