//! Codecs in JavaScript as users of the crate see them: sources and frames in, readings and typed
//! errors out.

mod bad_input;
mod bundles;
mod context;
mod dates;
mod determinism;
mod dialects;
mod environment;
mod fresh_state;
mod large;
mod locales;
mod measurements;
mod node_errors;
mod padded;
mod reach;
mod support;
