//! Exceptions that a codec throws, as text with a place.

use rquickjs::{Ctx, Object, Value};

use crate::text::{Text, shortened};

/// The name under which codecs are evaluated: it stands in their stack traces.
pub(crate) const CODEC_NAME: &str = "codec.js";

/// The longest message in bytes, the same as that of other texts of a decoder.
const MESSAGE_BYTES: usize = 1 << 10;

/// An exception that nobody caught.
pub(crate) struct Exception {
    /// Its name and message, as in `TypeError: not a function`.
    pub(crate) message: String,
    /// The line in the codec, from 1; 0 where it is not known.
    pub(crate) line: u32,
    /// The column in that line, from 1; 0 where it is not known.
    pub(crate) column: u32,
}

impl Exception {
    /// Takes the exception that is pending, or says what else is wrong.
    pub(crate) fn take(context: &Ctx<'_>, error: &rquickjs::Error) -> Self {
        if !error.is_exception() {
            return Self { message: error.to_string(), line: 0, column: 0 };
        }
        let value = context.catch();
        let message = shortened(describe(&value), MESSAGE_BYTES);
        let (line, column) =
            value.as_object().filter(|_| value.is_error()).and_then(place).unwrap_or_default();
        Self { message, line, column }
    }
}

/// Describes a thrown value. The codec may have thrown anything, and asking the value for its text may throw
/// again.
fn describe(value: &Value<'_>) -> String {
    let text = match Text::of(value) {
        Ok(text) => text.to_string(),
        Err(_) => {
            drop(value.ctx().catch());
            return "something was thrown that cannot be shown as a text".to_owned();
        }
    };
    if value.is_error() {
        return text;
    }
    match value.as_object().map(|_| value.ctx().json_stringify(value.clone())) {
        Some(Ok(Some(json))) => {
            let json = json.to_string().unwrap_or_default();
            format!("{json} was thrown, which is no Error")
        }
        Some(Err(_)) => {
            drop(value.ctx().catch());
            format!("{text} was thrown, which is no Error")
        }
        _ => format!("{text} was thrown, which is no Error"),
    }
}

/// The first place in the codec that the stack trace names: `    at f (codec.js:3:15)`. Before it stands the
/// message, which may name anything.
fn place(error: &Object<'_>) -> Option<(u32, u32)> {
    let stack: Value<'_> = error.get("stack").ok()?;
    let stack = Text::of(&stack).ok()?.to_string();
    let (_, frames) = stack.split_once("\n    at ")?;
    let (_, after) = frames.split_once(CODEC_NAME)?;
    let mut numbers = after.strip_prefix(':')?.split(|character: char| !character.is_ascii_digit());
    let line = numbers.next()?.parse().ok()?;
    let column = numbers.next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    Some((line, column))
}
