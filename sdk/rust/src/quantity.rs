//! The shared vocabulary: a typed constant for each quantity.
//!
//! It is one table, `wit/vocabulary.csv`, read when the SDK is built. A constant knows the type of
//! its values, so that a wrong one does not compile.

use std::marker::PhantomData;

use crate::{Measurement, Spanned, Value};

/// A term of the vocabulary, its values being of type `T`.
#[derive(Debug)]
pub struct Quantity<T> {
    /// The term, such as `water.volume`.
    pub name: &'static str,
    /// Its unit as a UCUM code, such as `m3`; empty where there is none.
    pub unit: &'static str,
    value: PhantomData<fn(T)>,
}

impl<T> Quantity<T> {
    const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, value: PhantomData }
    }
}

impl<T: Into<Value>> Quantity<T> {
    /// A value of this quantity, in its unit, measured when the frame was received. A value that
    /// came out of a [`Reader`](crate::Reader) brings the bytes that it was read from.
    #[must_use]
    pub fn of(&self, value: impl Into<Spanned<T>>) -> Measurement {
        let Spanned { value, span } = value.into();
        Measurement {
            quantity: self.name.to_owned(),
            value: value.into(),
            channel: 0,
            measured_at: None,
            span,
        }
    }
}

impl Measurement {
    /// The same, on one of several alike inputs or outputs.
    #[must_use]
    pub fn on(mut self, channel: u16) -> Self {
        self.channel = channel;
        self
    }

    /// The same, measured at another moment than the frame was received: milliseconds since the
    /// epoch.
    #[must_use]
    pub fn at(mut self, measured_at: u64) -> Self {
        self.measured_at = Some(measured_at);
        self
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

include!(concat!(env!("OUT_DIR"), "/vocabulary.rs"));
