//! Guests whose answers are well-formed and say what no decoder may say.

use champollion_sandbox::{
    CallError::Output,
    Limits,
    OutputError::{
        DataNotAnObject, DataNotJson, DataTooDeep, DataTooLarge, FPortOutOfRange, MomentOutOfRange,
        NotFinite, TextTooLong, TooMany, UnknownQuantity, WrongType,
    },
    Value,
};

use crate::{
    Attack, Entry,
    Refusal::Call,
    attack::attempt,
    guests::{Answer, Guest, Measured},
};

pub(super) fn attacks() -> Vec<Attack> {
    [data(), measurements(), sizes(), downlinks()].into_iter().flatten().collect()
}

fn data() -> Vec<Attack> {
    let nested = format!("{{\"a\":{}", "[".repeat(10_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(Limits::DATA_BYTES));
    vec![
        attempt!(
            "data that is no JSON",
            reading(|answer| answer.data(b"{\"a\":}")),
            Call(Output(DataNotJson { .. }))
        ),
        attempt!(
            "data with more behind its end",
            reading(|answer| answer.data(b"{}{}")),
            Call(Output(DataNotJson { .. }))
        ),
        attempt!(
            "data with a number that nothing holds",
            reading(|answer| answer.data(b"{\"a\":1e999}")),
            Call(Output(DataNotJson { .. }))
        ),
        attempt!(
            "no data at all",
            reading(|answer| answer.data(b"")),
            Call(Output(DataNotAnObject))
        ),
        attempt!(
            "data that is a JSON array",
            reading(|answer| answer.data(b"[{}]")),
            Call(Output(DataNotAnObject))
        ),
        attempt!(
            "JSON nested 10,000 deep",
            reading(|answer| answer.data(nested.as_bytes())),
            Call(Output(DataTooDeep { limit: Limits::DATA_DEPTH }))
        ),
        attempt!(
            "data larger than the limit",
            reading(|answer| answer.data(large.as_bytes())),
            Call(Output(DataTooLarge { bytes: 65_544, limit: Limits::DATA_BYTES }))
        ),
    ]
}

fn measurements() -> Vec<Attack> {
    let number =
        |value| reading(|answer| answer.measurement_of("water.volume", Value::Number(value)));
    let at = |moment| {
        let volume = Measured::new("water.volume", Value::Number(1.0));
        reading(|answer| answer.measurements(&[Measured { measured_at: Some(moment), ..volume }]))
    };
    vec![
        attempt!(
            "a measurement that is NaN",
            number(f64::NAN),
            Call(Output(NotFinite { index: 0, quantity: "water.volume", value })) if value == "NaN"
        ),
        attempt!(
            "a measurement of plus infinity",
            number(f64::INFINITY),
            Call(Output(NotFinite { index: 0, quantity: "water.volume", value })) if value == "inf"
        ),
        attempt!(
            "a measurement of minus infinity",
            number(f64::NEG_INFINITY),
            Call(Output(NotFinite { index: 0, quantity: "water.volume", value }))
                if value == "-inf"
        ),
        attempt!(
            "an unknown quantity",
            reading(|answer| answer.measurement_of("water.volumes", Value::Number(1.0))),
            Call(Output(UnknownQuantity { index: 0, quantity })) if quantity == "water.volumes"
        ),
        attempt!(
            "a quantity with a name of 2,000 characters",
            reading(|answer| answer.measurement_of(&"é".repeat(2_000), Value::Number(1.0))),
            Call(Output(UnknownQuantity { index: 0, quantity })) if *quantity == "é".repeat(64)
        ),
        attempt!(
            "a text where a number belongs",
            reading(|answer| answer.measurement_of("water.volume", Value::Text("1".into()))),
            Call(Output(WrongType {
                index: 0,
                quantity: "water.volume",
                expected: "number",
                found: "a text"
            }))
        ),
        attempt!(
            "a number where a boolean belongs",
            reading(|answer| answer.measurement_of("alarm.leak", Value::Number(f64::NAN))),
            Call(Output(WrongType {
                index: 0,
                quantity: "alarm.leak",
                expected: "boolean",
                found: "a number"
            }))
        ),
        attempt!(
            "measured in the year 10000",
            at(253_402_300_800_000),
            Call(Output(MomentOutOfRange { index: 0, milliseconds: 253_402_300_800_000 }))
        ),
        attempt!(
            "measured at the end of all numbers",
            at(u64::MAX),
            Call(Output(MomentOutOfRange { index: 0, milliseconds: u64::MAX }))
        ),
    ]
}

fn sizes() -> Vec<Attack> {
    let long = [b'x'; Limits::TEXT_BYTES + 1];
    vec![
        attempt!(
            "a state too large",
            reading(|answer| answer.state(&[0; Limits::STATE_BYTES + 1])),
            Call(Output(TooMany {
                what: "bytes of state",
                count: 1025,
                limit: Limits::STATE_BYTES
            }))
        ),
        attempt!(
            "too many warnings",
            reading(|answer| answer.warnings(&[b"".as_slice(); Limits::WARNINGS + 1])),
            Call(Output(TooMany { what: "warnings", count: 65, limit: Limits::WARNINGS }))
        ),
        attempt!(
            "a warning too long",
            reading(|answer| answer.warnings(&[&long])),
            Call(Output(TextTooLong { what: "warning", bytes: 1025, limit: Limits::TEXT_BYTES }))
        ),
        attempt!(
            "a failure message too long",
            Guest::answering(Answer::failure(0, &long)).component(),
            Call(Output(TextTooLong {
                what: "failure message",
                bytes: 1025,
                limit: Limits::TEXT_BYTES
            }))
        ),
    ]
}

fn downlinks() -> Vec<Attack> {
    let downlink =
        |f_port, payload: &[u8]| Guest::answering(Answer::downlink(f_port, payload)).component();
    let chatty = Answer::downlink(1, b"").downlink_warnings(&[b"".as_slice(); 65]);
    [
        attempt!(
            "a downlink on port 0",
            downlink(0, b""),
            Call(Output(FPortOutOfRange { f_port: 0 }))
        ),
        attempt!(
            "a downlink on port 224",
            downlink(224, b""),
            Call(Output(FPortOutOfRange { f_port: 224 }))
        ),
        attempt!(
            "a downlink longer than any frame",
            downlink(1, &[0; 243]),
            Call(Output(TooMany { what: "bytes of payload", count: 243, limit: 242 }))
        ),
        attempt!(
            "a downlink with too many warnings",
            Guest::answering(chatty).component(),
            Call(Output(TooMany { what: "warnings", count: 65, limit: Limits::WARNINGS }))
        ),
    ]
    .map(|attack| attack.on(Entry::EncodeDownlink))
    .into()
}

fn reading(with: impl FnOnce(Answer) -> Answer) -> Vec<u8> {
    Guest::answering(with(Answer::reading())).component()
}
