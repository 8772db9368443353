//! Texts for programs: JSON and lines to paste.

use maud::{Markup, html};
use serde_json::Value as Json;

/// Most characters of a line of a list of plain values.
const LINE: usize = 72;

/// Returns JSON over several lines; the plain values of a list stand side by side, as many as a line holds.
pub(in crate::pages) fn pretty(json: &Json) -> Markup {
    let mut text = String::new();
    write(json, 0, &mut text);
    lines(&text)
}

fn write(json: &Json, depth: usize, text: &mut String) {
    match json {
        Json::Array(items) if !items.is_empty() => {
            let are_plain = items.iter().all(|item| !item.is_array() && !item.is_object());
            let lines = if are_plain { filled(items) } else { Vec::new() };
            match lines.as_slice() {
                [] => enclose(('[', ']'), depth, items, text, |item, text| {
                    write(item, depth + 1, text);
                }),
                [only] => text.extend(["[", only.as_str(), "]"]),
                several => {
                    enclose(('[', ']'), depth, several, text, |line, text| text.push_str(line));
                }
            }
        }
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

/// Returns the plain values of a list as lines, none longer than it may be unless it holds one value alone.
fn filled(items: &[Json]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = item.to_string();
        match lines.last_mut() {
            Some(line) if line.chars().count() + item.chars().count() + 2 <= LINE => {
                line.extend([", ", &item]);
            }
            _ => lines.push(item),
        }
    }
    lines
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
        let long = written(&json!(vec![123_456; 40]));
        // Nine numbers stand on a line, so that forty take five lines between the brackets.
        assert_eq!(long.lines().count(), 7, "{long}");
        assert!(long.lines().all(|line| line.len() <= LINE + "  ,".len()), "{long}");
    }

    #[test]
    fn what_is_written_is_the_same_json() {
        let json = json!({ "a\"b": [null, true, "<script>"], "c": [[1], { "d": -1.5 }] });
        let read: Json = serde_json::from_str(&written(&json)).unwrap();
        assert_eq!(read, json);
        assert!(pretty(&json).into_string().contains("&lt;script&gt;"));
    }
}
