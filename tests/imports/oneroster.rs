//! OneRoster 1.2 as a zip of CSV: what becomes of each table, and the zips that are refused (K02).

use portner::domain::group::GroupKind;
use portner::domain::role::Role;
use portner::domain::stage::Level;
use portner::people::import::delivery::{Delivery, Format, Part};
use portner::people::import::names::LocalId;
use portner::people::import::read;
use portner::people::import::refusal::DeliveryRefusal;

use super::sample::{found, of, roster};
use super::zips::{File, zip};

/// The tables of two small schools.
fn tables() -> Vec<File> {
    vec![
        File::new(
            "manifest.csv",
            "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.2\r\nfile.orgs,bulk\r\n\
             file.users,bulk\r\nfile.roles,bulk\r\nfile.classes,bulk\r\nfile.enrollments,bulk\r\n\
             source.systemName,Eksempel\r\nsource.systemCode,eksempel-or\r\n",
        ),
        File::new(
            "orgs.csv",
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\n\
             k,,,Lillekøbing Kommune,district,,\r\ns1,,,Lillekøbing Skole,school,101001,k\r\n\
             s2,,,Storkøbing Skole,school,101002,k\r\n",
        ),
        File::new(
            "academicSessions.csv",
            "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\r\n\
             y,,,Skoleåret,schoolYear,2026-08-01,2027-07-31,,2027\r\n",
        ),
        File::new(
            "classes.csv",
            "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
             schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\r\n\
             c1,,,3.A,03,,,homeroom,,s1,y,,,\r\nc2,,,Kor,,,,scheduled,,s1,y,,,\r\nc3,,,1.g,11,,,homeroom,,s2,y,,,\r\n",
        ),
        File::new(
            "users.csv",
            "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,\
             email,sms,phone,agentSourcedIds,grades,password,metadata.dk.cpr,metadata.dk.protected,\
             metadata.dk.aliasGivenName,metadata.dk.aliasFamilyName,metadata.dk.custodyOf,metadata.dk.relation\r\n\
             u1,,,true,zabo,,Zabo,Nøkkelund,,,,,,\"p1,p2\",03,,0102375001,,,,,\r\n\
             u2,,,true,ybbur,,Ybbur,Kvarkholm,,,,,,,,hemmelig,0102585001,,,,,\r\n\
             u3,,,true,glim,,Glim,Zinkbæk,,,,,,,11,,,true,Glimur,Ørkeskov,,\r\n\
             u4,,,false,væk,,Borte,Helt,,,,,,,03,,,,,,,\r\n\
             p1,,,true,vælma,,Vælma,Nøkkelund,,,,,,,,,0202585002,,,,\"u1,u9\",Mor\r\n\
             p2,,,true,trozz,,Trozz,Nøkkelund,,,,,,,,,,,,,,Far\r\n",
        ),
        File::new(
            "roles.csv",
            "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\r\n\
             r1,,,u1,primary,student,,,s1,\r\nr2,,,u2,primary,teacher,,,s1,\r\nr3,,,u2,secondary,systemAdministrator,,,s2,\r\n\
             r4,,,u3,primary,student,,,s2,\r\nr5,,,p1,primary,parent,,,s1,\r\nr6,,,u2,secondary,principal,,2020-01-01,s1,\r\n\
             r7,,,u4,primary,student,,,s1,\r\nr8,,,p2,primary,parent,,,k,\r\n",
        ),
        File::new(
            "enrollments.csv",
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\r\n\
             e1,,,c1,s1,u1,student,true,,\r\ne2,,,c2,s1,u1,student,false,,\r\ne3,,,c1,s1,u2,teacher,,,\r\n\
             e4,,,c3,s2,u3,student,true,,\r\ne5,,,c2,s1,u2,teacher,,,2026-06-30\r\n",
        ),
    ]
}

/// The same, for those who bend them otherwise.
pub(crate) fn honest_tables() -> Vec<(String, Vec<u8>)> {
    tables()
        .into_iter()
        .map(|file| (file.name, file.content))
        .collect()
}

fn deliveries(files: &[File]) -> Result<Vec<Delivery>, DeliveryRefusal> {
    read(zip(files).as_slice(), None)
}

