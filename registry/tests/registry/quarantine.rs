//! Versions that keep misbehaving are set aside, over a restart too, and others feel nothing.

use std::time::Duration;

use champollion_registry::{
    LoadedDecoder, Registry, RegistryConfig, RegistryError, channels::QuarantineRule,
    package::DecoderRef,
};
use champollion_sandbox::{CallError, Settings, Specimen};
use jiff::{SignedDuration, Timestamp};
use semver::Version;

use crate::support::{Home, Opened, SANDBOX, by, moment, package, rehearse, wanted};

const FAILURES: usize = 3;

fn config() -> RegistryConfig {
    let quarantine = QuarantineRule { failures: FAILURES, window: Duration::from_secs(60) };
    RegistryConfig { quarantine, ..RegistryConfig::default() }
}

/// Has a decoder crash, and tells the registry.
async fn crash(registry: &Registry, decoder: &LoadedDecoder, at: Timestamp) -> bool {
    let specimen = Specimen { f_port: 13, ..Specimen::default() };
    let error = decoder.decoder.try_uplink(&specimen, &Settings::default()).result.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error}");
    registry.report(decoder, &error, at).await.unwrap().is_some()
}

async fn opened_with_two_versions(home: &Home) -> Opened {
    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    for version in ["1.0.0", "1.1.0"] {
        let rehearsal = rehearse(package(version, "It crashes on port 13."));
        opened.registry.publish(rehearsal, &by("the test")).await.unwrap();
    }
    opened
}

async fn is_given(registry: &Registry, reference: &DecoderRef) -> bool {
    match registry.healthy_decoder(reference).await {
        Ok(_) => true,
        Err(RegistryError::Quarantined(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_version_is_set_aside_alone_and_stays_so_until_it_is_lifted() {
    let home = Home::new();
    let opened = opened_with_two_versions(&home).await;
    let (first, second) = (wanted("acme/answer@=1.0.0"), wanted("acme/answer@=1.1.0"));
    let decoder = opened.registry.decoder(&second).await.unwrap();
    for seconds in 0..FAILURES {
        assert!(is_given(&opened.registry, &second).await);
        let at = moment() + SignedDuration::from_secs(seconds as i64);
        let too_many = crash(&opened.registry, &decoder, at).await;
        assert_eq!(too_many, seconds + 1 == FAILURES);
    }
    assert!(!is_given(&opened.registry, &second).await);
    assert!(is_given(&opened.registry, &first).await, "the other version goes on");
    // Whoever wants to find out what is wrong with it still may.
    assert!(opened.registry.decoder(&second).await.is_ok());
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    assert!(!is_given(&opened.registry, &second).await, "a restart lifts nothing");
    let set_aside = opened.registry.quarantined();
    assert_eq!(set_aside.len(), 1);
    assert_eq!(set_aside[0].version, Version::new(1, 1, 0));
    assert_eq!((set_aside[0].failures, set_aside[0].code.as_str()), (FAILURES, "trapped"));

    let (id, version) = (set_aside[0].id.clone(), set_aside[0].version.clone());
    assert!(opened.registry.lift_quarantine(&id, &version).await.unwrap());
    assert!(is_given(&opened.registry, &second).await);
    assert!(!opened.registry.lift_quarantine(&id, &version).await.unwrap(), "there is none");
    opened.close().await;

    let opened = home.open_with(config(), &SANDBOX).await.unwrap();
    assert!(is_given(&opened.registry, &second).await, "a restart brings nothing back");
}

#[tokio::test]
async fn with_a_rule_of_no_failures_nothing_is_set_aside() {
    let home = Home::new();
    let quarantine = QuarantineRule { failures: 0, ..QuarantineRule::default() };
    let config = RegistryConfig { quarantine, ..RegistryConfig::default() };
    let opened = home.open_with(config, &SANDBOX).await.unwrap();
    opened.registry.publish(rehearse(package("1.0.0", "It.")), &by("the test")).await.unwrap();
    let decoder = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();
    for _ in 0..100 {
        assert!(!crash(&opened.registry, &decoder, moment()).await);
    }
}
