//! Tests of channels: versions that are promoted, rolled back, yanked and deprecated, and the devices that
//! get them.

use champollion_registry::{
    Asking, Change, ChangeError, Changed, Mandate, Publication, Registry,
    channels::{CanaryRule, Channel, Deprecation},
    ledger::{Actor, IndexEvent},
    package::{DecoderId, DecoderRef},
};
use semver::Version;

use crate::support::{Home, Opened, by, moment, package, rehearse, wanted};

fn id() -> DecoderId {
    "acme/answer".parse().unwrap()
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// Publishes as a publisher does who says nothing of channels.
async fn publish(opened: &Opened, version: &str) -> Channel {
    let publication = Publication { channel: None, ..by("ann") };
    let admitted = rehearse(package(version, "One of several."));
    opened.registry.publish(admitted, &publication).await.unwrap().channel
}

async fn change(registry: &Registry, change: Change) -> Result<Changed, ChangeError> {
    let mandate = Mandate { by: Actor::named("ben"), at: moment(), dry_run: false };
    registry.change(&id(), &change, &mandate, &[]).await
}

/// Returns the version that a requirement gets.
fn given(registry: &Registry, reference: &str) -> String {
    match registry.resolve(&wanted(reference)) {
        Ok((version, _)) => version.to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn the_first_release_is_stable_and_all_others_wait() {
    let home = Home::new();
    let opened = home.open().await;
    assert_eq!(publish(&opened, "1.0.0-rc.1").await, Channel::Candidate);
    assert_eq!(publish(&opened, "1.0.0").await, Channel::Stable);
    assert_eq!(publish(&opened, "1.1.0").await, Channel::Candidate);
    assert_eq!(publish(&opened, "0.9.0").await, Channel::Candidate);
    assert_eq!(given(&opened.registry, "acme/answer@^1"), "1.0.0");
    assert_eq!(given(&opened.registry, "acme/answer@=1.1.0"), "1.1.0", "a pin gets a candidate");
    let refused = given(&opened.registry, "acme/answer@^1.1");
    let expected = "no stable version of acme/answer satisfies ^1.1: 1.1.0 is a candidate";
    assert_eq!(refused, expected);
    assert_eq!(opened.registry.catalogue()[0].manifest.version, version("1.0.0"));
}

#[tokio::test]
async fn promoted_and_rolled_back_over_a_restart() {
    let home = Home::new();
    let opened = home.open().await;
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        publish(&opened, version).await;
    }
    // Without a word the highest candidate.
    let promoted = change(&opened.registry, Change::Promote(None)).await.unwrap();
    assert!(
        matches!(&promoted.event, IndexEvent::Promote(name) if name.version == version("1.2.0"))
    );
    assert_eq!(given(&opened.registry, "acme/answer"), "1.2.0");
    change(&opened.registry, Change::Promote(Some(version("1.1.0")))).await.unwrap();
    assert_eq!(given(&opened.registry, "acme/answer@<1.2"), "1.1.0");
    opened.close().await;

    let opened = home.open().await;
    assert_eq!(given(&opened.registry, "acme/answer"), "1.2.0");
    let back = change(&opened.registry, Change::Rollback(None)).await.unwrap();
    let IndexEvent::Rollback { withdrawn, to, .. } = &back.event else { panic!("{back:?}") };
    assert_eq!((withdrawn.as_slice(), to), (&[version("1.1.0")][..], &version("1.2.0")));
    assert_eq!(given(&opened.registry, "acme/answer@<1.2"), "1.0.0");
    change(&opened.registry, Change::Rollback(Some(version("1.0.0")))).await.unwrap();
    assert_eq!(given(&opened.registry, "acme/answer"), "1.0.0");
    let refused = change(&opened.registry, Change::Rollback(None)).await.unwrap_err();
    assert!(matches!(refused, ChangeError::NothingBefore { .. }), "{refused}");
    opened.close().await;

    let opened = home.open().await;
    assert_eq!(given(&opened.registry, "acme/answer"), "1.0.0");
    assert_eq!(opened.registry.verify().await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn a_yanked_version_is_given_to_those_alone_who_pin_it() {
    let home = Home::new();
    let opened = home.open().await;
    publish(&opened, "1.0.0").await;
    publish(&opened, "1.1.0").await;
    change(&opened.registry, Change::Promote(None)).await.unwrap();
    let yank = |text: &str| Change::Yank(version(text), "a wrong sign".to_owned());
    change(&opened.registry, yank("1.1.0")).await.unwrap();
    assert_eq!(given(&opened.registry, "acme/answer@^1"), "1.0.0");
    assert_eq!(given(&opened.registry, "acme/answer@=1.1.0"), "1.1.0");
    change(&opened.registry, yank("1.0.0")).await.unwrap();
    assert_eq!(
        given(&opened.registry, "acme/answer@^1"),
        "no stable version of acme/answer satisfies ^1: 1.0.0 is yanked, 1.1.0 is yanked"
    );
    let entry = opened.registry.catalogue_entry(&id()).unwrap();
    assert_eq!(entry.versions[0].yanked.as_deref(), Some("a wrong sign"));
    for (again, expected) in [
        (yank("1.0.0"), "acme/answer 1.0.0 is yanked already"),
        (
            Change::Promote(Some(version("1.1.0"))),
            "acme/answer 1.1.0 is yanked (a wrong sign): `unyank` it first",
        ),
        (yank("3.0.0"), "no version of acme/answer satisfies 3.0.0; published are 1.0.0, 1.1.0"),
    ] {
        let refused = change(&opened.registry, again).await.unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    change(&opened.registry, Change::Unyank(version("1.1.0"))).await.unwrap();
    assert_eq!(given(&opened.registry, "acme/answer@^1"), "1.1.0");
    let refused = change(&opened.registry, Change::Unyank(version("1.1.0"))).await.unwrap_err();
    assert!(matches!(refused, ChangeError::NotYanked { .. }), "{refused}");
}

#[tokio::test]
async fn a_deprecated_decoder_decodes_on_and_names_its_successor() {
    let home = Home::new();
    let opened = home.open().await;
    publish(&opened, "1.0.0").await;
    let successor: DecoderRef = "acme/answer-2@^1".parse().unwrap();
    let deprecation = Deprecation { successor: Some(successor), reason: String::new() };
    change(&opened.registry, Change::Deprecate(deprecation.clone())).await.unwrap();
    opened.close().await;
    let opened = home.open().await;
    let entry = opened.registry.catalogue_entry(&id()).unwrap();
    assert_eq!(entry.deprecated, Some(deprecation));
    assert_eq!(given(&opened.registry, "acme/answer@^1"), "1.0.0");
    change(&opened.registry, Change::Deprecate(Deprecation::default())).await.unwrap();
    assert_eq!(opened.registry.catalogue_entry(&id()).unwrap().deprecated, None);
}

#[tokio::test]
async fn what_is_only_tried_tells_whom_it_would_concern_and_does_nothing() {
    let home = Home::new();
    let opened = home.open().await;
    publish(&opened, "1.0.0").await;
    publish(&opened, "1.1.0").await;
    let asked = [
        (wanted("acme/answer@^1"), 7),
        (wanted("acme/answer@=1.0.0"), 2),
        (wanted("acme/answer@^1.1"), 1),
        (wanted("acme/other@^1"), 9),
    ];
    let head = opened.registry.index_head().await.unwrap();
    let mandate = Mandate { by: Actor::named("ben"), at: moment(), dry_run: true };
    let tried = opened.registry.change(&id(), &Change::Promote(None), &mandate, &asked).await;
    let tried = tried.unwrap();
    assert!(tried.dry_run);
    let effects: Vec<String> = tried
        .effects
        .iter()
        .map(|effect| {
            let version = |version: &Option<Version>| {
                version.as_ref().map_or("none".to_owned(), Version::to_string)
            };
            let (from, to) = (version(&effect.from), version(&effect.to));
            format!("{} {}: {from} {to}", effect.devices, effect.wanted)
        })
        .collect();
    assert_eq!(effects, ["7 acme/answer@^1: 1.0.0 1.1.0", "1 acme/answer@^1.1: none 1.1.0"]);
    assert_eq!(tried.asking, Some(Asking { devices: 8, of: 10 }));
    assert_eq!(given(&opened.registry, "acme/answer@^1"), "1.0.0");
    assert_eq!(opened.registry.index_head().await.unwrap(), head, "nothing was written");
}

#[tokio::test]
async fn a_new_major_version_says_that_no_device_asks_for_it_and_is_tried_beside_the_one_before() {
    let home = Home::new();
    let opened = home.open().await;
    for version in ["1.0.0", "2.0.0", "2.1.0"] {
        publish(&opened, version).await;
    }
    let registry = &opened.registry;
    let asked = [(wanted("acme/answer@^1"), 3), (wanted("acme/answer@=2.1.0"), 1)];
    let asking = async |change: Change| {
        let mandate = Mandate { by: Actor::named("ben"), at: moment(), dry_run: true };
        registry.change(&id(), &change, &mandate, &asked).await.unwrap().asking
    };
    let nobody = Some(Asking { devices: 0, of: 4 });
    let rule = CanaryRule {
        version: version("2.0.0"),
        share_percent: 10,
        failure_percent: CanaryRule::FAILURE_PERCENT,
        frames: CanaryRule::FRAMES,
    };
    assert_eq!(asking(Change::Promote(Some(version("2.0.0")))).await, nobody);
    assert_eq!(asking(Change::Shadow(Some(version("2.0.0")))).await, nobody);
    assert_eq!(asking(Change::Canary(rule)).await, nobody);
    let one = Some(Asking { devices: 1, of: 4 });
    assert_eq!(asking(Change::Promote(Some(version("2.1.0")))).await, one);
    assert_eq!(asking(Change::Yank(version("2.1.0"), String::new())).await, None);

    change(registry, Change::Shadow(Some(version("2.0.0")))).await.unwrap();
    let beside = async |reference: &str| {
        let wanted = wanted(reference);
        let decoder = registry.decoder(&wanted).await.unwrap();
        registry.shadow_of(&wanted, &decoder).is_some()
    };
    assert!(beside("acme/answer@^1").await, "none asks for a major version that is not there yet");
    assert!(!beside("acme/answer@=1.0.0").await, "a device that is pinned tries nothing");
    // From then on it is tried beside those that ask for it.
    change(registry, Change::Promote(Some(version("2.0.0")))).await.unwrap();
    change(registry, Change::Shadow(Some(version("2.1.0")))).await.unwrap();
    assert!(beside("acme/answer@^2").await);
    assert!(!beside("acme/answer@^1").await);
}
