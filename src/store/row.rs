//! Rows that are read by the names of their columns, on either database.
//!
//! What a derive would write. sqlx's derives compile both database drivers a second time, for
//! the compiler's own use, which is a tenth of a clean build.

/// Declares a struct whose fields are columns of the same name.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        $vis struct $name {
            $($vis $field: $type,)*
        }

        $crate::store::row::readable!(sqlx::sqlite::SqliteRow, $name { $($field),* });
        $crate::store::row::readable!(sqlx::postgres::PgRow, $name { $($field),* });
    };
}

macro_rules! readable {
    ($row:ty, $name:ident { $($field:ident),* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $($field: sqlx::Row::try_get(row, stringify!($field))?,)*
                })
            }
        }
    };
}

pub(super) use {readable, row};
