//! `portner import` and the watched folder, from files to a report.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

use portner::config::deliverers::{Deliverer, DelivererProof};
use portner::domain::import::{ImportState, SourceName};
use portner::domain::institution::InstitutionNumber;
use portner::domain::text::Language;
use portner::people::import::delivery::Delivery;
use portner::people::import::folder::WatchedFolder;
use portner::people::import::write;
use portner::texts::{Texts, Wording};

use super::importing::Desk;
use super::school::{School, cpr, nth_cpr};
use crate::world::house::Files;

fn written(delivery: &Delivery) -> Vec<u8> {
    let mut bytes = Vec::new();
    write::unilogin(delivery, &mut bytes).unwrap();
    bytes
}

fn put(files: &Files, name: &str, delivery: &Delivery) -> PathBuf {
    let path = files.path(name);
    std::fs::write(&path, written(delivery)).unwrap();
    path
}

fn import(files: &Files, arguments: &[&str], file: Option<&PathBuf>) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portner"));
    command.arg("import").arg(arguments[0]);
    command.args(file).args(&arguments[1..]);
    let output = command
        .arg("--config")
        .arg(files.path("portner.toml"))
        .output()
        .unwrap();
    let told = told(&output);
    for number in [nth_cpr(1), nth_cpr(7000)] {
        assert!(!told.contains(&number), "no number is told");
    }
    (output.status.success(), told)
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// The id in the last line that names one.
fn named_id(told: &str) -> String {
    let words = told.lines().rev().flat_map(|line| line.split([' ', ':']));
    let mut ids = words.filter(|word| word.len() == 36 && word.matches('-').count() == 4);
    ids.next().unwrap_or_else(|| panic!("no id in {told}")).to_owned()
}

#[test]
fn a_municipality_that_nobody_lives_in_is_written_the_same_each_time_and_comes_in() {
    let files = Files::new();
    let make = |folder: &str| {
        let folder = files.path(folder);
        let (well, told) = import(&files, &["made-up", "--people", "1500"], Some(&folder));
        assert!(well && told.contains("2 schools with 1500 people"), "{told}");
        let mut all: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        all.sort();
        all
    };
    let (one, other) = (make("one"), make("other"));
    assert_eq!(one.len(), 2);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    }
    let (well, told) = import(&files, &["apply", "--by", "Bente"], Some(&one[0]));
    assert!(well && told.contains("750 added"), "{told}");
    let (_, told) = import(&files, &["list"], None);
    assert!(
        told.contains("by Bente (as "),
        "the system says who that was: {told}"
    );
    let (well, _) = import(&files, &["made-up", "--people", "3"], Some(&files.path("few")));
    assert!(!well);
}

