//! The style in which a person has written JSON: lines, blanks and indents, by which values are added to it.

use serde_json::{Map, Number, Value as Json};

/// Most characters of an object or a list on one line, where a file has such lines.
const LINE_CHARACTERS: usize = 100;

/// The largest whole number of which every smaller one is a double too.
const WHOLE_DOUBLES: f64 = 9_007_199_254_740_992.0;

/// The style of a text of JSON.
pub(super) struct Style {
    /// The characters that end a line.
    pub(super) end: &'static str,
    /// Sets an inner line in.
    pub(super) unit: String,
    /// Whether short objects and lists stand on one line.
    has_short_lines: bool,
    /// Stands within the braces of an object on one line.
    padding: &'static str,
    /// Stands after a colon.
    after_colon: &'static str,
    /// Stands after a comma on one line.
    after_comma: &'static str,
}

impl Style {
    pub(super) fn of(text: &str) -> Self {
        let blank_if = |is: bool| if is { " " } else { "" };
        let has_colon = text.contains("\":");
        Self {
            end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit: unit_of(text).to_owned(),
            has_short_lines: !has_colon || text.contains("{ \"") || text.contains("{\""),
            padding: blank_if(!has_colon || !text.contains("{\"")),
            after_colon: blank_if(!has_colon || text.contains("\": ")),
            after_comma: blank_if(!has_colon || text.contains(", ") || !text.contains(",\"")),
        }
    }

    /// Writes a value on one line.
    pub(super) fn on_one_line(&self, value: &Json) -> String {
        let comma = format!(",{}", self.after_comma);
        match value {
            Json::Object(members) if !members.is_empty() => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| self.member(name, &self.on_one_line(value)))
                    .collect();
                let padding = self.padding;
                format!("{{{padding}{}{padding}}}", members.join(&comma))
            }
            Json::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.on_one_line(item)).collect();
                format!("[{}]", items.join(&comma))
            }
            Json::Number(number) => number_text(number),
            other => other.to_string(),
        }
    }

    /// Writes a value over lines of which the first is set in so far, what is short on one of them.
    pub(super) fn over_lines(&self, value: &Json, indent: &str) -> String {
        let line = self.on_one_line(value);
        let is_short = indent.len() + line.chars().count() <= LINE_CHARACTERS;
        match value {
            _ if self.has_short_lines && is_short => line,
            Json::Object(members) if !members.is_empty() => self.object_over_lines(members, indent),
            Json::Array(items) if !items.is_empty() => {
                let inner = format!("{indent}{}", self.unit);
                let items = items.iter().map(|item| self.over_lines(item, &inner));
                self.block(('[', ']'), items.collect(), indent)
            }
            _ => line,
        }
    }

    /// Writes an object with each member on a line of its own, though it may be short.
    pub(super) fn object_over_lines(&self, members: &Map<String, Json>, indent: &str) -> String {
        let inner = format!("{indent}{}", self.unit);
        let members =
            members.iter().map(|(name, value)| self.member(name, &self.over_lines(value, &inner)));
        self.block(('{', '}'), members.collect(), indent)
    }

    fn block(&self, (open, close): (char, char), items: Vec<String>, indent: &str) -> String {
        let Self { end, unit, .. } = self;
        let items = items.join(&format!(",{end}{indent}{unit}"));
        format!("{open}{end}{indent}{unit}{items}{end}{indent}{close}")
    }

    fn member(&self, name: &str, value: &str) -> String {
        format!("{}:{}{value}", Json::from(name), self.after_colon)
    }
}

/// The blanks by which a line is set in further than the one before it, at the first that is.
fn unit_of(text: &str) -> &str {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let further = lines.windows(2).find(|pair| blanks(pair[1]) > blanks(pair[0]));
    further.map_or("  ", |pair| &pair[1][blanks(pair[0])..blanks(pair[1])])
}

/// A number as people write it: 95, and not 95.0.
fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(double)
            if number.is_f64() && double.fract() == 0.0 && double.abs() < WHOLE_DOUBLES =>
        {
            // A zero has no sign for people.
            format!("{:.0}", double + 0.0)
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_the_others_are() {
        let value = json!({"a": {"b": 95.0, "c": [1, 2.5]}});
        for (text, line) in [
            ("[{ \"a\": 1, \"b\": 2 }]", "{ \"a\": { \"b\": 95, \"c\": [1, 2.5] } }"),
            ("[{\"a\":1,\"b\":2}]", "{\"a\":{\"b\":95,\"c\":[1,2.5]}}"),
            ("[{\"a\": 1, \"b\": 2}]", "{\"a\": {\"b\": 95, \"c\": [1, 2.5]}}"),
            ("[]", "{ \"a\": { \"b\": 95, \"c\": [1, 2.5] } }"),
        ] {
            assert_eq!(Style::of(text).on_one_line(&value), line, "{text}");
        }
    }

    #[test]
    fn lines_are_set_in_as_the_others_are() {
        let value = json!({"a": {"b": [1]}});
        let tabs = Style::of("[\r\n\t{\r\n\t\t\"a\": 1\r\n\t}\r\n]\r\n");
        let expected =
            "{\r\n\t\t\"a\": {\r\n\t\t\t\"b\": [\r\n\t\t\t\t1\r\n\t\t\t]\r\n\t\t}\r\n\t}";
        assert_eq!(tabs.over_lines(&value, "\t"), expected);
        let short = Style::of("[\n    {\n        \"a\": { \"b\": 1 }\n    }\n]\n");
        let Json::Object(members) = &value else { panic!("it is an object") };
        let expected = "{\n        \"a\": { \"b\": [1] }\n    }";
        assert_eq!(short.object_over_lines(members, "    "), expected);
    }

    #[test]
    fn numbers_stay_what_they_are() {
        for (number, text) in [
            (json!(95.0), "95"),
            (json!(-0.0), "0"),
            (json!(1.25), "1.25"),
            (json!(1e300), "1e+300"),
        ] {
            let written = Style::of("[]").on_one_line(&number);
            assert_eq!(written, text);
        }
    }
}
