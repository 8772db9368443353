//! The attack suite of clients: hostile tokens, recipients, network servers and connections against the real
//! binary. Each attack is a test, and each bound a setting; SECURITY.md lists the threats.

mod addresses;
mod alerts;
mod audit;
mod audit_kills;
mod bounds;
mod connections;
mod devices;
mod expensive;
mod large_sheets;
mod misplaced_secrets;
mod quota_table;
mod quotas;
mod rights;
mod sheets;
