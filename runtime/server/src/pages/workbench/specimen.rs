//! A payload, taken out of what a person has pasted: digits, base64, a whole frame, or the message of a network server.

use champollion_frames::{
    DevEui, NetworkKeys,
    inspect::{self, Known, Message, MicCheck},
};
use champollion_lns::{Content, Frame, Incoming, Kind, Message as Heard};
use champollion_sdk::vectors::Hex;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXUPPER};
use serde_json::Value as Json;

use super::asked::{Asked, Format, Keys};
use crate::{api::Problem, sentence::Sentence};

/// A payload in clear, with what else is known of its frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Specimen {
    /// The bytes of the payload.
    pub(super) payload: Vec<u8>,
    /// The port, where the frame or the message says it.
    pub(super) port: Option<u8>,
    /// The frame counter; 0 where it is not known.
    pub(super) f_cnt: u32,
}

/// Takes the payload out of what was pasted.
///
/// # Errors
/// A [`Problem`] at the field that is at fault.
pub(super) fn specimen(asked: &Asked) -> Result<Specimen, Problem> {
    match asked.format {
        Format::Payload => Ok(Specimen { payload: bytes(&asked.payload)?, ..Specimen::default() }),
        Format::Frame => of_frame(&bytes(&asked.payload)?, &asked.keys),
        Format::Message => of_message(&asked.payload, &asked.keys),
    }
}

fn wrong(said: impl Into<String>) -> Problem {
    Problem::bad_request("invalid-body", said).with("path", "payload")
}

/// Reads hexadecimal digits, or else base64.
fn bytes(text: &str) -> Result<Vec<u8>, Problem> {
    let hex = text.parse::<Hex>();
    hex.map(|hex| hex.0).or_else(|error| {
        let joined: String = text.split_whitespace().collect();
        let url_safe = joined.replace('+', "-").replace('/', "_");
        let whole = BASE64.decode(joined.as_bytes()).ok();
        let decoded = whole
            .or_else(|| BASE64URL_NOPAD.decode(url_safe.trim_end_matches('=').as_bytes()).ok());
        decoded.ok_or_else(|| {
            let said = format!("it is neither hexadecimal digits ({error}) nor base64");
            wrong(said).saying(Sentence::new("trial-payload"))
        })
    })
}

/// The payload of a whole frame, decrypted. Its MIC is checked where the key of it is given.
fn of_frame(phy: &[u8], keys: &Keys) -> Result<Specimen, Problem> {
    let app_s_key = keys.app_s_key()?;
    let has_key = app_s_key.is_some();
    let network_keys = keys.nwk_s_key()?.map(NetworkKeys::V1_0);
    let known = Known { network_keys, app_s_key, ..Known::default() };
    let inspection = inspect::inspect(phy, &known).map_err(|error| wrong(error.to_string()))?;
    if inspection.mic_check == MicCheck::Wrong {
        let said =
            "the MIC of the frame does not fit: the frame is damaged, or the key is another's";
        let problem = Problem::bad_request("invalid-body", said).with("path", "nwk-s-key");
        return Err(problem.saying(Sentence::new("trial-mic")));
    }
    let Message::Data(data) = inspection.message else {
        return Err(wrong(format!("it is no data frame: {}", inspection.m_type)));
    };
    if !has_key && !data.frm_payload.is_empty() {
        let said = "the payload of a whole frame is encrypted: give its AppSKey";
        let problem = Problem::bad_request("invalid-body", said).with("path", "app-s-key");
        return Err(problem.saying(Sentence::new("trial-encrypted")));
    }
    let digits = data.payload.unwrap_or_default();
    let payload = HEXUPPER.decode(digits.to_uppercase().as_bytes()).unwrap_or_default();
    Ok(Specimen { payload, port: data.f_port, f_cnt: data.f_cnt })
}

