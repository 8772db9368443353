//! Conditions in the words of people.

use serde_json::Value as Json;

use super::condition::{in_unit, parts};
use crate::pages::{
    json::{optional, text},
    viewer::Viewer,
    written,
};

/// A condition in a line: `Above a limit: CO₂ > 1,000 ppm, for 10 min`.
pub(super) fn in_words(viewer: &Viewer, when: &Json) -> String {
    let Some((word, members)) = parts(when) else { return String::new() };
    let name = viewer.say_word("alert-condition", word);
    let told: Vec<String> = [
        optional(members, "/quantity").map(|quantity| viewer.quantity(quantity)),
        optional(members, "/route").map(str::to_owned),
        limit(viewer, word, members),
        duration(viewer, members),
        frames(viewer, members),
    ]
    .into_iter()
    .flatten()
    .collect();
    match told.is_empty() {
        true => name,
        false => viewer.say_with(
            "alert-in-words",
            [("condition", name.into()), ("told", told.join(" ").into())],
        ),
    }
}

/// The limit of a condition with its unit, where it has one.
fn limit(viewer: &Viewer, word: &str, members: &Json) -> Option<String> {
    let number = |pointer: &str| Some(viewer.number(members.pointer(pointer)?.as_f64()?));
    let unit = optional(members, "/unit").map(written::unit).unwrap_or_default();
    let limit = match word {
        "above" => format!("> {}", number("/limit")?),
        "below" => format!("< {}", number("/limit")?),
        "outside" => format!("{} … {}", number("/low")?, number("/high")?),
        "equals" => format!("= {}", text(members, "/value")),
        "battery" => format!("< {} %", number("/percent")?),
        _ => return None,
    };
    Some(format!("{limit} {unit}").trim_end().to_owned())
}

fn duration(viewer: &Viewer, members: &Json) -> Option<String> {
    let seconds = members.pointer("/for/seconds").or(members.pointer("/seconds"))?.as_u64()?;
    let (number, unit) = in_unit(seconds);
    let key = format!("alert-lasting-{unit}");
    (number > 0).then(|| viewer.say_with(&key, [("number", number.into())]))
}

fn frames(viewer: &Viewer, members: &Json) -> Option<String> {
    let frames = members.pointer("/for/frames").or(members.pointer("/frames"))?.as_u64()?;
    (frames > 1).then(|| viewer.say_with("alert-lasting-frames", [("number", frames.into())]))
}
