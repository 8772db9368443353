//! Bars for what takes time.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error. There is none where that is no terminal, nor for programs.
pub(super) fn bar(steps: usize, json: bool) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    if json {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    match ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A bar of the bytes of a file that were read.
pub(super) fn bytes(bytes: u64, hidden: bool) -> ProgressBar {
    let bar = bar(0, hidden);
    bar.set_length(bytes);
    match ProgressStyle::with_template("{bar:40} {binary_bytes}/{binary_total_bytes} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