#[test]
fn a_school_moves_in_once_by_the_list_of_old() {
    let files = Files::new();
    let path = files.path("skole.csv");
    let list = "lokalt_id;fornavn;efternavn;rolle;trin;klasse;uni_id;brugernavn\n\
        E1;Sofie;Holm;Elev;3;3.B;1000009901;sofi9901\nE2;\u{c6}gir;Lund;L\u{e6}rer;;3.B;1000009902;aegi9902\n";
    std::fs::write(&path, list).unwrap();
    let of = [
        "migrate",
        "--institution",
        "909001",
        "--source",
        "flytning",
        "--sent-at",
        "2026-11-20T05:00:00Z",
        "--school-year",
        "2026-2027",
    ];
    let (_, told) = import(&files, &of, Some(&path));
    assert!(
        told.contains("2 added") && told.contains("nothing was changed"),
        "{told}"
    );
    let with = |more: &[&'static str]| [&of[..], more].concat();
    let (well, told) = import(&files, &with(&["--apply", "--by", "Bente"]), Some(&path));
    assert!(well && told.contains("applied as import"), "{told}");
    let id = named_id(&told);
    let (_, told) = import(&files, &["show", &id, "--search", "sofi9901"], None);
    assert!(
        told.contains("sofi9901"),
        "the names of the file are kept: {told}"
    );
    std::fs::write(&path, format!("{list}E3;Ida;Krog;Elev;3;3.B;;\n")).unwrap();
    let (well, told) = import(&files, &with(&["--apply", "--by", "Bente"]), Some(&path));
    assert!(!well, "once: {told}");
    let strange: Vec<_> = of
        .iter()
        .map(|word| if *word == "2026-2027" { "i \u{e5}r" } else { word })
        .collect();
    let (well, told) = import(&files, &strange, Some(&path));
    assert!(!well && told.contains("school year"), "{told}");
}

#[test]
fn a_school_comes_in_by_command_and_is_looked_up() {
    let files = Files::new();
    let mut school = School::of(40);
    let first = put(&files, "first.xml", &school.whole());
    let (well, told) = import(&files, &["check"], Some(&first));
    assert!(well && told.contains("44 people, 4 groups"), "{told}");
    assert!(!files.path("portner.db").exists(), "a check needs no database");
    let (well, told) = import(&files, &["plan"], Some(&first));
    assert!(well && told.contains("44 added"), "{told}");
    let (_, told) = import(&files, &["list"], None);
    assert!(!told.contains("applied"), "a plan changes nothing: {told}");
    let (well, told) = import(&files, &["apply", "--by", "ada"], Some(&first));
    assert!(well && told.contains("applied as import"), "{told}");
    let (well, told) = import(&files, &["apply", "--by", "ada"], Some(&first));
    assert!(well && told.contains("was applied before"), "{told}");

    school.person("E0003").person.number = cpr(&nth_cpr(7000));
    for id in ["E0001", "E0012", "E0023"] {
        school.without(id);
    }
    let second = put(&files, "second.xml", &school.whole());
    let (well, told) = import(&files, &["apply", "--by", "ada"], Some(&second));
    assert!(!well && told.contains("3 of 44 people would be gone"), "{told}");
    let held = named_id(&told);
    let (well, told) = import(
        &files,
        &["apply", "--confirm", &held, "--by", "ada"],
        Some(&second),
    );
    assert!(!well && told.contains("somebody else"), "{told}");
    let (well, told) = import(
        &files,
        &["apply", "--confirm", &held, "--by", "grace"],
        Some(&second),
    );
    assert!(well, "{told}");
    let (_, told) = import(&files, &["list", "--institution", "909001"], None);
    assert!(
        told.contains("confirmed by grace") && told.lines().count() == 2,
        "{told}"
    );
    let (_, told) = import(&files, &["show", &held], None);
    assert!(
        told.contains("Unexpected CPR number for this localPersonID"),
        "{told}"
    );
    let (_, told) = import(&files, &["show", &held, "--search", &nth_cpr(1)], None);
    assert!(told.contains('…'), "what was typed is not told again: {told}");
    for (text, well, says) in [
        ("E0002", true, "Is in the latest import."),
        ("E0001", false, "access ended"),
        ("E0003", false, "was not taken"),
        ("E7777", false, "never sent"),
    ] {
        let (all, told) = import(&files, &["show", &held, "--search", text], None);
        assert!(all == well && told.contains(says), "{text}: {told}");
    }

    let (well, told) = import(&files, &["reidentify", "--local-id", "E0003"], Some(&second));
    assert!(
        well && told.contains("1 changed") && told.contains("nothing was changed"),
        "{told}"
    );
    let applied = ["reidentify", "--local-id", "E0003", "--apply", "--by", "ada"];
    let (well, told) = import(&files, &applied, Some(&second));
    assert!(well, "{told}");
    let (well, _) = import(&files, &["keep", "909001", "TABULEX"], None);
    assert!(well);
    let (well, told) = import(&files, &["keep", "909001", "UKENDT"], None);
    assert!(!well, "{told}");
}

#[test]
fn what_is_no_delivery_is_refused_whole() {
    let files = Files::new();
    let path = files.path("bad.xml");
    std::fs::write(
        &path,
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><UNILoginImport/>",
    )
    .unwrap();
    for action in ["check", "plan", "apply"] {
        let (well, told) = import(&files, &[action], Some(&path));
        assert!(!well && told.contains("nothing of it was taken"), "{told}");
    }
    let (well, told) = import(&files, &["reidentify", "--local-id", &nth_cpr(1)], Some(&path));
    assert!(!well && !told.is_empty());
}

#[tokio::test]
async fn files_in_the_folder_come_to_lie_where_they_belong_with_a_report() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let watched = WatchedFolder {
        folder: folder.path().to_owned(),
        importer: desk.importer.clone(),
        of: None,
    };
    let mut school = School::of(20);
    std::fs::write(at("1.xml"), written(&school.whole())).unwrap();
    school.people.clear();
    std::fs::write(at("2.xml"), written(&school.whole())).unwrap();
    std::fs::write(at("3.txt"), "hej").unwrap();
    std::fs::write(at(".hidden.xml"), "half").unwrap();
    std::fs::write(at("4.xml.part"), "half").unwrap();
    let texts = Texts::new(Wording::default()).unwrap();
    let taken = watched.sweep(&texts.in_language(Language::Da)).await.unwrap();
    let states: Vec<_> = taken.iter().map(|one| one.state).collect();
    assert_eq!(states, ["done", "held", "refused"]);
    for one in &taken {
        assert!(one.file.exists() && one.file.parent().unwrap().ends_with(one.state));
        let report = one.file.display().to_string() + ".report.txt";
        assert!(!std::fs::read_to_string(report).unwrap().is_empty());
    }
    assert!(at(".hidden.xml").exists() && at("4.xml.part").exists());
    assert!(
        watched
            .sweep(&texts.in_language(Language::Da))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(desk.present(&school).await.actors.len(), 42);

    // Half way when Portner stopped: taken in at the next start.
    std::fs::create_dir_all(at("working")).unwrap();
    std::fs::write(at("working/5.txt"), "hej").unwrap();
    watched.recover().unwrap();
    let taken = watched.sweep(&texts.in_language(Language::Da)).await.unwrap();
    assert_eq!(taken.len(), 1);
}

#[tokio::test]
async fn files_are_taken_in_as_they_were_written_and_never_over_each_other() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let watched = WatchedFolder {
        folder: folder.path().to_owned(),
        importer: desk.importer.clone(),
        of: None,
    };
    let mut school = School::of(20);
    std::fs::write(at("delta-9.xml"), written(&school.whole())).unwrap();
    school.pupil("N1", &nth_cpr(7000), "0A", "3");
    std::fs::write(at("delta-10.xml"), written(&school.changes())).unwrap();
    let texts = Texts::new(Wording::default()).unwrap();
    let words = texts.in_language(Language::Da);
    let taken = watched.sweep(&words).await.unwrap();
    let states: Vec<_> = taken.iter().map(|one| one.state).collect();
    assert_eq!(states, ["done", "done"]);
    assert!(taken[0].file.ends_with(taken[0].file.file_name().unwrap()));
    assert!(taken[0].file.to_string_lossy().ends_with("delta-9.xml"));
    desk.actor(&school, "N1").await;

    // Two files of one name at one moment, and one half way when a newer one came: all are there.
    std::fs::create_dir_all(at("working")).unwrap();
    std::fs::write(at("working/a.txt"), "old").unwrap();
    std::fs::write(at("a.txt"), "new").unwrap();
    let taken = watched.sweep(&words).await.unwrap();
    let mut said: Vec<_> = taken
        .iter()
        .map(|one| std::fs::read_to_string(&one.file).unwrap())
        .collect();
    said.sort();
    assert_eq!(said, ["new", "old"]);
    std::fs::write(at("a.txt"), "newer").unwrap();
    let [third] = watched.sweep(&words).await.unwrap().try_into().unwrap();
    assert_eq!(std::fs::read_to_string(&third.file).unwrap(), "newer");
    for (one, text) in taken.iter().zip(["new", "old"]) {
        assert_eq!(std::fs::read_to_string(&one.file).unwrap().len(), text.len());
    }
}

