//! The fleet: objects and those who own them, and the vault in which their keys lie.
//!
//! - [`names`]: the names of partners, groups and what is within them.
//! - [`partners`], [`people`], [`grants`]: who owns groups, and who may do what in them.
//! - [`credentials`]: passwords and second factors, by which people sign in.
//! - [`requests`]: what partners ask for, the operator's decision, and the approval that comes of it.
//! - [`roster`]: all of these together, with the rules of their changes.
//! - [`history`]: states of the past, out of a row for each change.
//! - [`objects`]: the fields of the territory's sheet that a device has.
//! - [`points`]: places that outlive the devices on them, and the series of their indexes.
//! - [`sheets`]: files of spreadsheets, a device in a row: read, judged by those above, and written.
//! - [`vault`]: the store of secret values, sealed on the disk, and the master key that opens it.

#![forbid(unsafe_code)]

pub mod credentials;
pub mod grants;
pub mod history;
mod key_text;
pub mod names;
pub mod objects;
mod partner_name;
pub mod partners;
pub mod people;
mod plain_text;
pub mod points;
pub mod requests;
pub mod roster;
pub mod sheets;
mod short_text;
mod unseen;
pub mod vault;

pub use champollion_frames::FromText;
pub use key_text::may_hold_key;
pub use plain_text::plain;
pub use short_text::ShortText;
pub use unseen::is_unseen;
