//! Who has access to a service, and whom the national eID's own names mean.

use std::collections::BTreeSet;

use portner::domain::actor::{ActorGroup, ActorId};
use portner::domain::eid::CprUuid;
use portner::domain::licence::{Licence, LicenceId};
use portner::domain::service::ServiceId;
use portner::keys::vault::CprVault;
use portner::store::people::ActorEntry;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::bench::{Bench, account, at, school, sofie};

const PUPIL: ActorId = ActorId(Uuid::from_u128(1));
const TEACHER: ActorId = ActorId(Uuid::from_u128(2));

fn bogskabet() -> ServiceId {
    ServiceId::parse("bogskabet").unwrap()
}

fn licence() -> Licence {
    Licence {
        id: LicenceId(Uuid::from_u128(9)),
        service: bogskabet(),
        institution: school().number,
        group: None,
        class: None,
        from: None,
        until: None,
    }
}

fn actor(id: ActorId, group: ActorGroup, classes: &[&str]) -> ActorEntry {
    ActorEntry {
        id,
        group,
        institution: school().number,
        roles: BTreeSet::new(),
        level: None,
        stage_since: None,
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        from: None,
        until: None,
    }
}

async fn licensed(bench: &Bench, change: impl FnOnce(&mut Licence)) -> BTreeSet<ActorId> {
    let account = account(1, "sofi1234");
    let actors = vec![
        actor(PUPIL, ActorGroup::Elev, &["3A", "Kor"]),
        actor(TEACHER, ActorGroup::Medarbejder, &[]),
    ];
    bench.put_sofie(vec![(account.clone(), actors)]).await;
    let mut given = licence();
    change(&mut given);
    bench.store.put_licence(&given).await.unwrap();
    let (service, now) = (bogskabet(), at("2026-06-30T12:00:00Z"));
    let found = bench.store.licensed_actors(&service, account.id, now);
    found.await.unwrap()
}

pub(super) async fn a_licence_is_for_an_institution_a_group_or_a_class_and_for_its_time(bench: &Bench) {
    assert_eq!(licensed(bench, |_| {}).await, BTreeSet::from([PUPIL, TEACHER]));
    let group = licensed(bench, |licence| licence.group = Some(ActorGroup::Medarbejder));
    assert_eq!(group.await, BTreeSet::from([TEACHER]));
    let class = licensed(bench, |licence| licence.class = Some("Kor".to_owned()));
    assert_eq!(class.await, BTreeSet::from([PUPIL]));
    let other_class = licensed(bench, |licence| licence.class = Some("3B".to_owned()));
    assert_eq!(other_class.await, BTreeSet::new());
    let other_service = licensed(bench, |licence| {
        licence.service = ServiceId::parse("andet").unwrap();
    });
    assert_eq!(other_service.await, BTreeSet::new());
    let over = licensed(bench, |licence| licence.until = Some(at("2026-06-30T12:00:00Z")));
    assert_eq!(over.await, BTreeSet::new());
    let not_yet = licensed(bench, |licence| {
        licence.from = Some(at("2026-06-30T12:00:00.001Z"));
    });
    assert_eq!(not_yet.await, BTreeSet::new());
}

pub(super) async fn the_services_that_anybody_has_a_licence_for_are_known(bench: &Bench) {
    assert_eq!(bench.store.licensed_services().await.unwrap(), BTreeSet::new());
    assert_eq!(licensed(bench, |_| {}).await.len(), 2);
    let services = bench.store.licensed_services().await.unwrap();
    assert_eq!(services, BTreeSet::from([bogskabet()]));
}

pub(super) async fn the_eids_name_for_a_person_is_remembered_as_first_said(bench: &Bench) {
    let vault = CprVault::new(&Zeroizing::new([1; 32]), &Zeroizing::new([2; 32])).unwrap();
    let name = |text| vault.index_of_uuid(&CprUuid::parse(text).unwrap());
    let (known, other) = (
        name("01234567-89ab-4cde-8f01-23456789abcd"),
        name("01234567-89ab-4cde-8f01-23456789abce"),
    );
    bench.put_sofie(Vec::new()).await;
    assert_eq!(bench.store.person_by_cpr_uuid(&known).await.unwrap(), None);
    for _ in 0..2 {
        bench.store.remember_cpr_uuid(&known, sofie().id).await.unwrap();
    }
    assert_eq!(
        bench.store.person_by_cpr_uuid(&known).await.unwrap(),
        Some(sofie().id)
    );
    assert_eq!(bench.store.person_by_cpr_uuid(&other).await.unwrap(), None);
}
