//! Secrets that a route leaves as they are: each `"(hidden)"` stands for the secret of the route before that belongs
//! to the same member, and in a list for the one that no other entry can mean.

use serde_json::Value as Json;

use super::{route::Route, route_error::RouteError};
use crate::destinations::Secret;

/// A part of the route before.
#[derive(Clone, Copy)]
struct Before<'route> {
    /// The part with its secrets.
    clear: &'route Json,
    /// The same part as it is shown.
    shown: &'route Json,
}

impl<'route> Before<'route> {
    fn member(self, name: &str) -> Option<Self> {
        Some(Self { clear: self.clear.get(name)?, shown: self.shown.get(name)? })
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let clear = self.clear.as_array().into_iter().flatten();
        let shown = self.shown.as_array().into_iter().flatten();
        clear.zip(shown).map(|(clear, shown)| Self { clear, shown })
    }
}

impl Route {
    /// Fills in secrets that were left as they are from the route before: those that are shown as hidden, and
    /// the signing secrets where none are said. Another recipient gets none of them.
    ///
    /// # Errors
    /// There is none in the route before, or it was for another recipient.
    pub fn with_secrets_of(self, before: Option<&Self>) -> Result<Self, RouteError> {
        let changed = match (self.to.target(), before.and_then(|before| before.to.target())) {
            (Some(now), Some(before)) => now.changed(&before),
            _ => None,
        };
        let mut route = serde_json::to_value(&self)?;
        fill_hidden(&mut route, before, changed)?;
        let mut route: Self = serde_json::from_value(route)?;
        if let (None, Some(before)) = (changed, before) {
            route.to.keep_signing_secrets(&before.to);
        }
        Ok(route)
    }
}

/// Replaces texts that stand for a secret by the secrets of the route before. `changed` is the member by which the
/// recipient is another than before, which gets none of them.
fn fill_hidden(
    route: &mut Json,
    before: Option<&Route>,
    changed: Option<&'static str>,
) -> Result<(), RouteError> {
    let clear = before.map(serde_json::to_value).transpose()?;
    let shown = before.map(|before| serde_json::to_value(before.clone().hidden())).transpose()?;
    let before = clear.as_ref().zip(shown.as_ref());
    let before = before.map(|(clear, shown)| Before { clear, shown });
    Filling { changed }.fill(route, before, "")
}

/// The filling of a route.
struct Filling {
    changed: Option<&'static str>,
}

impl Filling {
    fn fill(
        &self,
        now: &mut Json,
        before: Option<Before<'_>>,
        path: &str,
    ) -> Result<(), RouteError> {
        match now {
            Json::String(text) if is_hidden(text) => {
                let path = path.trim_start_matches('.').to_owned();
                match (before.map(|before| before.clear), self.changed) {
                    (Some(Json::String(secret)), None) => text.clone_from(secret),
                    (Some(Json::String(_)), Some(changed)) => {
                        return Err(RouteError::SecretOfAnother { path, changed });
                    }
                    _ => return Err(RouteError::NoSecret { path }),
                }
            }
            Json::Object(members) => {
                for (name, value) in members {
                    let before = before.and_then(|before| before.member(name));
                    self.fill(value, before, &format!("{path}.{name}"))?;
                }
            }
            Json::Array(items) => self.fill_list(items, before, path)?,
            _ => {}
        }
        Ok(())
    }

    /// Fills the entries of a list, whose order and length may be others than before.
    fn fill_list(
        &self,
        now: &mut [Json],
        before: Option<Before<'_>>,
        path: &str,
    ) -> Result<(), RouteError> {
        if !now.iter().any(holds_hidden) {
            return Ok(());
        }
        // An entry whose secret is said is not meant by one that is hidden.
        let mut left: Vec<Before<'_>> = before.into_iter().flat_map(Before::items).collect();
        left.retain(|known| !now.contains(known.clear));
        let mut open: Vec<usize> = (0..now.len()).filter(|at| holds_hidden(&now[*at])).collect();
        while let Some(&first) = open.first() {
            let asked = now[first].clone();
            let (alike, others): (Vec<usize>, Vec<usize>) =
                open.into_iter().partition(|at| now[*at] == asked);
            let is_meant = |known: &Before<'_>| *known.shown == asked;
            let mut meant: Vec<Before<'_>> = left.iter().copied().filter(is_meant).collect();
            if meant.is_empty() && alike.len() == 1 && others.is_empty() && left.len() == 1 {
                // One is left on both sides: what stands beside the secret was changed.
                meant.clone_from(&left);
            }
            if meant.len() > alike.len() {
                let path = format!("{path}[{first}]").trim_start_matches('.').to_owned();
                return Err(RouteError::SecretOfSeveral { path, several: meant.len() });
            }
            left.retain(|known| !meant.iter().any(|one| std::ptr::eq(one.clear, known.clear)));
            let mut meant = meant.into_iter();
            for at in alike {
                self.fill(&mut now[at], meant.next(), &format!("{path}[{at}]"))?;
            }
            open = others;
        }
        Ok(())
    }
}

