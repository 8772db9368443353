//! A component with one wrong bit is refused or is another component. It never takes the host along.

use std::time::{Duration, Instant};

use champollion_attacks::chance::Random;
use champollion_sandbox::{CallError, LoadError, OutputError, Value};

use crate::guests::{Answer, Guest, call, sandbox};

const FLIPS: usize = 1_000;

/// For each component, with its compilation.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn one_wrong_bit_is_refused_or_contained() {
    let good = good_component();
    let sandbox = sandbox();
    let (mut refused, mut failed, mut answered) = (0, 0, 0);
    let mut random = Random(0x5eed);
    for _ in 0..FLIPS {
        let bit = random.below(good.len() * 8);
        let mut component = good.clone();
        component[bit / 8] ^= 1 << (bit % 8);
        let start = Instant::now();
        match sandbox.load(&component) {
            Err(error) => {
                assert_is_expected(&error, bit);
                refused += 1;
            }
            Ok(decoder) => match call(&decoder).result {
                Ok(_) => answered += 1,
                Err(_) => failed += 1,
            },
        }
        assert!(start.elapsed() < ENDS_WITHIN, "bit {bit} took {:?}", start.elapsed());
    }
    // Were it not so, the flips would show only one half of what they are to show.
    assert!(
        refused > 0 && failed > 0 && answered > 0,
        "{refused} refused, {failed} failed, {answered} answered"
    );
}

/// Whatever the bit was, the file is not too large and does not want the host's clock.
fn assert_is_expected(error: &LoadError, bit: usize) {
    let expected = match error {
        LoadError::NotWebAssembly | LoadError::UnknownVersion => bit < 64,
        LoadError::Invalid { reason } | LoadError::NotADecoder { reason } => !reason.is_empty(),
        LoadError::TooComplex { .. } | LoadError::Instantiation(_) => true,
        _ => false,
    };
    assert!(expected, "bit {bit}: {error:?}");
}

/// A flip may well make a text that is no UTF-8 or a list that is too long: that these come out as
/// such is shown by the bits of the answer alone.
#[test]
fn one_wrong_bit_in_the_answer_is_an_answer_or_a_typed_error() {
    let sandbox = sandbox();
    let bytes = answer().bytes().len();
    let mut random = Random(0xb17);
    let (mut malformed, mut other) = (0, 0);
    for _ in 0..FLIPS {
        let bit = random.below(bytes * 8);
        let mut byte = [answer().bytes()[bit / 8]];
        byte[0] ^= 1 << (bit % 8);
        let guest = Guest::answering(answer().set(bit / 8, &byte));
        let decoder = sandbox.load(&guest.component()).expect("only its data differs");
        match call(&decoder).result {
            Err(CallError::Output(OutputError::Malformed { .. })) => malformed += 1,
            Ok(_) | Err(CallError::Failed(_) | CallError::Output(_)) => other += 1,
            Err(error) => panic!("bit {bit}: {error:?}"),
        }
    }
    assert!(malformed > 0 && other > 0, "{malformed} malformed, {other} other");
}

/// It has a bit of everything: code with a loop, a table, data, an answer with a measurement.
fn good_component() -> Vec<u8> {
    Guest::answering(answer()).with_a_bit_of_everything().component()
}

fn answer() -> Answer {
    Answer::reading()
        .data(b"{\"volume\":13.609}")
        .measurement_of("water.volume", Value::Number(13.609))
        .warnings(&[b"late"])
        .state(&[1, 2, 3])
}
