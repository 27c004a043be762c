//! `src/manual/attacks.md` names tests that are there, and every test of a row.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rows of the catalogue that block a release.
const BLOCKING: &str = "A01 A02 A03 A06 A08 A12 A14 A18 A20 A21 A22 A23 A25 A26 A27 A28 A30 B01 B02 B04 B05 B07 \
    B10 B11 B12 B13 B14 B15 B17 B18 B19 B21 B24 B25 C01 C03 C04 C05 C06 C07 C08 C09 D01 \
    D02 D03 D04 D08 D09 E01 E03 E04 E06 E10 E11 E12 E13 E15 E16 F01 F02 F04 F05 F06 F08 \
    F12 F13 F14 G01 G07 G08 G12 G16 H01 H02 H03 H04 H09 H10 H12 I01 I03 I04 I05 I07 I08 \
    I09 I11 I12 I14 J01 J03 J05 J09 K01 K02 K05 K06 K07 K08 K09 K10 K11 L01 L02 L08 M02 \
    M04 M05 M09 M10";

/// Those that weaken, or hurt one account.
const WEAKENING: &str = "B20 B23 D12 E09 E14 F07 F09 F10 G02 G04 G05 G11 G14 G15 H07 H08 I06 J07 J08 K04 L05 L06 \
    L07 M01 M03";

/// Those beside them.
const BESIDE: &str = "B26 B27 C11 F11 L09 M13 M14 M15";

/// Row and cells of the page's table.
fn table() -> BTreeMap<String, Vec<String>> {
    let page = include_str!("../../src/manual/attacks.md");
    page.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").map(str::to_owned).collect::<Vec<_>>())
        .filter(|cells| cells[0] != "Row")
        .map(|mut cells| (cells.remove(0), cells))
        .collect()
}

/// The functions of every source file below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let names = source.split("fn ").skip(1);
            found.extend(names.filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())));
        }
    }
}

/// The rows that a test's name begins with, such as `f12_e12_…`.
fn rows_of(test: &str) -> Vec<String> {
    test.split('_')
        .take_while(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(|first| first.is_ascii_lowercase())
                && part.len() == 3
                && letters.all(|letter| letter.is_ascii_digit())
        })
        .map(str::to_uppercase)
        .collect()
}

#[test]
fn the_page_names_every_row_and_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    functions(&root.join("tests"), &mut known);
    functions(&root.join("src"), &mut known);
    let table = table();
    let wanted: BTreeSet<_> = [BLOCKING, WEAKENING, BESIDE]
        .into_iter()
        .flat_map(str::split_whitespace)
        .collect();
    let rows: BTreeSet<_> = table.keys().map(String::as_str).collect();
    assert_eq!(wanted.difference(&rows).count(), 0, "rows without an entry");
    assert_eq!(rows, wanted);
    for (row, cells) in &table {
        let named: Vec<_> = cells[1].split('`').skip(1).step_by(2).collect();
        for test in &named {
            assert!(known.contains(*test), "{row}: there is no test {test}");
        }
        let is_plain = ["no test", "not built: ", "no links"].map(|word| cells[1].starts_with(word));
        assert!(!named.is_empty() || is_plain.contains(&true), "{row}");
    }

    let mut of_attacks = BTreeSet::new();
    functions(&root.join("tests/attacks"), &mut of_attacks);
    for test in of_attacks {
        for row in rows_of(&test) {
            let cells = &table
                .get(&row)
                .unwrap_or_else(|| panic!("no row {row} for {test}"));
            assert!(cells[1].contains(&format!("`{test}`")), "{row} lacks {test}");
        }
    }
}
