//! The definition of a route, as its form says it: a webhook, a broker, a database, files, or records to be fetched.

use serde_json::{Map, Value as Json, json};

use crate::{
    api::Problem,
    pages::{
        partner::entered::{number, put},
        parts::form::Fault,
        submission::Submission,
    },
};

/// The kinds of routes that the form makes.
pub(super) const KINDS: [&str; 5] = ["http", "mqtt", "postgres", "files", "pull"];

/// The kinds of places for files that the form knows.
pub(super) const PLACES: [&str; 5] = ["sftp", "ftps", "webdav", "s3", "folder"];

/// The kind of place that a form names; the first where it names none.
pub(super) fn place_of(entered: &Submission) -> &'static str {
    let said = entered.text("place");
    PLACES.into_iter().find(|place| *place == said).unwrap_or(PLACES[0])
}

/// The fields that a kind of place has, in the order of the form.
pub(super) fn fields_of(place: &str) -> &'static [&'static str] {
    match place {
        "ftps" => &["host", "port", "user", "password", "folder"],
        "webdav" => &["placeUrl", "user", "password"],
        "s3" => &["placeUrl", "bucket", "region", "user", "password", "folder"],
        "folder" => &["folder"],
        _ => &["host", "port", "user", "password", "privateKey", "hostKey", "folder"],
    }
}

/// The formats of files.
pub(super) const FORMATS: [&str; 9] = [
    "csv-rows",
    "csv-columns",
    "xlsx-rows",
    "xlsx-columns",
    "json",
    "ndjson",
    "parquet-rows",
    "parquet-columns",
    "senml",
];

/// The parts of a record that a route hands over.
pub(super) const SHAPES: [&str; 3] = ["both", "decoded", "raw"];

/// The definition that a form makes.
pub(super) fn definition(entered: &Submission) -> Json {
    let mut route = Map::new();
    put(&mut route, "description", entered.filled("description"));
    put(&mut route, "shape", entered.filled("shape"));
    put(&mut route, "timeZone", entered.filled("timeZone"));
    if entered.is_ticked("onlyNew") {
        route.insert("onlyNew".to_owned(), Json::Bool(true));
    }
    let filter = filter(entered);
    if !filter.is_empty() {
        route.insert("filter".to_owned(), Json::Object(filter));
    }
    let to = match entered.text("kind") {
        "mqtt" => json!({ "mqtt": addressed(entered, "topic") }),
        "postgres" => json!({ "postgres": history(entered) }),
        "files" => json!({ "files": files(entered) }),
        "pull" => json!({ "pull": {} }),
        _ => json!({ "http": webhook(entered) }),
    };
    route.insert("to".to_owned(), to);
    Json::Object(route)
}

/// The changes that the form of a route makes of it: what is not on the form stays.
pub(super) fn patch(entered: &Submission) -> Json {
    let filter = filter(entered);
    let mut patch = json!({
        "description": entered.filled("description"),
        "shape": entered.filled("shape"),
        "timeZone": entered.filled("timeZone"),
        "onlyNew": entered.is_ticked("onlyNew").then_some(true),
        "filter": {
            "subGroups": filter.get("subGroups"),
            "useCases": filter.get("useCases"),
            "expression": filter.get("expression"),
        },
    });
    if let Some(url) = entered.filled("url") {
        patch["to"] = match entered.text("kind") {
            "mqtt" => json!({ "mqtt": changed(addressed(entered, "topic"), &["user", "topic"]) }),
            "postgres" => json!({ "postgres": changed(history(entered), &["schema", "batch"]) }),
            _ => json!({ "http": { "url": url } }),
        };
    }
    patch
}

fn filter(entered: &Submission) -> Map<String, Json> {
    let mut filter = Map::new();
    for name in ["subGroups", "useCases"] {
        let words: Vec<&str> = entered.text(name).split(',').map(str::trim).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if !words.is_empty() {
            filter.insert(name.to_owned(), json!(words));
        }
    }
    put(&mut filter, "expression", entered.filled("expression"));
    filter
}

fn webhook(entered: &Submission) -> Json {
    let mut push = Map::new();
    push.insert("url".to_owned(), Json::from(entered.text("url")));
    if let Some(batch) = entered.filled("batch") {
        push.insert("batch".to_owned(), number(batch));
    }
    if let Some(authorization) = authorization(entered) {
        push.insert("authorization".to_owned(), authorization);
    }
    Json::Object(push)
}

/// A recipient with an address, a name and a password, and one more member that only recipients of its kind have.
fn addressed(entered: &Submission, own: &str) -> Map<String, Json> {
    let mut recipient = Map::new();
    recipient.insert("url".to_owned(), Json::from(entered.text("url")));
    for name in ["user", own] {
        put(&mut recipient, name, entered.filled(name));
    }
    // A password may begin with a blank, and stays where none is typed.
    let password = entered.field("password").filter(|password| !password.is_empty());
    put(&mut recipient, "password", password);
    recipient
}

