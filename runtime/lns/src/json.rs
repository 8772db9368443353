//! Reads fields of JSON, and says of one that is not what it should be where it is.
//!
//! Network servers add fields whenever they like, write numbers as texts, leave out zeros, and put
//! `null` where there is nothing. So messages are not deserialized into types that must fit as a
//! whole; each adapter asks for the fields that it needs.

use champollion_frames::{DevAddr, DevEui, Mic};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{Fault, Kind, Unreadable, repair, unread::Unread};

/// Most bytes of a FRMPayload: what the header and the MIC leave of the 255 bytes of a PHYPayload.
pub(super) const FRM_PAYLOAD_BYTES: usize = 242;

/// Most bytes of a PHYPayload.
pub(super) const PHY_PAYLOAD_BYTES: usize = 255;

/// Longest name of a gateway, a region or a session in bytes: four times an EUI.
pub(super) const NAME_BYTES: usize = 64;

/// The moments that an uplink can be of, in seconds since the epoch: LoRa is younger than 2010, and nobody has
/// received anything after 2100. Others are placeholders, or numbers of another unit.
const MOMENTS: std::ops::Range<i64> = 1_262_304_000..4_102_444_800;

/// A field that is there, and where.
#[derive(Clone, Debug)]
pub(super) struct Field<'json> {
    value: &'json Json,
    path: String,
}

type Result<T> = std::result::Result<T, Unreadable>;

/// Reads the bytes of a message, which must not look like another network server's, and notes what is wrong
/// with the JSON where it can be read all the same.
pub(super) fn parse_forgivingly(kind: Kind, body: &[u8], unread: &Unread) -> Result<Json> {
    let json = repair::read(body, unread)?;
    if let Some(got) = Kind::recognize(&json).filter(|&got| got != kind) {
        return Err(Unreadable::new("", Fault::OtherFormat { expected: kind, got }));
    }
    Ok(json)
}

/// Reads the bytes of a list of messages; what is wrong with the JSON is noted.
pub(super) fn read_list(body: &[u8], unread: &Unread) -> Result<Vec<Json>> {
    match repair::read(body, unread)? {
        Json::Array(elements) => Ok(elements),
        other => Err(Field::at(&other, "").wrong_type("a list")),
    }
}

/// Names the type of a value in words.
fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

impl<'json> Field<'json> {
    /// Returns the field that is the whole message.
    pub(super) fn root(json: &'json Json) -> Result<Self> {
        let root = Self { value: json, path: String::new() };
        if json.is_object() { Ok(root) } else { Err(root.wrong_type("an object")) }
    }

    /// A value that was found otherwise than member by member, and its path.
    pub(super) fn at(value: &'json Json, path: &str) -> Self {
        Self { value, path: path.to_owned() }
    }

    /// Whether there is nothing.
    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// Makes the error of a fault in this field.
    pub(super) fn fault(&self, fault: Fault) -> Unreadable {
        Unreadable::new(&self.path, fault)
    }

    /// It is of the right type, and means nothing.
    pub(super) fn invalid(&self, why: impl std::fmt::Display) -> Unreadable {
        self.fault(Fault::Invalid(why.to_string()))
    }

