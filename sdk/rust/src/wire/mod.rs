//! Values as they lie in memory between the host and a decoder: the canonical ABI of the component model.
//!
//! An enumeration of Rust that is `repr(C, u8)` lies as a variant of the contract does, and a record as a struct that is
//! `repr(C)`, so that nothing here counts bytes. The functions that wit-bindgen writes do the same, but each has all of
//! its result's parts in it and the code that frees them: 7 KB of every decoder, where an instance lives for one call.
//! Nothing is freed here, and what a function returns is written by one function for all that return the same.

use std::{
    alloc::{self, Layout},
    mem::ManuallyDrop,
    process, ptr,
};

use crate::{
    Command, Downlink, Failure, Measurement, Reading, SentDownlink, Span, Uplink, Value, Variable,
    panic_note::note_panics,
};

/// A list, or a text: where its items begin, and how many there are.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct List<T> {
    first: *const T,
    count: usize,
}

/// An option of the contract.
#[repr(C, u8)]
enum Maybe<T> {
    None,
    Some(T),
}

/// A value of one of four types.
#[derive(Clone, Copy)]
#[repr(C, u8)]
enum Loose {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(List<u8>),
}

/// The record `variable` as the host writes it.
#[repr(C)]
pub struct Setting {
    name: List<u8>,
    value: Loose,
}

#[repr(C)]
struct Bytes {
    offset: u16,
    length: u16,
}

#[repr(C)]
struct Measured {
    quantity: List<u8>,
    value: Loose,
    channel: u16,
    measured_at: Maybe<u64>,
    span: Maybe<Bytes>,
}

/// The record `reading` as the host reads it.
#[repr(C)]
pub struct Read {
    data: List<u8>,
    measurements: List<Measured>,
    warnings: List<List<u8>>,
    state: Maybe<List<u8>>,
}

/// The record `downlink` as the host reads it.
#[repr(C)]
pub struct Encoded {
    f_port: u8,
    payload: List<u8>,
    warnings: List<List<u8>>,
}

/// The record `failure` as the host reads it.
#[repr(C)]
pub struct Failed {
    kind: u8,
    message: List<u8>,
    span: Maybe<Bytes>,
}

/// The result of a function of the contract.
#[repr(C, u8)]
pub enum Answer<T> {
    /// The record that was asked for.
    Ok(T),
    /// The failure in its place.
    Failed(Failed),
}

// The numbers that the host has of the contract's text, `runtime/sandbox/src/component/abi.rs`.
#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Setting>() == 24 && align_of::<Setting>() == 8);
    assert!(size_of::<Measured>() == 56 && align_of::<Measured>() == 8);
    assert!(size_of::<Answer<Read>>() == 40 && align_of::<Answer<Read>>() == 4);
    assert!(size_of::<Answer<Encoded>>() == 24 && align_of::<Answer<Encoded>>() == 4);
};

impl<T> List<T> {
    /// A list that the host wrote into room that `cabi_realloc` gave it.
    #[must_use]
    pub const fn at(first: *const T, count: usize) -> Self {
        Self { first, count }
    }

    const fn of(items: &'static [T]) -> Self {
        Self { first: items.as_ptr(), count: items.len() }
    }

    /// Takes the room for a list of Rust.
    ///
    /// # Safety
    ///
    /// The list must lie in room of the allocator that is as large as it, and must be taken once.
    unsafe fn take(self) -> Vec<T> {
        // SAFETY: the caller says so.
        unsafe { Vec::from_raw_parts(self.first.cast_mut(), self.count, self.count) }
    }
}

impl List<u8> {
    const fn text(text: &'static str) -> Self {
        Self::of(text.as_bytes())
    }

    /// The same of a text.
    ///
    /// # Safety
    ///
    /// As of [`List::take`]; the bytes must be UTF-8.
    unsafe fn take_text(self) -> String {
        // SAFETY: the caller says so.
        unsafe { String::from_utf8_unchecked(self.take()) }
    }
}

impl<T> Maybe<T> {
    fn of<U>(value: Option<U>, lower: impl FnOnce(U) -> T) -> Self {
        value.map_or(Self::None, |value| Self::Some(lower(value)))
    }
}

/// Room of so many bytes, for an input that the host writes. It begins with those of `old`, where there are any.
///
/// # Safety
///
/// The alignment must be a power of two, and `old` room of `old_bytes` bytes that this function gave with the same
/// alignment, unless these are none.
#[must_use]
pub unsafe fn room(old: *mut u8, old_bytes: usize, align: usize, bytes: usize) -> *mut u8 {
    if bytes == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the caller says so; the host asks for no more than there are addresses.
    let room = unsafe {
        if old_bytes == 0 {
            alloc::alloc(Layout::from_size_align_unchecked(bytes, align))
        } else {
            alloc::realloc(old, Layout::from_size_align_unchecked(old_bytes, align), bytes)
        }
    };
    if room.is_null() {
        // The instance ends here: nothing could be told in memory that there is not.
        process::abort();
    }
    room
}

