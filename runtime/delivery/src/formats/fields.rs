//! Fields of a record that both kinds of tables have, and the form of a field.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::{cells, layout::Layout, view::View};

/// The columns before those of the measurements.
pub(super) const FIRST: [&str; 8] =
    ["record", "group", "device", "name", "subGroup", "useCase", "tags", "receivedAt"];

/// The columns after those of the measurements.
pub(super) const LAST: [&str; 19] = [
    "data",
    "payload",
    "fCnt",
    "fPort",
    "rssi [dBm]",
    "snr [dB]",
    "spreadingFactor",
    "frequency [Hz]",
    "redundancy",
    "networkServer",
    "decoder",
    "decoderVersion",
    "decoderDigest",
    "error",
    "errorMessage",
    "replaces",
    "recordedAt",
    "missedFrames",
    "gateway",
];

/// A moment as a field, in UTC to the millisecond.
pub(super) fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// The fields of [`FIRST`].
pub(super) fn first(view: &View<'_>, layout: Layout) -> [String; 8] {
    let (device, text) = (&view.device, |said: &str| cells::text(said, layout));
    let tags: Vec<String> =
        device.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [
        text(&view.id),
        text(&view.group),
        text(&device.dev_eui),
        text(&device.name),
        text(&device.sub_group),
        text(&device.use_case),
        text(&tags.join(";")),
        moment(view.received_at),
    ]
}

/// The fields of [`LAST`]. What the decoder said in the maker's own words is in the first row of a record
/// alone.
pub(super) fn last(view: &View<'_>, is_first_row: bool, layout: Layout) -> [String; 19] {
    let text = |said: &str| cells::text(said, layout);
    let data = view.decoded.as_ref().and_then(|decoded| decoded.data).filter(|_| is_first_row);
    let (decoder, error) = (view.decoder.as_ref(), view.decode_error.as_ref());
    let number = |number: Option<&RawValue>| {
        number.map_or_else(String::new, |number| cells::number(number.get(), layout))
    };
    [
        data.map_or_else(String::new, |data| cells::json(data.get(), layout)),
        text(view.uplink.payload.as_deref().unwrap_or_default()),
        view.uplink.f_cnt.to_string(),
        whole(view.uplink.f_port),
        number(view.radio.rssi_dbm),
        number(view.radio.snr_db),
        whole(view.radio.spreading_factor),
        whole(view.radio.frequency_hz),
        whole(view.radio.redundancy),
        text(&view.network_server),
        decoder.map_or_else(String::new, |decoder| text(&decoder.id)),
        decoder.map_or_else(String::new, |decoder| text(&decoder.version)),
        decoder.map_or_else(String::new, |decoder| text(&decoder.digest)),
        error.map_or_else(String::new, |error| text(&error.code)),
        error.map_or_else(String::new, |error| text(&error.message)),
        text(view.replaced()),
        view.recorded_at.map_or_else(String::new, moment),
        whole(view.uplink.missed_frames),
        view.radio.best_reception.as_ref().map_or_else(String::new, |best| text(&best.gateway)),
    ]
}

fn whole<N: ToString>(number: Option<N>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}