    fn wrong_type(&self, expected: &'static str) -> Unreadable {
        self.fault(Fault::WrongType { expected, got: kind_of(self.value) })
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A member, where it is there and not null.
    pub(super) fn member(&self, name: &str) -> Result<Option<Field<'json>>> {
        let Json::Object(members) = self.value else { return Err(self.wrong_type("an object")) };
        let value = members.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| Field { value, path: self.path_of(name) }))
    }

    /// A member that must be there.
    pub(super) fn needed(&self, name: &str) -> Result<Field<'json>> {
        self.member(name)?.ok_or_else(|| Unreadable::new(&self.path_of(name), Fault::Missing))
    }

    /// A member read in some way, where it is there.
    pub(super) fn get<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Field<'json>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.member(name)?.as_ref().map(read).transpose()
    }

    /// A member read in some way, which must be there.
    pub(super) fn need<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Field<'json>) -> Result<T>,
    ) -> Result<T> {
        read(&self.needed(name)?)
    }

    /// The field itself, which must be an object.
    pub(super) fn object(&self) -> Result<Field<'json>> {
        if self.value.is_object() { Ok(self.clone()) } else { Err(self.wrong_type("an object")) }
    }

    /// Whether it is a text without a letter.
    pub(super) fn is_blank(&self) -> bool {
        self.value.as_str().is_some_and(|text| text.trim().is_empty())
    }

    /// The first elements of a list, and how many it has.
    pub(super) fn first_elements(&self, limit: usize) -> Result<(Vec<Field<'json>>, usize)> {
        let Json::Array(elements) = self.value else { return Err(self.wrong_type("a list")) };
        let path = |index: usize| format!("{}[{index}]", self.path);
        let numbered = elements.iter().enumerate().take(limit);
        let first = numbered.map(|(index, value)| Field { value, path: path(index) });
        Ok((first.collect(), elements.len()))
    }

    /// A text, which may be empty.
    pub(super) fn text(&self) -> Result<&'json str> {
        self.value.as_str().ok_or_else(|| self.wrong_type("a text"))
    }

    /// A text that is not empty and short enough to stand in a record.
    pub(super) fn name(&self) -> Result<&'json str> {
        let text = self.text()?;
        match text.len() {
            0 => Err(self.fault(Fault::Empty)),
            got if got > NAME_BYTES => {
                Err(self.fault(Fault::TooLarge { got, limit: NAME_BYTES, unit: "bytes" }))
            }
            _ => Ok(text),
        }
    }

    /// True or false, which may be written as a number or as a text.
    pub(super) fn yes_or_no(&self) -> Result<bool> {
        let text = match self.value {
            Json::Bool(yes) => return Ok(*yes),
            Json::String(text) => text.to_ascii_lowercase(),
            value => value.to_string(),
        };
        match text.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.wrong_type("a boolean")),
        }
    }

    /// A whole number of some width.
    pub(super) fn whole<T: TryFrom<i64>>(&self) -> Result<T> {
        if !self.value.is_number() {
            return Err(self.wrong_type("a whole number"));
        }
        let number = self.value.as_i64().or_else(|| {
            // Some write all numbers as 7.0.
            self.value.as_f64().filter(|number| number.fract() == 0.0).and_then(whole_of)
        });
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| self.out_of_range::<T>())
    }

    /// A whole number of some width, which may be written as a text.
    pub(super) fn whole_or_text<T: TryFrom<i64>>(&self) -> Result<T> {
        let Json::String(text) = self.value else { return self.whole() };
        self.number_text(text)?;
        let text = text.trim();
        let of_a_float = || text.parse().ok().filter(|number: &f64| number.fract() == 0.0);
        let number = text.parse().ok().or_else(|| of_a_float().and_then(whole_of));
        let number: i64 = number
            .ok_or_else(|| self.invalid(format_args!("{} is no whole number", shown(text))))?;
        T::try_from(number).map_err(|_| self.out_of_range::<T>())
    }

    /// A text that may be a number: neither empty nor longer than numbers are.
    fn number_text(&self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Err(self.fault(Fault::Empty));
        }
        self.bounded(text.len(), NAME_BYTES)
    }

    fn out_of_range<T>(&self) -> Unreadable {
        let bits = 8 * size_of::<T>();
        let shown = shown(&self.value.to_string());
        self.invalid(format_args!("{shown} is no whole number of {bits} bits"))
    }

    /// A number that is finite.
    pub(super) fn number(&self) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.wrong_type("a number"))
    }

    /// A number that is finite, which may be written as a text.
    pub(super) fn number_or_text(&self) -> Result<f64> {
        let Json::String(text) = self.value else { return self.number() };
        self.number_text(text)?;
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.invalid(format_args!("{} is no number", shown(text))))
    }

    /// A frequency that is written in MHz, in Hz.
    pub(super) fn megahertz(&self) -> Result<u32> {
        let megahertz = self.number_or_text()?;
        whole_of((megahertz * 1e6).round())
            .and_then(|hertz| u32::try_from(hertz).ok())
            .ok_or_else(|| self.invalid(format_args!("{megahertz} MHz is no frequency")))
    }

    /// The name of a device. TS002 writes `0x` before it.
    pub(super) fn dev_eui(&self) -> Result<DevEui> {
        without_prefix(self.nonempty()?).parse().map_err(|error| self.invalid(error))
    }

    /// The address of a device.
    pub(super) fn dev_addr(&self) -> Result<DevAddr> {
        without_prefix(self.nonempty()?).parse().map_err(|error| self.invalid(error))
    }

    /// The MIC of a frame.
    pub(super) fn mic(&self) -> Result<Mic> {
        without_prefix(self.nonempty()?).parse().map_err(|error| self.invalid(error))
    }

    fn nonempty(&self) -> Result<&'json str> {
        let text = self.text()?;
        if text.is_empty() { Err(self.fault(Fault::Empty)) } else { Ok(text) }
    }

    /// Bytes as hexadecimal digits, at most `limit` bytes.
    pub(super) fn hex(&self, limit: usize) -> Result<Vec<u8>> {
        self.digits(self.text()?, limit)
    }

    /// The same where the digits may follow `0x`.
    pub(super) fn hex_with_prefix(&self, limit: usize) -> Result<Vec<u8>> {
        self.digits(without_prefix(self.text()?), limit)
    }

    fn digits(&self, text: &str, limit: usize) -> Result<Vec<u8>> {
        self.bounded(text.len() / 2, limit)?;
        HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|error| self.invalid(format_args!("these are no hexadecimal digits: {error}")))
    }

    /// Bytes as base64, at most `limit` bytes.
    pub(super) fn base64(&self, limit: usize) -> Result<Vec<u8>> {
        let text = self.text()?;
        self.bounded(text.len() / 4 * 3, limit.next_multiple_of(3))?;
        let bytes = BASE64
            .decode(text.as_bytes())
            .map_err(|error| self.invalid(format_args!("this is no base64: {error}")))?;
        self.bounded(bytes.len(), limit)?;
        Ok(bytes)
    }

    pub(super) fn bounded(&self, got: usize, limit: usize) -> Result<()> {
        if got > limit {
            return Err(self.fault(Fault::TooLarge { got, limit, unit: "bytes" }));
        }
        Ok(())
    }

    /// A moment as RFC 3339 or ISO 8601 writes it, with its offset.
    pub(super) fn time(&self) -> Result<Timestamp> {
        let text = self.nonempty()?;
        self.bounded(text.len(), NAME_BYTES)?;
        let moment = text.trim().parse().map_err(|_| {
            let shown = shown(text);
            self.invalid(format_args!("{shown} is no moment as in 2026-03-01T12:00:00Z"))
        })?;
        self.of_an_uplink(moment)
    }

    /// The moment, where an uplink can be of it.
    fn of_an_uplink(&self, moment: Timestamp) -> Result<Timestamp> {
        if MOMENTS.contains(&moment.as_second()) {
            return Ok(moment);
        }
        Err(self.invalid(format_args!("{moment} is no moment at which an uplink was received")))
    }

    /// A moment in seconds since the epoch, which may have a fraction.
    pub(super) fn seconds(&self) -> Result<Timestamp> {
        let seconds = self.number_or_text()?;
        whole_of((seconds * 1e6).round())
            .and_then(|microseconds| Timestamp::from_microsecond(microseconds).ok())
            .ok_or_else(|| self.invalid(format_args!("{seconds} s is beyond the calendar")))
            .and_then(|moment| self.of_an_uplink(moment))
    }

    /// A moment in milliseconds since the epoch.
    pub(super) fn milliseconds(&self) -> Result<Timestamp> {
        let milliseconds = self.whole_or_text()?;
        Timestamp::from_millisecond(milliseconds)
            .map_err(|_| self.invalid(format_args!("{milliseconds} ms is beyond the calendar")))
            .and_then(|moment| self.of_an_uplink(moment))
    }
}

