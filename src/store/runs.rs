//! Many rows in few statement texts.

/// Cuts rows into runs of 64, 32, 16 … 1, so that few statement texts exist and each stays prepared.
pub(super) fn by_powers_of_two<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    const LARGEST: usize = 64;
    std::iter::from_fn(move || {
        let size = if rows.len() >= LARGEST {
            LARGEST
        } else {
            1 << rows.len().checked_ilog2()?
        };
        let (run, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_all_rows_in_order_with_few_sizes() {
        for length in 0..300 {
            let rows: Vec<usize> = (0..length).collect();
            let runs: Vec<&[usize]> = by_powers_of_two(&rows).collect();
            assert_eq!(runs.concat(), rows);
            assert!(
                runs.iter()
                    .all(|run| run.len().is_power_of_two() && run.len() <= 64)
            );
        }
    }
}
