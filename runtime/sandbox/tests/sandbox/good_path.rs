//! Tests of a good decoder: its input, and the use of its output.

use champollion_sandbox::{
    CallError, Command, Digest, Failure, FailureKind, SentDownlink, Settings, Span, Specimen,
    Value, Variable,
};
use serde_json::json;

use crate::guests::{
    Answer, BASE, Guest, Measured, call, layout, load, outcome, sandbox, specimen,
};

#[test]
fn a_reading_comes_out_as_it_was_written() {
    let measured = |quantity, value| Measured::new(quantity, value);
    let answer = Answer::reading()
        .data("{\"état\": [1, 2.50,\n null]}".as_bytes())
        .measurements(&[
            measured("alarm.leak", Value::Boolean(true)),
            Measured { channel: 3, ..measured("pulse.count", Value::Integer(i64::MIN)) },
            Measured {
                measured_at: Some(1_563_795_470_000),
                span: Some((5, 4)),
                ..measured("water.volume", Value::Number(13.609))
            },
        ])
        .warnings(&["the clock is off by 3 h".as_bytes(), "é".as_bytes()])
        .state(&[0, 0xff, 7]);
    let reading = outcome(&sandbox(), &Guest::answering(answer)).expect("the reading is good");
    assert_eq!(reading.data.as_str(), "{\"état\": [1, 2.50,  null]}");
    assert_eq!(
        json!(reading),
        json!({
            "data": { "état": [1, 2.5, null] },
            "measurements": [
                { "quantity": "alarm.leak", "value": true },
                { "quantity": "pulse.count", "unit": "1", "value": i64::MIN, "channel": 3 },
                {
                    "quantity": "water.volume",
                    "unit": "m3",
                    "value": 13.609,
                    "measuredAt": "2019-07-22T11:37:50Z",
                    "span": { "offset": 5, "length": 4 },
                },
            ],
            "warnings": ["the clock is off by 3 h", "é"],
            "state": "00FF07",
        })
    );
}

#[test]
fn the_least_that_a_reading_can_be() {
    let reading = outcome(&sandbox(), &Guest::new()).expect("the reading is good");
    assert_eq!(json!(reading), json!({ "data": {}, "measurements": [], "warnings": [] }));
    assert_eq!(reading.state, None);
}

#[test]
fn an_empty_state_is_not_the_same_as_none() {
    let reading = outcome(&sandbox(), &Guest::answering(Answer::reading().state(b"")));
    assert_eq!(reading.expect("the reading is good").state, Some(Vec::new()));
}

#[test]
fn every_kind_of_failure_comes_out() {
    let kinds = [
        FailureKind::UnknownPort,
        FailureKind::UnknownMessage,
        FailureKind::TooShort,
        FailureKind::TooLong,
        FailureKind::InvalidValue,
        FailureKind::InvalidCommand,
        FailureKind::MissingVariable,
        FailureKind::Unsupported,
    ];
    let sandbox = sandbox();
    for (wire, kind) in (0..).zip(kinds) {
        let answer = Answer::failure(wire, "month 13".as_bytes()).set(
            layout::FAILURE_SPAN,
            &[1, 0, 2, 0, 1, 0], // there is one, from byte 2, 1 byte long
        );
        let span = Some(Span { offset: 2, length: 1 });
        assert_eq!(
            outcome(&sandbox, &Guest::answering(answer)).expect_err("it is a failure"),
            CallError::Failed(Failure { kind, message: "month 13".into(), span }),
        );
    }
}

/// A guest that shows what it was given: the fields of the uplink in a measurement, the payload as
/// the state.
#[test]
fn an_uplink_goes_in_whole() {
    let answer =
        Answer::reading().measurement_of("pulse.count", Value::Integer(0)).state(b"replaced");
    let measurement = answer.first_measurement();
    let guest = Guest::answering(answer).before_answer(&format!(
        "(i32.store16 (i32.const {channel}) (local.get $f_port))
         (i64.store (i32.const {value}) (i64.extend_i32_u (local.get $f_cnt)))
         (i32.store8 (i32.const {measured_at}) (i32.const 1))
         (i64.store (i32.const {moment}) (local.get $received_at))
         (i32.store (i32.const {state}) (local.get $payload))
         (i32.store (i32.const {state_length}) (local.get $payload_len))",
        channel = at(measurement, layout::CHANNEL),
        value = at(measurement, layout::VALUE + 8),
        measured_at = at(measurement, layout::MEASURED_AT),
        moment = at(measurement, layout::MEASURED_AT + 8),
        state = at(BASE, layout::STATE + 4),
        state_length = at(BASE, layout::STATE + 8),
    ));
    let decoder = load(&sandbox(), &guest.component());
    let specimen = Specimen {
        f_port: 223,
        f_cnt: u32::MAX,
        payload: (0..242).collect(),
        received_at: 253_402_200_000_000,
    };
    let reading = decoder.try_uplink(&specimen, &Settings::default()).result.unwrap();
    assert_eq!(reading.measurements[0].channel, 223);
    assert_eq!(reading.measurements[0].value, Value::Integer(u32::MAX.into()));
    let moment = reading.measurements[0].measured_at.unwrap();
    assert_eq!(moment.as_millisecond(), 253_402_200_000_000);
    assert_eq!(reading.state, Some(specimen.payload));
}

