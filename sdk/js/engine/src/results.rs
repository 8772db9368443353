//! Results of codecs, turned into answers.

use rquickjs::{Ctx, Object, Result, Value};

use crate::{
    answer::Answer,
    exception::Exception,
    json::{Json, Unwritable},
    text::{Text, shortened},
};

/// The most errors and warnings that are repeated. It is more than the host lets through, so that
/// the host can say that there are too many.
const MOST_TEXTS: usize = 1 << 10;

/// Where one of many errors is cut, in bytes.
const ERROR_BYTES: usize = 1 << 10;

/// The most bytes of a downlink that are handed over, so that the host can say how many there are.
const MOST_PAYLOAD_BYTES: usize = 4 << 10;

/// A result as TS013 defines it: an object with `data`, or `bytes`, and `errors` and `warnings`.
pub(crate) struct Returned<'js> {
    pub(crate) object: Object<'js>,
    pub(crate) warnings: Vec<String>,
}

impl<'js> Returned<'js> {
    /// Reads what a function of TS013 returned; the answer where it is a failure, or no object.
    pub(crate) fn of(
        value: Value<'js>,
        function: &str,
    ) -> Result<core::result::Result<Self, Answer>> {
        let type_name = value.type_name();
        let is_result = |object: &Object<'_>| !object.is_function() && !object.is_array();
        let Some(object) = value.into_object().filter(is_result) else {
            return Ok(Err(Answer::Malformed {
                path: function.to_owned(),
                problem: format!("returned {}, and not an object", name_of(type_name)),
            }));
        };
        let errors = texts(&object, "errors")?;
        if !errors.is_empty() {
            let errors = errors.into_iter().map(|error| shortened(error, ERROR_BYTES)).collect();
            return Ok(Err(Answer::Failed(errors)));
        }
        let warnings = texts(&object, "warnings")?;
        Ok(Ok(Self { object, warnings }))
    }

    /// The data: the member of this name, or the object itself where it has none of TS013's members. Some
    /// makers return the reading as it is, and there are network servers that take it so.
    pub(crate) fn data(&self) -> Result<Value<'js>> {
        const MEMBERS: [&str; 5] = ["data", "errors", "warnings", "bytes", "fPort"];
        for name in MEMBERS {
            if self.object.contains_key(name)? {
                return self.object.get("data");
            }
        }
        if self.object.is_empty() {
            self.object.get("data")
        } else {
            Ok(self.object.clone().into_value())
        }
    }
}

/// Errors or warnings: a list of texts, by TS013. A single text is one, and what is no text is shown
/// as one.
fn texts(object: &Object<'_>, name: &str) -> Result<Vec<String>> {
    let value: Value<'_> = object.get(name)?;
    if value.is_undefined() || value.is_null() || value.as_bool() == Some(false) {
        return Ok(Vec::new());
    }
    let Some(list) = value.as_array() else {
        return Ok(vec![text(&value)?]);
    };
    list.iter::<Value<'_>>().take(MOST_TEXTS).map(|item| text(&item?)).collect()
}

fn text(value: &Value<'_>) -> Result<String> {
    if value.is_object()
        && !value.is_error()
        && let Some(json) = value.ctx().json_stringify(value.clone())?
    {
        return json.to_string();
    }
    Ok(Text::of(value)?.to_string())
}

/// The answer with what was read: `data` is the object, and `warnings` the codec's own.
pub(crate) fn reading<'js>(
    context: &Ctx<'js>,
    data: &Value<'js>,
    mut warnings: Vec<String>,
    limit: usize,
) -> core::result::Result<Reading, Answer> {
    if !data.is_object() || data.is_function() {
        let problem = match data.type_name() {
            "undefined" | "null" => format!("is {}, and must be an object", data.type_name()),
            other => format!("is {}, and must be an object", name_of(other)),
        };
        return Err(Answer::Malformed { path: "data".to_owned(), problem });
    }
    let (data, notes) = Json::of(context, "data", data, limit).map_err(unwritable)?;
    warnings.extend(notes);
    Ok(Reading { data, normalized: Vec::new(), warnings, context: Vec::new() })
}

