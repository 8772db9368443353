//! Codecs in JavaScript as users of the crate see them: sources and frames in, readings and typed
//! errors out.

mod bad_input;
mod bundles;
mod determinism;
mod dialects;
mod environment;
mod fresh_state;
mod large;
mod locales;
mod measurements;
mod padded;
mod reach;
mod support;