#[tokio::test]
async fn a_file_waits_while_the_database_is_away_and_so_do_those_after_it() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let watched = WatchedFolder {
        folder: folder.path().to_owned(),
        importer: desk.importer.clone(),
        of: None,
    };
    let mut school = School::of(20);
    std::fs::write(at("1.xml"), written(&school.whole())).unwrap();
    let texts = Texts::new(Wording::default()).unwrap();
    let words = texts.in_language(Language::Da);
    watched.sweep(&words).await.unwrap();
    school.pupil("N1", &nth_cpr(7000), "0A", "3");
    std::fs::write(at("2.xml"), written(&school.changes())).unwrap();
    school.pupil("N2", &nth_cpr(7001), "0A", "3");
    std::fs::write(at("3.xml"), written(&school.changes())).unwrap();

    // Another process holds the database for writing.
    let address = format!("sqlite:{}", desk.folder.path().join("portner.db").display());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&address)
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let taken = watched.sweep(&words).await.unwrap();
    assert_eq!(taken, []);
    assert!(at("2.xml").exists() && at("3.xml").exists());
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let taken = watched.sweep(&words).await.unwrap();
    let states: Vec<_> = taken.iter().map(|one| one.state).collect();
    assert_eq!(states, ["done", "done"]);
    desk.actor(&school, "N1").await;
    desk.actor(&school, "N2").await;
}