/// The payload that a message of a network server hands over.
fn of_message(text: &str, keys: &Keys) -> Result<Specimen, Problem> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| wrong(format!("the message is no JSON: {error}")))
        .map_err(|problem| problem.saying(Sentence::new("trial-json")))?;
    let kind = Kind::recognize(&json).ok_or_else(|| {
        wrong("it looks like the message of no network server that is known here")
            .saying(Sentence::new("trial-message"))
    })?;
    let incoming = Incoming {
        event: "up",
        content_type: Some("application/json"),
        description: None,
        body: text.as_bytes(),
    };
    let heard = kind.read(&incoming).map_err(|error| wrong(error.to_string()))?;
    let frame = match heard.message {
        Heard::Frame(frame) => *frame,
        // Whose device it is makes no difference to its payload.
        Heard::Nameless(nameless) => nameless.named(nobody()?),
        Heard::Joined(_) => return Err(wrong("the message tells of a join, and not of an uplink")),
        Heard::Gateway(_) => {
            return Err(wrong("the message tells of a gateway, and not of an uplink"));
        }
        Heard::Nothing { what } => {
            return Err(wrong(format!("the message is {what:?}, and no uplink")));
        }
    };
    of_content(frame, keys)
}

fn nobody() -> Result<DevEui, Problem> {
    "0000000000000000".parse().map_err(|_| wrong("the message names no device"))
}

fn of_content(frame: Frame, keys: &Keys) -> Result<Specimen, Problem> {
    match frame.content {
        Content::Phy { phy_payload, .. } => of_frame(&phy_payload, keys),
        Content::Reported { uplink, says_encryption, .. }
            if uplink.is_encrypted && says_encryption =>
        {
            Err(wrong("the payload in the message is encrypted: paste the whole frame instead"))
        }
        Content::Reported { uplink, .. } => {
            Ok(Specimen { payload: uplink.payload, port: uplink.f_port, f_cnt: uplink.f_cnt })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let value = |name: &str| {
            let found = pairs.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Asked::of(value)
    }

    #[test]
    fn a_payload_is_read_in_each_of_its_ways() {
        for text in ["0A1B2C", "0x0a 0x1b 0x2c", "0a 1b\n2c", "ChssAA=="] {
            let read = specimen(&asked(&[("payload", text)])).unwrap().payload;
            assert_eq!(read[..3], [0x0A, 0x1B, 0x2C], "{text}");
        }
        assert_eq!(specimen(&asked(&[("payload", "_-8")])).unwrap().payload, [0xFF, 0xEF]);
        let problem = specimen(&asked(&[("payload", "no payload!")])).unwrap_err();
        assert_eq!(problem.member("path").unwrap(), "payload");
    }

    /// The frame of the documentation of `champollion-frames`.
    const PHY: &str = "40F17DBE49000200019543 78762B11FF0D";

    #[test]
    fn a_whole_frame_is_opened_with_its_keys() {
        let keys = [
            ("format", "frame"),
            ("payload", PHY),
            ("app-s-key", "EC925802AE430CA77FD3DD73CB2CC588"),
            ("nwk-s-key", "44024241ED4CE9A68C6A8BC055233FD3"),
        ];
        let read = specimen(&asked(&keys)).unwrap();
        assert_eq!(read, Specimen { payload: b"test".to_vec(), port: Some(1), f_cnt: 2 });
        let problem = specimen(&asked(&keys[..2])).unwrap_err();
        assert_eq!(problem.member("path").unwrap(), "app-s-key");
        let wrong = [keys[0], keys[1], keys[2], ("nwk-s-key", keys[2].1)];
        let problem = specimen(&asked(&wrong)).unwrap_err();
        assert_eq!(problem.member("path").unwrap(), "nwk-s-key");
    }

    #[test]
    fn what_is_no_message_says_so() {
        for text in ["{", "{}", "[]"] {
            assert!(specimen(&asked(&[("format", "message"), ("payload", text)])).is_err());
        }
    }
}
