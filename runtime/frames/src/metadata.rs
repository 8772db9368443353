//! Radio metadata of an uplink. Nothing of it is covered by the MIC.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// The transmission and the reception of an uplink, as the network server tells them.
///
/// Everything is optional: network servers differ in what they pass on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RadioMetadata {
    /// Centre frequency of the channel, in Hz: 868100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_hz: Option<u32>,
    /// LoRa spreading factor, 5 to 12, without unit. Absent for FSK and LR-FHSS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spreading_factor: Option<u8>,
    /// Bandwidth of the channel, in Hz: 125000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_hz: Option<u32>,
    /// Forward error correction: `4/5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding_rate: Option<String>,
    /// The channel plan, as the network server names it: `EU868`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The index of the data rate in the channel plan, TxDr, where the network server tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_rate_index: Option<u8>,
    /// The index of the channel in the channel plan, TxCh, where the network server tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_index: Option<u8>,
    /// The lower 16 bits of the FCnt of the confirmed downlink that the uplink acknowledges, where
    /// the network server tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conf_f_cnt: Option<u16>,
    /// One entry for each reception of this uplink.
    pub gateways: Vec<Reception>,
}

/// One uplink as one gateway received it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reception {
    /// The gateway, as the network server names it: usually its EUI.
    pub gateway_id: String,
    /// Received signal strength, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<f32>,
    /// Signal-to-noise ratio, in dB. LoRa is received well below 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f32>,
}

impl RadioMetadata {
    /// Returns the number of gateways that received the uplink. A gateway that reports it twice, once for
    /// each of its antennas, counts once.
    #[must_use]
    pub fn redundancy(&self) -> usize {
        let is_first_of_its_gateway = |(index, reception): &(usize, &Reception)| {
            self.gateways[..*index].iter().all(|earlier| earlier.gateway_id != reception.gateway_id)
        };
        self.gateways.iter().enumerate().filter(is_first_of_its_gateway).count()
    }

    /// Adds what another copy of the same uplink tells: its receptions, and what this one did not
    /// know. A reception that is known already is not listed twice, and of more than `limit` the
    /// later ones are left out.
    pub fn merge(&mut self, other: Self, limit: usize) {
        fn known<T>(ours: &mut Option<T>, theirs: Option<T>) {
            if ours.is_none() {
                *ours = theirs;
            }
        }
        known(&mut self.frequency_hz, other.frequency_hz);
        known(&mut self.spreading_factor, other.spreading_factor);
        known(&mut self.bandwidth_hz, other.bandwidth_hz);
        known(&mut self.coding_rate, other.coding_rate);
        known(&mut self.region, other.region);
        known(&mut self.data_rate_index, other.data_rate_index);
        known(&mut self.channel_index, other.channel_index);
        known(&mut self.conf_f_cnt, other.conf_f_cnt);
        for reception in other.gateways {
            if self.gateways.len() < limit && !self.gateways.contains(&reception) {
                self.gateways.push(reception);
            }
        }
    }

    /// The reception with the highest SNR; among equals, or where no SNR is known, the one with
    /// the highest RSSI; among equals the one named first.
    #[must_use]
    pub fn best_reception(&self) -> Option<&Reception> {
        // `max_by` would return the last of equals.
        self.gateways.iter().reduce(|best, next| {
            if next.compare_quality(best) == Ordering::Greater { next } else { best }
        })
    }
}

impl Reception {
    fn compare_quality(&self, other: &Self) -> Ordering {
        compare_levels(self.snr_db, other.snr_db)
            .then_with(|| compare_levels(self.rssi_dbm, other.rssi_dbm))
    }
}

/// An unknown level, and a NaN is one, is below every known level.
fn compare_levels(left: Option<f32>, right: Option<f32>) -> Ordering {
    let known = |level: Option<f32>| level.filter(|level| !level.is_nan());
    match (known(left), known(right)) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reception(gateway_id: &str, snr_db: Option<f32>, rssi_dbm: Option<f32>) -> Reception {
        Reception { gateway_id: gateway_id.to_owned(), rssi_dbm, snr_db }
    }

    fn received_by(gateways: Vec<Reception>) -> RadioMetadata {
        RadioMetadata { gateways, ..RadioMetadata::default() }
    }

    #[track_caller]
    fn assert_best(gateways: Vec<Reception>, expected: &str) {
        let metadata = received_by(gateways);
        assert_eq!(metadata.best_reception().unwrap().gateway_id, expected);
    }

    #[test]
    fn the_best_reception_is_that_of_highest_snr_then_rssi() {
        assert_best(
            vec![reception("a", Some(-7.5), Some(-80.0)), reception("b", Some(2.0), Some(-110.0))],
            "b",
        );
        assert_best(
            vec![reception("a", Some(2.0), Some(-110.0)), reception("b", Some(2.0), Some(-90.0))],
            "b",
        );
        assert_best(
            vec![reception("a", None, Some(-60.0)), reception("b", Some(-20.0), None)],
            "b",
        );
        assert_best(
            vec![reception("a", Some(f32::NAN), None), reception("b", Some(-20.0), None)],
            "b",
        );
        assert_best(
            vec![reception("a", Some(1.0), Some(-90.0)), reception("b", Some(1.0), Some(-90.0))],
            "a",
        );
        assert_eq!(RadioMetadata::default().best_reception(), None);
    }

    #[test]
    fn redundancy_counts_gateways_not_receptions() {
        assert_eq!(RadioMetadata::default().redundancy(), 0);
        let antenna_and_other = vec![
            reception("a", Some(1.0), None),
            reception("b", Some(1.0), None),
            reception("a", Some(3.0), None),
        ];
        assert_eq!(received_by(antenna_and_other).redundancy(), 2);
    }

    #[test]
    fn copies_are_merged_into_one() {
        let mut first = RadioMetadata {
            frequency_hz: Some(868_100_000),
            gateways: vec![reception("a", Some(1.0), None)],
            ..RadioMetadata::default()
        };
        let copy = RadioMetadata {
            frequency_hz: Some(868_100_001),
            region: Some("EU868".into()),
            ..received_by(vec![reception("a", Some(1.0), None), reception("b", None, None)])
        };
        first.merge(copy, 10);
        assert_eq!(
            (first.frequency_hz, first.region.as_deref()),
            (Some(868_100_000), Some("EU868"))
        );
        assert_eq!((first.gateways.len(), first.redundancy()), (2, 2));
        first.merge(received_by(vec![reception("c", None, None), reception("d", None, None)]), 3);
        assert_eq!(first.gateways[2].gateway_id, "c");
        assert_eq!(first.gateways.len(), 3, "of more than the limit the later ones are left out");
    }

    #[test]
    fn json_is_camel_case_and_tolerates_what_is_missing() {
        let json = r#"{"frequencyHz":868100000,"spreadingFactor":7,"bandwidthHz":125000,"codingRate":"4/5","region":"EU868","gateways":[{"gatewayId":"a","rssiDbm":-57.0,"snrDb":9.5}]}"#;
        let metadata: RadioMetadata = serde_json::from_str(json).unwrap();
        assert_eq!(metadata.frequency_hz, Some(868_100_000));
        assert_eq!(metadata.gateways[0].snr_db, Some(9.5));
        assert_eq!(serde_json::to_string(&metadata).unwrap(), json);

        assert_eq!(serde_json::from_str::<RadioMetadata>("{}").unwrap(), RadioMetadata::default());
        assert_eq!(serde_json::to_string(&RadioMetadata::default()).unwrap(), r#"{"gateways":[]}"#);
    }
}
