//! The OpenAPI document as the pages of the reference show it: operations by their tags, each with what it takes and
//! what it answers.

use serde_json::Value as Json;

/// The first status code of a problem.
const FIRST_PROBLEM: u16 = 400;

/// The methods of operations, in the order in which those of one path are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document of the interface.
pub(super) struct Document {
    /// The tags with the operations of each, in the order of the document.
    pub(super) tags: Vec<Tag>,
    /// The schemas by their names.
    pub(super) schemas: Json,
}

/// A tag with its operations.
pub(super) struct Tag {
    /// The name of the tag.
    pub(super) name: String,
    /// The words for what it gathers.
    pub(super) description: String,
    /// The operations of the tag.
    pub(super) operations: Vec<Operation>,
}

/// An operation: a method of a path.
pub(super) struct Operation {
    /// The name of the operation, by which its page is found.
    pub(super) id: String,
    /// The method, in capital letters.
    pub(super) method: String,
    /// The template of the path.
    pub(super) path: String,
    /// The tag that the operation stands under.
    pub(super) tag: String,
    /// The sentence for what it does.
    pub(super) summary: String,
    /// More than the sentence; empty where there is no more.
    pub(super) description: String,
    /// The roles that may; none of an operation that is open to everybody.
    pub(super) roles: Vec<String>,
    /// The scope that a token needs; empty where none is named.
    pub(super) scope: String,
    /// The parts of the path, the parameters of the query and the headers.
    pub(super) parameters: Vec<Parameter>,
    /// The body that it takes.
    pub(super) body: Option<Content>,
    /// The answers that it gives, problems among them.
    pub(super) answers: Vec<Answer>,
}

/// A parameter of an operation.
pub(super) struct Parameter {
    /// The name of the parameter.
    pub(super) name: String,
    /// The place of the parameter: `path`, `query` or `header`.
    pub(super) place: String,
    /// Whether it must be there.
    pub(super) required: bool,
    /// The words for what it says.
    pub(super) description: String,
    /// The schema of its value.
    pub(super) schema: Json,
}

/// A body, of a request or an answer.
pub(super) struct Content {
    /// The media type of the body.
    pub(super) media_type: String,
    /// The words for what it is; empty where there are none.
    pub(super) description: String,
    /// The schema of the body.
    pub(super) schema: Json,
}

/// An answer of an operation under one status code.
pub(super) struct Answer {
    /// The status code of the answer.
    pub(super) status: String,
    /// The words for the answer; empty of a problem.
    pub(super) description: String,
    /// The body of the answer.
    pub(super) content: Option<Content>,
    /// The codes of the problems, each with its meaning; none of another answer.
    pub(super) codes: Vec<(String, String)>,
}

impl Document {
    /// Reads the document that the interface serves.
    pub(super) fn read(json: &Json) -> Self {
        let operations = || {
            let paths = json["paths"].as_object().into_iter().flatten();
            paths.flat_map(|(path, item)| of_path(path, item))
        };
        let tag = |tag: &Json| {
            let name = text(&tag["name"]);
            let own = operations().filter(|operation| operation.tag == name).collect();
            Tag { operations: own, description: text(&tag["description"]), name }
        };
        let tags = json["tags"].as_array().into_iter().flatten().map(tag);
        let tags = tags.filter(|tag| !tag.operations.is_empty()).collect();
        Self { tags, schemas: json["components"]["schemas"].clone() }
    }

    /// The operation of a name.
    pub(super) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations().find(|operation| operation.id == id)
    }

    /// The operations, one tag after the other.
    pub(super) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.tags.iter().flat_map(|tag| &tag.operations)
    }

    /// The schema of a name.
    pub(super) fn schema(&self, name: &str) -> Option<&Json> {
        self.schemas.get(name)
    }
}

impl Operation {
    /// Whether it stands in all words that are looked for.
    pub(super) fn has(&self, words: &str) -> bool {
        let own = format!("{} {} {} {}", self.method, self.path, self.summary, self.id);
        let own = own.to_lowercase();
        words.split_whitespace().all(|word| own.contains(&word.to_lowercase()))
    }

    /// Whether a browser can try it with a form: its body is none, or JSON.
    pub(super) fn can_be_tried(&self) -> bool {
        self.body.as_ref().is_none_or(Content::is_json)
    }
}

impl Content {
    /// Whether it is a JSON value.
    pub(super) fn is_json(&self) -> bool {
        self.media_type.ends_with("json") && self.media_type != "application/x-ndjson"
    }
}