#[test]
fn nobody_says_yes_without_a_name_that_can_be_shown() {
    let files = Files::new();
    let first = put(&files, "first.xml", &School::of(20).whole());
    for by in [&[][..], &["--by", "a\u{1b}[2Jb"], &["--by", ""]] {
        let arguments: Vec<_> = ["apply"].into_iter().chain(by.iter().copied()).collect();
        let (well, told) = import(&files, &arguments, Some(&first));
        assert!(!well && told.contains("say who you are"), "{told}");
    }
    let (_, told) = import(&files, &["list"], None);
    assert!(!told.contains("applied") && !told.contains("held"), "{told}");
}

#[tokio::test]
async fn k01_a_deliverers_own_folder_speaks_for_its_own_alone() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let own = Deliverer {
        name: "skolesystem".to_owned(),
        proof: DelivererProof::Folder(folder.path().to_owned()),
        sources: BTreeSet::from([SourceName::parse("TABULEX").unwrap()]),
        institutions: BTreeSet::from([InstitutionNumber::parse("909001").unwrap()]),
    };
    let watched = WatchedFolder {
        folder: folder.path().to_owned(),
        importer: desk.importer.clone(),
        of: Some(own),
    };
    let texts = Texts::new(Wording::default()).unwrap();
    let words = texts.in_language(Language::Da);
    std::fs::write(at("1.xml"), written(&School::of(20).whole())).unwrap();
    std::fs::write(at("2.xml"), written(&School::of_at(20, "909002", 100).whole())).unwrap();
    let mut strange = School::of(20);
    strange.source = "ANDEN";
    std::fs::write(at("3.xml"), written(&strange.whole())).unwrap();
    let taken = watched.sweep(&words).await.unwrap();
    let mut states: Vec<_> = taken.iter().map(|one| one.state).collect();
    states.sort_unstable();
    assert_eq!(states, ["done", "refused", "refused"]);
    let imports = desk.importer.store.imports(None, 10).await.unwrap();
    let applied: Vec<_> = imports
        .iter()
        .filter(|one| one.state == ImportState::Applied)
        .collect();
    assert_eq!(applied.len(), 1);
    assert_eq!(
        (applied[0].institution.as_str(), applied[0].delivered_by.as_str()),
        ("909001", "skolesystem")
    );
}
