//! Values that a device stores: settings about them, and the commands that ask for them, which have a channel of their
//! own.

use super::{ENABLE, Form, Json, Map, Number, Select, Setting};
use crate::{Failure, Reader};

/// The channel of commands about stored values.
const STORED: u8 = 0xFD;

const FETCH_SINCE: u8 = 0x6B;
const FETCH: u8 = 0x6C;
const STOP: u8 = 0x6D;

const FETCH_NAME: &str = "fetch_history";
const STOP_NAME: &str = "stop_transmit";

/// Seconds between values that are sent again.
const INTERVAL: Form = Form::Number(Number::whole(2, 1, 64_800));

/// Whether values are stored.
pub const HISTORY_ENABLE: Setting = Setting::new("history_enable", 0x68, Form::Words(ENABLE));

/// Whether values are sent again that could not be sent.
pub const RETRANSMIT_ENABLE: Setting = Setting::new("retransmit_enable", 0x69, Form::Words(ENABLE));

/// Seconds between two values that could not be sent at first.
pub const RETRANSMIT_INTERVAL: Setting = Setting {
    select: Some(Select { mask: 0xFF, value: 0 }),
    before: &[0],
    ..Setting::new("retransmit_interval", 0x6A, INTERVAL)
};

/// Seconds between two stored values that were asked for.
pub const RESEND_INTERVAL: Setting = Setting {
    select: Some(Select { mask: 0xFF, value: 1 }),
    before: &[1],
    ..Setting::new("resend_interval", 0x6A, INTERVAL)
};

/// The answer to the command that stops the sending of stored values.
pub const STOPPED: Setting = Setting::answer(STOP_NAME, STOP, Form::Order(0xFF));

/// Erases all stored values.
pub const CLEAR_HISTORY: Setting = Setting::new("clear_history", 0x27, Form::Order(0x01));

/// Takes the commands about stored values out of a command, and writes them.
pub fn write(values: &mut Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    if let Some(fetch) = values.remove(FETCH_NAME) {
        let is_unknown = |name: &&String| !["start_time", "end_time"].contains(&name.as_str());
        if let Some(name) = fetch.as_object().and_then(|fetch| fetch.keys().find(is_unknown)) {
            return Err(Failure::invalid_command(format!("{FETCH_NAME}.{name} is not known")));
        }
        let moment = |name: &str| {
            let seconds = fetch.get(name).and_then(Json::as_u64);
            seconds.and_then(|seconds| u32::try_from(seconds).ok()).ok_or_else(|| {
                let message = format!("{FETCH_NAME}.{name} must be seconds since 1970");
                Failure::invalid_command(message)
            })
        };
        let (start, end) =
            (moment("start_time")?, fetch.get("end_time").map(|_| moment("end_time")));
        bytes.extend([STORED, if end.is_some() { FETCH } else { FETCH_SINCE }]);
        bytes.extend(start.to_le_bytes());
        if let Some(end) = end {
            bytes.extend(end?.to_le_bytes());
        }
    }
    if let Some(stop) = values.remove(STOP_NAME) {
        if stop.as_bool() != Some(true) {
            return Err(Failure::invalid_command(format!("{STOP_NAME} must be true")));
        }
        bytes.extend([STORED, STOP, 0xFF]);
    }
    Ok(())
}

/// Reads a command about stored values, or returns that there is none.
pub fn read(payload: &mut Reader<'_>, values: &mut Map<String, Json>) -> Result<bool, Failure> {
    if payload.peek() != Some(STORED) {
        return Ok(false);
    }
    let mut ahead = payload.clone();
    let [_, kind] = *ahead.array()?;
    match kind {
        FETCH | FETCH_SINCE => {
            let mut fetch = Map::new();
            fetch.put("start_time", Json::from(*ahead.u32_le()?));
            if kind == FETCH {
                fetch.put("end_time", Json::from(*ahead.u32_le()?));
            }
            values.put(FETCH_NAME, fetch.into());
        }
        STOP => {
            ahead.skip(1)?;
            values.put(STOP_NAME, Json::from(true));
        }
        _ => return Ok(false),
    }
    *payload = ahead;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn written(data: &str) -> Result<Vec<u8>, Failure> {
        let Ok(Json::Object(mut values)) = parse(data) else { panic!("{data} is an object") };
        let mut bytes = Vec::new();
        write(&mut values, &mut bytes).map(|()| bytes)
    }

    #[test]
    fn stored_values_are_asked_for_in_the_maker_s_way() {
        for (data, bytes) in [
            (r#"{"fetch_history":{"start_time":1}}"#, &[0xFD, 0x6B, 1, 0, 0, 0][..]),
            (
                r#"{"fetch_history":{"start_time":1,"end_time":258}}"#,
                &[0xFD, 0x6C, 1, 0, 0, 0, 2, 1, 0, 0],
            ),
            (r#"{"stop_transmit":true}"#, &[0xFD, 0x6D, 0xFF]),
        ] {
            assert_eq!(written(data).unwrap(), bytes);
            let mut values = Map::new();
            assert!(read(&mut Reader::new(bytes), &mut values).unwrap());
            assert_eq!(Json::from(values), parse(data).unwrap());
        }
        assert!(written(r#"{"fetch_history":{}}"#).is_err());
        assert!(written(r#"{"fetch_history":{"start_time":1,"end":2}}"#).is_err());
        assert!(written(r#"{"fetch_history":{"start_time":1,"end_time":-1}}"#).is_err());
        assert!(written(r#"{"stop_transmit":1}"#).is_err());
        let failure = read(&mut Reader::new(&[0xFD, 0x6C, 1]), &mut Map::new()).unwrap_err();
        assert_eq!(failure.kind, crate::FailureKind::TooShort);
    }
}
