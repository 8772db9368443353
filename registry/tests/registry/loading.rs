//! Tests of loading: the decoders in memory, and the limits within which they are loaded.

use std::{collections::BTreeMap, sync::Arc};

use champollion_registry::RegistryConfig;
use champollion_sandbox::{CallError, CallLimits, OutputError, Settings, Specimen};

use crate::support::{Home, SANDBOX, by, package, rehearse, wanted};

#[tokio::test]
async fn a_decoder_that_was_not_called_for_longest_makes_room() {
    let home = Home::new();
    let opened = home.open().await;
    for minor in 0..8 {
        let rehearsal = rehearse(package(&format!("1.{minor}.0"), "One of eight."));
        opened.registry.publish(rehearsal, &by("the test")).await.unwrap();
    }
    let code =
        opened.registry.decoder(&wanted("acme/answer")).await.unwrap().decoder.loaded_bytes();
    opened.close().await;

    // Room for three of the eight.
    let config = RegistryConfig { loaded_bytes: 3 * code as u64, ..RegistryConfig::default() };
    let registry = home.open_with(config, &SANDBOX).await.unwrap().registry;
    let mut dropped = Vec::new();
    for minor in 0..8 {
        let loaded = registry.decoder(&wanted(&format!("acme/answer@=1.{minor}.0"))).await.unwrap();
        dropped.push(Arc::downgrade(&loaded));
    }
    let alive = dropped.iter().filter(|loaded| loaded.strong_count() > 0).count();
    assert!((1..=3).contains(&alive), "{alive} are in memory");
    // And all of them can be had again.
    for minor in 0..8 {
        assert!(registry.decoder(&wanted(&format!("acme/answer@=1.{minor}.0"))).await.is_ok());
    }
}

#[tokio::test]
async fn one_decoder_is_held_to_lower_limits() {
    let home = Home::new();
    let id = package("1.0.0", "It.").manifest().id.clone();
    let lower = CallLimits { data_bytes: Some(12), ..CallLimits::default() };
    let lower_limits = BTreeMap::from([(id, lower)]);
    let config = RegistryConfig { lower_limits, ..RegistryConfig::default() };
    let opened = home.open_with(config, &SANDBOX).await.unwrap();
    opened.registry.publish(rehearse(package("1.0.0", "It.")), &by("the test")).await.unwrap();

    let decoder = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();

    let specimen = Specimen { f_port: 2, ..Specimen::default() };
    let called = decoder.decoder.try_uplink(&specimen, &Settings::default()).result;
    let too_large = OutputError::DataTooLarge { bytes: 13, limit: 12 };
    assert_eq!(called.unwrap_err(), CallError::Output(too_large));
}
