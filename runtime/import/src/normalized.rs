//! Compares what `normalizeUplink` makes of an uplink with what examples say of it.
//!
//! The sandbox makes measurements of what is normalized and shows nothing else of it. So the codec is
//! loaded once more with a few lines below its own: they answer an uplink with what is normalized.

use champollion_registry::package::{outcome, run};
use champollion_sandbox::Decoder;
use champollion_sdk::vectors::Input;
use serde_json::{Value as Json, json};

use super::{
    Example, comparison,
    example::{is_failure, texts},
};

/// The probe that is put below a codec. Its functions are looked for where the engine looks for them: among
/// its exports first, then among the globals, then in what bundlers export and in `driver`.
const PROBE: &str = r#"
;module.exports = (function (exported) {
  const isObject = (value) => typeof value === "object" && value !== null;
  const global = {
    decodeUplink: typeof decodeUplink === "function" ? decodeUplink : undefined,
    normalizeUplink: typeof normalizeUplink === "function" ? normalizeUplink : undefined,
  };
  const bundled = typeof driver === "undefined" ? undefined : driver;
  const inner = isObject(exported) ? [exported.default, exported.driver] : [];
  const places = [exported, global, ...inner, bundled].filter(isObject);
  const own = (name) => places.find((place) => typeof place[name] === "function");
  return {
    decodeUplink(input) {
      const decoded = own("decodeUplink").decodeUplink(input);
      const place = own("normalizeUplink");
      const { data, warnings, errors } = place.normalizeUplink({ data: decoded.data });
      return { data: { normalized: data }, warnings, errors };
    },
    // The engine would find the codec's own, and add its warnings once more.
    normalizeUplink() {
      return {};
    },
  };
})(module.exports);
"#;

/// The codec that answers what is normalized.
pub(super) enum Normalized {
    /// No example says what it should be.
    Unasked,
    /// It can be called.
    Decoder(Box<Decoder>),
    /// It cannot be loaded, for this reason.
    Unusable(String),
}

impl Normalized {
    /// Loads the codec once more, where an example says what is normalized.
    pub(super) fn of(
        source: &str,
        examples: &[Example],
        load: impl FnOnce(&str) -> Result<Decoder, String>,
    ) -> Self {
        if examples.iter().all(|example| example.normalized.is_none()) {
            return Self::Unasked;
        }
        match load(&format!("{source}\n{PROBE}")) {
            Ok(decoder) => Self::Decoder(Box::new(decoder)),
            Err(reason) => Self::Unusable(reason),
        }
    }

    /// Returns the expected output of an example, the actual one, and their difference; nothing where there
    /// is none.
    pub(super) fn differs(&self, example: &Example) -> Option<(Json, Json, String)> {
        let expected = example.normalized.as_ref()?;
        let actual = match self {
            Self::Unasked => return None,
            Self::Unusable(reason) => json!({ "errors": [reason] }),
            Self::Decoder(decoder) => as_output(&outcome(&run(decoder, &example.input))),
        };
        let at = place(expected, &actual, &example.input)?;
        Some((expected.clone(), actual, at))
    }
}

/// Returns the output in the words of the examples.
fn as_output(outcome: &Json) -> Json {
    match outcome.get("reading") {
        Some(reading) => {
            json!({"data": reading["data"]["normalized"], "warnings": reading["warnings"]})
        }
        None => json!({"errors": [outcome["failure"]["message"]]}),
    }
}

/// Where the two differ. One measurement may stand alone or in a list; warnings are compared where
/// they are expected.
fn place(expected: &Json, actual: &Json, input: &Input) -> Option<String> {
    if is_failure(expected) {
        let same = texts(&expected["errors"]).join("; ") == texts(&actual["errors"]).join("; ");
        return (!same).then(|| "errors".to_owned());
    }
    if is_failure(actual) {
        return Some("data".to_owned());
    }
    let stated = &expected["warnings"];
    let warnings = if stated.is_array() { stated } else { &actual["warnings"] };
    let wanted = json!({"data": listed(&expected["data"]), "warnings": warnings});
    let came = json!({"data": listed(&actual["data"]), "warnings": actual["warnings"]});
    comparison::place(&wanted, &came, input)
}

fn listed(data: &Json) -> Json {
    if data.is_array() { data.clone() } else { json!([data]) }
}

#[cfg(test)]
mod tests {
    use champollion_sdk::vectors::CommandInput;

    use super::*;

    fn place(expected: &Json, actual: &Json) -> Option<String> {
        let (data, issued_at) = (Json::Null, Default::default());
        let input = Input::Command(CommandInput { data, issued_at, variables: Default::default() });
        super::place(expected, actual, &input)
    }

    #[test]
    fn one_measurement_may_stand_alone_or_in_a_list() {
        let one = json!({"data": {"battery": 3.6}});
        let listed = json!({"data": [{"battery": 3.6}], "warnings": ["low"]});
        assert_eq!(place(&one, &listed), None);
        assert_eq!(place(&listed, &listed), None);
        let two = json!({"data": [{"battery": 3.6}, {"battery": 3.5}]});
        assert!(place(&one, &two).is_some());
        let warned = json!({"data": {"battery": 3.6}, "warnings": ["high"]});
        assert!(place(&warned, &listed).is_some_and(|at| at.contains("warnings")));
    }

    #[test]
    fn errors_are_compared_with_errors() {
        let failed = json!({"errors": ["a", "b"]});
        assert_eq!(place(&failed, &json!({"errors": ["a; b"]})), None);
        assert_eq!(place(&failed, &json!({"data": {}})).as_deref(), Some("errors"));
        assert_eq!(place(&json!({"data": {}}), &failed).as_deref(), Some("data"));
    }
}
