//! The names of members as `decoder.toml` writes them.

/// Writes `fundedBy` as `funded-by`.
pub(super) fn kebab_case(camel_case: &str) -> String {
    let mut text = String::new();
    for character in camel_case.chars() {
        if character.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}
