//! A digital input that has changed, or has done so often enough.

use champollion_sdk::{prelude::*, reserved_bits};
use serde::Serialize;

use crate::Content;

/// 0x51 and 0x52: the digital input of a number.
#[derive(Debug, Serialize)]
pub(crate) struct Input<const NUMBER: u16> {
    state: State,
    counter: Counter,
    #[serde(skip)]
    states: u8,
}

/// Bits of the byte of states that have a meaning.
const STATES: u8 = 0x03;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    previous_frame: Spanned<bool>,
    current: Spanned<bool>,
}

#[derive(Debug, Serialize)]
struct Counter {
    /// Changes since the counter started.
    global: Spanned<u32>,
    /// Changes since the previous frame.
    instantaneous: Spanned<u16>,
}

impl<const NUMBER: u16> Content for Input<NUMBER> {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let states = payload.u8()?;
        Ok(Self {
            state: State { previous_frame: states.bit(1), current: states.bit(0) },
            counter: Counter { global: payload.u32_be()?, instantaneous: payload.u16_be()? },
            states: *states,
        })
    }

    fn reserved(&self) -> Option<String> {
        reserved_bits("the byte of states", self.states, STATES)
    }

    /// The counter; the state may be that of anything.
    fn measurements(&self) -> Vec<(u64, Measurement)> {
        vec![(0, quantity::PULSE_COUNT.of(self.counter.global.map(i64::from)).on(NUMBER))]
    }
}
