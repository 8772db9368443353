//! Reads the messages.
