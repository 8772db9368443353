//! The server: what holds the crates of the house together. [`run`] starts it.
//!
//! The way of a frame: [`api`] takes it from the network server and asks [`auth`] who that is;
//! [`ingest`] has it verified and decoded and commits counter, state and record in one batch; the
//! partner pulls the record through [`api`] again. `champollion_lns` reads what each network server writes.

#![forbid(unsafe_code)]

mod accept_language;
mod access;
mod adoption;
mod alert_commands;
mod alert_rounds;
pub mod alerts;
pub mod api;
pub mod approval_settings;
mod at_once;
mod atom;
pub mod auth;
pub mod authors;
mod backend;
pub mod backups;
mod chosen_word;
mod clock;
pub mod cluster;
pub mod config;
pub mod connections;
mod consents;
mod database_watch;
pub mod derived;
pub mod devices;
pub mod downlinks;
pub mod expensive;
mod followers;
pub mod handshakes;
pub mod http_settings;
pub mod ingest;
mod kept;
mod kept_statements;
mod leading;
pub mod mail;
mod mapping_name;
#[cfg(feature = "bench")]
pub mod measured;
mod metrics_list;
pub mod mirrors;
pub mod mqtt;
mod nearest;
pub mod network_servers;
mod notices;
pub mod outbox;
mod outside_client;
mod own_address;
pub mod page_settings;
mod pages;
pub mod parked;
mod planned_work;
pub mod quality;
pub mod quotas;
pub mod recovery;
pub mod redecode;
pub mod rehearsals;
pub mod repeated_members;
pub mod run;
pub mod schedules;
pub mod sentence;
pub mod service;
mod sheet_lanes;
pub mod sign_in;
pub mod span_export;
pub mod start_error;
mod statements;
pub mod storage;
pub mod store_settings;
pub mod summaries;
mod tasks;
pub mod telemetry;
pub mod territory_settings;
mod text_file;
pub mod tls;
mod turns;
mod workbook;
pub mod workers;
