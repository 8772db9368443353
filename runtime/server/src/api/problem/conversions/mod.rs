//! The problem that each error of the rooms below becomes: a file for each room.

mod access;
mod alerts;
mod backups;
mod capacity;
mod delivery;
mod devices;
mod frames;
mod notices;
mod people;
mod registry;
mod requests;
mod sign_in;
mod vault;
