//! People from the administrative systems of schools (U65–U70).
//!
//! What a source system sends is read into a [`Delivery`](delivery::Delivery), whatever the format; what
//! cannot be read of it is a [`Finding`](finding::Finding), and what cannot be trusted at all is a
//! [`DeliveryRefusal`](refusal::DeliveryRefusal) (DR23). Readers know nothing of the store.

pub mod delivery;
pub mod finding;
pub mod importer;
pub mod limits;
mod materialise;
pub mod names;
pub mod new_names;
pub mod objection;
pub mod overview;
pub mod plan;
pub mod reason;
pub mod refusal;
pub mod report;
pub mod shown;
pub mod upkeep;
