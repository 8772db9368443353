//! Fields of a record that both kinds of tables have, and the form of a field.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::view::View;

/// A text that begins with one of these is a formula to a spreadsheet, or would lose an apostrophe.
const MEANT_OTHERWISE: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// The columns before those of the measurements.
pub(super) const FIRST: [&str; 8] =
    ["record", "group", "device", "name", "subGroup", "useCase", "tags", "receivedAt"];

/// The columns after those of the measurements.
pub(super) const LAST: [&str; 15] = [
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
];

/// A table as RFC 4180 has it: commas, quotes where they are needed, lines that end with CRLF.
pub(super) fn table() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new())
}

/// Returns the bytes of a finished table.
pub(super) fn finish(table: Writer<Vec<u8>>) -> Result<Vec<u8>, csv::Error> {
    table.into_inner().map_err(|error| error.into_error().into())
}

/// A text as a field. One that a spreadsheet would take for a formula gets an apostrophe in front, as
/// does one that begins with an apostrophe: whoever takes the first apostrophe away has the text.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.starts_with(MEANT_OTHERWISE) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A value as a field: a number or a truth as it is written, a text as a text.
pub(super) fn value(value: &RawValue) -> Result<String, serde_json::Error> {
    Ok(if value.get().starts_with('"') {
        text(&serde_json::from_str::<String>(value.get())?).into_owned()
    } else {
        value.get().to_owned()
    })
}

/// A moment as a field, in UTC to the millisecond.
pub(super) fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// The fields of [`FIRST`].
pub(super) fn first(view: &View<'_>) -> [String; 8] {
    let device = &view.device;
    let tags: Vec<String> =
        device.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [
        text(&view.id).into_owned(),
        text(&view.group).into_owned(),
        text(&device.dev_eui).into_owned(),
        text(&device.name).into_owned(),
        text(&device.sub_group).into_owned(),
        text(&device.use_case).into_owned(),
        text(&tags.join(";")).into_owned(),
        moment(view.received_at),
    ]
}

/// The fields of [`LAST`]. What the decoder said in the maker's own words is in the first row of a record
/// alone.
pub(super) fn last(view: &View<'_>, is_first_row: bool) -> [String; 15] {
    let data = view.decoded.as_ref().and_then(|decoded| decoded.data).filter(|_| is_first_row);
    let (decoder, error) = (view.decoder.as_ref(), view.decode_error.as_ref());
    let raw = |value: Option<&RawValue>| value.map_or_else(String::new, |raw| raw.get().to_owned());
    [
        raw(data),
        view.uplink.payload.as_deref().unwrap_or_default().to_owned(),
        view.uplink.f_cnt.to_string(),
        number(view.uplink.f_port),
        raw(view.radio.rssi_dbm),
        raw(view.radio.snr_db),
        number(view.radio.spreading_factor),
        number(view.radio.frequency_hz),
        number(view.radio.redundancy),
        text(&view.network_server).into_owned(),
        decoder.map_or_else(String::new, |decoder| text(&decoder.id).into_owned()),
        decoder.map_or_else(String::new, |decoder| text(&decoder.version).into_owned()),
        decoder.map_or_else(String::new, |decoder| text(&decoder.digest).into_owned()),
        error.map_or_else(String::new, |error| text(&error.code).into_owned()),
        error.map_or_else(String::new, |error| text(&error.message).into_owned()),
    ]
}

fn number<N: ToString>(number: Option<N>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}
