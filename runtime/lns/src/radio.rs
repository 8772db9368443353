//! Radio metadata, which network servers write differently.

use champollion_frames::{RadioMetadata, Reception};

use crate::{Unreadable, decoration::Decoration, json::Field};

/// Stands for a gateway that the network server does not name; a number follows.
const UNNAMED: &str = "unnamed";

/// The levels at which a frame can be received, in dBm, and its distance from the noise, in dB: wide enough
/// for what gateways report, and free of what stands for no level at all.
const RSSI_DBM: std::ops::RangeInclusive<f64> = -200.0..=50.0;
const SNR_DB: std::ops::RangeInclusive<f64> = -100.0..=100.0;

/// The frequencies that LoRaWAN is sent on, in Hz, and some around them. Others are numbers of another unit.
const HERTZ: std::ops::RangeInclusive<u32> = 100_000_000..=3_000_000_000;

/// The beginnings of the names of data rates of other modulations than LoRa: FSK and LR-FHSS.
const OTHER_MODULATIONS: [&str; 4] = ["FSK", "GFSK", "LR", "M"];

/// The spreading factors of LoRa.
const SPREADING_FACTORS: std::ops::RangeInclusive<u8> = 5..=12;

/// The bandwidths of LoRa, FSK and LR-FHSS, in Hz, and some around them.
const BANDWIDTHS_HZ: std::ops::RangeInclusive<u32> = 100..=10_000_000;

/// A received signal strength, in dBm.
pub(super) fn rssi(field: &Field<'_>) -> Result<f32, Unreadable> {
    level(field, &RSSI_DBM, "dBm is no signal strength")
}

/// A signal-to-noise ratio, in dB.
pub(super) fn snr(field: &Field<'_>) -> Result<f32, Unreadable> {
    level(field, &SNR_DB, "dB is no signal-to-noise ratio")
}

/// The signal-to-noise ratio in the member `snr` of a reception, in a JSON of protobuf, which leaves out zeros:
/// of LoRa one that is missing is 0 dB; where another modulation is told, or none, it is unknown.
pub(super) fn snr_or_zero(reception: &Decoration<'_, '_>, is_lora: bool) -> Option<f32> {
    if reception.has("snr") { reception.get("snr", snr) } else { is_lora.then_some(0.0) }
}

#[expect(clippy::cast_possible_truncation, reason = "levels have three digits")]
fn level(
    field: &Field<'_>,
    range: &std::ops::RangeInclusive<f64>,
    wrong: &str,
) -> Result<f32, Unreadable> {
    let level = field.number_or_text()?;
    if range.contains(&level) {
        return Ok(level as f32);
    }
    Err(field.invalid(format_args!("{level} {wrong}")))
}

/// A frequency in Hz.
pub(super) fn frequency(field: &Field<'_>) -> Result<u32, Unreadable> {
    within(field, field.whole_or_text()?, &HERTZ, "Hz is no frequency of LoRaWAN")
}

/// A frequency that is written in MHz, in Hz.
pub(super) fn megahertz(field: &Field<'_>) -> Result<u32, Unreadable> {
    within(field, field.megahertz()?, &HERTZ, "Hz is no frequency of LoRaWAN")
}

/// A spreading factor of LoRa.
pub(super) fn spreading_factor(field: &Field<'_>) -> Result<u8, Unreadable> {
    within(field, field.whole_or_text()?, &SPREADING_FACTORS, "is no spreading factor")
}

/// The same, which may be written as in `SF7`.
pub(super) fn named_spreading_factor(field: &Field<'_>) -> Result<u8, Unreadable> {
    let Some(digits) = field.text().ok().and_then(|text| text.strip_prefix("SF")) else {
        return spreading_factor(field);
    };
    let factor = digits.trim().parse().map_err(|_| field.invalid("it is no spreading factor"))?;
    within(field, factor, &SPREADING_FACTORS, "is no spreading factor")
}

/// A bandwidth in Hz.
pub(super) fn bandwidth(field: &Field<'_>) -> Result<u32, Unreadable> {
    within(field, field.whole_or_text()?, &BANDWIDTHS_HZ, "Hz is no bandwidth")
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &Field<'_>,
    number: T,
    range: &std::ops::RangeInclusive<T>,
    wrong: &str,
) -> Result<T, Unreadable> {
    if range.contains(&number) {
        return Ok(number);
    }
    Err(field.invalid(format_args!("{number} {wrong}")))
}

