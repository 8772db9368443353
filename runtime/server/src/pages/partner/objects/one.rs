//! The page of one object: its sheet, what it has told last, a chart, its records and its commands.

use std::sync::Arc;

use axum::{Router, extract::Path, routing::get};
use champollion_fleet::sheets::Field as Column;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    download::sheet_language,
    list::stage_badge,
    records::{last_records, records},
    sheet_row::FIELDS,
    values::{LastValue, Measured, Values, shown, written},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, moment, path_part, text},
        layout::Page,
        partner::{
            commands::shown::commands_table,
            frame::{get_if_any, partner_page},
        },
        parts::{
            badge::badge,
            chart::Chart,
            form::{Field, Kind},
            notice::{Tone, notice},
            table::Table,
        },
        told::Told,
        viewer::Viewer,
        written::unit,
    },
    sentence::frames,
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/objects/{dev_eui}", get(show))
}

async fn show(viewer: Viewer, Path(dev_eui): Path<String>) -> Result<Page, Problem> {
    let device = viewer.get(&format!("/v1/devices/{}", path_part(&dev_eui))).await?;
    let (group, dev_eui) = (text(&device, "/group"), text(&device, "/devEui"));
    let records = records(&viewer, &group, &dev_eui).await?;
    let path = format!("/v1/devices/{dev_eui}/downlinks?limit=10");
    let commands = get_if_any(&viewer, &path).await?;
    let name = Some(text(&device, "/name")).filter(|name| !name.is_empty());
    let content = html! {
        (state(&viewer, &device))
        (actions(&viewer, &dev_eui))
        @if let Some(records) = &records { (told(&viewer, records)) }
        section { h2 { (viewer.say("object-sheet")) } (sheet(&viewer, &device)) }
        @if let Some(records) = &records {
            section { h2 { (viewer.say("records-caption")) } (last_records(&viewer, records)) }
        }
        @if let Some(commands) = &commands {
            section { h2 { (viewer.say("partner-commands")) } (commands_table(&viewer, items(commands, "/downlinks"))) }
        }
    };
    Ok(partner_page(&viewer, &name.unwrap_or(dev_eui), content))
}

/// The head of the page, which people look for first: the stage of life, when it was last heard, and what is odd.
fn state(viewer: &Viewer, device: &Json) -> Markup {
    let stage = text(device, "/lifeCycle");
    html! {
        p.lead {
            @if !stage.is_empty() { (stage_badge(viewer, &stage)) " " }
            @match moment(device, "/lastHeardAt") {
                Some(at) => { (viewer.say("last-heard")) " " (viewer.moment(at)) }
                None => (viewer.say("never-heard")),
            }
        }
        @for warning in items(device, "/warnings") {
            (notice(Tone::Warning, html! { p { (unresolved(viewer, warning).shown()) } }))
        }
    }
}

/// The words about a decoder of which no version will do.
fn unresolved(viewer: &Viewer, warning: &Json) -> Told {
    let words = warning.as_str().unwrap_or_default().to_owned();
    Told::in_short(viewer.language(), Some(frames::no_version()), words)
}

fn actions(viewer: &Viewer, dev_eui: &str) -> Markup {
    let way = |below: &str| format!("/partner/objects/{dev_eui}/{below}");
    html! {
        p.actions {
            @if viewer.may(Scope::Commands) {
                a.button href=(way("commands")) { (viewer.say("command-send")) }
            }
            @if viewer.may(Scope::Devices) {
                a.button.quiet href=(way("edit")) { (viewer.say("object-edit")) }
                a.button.quiet href=(way("place")) { (viewer.say("object-place")) }
            }
        }
    }
}

/// The last values, and the chart of one quantity.
fn told(viewer: &Viewer, records: &[Json]) -> Markup {
    let values = Values::of(records);
    if values.last.is_empty() {
        return html! {};
    }
    html! {
        section.halves {
            div { h2 { (viewer.say("values-caption")) } (last_values(viewer, &values)) }
            div { (chart(viewer, &values)) }
        }
    }
}

