//! Many rows in few statements.

/// The most rows of one statement: each row count is a statement text of its own, which the
/// connection keeps prepared.
const LONGEST: usize = 64;
/// Statements that a writing connection keeps prepared: every run of every table.
pub(super) const STATEMENTS: usize = 704;

/// Cuts rows into runs, each of which is written by one statement.
pub(super) fn of<T>(rows: &[T]) -> std::slice::Chunks<'_, T> {
    rows.chunks(LONGEST)
}

/// Places for values in a statement, from `$first` on: `$3, $4, $5`.
pub(super) fn places(first: usize, count: usize) -> String {
    let places: Vec<_> = (first..first + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}
