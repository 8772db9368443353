//! The bytes of a payload, with those lit up that a value came from, and those that are at fault.

use champollion_registry::package::Answer;
use champollion_sandbox::{CallError, Span};
use champollion_sdk::vectors::Input;
use maud::{Markup, html};

use super::trial::Tried;
use crate::pages::viewer::Viewer;

/// Returns the bytes of the input, where it has some.
pub(super) fn bytes(viewer: &Viewer, tried: &Tried, list: &str) -> Markup {
    let Some(payload) = payload(&tried.input) else { return html! {} };
    html! {
        h3 { (viewer.say("workbench-bytes")) }
        @if payload.is_empty() {
            p.soft { (viewer.say("workbench-no-bytes")) }
        } @else {
            ol.hex id=(list) {
                @for (index, byte) in payload.iter().enumerate() {
                    li class=[class(tried, index)] { small { (index) } (format!("{byte:02X}")) }
                }
            }
            @if spans(tried).is_empty() && fault(tried).is_none() {
                p.soft.small { (viewer.say("workbench-no-spans")) }
            }
        }
    }
}

fn payload(input: &Input) -> Option<&[u8]> {
    match input {
        Input::Uplink(uplink) => Some(&uplink.payload.0),
        Input::Downlink(downlink) => Some(&downlink.payload.0),
        Input::Command(_) => None,
    }
}

/// The runs of bytes that values came from.
fn spans(tried: &Tried) -> Vec<Span> {
    match &tried.call.result {
        Ok(Answer::Reading(reading)) => {
            reading.measurements.iter().filter_map(|measurement| measurement.span).collect()
        }
        _ => Vec::new(),
    }
}

/// The bytes at fault, where the decoder says which.
pub(super) fn fault(tried: &Tried) -> Option<Span> {
    match &tried.call.result {
        Err(CallError::Failed(failure)) => failure.span,
        _ => None,
    }
}

fn class(tried: &Tried, index: usize) -> Option<&'static str> {
    if fault(tried).is_some_and(|span| covers(span, index)) {
        return Some("at-fault");
    }
    spans(tried).into_iter().any(|span| covers(span, index)).then_some("of-value")
}

fn covers(span: Span, index: usize) -> bool {
    let start = usize::from(span.offset);
    (start..start + usize::from(span.length)).contains(&index)
}

/// Returns a run of bytes as `3-5`, or `3` where it is one.
pub(super) fn range(span: Span) -> String {
    let last = usize::from(span.offset) + usize::from(span.length).saturating_sub(1);
    if last == usize::from(span.offset) {
        last.to_string()
    } else {
        format!("{}-{last}", span.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_covers_its_bytes_and_no_other() {
        let span = Span { offset: 3, length: 2 };
        let covered: Vec<usize> = (0..8).filter(|index| covers(span, *index)).collect();
        assert_eq!(covered, [3, 4]);
        assert_eq!(range(span), "3-4");
        assert_eq!(range(Span { offset: 7, length: 1 }), "7");
    }
}
