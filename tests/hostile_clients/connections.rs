//! Attacks by connections without a token: their number, their time and their tries are bounded.
