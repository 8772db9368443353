//! Calls that keep misbehaving are set aside, over a restart too, and others feel nothing.

use std::time::Duration;

use champollion_frames::DevEui;
use champollion_registry::{
    LoadedDecoder, Registry, RegistryConfig, RegistryError,
    channels::{Caller, QuarantineRule, Quarantined, Scope, Verdict},
    ledger::Actor,
    package::DecoderRef,
};
use champollion_sandbox::{CallError, Settings, Specimen};
use champollion_store::{Batch, Store, Table, codec::Text, tables};
use jiff::{SignedDuration, Timestamp};
use semver::Version;

use crate::support::{Home, Opened, SANDBOX, by, moment, package, rehearse, wanted};

const FAILURES: usize = 3;

fn config() -> RegistryConfig {
    let quarantine = QuarantineRule {
        failures: FAILURES,
        window: Duration::from_secs(60),
        share_percent: 50,
        devices: 2,
        trial: Duration::from_secs(60),
    };
    RegistryConfig { quarantine, ..RegistryConfig::default() }
}

fn caller(device: u64) -> Caller {
    Caller { dev_eui: DevEui::from_be_bytes(device.to_be_bytes()), f_port: Some(13) }
}

fn after(seconds: i64) -> Timestamp {
    moment() + SignedDuration::from_secs(seconds)
}

/// Has a decoder crash for a device, and tells the registry.
async fn crash(
    registry: &Registry,
    decoder: &LoadedDecoder,
    device: u64,
    at: Timestamp,
) -> Vec<Verdict> {
    let specimen = Specimen { f_port: 13, ..Specimen::default() };
    let error = decoder.decoder.try_uplink(&specimen, &Settings::default()).result.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error}");
    registry.note(decoder, caller(device), Some(&error), at).await.unwrap()
}

async fn opened_with_two_versions(home: &Home) -> Opened {
    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    for version in ["1.0.0", "1.1.0"] {
        let rehearsal = rehearse(package(version, "It crashes on port 13."));
        opened.registry.publish(rehearsal, &by("the test")).await.unwrap();
    }
    opened
}