/// A reading, made of a payload.
pub(crate) struct Reading {
    pub(crate) data: Vec<u8>,
    pub(crate) normalized: Vec<u8>,
    pub(crate) warnings: Vec<String>,
    /// JSON text of the device's context; empty where it is as it was.
    pub(crate) context: Vec<u8>,
}

impl From<Reading> for Answer {
    fn from(reading: Reading) -> Self {
        let Reading { data, normalized, warnings, context } = reading;
        Self::Reading { data, normalized, warnings, context }
    }
}

/// The answer with a command's bytes.
pub(crate) fn downlink(
    bytes: &Value<'_>,
    f_port: &Value<'_>,
    warnings: Vec<String>,
) -> Result<Answer> {
    let f_port = match f_port.as_number() {
        Some(number) if number.fract() == 0.0 && (0.0..=255.0).contains(&number) => number as i32,
        None if f_port.is_undefined() || f_port.is_null() => -1,
        _ => {
            let problem = format!("is {}, and must be a number from 1 to 223", text(f_port)?);
            return Ok(Answer::Malformed { path: "fPort".to_owned(), problem });
        }
    };
    let length: Option<usize> = match bytes.as_object() {
        Some(object) if !object.is_function() => object.get("length")?,
        _ => None,
    };
    let (Some(length), Some(object)) = (length, bytes.as_object()) else {
        let problem = format!("is {}, and must be a list of bytes", name_of(bytes.type_name()));
        return Ok(Answer::Malformed { path: "bytes".to_owned(), problem });
    };
    let mut payload = Vec::new();
    for index in 0..length.min(MOST_PAYLOAD_BYTES) {
        let value: Value<'_> = object.get(index as u32)?;
        match value.as_number() {
            Some(number) if number.fract() == 0.0 && (0.0..=255.0).contains(&number) => {
                payload.push(number as u8);
            }
            _ => {
                let problem = format!("is {}, and must be a byte", text(&value)?);
                return Ok(Answer::Malformed { path: format!("bytes[{index}]"), problem });
            }
        }
    }
    Ok(Answer::Downlink { f_port, payload, warnings })
}

/// The answer to a value that cannot be written.
pub(crate) fn unwritable(unwritable: Unwritable) -> Answer {
    match unwritable {
        Unwritable::At { path, problem } => Answer::Malformed { path, problem },
        Unwritable::TooLarge => Answer::TooLarge,
        Unwritable::TooDeep => Answer::TooDeep,
    }
}

/// Returns the warning for a `normalizeUplink` that cannot be used: the reading itself is good.
pub(crate) fn normalization_failed(answer: &Answer) -> String {
    match answer {
        Answer::Threw(exception) => format!("normalizeUplink threw {}", exception.message),
        Answer::Failed(errors) => format!("normalizeUplink reports {}", errors.join("; ")),
        Answer::Malformed { path, problem } => format!("normalizeUplink: {path} {problem}"),
        _ => "normalizeUplink returned more than there is room for".to_owned(),
    }
}

/// The answer to an exception that nobody caught.
pub(crate) fn threw(context: &Ctx<'_>, error: &rquickjs::Error) -> Answer {
    Answer::Threw(Exception::take(context, error))
}

/// The name of a type with its article.
fn name_of(type_name: &str) -> String {
    match type_name {
        "undefined" | "null" => type_name.to_owned(),
        "array" => "a list".to_owned(),
        "int" | "float" => "a number".to_owned(),
        "bool" => "a boolean".to_owned(),
        "string" => "a text".to_owned(),
        "object" => "an object".to_owned(),
        "function" | "constructor" => "a function".to_owned(),
        other => format!("a {other}"),
    }
}
