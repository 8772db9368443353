//! Bars for what takes time.

use champollion_client::{Answer, ClientError, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::de::DeserializeOwned;

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

/// Shows on a bar how far the work of a server has come, until it ends. `come` says how many steps are done, and of how
/// many. Returns the last line.
pub(super) async fn follow<T: DeserializeOwned>(
    lines: &mut Progress<T>,
    bar: &ProgressBar,
    come: impl Fn(&T) -> (u64, u64),
) -> Result<Option<Answer<T>>, ClientError> {
    let mut last = None;
    while let Some(line) = lines.next().await? {
        let (done, of) = come(&line);
        bar.set_length(of);
        bar.set_position(done);
        last = Some(line);
    }
    bar.finish_and_clear();
    Ok(last)
}
