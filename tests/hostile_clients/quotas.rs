//! Attacks by quantity: commands, routes, tokens, devices, streams and tests of one group leave room for others.
