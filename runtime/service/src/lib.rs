//! The operator's service, without input and output of its own: what is promised to partners, and what is told to them.
//!
//! The server brings frames, moments and a store; this crate keeps rows, judges rules and says what is due.
//!
//! - [`notices`]: planned work and incidents, told to those whom they concern.
//! - [`statements`]: the objects that partners have in service on a day, and what they cost.

#![forbid(unsafe_code)]

pub mod alerts;
pub mod gateways;
pub mod notices;
pub mod outbox;
pub mod quality;
pub mod schedules;
pub mod statements;
