//! Radio metadata, which network servers write differently.

use champollion_frames::{RadioMetadata, Reception};

use crate::{Unreadable, json::Field};

/// Stands for a gateway that the network server does not name; a number follows.
const UNNAMED: &str = "unnamed";

/// Reads a data rate as in `SF12BW125`, or `SF12 BW125 4/5`, into the metadata.
pub(super) fn data_rate(field: &Field<'_>, metadata: &mut RadioMetadata) -> Result<(), Unreadable> {
    let name = field.name()?;
    // FSK is a number alone, LR-FHSS starts with its own letters: they have no spreading factor.
    let Some(rest) = name.strip_prefix("SF") else { return Ok(()) };
    let wrong = || field.invalid(format_args!("{name:?} is no data rate as in SF12BW125"));
    let (spreading_factor, rest) = rest.split_once("BW").ok_or_else(wrong)?;
    let rest = rest.trim_start();
    let (bandwidth, coding_rate) = rest.split_once(' ').unwrap_or((rest, ""));
    let kilohertz: f64 = bandwidth.parse().map_err(|_| wrong())?;
    metadata.spreading_factor = Some(spreading_factor.trim().parse().map_err(|_| wrong())?);
    metadata.bandwidth_hz = Some(hertz(kilohertz).ok_or_else(wrong)?);
    if !coding_rate.trim().is_empty() {
        metadata.coding_rate = Some(coding_rate.trim().to_owned());
    }
    Ok(())
}

/// A bandwidth in kHz, which may be 62.5, in Hz.
pub(super) fn kilohertz(field: &Field<'_>) -> Result<u32, Unreadable> {
    let kilohertz = field.number_or_text()?;
    hertz(kilohertz).ok_or_else(|| field.invalid(format_args!("{kilohertz} kHz is no bandwidth")))
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
