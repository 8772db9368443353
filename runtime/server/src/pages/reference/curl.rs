//! A request as a line of curl, which works when it is pasted.

use serde_json::Value as Json;

use super::{
    document::{Content, Operation},
    shape::example,
};

/// Returns the lines of curl for an operation, at an address.
pub(super) fn curl(operation: &Operation, schemas: &Json, address: &str) -> String {
    let Operation { method, path, body, .. } = operation;
    let mut parts = vec![format!("curl --request {method}")];
    if !operation.roles.is_empty() {
        parts.push("--header \"Authorization: Bearer $CHAMPOLLION_TOKEN\"".to_owned());
    }
    match body {
        Some(content) if content.is_json() => {
            let example = example_text(content, schemas);
            parts.push("--header 'Content-Type: application/json'".to_owned());
            parts.push(format!("--data {}", quoted(&example)));
        }
        Some(content) => {
            parts.push(format!(
                "--header {}",
                quoted(&format!("Content-Type: {}", content.media_type))
            ));
            parts.push("--data-binary @FILE".to_owned());
        }
        None => {}
    }
    parts.push(quoted(&format!("{address}{path}")));
    parts.join(" \\\n  ")
}

/// The body of an example, with its members on lines of their own.
pub(super) fn example_text(content: &Content, schemas: &Json) -> String {
    format!("{:#}", example(&content.schema, schemas))
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::reference::document::Document;

    #[test]
    fn a_line_has_the_token_and_the_body_of_the_operation() {
        let document = Document::read(&json!({
            "tags": [{ "name": "a" }],
            "paths": { "/v1/it": { "post": {
                "operationId": "do", "tags": ["a"], "x-roles": ["admin"],
                "requestBody": { "content": { "application/json": { "schema": {
                    "type": "object", "required": ["name"],
                    "properties": { "name": { "example": "it's" } },
                } } } },
                "responses": {},
            } } },
        }));
        let operation = document.operation("do").unwrap();
        let line = curl(operation, &document.schemas, "https://champollion.example");
        assert!(
            line.starts_with("curl --request POST \\\n  --header \"Authorization: Bearer"),
            "{line}"
        );
        assert!(line.contains(r#""name": "it'\''s""#), "{line}");
        assert!(line.ends_with("'https://champollion.example/v1/it'"), "{line}");
    }
}
