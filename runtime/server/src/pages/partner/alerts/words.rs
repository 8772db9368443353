//! Conditions and alerts in the words of people.

use champollion_service::alerts::{Alert, Condition};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::pages::{
    json::{optional, text},
    viewer::Viewer,
};

/// A condition in a line: `CO₂ in the air above 1,000 ppm for 10 min`.
pub(super) fn in_words(viewer: &Viewer, when: &Json) -> String {
    let known = Condition::deserialize(when);
    known.map(|when| viewer.alert_words().condition(&when)).unwrap_or_default()
}

/// The thing that is wrong, and the limit as a sentence. An alert of a release that did not keep its condition has the words of
/// then.
pub(super) fn what_and_limit(viewer: &Viewer, alert: &Json) -> (String, String) {
    let known = Alert::deserialize(alert).ok();
    let known = known.and_then(|alert| Some((alert.when?, alert.value)));
    match known {
        Some((when, value)) => {
            let words = viewer.alert_words();
            (words.broken(&when, value.as_ref()), words.limit(&when))
        }
        None => {
            let quantity = optional(alert, "/quantity").map(|quantity| viewer.quantity(quantity));
            let value = format!("{} {}", quantity.unwrap_or_default(), text(alert, "/value"));
            (value.trim().to_owned(), text(alert, "/limit"))
        }
    }
}
