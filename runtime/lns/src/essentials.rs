//! The essentials of an uplink beside its DevEUI: FCnt and FPort, as network servers write them. What is
//! damaged of them is an error, which names the member.

use crate::{Fault, Unreadable, json::Field};

/// The meaning of a number that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It is 0, as in the JSON of protobuf.
    IsZero,
    /// It is missing, which is an error.
    IsMissing,
}

/// The FCnt of an uplink, as a number or as a text.
pub(super) fn f_cnt(parent: &Field<'_>, name: &str, left_out: LeftOut) -> Result<u32, Unreadable> {
    match left_out {
        LeftOut::IsZero => Ok(parent.get(name, Field::whole_or_text)?.unwrap_or(0)),
        LeftOut::IsMissing => parent.need(name, Field::whole_or_text),
    }
}

/// The FPort of an uplink; none where it is 0, or where neither port nor payload is told: then the frame
/// holds MAC commands alone.
pub(super) fn f_port(
    parent: &Field<'_>,
    name: &str,
    payload: &[u8],
    left_out: LeftOut,
) -> Result<Option<u8>, Unreadable> {
    match parent.member(name)? {
        Some(field) => port_of(&field, payload),
        None if left_out == LeftOut::IsZero || payload.is_empty() => Ok(None),
        None => Err(parent.needed(name).err().unwrap_or_else(|| parent.fault(Fault::Missing))),
    }
}

/// The FPort that stands in a field. An empty text is none where there is no payload: so XML without a
/// value becomes JSON.
pub(super) fn port_of(field: &Field<'_>, payload: &[u8]) -> Result<Option<u8>, Unreadable> {
    if payload.is_empty() && field.is_blank() {
        return Ok(None);
    }
    Ok(Some(field.whole_or_text()?).filter(|&f_port| f_port != 0))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn port(value: Json, payload: &[u8], left_out: LeftOut) -> Result<Option<u8>, String> {
        let json = json!({ "port": value });
        let root = Field::root(&json).unwrap();
        f_port(&root, "port", payload, left_out).map_err(|error| error.to_string())
    }

    #[test]
    fn a_port_is_a_number_and_may_be_left_out_with_its_payload() {
        for left_out in [LeftOut::IsZero, LeftOut::IsMissing] {
            for value in [json!(5), json!("5"), json!(5.0), json!(" 5 ")] {
                assert_eq!(port(value, &[1], left_out), Ok(Some(5)));
            }
            for value in [json!(0), json!("0"), json!(null), json!(""), json!(" ")] {
                assert_eq!(port(value, &[], left_out), Ok(None));
            }
            for value in [json!(""), json!("five"), json!(256), json!(-1), json!([]), json!("NaN")]
            {
                assert!(port(value, &[1], left_out).unwrap_err().starts_with("port: "));
            }
        }
        assert_eq!(port(json!(null), &[1], LeftOut::IsZero), Ok(None));
        let missing = port(json!(null), &[1], LeftOut::IsMissing);
        assert_eq!(missing, Err("port: it is missing".to_owned()));
    }
}
