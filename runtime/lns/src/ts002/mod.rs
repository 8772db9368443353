//! The LoRaWAN Backend Interfaces (TS002): a network server hands over `XmitDataReq` and is answered
//! `XmitDataAns`.

pub mod answer;
pub mod downlink;
pub mod uplink;
