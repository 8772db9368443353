use std::{collections::BTreeSet, sync::Arc};

use champollion_store::{SledOptions, SledStore, Store};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::{
    grants::GrantRole,
    partners::Partner,
    requests::{Applicant, Approval},
};

const LIMITS: PeopleLimits = PeopleLimits { accounts: 2, grants: 2, tokens: 2 };

struct Kept {
    _folder: TempDir,
    store: Arc<dyn Store>,
    roster: Roster,
}

impl Kept {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let roster = Roster::open(Arc::clone(&store), LIMITS).await.unwrap();
        Self { _folder: folder, store, roster }
    }

    /// Makes a change durable, as the server does.
    async fn keep<T>(
        &self,
        prepare: impl FnOnce(&Turn<'_>) -> Result<Change<T>, RosterError>,
    ) -> Result<T, RosterError> {
        let turn = self.roster.turn().await;
        let Change { batch, effects, outcome } = prepare(&turn)?;
        self.store.commit(batch).await.unwrap();
        turn.apply(effects);
        Ok(outcome)
    }

    async fn partner(&self, id: &str, groups: &[&str]) {
        let (id, groups) = (id.parse().unwrap(), groups_of(groups));
        self.keep(|turn| turn.add_partner(id, "A city", groups, now())).await.unwrap();
    }

    async fn person(
        &self,
        email: &str,
        home: &str,
        grants: &[(&str, GrantRole)],
    ) -> Result<(Person, Vec<Grant>), RosterError> {
        let grants = grants.iter().map(|(scope, role)| (place(scope), *role)).collect();
        let wish = NewPerson {
            home: place(home),
            name: "Lovelace".parse().unwrap(),
            first_name: "Ada".parse().unwrap(),
            email: email.parse().unwrap(),
            grants,
        };
        self.keep(|turn| turn.add_person(wish, "a test", now())).await
    }

    /// The roster as another start reads it.
    async fn reread(&self) -> Roster {
        Roster::open(Arc::clone(&self.store), LIMITS).await.unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn groups_of(names: &[&str]) -> BTreeSet<GroupId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_partner_has_its_groups_and_no_others_and_so_it_is_read_again() {
    let kept = Kept::new().await;
    kept.partner("city", &["water", "light"]).await;
    kept.partner("valley", &["waste"]).await;
    let same = kept
        .keep(|turn| turn.add_partner("city".parse().unwrap(), "Another", BTreeSet::new(), now()));
    assert!(matches!(same.await, Err(RosterError::PartnerExists(_))));
    let taken = kept.keep(|turn| {
        let change = (groups_of(&["waste"]), BTreeSet::new());
        turn.change_partner(&"city".parse().unwrap(), None, change, now())
    });
    let said = taken.await.unwrap_err().to_string();
    assert!(said.contains("waste") && said.contains("valley"), "{said}");

    let change = (groups_of(&["parking", "water"]), groups_of(&["light"]));
    let city = "city".parse().unwrap();
    let changed = kept.keep(|turn| turn.change_partner(&city, Some("The city"), change, now()));
    assert_eq!(changed.await.unwrap().groups.len(), 2);
    for roster in [&kept.roster, &kept.reread().await] {
        let found = roster.partner(&city).unwrap();
        assert_eq!(found.partner.name, "The city");
        let names: Vec<&str> = found.groups.iter().map(GroupId::as_str).collect();
        assert_eq!(names, ["parking", "water"]);
        assert_eq!(roster.partner_of(&"light".parse().unwrap()), None);
        assert!(roster.covers(&place("partner:city"), &place("sub-group:water/north")));
        assert!(!roster.covers(&place("partner:city"), &place("group:waste")));
        assert!(!roster.covers(&place("group:water"), &place("partner:city")));
        assert!(!roster.covers(&place("sub-group:water/north"), &place("group:water")));
        assert!(roster.covers(&Place::Territory, &place("partner:valley")));
        let later = roster.partners(Some(&city));
        assert_eq!(later.len(), 1);
    }
}

#[tokio::test]
async fn the_owner_of_a_group_is_known_at_each_moment_since_changes_are_kept() {
    let kept = Kept::new().await;
    let at = |hours: i64| now() + jiff::SignedDuration::from_hours(hours);
    kept.partner("city", &["water", "light"]).await;
    kept.partner("valley", &[]).await;
    for (partner, added, removed, hours) in [
        ("city", &[][..], &["water"][..], 10),
        ("valley", &["water"], &[], 20),
        ("valley", &[], &["water"], 30),
    ] {
        let id = partner.parse().unwrap();
        let change = (groups_of(added), groups_of(removed));
        kept.keep(|turn| turn.change_partner(&id, None, change, at(hours))).await.unwrap();
    }
    for (hours, owner) in
        [(-1, None), (5, Some("city")), (15, None), (25, Some("valley")), (35, None)]
    {
        let owners = kept.roster.owners_at(&*kept.store, at(hours)).await.unwrap();
        let found = owners.get(&"water".parse().unwrap()).map(ToString::to_string);
        assert_eq!(found.as_deref(), owner, "{hours}");
        let light = owners.contains_key(&"light".parse().unwrap());
        assert_eq!(light, hours > 0, "{hours}");
    }
}

#[tokio::test]
async fn a_partner_that_comes_of_a_request_has_an_owner_and_an_approval() {
    let kept = Kept::new().await;
    let owner = Applicant {
        name: "Lovelace".parse().unwrap(),
        first_name: "Ada".parse().unwrap(),
        email: "ada@valley.example".parse().unwrap(),
    };
    let approval = Approval { quota: Some(7), ..Approval::of_operator(now()) };
    let wish = NewPartner {
        id: "valley".parse().unwrap(),
        name: "The valley".to_owned(),
        groups: groups_of(&["water"]),
        approval: approval.clone(),
        owner,
    };
    let again = wish.clone();
    let (_, ada) = kept.keep(|turn| turn.found_partner(wish, "a test", now())).await.unwrap();
    assert_eq!(ada.home, place("partner:valley"));
    let twice = kept.keep(|turn| turn.found_partner(again, "a test", now())).await;
    assert!(matches!(twice, Err(RosterError::PartnerExists(_))));
    let water = "water".parse().unwrap();
    for roster in [&kept.roster, &kept.reread().await] {
        let grants = roster.grants_in_force(ada.id);
        assert_eq!((grants.len(), grants[0].role), (1, GrantRole::Owner));
        let (partner, found) = roster.approval_for(&water).unwrap();
        assert_eq!((partner.groups.len(), &found), (1, &approval));
        assert!(roster.approval_for(&"waste".parse().unwrap()).is_none());
    }
    let ended = Approval { quota: Some(1), ..approval };
    let valley = "valley".parse().unwrap();
    kept.keep(|turn| turn.approve(&valley, ended.clone())).await.unwrap();
    assert_eq!(kept.reread().await.approval_for(&water).unwrap().1, ended);
    // A partner of the operator has an approval that says so, also one from before there were any.
    kept.partner("city", &["light"]).await;
    let (city, found) = kept.roster.approval_for(&"light".parse().unwrap()).unwrap();
    assert_eq!(found, Approval::of_operator(now()));
    let older = Partner { approval: None, ..city.partner };
    assert_eq!(older.approval(), found);
    assert!(!serde_json::to_string(&older).unwrap().contains("approval"));
}

#[tokio::test]
async fn a_person_has_grants_within_the_home_alone() {
    let kept = Kept::new().await;
    kept.partner("city", &["water"]).await;
    let (ada, grants) = kept
        .person("ada@city.example", "partner:city", &[("partner:city", GrantRole::Owner)])
        .await
        .unwrap();
    assert_eq!(grants[0].granted_by, "a test");
    // The same address is another account elsewhere, so that nobody learns of it.
    kept.person("ada@city.example", "group:waste", &[("group:waste", GrantRole::Reader)])
        .await
        .unwrap();
    let again = kept.person("Ada@City.example", "partner:city", &[]).await;
    assert!(matches!(again, Err(RosterError::EmailTaken { .. })));
    assert_eq!(kept.roster.people_of(&ada.email).len(), 2);

    let outside = kept.keep(|turn| {
        turn.grant(ada.id, (place("group:waste"), GrantRole::Reader), "a test", now())
    });
    let said = outside.await.unwrap_err().to_string();
    assert!(said.contains("partner:city") && said.contains("group:waste"), "{said}");
    let admin = kept
        .keep(|turn| turn.grant(ada.id, (place("group:water"), GrantRole::Admin), "a test", now()));
    assert!(matches!(admin.await, Err(RosterError::Role(_))));
    let nowhere = kept.person("b@city.example", "partner:nowhere", &[]).await;
    assert!(matches!(nowhere, Err(RosterError::UnknownPartner(_))));

    let reader = (place("group:water"), GrantRole::Reader);
    let granted = kept.keep(|turn| turn.grant(ada.id, reader.clone(), "a test", now())).await;
    let granted = granted.unwrap();
    let twice = kept.keep(|turn| turn.grant(ada.id, reader, "a test", now())).await;
    assert!(matches!(twice, Err(RosterError::AlreadyGranted(_))));
    let confirmed = kept.keep(|turn| turn.confirm(ada.id, granted.id, now())).await.unwrap();
    assert_eq!(confirmed.confirmed_at, Some(now()));
    assert_eq!(kept.reread().await.grants_of(ada.id).len(), 2);
    kept.keep(|turn| turn.revoke(ada.id, granted.id)).await.unwrap();
    let gone = kept.keep(|turn| turn.revoke(ada.id, granted.id)).await;
    assert!(matches!(gone, Err(RosterError::UnknownGrant(_))));
    assert_eq!(kept.reread().await.grants_of(ada.id).len(), 1);
}

#[tokio::test]
async fn a_person_is_corrected_and_keeps_the_rest() {
    let kept = Kept::new().await;
    let (ada, _) = kept.person("aad@city.example", "group:water", &[]).await.unwrap();
    kept.person("bob@city.example", "group:water", &[]).await.unwrap();
    let to =
        |email: &str| Correction { email: Some(email.parse().unwrap()), ..Correction::default() };
    let taken = kept.keep(|turn| turn.change_person(ada.id, to("bob@city.example"))).await;
    assert!(matches!(taken, Err(RosterError::EmailTaken { .. })));
    kept.keep(|turn| turn.change_person(ada.id, to("ada@city.example"))).await.unwrap();
    let read = kept.reread().await.person(ada.id).unwrap();
    assert_eq!(read.email.as_str(), "ada@city.example");
    assert_eq!(read.full_name(), "Ada Lovelace");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let kept = Kept::new().await;
    kept.partner("city", &["water"]).await;
    let owner = GrantRole::Owner;
    let (ada, of_ada) =
        kept.person("ada@city.example", "partner:city", &[("partner:city", owner)]).await.unwrap();
    let (bob, of_bob) =
        kept.person("bob@city.example", "partner:city", &[("group:water", owner)]).await.unwrap();
    // The owner of the partner owns its group too.
    kept.keep(|turn| turn.suspend(bob.id, now())).await.unwrap();
    assert!(kept.roster.grants_in_force(bob.id).is_empty());
    for refused in [
        kept.keep(|turn| turn.revoke(ada.id, of_ada[0].id)).await.map(drop),
        kept.keep(|turn| turn.suspend(ada.id, now())).await.map(drop),
    ] {
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("partner:city"), "{said}");
    }
    // Ownership of a part is none of the whole, and a suspended owner none at all.
    kept.keep(|turn| turn.resume(bob.id)).await.unwrap();
    assert!(kept.keep(|turn| turn.suspend(ada.id, now())).await.is_err());
    let whole = (place("partner:city"), owner);
    kept.keep(|turn| turn.grant(bob.id, whole, "a test", now())).await.unwrap();
    kept.keep(|turn| turn.suspend(ada.id, now())).await.unwrap();
    assert!(kept.keep(|turn| turn.suspend(ada.id, now())).await.is_err());
    kept.keep(|turn| turn.revoke(bob.id, of_bob[0].id)).await.unwrap();
    assert!(kept.keep(|turn| turn.suspend(bob.id, now())).await.is_err());
    assert!(kept.reread().await.grants_in_force(ada.id).is_empty());
}

#[tokio::test]
async fn a_group_that_leaves_takes_the_grants_of_the_partners_people_with_it() {
    let kept = Kept::new().await;
    kept.partner("city", &["water", "light"]).await;
    let grants = [("group:water", GrantRole::Reader), ("group:light", GrantRole::Reader)];
    let (ada, _) = kept.person("ada@city.example", "partner:city", &grants).await.unwrap();
    let (eve, _) = kept
        .person("eve@firm.example", "territory", &[("group:water", GrantRole::Reader)])
        .await
        .unwrap();
    let change = (BTreeSet::new(), groups_of(&["water"]));
    let city = "city".parse().unwrap();
    kept.keep(|turn| turn.change_partner(&city, None, change, now())).await.unwrap();
    for roster in [&kept.roster, &kept.reread().await] {
        let left: Vec<String> =
            roster.grants_of(ada.id).iter().map(|grant| grant.scope.to_string()).collect();
        assert_eq!(left, ["group:light"]);
        assert_eq!(roster.grants_of(eve.id).len(), 1, "the territory has granted it");
    }
}

#[tokio::test]
async fn accounts_and_grants_are_bounded() {
    let kept = Kept::new().await;
    let reader = [("group:water", GrantRole::Reader)];
    let (ada, _) = kept.person("ada@city.example", "group:water", &reader).await.unwrap();
    kept.person("bob@city.example", "group:water", &[]).await.unwrap();
    let third = kept.person("eve@city.example", "group:water", &[]).await;
    assert!(third.unwrap_err().to_string().contains("[people] accounts"));
    kept.person("eve@city.example", "group:light", &[]).await.unwrap();
    let grant = |role| {
        let water = place("group:water");
        kept.keep(move |turn| turn.grant(ada.id, (water, role), "a test", now()))
    };
    grant(GrantRole::Operator).await.unwrap();
    let third = grant(GrantRole::Owner).await;
    assert!(third.unwrap_err().to_string().contains("[people] grants"));
}

#[tokio::test]
async fn a_group_that_was_there_becomes_a_partner_with_its_people() {
    let kept = Kept::new().await;
    kept.partner("city", &["light"]).await;
    kept.partner("waste", &[]).await;
    let owner = GrantRole::Owner;
    let owning = kept.person("ada@water.example", "group:water", &[("group:water", owner)]).await;
    let reader = [("group:water", GrantRole::Reader)];
    let reading = kept.person("bob@water.example", "group:water", &reader).await;
    let (owning, reading) = (owning.unwrap().0.id, reading.unwrap().0.id);
    let groups = groups_of(&["light", "waste", "water"]);
    let adopted = kept.keep(|turn| turn.adopt(&groups, now())).await.unwrap();
    let ids: Vec<&str> = adopted.iter().map(|partner| partner.partner.id.as_str()).collect();
    assert_eq!(ids, ["waste-2", "water"], "the city keeps its group, and a name is taken once");
    for roster in [&kept.roster, &kept.reread().await] {
        let water = roster.partner(&"water".parse().unwrap()).unwrap();
        assert_eq!(water.groups, ["water".parse().unwrap()]);
        let approval = water.partner.approval();
        assert!(approval.of_existing_group && approval.most(now()).is_none());
        let scopes = |person| roster.grants_of(person).remove(0).scope;
        assert_eq!(
            (scopes(owning), scopes(reading)),
            (place("partner:water"), place("group:water"))
        );
        let homes = roster.people(None).into_iter().map(|person| person.home);
        assert_eq!(homes.collect::<Vec<_>>(), vec![place("partner:water"); 2]);
    }
    assert!(kept.keep(|turn| turn.adopt(&groups, now())).await.unwrap().is_empty());
}
