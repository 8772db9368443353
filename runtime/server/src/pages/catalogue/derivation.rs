//! A derived decoder as it is shown: its inputs, its values with their expressions, and what it remembers.

use champollion_sandbox::DerivedDeclaration;
use maud::{Markup, html};

use super::cells::{english, none, quantity_of};
use crate::pages::{parts::table::Table, viewer::Viewer, written};

/// Returns the measurements that its expressions name.
pub(super) fn inputs(viewer: &Viewer, derived: &DerivedDeclaration) -> Table {
    let mut table = Table::new(viewer.say("derived-inputs"))
        .column(viewer.say("field-name"))
        .column(viewer.say("field-quantity"))
        .column(viewer.say("field-unit"));
    for input in &derived.inputs {
        table.row(vec![
            html! { code { (input.name) } },
            quantity_of(viewer, &input.quantity, some_channel(input.channel)),
            unit(input.unit.as_deref()),
        ]);
    }
    table
}

/// Returns the values that it makes.
pub(super) fn values(viewer: &Viewer, derived: &DerivedDeclaration) -> Table {
    let mut table = Table::new(viewer.say("derived-values"))
        .column(viewer.say("field-quantity"))
        .column(viewer.say("field-meaning"))
        .column(viewer.say("derived-expression"))
        .column(viewer.say("field-unit"));
    for value in &derived.values {
        table.row(vec![
            quantity_of(viewer, &value.quantity, some_channel(value.channel)),
            english(&value.meaning),
            html! { code { (value.expression) } },
            unit(value.unit.as_deref()),
        ]);
    }
    table
}

/// Returns what it remembers for the device's next reading.
pub(super) fn remembered(viewer: &Viewer, derived: &DerivedDeclaration) -> Table {
    let mut table = Table::new(viewer.say("derived-remembered"))
        .column(viewer.say("field-name"))
        .column(viewer.say("derived-expression"));
    for (name, expression) in &derived.remember {
        table.row(vec![html! { code { (name) } }, html! { code { (expression) } }]);
    }
    table
}

/// The unit in expressions, where it is another one than the vocabulary's.
fn unit(own: Option<&str>) -> Markup {
    match own.map(written::unit) {
        Some(sign) if !sign.is_empty() => html! { (sign) },
        _ => none(),
    }
}

fn some_channel(channel: u16) -> Option<u16> {
    (channel != 0).then_some(channel)
}
