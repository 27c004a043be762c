//! What Portner talks about, free of how it is carried or kept.
//!
//! Pure: no async, no HTTP, SQL, XML or JSON, no files, no clock. Everything here is a
//! value that cannot be wrong once it exists, or a rule over such values.

pub mod account;
pub mod actor;
pub mod address;
pub mod approval;
pub mod assurance;
pub mod attribute;
pub mod audit;
pub mod board;
pub mod checkpoint;
pub mod civil_number;
pub mod contact;
pub mod cpr;
pub mod credential_class;
pub mod day;
pub mod desk;
pub mod eid;
pub mod error_url;
pub mod evidence;
pub mod face;
pub mod group;
pub mod history;
pub mod import;
pub mod institution;
pub mod licence;
pub mod login_name;
pub mod own_page;
pub mod password_rule;
pub mod person_record;
pub mod privilege;
pub mod recovery;
pub mod refusal;
pub mod release;
pub mod role;
pub mod search_word;
pub mod service;
pub mod session;
pub mod spoken_text;
pub mod stage;
pub mod support_case;
pub mod teacher_help;
pub mod text;
pub mod told;
pub mod upstream;
