//! Codecs: how keys and values of tables are written as bytes.
//!
//! A codec is a type of its own and not a method of the key, so that a crate can say how the type of
//! another crate is written. Codecs are only named, never made.

use std::{fmt, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};

/// A codec of keys of the type `K`.
pub trait KeyCodec<K> {
    /// Writes a key. Keys of one table lie in the order of these bytes.
    fn encode(key: &K) -> Vec<u8>;

    /// Reads a key; the error says what is wrong with the bytes.
    fn decode(bytes: &[u8]) -> Result<K, String>;
}

/// A codec of values of the type `V`.
pub trait ValueCodec<V> {
    /// Writes a value; the error says why it cannot be written.
    fn encode(value: &V) -> Result<Vec<u8>, String>;

    /// Reads a value; the error says what is wrong with the bytes.
    fn decode(bytes: &[u8]) -> Result<V, String>;
}

/// The codec of what has one notation as text, and is read from it: names, DevEUIs, UUIDs.
pub enum Text {}

/// The codec of keys of two parts with a slash between them, each written as its text. The second part
/// has no slash.
pub enum Pair {}

/// The codec of values that are written as JSON.
pub enum Json {}

/// The codec of values that are bytes already.
pub enum Bytes {}

/// The codec of tables whose keys say it all: the values are empty.
pub enum Empty {}

/// The codec of numbers that are written as 8 bytes, the most significant first.
pub enum BigEndian {}

impl<K> KeyCodec<K> for Text
where
    K: fmt::Display + FromStr<Err: fmt::Display>,
{
    fn encode(key: &K) -> Vec<u8> {
        key.to_string().into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<K, String> {
        as_written(read_text(bytes)?)
    }
}

impl<V> ValueCodec<V> for Text
where
    V: fmt::Display + FromStr<Err: fmt::Display>,
{
    fn encode(value: &V) -> Result<Vec<u8>, String> {
        Ok(value.to_string().into_bytes())
    }

    fn decode(bytes: &[u8]) -> Result<V, String> {
        read_text(bytes)?.parse().map_err(|error: V::Err| error.to_string())
    }
}

impl Pair {
    /// The prefix of all keys with this first part.
    pub fn prefix(first: &impl fmt::Display) -> Vec<u8> {
        format!("{first}/").into_bytes()
    }
}

impl<A, B> KeyCodec<(A, B)> for Pair
where
    A: fmt::Display + FromStr<Err: fmt::Display>,
    B: fmt::Display + FromStr<Err: fmt::Display>,
{
    fn encode((first, second): &(A, B)) -> Vec<u8> {
        format!("{first}/{second}").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<(A, B), String> {
        let (first, second) =
            read_text(bytes)?.rsplit_once('/').ok_or("the key has no slash between two parts")?;
        Ok((as_written(first)?, as_written(second)?))
    }
}

impl<V: Serialize + DeserializeOwned> ValueCodec<V> for Json {
    fn encode(value: &V) -> Result<Vec<u8>, String> {
        serde_json::to_vec(value).map_err(|error| error.to_string())
    }

    fn decode(bytes: &[u8]) -> Result<V, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

impl ValueCodec<Vec<u8>> for Bytes {
    fn encode(value: &Vec<u8>) -> Result<Vec<u8>, String> {
        Ok(value.clone())
    }

    fn decode(bytes: &[u8]) -> Result<Vec<u8>, String> {
        Ok(bytes.to_vec())
    }
}

impl ValueCodec<()> for Empty {
    fn encode((): &()) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn decode(bytes: &[u8]) -> Result<(), String> {
        if bytes.is_empty() { Ok(()) } else { Err("the value is not empty".to_owned()) }
    }
}

impl ValueCodec<u64> for BigEndian {
    fn encode(value: &u64) -> Result<Vec<u8>, String> {
        Ok(value.to_be_bytes().to_vec())
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        let bytes = <[u8; 8]>::try_from(bytes)
            .map_err(|_| format!("the value has {} bytes instead of 8", bytes.len()))?;
        Ok(u64::from_be_bytes(bytes))
    }
}

fn read_text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Reads a key, or a part of one. Another notation of the same key would be another line, which the key
/// that was read from it would not find again.
fn as_written<K>(text: &str) -> Result<K, String>
where
    K: fmt::Display + FromStr<Err: fmt::Display>,
{
    let key: K = text.parse().map_err(|error: K::Err| error.to_string())?;
    let written = key.to_string();
    if written != text {
        return Err(format!("the key is written {written} here"));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn a_text_is_a_key_in_one_notation_only() {
        let address: Ipv6Addr = "2001:db8::1".parse().unwrap();
        assert_eq!(<Text as KeyCodec<_>>::encode(&address), b"2001:db8::1");
        let read = |bytes: &[u8]| <Text as KeyCodec<Ipv6Addr>>::decode(bytes);
        assert_eq!(read(b"2001:db8::1"), Ok(address));
        assert_eq!(read(b"2001:DB8::1"), Err("the key is written 2001:db8::1 here".to_owned()));
        assert!(read(b"street 1").is_err());
        assert!(read(&[0xFF]).is_err());
        assert_eq!(<Text as ValueCodec<Ipv6Addr>>::decode(b"2001:DB8::1"), Ok(address));
    }

    #[test]
    fn a_pair_is_divided_at_its_last_slash() {
        let key = ("acme/meter".to_owned(), 7_u8);
        let written = Pair::encode(&key);
        assert_eq!(written, b"acme/meter/7");
        assert!(written.starts_with(&Pair::prefix(&"acme/meter")));
        assert_eq!(Pair::decode(&written), Ok(key));
        for damaged in ["acme", "acme/meter/", "acme/meter/07", "acme/meter/x"] {
            let read: Result<(String, u8), String> = Pair::decode(damaged.as_bytes());
            assert!(read.is_err(), "{damaged}");
        }
    }

    #[test]
    fn values_without_json_are_checked_too() {
        assert_eq!(BigEndian::encode(&258), Ok(vec![0, 0, 0, 0, 0, 0, 1, 2]));
        assert_eq!(BigEndian::decode(&[0, 0, 0, 0, 0, 0, 1, 2]), Ok(258));
        assert_eq!(BigEndian::decode(&[1]), Err("the value has 1 bytes instead of 8".to_owned()));
        assert_eq!(Empty::encode(&()), Ok(Vec::new()));
        assert_eq!(Empty::decode(b""), Ok(()));
        assert!(Empty::decode(b"0").is_err());
        assert_eq!(Bytes::decode(&[0xFF]), Ok(vec![0xFF]));
    }
}
