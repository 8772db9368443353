//! Guests that return what the canonical ABI forbids.

use champollion_sandbox::{
    CallError::Output,
    Limits,
    OutputError::{Malformed, TooLarge, TooMany},
    Value,
};

use crate::{
    Attack,
    Refusal::Call,
    attack::attempt,
    guests::{Answer, Guest, Measured, layout},
};

pub(super) fn attacks() -> Vec<Attack> {
    [lists(), texts(), cases()].into_iter().flatten().collect()
}

fn lists() -> Vec<Attack> {
    let reading = Answer::reading;
    vec![
        attempt!(
            "data beyond the memory",
            answering(reading().lie(layout::DATA, 0x7fff_0000, 16)),
            Call(Output(Malformed { reason })) if reason.contains("beyond the end")
        ),
        attempt!(
            "data of 2^32-1 bytes",
            answering(reading().lie(layout::DATA, 0, u32::MAX)),
            Call(Output(Malformed { reason })) if reason.contains("beyond the end")
        ),
        attempt!(
            "JSON that says it is 50 MB long",
            answering(reading().lie(layout::DATA, 1024, 50_000_000)),
            Call(Output(Malformed { reason })) if reason.contains("beyond the end")
        ),
        attempt!(
            "data that wraps around the address space",
            answering(reading().lie(layout::DATA, u32::MAX, u32::MAX)),
            Call(Output(Malformed { reason })) if reason.contains("beyond the end")
        ),
        attempt!(
            "2^32-1 measurements",
            answering(reading().lie(layout::MEASUREMENTS, 0, u32::MAX)),
            Call(Output(TooMany {
                what: "measurements",
                count: 0xffff_ffff,
                limit: Limits::MEASUREMENTS
            }))
        ),
        attempt!(
            "a million measurements",
            answering(reading().lie(layout::MEASUREMENTS, 0, 1_000_000)),
            Call(Output(TooMany {
                what: "measurements",
                count: 1_000_000,
                limit: Limits::MEASUREMENTS
            }))
        ),
        attempt!(
            "as many measurements as the memory holds",
            Guest::answering(reading().lie(layout::MEASUREMENTS, 0, 74_000))
                .memory(r#"(memory (export "memory") 64)"#)
                .component(),
            Call(Output(TooMany {
                what: "measurements",
                count: 74_000,
                limit: Limits::MEASUREMENTS
            }))
        ),
        attempt!(
            "a measurement more than there may be",
            Guest::answering(reading().lie(layout::MEASUREMENTS, 0x1_0000, 2001))
                .memory(r#"(memory (export "memory") 4)"#)
                .component(),
            Call(Output(TooMany {
                what: "measurements",
                count: 2001,
                limit: Limits::MEASUREMENTS
            }))
        ),
        attempt!(
            "2^32-1 warnings",
            answering(reading().lie(layout::WARNINGS, 0, u32::MAX)),
            Call(Output(TooMany { what: "warnings", count: 0xffff_ffff, limit: Limits::WARNINGS }))
        ),
        attempt!(
            "500,000 empty warnings",
            Guest::answering(reading().lie(layout::WARNINGS, 0x1_0000, 500_000))
                .memory(r#"(memory (export "memory") 64)"#)
                .component(),
            Call(Output(TooMany { what: "warnings", count: 500_000, limit: Limits::WARNINGS }))
        ),
        attempt!(
            "data of all the memory that there may be",
            Guest::answering(reading().lie(layout::DATA, 0, 64 * 65_536))
                .memory(r#"(memory (export "memory") 64)"#)
                .component(),
            Call(Output(TooLarge { limit: Limits::OUTPUT_BYTES }))
        ),
        attempt!(
            "state beyond the memory",
            answering(reading().set(layout::STATE, &[1]).lie(layout::STATE + 4, 0, u32::MAX)),
            Call(Output(TooMany {
                what: "bytes of state",
                count: 0xffff_ffff,
                limit: Limits::STATE_BYTES
            }))
        ),
        attempt!(
            "measurements at an odd address",
            answering(reading().lie(layout::MEASUREMENTS, 1025, 1)),
            Call(Output(Malformed { reason })) if reason.contains("aligned")
        ),
        attempt!(
            "answer at an odd address",
            Guest::running("(local.set $answer (i32.const 1026))").component(),
            Call(Output(Malformed { reason })) if reason.contains("aligned")
        ),
        attempt!(
            "answer out of the memory",
            Guest::running("(local.set $answer (i32.const -4))").component(),
            Call(Output(Malformed { reason })) if reason.contains("beyond the end")
        ),
    ]
}

fn texts() -> Vec<Attack> {
    let volume = Measured::new("water.volume", Value::Number(1.0));
    vec![
        attempt!(
            "invalid UTF-8 in data",
            answering(Answer::reading().data(b"{\"a\":\"\xff\"}")),
            Call(Output(Malformed { reason })) if reason.contains("utf-8")
        ),
        attempt!(
            "half a surrogate pair in data",
            answering(Answer::reading().data(b"{\"a\":\"\xed\xa0\x80\"}")),
            Call(Output(Malformed { reason })) if reason.contains("utf-8")
        ),
        attempt!(
            "invalid UTF-8 in a warning",
            answering(Answer::reading().warnings(&[b"good", b"\xc0\x80"])),
            Call(Output(Malformed { reason })) if reason.contains("utf-8")
        ),
        attempt!(
            "invalid UTF-8 in a quantity",
            answering(
                Answer::reading().measurements(&[Measured { quantity: b"water.\xfe", ..volume }])
            ),
            Call(Output(Malformed { reason })) if reason.contains("utf-8")
        ),
        attempt!(
            "invalid UTF-8 in a failure",
            answering(Answer::failure(0, b"\x80")),
            Call(Output(Malformed { reason })) if reason.contains("utf-8")
        ),
    ]
}

fn cases() -> Vec<Attack> {
    let measured = || Answer::reading().measurement_of("water.volume", Value::Number(1.0));
    vec![
        attempt!(
            "a result that is neither good nor bad",
            answering(Answer::reading().set(layout::RESULT, &[2])),
            Call(Output(Malformed { reason })) if reason.contains("case 2 of the type result")
        ),
        attempt!(
            "a value of a fifth type",
            answering(measured().set_measurement(layout::VALUE, &[4])),
            Call(Output(Malformed { reason })) if reason.contains("case 4 of the type value")
        ),
        attempt!(
            "a moment that is neither there nor not",
            answering(measured().set_measurement(layout::MEASURED_AT, &[0xff])),
            Call(Output(Malformed { reason })) if reason.contains("case 255 of the type option")
        ),
        attempt!(
            "a span that is neither there nor not",
            answering(measured().set_measurement(layout::SPAN, &[2])),
            Call(Output(Malformed { reason })) if reason.contains("case 2 of the type option")
        ),
        attempt!(
            "a state that is neither there nor not",
            answering(Answer::reading().set(layout::STATE, &[2])),
            Call(Output(Malformed { reason })) if reason.contains("case 2 of the type option")
        ),
        attempt!(
            "a failure of a ninth kind",
            answering(Answer::failure(8, b"?")),
            Call(Output(Malformed { reason })) if reason.contains("case 8 of the type failure-kind")
        ),
    ]
}

fn answering(answer: Answer) -> Vec<u8> {
    Guest::answering(answer).component()
}
