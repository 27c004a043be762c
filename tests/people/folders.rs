//! The watched folder of a deliverer who writes more there than deliveries.

use std::os::unix::fs::symlink;
use std::path::Path;

use portner::domain::text::Language;
use portner::people::import::folder::WatchedFolder;
use portner::people::import::write;
use portner::texts::{Texts, Wording};

use super::importing::Desk;
use super::school::School;

fn watched(desk: &Desk, folder: &Path) -> WatchedFolder {
    WatchedFolder {
        folder: folder.to_owned(),
        importer: desk.importer.clone(),
        of: None,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn k01_no_link_in_the_folder_leads_out_of_it() {
    let desk = Desk::open().await;
    let texts = Texts::new(Wording::default()).unwrap();
    let words = texts.in_language(Language::Da);
    for planted in ["working", "done", "held", "refused"] {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(elsewhere.path().join("kept.toml"), "ours").unwrap();
        symlink(elsewhere.path(), folder.path().join(planted)).unwrap();
        std::fs::write(folder.path().join("planted.toml"), "theirs").unwrap();
        let swept = watched(&desk, folder.path()).sweep(&words).await;
        assert!(swept.is_err(), "{planted}: {swept:?}");
        assert!(watched(&desk, folder.path()).recover().is_err(), "{planted}");
        assert_eq!(names(elsewhere.path()), ["kept.toml"], "{planted}");
        assert!(folder.path().join("planted.toml").exists(), "{planted}");
        assert!(!folder.path().join("kept.toml").exists(), "{planted}");

        // Without the link it is taken as anything else is.
        std::fs::remove_file(folder.path().join(planted)).unwrap();
        let taken = watched(&desk, folder.path()).sweep(&words).await.unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].state, "refused");
    }
}

#[tokio::test]
async fn k02_a_file_that_does_not_end_is_refused_and_not_read_on() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    write::unilogin(&School::of(20).whole(), &mut bytes).unwrap();
    while bytes.len() < 51 * 1024 * 1024 {
        bytes.extend_from_slice(b"<!-- and on -->\n");
    }
    std::fs::write(folder.path().join("1.xml"), bytes).unwrap();
    let texts = Texts::new(Wording::default()).unwrap();
    let words = texts.in_language(Language::Da);
    let taken = watched(&desk, folder.path()).sweep(&words).await.unwrap();
    assert_eq!(taken[0].state, "refused");
    let report = taken[0].file.display().to_string() + ".report.txt";
    let report = std::fs::read_to_string(report).unwrap();
    assert!(
        report.replace(['\u{2068}', '\u{2069}'], "").contains("50 MB"),
        "{report}"
    );
    assert!(desk.importer.store.imports(None, 10).await.unwrap().is_empty());
}
