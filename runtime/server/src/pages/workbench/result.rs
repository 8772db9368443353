//! The answers of decoders, shown one beside the other.

use champollion_registry::package::Answer;
use champollion_sandbox::{Call, CallError, Downlink, Measurement, Reading};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    asked::Asked,
    bytes::{bytes, fault, range},
    trial::Tried,
};
use crate::pages::{
    parts::{
        code::{lines, pretty},
        empty::empty,
        form::Fault,
        notice::{Tone, notice},
        table::Table,
    },
    told::Told,
    viewer::Viewer,
    written,
};

/// Returns what became of an input.
pub(super) fn results(viewer: &Viewer, (asked, fault): (&Asked, &Fault), all: &[Tried]) -> Markup {
    if all.is_empty() {
        if fault.is_some() {
            return empty(&viewer.say("form-fault"), &viewer.say("workbench-fault"), None);
        }
        let (title, text) = (viewer.say("workbench-empty"), viewer.say("workbench-empty-text"));
        return empty(&title, &text, None);
    }
    html! {
        (comparison(viewer, all))
        div.halves {
            @for (index, tried) in all.iter().enumerate() { (one(viewer, tried, index)) }
        }
        p.small { a href=(asked.link()) { (viewer.say("workbench-link")) } }
    }
}

/// Whether two versions answer the same.
fn comparison(viewer: &Viewer, all: &[Tried]) -> Markup {
    let [first, second] = all else { return html! {} };
    let (tone, key) = match answered(first) == answered(second) {
        true => (Tone::Good, viewer.say("workbench-same")),
        false => (Tone::Warning, viewer.say("workbench-different")),
    };
    notice(tone, html! { p { (key) } })
}

/// The answer as JSON, which is compared.
fn answered(tried: &Tried) -> Json {
    champollion_registry::package::outcome(&tried.call)
}

fn one(viewer: &Viewer, tried: &Tried, index: usize) -> Markup {
    let list = format!("bytes-{index}");
    html! {
        article.card {
            h2 { (tried.subject.title()) }
            (bytes(viewer, tried, &list))
            (answer(viewer, &tried.call, tried, &list))
            @if let Some(read_back) = &tried.read_back { (read_again(viewer, read_back)) }
            (costs(viewer, &tried.call))
        }
    }
}

fn answer(viewer: &Viewer, call: &Call<Answer>, tried: &Tried, list: &str) -> Markup {
    match &call.result {
        Ok(Answer::Reading(reading)) => shown_reading(viewer, reading, (tried, list)),
        Ok(Answer::Downlink(downlink)) => shown_downlink(viewer, downlink),
        Ok(Answer::Derived(derived)) => measurements(viewer, &derived.measurements, (tried, list)),
        Err(error) => shown_error(viewer, error, tried),
    }
}

fn shown_reading(viewer: &Viewer, reading: &Reading, place: (&Tried, &str)) -> Markup {
    let data: Json = serde_json::from_str(reading.data.as_str()).unwrap_or_default();
    html! {
        (warnings(viewer, &reading.warnings))
        (measurements(viewer, &reading.measurements, place))
        h3 { (viewer.say("workbench-data")) }
        (pretty(&data))
        @if let Some(state) = &reading.state {
            h3 { (viewer.say("workbench-state")) }
            p { code { (written::hex(state)) } }
        }
    }
}

fn measurements(
    viewer: &Viewer,
    measurements: &[Measurement],
    (tried, list): (&Tried, &str),
) -> Markup {
    // Two versions beside each other have a table each, with a name of its own.
    let name = format!("{} {}", viewer.say("workbench-measurements"), tried.subject.title());
    let mut table = Table::new(name)
        .column(viewer.say("field-quantity"))
        .numbers(viewer.say("workbench-value"))
        .column(viewer.say("field-unit"))
        .column(viewer.say("chart-moment"))
        .column(viewer.say("workbench-bytes"));
    for measurement in measurements {
        let cells = cells(viewer, measurement);
        match measurement.span {
            Some(span) => table.lighting_row(cells, (list.to_owned(), range(span))),
            None => table.row(cells),
        }
    }
    html! { @if !table.is_empty() { h3 { (viewer.say("workbench-measurements")) } (table.shown()) } }
}

