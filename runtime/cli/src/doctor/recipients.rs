//! The recipients of routes: whether their names lead to addresses. The server that runs is asked for its routes.

use champollion_client::Route;
use serde_json::Value as Json;

use super::{
    finding::Finding,
    names::{host, resolved},
};
use crate::connection::Connection;

/// The name of the check.
const CHECK: &str = "recipients";

/// The members of destinations that say where it is.
const PLACES: [&str; 3] = ["url", "endpoint", "host"];

/// The findings about recipients; none without a token, since routes are a matter of those who may see them.
pub(super) async fn checks(connection: &Connection) -> Vec<Finding> {
    if !connection.has_token() {
        return Vec::new();
    }
    let client = match connection.client() {
        Ok(client) => client,
        Err(failure) => return vec![Finding::warn(CHECK, failure.to_string())],
    };
    match client.routes(None).await {
        Ok(list) => {
            let named = list.routes.iter().filter_map(named).collect();
            resolved(CHECK, named).await
        }
        Err(error) => {
            let why = format!("routes cannot be asked for ({error})");
            vec![
                Finding::warn(CHECK, why)
                    .advising("start the server, and take a token of an admin"),
            ]
        }
    }
}

/// The name of a route's recipient, and the route.
fn named(route: &Route) -> Option<(String, String)> {
    let name = route.to.values().find_map(place)?;
    Some((name, format!("the route {} of {}", route.name, route.group)))
}

fn place(destination: &Json) -> Option<String> {
    let mut texts = PLACES.iter().filter_map(|member| destination.get(member)?.as_str());
    texts.find_map(name_in)
}

/// The name in a text, which is an address, or a host that stands alone.
fn name_in(text: &str) -> Option<String> {
    match text.contains("://") {
        true => host(text),
        false => host(&format!("any://{text}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recipients_are_found_in_destinations() {
        let found = |destination: Json| place(&destination);
        assert_eq!(found(json!({ "url": "https://a.example/x" })).as_deref(), Some("a.example"));
        assert_eq!(
            found(json!({ "host": "files.example", "port": 22 })).as_deref(),
            Some("files.example")
        );
        assert_eq!(found(json!({ "url": "https://192.0.2.1/" })), None);
        assert_eq!(found(json!({ "folder": "x" })), None);
    }
}
