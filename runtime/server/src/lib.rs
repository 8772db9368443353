//! The server and its command line: what holds the crates of the house together.
//!
//! The way of a frame: [`api`] takes it from the network server and asks [`auth`] who that is;
//! [`ingest`] has it verified and decoded and commits counter, state and record in one batch; the
//! partner pulls the record through [`api`] again. [`lns`] reads what each network server writes. [`import`] makes packages of what others keep.

#![forbid(unsafe_code)]

pub mod api;
pub mod auth;
pub mod cli;
mod clock;
mod compile_worker;
pub mod config;
pub mod devices;
pub mod downlinks;
mod followers;
pub mod import;
pub mod ingest;
pub mod lns;
pub mod mirrors;
pub mod mqtt;
pub mod parked;
pub mod redecode;
pub mod service;
pub mod storage;
mod telemetry;
mod turns;
pub mod workers;
