//! Texts for programs: JSON and lines to paste.

use maud::{Markup, html};
use serde_json::Value as Json;

/// Most characters of a list of plain values that stands on one line.
const LINE: usize = 72;

/// Returns JSON over several lines; a short list of plain values stands on one.
pub(in crate::pages) fn pretty(json: &Json) -> Markup {
    let mut text = String::new();
    write(json, 0, &mut text);
    lines(&text)
}

fn write(json: &Json, depth: usize, text: &mut String) {
    match json {
        Json::Array(items) if !items.is_empty() => match on_one_line(items) {
            Some(line) => text.push_str(&line),
            None => enclose(('[', ']'), depth, items, text, |item, text| {
                write(item, depth + 1, text);
            }),
        },
        Json::Object(members) if !members.is_empty() => {
            enclose(('{', '}'), depth, members, text, |(name, value), text| {
                text.extend([&*Json::from(name.as_str()).to_string(), ": "]);
                write(value, depth + 1, text);
            });
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// Writes the parts of a list or an object, each on lines of its own.
fn enclose<T>(
    (open, close): (char, char),
    depth: usize,
    parts: impl IntoIterator<Item = T>,
    text: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    text.push(open);
    for (index, part) in parts.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        write(part, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// Returns a list as one line, where it holds plain values alone and is short.
fn on_one_line(items: &[Json]) -> Option<String> {
    let is_plain = |item: &Json| !item.is_array() && !item.is_object();
    if items.len() > LINE || !items.iter().all(is_plain) {
        return None;
    }
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    let line = format!("[{}]", items.join(", "));
    (line.chars().count() <= LINE).then_some(line)
}

/// Returns a text with its lines as they are. It takes the focus, since it may be wider than the page.
pub(in crate::pages) fn lines(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (text) } } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(json: &Json) -> String {
        let mut text = String::new();
        write(json, 0, &mut text);
        text
    }

    #[test]
    fn a_short_list_of_plain_values_stands_on_one_line() {
        let json = json!({ "deltas": [1, 2.5, "a"], "rows": [{ "none": [], "of": {} }] });
        let expected = "{\n  \"deltas\": [1, 2.5, \"a\"],\n  \"rows\": [\n    {\n      \"none\": [],\n      \"of\": \
                        {}\n    }\n  ]\n}";
        assert_eq!(written(&json), expected);
        let long = json!(vec![123_456; 40]);
        assert_eq!(written(&long), format!("{long:#}"));
    }

    #[test]
    fn what_is_written_is_the_same_json() {
        let json = json!({ "a\"b": [null, true, "<script>"], "c": [[1], { "d": -1.5 }] });
        let read: Json = serde_json::from_str(&written(&json)).unwrap();
        assert_eq!(read, json);
        assert!(pretty(&json).into_string().contains("&lt;script&gt;"));
    }
}
