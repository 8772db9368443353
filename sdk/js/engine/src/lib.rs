//! The script engine: QuickJS and the prelude as one WebAssembly module, in which every JavaScript
//! codec runs.
//!
//! The host makes an instance, calls [`start`], and keeps a copy of its memory: the engine with the
//! prelude evaluated. From there it loads a codec with [`load`], and keeps what that changed. Each
//! [`call`] begins with exactly that memory. So nothing here has to be cleaned up after a call, and
//! nothing can be left behind by one.
//!
//! The module's only import is a clock, which the host answers with the time of the frame.
//!
//! # How the host talks to it
//! - [`reserve`] gives a place of so many bytes for what is handed over; the host writes it there.
//! - [`load`] and [`call`] take it and give the address of an [answer](answer): a length of four
//!   bytes and that many bytes. Numbers are little-endian, texts are UTF-8 behind their length.
//! - [`report`] gives the address of a [report](report) that is true even after a trap: the memory
//!   that was wanted in vain, and what the codec has logged.

#![cfg(target_family = "wasm")]

mod answer;
mod arena;
mod codec;
mod console;
mod date_text;
mod date_tokens;
mod dates;
mod device_context;
mod dialect;
mod evaluation;
mod exception;
mod input;
mod json;
mod locales;
mod prelude;
mod report;
mod results;
mod scope;
mod session;
mod text;
mod zones;

use crate::{input::Input, session::Session};

/// Makes the engine and evaluates the prelude. Called once, before everything else.
#[unsafe(no_mangle)]
pub extern "C" fn start() {
    Session::start();
    arena::seal();
}

/// A place of so many bytes, which the next call of [`load`] or [`call`] takes.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    input::reserve(length)
}

/// Evaluates a codec and finds its entry points; gives the address of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn load() -> *const u8 {
    let answer = Session::with(|session| session.load(&mut Input::take()));
    arena::seal();
    Session::look_after_garbage_of_calls();
    answer.into_address()
}

/// Calls an entry point of the codec that was loaded; gives the address of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn call() -> *const u8 {
    Session::with(|session| session.call(&mut Input::take())).into_address()
}

/// The address of the report.
#[unsafe(no_mangle)]
pub extern "C" fn report() -> *const u8 {
    report::address()
}