fn bent(name: &str, bend: impl Fn(&mut File)) -> Vec<File> {
    let mut files = tables();
    bend(files.iter_mut().find(|file| file.name == name).unwrap());
    files
}

#[test]
fn each_school_is_a_delivery_of_its_own() {
    let read = deliveries(&tables()).unwrap();
    assert_eq!(read.len(), 2);
    let (first, second) = (&read[0], &read[1]);
    assert_eq!(first.format, Format::OneRosterCsv);
    assert_eq!(first.source.as_str(), "eksempel-or");
    assert_eq!(
        first.sent_at.to_string(),
        "2026-11-30T05:00:00Z",
        "when the manifest was packed"
    );
    assert_eq!(first.school_year.to_string(), "2026-2027");
    assert_eq!(
        found(first),
        [(
            "delivery".to_owned(),
            portner::people::import::finding::Fault::OrgUnknown(portner::people::import::finding::Shown::of(
                "k"
            ))
        )],
    );
    assert_eq!(found(second), []);

    let pupil = of(first, "u1").unwrap();
    let Part::Student(student) = &pupil.part else {
        panic!()
    };
    assert_eq!(
        (student.role, student.level),
        (Role::Elev, Level::parse("3").unwrap())
    );
    assert_eq!(student.main_group.as_ref().unwrap().as_str(), "c1");
    assert_eq!(
        student.groups.iter().map(LocalId::as_str).collect::<Vec<_>>(),
        ["c2"]
    );
    let adults: Vec<_> = student
        .contacts
        .iter()
        .map(|adult| {
            (
                adult.local_id.as_ref().unwrap().as_str(),
                adult.custody,
                adult.relation.as_str(),
            )
        })
        .collect();
    assert_eq!(adults, [("p1", true, "Mor"), ("p2", false, "Far")]);

    let Part::Employee(teacher) = &of(first, "u2").unwrap().part else {
        panic!()
    };
    assert_eq!(
        teacher.roles.iter().copied().collect::<Vec<_>>(),
        [Role::Lærer],
        "the other role is over"
    );
    assert_eq!(teacher.groups.len(), 1, "the other class is over");
    let Part::Employee(administrator) = &of(second, "u2").unwrap().part else {
        panic!()
    };
    assert_eq!(
        administrator.roles.iter().copied().collect::<Vec<_>>(),
        [Role::Tap],
        "no right comes from a file"
    );
    assert!(of(first, "u4").is_none(), "who may not use anything");
    let student = of(second, "u3").unwrap();
    assert_eq!(
        (student.person.name.given.as_ref(), student.person.name.protected),
        ("Glimur", true)
    );
    assert!(
        !format!("{read:?}").contains("\"Glim\""),
        "the name behind the alias"
    );
    assert!(matches!(&student.part, Part::Student(student) if student.role == Role::Studerende));
    assert_eq!(roster(second).groups[0].kind, GroupKind::Hovedgruppe);
}

#[test]
fn only_whole_tables_are_read() {
    for (from, to, field) in [
        ("file.users,bulk", "file.users,delta", "file.users"),
        ("file.roles,bulk", "file.roles,absent", "file.roles"),
        (
            "oneroster.version,1.2",
            "oneroster.version,1.1",
            "oneroster.version",
        ),
        ("source.systemCode,eksempel-or\r\n", "", ""),
        (
            "source.systemName,Eksempel\r\nsource.systemCode,eksempel-or\r\n",
            "",
            "source.systemCode",
        ),
    ] {
        let files = bent("manifest.csv", |file| {
            file.content = String::from_utf8(file.content.clone())
                .unwrap()
                .replace(from, to)
                .into_bytes();
        });
        match deliveries(&files) {
            Ok(_) => assert_eq!(field, "", "the name of the system does as well"),
            Err(refusal) => assert_eq!(refusal, DeliveryRefusal::Head { field }),
        }
    }
    let without: Vec<_> = tables()
        .into_iter()
        .filter(|file| file.name != "roles.csv")
        .collect();
    assert_eq!(
        deliveries(&without),
        Err(DeliveryRefusal::File { file: "roles.csv" })
    );
    let files = bent("users.csv", |file| {
        file.content = String::from_utf8(file.content.clone())
            .unwrap()
            .replace("grades", "trin")
            .into_bytes();
    });
    assert_eq!(
        deliveries(&files),
        Err(DeliveryRefusal::Column {
            file: "users.csv",
            column: "grades"
        })
    );
}

