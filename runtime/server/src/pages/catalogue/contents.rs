//! The contents of a decoder as it tells them: its devices, fields, ports, variables and commands.

use champollion_registry::package::{Device, Direction, Field, Manifest};
use champollion_sandbox::vocabulary;
use maud::{Markup, html};

use super::{
    cells::{english, none, quantity_of},
    derivation,
};
use crate::pages::{json::address, parts::table::Table, viewer::Viewer, written};

/// Returns the sections about the contents of a decoder.
pub(super) fn contents(viewer: &Viewer, manifest: &Manifest) -> Markup {
    html! {
        (section(viewer.say("decoder-devices"), devices(viewer, manifest)))
        (section(viewer.say("decoder-fields"), fields(viewer, manifest)))
        (section(viewer.say("decoder-ports"), ports(viewer, manifest)))
        @if let Some(derived) = &manifest.derived {
            (section(viewer.say("derived-inputs"), derivation::inputs(viewer, derived)))
            (section(viewer.say("derived-values"), derivation::values(viewer, derived)))
            (section(viewer.say("derived-remembered"), derivation::remembered(viewer, derived)))
        }
        (section(viewer.say("decoder-variables"), variables(viewer, manifest)))
        (section(viewer.say("decoder-commands"), commands(viewer, manifest)))
    }
}

/// A section of a table; nothing where the table is empty.
fn section(title: String, table: Table) -> Markup {
    html! { @if !table.is_empty() { section { h2 { (title) } (table.shown()) } } }
}

fn devices(viewer: &Viewer, manifest: &Manifest) -> Table {
    let mut table = Table::new(viewer.say("decoder-devices"))
        .column(viewer.say("device-model"))
        .column(viewer.say("device-maker"))
        .column(viewer.say("device-firmware"))
        .column(viewer.say("device-documents"));
    for device in &manifest.devices {
        table.row(vec![
            html! { (device.model) },
            html! { (device.vendor) },
            html! { (device.firmware.as_deref().unwrap_or("–")) },
            documents(viewer, device),
        ]);
    }
    table
}

/// The documents of a maker. They are links to the web, which a person follows and no page loads.
fn documents(viewer: &Viewer, device: &Device) -> Markup {
    html! {
        @if let Some(product) = &device.product {
            a href=(product) rel="noreferrer" { (viewer.say("device-product")) } " "
        }
        @if let Some(manual) = &device.manual {
            a href=(manual) rel="noreferrer" { (viewer.say("device-manual")) }
        }
        @if device.product.is_none() && device.manual.is_none() { (none()) }
    }
}

fn fields(viewer: &Viewer, manifest: &Manifest) -> Table {
    let mut table = Table::new(viewer.say("decoder-fields"))
        .column(viewer.say("field-name"))
        .column(viewer.say("field-meaning"))
        .column(viewer.say("field-type"))
        .column(viewer.say("field-unit"))
        .column(viewer.say("field-quantity"));
    for field in &manifest.fields {
        table.row(vec![
            html! { code { (field.name) } },
            html! { (english(&field.meaning)) @if field.inferred { " " em.soft { (viewer.say("field-inferred")) } } },
            html! { (viewer.say_word("type", field.kind.as_str())) },
            unit(field),
            quantity(viewer, field),
        ]);
    }
    table
}

/// The unit in `data`, which is that of the quantity where the field names no other one.
fn unit(field: &Field) -> Markup {
    let own = field.data_unit.as_deref().or(field.unit.as_deref());
    let of_quantity = || {
        Some(vocabulary::quantity(field.quantity.as_deref()?)?.unit).filter(|unit| !unit.is_empty())
    };
    match own.or_else(of_quantity).map(written::unit) {
        Some(sign) if !sign.is_empty() => html! { (sign) },
        _ => none(),
    }
}

fn quantity(viewer: &Viewer, field: &Field) -> Markup {
    match &field.quantity {
        Some(name) => quantity_of(viewer, name, field.channel),
        None => none(),
    }
}

fn ports(viewer: &Viewer, manifest: &Manifest) -> Table {
    let mut table = Table::new(viewer.say("decoder-ports"))
        .column(viewer.say("port-number"))
        .column(viewer.say("port-direction"))
        .column(viewer.say("port-meaning"));
    for port in &manifest.ports {
        let direction = match port.direction {
            Direction::Up => viewer.say("direction-up"),
            Direction::Down => viewer.say("direction-down"),
        };
        table.row(vec![html! { (port.port) }, html! { (direction) }, english(&port.meaning)]);
    }
    table
}

fn variables(viewer: &Viewer, manifest: &Manifest) -> Table {
    let mut table = Table::new(viewer.say("decoder-variables"))
        .column(viewer.say("field-name"))
        .column(viewer.say("field-meaning"))
        .column(viewer.say("field-type"))
        .column(viewer.say("field-unit"))
        .column(viewer.say("variable-required"));
    for variable in &manifest.variables {
        let required = if variable.required { viewer.say("yes") } else { viewer.say("no") };
        table.row(vec![
            html! { code { (variable.name) } },
            english(&variable.meaning),
            html! { (viewer.say_word("type", variable.kind.as_str())) },
            html! { (written::unit(variable.unit.as_deref().unwrap_or("–"))) },
            html! { (required) },
        ]);
    }
    table
}

fn commands(viewer: &Viewer, manifest: &Manifest) -> Table {
    let mut table = Table::new(viewer.say("decoder-commands"))
        .column(viewer.say("field-name"))
        .column(viewer.say("field-meaning"))
        .column(viewer.say("command-example"));
    for command in &manifest.commands {
        let tried = address(
            "/workbench",
            &[
                ("decoder", &manifest.id.to_string()),
                ("version", &manifest.version.to_string()),
                ("kind", "command"),
                ("command", &command.example),
            ],
        );
        table.row(vec![
            html! { code { (command.name) } },
            english(&command.meaning),
            html! { code { (command.example) } " " a href=(tried) { (viewer.say("decoder-try-one")) } },
        ]);
    }
    table
}