fn last_values(viewer: &Viewer, values: &Values) -> Markup {
    let mut table = Table::new(viewer.say("values-caption"))
        .compact()
        .column(viewer.say("value-quantity"))
        .numbers(viewer.say("value"))
        .column(viewer.say("value-at"));
    for (measured, last) in &values.last {
        table.row(vec![
            html! { (named(viewer, measured)) div.small { code { (written(measured)) } } },
            value(viewer, measured, last),
            viewer.moment(last.at),
        ]);
    }
    table.shown()
}

/// The name of a quantity for people, with the input of the device where it has several.
fn named(viewer: &Viewer, (quantity, channel): &Measured) -> String {
    let name = viewer.quantity(quantity);
    match *channel {
        0 => name,
        channel => {
            format!("{name}, {}", viewer.say_with("field-channel", [("channel", channel.into())]))
        }
    }
}

/// A value as people read it. An alarm that is raised should be looked at, and a door that is open need not be.
fn value(viewer: &Viewer, (quantity, _): &Measured, last: &LastValue) -> Markup {
    match &last.value {
        Json::Bool(true) if quantity.starts_with("alarm.") => {
            badge(Tone::Warning, &viewer.say("yes"))
        }
        Json::Bool(true) => html! { (viewer.say("yes")) },
        Json::Bool(false) => html! { (viewer.say("no")) },
        Json::Number(number) => {
            let number = number.as_f64().map(|number| viewer.number(number)).unwrap_or_default();
            html! { (number) " " (unit(&last.unit)) }
        }
        other => html! { (shown(other)) },
    }
}

fn chart(viewer: &Viewer, values: &Values) -> Markup {
    let wanted = viewer.parameter("quantity").unwrap_or_default();
    let Some((measured, points)) = values.chosen(&wanted) else { return html! {} };
    let sign = values.last.get(measured).map(|last| unit(&last.unit).to_owned());
    let chart = Chart {
        name: named(viewer, measured),
        unit: sign.unwrap_or_default(),
        points: points.clone(),
        is_of_days: false,
    };
    html! {
        h2 { (viewer.say("chart-caption")) }
        (choice(viewer, values, measured))
        (chart.shown(viewer))
    }
}

fn choice(viewer: &Viewer, values: &Values, chosen: &Measured) -> Markup {
    let words = values.series.keys().map(|measured| (written(measured), named(viewer, measured)));
    let field = Field::new("quantity", viewer.say("value-quantity"));
    html! {
        form.narrowing method="get" action=(viewer.uri().path()) {
            (field.kind(Kind::Choice(words.collect())).value(written(chosen)).shown())
            p.actions { button.quiet type="submit" { (viewer.say("filter-apply")) } }
        }
    }
}

/// The sheet of an object, each field under the heading of its column.
fn sheet(viewer: &Viewer, device: &Json) -> Markup {
    let language = sheet_language(viewer);
    let shown = |field: Column| {
        let value = text(device, &format!("/{}", field.name()));
        let value = match field {
            Column::LifeCycle => viewer.say_word("life-cycle", &value),
            Column::Activation => value.to_uppercase(),
            Column::Geolocation => viewer.say_word("geolocation", &value),
            _ => value,
        };
        (field.heading(language), value)
    };
    let fields = [Column::DevEui, Column::Activation, Column::DevAddr].into_iter().chain(FIELDS);
    let tags = device.get("tags").and_then(Json::as_object).into_iter().flatten();
    html! {
        dl.facts.card {
            @for (heading, value) in fields.map(shown).filter(|(_, value)| !value.is_empty()) {
                dt { (heading) }
                dd { (value) }
            }
            @for (name, value) in tags {
                dt { (name) }
                dd { (value.as_str().unwrap_or_default()) }
            }
        }
    }
}