/// The input of `decode-uplink`.
///
/// # Safety
///
/// The lists must lie in room that `cabi_realloc` gave, each in its own, and hold what the contract says.
#[must_use]
pub unsafe fn uplink(
    f_port: u8,
    f_cnt: u32,
    payload: List<u8>,
    received_at: u64,
    settings: List<Setting>,
    state: List<u8>,
) -> ManuallyDrop<Uplink> {
    note_panics();
    // SAFETY: the caller says so.
    let (payload, variables, state) =
        unsafe { (payload.take(), variables(settings), state.take()) };
    ManuallyDrop::new(Uplink { f_port, f_cnt, payload, received_at, variables, state })
}

/// The input of `encode-downlink`.
///
/// # Safety
///
/// As of [`uplink`].
#[must_use]
pub unsafe fn command(
    data: List<u8>,
    issued_at: u64,
    settings: List<Setting>,
) -> ManuallyDrop<Command> {
    note_panics();
    // SAFETY: the caller says so.
    let (data, variables) = unsafe { (data.take_text(), variables(settings)) };
    ManuallyDrop::new(Command { data, issued_at, variables })
}

/// The input of `decode-downlink`.
///
/// # Safety
///
/// As of [`uplink`].
#[must_use]
pub unsafe fn sent_downlink(
    f_port: u8,
    payload: List<u8>,
    sent_at: u64,
    settings: List<Setting>,
) -> ManuallyDrop<SentDownlink> {
    note_panics();
    // SAFETY: the caller says so.
    let (payload, variables) = unsafe { (payload.take(), variables(settings)) };
    ManuallyDrop::new(SentDownlink { f_port, payload, sent_at, variables })
}

#[inline(never)]
unsafe fn variables(settings: List<Setting>) -> Vec<Variable> {
    let mut variables = Vec::with_capacity(settings.count);
    for index in 0..settings.count {
        // SAFETY: the caller says that there are so many, each with a name and a value of its own.
        let variable = unsafe {
            let Setting { name, value } = settings.first.add(index).read();
            let value = match value {
                Loose::Boolean(boolean) => Value::Boolean(boolean),
                Loose::Integer(integer) => Value::Integer(integer),
                Loose::Number(number) => Value::Number(number),
                Loose::Text(text) => Value::Text(text.take_text()),
            };
            Variable { name: name.take_text(), value }
        };
        variables.push(variable);
    }
    variables
}

/// Leaves what `decode-uplink` or `decode-downlink` returns for the host.
#[inline(never)]
#[must_use]
pub fn reading(outcome: Result<Reading, Failure>) -> *const Answer<Read> {
    leaked(match outcome {
        Ok(reading) => {
            let reading: &'static Reading = leaked(reading);
            Answer::Ok(Read {
                data: List::text(reading.data()),
                measurements: measurements(reading.measurements()),
                warnings: texts(reading.warnings()),
                state: Maybe::of(reading.state(), List::of),
            })
        }
        Err(failure) => Answer::Failed(failed(failure)),
    })
}

/// Leaves what `encode-downlink` returns for the host. A decoder calls it in one place, and where that takes no commands,
/// nothing is left of the way of a downlink.
#[must_use]
pub fn downlink(outcome: Result<Downlink, Failure>) -> *const Answer<Encoded> {
    leaked(match outcome {
        Ok(downlink) => {
            let downlink: &'static Downlink = leaked(downlink);
            Answer::Ok(Encoded {
                f_port: downlink.f_port,
                payload: List::of(&downlink.payload),
                warnings: texts(&downlink.warnings),
            })
        }
        Err(failure) => Answer::Failed(failed(failure)),
    })
}

fn measurements(measurements: &'static [Measurement]) -> List<Measured> {
    let measured = measurements.iter().map(|measurement| Measured {
        quantity: List::text(&measurement.quantity),
        value: match &measurement.value {
            Value::Boolean(boolean) => Loose::Boolean(*boolean),
            Value::Integer(integer) => Loose::Integer(*integer),
            Value::Number(number) => Loose::Number(*number),
            Value::Text(text) => Loose::Text(List::text(text)),
        },
        channel: measurement.channel,
        measured_at: Maybe::of(measurement.measured_at, |moment| moment),
        span: span(measurement.span),
    });
    List::of(measured.collect::<Vec<_>>().leak())
}

fn texts(texts: &'static [String]) -> List<List<u8>> {
    List::of(texts.iter().map(|text| List::text(text)).collect::<Vec<_>>().leak())
}

#[inline(never)]
fn failed(failure: Failure) -> Failed {
    let failure: &'static Failure = leaked(failure);
    Failed {
        kind: failure.kind as u8,
        message: List::text(&failure.message),
        span: span(failure.span),
    }
}

fn span(span: Option<Span>) -> Maybe<Bytes> {
    Maybe::of(span, |Span { offset, length }| Bytes { offset, length })
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[cfg(test)]
mod tests;
