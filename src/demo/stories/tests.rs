//! The stories hang together: every door has one, and whoever logs in is in the directory.

use super::*;
use crate::demo::services::{DOORS, door_named};
use crate::domain::refusal::Refusal;

#[test]
fn every_story_goes_through_a_door_and_every_door_has_a_story() {
    for story in &STORIES {
        assert!(door_named(story.door).is_some(), "{}", story.door);
    }
    for door in &DOORS {
        assert!(
            STORIES.iter().any(|story| story.door == door.name),
            "{}",
            door.name
        );
    }
}

#[test]
fn codes_are_those_of_the_catalogue() {
    let codes: Vec<_> = Refusal::samples().iter().map(Refusal::code).collect();
    for story in &STORIES {
        if let Ending::Refused(code) = story.ending {
            assert!(codes.contains(&code), "{code}");
        }
    }
}

#[test]
fn whoever_logs_in_is_in_the_directory() {
    let directory = include_str!("../../../config/demo.toml");
    for story in &STORIES {
        if let Ending::LoggedIn { person, uni_id } = story.ending {
            let (_, from_person) = directory.split_once(&format!("-{person:012}\"")).unwrap();
            let own = from_person.split("[[person]]").next().unwrap();
            assert!(own.contains(&format!("uni-id = \"{uni_id}\"")), "{}", story.login);
        }
    }
}
