//! Attacks on the audit: its size is bounded, and every change is in it.
