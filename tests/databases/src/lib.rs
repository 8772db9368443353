//! Real database servers that tests start, each in a folder of its own: a PostgreSQL that can be killed at any
//! moment and started again, two of them that Patroni keeps, a proxy in front of a server that delays what passes, or
//! cuts it off, and ports that stay free until a server is told of them.
//!
//! A crate of its own, since the tests of the store need a database as well as those of the real binary.

#![forbid(unsafe_code)]

mod etcd;
mod owner;
mod pair;
mod patroni;
mod ports;
mod postgres;
mod proxy;
mod rest;

pub use pair::{AfterCrash, Pair};
pub use ports::free_port;
pub use postgres::{Postgres, PostgresSetup};
pub use proxy::Proxy;
