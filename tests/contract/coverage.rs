//! That the suite leaves nothing out: every method of the store is called by a check, and
//! both migration folders make the same tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn texts(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The public methods in the `impl Store` and `impl Writer` blocks of one file.
fn methods(source: &str) -> Vec<String> {
    let mut methods = Vec::new();
    let mut inside = false;
    for line in source.lines() {
        match line {
            "impl Store {" | "impl Writer {" => inside = true,
            "}" => inside = false,
            _ if inside => {
                let line = line.trim_start();
                let name = line
                    .strip_prefix("pub async fn ")
                    .or_else(|| line.strip_prefix("pub fn "));
                methods.extend(name.and_then(|name| name.split('(').next()).map(str::to_owned));
            }
            _ => {}
        }
    }
    methods
}

#[test]
fn every_method_of_the_store_is_called_by_a_check() {
    let checks: String = texts("tests/contract", ".rs").into_values().collect();
    let methods: Vec<String> = texts("src/store", ".rs")
        .values()
        .flat_map(|text| methods(text))
        .collect();
    assert!(
        methods.len() > 30,
        "methods are not recognised any more: {methods:?}"
    );
    let forgotten: Vec<_> = methods
        .iter()
        .filter(|name| !checks.contains(&format!(".{name}(")) && !checks.contains(&format!("::{name}(")))
        .collect();
    assert!(forgotten.is_empty(), "no check calls {forgotten:?}");
}

/// Statements without comments, line breaks and the spellings that may differ.
fn plain(sql: &str) -> Vec<String> {
    sql.replace(" WITHOUT ROWID", "")
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(str::split_whitespace)
        .map(|word| {
            word.replace("BLOB", "BYTEA")
                .replace("INTEGER", "BIGINT")
                .replace("x''", "''")
        })
        .collect()
}

#[test]
fn both_databases_get_the_same_tables() {
    let (sqlite, postgres) = (
        texts("src/store/migrations/sqlite", ".sql"),
        texts("src/store/migrations/postgres", ".sql"),
    );
    assert!(!sqlite.is_empty());
    assert_eq!(
        sqlite.keys().collect::<Vec<_>>(),
        postgres.keys().collect::<Vec<_>>()
    );
    for (name, text) in &sqlite {
        assert_eq!(plain(text), plain(&postgres[name]), "{name}");
    }
}

#[test]
fn every_migration_file_is_a_step() {
    let steps =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations.rs")).unwrap();
    for name in texts("src/store/migrations/sqlite", ".sql").keys() {
        assert_eq!(steps.matches(&format!("\"{name}\"")).count(), 2, "{name}");
    }
}

/// Tables with a row that must go before the account or person that it points to.
fn belonging_to(parent: &str) -> Vec<String> {
    let mut tables = Vec::new();
    for text in texts("src/store/migrations/sqlite", ".sql").into_values() {
        let mut table = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                rest.split([' ', '(']).next().unwrap().clone_into(&mut table);
            }
            let points = line.contains(&format!("REFERENCES {parent} "));
            if points && !line.contains("ON DELETE CASCADE") && !line.trim_start().starts_with("--") {
                tables.push(table.clone());
            }
        }
    }
    tables
}

#[test]
fn who_is_forgotten_leaves_nothing_behind() {
    let leavers =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/leavers.rs")).unwrap();
    let belongings: Vec<_> = ["accounts", "people"].map(belonging_to).concat();
    assert!(belongings.len() >= 5, "{belongings:?}");
    for table in belongings {
        assert!(
            leavers.contains(&format!("DELETE FROM {table} WHERE")),
            "{table} keeps people from being forgotten: see src/store/leavers.rs"
        );
    }
}
