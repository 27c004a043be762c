//! What tables and rows cost, and whose number is whose, where somebody bends them (K02).

use std::fmt::Write as _;

use std::time::Instant;

use portner::people::import::delivery::Delivery;
use portner::people::import::finding::Fault;
use portner::people::import::read;
use portner::people::import::refusal::DeliveryRefusal;

use super::oneroster::honest_tables;
use super::sample::{adult, found, of, person, pupil, read as read_xml, rows};
use super::zips::honest_zip;

/// The honest tables, one of them with more in it.
fn with(name: &str, bend: impl FnOnce(&mut String)) -> Vec<u8> {
    let mut tables = honest_tables();
    let (_, content) = tables.iter_mut().find(|(table, _)| table == name).unwrap();
    let mut text = String::from_utf8(std::mem::take(content)).unwrap();
    bend(&mut text);
    *content = text.into_bytes();
    honest_zip(&tables)
}

fn refusal(zip: &[u8]) -> DeliveryRefusal {
    read(zip, None).unwrap_err()
}

#[test]
fn a_zip_has_no_more_schools_and_broken_rows_than_any_has() {
    let many = with("orgs.csv", |orgs| {
        for n in 0..1_100 {
            write!(orgs, "x{n},,,Skole,school,{:06},k\r\n", 200_000 + n).unwrap();
        }
    });
    assert!(matches!(
        refusal(&many),
        DeliveryRefusal::TooManyRows { most: 1_000 }
    ));
    for table in ["classes.csv", "users.csv", "roles.csv", "enrollments.csv"] {
        let broken = with(table, |rows| rows.push_str(&"x\r\n".repeat(101)));
        assert!(
            matches!(refusal(&broken), DeliveryRefusal::TooManyFaults { most: 100 }),
            "{table}"
        );
        let few = with(table, |rows| rows.push_str("x\r\n"));
        let deliveries = read(few.as_slice(), None).unwrap();
        assert!(deliveries.iter().all(Delivery::has_nameless_rows), "{table}");
    }
}

#[test]
fn a_field_of_many_lines_is_read_once() {
    // Digits by chance, each on a line: a zip does not make them small.
    let mut chance = 1_u32;
    let mut field = || -> String {
        let digit = |_| {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{}\n", chance >> 16 & 7)
        };
        (0..30_000).map(digit).collect()
    };
    let zip = with("orgs.csv", |orgs| {
        for n in 0..20 {
            write!(orgs, "y{n},,,\"{}\",district,,\r\n", field()).unwrap();
        }
    });
    let began = Instant::now();
    assert_eq!(read(zip.as_slice(), None).unwrap().len(), 2);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn a_child_is_not_its_own_adult_whatever_the_number_is_called() {
    let kind = |text: &str, kind: &str| {
        text.replace(
            "</CivilRegistrationNumber>",
            &format!(
                "</CivilRegistrationNumber><CivilRegistrationNumberType>{kind}</CivilRegistrationNumberType>"
            ),
        )
    };
    let child = kind(&person("Zabo", "0102375001"), "CPR_VERIFIED");
    let same = kind(&person("Zabo", "0102375001"), "CPR_UNVERIFIED");
    let itself = adult("relation=\"Mor\" childCustody=\"true\"", &same);
    let delivery = read_xml(&rows(&pupil("e1", &child, &itself)));
    assert_eq!(found(&delivery), [("e1".to_owned(), Fault::ContactIsChild)]);
    assert!(of(&delivery, "e1").unwrap().part.contacts().is_empty());
    let zip = with("users.csv", |users| {
        *users = users
            .replace("metadata.dk.relation", "metadata.dk.relation,metadata.dk.cprType")
            .replace("\r\nu", ",\r\nu")
            .replace("\r\np", ",\r\np")
            .replacen(",\r\n", "\r\n", 1)
            .replace(
                "0202585002,,,,\"u1,u9\",Mor,",
                "0102375001,,,,\"u1,u9\",Mor,CPR_UNVERIFIED",
            );
        users.insert(users.trim_end().len(), ',');
    });
    let deliveries = read(zip.as_slice(), None).unwrap();
    let found = found(&deliveries[0]);
    assert!(
        found.contains(&("u1".to_owned(), Fault::ContactIsChild)),
        "{found:?}"
    );
}

#[test]
fn nobodys_number_is_an_id() {
    // Somebody else's number, of somebody who has one of their own.
    let others = pupil("0101014321", &person("Zabo", "0102375001"), "");
    let delivery = read_xml(&rows(&others));
    assert_eq!(
        found(&delivery),
        [("nameless".to_owned(), Fault::LocalIdIsNumber)]
    );
    let group =
        "<Group><GroupId>010101-4321</GroupId><GroupName>x</GroupName><GroupType>Hold</GroupType></Group>";
    let delivery = read_xml(&rows(group));
    assert_eq!(
        found(&delivery),
        [("nameless".to_owned(), Fault::LocalIdIsNumber)]
    );
}
