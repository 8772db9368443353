//! Tests of transfers: the things that one registry lacks of another, and the obstacles.

use champollion_registry::{
    channels::Channel,
    keys::{PublisherKey, SecretKey},
    ledger::{Head, History, IndexEvent, Obstacle, PublishedVersion, Step, Transfer, VersionName},
    package::DecoderId,
};
use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;

/// A history of these events.
fn history(events: &[IndexEvent]) -> History {
    let mut head = Head::empty("index");
    let mut history = History::default();
    for event in events {
        let (line, next) = head.next(Timestamp::UNIX_EPOCH, event).unwrap();
        history.follow(&line).unwrap();
        head = next;
    }
    history
}

fn name(version: &str) -> VersionName {
    VersionName { id: id(), version: version.parse().unwrap() }
}

fn id() -> DecoderId {
    "acme/thermometer".parse().unwrap()
}

fn known(key: &SecretKey) -> IndexEvent {
    let (name, namespaces) = ("Acme".to_owned(), vec!["acme".to_owned()]);
    IndexEvent::AddKey {
        key: key.public(),
        known: PublisherKey { name, namespaces, revoked: None },
    }
}

fn publish(version: &str, channel: Channel, key: Option<&SecretKey>) -> IndexEvent {
    let (id, digest) = (id(), Digest::of(version.as_bytes()));
    let version: Version = version.parse().unwrap();
    let signature = key.map(|key| key.sign_package(&id, &version, digest));
    IndexEvent::Publish(PublishedVersion {
        id,
        version,
        digest,
        bytes: 1,
        vectors: 1,
        channel,
        signature,
    })
}

fn versions(transfer: &Transfer) -> Vec<String> {
    transfer.versions.iter().map(|published| published.version.to_string()).collect()
}

fn obstacles(transfer: &Transfer) -> Vec<&str> {
    transfer.obstacles.iter().map(|Obstacle { reason, .. }| reason.as_str()).collect()
}

#[test]
fn an_empty_registry_gets_all_in_the_order_in_which_it_was_published() {
    let key = SecretKey::generate().unwrap();
    let there = history(&[
        known(&key),
        publish("1.0.0", Channel::Stable, Some(&key)),
        publish("1.2.0", Channel::Candidate, Some(&key)),
        IndexEvent::Promote(name("1.2.0")),
        publish("1.1.1", Channel::Candidate, Some(&key)),
        IndexEvent::Yank { name: name("1.0.0"), reason: "wrong".to_owned() },
    ]);
    let here = History::default();
    let transfer = Transfer::between(&there, &here, false);
    assert_eq!(versions(&transfer), ["1.0.0", "1.2.0", "1.1.1"]);
    assert_eq!(transfer.keys.len(), 1);
    assert_eq!(transfer.keys[0].1.namespaces, ["acme"]);
    let yank = Step::Yank { name: name("1.0.0"), reason: "wrong".to_owned() };
    assert_eq!(transfer.steps, [yank, Step::Promote(name("1.2.0"))]);
    assert!(transfer.obstacles.is_empty());
    assert!(Transfer::between(&there, &there, true).is_empty());
}

#[test]
fn a_decoder_that_devices_use_changes_only_for_who_follows() {
    let first = publish("1.0.0", Channel::Stable, None);
    let second = publish("1.1.0", Channel::Candidate, None);
    let there = history(&[
        first.clone(),
        second,
        IndexEvent::Promote(name("1.1.0")),
        IndexEvent::Yank { name: name("1.0.0"), reason: "wrong".to_owned() },
    ]);
    let here = history(&[first]);
    let careful = Transfer::between(&there, &here, false);
    assert_eq!(versions(&careful), ["1.1.0"]);
    assert!(careful.steps.is_empty(), "{careful:?}");
    let followed = Transfer::between(&there, &here, true);
    let yank = Step::Yank { name: name("1.0.0"), reason: "wrong".to_owned() };
    assert_eq!(followed.steps, [yank, Step::Promote(name("1.1.0"))]);
}

#[test]
fn names_that_belong_to_somebody_are_given_to_nobody_else() {
    let (theirs, ours) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let there = history(&[known(&theirs), publish("1.0.0", Channel::Stable, Some(&theirs))]);
    let here = history(&[known(&ours)]);
    let transfer = Transfer::between(&there, &here, false);
    assert!(transfer.is_empty(), "{transfer:?}");
    assert!(obstacles(&transfer)[0].starts_with("the namespace acme belongs to other keys here"));
    assert_eq!(versions(&Transfer::between(&there, &here, true)), ["1.0.0"]);

    // A key that was revoked signs nothing, wherever that was.
    let revoked = |key: &SecretKey| IndexEvent::RevokeKey {
        key: key.public(),
        reason: "it leaked".to_owned(),
    };
    let here = history(&[known(&theirs), revoked(&theirs)]);
    for follow in [false, true] {
        let transfer = Transfer::between(&there, &here, follow);
        assert!(transfer.is_empty() && obstacles(&transfer)[0].ends_with("was revoked here"));
    }
    let events =
        [known(&theirs), publish("1.0.0", Channel::Stable, Some(&theirs)), revoked(&theirs)];
    let there = history(&events);
    let transfer = Transfer::between(&there, &History::default(), true);
    assert!(transfer.is_empty() && obstacles(&transfer)[0].contains("was revoked there since"));
    // Who follows hears of it.
    let here = history(&events[..2]);
    let transfer = Transfer::between(&there, &here, true);
    let step = Step::RevokeKey { key: theirs.public(), reason: "it leaked".to_owned() };
    assert_eq!(transfer.steps, [step]);
}

#[test]
fn another_package_of_the_same_name_is_left() {
    let there = history(&[publish("1.0.0", Channel::Stable, None)]);
    let mut other = publish("1.0.0", Channel::Stable, None);
    if let IndexEvent::Publish(published) = &mut other {
        published.digest = Digest::of(b"ours");
    }
    let here = history(&[other]);
    let transfer = Transfer::between(&there, &here, true);
    assert!(transfer.is_empty(), "{transfer:?}");
    assert!(obstacles(&transfer)[0].starts_with("it is published here with the digest"));
}