/// The same as a change, which takes away the members that the form leaves empty.
fn changed(mut recipient: Map<String, Json>, names: &[&str]) -> Map<String, Json> {
    for name in names {
        recipient.entry(*name).or_insert(Json::Null);
    }
    recipient
}

fn history(entered: &Submission) -> Map<String, Json> {
    let mut database = addressed(entered, "schema");
    // The interface says of an empty name more than of an absent one.
    database.entry("user").or_insert_with(|| Json::from(""));
    if let Some(batch) = entered.filled("batch") {
        database.insert("batch".to_owned(), number(batch));
    }
    database
}

/// The credentials of a recipient: a name with a password, or a bearer token.
fn authorization(entered: &Submission) -> Option<Json> {
    let secret = entered.field("password").filter(|secret| !secret.is_empty());
    match (entered.filled("user"), secret) {
        (Some(user), secret) => {
            let password = secret.unwrap_or_default();
            Some(json!({ "basic": { "user": user, "password": password } }))
        }
        (None, Some(token)) => Some(json!({ "bearer": { "token": token } })),
        (None, None) => None,
    }
}

fn files(entered: &Submission) -> Json {
    let mut files = Map::new();
    files.insert("place".to_owned(), place(entered));
    files.insert("format".to_owned(), Json::from(entered.text("format")));
    let mut rhythm = Map::new();
    rhythm.insert("cron".to_owned(), Json::from(entered.text("cron")));
    put(&mut rhythm, "timeZone", entered.filled("rhythmZone"));
    files.insert("rhythm".to_owned(), Json::Object(rhythm));
    put(&mut files, "layout", entered.filled("layout"));
    put(&mut files, "name", entered.filled("fileName"));
    Json::Object(files)
}

fn place(entered: &Submission) -> Json {
    let kind = place_of(entered);
    let mut place = Map::new();
    let mut said = |member: &str, field: &str| put(&mut place, member, entered.filled(field));
    match kind {
        "webdav" => said("url", "placeUrl"),
        "s3" => {
            said("endpoint", "placeUrl");
            said("bucket", "bucket");
            said("region", "region");
            said("accessKey", "user");
            said("folder", "folder");
        }
        "folder" => said("path", "folder"),
        _ => {
            said("host", "host");
            said("user", "user");
            said("folder", "folder");
        }
    }
    let password = entered.field("password").filter(|password| !password.is_empty());
    match kind {
        "webdav" => {
            if let Some(authorization) = authorization(entered) {
                place.insert("authorization".to_owned(), authorization);
            }
        }
        "s3" => put(&mut place, "secretKey", password),
        "folder" => {}
        _ => {
            put(&mut place, "password", password);
            if let Some(port) = entered.filled("port") {
                place.insert("port".to_owned(), number(port));
            }
        }
    }
    if kind == "sftp" {
        put(&mut place, "hostKey", entered.filled("hostKey"));
        put(&mut place, "privateKey", entered.filled("privateKey"));
    }
    json!({ kind: place })
}

/// The fault of the form that a problem tells of, at its field.
pub(super) fn fault_of(problem: &Problem) -> Fault {
    let path = problem.member("path").and_then(Json::as_str);
    // Of what is well formed and cannot be, the place stands in front: `to.mqtt: url must …`.
    let place = path.map_or_else(|| problem.detail().replace(": ", "."), str::to_owned);
    match field_of(&place) {
        Some(field) => Fault::at_field(problem, field),
        None => Fault::of(problem),
    }
}

/// The field of the form that a problem is about, by the path that it names.
fn field_of(path: &str) -> Option<&'static str> {
    let fields = [
        ("to.http.url", "url"),
        ("to.http.authorization", "password"),
        ("to.http.batch", "batch"),
        ("to.http", "url"),
        ("to.mqtt.topic", "topic"),
        ("to.mqtt.user", "user"),
        ("to.mqtt.password", "password"),
        ("to.mqtt", "url"),
        ("to.postgres.user", "user"),
        ("to.postgres.password", "password"),
        ("to.postgres.schema", "schema"),
        ("to.postgres.batch", "batch"),
        ("to.postgres", "url"),
        ("to.files.rhythm.timeZone", "rhythmZone"),
        ("to.files.rhythm", "cron"),
        ("to.files.format", "format"),
        ("to.files.layout", "layout"),
        ("to.files.name", "fileName"),
        ("to.files.place.sftp.hostKey", "hostKey"),
        ("to.files.place.sftp.privateKey", "privateKey"),
        ("to.files.place.webdav.url", "placeUrl"),
        ("to.files.place.s3.endpoint", "placeUrl"),
        ("to.files.place.s3.bucket", "bucket"),
        ("to.files.place.s3.region", "region"),
        ("to.files.place.s3.accessKey", "user"),
        ("to.files.place.s3.secretKey", "password"),
        ("to.files.place.s3", "placeUrl"),
        ("to.files.place.webdav.authorization", "password"),
        ("to.files.place.webdav", "placeUrl"),
        ("to.files.place.folder", "folder"),
        ("to.files.place", "host"),
        ("filter.subGroups", "subGroups"),
        ("filter.useCases", "useCases"),
        ("filter.expression", "expression"),
        ("timeZone", "timeZone"),
        ("shape", "shape"),
        ("description", "description"),
    ];
    fields.into_iter().find(|(start, _)| path.starts_with(start)).map(|(_, field)| field)
}

