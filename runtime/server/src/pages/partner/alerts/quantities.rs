//! The quantities that a form of a rule offers: those that decoders of its scope declare.

use champollion_delivery::names::GroupId;
use champollion_sandbox::vocabulary::{Quantity, ValueKind};
use champollion_service::alerts::Scope;

use super::definition::scope;
use crate::{
    api::{AlertTerms, Problem},
    pages::{submission::Submission, viewer::Viewer, written},
};

/// The beginning of the names of alarms.
const ALARM: &str = "alarm.";

/// The quantities of the scope that a form says, within one of the viewer's own groups.
pub(super) async fn offered(
    viewer: &Viewer,
    group: &str,
    filled: &Submission,
) -> Result<Vec<&'static Quantity>, Problem> {
    let Ok(group) = group.parse::<GroupId>() else { return Ok(Vec::new()) };
    // A scope that is none is refused at its field; the whole group goes on offering.
    let scope: Scope = serde_json::from_value(scope(filled)).unwrap_or_default();
    let turn = viewer.expensive_turn(Some(&group))?;
    let terms = AlertTerms::of(viewer.service(), (&group, &scope), &turn).await;
    Ok(terms.map_err(|problem| viewer.translated(problem))?.offered())
}

/// The quantities that a condition can be about as the choices of its field; what was chosen before stays among them.
pub(super) fn choices(
    viewer: &Viewer,
    condition: &str,
    offered: &[&'static Quantity],
    (before, none): (&str, String),
) -> Vec<(String, String)> {
    let fitting = offered.iter().filter(|quantity| fits(condition, quantity));
    let mut choices = vec![(String::new(), none)];
    choices.extend(fitting.map(|quantity| (quantity.name.to_owned(), label(viewer, quantity))));
    if !choices.iter().any(|(name, _)| name == before) {
        choices.push((before.to_owned(), before.to_owned()));
    }
    choices
}

/// Whether a condition can be about a quantity.
fn fits(condition: &str, quantity: &Quantity) -> bool {
    match condition {
        "above" | "below" | "outside" => {
            matches!(quantity.kind, ValueKind::Integer | ValueKind::Number)
        }
        "alarm" => quantity.name.starts_with(ALARM) && quantity.kind == ValueKind::Boolean,
        _ => true,
    }
}

fn label(viewer: &Viewer, quantity: &Quantity) -> String {
    let (name, unit) = (viewer.quantity(quantity.name), written::unit(quantity.unit));
    match unit.is_empty() {
        true => format!("{name} – {}", quantity.name),
        false => format!("{name} ({unit}) – {}", quantity.name),
    }
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::vocabulary::quantity;

    use super::*;

    #[test]
    fn a_condition_is_offered_what_it_can_be_about() {
        let (volume, leak) = (quantity("water.volume").unwrap(), quantity("alarm.leak").unwrap());
        assert!(fits("above", volume) && !fits("above", leak));
        assert!(fits("alarm", leak) && !fits("alarm", volume));
        assert!(fits("changed", volume) && fits("changed", leak));
    }
}
