//! Deliveries of administrative systems, read: what is taken, what is found, what is refused (U65–U68, K01, K02).

mod hostile;
mod oneroster;
mod sample;
mod speed;
mod tables;
mod unilogin;
mod zips;

pub(crate) use oneroster::honest_tables;
pub(crate) use zips::honest_zip;
