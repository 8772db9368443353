//! Arguments of the form `name=value`.

use champollion_sdk::vectors::Setting;

/// Reads an argument of the form `name=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} must read name=value")),
    }
}

/// Reads `name=value`, the value being true, false, a number or a text.
pub(super) fn variable(text: &str) -> Result<(String, Setting), String> {
    let (name, value) = pair(text)?;
    let setting = match serde_json::from_str(&value) {
        Ok(setting @ (Setting::Boolean(_) | Setting::Integer(_) | Setting::Number(_))) => setting,
        _ => Setting::Text(value),
    };
    Ok((name, setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_that_they_look_like() {
        assert_eq!(variable("a=10"), Ok(("a".into(), Setting::Integer(10))));
        assert_eq!(variable("a=2.5"), Ok(("a".into(), Setting::Number(2.5))));
        assert_eq!(variable("a=true"), Ok(("a".into(), Setting::Boolean(true))));
        assert_eq!(variable("a=cellar"), Ok(("a".into(), Setting::Text("cellar".into()))));
        assert_eq!(variable("a=x=y"), Ok(("a".into(), Setting::Text("x=y".into()))));
        assert!(variable("a").is_err());
        assert!(variable("=1").is_err());
    }
}