/// Reads a data rate as in `SF12BW125`, or `SF12 BW125 4/5`, into the metadata.
pub(super) fn data_rate(field: &Field<'_>, metadata: &mut RadioMetadata) -> Result<(), Unreadable> {
    let name = field.name()?;
    let wrong = || field.invalid(format_args!("{name:?} is no data rate as in SF12BW125"));
    let Some(rest) = name.strip_prefix("SF") else {
        // FSK is a number, or starts with its own letters as LR-FHSS does: they have no spreading factor.
        let is_known = OTHER_MODULATIONS.iter().any(|start| name.starts_with(start))
            || name.starts_with(|first: char| first.is_ascii_digit());
        return if is_known { Ok(()) } else { Err(wrong()) };
    };
    let (spreading_factor, rest) = rest.split_once("BW").ok_or_else(wrong)?;
    let rest = rest.trim_start();
    let (bandwidth, coding_rate) = rest.split_once(' ').unwrap_or((rest, ""));
    let kilohertz: f64 = bandwidth.parse().map_err(|_| wrong())?;
    let bandwidth = hertz(kilohertz).filter(|hertz| BANDWIDTHS_HZ.contains(hertz));
    let spreading_factor = spreading_factor.trim().parse().ok();
    let spreading_factor = spreading_factor.filter(|factor| SPREADING_FACTORS.contains(factor));
    let (Some(spreading_factor), Some(bandwidth)) = (spreading_factor, bandwidth) else {
        return Err(wrong());
    };
    (metadata.spreading_factor, metadata.bandwidth_hz) = (Some(spreading_factor), Some(bandwidth));
    if !coding_rate.trim().is_empty() {
        metadata.coding_rate = Some(coding_rate.trim().to_owned());
    }
    Ok(())
}

/// A bandwidth in kHz, which may be 62.5, in Hz.
pub(super) fn kilohertz(field: &Field<'_>) -> Result<u32, Unreadable> {
    let kilohertz = field.number_or_text()?;
    hertz(kilohertz)
        .filter(|hertz| BANDWIDTHS_HZ.contains(hertz))
        .ok_or_else(|| field.invalid(format_args!("{kilohertz} kHz is no bandwidth")))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is turned away before"
)]
fn hertz(kilohertz: f64) -> Option<u32> {
    let hertz = (kilohertz * 1e3).round();
    (0.0..=f64::from(u32::MAX)).contains(&hertz).then_some(hertz as u32)
}

/// A reception through a gateway, which may have no name.
pub(super) fn reception(
    name: Option<&str>,
    index: usize,
    rssi_dbm: Option<f32>,
    snr_db: Option<f32>,
) -> Reception {
    let gateway_id = name.map_or_else(|| format!("{UNNAMED}-{}", index + 1), str::to_owned);
    Reception { gateway_id, rssi_dbm, snr_db }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Spreading factor, bandwidth in Hz, coding rate.
    type Read = (Option<u8>, Option<u32>, Option<String>);

    fn read(text: &str) -> Result<Read, String> {
        let json = json!({ "dataRate": text });
        let root = Field::root(&json).unwrap();
        let mut metadata = RadioMetadata::default();
        root.need("dataRate", |field| data_rate(field, &mut metadata))
            .map_err(|error| error.to_string())?;
        Ok((metadata.spreading_factor, metadata.bandwidth_hz, metadata.coding_rate))
    }

    #[test]
    fn data_rates_are_taken_apart() {
        assert_eq!(read("SF12BW125"), Ok((Some(12), Some(125_000), None)));
        assert_eq!(read("SF7 BW62.5 4/6"), Ok((Some(7), Some(62_500), Some("4/6".into()))));
        assert_eq!(read("50000"), Ok((None, None, None)));
        assert_eq!(read("M0CW137"), Ok((None, None, None)));
        for wrong in
            ["SF12", "SFxBW125", "SF12BW", "SF300BW125", "SF7BW-1", "SF7BWNaN", "SF7BW1e30"]
        {
            let error = read(wrong).unwrap_err();
            assert!(error.starts_with("dataRate: ") && error.contains(wrong), "{error}");
        }
        assert!(read("").unwrap_err().contains("empty"));
    }
}
