//! The name that was probably meant by one that is unknown.

/// The likeness from which on a name is suggested, out of 1: a letter or two are wrong, or the end is missing.
const LIKENESS: f64 = 0.85;

/// Returns the name that is most like an unknown one, where one is like it. Upper and lower case are the same.
pub(crate) fn nearest<'name>(
    unknown: &str,
    names: impl Iterator<Item = &'name str>,
) -> Option<&'name str> {
    let unknown = unknown.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&unknown, &name.to_lowercase());
    let like =
        names.map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness > LIKENESS);
    like.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name)
}

/// Returns the member, or the word, that was probably meant by one that serde calls unknown; nothing where an error is about
/// something else.
pub(crate) fn meant_member(said: &str) -> Option<&str> {
    let rest = ["unknown field `", "unknown variant `"];
    let rest = rest.into_iter().find_map(|begin| said.strip_prefix(begin))?;
    let (unknown, expected) = rest.split_once('`')?;
    nearest(unknown, expected.split('`').skip(1).step_by(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_something_else_none() {
        let names = ["phyPayload", "spreadingFactor", "gateways", "rssiDbm", "group"];
        let near = |unknown| nearest(unknown, names.into_iter());
        assert_eq!(near("spreadingfactor"), Some("spreadingFactor"));
        assert_eq!(near("gruop"), Some("group"));
        assert_eq!(near("rssi"), Some("rssiDbm"));
        assert_eq!(near("payload"), Some("phyPayload"));
        assert_eq!(near("decoder"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn the_names_are_found_in_what_serde_says() {
        let said =
            "unknown field `gruop`, expected one of `name`, `group`, `tags` at line 1 column 9";
        assert_eq!(meant_member(said), Some("group"));
        let word = "unknown variant `abov`, expected one of `above`, `below` at line 1 column 15";
        assert_eq!(meant_member(word), Some("above"));
        assert_eq!(meant_member("unknown field `a`, there are no fields"), None);
        assert_eq!(meant_member("invalid type: map, expected u8"), None);
    }
}
