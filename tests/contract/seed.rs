//! A directory from a file, through vault and password threads into the store.

use portner::config::problem::Source;
use portner::credentials::argon2::{Cost, Hashing};
use portner::credentials::pool::PoolSize;
use portner::credentials::{Password, Passwords, Verdict};
use portner::domain::actor::ActorGroup;
use portner::domain::cpr::Cpr;
use portner::domain::institution::InstitutionNumber;
use portner::domain::login_name::BareName;
use portner::keys::vault::CprVault;
use portner::store::seed::{Loaded, Seed, SeedError};
use zeroize::Zeroizing;

use super::bench::{Bench, at};

const DIRECTORY: &str = r#"
[[institution]]
number = "101001"
name = "Lillekøbing Skole"
cvr = "12345678"

[[person]]
given-name = "Sofie"
family-name = "Lind"
cpr = "010203-4567"

[[person.account]]
user-name = "sofi1234"
uni-id = "sofi1234"
password = "kode-til-sofie"

[[person.account.actor]]
group = "elev"
institution = "101001"
from = 2025-08-01
until = 2026-06-30

[[person.account]]
user-name = "sofi5678"
uni-id = "sofi5678"
cpr-identified = false

[[person]]
id = "00000000-0000-0000-0000-000000000007"
given-name = "Mads"
family-name = "Holm"
"#;

const TINY: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