fn cells(viewer: &Viewer, measurement: &Measurement) -> Vec<Markup> {
    let (quantity, sign) = (measurement.quantity, written::unit(measurement.quantity.unit));
    vec![
        html! {
            (viewer.quantity(quantity.name))
            @if measurement.channel > 0 {
                ", " (viewer.say_with("field-channel", [("channel", measurement.channel.into())]))
            }
            div.small { code { (quantity.name) } }
        },
        html! { (value(viewer, &measurement.value)) },
        html! { @if sign.is_empty() { span.none { "–" } } @else { (sign) } },
        html! {
            @match measurement.measured_at {
                Some(moment) => (viewer.moment(moment)),
                None => "–",
            }
        },
        html! { span.together { (measurement.span.map_or_else(|| "–".to_owned(), range)) } },
    ]
}

fn value(viewer: &Viewer, value: &champollion_sandbox::Value) -> String {
    use champollion_sandbox::Value;
    match value {
        Value::Boolean(true) => viewer.say("yes"),
        Value::Boolean(false) => viewer.say("no"),
        Value::Number(number) => viewer.number(*number),
        Value::Integer(_) | Value::Text(_) => value.to_string(),
    }
}

fn shown_downlink(viewer: &Viewer, downlink: &Downlink) -> Markup {
    html! {
        (warnings(viewer, &downlink.warnings))
        h3 { (viewer.say("workbench-encoded")) }
        dl.facts {
            dt { (viewer.say("port-number")) } dd { (downlink.f_port) }
            dt { (viewer.say("workbench-payload")) } dd { code { (written::hex(&downlink.payload)) } }
        }
    }
}

/// A command that was encoded, read back. A decoder need not be able to.
fn read_again(viewer: &Viewer, call: &Call<Answer>) -> Markup {
    html! {
        h3 { (viewer.say("workbench-read-back")) }
        @match &call.result {
            Ok(Answer::Reading(reading)) => {
                (pretty(&serde_json::from_str(reading.data.as_str()).unwrap_or_default()))
            }
            Ok(Answer::Downlink(_) | Answer::Derived(_)) => {}
            Err(error) => p.soft { (told(viewer, error)) },
        }
    }
}

fn shown_error(viewer: &Viewer, error: &CallError, tried: &Tried) -> Markup {
    html! {
        (notice(Tone::Bad, html! {
            p.title { (viewer.say("workbench-error")) }
            p { (told(viewer, error)) }
            @if let Some(span) = fault(tried) {
                p { (viewer.say_with("workbench-at-byte", [("bytes", range(span).into())])) }
            }
        }))
    }
}

/// The fault of a call, beside the words of the decoder, which are seldom those of the page.
fn told(viewer: &Viewer, error: &CallError) -> Markup {
    Told::of_code(viewer.language(), error.code(), error.to_string()).shown()
}

fn warnings(viewer: &Viewer, warnings: &[String]) -> Markup {
    html! {
        @if !warnings.is_empty() {
            (notice(Tone::Warning, html! {
                p.title { (viewer.say("workbench-warnings")) }
                ul lang="en" { @for warning in warnings { li { (warning) } } }
            }))
        }
    }
}

fn costs(viewer: &Viewer, call: &Call<Answer>) -> Markup {
    let language = viewer.language();
    html! {
        dl.facts {
            dt { (viewer.say("decoder-fuel")) }
            dd { (viewer.say_with("workbench-fuel", [("fuel", call.fuel.into())])) }
            dt { (viewer.say("workbench-memory")) }
            dd { (written::size(call.memory_bytes as u64, language)) }
        }
        @if !call.log.is_empty() {
            details open { summary { (viewer.say("workbench-log")) } (lines(&call.log.join("\n"))) }
        }
    }
}
