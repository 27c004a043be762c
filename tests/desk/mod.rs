//! The administrators' desk, through the front door: by the people who come to it, and by those who
//! should not.

mod acts;
mod administrators;
mod api;
mod elevadgang;
mod everybody;
pub(crate) mod everywhere;
mod forms;
mod held;
mod past;
mod stage;
mod troubles;
mod unconfirmed;