fn passwords(bench: &Bench, cost: Cost) -> Passwords {
    let hashing = Hashing::new(cost, None).unwrap();
    Passwords::start(hashing, PoolSize::default(), bench.ambient.clone()).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

pub(super) async fn a_directory_loads_and_loads_again(bench: &Bench) {
    let vault = CprVault::new(&Zeroizing::new([1; 32]), &Zeroizing::new([2; 32])).unwrap();
    let (store, passwords_now) = (&bench.store, passwords(bench, TINY));
    let load = async || {
        let seed = Seed::parse(Source::about_people("people.toml", DIRECTORY)).unwrap();
        seed.load(store, &vault, &passwords_now, &bench.ambient)
            .await
            .unwrap()
    };
    let first = Loaded {
        institutions: 1,
        people: 2,
        accounts: 2,
        passwords: 1,
        licences: 0,
        doubtful_numbers: 1,
    };
    assert_eq!(load().await, first);

    let cpr = Cpr::parse("0102034567").unwrap();
    let term = at("2026-06-30T12:00:00Z");
    let found = store
        .record_by_cpr(&vault.index(&cpr), term)
        .await
        .unwrap()
        .unwrap();
    let [only] = found.accounts.as_slice() else {
        panic!("the other account is not tied to the number: {found:?}")
    };
    let sofie = &only.account;
    let sealed = store.sealed_cpr_of(sofie.person).await.unwrap().unwrap();
    assert!(vault.open(&sealed, sofie.person) == Ok(cpr));
    assert_eq!(
        only.actors.iter().map(|actor| actor.group).collect::<Vec<_>>(),
        [ActorGroup::Elev]
    );

    a_password_is_checked_and_renewed(bench, sofie.id).await;
    let stored = store.password_hash_of(sofie.id).await.unwrap();
    assert_eq!(
        load().await,
        Loaded {
            passwords: 0,
            ..first
        }
    );
    assert_eq!(
        store.password_hash_of(sofie.id).await.unwrap(),
        stored,
        "a set password stays"
    );
    let again = store
        .account_by_user_name(&BareName::parse("sofi1234").unwrap())
        .await
        .unwrap();
    assert_eq!(again.as_ref(), Some(sofie), "ids follow from UNI-IDs");
}

async fn a_password_is_checked_and_renewed(bench: &Bench, account: portner::domain::account::AccountId) {
    let stored = bench.store.password_hash_of(account).await.unwrap().unwrap();
    let same_cost = passwords(bench, TINY);
    let right = same_cost
        .verify(Some(stored.clone()), password("kode-til-sofie"))
        .await;
    assert_eq!(right, Ok(Verdict::Right { renewed: None }));
    let wrong = same_cost
        .verify(Some(stored.clone()), password("kode-til-mads"))
        .await;
    assert_eq!(wrong, Ok(Verdict::Wrong));
    assert_eq!(
        same_cost.verify(None, password("kode-til-sofie")).await,
        Ok(Verdict::Wrong)
    );

    let dearer = passwords(bench, Cost { passes: 2, ..TINY });
    let verdict = dearer
        .verify(Some(stored.clone()), password("kode-til-sofie"))
        .await
        .unwrap();
    let Verdict::Right {
        renewed: Some(renewed),
    } = verdict
    else {
        panic!("{verdict:?}")
    };
    assert!(
        bench
            .store
            .renew_password_hash(account, &stored, &renewed)
            .await
            .unwrap()
    );
    let right = dearer.verify(Some(renewed), password("kode-til-sofie")).await;
    assert_eq!(right, Ok(Verdict::Right { renewed: None }));
}

pub(super) async fn numbers_are_sealed_anew_after_the_key_was_changed(bench: &Bench) {
    let key = |byte| Zeroizing::new([byte; 32]);
    let before = CprVault::new(&key(1), &key(2)).unwrap();
    let seed = Seed::parse(Source::about_people("people.toml", DIRECTORY)).unwrap();
    seed.load(&bench.store, &before, &passwords(bench, TINY), &bench.ambient)
        .await
        .unwrap();
    let cpr = Cpr::parse("0102034567").unwrap();
    let found = async || {
        let record = bench.store.record_by_cpr(&before.index(&cpr), bench.now()).await;
        record.unwrap().unwrap().person.id
    };
    let person = found().await;
    let sealed = async || bench.store.sealed_cpr_of(person).await.unwrap().unwrap();

    let strange = CprVault::new(&key(9), &key(2)).unwrap();
    let done = bench.store.reseal_cprs(&strange, &bench.ambient).await.unwrap();
    assert_eq!((done.unreadable, done.resealed), (1, 0), "nothing is lost");
    assert!(before.is_current(&sealed().await, person));

    let after = CprVault::new(&key(3), &key(2)).unwrap();
    let changing = CprVault::new(&key(3), &key(2))
        .unwrap()
        .also_opening(&key(1))
        .unwrap();
    assert!(changing.open(&sealed().await, person).is_ok(), "old rows open");
    let done = bench.store.reseal_cprs(&changing, &bench.ambient).await.unwrap();
    assert_eq!((done.resealed, done.unreadable), (1, 0));
    assert!(after.open(&sealed().await, person) == Ok(cpr.clone()));
    assert!(before.open(&sealed().await, person).is_err());
    assert_eq!(found().await, person, "who is who does not hang on that key");
    let again = bench.store.reseal_cprs(&changing, &bench.ambient).await.unwrap();
    assert_eq!((again.resealed, again.current), (0, 1));

    let old = sealed().await;
    let new = after.seal(&cpr, person, bench.ambient.entropy()).unwrap();
    assert!(bench.store.reseal_cpr(person, &old, &new).await.unwrap());
    assert!(
        !bench.store.reseal_cpr(person, &old, &old).await.unwrap(),
        "it changed"
    );
    assert_eq!(bench.store.sealed_cprs_after(None, 10).await.unwrap().len(), 1);
    assert!(
        bench
            .store
            .sealed_cprs_after(Some(person), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

/// The number on the first line that holds `words`.
fn line_of(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).unwrap() + 1
}

pub(super) async fn a_directory_that_clashes_leaves_nothing(bench: &Bench) {
    let vault = CprVault::new(&Zeroizing::new([1; 32]), &Zeroizing::new([2; 32])).unwrap();
    let passwords = passwords(bench, TINY);
    let load = async |text: &str| {
        let seed = Seed::parse(Source::about_people("people.toml", text)).unwrap();
        seed.load(&bench.store, &vault, &passwords, &bench.ambient).await
    };
    load(DIRECTORY).await.unwrap();
    let number = InstitutionNumber::parse("101009").unwrap();
    let text = format!(
        "[[institution]]\nnumber = \"101009\"\nname = \"Ny\"\n{}",
        DIRECTORY[DIRECTORY.find("[[person]]").unwrap()..]
            .replace("uni-id = \"sofi1234\"", "uni-id = \"sofi9999\"")
            .replace("\"101001\"", "\"999999\"")
    );
    let Err(SeedError::Clashes(problems)) = load(&text).await else {
        panic!("three things belong to somebody else or are not there")
    };
    let told: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line().unwrap(), problem.to_string()))
        .collect();
    for (words, fault) in [
        ("cpr = ", "another person in the database has this CPR number"),
        (
            "user-name = \"sofi1234\"",
            "another account in the database has this user name",
        ),
        ("999999", "this institution is not in the directory"),
    ] {
        let expected = (line_of(&text, words), fault.to_owned());
        assert!(told.contains(&expected), "{expected:?} is not in {told:?}");
    }
    assert!(!bench.store.has_institution(&number).await.unwrap());
    let known = InstitutionNumber::parse("101001").unwrap();
    assert!(bench.store.has_institution(&known).await.unwrap());
}