async fn is_given(registry: &Registry, wanted: &DecoderRef, device: u64, at: Timestamp) -> bool {
    match registry.healthy_decoder(wanted, caller(device), at).await {
        Ok(_) => true,
        Err(RegistryError::Quarantined(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

fn scopes(registry: &Registry) -> Vec<Scope> {
    registry.quarantined().into_iter().map(|quarantined| quarantined.scope).collect()
}

#[tokio::test]
async fn a_device_is_set_aside_alone_and_a_restart_lifts_nothing() {
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let (first, second) = (wanted("acme/answer@=1.0.0"), wanted("acme/answer@=1.1.0"));
    let decoder = opened.registry.decoder(&second).await.unwrap();
    for seconds in 0..FAILURES as i64 {
        assert!(is_given(&opened.registry, &second, 1, after(seconds)).await);
        let verdicts = crash(&opened.registry, &decoder, 1, after(seconds)).await;
        assert_eq!(verdicts.len(), usize::from(seconds + 1 == FAILURES as i64), "{verdicts:?}");
    }
    assert!(!is_given(&opened.registry, &second, 1, after(3)).await);
    assert!(is_given(&opened.registry, &second, 2, after(3)).await, "another device goes on");
    assert!(is_given(&opened.registry, &first, 1, after(3)).await, "another version goes on");
    // Whoever wants to find out what is wrong with it still may.
    assert!(opened.registry.decoder(&second).await.is_ok());
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    let now = Timestamp::now();
    assert!(!is_given(&opened.registry, &second, 1, now).await, "a restart lifts nothing");
    assert!(is_given(&opened.registry, &second, 2, now).await);
    let set_aside = opened.registry.quarantined();
    assert_eq!(set_aside.len(), 1);
    assert_eq!(set_aside[0].scope.dev_eui, Some(caller(1).dev_eui));
    assert_eq!(set_aside[0].version, Version::new(1, 1, 0));
    assert_eq!((set_aside[0].failures, set_aside[0].code.as_str()), (FAILURES, "trapped"));

    let (id, version) = (set_aside[0].id.clone(), set_aside[0].version.clone());
    assert!(
        opened
            .registry
            .lift_quarantine(&id, &version, &Actor::named("root"), after(0))
            .await
            .unwrap()
    );
    assert!(is_given(&opened.registry, &second, 1, now).await);
    assert!(
        !opened
            .registry
            .lift_quarantine(&id, &version, &Actor::named("root"), after(0))
            .await
            .unwrap(),
        "there is none"
    );
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    assert!(is_given(&opened.registry, &second, 1, now).await, "a restart brings nothing back");
}

#[tokio::test]
async fn a_port_is_set_aside_by_several_devices_and_lifts_itself_for_good() {
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let reference = wanted("acme/answer@=1.1.0");
    let decoder = opened.registry.decoder(&reference).await.unwrap();
    for device in 1..=3 {
        crash(&opened.registry, &decoder, device, after(0)).await;
    }
    let port = Scope { f_port: Some(13), commands: false, dev_eui: None };
    assert_eq!(scopes(&opened.registry), [port]);
    assert!(!is_given(&opened.registry, &reference, 1, after(1)).await);
    assert!(is_given(&opened.registry, &reference, 9, after(1)).await, "it did nothing wrong");
    let other_port = Caller { f_port: Some(2), ..caller(1) };
    assert!(opened.registry.healthy_decoder(&reference, other_port, after(1)).await.is_ok());

    assert!(is_given(&opened.registry, &reference, 1, after(60)).await, "one call on trial");
    assert!(!is_given(&opened.registry, &reference, 2, after(60)).await, "and only one");
    let verdicts = opened.registry.note(&decoder, caller(1), None, after(60)).await.unwrap();
    assert!(matches!(&verdicts[..], [Verdict::Lifted(_)]), "{verdicts:?}");
    assert!(is_given(&opened.registry, &reference, 2, after(61)).await);
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    assert_eq!(scopes(&opened.registry), [], "a restart brings nothing back");
}

#[tokio::test]
async fn an_answer_about_one_frame_sets_nothing_aside() {
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let decoder = opened.registry.decoder(&wanted("acme/answer@=1.1.0")).await.unwrap();
    let threw = CallError::Threw { message: "Error: port 5".into(), line: None, column: None };
    for device in 1..100 {
        let noted = opened.registry.note(&decoder, caller(device % 7), Some(&threw), moment());
        assert_eq!(noted.await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_person_sets_a_version_aside_over_a_restart() {
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let reference = wanted("acme/answer@=1.1.0");
    let version = Version::new(1, 1, 0);
    let root = Actor::named("root");
    let why = (&root, "it is off by ten");
    opened.registry.set_aside(&reference.id, &version, why, Timestamp::now()).await.unwrap();
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    let far = Timestamp::now() + SignedDuration::from_hours(1_000);
    assert!(!is_given(&opened.registry, &reference, 1, far).await, "there is no trial of it");
    let said = opened.registry.quarantined()[0].to_string();
    assert!(said.contains("it is off by ten") && !said.contains("root"), "{said}");
    assert!(
        opened
            .registry
            .lift_quarantine(&reference.id, &version, &Actor::named("root"), far)
            .await
            .unwrap()
    );
    assert!(is_given(&opened.registry, &reference, 1, far).await);
}

/// As servers wrote it that knew whole versions alone.
#[tokio::test]
async fn rows_of_older_servers_are_read_and_lift_themselves() {
    const ROWS: Table<String, Quarantined, Text> = Table::new(tables::REGISTRY_QUARANTINE);
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let row = r#"{"id":"acme/answer","version":"1.1.0","since":"2026-11-28T17:01:05.7Z",
        "failures":20,"code":"exception","message":"the decoder threw Error: unknown port 5"}"#;
    let row: Quarantined = serde_json::from_str(row).unwrap();
    let mut batch = Batch::new();
    ROWS.put(&mut batch, &"acme/answer/1.1.0".to_owned(), &row).unwrap();
    opened.store.commit(batch).await.unwrap();
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    let reference = wanted("acme/answer@=1.1.0");
    assert_eq!(scopes(&opened.registry), [Scope::VERSION]);
    assert!(!is_given(&opened.registry, &reference, 1, Timestamp::now()).await);
    let later = Timestamp::now() + SignedDuration::from_secs(61);
    assert!(is_given(&opened.registry, &reference, 1, later).await);
    let decoder = opened.registry.decoder(&reference).await.unwrap();
    assert_eq!(opened.registry.note(&decoder, caller(1), None, later).await.unwrap().len(), 1);
    opened.close().await;
    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    assert_eq!(scopes(&opened.registry), []);
}

#[tokio::test]
async fn with_a_rule_of_no_failures_nothing_is_set_aside() {
    let home = Home::new();
    let quarantine = QuarantineRule { failures: 0, ..QuarantineRule::default() };
    let config = RegistryConfig { quarantine, ..RegistryConfig::default() };
    let opened = home.open_with(config, &SANDBOX).await.unwrap();
    opened.registry.publish(rehearse(package("1.0.0", "It.")), &by("the test")).await.unwrap();
    let decoder = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();
    for device in 0..100 {
        assert_eq!(crash(&opened.registry, &decoder, device % 5, moment()).await, []);
    }
}
