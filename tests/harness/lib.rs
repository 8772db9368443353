//! The ground of the end-to-end tests: the real binary, started, asked and killed.
//!
//! A test starts a [`Server`] on a folder of its own and a port that is free, talks to it through a
//! [`Client`] in some role or through the command line, and lets [`Sensor`]s send real frames. All
//! of it stays on this machine; every wait is bounded.
//!
//! The packages that are published come from `target/decoders`: run `cargo xtask guests` first.

#![forbid(unsafe_code)]

mod authority;
mod binary;
mod broker;
mod chirpstack;
mod cli;
mod client;
mod client_hello;
mod compiled_engine;
mod document;
mod file_servers;
mod grpc;
mod log_entries;
mod mail;
mod mischief;
mod oci;
mod openid;
mod outside;
mod packages;
mod raw;
mod record;
mod rust_sources;
mod sensor;
mod server;
mod service;
mod session;
mod table;
mod tracer;
mod wire;

pub use authority::{Authority, Issued};
pub use binary::{built, champollion, champollion_at, compile_apart, target, workspace};
pub use broker::{BROKER_USER, Broker, MqttClient};
pub use champollion_databases::{Postgres, PostgresSetup, Proxy};
pub use chirpstack::{APPLICATION, Chirpstack, TakenCommand};
pub use cli::{Cli, Output, run, run_within};
pub use client::{Answer, Client};
pub use client_hello::client_hello;
pub use document::{Step, follow, follow_within, steps};
pub use file_servers::FileServer;
pub use grpc::{Called, GrpcAnswer, GrpcOutside};
pub use log_entries::log_entries;
pub use mail::MailServer;
pub use mischief::{MISCHIEF, Mischief, mischief};
pub use oci::{OCI_USER, OciRegistry};
pub use openid::{Browser, OpenidProvider};
pub use outside::{Asked, HANGS_UP, Outside, eventually};
pub use packages::{AXIOMA, DECODERS, ELSYS, LUMINAIRE, Sources, thermometer, with_sections};
pub use raw::Connection;
pub use record::reading;
pub use rust_sources::rust_sources;
pub use sensor::{Joiner, Sensor, digits, frame};
pub use server::{Server, Setup};
pub use session::{PASSWORD, SIGN_IN_SETTINGS, Visitor};
pub use table::Table;
pub use tracer::{Mishap, Tracer};
pub use wire::Wire;
