//! Loriot.
