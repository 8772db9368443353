//! The operator's service, without input and output of its own: what is promised to partners, and what is told to them.
//!
//! The server brings frames, moments and a store; this crate keeps rows, judges rules and says what is due.

#![forbid(unsafe_code)]

pub mod gateways;
pub mod quality;
