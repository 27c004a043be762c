//! What is done with people outside of logins: bringing them in, and the desks of those who look after them.
//!
//! Use cases over the store. Not here: pages and HTTP, which are `web`'s, and who a person is, which is
//! `domain`'s.

pub mod admin_desk;
pub mod import;
pub mod own_history;
pub mod parent_desk;
pub mod self_service;
pub mod support;
pub mod teacher_desk;
