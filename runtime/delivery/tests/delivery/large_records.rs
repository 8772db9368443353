//! A record that is too large for the store is refused before it is in a batch.

use champollion_delivery::{
    mailbox::DeliveryError,
    names::GroupId,
    records::{DecoderName, Outcome, Record},
};
use champollion_frames::{RadioMetadata, device::Uplink};
use champollion_sandbox::{Digest, Settings};
use champollion_store::{Batch, MAX_VALUE_BYTES};
use semver::Version;

use crate::support::{
    Home, LNS, device, f_cnts, first_party, group, moment, no_decoder, record, verified,
};

/// Each entry starts with the moment at which it was stored.
const STAMP_BYTES: usize = 8;

/// A record whose reading repeats itself until no store would take it.
fn decoded_record(group: &GroupId, f_cnt: u32) -> Record {
    let payload = [0x01, 0x00, 0xE2];
    let uplink = Uplink { f_cnt, f_port: Some(5), payload: &payload, ..Uplink::default() };
    let uplink = verified(&uplink, RadioMetadata::default());
    let decoder = first_party("elsys-ers-co2-1.0.0");
    let mut reading = decoder.decode_uplink(&uplink, &Settings::default()).result.unwrap();
    reading.measurements = vec![reading.measurements[0].clone(); MAX_VALUE_BYTES / 32];
    let name = DecoderName {
        id: "elsys/ers-co2".into(),
        version: Version::new(1, 0, 0),
        digest: Digest::of(b"the package"),
        mapping: None,
        fuel: 1,
    };
    Record::new(&uplink, LNS, group.clone(), device(), Outcome::Decoded(name, reading))
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_and_its_raw_frame_is_not() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let mut batch = Batch::new();
    opened.mailbox.add(&mut batch, &record(&water, 1), moment()).unwrap();
    let before = batch.clone();
    let large = decoded_record(&water, 2);
    let size = serde_json::to_vec(&large).unwrap().len() + STAMP_BYTES;

    let error = opened.mailbox.add(&mut batch, &large, moment()).unwrap_err();

    let DeliveryError::RecordTooLarge { bytes, limit } = &error else { panic!("{error:?}") };
    assert_eq!((*bytes, *limit), (size, MAX_VALUE_BYTES));
    assert_eq!(
        error.to_string(),
        format!("the record has {size} bytes, and {MAX_VALUE_BYTES} are the limit")
    );
    assert_eq!(batch, before, "the batch is as it was");

    let raw = large.without_reading("record-too-large", error.to_string());
    opened.mailbox.add(&mut batch, &raw, moment()).unwrap();
    opened.store.commit(batch).await.unwrap();
    let page = opened.pull(&water, Default::default(), 10).await;
    assert_eq!(f_cnts(&page), [1, 2]);
    assert!(page.records[1].record.get().contains("\"payload\":\"0100E2\""));
    assert!(page.records[1].record.get().contains("\"code\":\"record-too-large\""));
}

#[tokio::test]
async fn a_record_may_reach_the_limit_of_the_store() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let uplink = Uplink { f_cnt: 1, f_port: Some(5), payload: &[], ..Uplink::default() };
    let uplink = verified(&uplink, RadioMetadata::default());
    // The name is filled up until entry and limit meet.
    let named = |characters: usize| {
        let device =
            champollion_delivery::records::DeviceInfo { name: "n".repeat(characters), ..device() };
        Record::new(&uplink, LNS, water.clone(), device, no_decoder())
    };
    let rest = serde_json::to_vec(&named(1)).unwrap().len() - 1 + STAMP_BYTES;
    let fitting = MAX_VALUE_BYTES - rest;

    let mut batch = Batch::new();
    let error = opened.mailbox.add(&mut batch, &named(fitting + 1), moment()).unwrap_err();
    let DeliveryError::RecordTooLarge { bytes, .. } = error else { panic!("{error:?}") };
    assert_eq!(bytes, MAX_VALUE_BYTES + 1);

    opened.mailbox.add(&mut batch, &named(fitting), moment()).unwrap();
    opened.store.commit(batch).await.expect("what the mailbox takes, the store takes");
    assert_eq!(opened.all(&water).await, [1]);
}
