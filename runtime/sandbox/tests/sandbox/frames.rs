//! Real frames, as a device sends them, verified and decoded.

use champollion_frames::{
    DevAddr, DevEui, RadioMetadata, Session, Sessions, VerifiedUplink,
    device::{Device, Uplink},
};
use champollion_sandbox::{CallError, Settings, Value};

use crate::guests::{Answer, BASE, Guest, layout, load, sandbox};

const RECEIVED_AT: u64 = 1_767_225_600_000;

#[test]
fn a_verified_frame_is_decoded() {
    // It returns the payload as its state, FPort, FCnt and moment in a measurement.
    let answer = Answer::reading().measurement_of("pulse.count", Value::Integer(0)).state(b"");
    let measurement = answer.first_measurement() as usize;
    let state = BASE as usize + layout::STATE;
    let guest = Guest::answering(answer).before_answer(&format!(
        "(i32.store16 (i32.const {channel}) (local.get $f_port))
         (i64.store (i32.const {value}) (i64.extend_i32_u (local.get $f_cnt)))
         (i32.store8 (i32.const {measured_at}) (i32.const 1))
         (i64.store (i32.const {moment}) (local.get $received_at))
         (i32.store (i32.const {pointer}) (local.get $payload))
         (i32.store (i32.const {length}) (local.get $payload_len))",
        channel = measurement + layout::CHANNEL,
        value = measurement + layout::VALUE + 8,
        measured_at = measurement + layout::MEASURED_AT,
        moment = measurement + layout::MEASURED_AT + 8,
        pointer = state + 4,
        length = state + 8,
    ));
    let decoder = load(&sandbox(), &guest.component());
    let uplink = verified(&Uplink {
        f_cnt: 42,
        f_port: Some(100),
        payload: b"13.609 m3",
        ..Uplink::default()
    });
    let reading = decoder.decode_uplink(&uplink, &Settings::default()).result.unwrap();
    let measured = &reading.measurements[0];
    assert_eq!(reading.state.as_deref(), Some(b"13.609 m3".as_slice()));
    assert_eq!((measured.channel, &measured.value), (100, &Value::Integer(42)));
    assert_eq!(measured.measured_at.unwrap().as_millisecond(), RECEIVED_AT.cast_signed());
}

#[test]
fn a_port_without_payload_is_decoded_too() {
    let decoder = load(&sandbox(), &Guest::new().component());
    let uplink = verified(&Uplink { f_cnt: 1, f_port: Some(1), ..Uplink::default() });
    assert!(decoder.decode_uplink(&uplink, &Settings::default()).result.is_ok());
}

#[test]
fn mac_commands_never_reach_a_decoder() {
    // It would trap if it were called.
    let decoder = load(&sandbox(), &Guest::running("unreachable").component());
    let without_port = Uplink { f_cnt: 1, f_opts: &[0x02], ..Uplink::default() };
    let port_0 = Uplink { f_cnt: 1, f_port: Some(0), payload: &[0x02], ..Uplink::default() };
    for uplink in [without_port, port_0] {
        let call = decoder.decode_uplink(&verified(&uplink), &Settings::default());
        assert_eq!(call.result.unwrap_err(), CallError::NoApplicationPayload);
        assert_eq!(call.fuel, 0, "nothing ran");
    }
}

/// Has a device send it, and the network verify it.
fn verified(uplink: &Uplink<'_>) -> VerifiedUplink {
    let session = Session::lorawan_1_0(
        DevEui::from_be_bytes([0x70, 0xb3, 0xd5, 0xe7, 0x5e, 0, 0, 1]),
        DevAddr::from_u32(0x0102_0304),
        "44024241ED4CE9A68C6A8BC055233FD3".parse().expect("it is a key"),
        "EC925802AE430CA77FD3DD73CB2CC588".parse().expect("it is a key"),
    );
    let phy = Device::of(&session).send(uplink).expect("the device can send it");
    let sessions = Sessions::new();
    sessions.insert(session);
    sessions
        .verify(&phy, RECEIVED_AT, RadioMetadata::default())
        .expect("the frame is good")
        .confirm()
}
