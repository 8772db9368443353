//! Bounds of what a package may hold.

/// Most bytes of a manifest: the index of the registry keeps it, with a line of its own, in one value of 64 KiB at
/// most. The largest of ours, with 313 fields and 46 commands, has 51 KB.
pub(super) const MANIFEST_BYTES: usize = 56 << 10;

/// Most bytes of the vectors of a package when they are unpacked: twice the largest package, and eighty times the
/// richest of ours.
pub(super) const VECTORS_BYTES: usize = 8 << 20;

/// Most vectors of a package: they are run before it is published, and each may burn a whole call's
/// fuel. The richest of ours has 279.
pub(super) const VECTORS: usize = 1_000;