#[cfg(test)]
mod tests {
    use champollion_delivery::routes::Route;

    use super::*;

    fn entered(fields: &[(&str, &str)]) -> Submission {
        Submission::of_fields(
            fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        )
    }

    fn route(fields: &[(&str, &str)]) -> Route {
        serde_json::from_value(definition(&entered(fields))).unwrap()
    }

    #[test]
    fn each_kind_of_route_is_one_of_the_interface() {
        let webhook = [("kind", "http"), ("url", "https://a.example/x"), ("batch", "10")];
        assert_eq!(route(&webhook).to.kind().to_string(), "http");
        assert_eq!(route(&[("kind", "pull")]).to.kind().to_string(), "pull");
        let broker =
            [("kind", "mqtt"), ("url", "mqtts://broker.example"), ("topic", "city/{devEui}")];
        assert_eq!(route(&broker).to.kind().to_string(), "mqtt");
        let database = [
            ("kind", "postgres"),
            ("url", "postgres://db.example/town"),
            ("user", "champollion"),
            ("password", "secret"),
            ("schema", "sensors"),
            ("batch", "50"),
        ];
        assert_eq!(route(&database).to.kind().to_string(), "postgres");
        for place in PLACES {
            let fields = [
                ("kind", "files"),
                ("place", place),
                ("format", "csv-rows"),
                ("cron", "0 6 * * *"),
                ("host", "files.example"),
                ("port", "2222"),
                ("user", "meters"),
                ("password", "secret"),
                ("hostKey", "SHA256:x"),
                ("placeUrl", "https://files.example/in"),
                ("bucket", "meters"),
                ("folder", "in"),
            ];
            assert_eq!(route(&fields).to.kind().to_string(), "files", "{place}");
            let own = fields_of(place);
            let shown = fields.into_iter().filter(|(name, _)| {
                own.contains(name) || ["kind", "place", "format", "cron"].contains(name)
            });
            let shown: Vec<(&str, &str)> = shown.collect();
            assert_eq!(route(&shown), route(&fields), "{place}: the form lacks a field");
        }
    }

    #[test]
    fn credentials_are_of_the_kind_that_is_filled_in() {
        let with_user = [("url", "https://a.example"), ("user", "ada"), ("password", "p")];
        let made = definition(&entered(&with_user));
        assert_eq!(made["to"]["http"]["authorization"]["basic"]["user"], "ada");
        let made = definition(&entered(&[("url", "https://a.example"), ("password", "t")]));
        assert_eq!(made["to"]["http"]["authorization"]["bearer"]["token"], "t");
    }

    #[test]
    fn a_change_takes_away_what_the_form_leaves_empty() {
        let patch = patch(&entered(&[("subGroups", "north, south"), ("onlyNew", "on")]));
        assert_eq!(patch["filter"]["subGroups"], json!(["north", "south"]));
        assert!(patch["description"].is_null() && patch["onlyNew"] == true);
        assert!(patch.get("to").is_none(), "the recipient stays");
    }

    #[test]
    fn a_password_stays_where_none_is_typed() {
        let fields = [("kind", "mqtt"), ("url", "mqtts://b.example"), ("user", "ada")];
        let patch = patch(&entered(&fields));
        let broker = json!({ "url": "mqtts://b.example", "user": "ada", "topic": null });
        assert_eq!(patch["to"], json!({ "mqtt": broker }), "the topic is the usual one again");
    }

    #[test]
    fn a_problem_stands_at_its_field() {
        assert_eq!(field_of("to.http.url"), Some("url"));
        assert_eq!(field_of("to.files.rhythm.cron"), Some("cron"));
        assert_eq!(field_of("to.postgres.schema"), Some("schema"));
        assert_eq!(field_of("to.mqtt"), Some("url"));
        assert_eq!(field_of("paused"), None);
        let said = "to.postgres: schema must be a name of small letters";
        let fault = fault_of(&Problem::unprocessable("invalid-route", said));
        assert!(fault.at("schema").is_some() && fault.at("url").is_none());
    }
}
