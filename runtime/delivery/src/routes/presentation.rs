//! Presentation of records to a recipient: their shape, local moments, and new measurements only.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    handed::{Handed, Told},
    route::Route,
    shape::{Members, Shape, write},
};
use crate::zone::Zone;

/// The presentation of records to a recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// The shape of the records.
    pub shape: Shape,
    /// The zone in which moments stand beside those in UTC.
    pub zone: Option<Zone>,
}

/// A measurement of a record, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured<'json> {
    #[serde(borrow)]
    quantity: Cow<'json, str>,
    #[serde(default)]
    channel: u16,
    #[serde(default)]
    measured_at: Option<Timestamp>,
}

impl Route {
    /// Returns the presentation of the records of the route.
    pub(crate) fn presentation(&self) -> Presentation {
        let zone = self.time_zone.as_ref().or(self.zone_of_group.as_ref());
        Presentation { shape: self.shape, zone: zone.cloned() }
    }
}

impl Presentation {
    /// A stored record as the recipient gets it.
    ///
    /// # Errors
    /// It is no record.
    pub fn of<'json>(&self, json: &'json str) -> Result<Cow<'json, str>, serde_json::Error> {
        match self.zone {
            None => self.shape.of(json),
            Some(_) => Ok(Cow::Owned(self.rewritten(json, None)?.0)),
        }
    }

    /// The same without the measurements that were handed over before, and what the record tells. A corrected
    /// record keeps all of them.
    pub(crate) fn of_new(
        &self,
        json: &str,
        handed: &Handed,
    ) -> Result<(String, Vec<Told>), serde_json::Error> {
        self.rewritten(json, Some(handed))
    }

    fn rewritten(
        &self,
        json: &str,
        handed: Option<&Handed>,
    ) -> Result<(String, Vec<Told>), serde_json::Error> {
        let shaped = self.shape.of(json)?;
        let members: Members<'_> = serde_json::from_str(&shaped)?;
        let of = |wanted: &str| members.0.iter().find(|(name, _)| *name == wanted);
        let received_at = match of("receivedAt") {
            Some((_, moment)) => serde_json::from_str(moment.get())?,
            None => Timestamp::UNIX_EPOCH,
        };
        let handed = handed.filter(|_| of("replaces").is_none());
        let mut told = Vec::new();
        let mut written: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(members.0.len() + 3);
        for &(name, value) in &members.0 {
            match name {
                "decoded" => {
                    let decoded = self.decoded(value.get(), received_at, handed, &mut told)?;
                    written.push((name, Cow::Owned(decoded)));
                }
                _ => written.push((name, Cow::Borrowed(value.get()))),
            }
            let local = match name {
                "receivedAt" => "receivedAtLocal",
                "recordedAt" => "recordedAtLocal",
                _ => continue,
            };
            if let Some(zone) = &self.zone {
                let moment = zone.local(serde_json::from_str(value.get())?);
                written.push((local, Cow::Owned(format!("\"{moment}\""))));
            }
        }
        if let Some(zone) = &self.zone {
            written.push(("timeZone", Cow::Owned(serde_json::to_string(zone)?)));
        }
        Ok((write(written.iter().map(|(name, value)| (*name, &**value))), told))
    }

    /// The reading of a record.
    fn decoded(
        &self,
        json: &str,
        received_at: Timestamp,
        handed: Option<&Handed>,
        told: &mut Vec<Told>,
    ) -> Result<String, serde_json::Error> {
        let members: Members<'_> = serde_json::from_str(json)?;
        let mut measurements = String::new();
        for &(name, value) in &members.0 {
            if name != "measurements" {
                continue;
            }
            measurements.push('[');
            for measured in serde_json::from_str::<Vec<&RawValue>>(value.get())? {
                let known: Measured<'_> = serde_json::from_str(measured.get())?;
                let moment = known.measured_at.unwrap_or(received_at);
                let own = Told::new(&known.quantity, known.channel, moment);
                let is_known = handed.is_some_and(|handed| handed.knows(&own));
                told.push(own);
                if is_known {
                    continue;
                }
                if measurements.len() > 1 {
                    measurements.push(',');
                }
                measurements.push_str(&self.measured(measured.get(), known.measured_at)?);
            }
            measurements.push(']');
        }
        Ok(write(members.0.iter().map(|&(name, value)| {
            (name, if name == "measurements" { measurements.as_str() } else { value.get() })
        })))
    }

    /// A measurement, with its moment in local time.
    fn measured<'json>(
        &self,
        json: &'json str,
        measured_at: Option<Timestamp>,
    ) -> Result<Cow<'json, str>, serde_json::Error> {
        let (Some(zone), Some(at)) = (&self.zone, measured_at) else {
            return Ok(Cow::Borrowed(json));
        };
        let local = format!("\"{}\"", zone.local(at));
        let members: Members<'_> = serde_json::from_str(json)?;
        let with_local = members.0.iter().flat_map(|&(name, value)| {
            let local = (name == "measuredAt").then_some(("measuredAtLocal", local.as_str()));
            std::iter::once((name, value.get())).chain(local)
        });
        Ok(Cow::Owned(write(with_local)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn record() -> String {
        json!({
            "id": "a",
            "receivedAt": "2026-11-25T08:00:00Z",
            "recordedAt": "2026-11-25T08:00:01Z",
            "uplink": { "fCnt": 7, "payload": "0102" },
            "decoded": {
                "data": { "measurements": 1 },
                "measurements": [
                    { "quantity": "water.volume", "value": 2.0, "measuredAt": "2026-11-25T07:59:00Z" },
                    { "quantity": "water.volume", "value": 1.50, "measuredAt": "2026-11-25T07:00:00Z" },
                    { "quantity": "air.co2", "channel": 1, "value": 412 },
                ],
                "warnings": [],
            },
        })
        .to_string()
    }

    fn read(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn local_moments_stand_beside_those_in_utc() {
        let zone = Some("Europe/Paris".parse().unwrap());
        let paris = Presentation { shape: Shape::Both, zone };
        let record = record();
        let shown = read(&paris.of(&record).unwrap());
        let mut expected = read(&record);
        expected["receivedAtLocal"] = json!("2026-11-25T09:00:00+01:00");
        expected["recordedAtLocal"] = json!("2026-11-25T09:00:01+01:00");
        expected["timeZone"] = json!("Europe/Paris");
        for (index, hour) in [(0, "08:59"), (1, "08:00")] {
            expected["decoded"]["measurements"][index]["measuredAtLocal"] =
                json!(format!("2026-11-25T{hour}:00+01:00"));
        }
        assert_eq!(shown, expected);
        let raw = Presentation { shape: Shape::Raw, ..paris };
        let shown = read(&raw.of(&record).unwrap());
        assert!(shown["decoded"].is_null() && shown["receivedAtLocal"].is_string(), "{shown}");
        assert!(raw.of("[]").is_err());
        assert_eq!(Presentation::default().of(&record).unwrap(), record);
    }

    #[test]
    fn what_was_handed_over_is_left_out_but_of_a_corrected_record() {
        let (plain, record) = (Presentation::default(), record());
        let mut handed = Handed::default();
        let (first, told) = plain.of_new(&record, &handed).unwrap();
        assert_eq!(read(&first), read(&record));
        handed.note(&told);
        let (second, told) = plain.of_new(&record, &handed).unwrap();
        assert_eq!(read(&second)["decoded"]["measurements"], json!([]));
        assert_eq!(told.len(), 3);
        let mut next = read(&record);
        next["decoded"]["measurements"][0]["measuredAt"] = json!("2026-11-25T08:59:00Z");
        next["receivedAt"] = json!("2026-11-25T09:00:00Z");
        let (third, _) = plain.of_new(&next.to_string(), &handed).unwrap();
        let values: Vec<Json> = read(&third)["decoded"]["measurements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|measured| measured["value"].clone())
            .collect();
        assert_eq!(values, [json!(2.0), json!(412)]);
        let mut corrected = read(&record);
        corrected["replaces"] = json!({ "record": "a" });
        let (all, _) = plain.of_new(&corrected.to_string(), &handed).unwrap();
        assert_eq!(read(&all), corrected);
    }
}
