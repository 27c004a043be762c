//! Trust that keeps itself up to date: files that change, metadata that ends, sources that are
//! fetched. The clock stands still and the keeper is moved by hand.

mod feeds;
mod lists;
mod providers;
mod reload;
pub(crate) mod sources;
