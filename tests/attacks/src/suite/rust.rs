//! Guests in Rust, built as every decoder is (`tests/hostile`).

use champollion_sandbox::{
    CallError::{Failed, OutOfFuel, OutOfMemory, Output, Trapped},
    Limits,
    OutputError::{DataTooDeep, DataTooLarge, NotFinite, TooMany, UnknownQuantity, WrongType},
};

use crate::{Attack, Refusal::Call, attack::attempt, hostile::hostile};

pub(super) fn attacks() -> Vec<Attack> {
    [resources(), crashes(), answers(), reaching_out()].into_iter().flatten().collect()
}

fn resources() -> Vec<Attack> {
    vec![
        attempt!("Rust: an endless loop", hostile(b'L'), Call(OutOfFuel { limit: Limits::FUEL })),
        attempt!(
            "Rust: allocation without end",
            hostile(b'A'),
            Call(OutOfMemory { limit: Limits::MEMORY_BYTES, .. })
        ),
        attempt!(
            "Rust: endless recursion",
            hostile(b'R'),
            Call(error) if ["stack-exhausted", "trapped"].contains(&error.code())
        ),
        attempt!(
            "Rust: an array of 1 MB on the stack",
            hostile(b'X'),
            Call(Trapped { reason }) if reason.contains("out of bounds")
        ),
        attempt!(
            "Rust: JSON 50 MB long",
            hostile(b'D'),
            Call(OutOfMemory { limit: Limits::MEMORY_BYTES, .. })
        ),
        attempt!(
            "Rust: a million measurements",
            hostile(b'M'),
            Call(OutOfMemory { limit: Limits::MEMORY_BYTES, .. })
        ),
    ]
}

fn crashes() -> Vec<Attack> {
    vec![
        attempt!(
            "Rust: a panic with a message of 1 MB",
            hostile(b'P'),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
        attempt!(
            "Rust: an index beyond a slice",
            hostile(b'I'),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
        attempt!(
            "Rust: a write through a wild pointer",
            hostile(b'K'),
            Call(Trapped { reason }) if reason.contains("out of bounds")
        ),
    ]
}

fn answers() -> Vec<Attack> {
    vec![
        attempt!(
            "Rust: NaN",
            hostile(b'N'),
            Call(Output(NotFinite { index: 0, quantity: "water.volume", value })) if value == "NaN"
        ),
        attempt!(
            "Rust: an unknown quantity",
            hostile(b'Q'),
            Call(Output(UnknownQuantity { index: 0, quantity })) if quantity == "water.bushels"
        ),
        attempt!(
            "Rust: a text where a number belongs",
            hostile(b'Y'),
            Call(Output(WrongType { index: 0, quantity: "water.volume", .. }))
        ),
        attempt!(
            "Rust: JSON nested 10,000 deep",
            hostile(b'J'),
            Call(Output(DataTooDeep { limit: Limits::DATA_DEPTH }))
        ),
        attempt!(
            "Rust: JSON of 100 KB",
            hostile(b'V'),
            Call(Output(DataTooLarge { limit: Limits::DATA_BYTES, .. }))
        ),
        attempt!(
            "Rust: a state of 64 KB",
            hostile(b'S'),
            Call(Output(TooMany { what: "bytes of state", .. }))
        ),
        attempt!(
            "Rust: 10,000 warnings",
            hostile(b'W'),
            Call(Output(TooMany { what: "warnings", count: 10_000, .. }))
        ),
    ]
}

/// Returns attacks by functions of std that the target does not have, and by things that the guest left for
/// itself.
fn reaching_out() -> Vec<Attack> {
    vec![
        attempt!(
            "Rust: state smuggled in statics",
            hostile(b'G'),
            Call(Failed(failure)) if failure.message == "nothing was left here"
        ),
        attempt!(
            "Rust: a look at the clock",
            hostile(b'T'),
            Call(Trapped { reason }) if reason.contains("panic")
        ),
        attempt!(
            "Rust: a look into a file",
            hostile(b'F'),
            Call(Failed(failure)) if failure.message.contains("not supported")
        ),
        attempt!(
            "Rust: a call over the network",
            hostile(b'C'),
            Call(Failed(failure)) if failure.message.contains("not supported")
        ),
        attempt!(
            "Rust: a thread that outlives the call",
            hostile(b'H'),
            Call(Failed(failure)) if failure.message.contains("not supported")
        ),
    ]
}
