//! Attacks by expensive requests: expressions, decoding and large pages do not hold up frames.
