//! The crate as its users see it: packages, rehearsals, and a registry on the real store.

mod catalogue;
mod channels;
mod damage;
mod derived;
mod determinism;
mod gate;
mod history;
mod keys;
mod library;
mod library_folders;
mod library_pages;
mod loading;
mod nodes;
mod packages;
mod publishing;
mod quarantine;
mod rehearsals;
mod rivals;
mod support;
mod transfer;
mod versions;
mod water_library;