/// A guest that returns the number of its second variable and the state that it was given.
#[test]
fn variables_and_state_go_in() {
    const VARIABLE_BYTES: u32 = 24;
    let answer = Answer::reading().measurement_of("water.volume", Value::Number(0.0)).state(b"");
    let value = at(answer.first_measurement(), layout::VALUE + 8);
    let guest = Guest::answering(answer).before_answer(&format!(
        "(if (i32.ne (local.get $variables_len) (i32.const 2)) (then unreachable))
         (f64.store (i32.const {value})
           (f64.load offset={number} (i32.add (local.get $variables) (i32.const {VARIABLE_BYTES}))))
         (i32.store (i32.const {state}) (local.get $state))
         (i32.store (i32.const {state_length}) (local.get $state_len))",
        number = 16,
        state = at(BASE, layout::STATE + 4),
        state_length = at(BASE, layout::STATE + 8),
    ));
    let variable = |name: &str, value| Variable { name: name.into(), value };
    let settings = Settings {
        variables: vec![
            variable("installed-in", Value::Text("Montreuil".into())),
            variable("litres-per-pulse", Value::Number(2.5)),
        ],
        state: vec![9; 1024],
    };
    let decoder = load(&sandbox(), &guest.component());
    let reading = decoder.try_uplink(&specimen(), &settings).result.unwrap();
    assert_eq!(reading.measurements[0].value, Value::Number(2.5));
    assert_eq!(reading.state, Some(settings.state));
}

#[test]
fn a_downlink_is_encoded_on_the_first_and_on_the_last_port() {
    for f_port in [1, 223] {
        let answer = Answer::downlink(f_port, &[0xab; 242]).downlink_warnings(&[b"dimmed to 10 %"]);
        let decoder = load(&sandbox(), &Guest::answering(answer).component());
        let command = Command { data: "{\"dim\":7}".into(), issued_at: 1 };
        let downlink = decoder.encode_downlink(&command, &Settings::default()).result.unwrap();
        assert_eq!(downlink.f_port, f_port);
        assert_eq!(downlink.payload, [0xab; 242]);
        assert_eq!(downlink.warnings, ["dimmed to 10 %"]);
    }
}

#[test]
fn a_downlink_is_read_back() {
    let answer = Answer::reading().measurement_of("lamp.dimming", Value::Number(10.0));
    let decoder = load(&sandbox(), &Guest::answering(answer).component());
    let downlink = SentDownlink { f_port: 60, payload: vec![1], sent_at: 1 };
    let reading = decoder.decode_downlink(&downlink, &Settings::default()).result.unwrap();
    assert_eq!(
        json!(reading.measurements),
        json!([
            { "quantity": "lamp.dimming", "unit": "%", "value": 10.0 }
        ])
    );
}

#[test]
fn a_failure_answers_a_command_too() {
    let guest = Guest::answering(Answer::failure(7, b"it takes no commands"));
    let decoder = load(&sandbox(), &guest.component());
    let command = Command { data: "{}".into(), issued_at: 1 };
    let error = decoder.encode_downlink(&command, &Settings::default()).result.unwrap_err();
    assert!(
        matches!(&error, CallError::Failed(failure) if failure.kind == FailureKind::Unsupported),
        "{error:?}"
    );
}

#[test]
fn what_was_burnt_is_told_for_good_and_for_bad_calls() {
    let sandbox = sandbox();
    let good = call(&load(&sandbox, &Guest::new().component()));
    assert!((1..1000).contains(&good.fuel), "{}", good.fuel);
    let endless = Guest::running("(loop $again (br $again))");
    let bad = call(&load(&sandbox, &endless.component()));
    assert_eq!(bad.fuel, sandbox.limits().fuel);
}

#[test]
fn a_decoder_is_named_by_the_digest_of_its_file() {
    let file = Guest::new().component();
    assert_eq!(load(&sandbox(), &file).digest(), Digest::of(&file));
}

fn at(address: u32, offset: usize) -> u32 {
    address + u32::try_from(offset).expect("an offset is small")
}
