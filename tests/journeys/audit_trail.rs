//! The audit trail against whoever administers the database (L05): what was told of it elsewhere convinces.

use std::path::Path;
use std::process::Command;

use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::Files;

/// What is made before the house stands: the place of the key, and of the checkpoints.
fn portner(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_portner"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

struct Watched {
    world: Federation,
    place: tempfile::TempDir,
}

impl Watched {
    async fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        let pair = place.path().join("pair");
        let (well, told, _) = portner(&["audit", "new-key", path(&pair)]);
        assert!(well && told.contains("audit.pub"), "{told}");
        let (well, _, faults) = portner(&["audit", "new-key", path(&pair)]);
        assert!(!well && faults.contains("holds no pair yet"), "{faults}");
        let settings = format!(
            "[audit]\nsigning_key = {{ file = \"{}\" }}\ncheckpoints = \"{}\"\n",
            path(&pair.join("audit.key")),
            path(&place.path().join("points.txt")),
        );
        let world = Federation::start_changed(|files: &Files| files.add("portner.toml", &settings)).await;
        Self { world, place }
    }

    async fn log_in(&self, name: &str) {
        let mut browser = self.world.visitor();
        let page = self.world.arrive(&mut browser, "skolebroen").await;
        let page = self.world.log_in_as(&mut browser, &page, name).await;
        assert!(is_logged_in(&page), "{}", page.body);
    }

    fn run(&self, arguments: &[&str]) -> (bool, String, String) {
        let config = self.world.house.files.path("portner.toml");
        portner(&[arguments, &["--config", path(&config)]].concat())
    }

    fn verify(&self) -> (bool, String, String) {
        let points = self.place.path().join("points.txt");
        let public = self.place.path().join("pair/audit.pub");
        self.run(&[
            "audit",
            "verify",
            "--against",
            path(&points),
            "--key",
            path(&public),
        ])
    }

    fn assert_found(&self, what: &str) {
        let (well, told, _) = self.run(&["audit", "verify"]);
        assert!(
            well && told.starts_with("whole: "),
            "in itself it is whole: {told}"
        );
        let (well, told, faults) = self.verify();
        assert!(!well && faults.contains(what), "{what}: {told}{faults}");
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn l05_who_writes_the_whole_trail_anew_is_found_by_what_was_told_of_it_elsewhere() {
    let watched = Watched::start().await;
    watched.log_in("alma1234").await;
    let (well, told, faults) = watched.run(&["audit", "checkpoint"]);
    assert!(well && told.starts_with("portner-audit-1 1 "), "{told}{faults}");
    watched.log_in("alma1234").await;
    watched.log_in("alma1234").await;
    watched.run(&["audit", "checkpoint"]);
    let (well, told, faults) = watched.verify();
    assert!(
        well && told.contains("as told by 2 checkpoints, signed"),
        "{told}{faults}"
    );

    // Rows after the last that was told are nobody's business yet.
    watched.log_in("alma1234").await;
    assert!(watched.verify().0);
    // The second row altered, and everything after it written anew: whole in itself.
    let house = &watched.world.house;
    house.tamper("DELETE FROM audit WHERE sequence > 1").await;
    house
        .tamper(
            "UPDATE audit_ends SET sequence = 1, hash = (SELECT hash FROM audit WHERE sequence = 1) \
             WHERE which = 'head'",
        )
        .await;
    watched.assert_found("number 3, which was the last at");
    for _ in 0..3 {
        watched.log_in("alma1234").await;
    }
    watched.assert_found("the rows from number 2 to 3 are not those that were there at");
}

#[tokio::test]
async fn l05_who_says_that_rows_were_forgotten_is_found_too() {
    let watched = Watched::start().await;
    watched.log_in("alma1234").await;
    watched.run(&["audit", "checkpoint"]);
    watched.log_in("alma1234").await;
    let house = &watched.world.house;
    house
        .tamper(
            "UPDATE audit_ends SET sequence = 2, hash = (SELECT hash FROM audit WHERE sequence = 2) \
             WHERE which = 'tail'",
        )
        .await;
    house.tamper("DELETE FROM audit").await;
    watched.assert_found("number 1, which was the last at");
}

#[tokio::test]
async fn l05_checkpoints_that_somebody_else_wrote_convince_nobody() {
    let watched = Watched::start().await;
    watched.log_in("alma1234").await;
    watched.run(&["audit", "checkpoint"]);
    let points = watched.place.path().join("points.txt");
    let honest = std::fs::read_to_string(&points).unwrap();
    let unsigned = honest.rsplit_once(' ').unwrap().0.to_owned() + " -\n";
    let other = watched.place.path().join("other");
    portner(&["audit", "new-key", path(&other)]);
    for forged in [honest.replacen(" 1 ", " 2 ", 1), unsigned] {
        std::fs::write(&points, &forged).unwrap();
        let (well, _, faults) = watched.verify();
        assert!(
            !well && faults.contains("not signed by this key"),
            "{forged}{faults}"
        );
    }
    std::fs::write(&points, "intet\n").unwrap();
    let (well, _, faults) = watched.verify();
    assert!(
        !well && faults.contains("there is no checkpoint in it"),
        "{faults}"
    );
    // Out of a log, with other words around it.
    std::fs::write(
        &points,
        format!("2027 INFO audit.checkpoint=\"{}\"\n", honest.trim()),
    )
    .unwrap();
    assert!(watched.verify().0);
    std::fs::rename(
        other.join("audit.pub"),
        watched.place.path().join("pair/audit.pub"),
    )
    .unwrap();
    assert!(!watched.verify().0, "another's key");
}

#[tokio::test]
async fn l05_who_logs_in_with_words_like_a_checkpoint_spoils_no_comparison() {
    let watched = Watched::start().await;
    watched.log_in("alma1234").await;
    watched.run(&["audit", "checkpoint"]);
    let points = watched.place.path().join("points.txt");
    let honest = std::fs::read_to_string(&points).unwrap();
    let honest = format!(
        "2027 INFO the audit trail ends here audit.checkpoint=\"{}\"\n",
        honest.trim()
    );
    let strange = "portner-audit-1 5 00 2027-03-02T08:00:00Z -";
    for hostile in [
        format!("2027 WARN refused reason=\"name {strange}\"\n"),
        format!("2027 WARN refused reason=audit.checkpoint=\"{strange}\"\n"),
    ] {
        std::fs::write(&points, format!("{hostile}{honest}{hostile}")).unwrap();
        let (well, told, faults) = watched.verify();
        assert!(
            well && told.contains("as told by 1 checkpoints, signed"),
            "{hostile}: {told}{faults}"
        );
    }
    let (_, told, _) = watched.verify();
    assert!(
        told.contains("2 that are not signed by this key were passed over"),
        "{told}"
    );
    // Without a key the field counts, and words elsewhere in a line do not.
    std::fs::write(&points, format!("2027 WARN reason=\"{strange}\"\n{honest}")).unwrap();
    let (well, told, faults) = watched.run(&["audit", "verify", "--against", path(&points)]);
    assert!(well, "{told}{faults}");
}

#[tokio::test]
async fn l05_the_witness_signs_no_trail_that_is_not_the_one_it_has_signed_before() {
    let watched = Watched::start().await;
    for _ in 0..3 {
        watched.log_in("alma1234").await;
    }
    assert!(watched.run(&["audit", "checkpoint"]).0);
    let points = watched.place.path().join("points.txt");
    let honest = std::fs::read_to_string(&points).unwrap();
    let house = &watched.world.house;
    house.tamper("DELETE FROM audit WHERE sequence > 1").await;
    house
        .tamper(
            "UPDATE audit_ends SET sequence = 1, hash = (SELECT hash FROM audit WHERE sequence = 1) \
             WHERE which = 'head'",
        )
        .await;
    for shorter in [true, false] {
        let (well, told, faults) = watched.run(&["audit", "checkpoint"]);
        assert!(
            !well && faults.contains("not the trail that was signed before"),
            "{shorter}: {told}{faults}"
        );
        assert_eq!(std::fs::read_to_string(&points).unwrap(), honest);
        for _ in 0..3 {
            watched.log_in("alma1234").await;
        }
    }
    // Somebody has looked into it, and begins anew.
    std::fs::remove_file(&points).unwrap();
    assert!(watched.run(&["audit", "checkpoint"]).0);
}
