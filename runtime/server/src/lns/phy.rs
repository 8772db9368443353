//! Frames in our own format.
