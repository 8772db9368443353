//! The crate as its users see it: components and frames in, readings and typed errors out.

mod attack;
mod bit_flips;
mod code_cache;
mod determinism;
mod frames;
mod fresh_state;
mod good_path;
mod guests;
mod limits;
mod vocabulary;
