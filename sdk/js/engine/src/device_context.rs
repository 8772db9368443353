//! The global `context` of ThingPark's drivers: a list of what a driver wants to know of a device's earlier
//! messages. A driver changes it in place, and finds it so at the device's next message.

use rquickjs::{Ctx, Result, Value, object::Property};

use crate::{
    answer::Answer,
    json::{Json, Unwritable},
};

/// The name of the global.
const NAME: &str = "context";

/// The context that a call began with.
pub(crate) struct DeviceContext {
    /// Its JSON text as this engine writes it.
    given: Vec<u8>,
}

impl DeviceContext {
    /// Returns whether a codec that was evaluated uses it: its source has the name, and it has no global of that
    /// name itself.
    pub(crate) fn is_used(context: &Ctx<'_>, source: &str) -> Result<bool> {
        if !has_word(source, NAME) {
            return Ok(false);
        }
        let kind: String = context.eval("typeof context")?;
        Ok(kind == "undefined")
    }

    /// Gives the codec the context of a device; an empty list where there is none.
    pub(crate) fn give(context: &Ctx<'_>, json: &[u8]) -> Result<Self> {
        let json = if json.is_empty() { b"[]" } else { json };
        let value = context.json_parse(json)?;
        let given = Json::of(context, NAME, &value, usize::MAX)
            .map_or_else(|_| Vec::new(), |(text, _)| text);
        let property = Property::from(value).writable().configurable();
        context.globals().prop(NAME, property)?;
        Ok(Self { given })
    }

    /// Adds to a reading the context that the codec has left, where it has changed.
    pub(crate) fn kept(self, context: &Ctx<'_>, answer: Answer, limit: usize) -> Answer {
        let Answer::Reading { data, normalized, mut warnings, .. } = answer else { return answer };
        let written = context
            .globals()
            .get::<_, Value<'_>>(NAME)
            .map_err(|_| drop(context.catch()))
            .ok()
            .filter(|value| value.is_object())
            .map(|value| Json::of(context, NAME, &value, limit));
        let left = match written {
            None => Vec::new(),
            Some(Ok((text, _))) if text == self.given => Vec::new(),
            Some(Ok((text, _))) => text,
            Some(Err(unwritable)) => {
                warnings.push(format!("the context stays as it was: {}", problem(unwritable)));
                Vec::new()
            }
        };
        Answer::Reading { data, normalized, warnings, context: left }
    }
}

fn problem(unwritable: Unwritable) -> String {
    match unwritable {
        Unwritable::At { path, problem } => format!("{path} {problem}"),
        Unwritable::TooLarge => "it is larger than an answer may be".to_owned(),
        Unwritable::TooDeep => "it is nested too deep".to_owned(),
    }
}

/// Whether a source has a name as a word of its own, and not as a member of something.
fn has_word(source: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "_$".contains(character);
    source.match_indices(name).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = source[at + name.len()..].chars().next();
        !before.is_some_and(|character| is_part(character) || character == '.')
            && !after.is_some_and(is_part)
    })
}