fn is_hidden(text: &str) -> bool {
    Secret::new(text).is_hidden()
}

/// Whether a secret somewhere in it is left as it is.
fn holds_hidden(part: &Json) -> bool {
    match part {
        Json::String(text) => is_hidden(text),
        Json::Array(items) => items.iter().any(holds_hidden),
        Json::Object(members) => members.values().any(holds_hidden),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EARLY: &str = "2030-01-01T00:00:00Z";
    const LATE: &str = "2030-02-01T00:00:00Z";

    fn route(push: &Json) -> Route {
        let mut push = push.clone();
        push["url"] = json!("https://a.example/x");
        serde_json::from_value(json!({ "to": { "http": push } })).unwrap()
    }

    fn filled(before: &Json, now: &Json) -> Result<Json, String> {
        let kept = route(now).with_secrets_of(Some(&route(before)));
        let kept = kept.map_err(|error| error.to_string())?;
        Ok(serde_json::to_value(kept).unwrap()["to"]["http"].clone())
    }

    fn retiring(all: &[(&str, &str)]) -> Json {
        let one = |(secret, until): &(&str, &str)| json!({ "secret": secret, "until": until });
        let all: Vec<Json> = all.iter().map(one).collect();
        json!({ "secrets": ["own"], "retiringSecrets": all })
    }

    #[test]
    fn a_hidden_secret_is_the_one_that_no_other_entry_means() {
        for (before, now, kept) in [
            (json!(["a"]), json!(["new", "(hidden)"]), json!(["new", "a"])),
            (json!(["a", "b"]), json!(["(hidden)", "a"]), json!(["b", "a"])),
            (json!(["a", "b"]), json!(["n", "(hidden)", "(hidden)"]), json!(["n", "a", "b"])),
            (json!(["a", "b"]), json!(["b"]), json!(["b"])),
        ] {
            let filled = filled(&json!({ "secrets": before }), &json!({ "secrets": now })).unwrap();
            assert_eq!(filled["secrets"], kept, "{now}");
        }
        for (before, now, said) in [
            (json!(["a", "b"]), json!(["(hidden)"]), "2 secrets"),
            (json!(["a", "b"]), json!(["new", "(hidden)"]), "to.http.secrets[1]"),
            (json!(["a"]), json!(["(hidden)", "(hidden)"]), "to.http.secrets[1]"),
            (json!(["a"]), json!(["a", "(hidden)"]), "to.http.secrets[1]"),
        ] {
            let refused =
                filled(&json!({ "secrets": before }), &json!({ "secrets": now })).unwrap_err();
            assert!(refused.contains(said), "{now}: {refused}");
        }
    }

    #[test]
    fn a_hidden_secret_goes_by_what_stands_beside_it() {
        let before = retiring(&[("a", EARLY), ("b", LATE)]);
        for (now, kept) in [
            (&[("(hidden)", LATE), ("(hidden)", EARLY)][..], &[("b", LATE), ("a", EARLY)][..]),
            (&[("(hidden)", LATE)], &[("b", LATE)]),
            (
                &[("a", EARLY), ("(hidden)", "2030-03-01T00:00:00Z")],
                &[("a", EARLY), ("b", "2030-03-01T00:00:00Z")],
            ),
        ] {
            let filled = filled(&before, &retiring(now)).unwrap();
            assert_eq!(filled["retiringSecrets"], retiring(kept)["retiringSecrets"], "{now:?}");
        }
        let unclear = filled(&before, &retiring(&[("(hidden)", "2030-03-01T00:00:00Z")]));
        assert!(unclear.unwrap_err().contains("retiringSecrets[0]"));
        let headers = |all: Json| json!({ "secrets": ["own"], "headers": all });
        let known = headers(json!({ "X-One": "1", "X-Two": "2" }));
        let fewer = filled(&known, &headers(json!({ "X-Two": "(hidden)" }))).unwrap();
        assert_eq!(fewer["headers"], json!({ "X-Two": "2" }));
        let renamed = filled(&known, &headers(json!({ "X-Three": "(hidden)" }))).unwrap_err();
        assert!(renamed.contains("to.http.headers.X-Three"), "{renamed}");
    }
}