/// Digits without `0x` before them.
pub(super) fn without_prefix(digits: &str) -> &str {
    digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits)
}

/// A whole number that a float is, where no digit of it is lost.
#[expect(clippy::cast_possible_truncation, reason = "larger ones are turned away")]
fn whole_of(number: f64) -> Option<i64> {
    /// Above, floats leave numbers out.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.abs() <= EXACT).then_some(number as i64)
}

/// The beginning of a text in quotes, so that an error stays a line.
fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(kind: Kind, body: &[u8]) -> Result<Json> {
        parse_forgivingly(kind, body, &Unread::default())
    }

    #[track_caller]
    fn said<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    fn kind(name: &str) -> Kind {
        Kind::named(name).unwrap()
    }

    #[test]
    fn an_error_says_where_it_is() {
        let json = json!({
            "a": { "b": [{ "c": 1 }, { "c": "x" }, {}], "empty": "" }, "n": null, "f": 1.5,
        });
        let root = Field::root(&json).unwrap();
        let c = |element: &Field<'_>| element.need("c", Field::whole::<u8>);
        let list = root.needed("a").unwrap().needed("b").unwrap();
        let (mut elements, length) = list.first_elements(9).unwrap();
        assert_eq!(length, 3);
        assert_eq!(said(c(&elements[1])), "a.b[1].c: it must be a whole number, and is a text");
        let last = elements.pop().unwrap();
        assert_eq!(said(last.needed("c")), "a.b[2].c: it is missing");
        assert_eq!(said(root.needed("n")), "n: it is missing");
        assert!(root.member("n").unwrap().is_none());
        let empty = root.needed("a").unwrap().needed("empty").unwrap();
        assert_eq!(said(empty.dev_eui()), "a.empty: it is empty");
        assert_eq!(
            said(root.need("f", Field::whole::<u8>)),
            "f: \"1.5\" is no whole number of 8 bits"
        );
        assert_eq!(said(root.need("a", Field::text)), "a: it must be a text, and is an object");
        assert_eq!(
            said(Field::root(&json!([]))),
            "the message: it must be an object, and is a list"
        );
        assert_eq!(said(parse(kind("tts"), b"{")).split(':').next(), Some("the message"));
    }

    #[test]
    fn numbers_may_be_texts_where_that_is_said() {
        let json = json!({
            "whole": "17", "float": 17.0, "float text": "17.0", "minus": "-1", "large": 300, "huge": 1e300, "mhz": "868.1",
            "text": "seventeen", "empty": "", "nan": "NaN",
        });
        let root = Field::root(&json).unwrap();
        let whole = |name: &str| root.need(name, Field::whole_or_text::<u8>);
        assert_eq!((whole("whole").unwrap(), whole("float").unwrap()), (17, 17));
        assert_eq!(whole("float text").unwrap(), 17);
        for name in ["minus", "large", "huge", "text", "empty", "nan", "mhz"] {
            assert!(said(whole(name)).starts_with(name), "{name}");
        }
        assert_eq!(root.need("mhz", Field::megahertz).unwrap(), 868_100_000);
        assert!(said(root.need("huge", Field::megahertz)).contains("no frequency"));
        assert!(said(root.need("nan", Field::number_or_text)).contains("no number"));
        assert!(said(root.need("whole", Field::whole::<u8>)).contains("is a text"));
    }

    #[test]
    fn bytes_are_bounded_before_they_are_decoded() {
        let json = json!({ "hex": "0xAB01", "odd": "ABC", "base64": "AQIDBA==", "not": "$$$$" });
        let root = Field::root(&json).unwrap();
        assert_eq!(root.need("hex", |field| field.hex_with_prefix(2)).unwrap(), [0xAB, 1]);
        assert!(said(root.need("hex", |field| field.hex(9))).contains("hexadecimal"));
        assert!(said(root.need("hex", |field| field.hex_with_prefix(1))).contains("2 bytes"));
        assert!(said(root.need("odd", |field| field.hex(9))).contains("hexadecimal"));
        assert_eq!(root.need("base64", |field| field.base64(4)).unwrap(), [1, 2, 3, 4]);
        assert!(said(root.need("base64", |field| field.base64(3))).contains("and 3 are the limit"));
        assert!(said(root.need("not", |field| field.base64(9))).contains("base64"));
    }

    #[test]
    fn another_network_servers_message_is_recognized() {
        for (name, body) in [
            ("chirpstack", json!({ "deviceInfo": {} })),
            ("tts", json!({ "end_device_ids": {} })),
            ("actility", json!({ "DevEUI_uplink": {} })),
            ("ts002", json!({ "MessageType": "XmitDataReq", "SenderID": "000001" })),
            ("kerlink", json!({ "endDevice": {} })),
            ("loriot", json!({ "cmd": "rx", "EUI": "" })),
            ("aws", json!({ "WirelessMetadata": {} })),
            ("live-objects", json!({ "metadata": { "connector": "lora" } })),
            ("everynet", json!({ "type": "uplink", "meta": {}, "params": {} })),
            ("netmore", json!({ "n": "raw", "v": { "sensorType": "elt", "devEui": "" } })),
            ("multitech", json!({ "deveui": "", "gweui": "" })),
            ("milesight", json!({ "devEUI": "", "rxInfo": [{ "mac": "" }] })),
            ("phy", json!({ "phyPayload": "40" })),
        ] {
            let (kind, body) = (kind(name), serde_json::to_vec(&body).unwrap());
            assert!(parse(kind, &body).is_ok());
            for other in Kind::all().filter(|&other| other != kind) {
                let said = said(parse(other, &body));
                assert!(said.contains(kind.product()), "{said}");
                assert!(said.contains(&format!("/v1/ingest/{kind}")), "{said}");
            }
        }
    }
}
