//! The LoRaWAN Backend Interfaces (TS002).

pub mod uplink;
