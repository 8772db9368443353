//! Makes types of values of JSON.
//!
//! Reading text into a type directly takes code of its own for each field of each type: a third of a decoder with thirty
//! commands. Types are made of values that are there by functions that are few, and that are not copied into their
//! callers. Each asks for the one kind of value that its type can be made of, so that a type brings no code for others.

use std::{fmt, slice};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor, value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{Json, number, quoted};

/// The error of a value that is not of the type that it should be of.
#[derive(Debug, PartialEq)]
pub struct Mismatch(pub(crate) String);

/// Functions that ask for one kind of value.
macro_rules! ask_for {
    ($($method:ident: $read:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            $read(self, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Mismatch;

    #[inline(never)]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(truth) => visitor.visit_bool(*truth),
            Json::Unsigned(_) | Json::Signed(_) | Json::Float(_) => read_number(self, visitor),
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(_) => read_array(self, visitor),
            Json::Object(_) => read_object(self, visitor),
        }
    }

    ask_for! {
        deserialize_bool: read_truth;
        deserialize_i8: read_whole;
        deserialize_i16: read_whole;
        deserialize_i32: read_whole;
        deserialize_i64: read_whole;
        deserialize_u8: read_whole;
        deserialize_u16: read_whole;
        deserialize_u32: read_whole;
        deserialize_u64: read_whole;
        deserialize_f32: read_number;
        deserialize_f64: read_number;
        deserialize_char: read_text;
        deserialize_str: read_text;
        deserialize_string: read_text;
        deserialize_identifier: read_text;
        deserialize_unit: read_nothing;
        deserialize_seq: read_array;
        deserialize_map: read_object;
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        read_nothing(self, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        read_array(self, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        read_array(self, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        read_object(self, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Json::String(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            Json::Object(object) => match object.members().as_slice() {
                [(name, content)] => visitor.visit_enum(Variant { name, content }),
                _ => Err(Mismatch::invalid_value(Unexpected::Map, &"map with a single key")),
            },
            _ => Err(self.is_not(&"string or map")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }
}

impl Json {
    /// The error of a value of another kind than is expected.
    #[cold]
    #[inline(never)]
    fn is_not(&self, expected: &dyn Expected) -> Mismatch {
        Mismatch::invalid_type(self.unexpected(), expected)
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(truth) => Unexpected::Bool(*truth),
            Self::Unsigned(number) => Unexpected::Unsigned(*number),
            Self::Signed(number) => Unexpected::Signed(*number),
            Self::Float(number) => Unexpected::Float(*number),
            Self::String(text) => Unexpected::Str(text),
            Self::Array(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }
}

fn read_nothing<'de, V: Visitor<'de>>(value: &Json, visitor: V) -> Result<V::Value, Mismatch> {
    match value {
        Json::Null => visitor.visit_unit(),
        _ => Err(value.is_not(&visitor)),
    }
}

#[inline(never)]
fn read_truth<'de, V: Visitor<'de>>(value: &Json, visitor: V) -> Result<V::Value, Mismatch> {
    match value {
        Json::Bool(truth) => visitor.visit_bool(*truth),
        _ => Err(value.is_not(&visitor)),
    }
}

#[inline(never)]
fn read_whole<'de, V: Visitor<'de>>(value: &Json, visitor: V) -> Result<V::Value, Mismatch> {
    match value {
        Json::Unsigned(number) => visitor.visit_u64(*number),
        Json::Signed(number) => visitor.visit_i64(*number),
        _ => Err(value.is_not(&visitor)),
    }
}

#[inline(never)]
fn read_number<'de, V: Visitor<'de>>(value: &Json, visitor: V) -> Result<V::Value, Mismatch> {
    match value {
        Json::Float(number) => visitor.visit_f64(*number),
        _ => read_whole(value, visitor),
    }
}

fn read_text<'de, V: Visitor<'de>>(value: &'de Json, visitor: V) -> Result<V::Value, Mismatch> {
    match value {
        Json::String(text) => visitor.visit_borrowed_str(text),
        _ => Err(value.is_not(&visitor)),
    }
}

#[inline(never)]
fn read_array<'de, V: Visitor<'de>>(value: &'de Json, visitor: V) -> Result<V::Value, Mismatch> {
    let Json::Array(array) = value else { return Err(value.is_not(&visitor)) };
    let mut items = Items(array.iter());
    let read = visitor.visit_seq(&mut items)?;
    match items.0.len() {
        0 => Ok(read),
        _ => Err(Mismatch::invalid_length(array.len(), &"fewer elements in array")),
    }
}

#[inline(never)]
fn read_object<'de, V: Visitor<'de>>(value: &'de Json, visitor: V) -> Result<V::Value, Mismatch> {
    let Json::Object(object) = value else { return Err(value.is_not(&visitor)) };
    visitor.visit_map(Members { members: object.members(), value: &Json::Null })
}

/// The items of a list that are still to be read.
struct Items<'de>(slice::Iter<'de, Json>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mismatch;

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The members of an object that are still to be read, and the value of the one whose name was read last.
struct Members<'de> {
    members: slice::Iter<'de, (String, Json)>,
    value: &'de Json,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Mismatch;

    #[inline(never)]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    #[inline(never)]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.value)
    }
}

/// A variant with content: an object with one member.
struct Variant<'de> {
    name: &'de str,
    content: &'de Json,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mismatch> {
        let variant = seed.deserialize(BorrowedStrDeserializer::new(self.name));
        variant.map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        <()>::deserialize(self.content)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.content)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        read_array(self.content, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        read_object(self.content, visitor)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid type: {}, expected {expected}", in_words(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value: {}, expected {expected}", in_words(found)))
    }
}

/// Names a value as errors of JSON do. By hand, since the words of serde bring the formatter of core for floats.
#[cold]
#[inline(never)]
fn in_words(found: Unexpected<'_>) -> String {
    let words = match found {
        Unexpected::Bool(true) => "boolean `true`",
        Unexpected::Bool(false) => "boolean `false`",
        Unexpected::Unsigned(number) => return shown("integer", &number.to_string()),
        Unexpected::Signed(number) => return shown("integer", &number.to_string()),
        Unexpected::Float(float) => return shown("floating point", &number(float)),
        Unexpected::Char(letter) => return shown("character", letter.encode_utf8(&mut [0; 4])),
        Unexpected::Str(text) => return "string ".to_owned() + &quoted(text),
        Unexpected::Bytes(_) => "byte array",
        Unexpected::Unit => "null",
        Unexpected::Option => "Option value",
        Unexpected::NewtypeStruct => "newtype struct",
        Unexpected::Seq => "sequence",
        Unexpected::Map => "map",
        Unexpected::Enum => "enum",
        Unexpected::UnitVariant => "unit variant",
        Unexpected::NewtypeVariant => "newtype variant",
        Unexpected::TupleVariant => "tuple variant",
        Unexpected::StructVariant => "struct variant",
        Unexpected::Other(other) => other,
    };
    words.to_owned()
}

#[inline(never)]
fn shown(kind: &str, value: &str) -> String {
    [kind, " `", value, "`"].concat()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fmt::Debug};

    use serde::de::DeserializeOwned;

    use super::*;
    use crate::json::parse;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Order {
        Restart,
        Dim(Dimming),
        Levels(Vec<u8>),
        Pair(u8, String),
        Wait { seconds: f64 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Dimming {
        level: u8,
        fade: Option<f64>,
        #[serde(default)]
        place: Option<Place>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged, expecting = "a number or a name was expected")]
    enum Place {
        Number(i16),
        Name(String),
    }

    /// Reads a text by way of the tree and without, and gives the error of the former.
    fn read<T: DeserializeOwned + PartialEq + Debug>(json: &str) -> Result<T, String> {
        let by_tree =
            parse(json).and_then(|tree| T::deserialize(&tree).map_err(|mismatch| mismatch.0));
        match (&by_tree, serde_json::from_str::<T>(json)) {
            (Ok(one), Ok(other)) => assert_eq!(*one, other, "{json}"),
            (Err(_), Err(_)) => {}
            (one, other) => panic!("{json}: {one:?} by the tree, and {other:?} without"),
        }
        by_tree
    }

    #[test]
    fn all_that_serde_json_reads_is_read_alike() {
        for json in [
            r#""restart""#,
            r#"{"restart": null}"#,
            r#"{"dim": {"level": 50}}"#,
            r#"{"dim": {"level": 50, "fade": 1, "place": -3}}"#,
            r#"{"dim": {"level": 50, "fade": null, "place": "hall"}}"#,
            r#"{"levels": [1, 2, 255]}"#,
            r#"{"levels": []}"#,
            r#"{"pair": [1, "a"]}"#,
            r#"{"wait": {"seconds": 0.5}}"#,
        ] {
            read::<Order>(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        }
        read::<BTreeMap<String, Vec<Option<f64>>>>(r#"{"a": [1, null, -2.5], "b": []}"#).unwrap();
        read::<(u8, bool)>("[1, true]").unwrap();
        read::<BTreeMap<String, de::IgnoredAny>>(r#"{"a": {"b": [1, {}]}}"#).unwrap();
    }

    #[test]
    fn errors_are_those_of_serde_json_without_the_place() {
        for (json, expected) in [
            (r#"{"dim": {"level": 256}}"#, "invalid value: integer `256`, expected u8"),
            (r#"{"dim": {"level": 1.5}}"#, "invalid type: floating point `1.5`, expected u8"),
            (r#"{"dim": {"level": 2.0}}"#, "invalid type: floating point `2.0`, expected u8"),
            (r#"{"dim": {"level": "a\n"}}"#, "invalid type: string \"a\\n\", expected u8"),
            (r#"{"dim": {"level": null}}"#, "invalid type: null, expected u8"),
            (r#"{"dim": {"level": {}}}"#, "invalid type: map, expected u8"),
            (r#"{"dim": {}}"#, "missing field `level`"),
            (r#"{"dim": {"level": 1, "level": 2}}"#, "duplicate field `level`"),
            (r#"{"dim": {"level": 1, "place": []}}"#, "a number or a name was expected"),
            (r#"{"levels": [1, -1]}"#, "invalid value: integer `-1`, expected u8"),
            (r#"{"levels": true}"#, "invalid type: boolean `true`, expected a sequence"),
        ] {
            let error = read::<Order>(json).unwrap_err();
            assert_eq!(error, expected, "{json}");
            let direct = serde_json::from_str::<Order>(json).unwrap_err().to_string();
            assert!(direct.starts_with(expected), "{json}: {direct}");
        }
        let unknown = read::<Order>(r#"{"dime": 1}"#).unwrap_err();
        assert!(
            unknown.starts_with("unknown variant `dime`, expected one of `restart`, "),
            "{unknown}"
        );
        let unknown = read::<Order>(r#"{"dim": {"level": 1, "colour": 2}}"#).unwrap_err();
        assert!(
            unknown.starts_with("unknown field `colour`, expected one of `level`, "),
            "{unknown}"
        );
        for json in
            ["{}", r#"{"restart": null, "levels": []}"#, "7", r#"{"pair": [1]}"#, r#""dim""#]
        {
            read::<Order>(json).unwrap_err();
        }
        read::<(u8, bool)>("[1, true, 3]").unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(json: String) {
            if let Ok(tree) = parse(&json) {
                let _ = Order::deserialize(&tree);
            }
        }
    }
}
