//! Bounds of what a package may hold.

/// Most bytes of a manifest: the index of the registry keeps it in one value of 64 KiB at most. The
/// largest of ours, with 200 fields and 30 commands, has 35 KB.
pub(super) const MANIFEST_BYTES: usize = 48 << 10;

/// Most bytes of the vectors of a package when they are unpacked: twice the largest package, and eighty times the
/// richest of ours.
pub(super) const VECTORS_BYTES: usize = 8 << 20;

/// Most vectors of a package: they are run before it is published, and each may burn a whole call's
/// fuel. The richest of ours has 122.
pub(super) const VECTORS: usize = 1_000;