#[test]
fn zips_that_no_school_packs_are_refused() {
    let with = |file: File| {
        let mut files = tables();
        files.push(file);
        files
    };
    let link = || File {
        attributes: 0o120_777 << 16,
        ..File::new("x.csv", "/etc/passwd")
    };
    for (files, what) in [
        (with(File::new("../x.csv", "")), "a strange file name"),
        (with(File::new("/etc/x.csv", "")), "a strange file name"),
        (with(File::new("a\\b.csv", "")), "a strange file name"),
        (with(File::new("mappe/x.csv", "")), "a strange file name"),
        (with(File::new("mappe/", "")), "a file that is no table"),
        (with(File::new("x.zip", "")), "a file that is no table"),
        (
            with(File {
                method: 0,
                ..File::new("x.csv", zip(&tables()))
            }),
            "a zip inside",
        ),
        (with(link()), "a link or a directory"),
        (with(File::new("USERS.csv", "")), "one name twice"),
        (
            with(File {
                flags: 1,
                ..File::new("x.csv", "")
            }),
            "encryption",
        ),
        (
            with(File {
                method: 9,
                ..File::new("x.csv", "")
            }),
            "a way of packing that is not read",
        ),
        (
            with(File {
                local_name: Some("y.csv".to_owned()),
                ..File::new("x.csv", "")
            }),
            "damaged",
        ),
        (
            with(File {
                shares_first: true,
                ..File::new("manifest2.csv", "")
            }),
            "damaged",
        ),
        (
            with(File::new("x.csv", vec![b'a'; 10 << 20])),
            "a file that grows too much",
        ),
        (
            with(File {
                size: Some(2_000_000_000),
                ..File::new("x.csv", "a")
            }),
            "a file that grows too much",
        ),
        (
            with(File {
                size: Some(u32::MAX),
                ..File::new("x.csv", "a")
            }),
            "ZIP64",
        ),
        (bent("users.csv", |file| file.crc = Some(1)), "damaged"),
        (bent("users.csv", |file| file.size = Some(10)), "damaged"),
    ] {
        assert_eq!(deliveries(&files), Err(DeliveryRefusal::Zip { what }));
    }
}

#[test]
fn zips_that_are_too_much_or_cut_off_are_refused() {
    let sum: Vec<_> = (0..60)
        .map(|n| File {
            size: Some(1 << 20),
            ..File::new(&format!("x{n}.csv"), noise(20_000))
        })
        .collect();
    assert_eq!(deliveries(&sum), Err(DeliveryRefusal::TooLarge { megabytes: 50 }));
    let many: Vec<_> = (0..65).map(|n| File::new(&format!("x{n}.csv"), "")).collect();
    assert_eq!(
        deliveries(&many),
        Err(DeliveryRefusal::Zip {
            what: "too many files"
        })
    );
    let whole = zip(&tables());
    for cut in [4, 30, whole.len() / 2, whole.len() - 1] {
        assert_eq!(
            read(&whole[..cut], None),
            Err(DeliveryRefusal::Zip { what: "damaged" })
        );
    }
    let before = [b"PK\x03\x04".to_vec(), whole].concat();
    assert_eq!(
        read(before.as_slice(), None),
        Err(DeliveryRefusal::Zip { what: "damaged" })
    );
}

/// Bytes that do not pack.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect()
}

#[test]
fn schools_are_told_apart_by_their_numbers() {
    for (from, to) in [
        ("101002", "101001"),
        ("101002", "1010"),
        ("school,101002", "school,"),
    ] {
        let files = bent("orgs.csv", |file| {
            file.content = String::from_utf8(file.content.clone())
                .unwrap()
                .replace(from, to)
                .into_bytes();
        });
        assert_eq!(
            deliveries(&files),
            Err(DeliveryRefusal::Head { field: "identifier" })
        );
    }
}
