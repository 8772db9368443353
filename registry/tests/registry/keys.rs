//! Tests of keys: signed packages, namespaces that belong to keys, and the registry's own key.

use champollion_registry::{
    KeyError, Publication, PublishError, Registry,
    keys::{Provenance, PublisherKey, SecretKey, UntrustedError},
    ledger::{Actor, HeadError, History},
};
use jiff::SignedDuration;

use crate::support::{Home, Opened, by, moment, package, rehearse};

fn of_acme(namespaces: &[&str]) -> PublisherKey {
    let namespaces = namespaces.iter().map(|&name| name.to_owned()).collect();
    PublisherKey { name: "Acme".into(), namespaces, revoked: None }
}

async fn add(
    registry: &Registry,
    key: &SecretKey,
    namespaces: &[&str],
) -> Result<PublisherKey, KeyError> {
    registry.add_key(key.public(), &of_acme(namespaces), &Actor::named("ben"), moment()).await
}

/// Publishes a version, signed or not.
async fn publish(
    opened: &Opened,
    version: &str,
    key: Option<&SecretKey>,
) -> Result<(), PublishError> {
    let package = package(version, "One of several.");
    let provenance = match key {
        Some(key) => {
            let manifest = package.manifest();
            let signature = key.sign_package(&manifest.id, &manifest.version, package.digest());
            Provenance::Signed(signature)
        }
        None => Provenance::Unsigned,
    };
    let publication = Publication { provenance, ..by("ann") };
    opened.registry.publish(rehearse(package), &publication).await.map(drop)
}

fn untrusted(outcome: Result<(), PublishError>) -> UntrustedError {
    match outcome {
        Err(PublishError::Untrusted(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_namespace_is_for_its_keys_also_after_a_restart() {
    let home = Home::new();
    let opened = home.open().await;
    let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    assert_eq!(untrusted(publish(&opened, "1.0.0", None).await), UntrustedError::Unsigned);
    let unknown = untrusted(publish(&opened, "1.0.0", Some(&key)).await);
    assert_eq!(unknown, UntrustedError::UnknownKey(key.public()));
    add(&opened.registry, &key, &["acme"]).await.unwrap();
    add(&opened.registry, &other, &["other"]).await.unwrap();
    publish(&opened, "1.0.0", Some(&key)).await.unwrap();
    opened.close().await;

    let opened = home.open().await;
    let refused = untrusted(publish(&opened, "1.1.0", Some(&other)).await);
    assert!(matches!(refused, UntrustedError::OtherNamespace { .. }), "{refused}");
    let refused = untrusted(publish(&opened, "1.1.0", None).await);
    assert_eq!(refused, UntrustedError::NamespaceTaken("acme".into()));
    publish(&opened, "1.1.0", Some(&key)).await.unwrap();

    // A new key takes over, and the old one is revoked: what it has signed stays good.
    let new = SecretKey::generate().unwrap();
    add(&opened.registry, &new, &["acme"]).await.unwrap();
    let ben = Actor::named("ben");
    opened.registry.revoke_key(key.public(), "it leaked", &ben, moment()).await.unwrap();
    let refused = untrusted(publish(&opened, "1.2.0", Some(&key)).await);
    assert!(matches!(refused, UntrustedError::Revoked { .. }), "{refused}");
    publish(&opened, "1.2.0", Some(&new)).await.unwrap();
    assert_eq!(opened.registry.verify().await.unwrap().problems, [""; 0]);
    let again = opened.registry.revoke_key(key.public(), "", &ben, moment()).await;
    assert!(matches!(again, Err(KeyError::Revoked(_))), "{again:?}");
    let back = add(&opened.registry, &key, &["acme"]).await;
    assert!(matches!(back, Err(KeyError::Revoked(_))), "for ever: {back:?}");
    let nobody =
        opened.registry.revoke_key(SecretKey::generate().unwrap().public(), "", &ben, moment());
    assert!(matches!(nobody.await, Err(KeyError::Unknown(_))));
    for namespaces in [&[][..], &["Acme"], &["a/b"]] {
        let refused = add(&opened.registry, &SecretKey::generate().unwrap(), namespaces).await;
        assert!(matches!(refused, Err(KeyError::Namespaces)), "{namespaces:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_there_gets_namespaces_beside_its_own() {
    let home = Home::new();
    let opened = home.open().await;
    let key = SecretKey::generate().unwrap();
    add(&opened.registry, &key, &["acme"]).await.unwrap();
    let known = add(&opened.registry, &key, &["other", "acme"]).await.unwrap();
    assert_eq!(known, of_acme(&["acme", "other"]));
    publish(&opened, "1.0.0", Some(&key)).await.unwrap();
    opened.close().await;

    let opened = home.open().await;
    assert_eq!(opened.registry.publishers().get(&key.public()), Some(&known));
    let read = history(&opened.registry).await;
    assert_eq!(read.publishers().get(&key.public()), Some(&known), "the index says the same");

    let (public, ben) = (key.public(), Actor::named("ben"));
    let limited = of_acme(&["other"]);
    let known = opened.registry.limit_key(public, &limited, &ben, moment()).await.unwrap();
    assert_eq!(known, limited);
    let refused = untrusted(publish(&opened, "1.1.0", Some(&key)).await);
    assert!(matches!(refused, UntrustedError::OtherNamespace { .. }), "{refused}");
    let none = opened.registry.limit_key(public, &of_acme(&[]), &ben, moment()).await;
    assert!(matches!(none, Err(KeyError::Namespaces)), "{none:?}");
    opened.registry.revoke_key(public, "it leaked", &ben, moment()).await.unwrap();
    let revoked = opened.registry.limit_key(public, &limited, &ben, moment()).await;
    assert!(matches!(revoked, Err(KeyError::Revoked(_))), "{revoked:?}");
}

async fn history(registry: &Registry) -> History {
    let mut history = History::default();
    for line in registry.index_lines(0, 100).await.unwrap() {
        history.follow(&line).unwrap();
    }
    history
}

#[tokio::test]
async fn the_registry_signs_where_its_index_ends() {
    let home = Home::new();
    let opened = home.open().await;
    opened.publish(&package("1.0.0", "The first.")).await;
    let known = history(&opened.registry).await;
    let signed = opened.registry.signed_head(moment()).await.unwrap();
    assert_eq!(signed.head, *known.head());
    signed.check(known.registry_key(), moment()).unwrap();
    let later = moment() + SignedDuration::from_hours(25);
    let expired = signed.check(known.registry_key(), later);
    assert_eq!(expired, Err(HeadError::Expired(signed.expires_at)));
    let mut forged = signed.clone();
    forged.head.sequence += 1;
    assert_eq!(forged.check(known.registry_key(), moment()), Err(HeadError::WrongSignature));
    let mut prolonged = signed.clone();
    prolonged.expires_at = later;
    assert_eq!(prolonged.check(known.registry_key(), moment()), Err(HeadError::WrongSignature));

    let old = *known.registry_key().unwrap();
    let ben = Actor::named("ben");
    let new = opened.registry.rotate_own_key(&ben, moment()).await.unwrap();
    assert_ne!(new, old);
    opened.close().await;
    let opened = home.open().await;
    let signed = opened.registry.signed_head(moment()).await.unwrap();
    let known = history(&opened.registry).await;
    assert_eq!(known.registry_key(), Some(&new), "the old key vouches for it");
    signed.check(known.registry_key(), moment()).unwrap();
    assert_eq!(signed.check(Some(&old), moment()), Err(HeadError::OtherKey(new)));
    assert_eq!(opened.registry.verify().await.unwrap().problems, [""; 0]);
}
