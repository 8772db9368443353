//! Members of an object that are said twice: most readers of JSON take the last one and forget the other in silence.

use std::{collections::HashSet, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// A member that is said twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path} is a duplicate: it stands twice in the same object, the second time at line {line} column {column}; say it \
     once"
)]
pub struct Repeated {
    /// The path of the member.
    pub path: String,
    /// The line of the second one.
    pub line: usize,
    /// The column of the second one.
    pub column: usize,
}

/// Finds the first member of an object that is said twice; none where the text is no JSON.
#[must_use]
pub fn find_repeated(json: &[u8]) -> Option<Repeated> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let error =
        Looking { path: String::new(), found: &mut found }.deserialize(&mut reader).err()?;
    let path = found?;
    Some(Repeated { path, line: error.line(), column: error.column() })
}

/// A look at a value and all that is in it.
struct Looking<'look> {
    path: String,
    found: &'look mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Looking<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Looking<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Looking { path, found } = self;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !names.insert(name) {
                *found = Some(path);
                return Err(A::Error::custom("a member is said twice"));
            }
            map.next_value_seed(Looking { path, found: &mut *found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Looking { path, found } = self;
        let mut index = 0;
        while seq
            .next_element_seed(Looking { path: format!("{path}[{index}]"), found: &mut *found })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_said_twice_is_found_by_its_path() {
        for (json, path) in [
            (r#"{"to":{"pull":{}},"to":{"pull":{}}}"#, "to"),
            (r#"{"to":{"http":{"headers":{"A":"1","B":"2","A":"3"}}}}"#, "to.http.headers.A"),
            (r#"[1,{"a":null,"a":1.5}]"#, "[1].a"),
            (r#"{"fields":[{"name":"x"},{"name":"x","name":"y"}]}"#, "fields[1].name"),
            // The same name, with a letter written as an escape.
            (r#"{"a":-1,"\u0061":true}"#, "a"),
        ] {
            let found = find_repeated(json.as_bytes());
            assert_eq!(found.map(|found| found.path).as_deref(), Some(path), "{json}");
        }
        for json in [r#"{"a":{"a":{"a":[]}},"A":"a"}"#, "17", "", "{\"a\":1", "nonsense"] {
            assert_eq!(find_repeated(json.as_bytes()), None, "{json}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(find_repeated(deep.as_bytes()), None);
    }
}
