//! Each limit is taken from the configuration: what just fits passes, and one less is refused.

use champollion_sandbox::{
    CallError::{self, OutOfFuel, OutOfMemory, Output, TableTooLarge},
    Limits, LoadError, OutputError, Value,
};

use crate::guests::{Answer, Guest, Measured, call, limited, load, outcome};

const PAGE: usize = 64 << 10;

#[test]
fn fuel() {
    let counts = Guest::running(
        "(loop $again
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))",
    );
    let fuel = call(&load(&limited(Limits::default()), &counts.component())).fuel;
    let with = |fuel| {
        let limits = Limits { fuel, ..Limits::default() };
        call(&load(&limited(limits), &counts.component()))
    };
    let enough = with(fuel);
    assert!(enough.result.is_ok(), "{:?}", enough.result);
    assert_eq!(enough.fuel, fuel);
    // Fuel is looked at once for each turn of a loop.
    let limit = fuel - 100;
    let short = with(limit);
    assert_eq!(short.result.unwrap_err(), OutOfFuel { limit });
    assert_eq!(short.fuel, limit);
}

#[test]
fn memory() {
    // Two pages at first.
    let grows = Guest::running("(drop (memory.grow (i32.const 3)))");
    let with = |memory_bytes| {
        let limits = Limits { memory_bytes, ..Limits::default() };
        outcome(&limited(limits), &grows).map(drop)
    };
    assert_eq!(with(5 * PAGE), Ok(()));
    let limit = 4 * PAGE;
    assert_eq!(with(limit), Err(OutOfMemory { wanted: 5 * PAGE, limit }));
}

#[test]
fn memory_that_is_declared() {
    let limits = Limits { memory_bytes: PAGE, ..Limits::default() };
    let refused = limited(limits).load(&Guest::new().component()).map(drop);
    assert!(
        matches!(
            refused,
            Err(LoadError::Instantiation(OutOfMemory { wanted, limit: PAGE })) if wanted == 2 * PAGE
        ),
        "{refused:?}"
    );
}

#[test]
fn tables() {
    let grows = Guest::running("(drop (table.grow $one (ref.null func) (i32.const 3)))")
        .with("(table $one 4 funcref) (table 5 funcref)");
    let with = |table_elements| {
        let limits = Limits { table_elements, ..Limits::default() };
        outcome(&limited(limits), &grows).map(drop)
    };
    assert_eq!(with(12), Ok(()));
    assert_eq!(with(11), Err(TableTooLarge { wanted: 12, limit: 11 }));
}

#[test]
fn size_of_the_component() {
    let file = Guest::new().component();
    let with = |component_bytes| {
        let limits = Limits { component_bytes, ..Limits::default() };
        limited(limits).load(&file).map(drop)
    };
    assert!(with(file.len()).is_ok());
    let refused = with(file.len() - 1);
    assert!(
        matches!(refused, Err(LoadError::TooLarge { bytes, limit })
            if bytes == file.len() && limit == file.len() - 1),
        "{refused:?}"
    );
}

#[test]
fn output_in_all_lists_and_texts() {
    /// The answer itself, a list of two texts, the texts, and `{}`.
    const BYTES: usize = 40 + 2 * 8 + 2 * 500 + 2;
    let answer = Answer::reading().warnings(&[&[b'x'; 500], &[b'x'; 500]]);
    assert_eq!(with(|limits| limits.output_bytes = BYTES, &answer), Ok(()));
    let too_large = OutputError::TooLarge { limit: BYTES - 1 };
    assert_eq!(with(|limits| limits.output_bytes = BYTES - 1, &answer), Err(Output(too_large)));
}

#[test]
fn bytes_of_data() {
    let answer = Answer::reading().data(b"{\"a\":1}");
    assert_eq!(with(|limits| limits.data_bytes = 7, &answer), Ok(()));
    let too_large = OutputError::DataTooLarge { bytes: 7, limit: 6 };
    assert_eq!(with(|limits| limits.data_bytes = 6, &answer), Err(Output(too_large)));
}

#[test]
fn depth_of_data() {
    let answer = Answer::reading().data(b"{\"a\":[[1]]}");
    assert_eq!(with(|limits| limits.data_depth = 3, &answer), Ok(()));
    let too_deep = OutputError::DataTooDeep { limit: 2 };
    assert_eq!(with(|limits| limits.data_depth = 2, &answer), Err(Output(too_deep)));
}

#[test]
fn measurements() {
    let one = Measured::new("water.volume", Value::Number(1.0));
    let answer = Answer::reading().measurements(&[one.clone(), one.clone(), one]);
    assert_eq!(with(|limits| limits.measurements = 3, &answer), Ok(()));
    let too_many = OutputError::TooMany { what: "measurements", count: 3, limit: 2 };
    assert_eq!(with(|limits| limits.measurements = 2, &answer), Err(Output(too_many)));
}

#[test]
fn warnings() {
    let answer = Answer::reading().warnings(&[b"a", b"b"]);
    assert_eq!(with(|limits| limits.warnings = 2, &answer), Ok(()));
    let too_many = OutputError::TooMany { what: "warnings", count: 2, limit: 1 };
    assert_eq!(with(|limits| limits.warnings = 1, &answer), Err(Output(too_many)));
}

#[test]
fn bytes_of_a_text() {
    let answer = Answer::reading().warnings(&["é".as_bytes()]);
    assert_eq!(with(|limits| limits.text_bytes = 2, &answer), Ok(()));
    let too_long = OutputError::TextTooLong { what: "warning", bytes: 2, limit: 1 };
    assert_eq!(with(|limits| limits.text_bytes = 1, &answer), Err(Output(too_long)));
}

#[test]
fn bytes_of_state() {
    let answer = Answer::reading().state(&[1, 2, 3]);
    assert_eq!(with(|limits| limits.state_bytes = 3, &answer), Ok(()));
    let too_many = OutputError::TooMany { what: "bytes of state", count: 3, limit: 2 };
    assert_eq!(with(|limits| limits.state_bytes = 2, &answer), Err(Output(too_many)));
}

fn with(lower: impl FnOnce(&mut Limits), answer: &Answer) -> Result<(), CallError> {
    let mut limits = Limits::default();
    lower(&mut limits);
    outcome(&limited(limits), &Guest::answering(answer.clone())).map(drop)
}