fn of_path<'of>(path: &'of str, item: &'of Json) -> impl Iterator<Item = Operation> + 'of {
    let found = METHODS.iter().filter_map(move |method| Some((*method, item.get(*method)?)));
    found.map(move |(method, json)| operation(method, path, json))
}

fn operation(method: &str, path: &str, json: &Json) -> Operation {
    let texts = |list: &Json| list.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let answers = json["responses"].as_object().into_iter().flatten();
    Operation {
        id: text(&json["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: text(&json["tags"][0]),
        summary: text(&json["summary"]),
        description: without_rights(&text(&json["description"])),
        roles: texts(&json["x-roles"]),
        scope: texts(&json["security"][0]["token"]).join(", "),
        parameters: json["parameters"].as_array().into_iter().flatten().map(parameter).collect(),
        body: json.get("requestBody").and_then(|body| content(body, &text(&body["description"]))),
        answers: answers.map(|(status, answer)| self::answer(status, answer)).collect(),
    }
}

/// The description without its last sentence, which says in words what stands under roles and scope.
fn without_rights(description: &str) -> String {
    let paragraphs = description.split("\n\n");
    let own = paragraphs.filter(|paragraph| !paragraph.starts_with("For tokens of the roles "));
    own.collect::<Vec<_>>().join("\n\n")
}

fn parameter(json: &Json) -> Parameter {
    Parameter {
        name: text(&json["name"]),
        place: text(&json["in"]),
        required: json["required"] == true,
        description: text(&json["description"]),
        schema: json["schema"].clone(),
    }
}

fn content(json: &Json, description: &str) -> Option<Content> {
    let (media_type, content) = json["content"].as_object()?.iter().next()?;
    let (media_type, schema) = (media_type.clone(), content["schema"].clone());
    Some(Content { media_type, description: description.to_owned(), schema })
}

fn answer(status: &str, json: &Json) -> Answer {
    let (words, is_problem) = (
        text(&json["description"]),
        status.parse().is_ok_and(|status: u16| status >= FIRST_PROBLEM),
    );
    if !is_problem {
        let (status, content) = (status.to_owned(), content(json, ""));
        return Answer { status, description: words, content, codes: Vec::new() };
    }
    let codes = words.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    let codes = codes.map(|(code, meaning)| (code.to_owned(), meaning.to_owned())).collect();
    Answer { status: status.to_owned(), description: String::new(), content: None, codes }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Document {
        Document::read(&json!({
            "tags": [{ "name": "routes", "description": "Routes push." }, { "name": "empty" }],
            "paths": { "/v1/routes/{name}": {
                "put": {
                    "operationId": "putRoute", "tags": ["routes"], "summary": "Make a route",
                    "description": "It stays.\n\nFor tokens of the roles `owner` with the scope `routes`.",
                    "x-roles": ["owner"], "security": [{ "token": ["routes"] }],
                    "parameters": [{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }],
                    "requestBody": { "content": { "application/json": { "schema": {} } } },
                    "responses": {
                        "200": { "description": "The route." },
                        "404": { "description": "- `no-such-route`: There is none.\n- `no-such-path`: Nothing." },
                    },
                },
                "get": { "operationId": "getRoute", "tags": ["routes"], "responses": {} },
            } },
            "components": { "schemas": { "Route": { "type": "object" } } },
        }))
    }

    #[test]
    fn an_operation_is_read_with_its_rights_and_its_problems() {
        let document = document();
        let put = document.operation("putRoute").unwrap();
        assert_eq!((put.method.as_str(), put.description.as_str()), ("PUT", "It stays."));
        assert_eq!(
            (put.roles.as_slice(), put.scope.as_str()),
            (&["owner".to_owned()][..], "routes")
        );
        let missing = &put.answers[1];
        assert_eq!(missing.codes[0], ("no-such-route".to_owned(), "There is none.".to_owned()));
        assert_eq!(missing.codes.len(), 2);
        assert!(put.can_be_tried() && put.parameters[0].required);
    }

    #[test]
    fn operations_stand_under_their_tags_and_are_found_by_words() {
        let document = document();
        assert_eq!(document.tags.len(), 1, "a tag without operations is none");
        assert_eq!(document.operations().count(), 2);
        let found = |words: &str| document.operations().filter(|one| one.has(words)).count();
        assert_eq!((found("ROUTE put"), found("routes"), found("device")), (1, 2, 0));
        assert!(document.schema("Route").is_some() && document.schema("None").is_none());
    }
}
