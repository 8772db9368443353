//! The unit in which the database is changed.

use sled::IVec;

/// A key and its new stored value; `None` removes it.
pub(crate) type Change = (IVec, Option<IVec>);
