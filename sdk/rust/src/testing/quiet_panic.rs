//! Panics of a decoder under trial: each is caught and told by its place and words, and printed by nobody.
//!
//! The hook of panics is of the whole process, and tests run side by side: all that is not under trial is printed as
//! ever.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::Once,
};

use serde_json::Value as Json;

use crate::{Decoder, vectors::Input};

/// A decoder under trial.
#[derive(Default)]
struct Trial {
    /// The place where it panicked.
    place: Option<String>,
}

thread_local! {
    /// The decoder under trial on this thread, while it runs.
    static TRIAL: RefCell<Option<Trial>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs an input; a panic is told by its place and words: `at src/lib.rs:12: index out of bounds`.
pub(super) fn run<D: Decoder>(input: &Input) -> Result<Json, String> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_noted(info) {
                usual(info);
            }
        }));
    });
    TRIAL.set(Some(Trial::default()));
    let result = catch_unwind(AssertUnwindSafe(|| super::run::<D>(input)));
    let place = TRIAL.take().and_then(|trial| trial.place);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        format!("at {}: {text}", place.as_deref().unwrap_or("an unknown place"))
    })
}

/// Notes the place of a panic where a decoder is under trial.
fn is_noted(info: &PanicHookInfo<'_>) -> bool {
    TRIAL.with_borrow_mut(|trial| {
        let Some(trial) = trial else { return false };
        trial.place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        true
    })
}
