//! The rights of all roles: each operation of the reference is asked for by each role about what is its own, about what is
//! another partner's, and about what does not exist. What comes of it is the table of docs/roles.md; an operation
//! without a rule fails the test.

mod asked;
mod rules;
mod world;

use std::{collections::BTreeMap, env, fs};

use champollion_tests::{Answer, Table, workspace};
use serde_json::Value as Json;
use ureq::http::Method;

use asked::{Side, without_request_id};
use rules::{Rule, rule_of};
use world::{ROLES, World};

/// Begins the page of the table.
const PAGE: &str = "# Roles

Each request of the interface, and the roles that it is for. A person has roles by grants, a machine by its token:
[people.md](people.md). The table is made by `tests/roles`, which sends every request in every role about what is the
sender's own, about what is another partner's, and about what does not exist, and holds the answers against
`/openapi.json`. What is another partner's is answered exactly as what does not exist, with one exception: a DevEUI is that
of one device in the world, so to register one that another partner has is answered with 409 `device-elsewhere`, which tells
nothing else of it.

| cell | is |
| --- | --- |
| `open` | needs no token |
| `yes` | is let in; no group plays a part |
| `own` | is let in about what lies within the scope of the grant or token, and about nothing else |
| `all` | is let in about every group |
| – | is refused |

";

/// The words of refusals: a sender who gets another problem was let in, and asked for something wrong.
const REFUSALS: [&str; 11] = [
    "forbidden",
    "unknown-device",
    "unknown-downlink",
    "unknown-schedule",
    "unknown-group",
    "unknown-token",
    "unknown-person",
    "unknown-partner",
    "unknown-grant",
    "unknown-point",
    "unknown-request",
];

/// Part of an answer to those whose role may do it, and whose token is bound to no network server whose messages are
/// read there.
const UNBOUND: &str = "the token is bound to none of the settings";

/// An operation of the reference.
struct Operation {
    method: Method,
    template: String,
    /// The roles that may; none where no token is needed.
    roles: Option<Vec<String>>,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether it takes away or ends what it is about, so that the next one needs another.
    fn consumes(&self) -> bool {
        self.method == Method::DELETE || self.template.ends_with("/suspend")
    }

    /// The kind of access that the reference gives a role, by a rule.
    fn access(&self, role: &str, rule: &Rule) -> Access {
        let Some(roles) = &self.roles else { return Access::Open };
        if !roles.iter().any(|other| other == role) {
            return Access::None;
        }
        match (rule.is_of_group(), role) {
            (false, "lns" | "partner") if matches!(rule, Rule::Account(_)) => Access::None,
            (false, _) => Access::Yes,
            (true, "admin" | "auditor") => Access::All,
            (true, "publisher") if matches!(rule, Rule::Work(_)) => Access::All,
            (true, "lns" | "publisher") => Access::None,
            (true, _) => Access::Own,
        }
    }
}

/// The kinds of access.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Open,
    Yes,
    Own,
    All,
    None,
}

impl Access {
    fn cell(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Yes => "yes",
            Self::Own => "own",
            Self::All => "all",
            Self::None => "–",
        }
    }

    /// Whether a request about a side is let in; nothing is demanded where the thing does not exist for an admin.
    fn lets_in(self, side: Side) -> Option<bool> {
        match (self, side) {
            (Self::Open | Self::Yes, _) => Some(true),
            (Self::All, Side::Nowhere) => None,
            (Self::All, _) | (Self::Own, Side::Own) => Some(true),
            (Self::Own | Self::None, _) => Some(false),
        }
    }
}

fn operations(world: &World) -> Vec<Operation> {
    let document = world.server.anybody().get("/openapi.json").success();
    let paths = document["paths"].as_object().expect("a document has paths");
    let of_path = |(template, item): (&String, &Json)| {
        let operations = item.as_object().expect("a path has operations").clone();
        let template = template.clone();
        operations.into_iter().map(move |(method, json)| Operation {
            method: method.to_uppercase().parse().expect("it is a method"),
            template: template.clone(),
            roles: json["x-roles"]
                .as_array()
                .map(|roles| roles.iter().filter_map(Json::as_str).map(str::to_owned).collect()),
        })
    };
    paths.iter().flat_map(of_path).collect()
}

/// Whether a sender was let in. A person who is let in to an own account may know neither password nor token.
fn is_let_in(answer: &Answer, rule: &Rule) -> bool {
    let code = answer.body["code"].as_str().unwrap_or_default();
    if matches!(rule, Rule::Account(_)) {
        return !["forbidden", "token-missing"].contains(&code);
    }
    if answer.text.contains(UNBOUND) {
        return true;
    }
    answer.status != 401 && !(answer.status >= 400 && REFUSALS.contains(&code))
}

#[test]
fn every_operation_is_for_its_roles_and_about_what_is_their_own() {
    let mut world = World::new();
    let operations = operations(&world);
    assert!(operations.len() > 80, "{} operations", operations.len());
    let unruled: Vec<String> =
        operations.iter().map(Operation::name).filter(|name| rule_of(name).is_none()).collect();
    assert!(unruled.is_empty(), "operations without a rule in tests/roles/rules.rs: {unruled:?}");

    let mut faults = Table::default();
    let mut rows: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for operation in &operations {
        let name = operation.name();
        let Some(rule) = rule_of(&name) else { continue };
        assert_eq!(
            operation.roles.is_none(),
            matches!(rule, Rule::Open),
            "{name}: the rule and the reference differ in whether a token is needed"
        );
        for role in ROLES {
            let access = operation.access(role, &rule);
            rows.entry(name.clone()).or_default().push(access.cell());
            check(&mut world, operation, &rule, (role, access), &mut faults);
        }
        let nobody = operation.roles.is_some();
        let asked = world.asked(Side::Own, false);
        let answer = world.send(&world.server.anybody(), operation, &rule, &asked);
        let line = format!("nobody: {name}");
        let fault = (is_let_in(&answer, &rule) == nobody)
            .then(|| format!("{} {}", answer.status, answer.text));
        faults.check(&line, fault);
    }
    faults.finish();
    let page = page(&rows);
    eprintln!("{page}");
    holds("docs/roles.md", &page);
}

fn check(
    world: &mut World,
    operation: &Operation,
    rule: &Rule,
    (role, access): (&'static str, Access),
    faults: &mut Table,
) {
    let name = operation.name();
    let mut answers = BTreeMap::new();
    for side in Side::ALL {
        let asked = world.asked(side, operation.consumes());
        let client = world.client(role);
        let answer = world.send(&client, operation, rule, &asked);
        let line = format!("{role}: {name} about {side:?}");
        let shown = || format!("{} {}", answer.status, answer.text);
        let wrong = access.lets_in(side).is_some_and(|wanted| wanted != is_let_in(&answer, rule));
        faults.check(&line, (wrong || answer.status >= 500).then(shown));
        // Nothing of another partner is told to those who are not of the territory.
        let tells = side == Side::Own
            && matches!(access, Access::Own | Access::Yes | Access::None)
            && !(["admin", "auditor"].contains(&role) || works_on_all(role, operation))
            && world.of_others().iter().any(|word| answer.text.contains(word));
        faults.check(&format!("{line} tells of others"), tells.then(shown));
        answers.insert(side, asked.without_names(&answer));
    }
    if rule.is_of_group() && !matches!(access, Access::All) {
        let (other, nowhere) = (&answers[&Side::Other], &answers[&Side::Nowhere]);
        let differs = (other != nowhere).then(|| format!("{other:?}\nand nothing: {nowhere:?}"));
        faults.check(&format!("{role}: {name} tells another's from nothing"), differs);
    }
}

/// Whether a role sees the requests of all partners: those who publish work on each.
fn works_on_all(role: &str, operation: &Operation) -> bool {
    role == "publisher" && operation.template.starts_with("/v1/decoder-requests")
}

/// The one answer that cannot be the same: a DevEUI is that of one device in the world. What is told is that it
/// cannot be registered, and not by whom it is.
#[test]
fn a_device_of_another_partner_cannot_be_registered_and_nothing_is_told_of_it() {
    let mut world = World::new();
    let other = world.asked(Side::Other, true);
    let owner = world.client("owner");
    let path = format!("/v1/devices/{}", other.device);
    let own = serde_json::json!({ "group": Side::Own.group() });
    let refused = owner.put(&path, &own);
    let said = refused.problem(409, "device-elsewhere");
    assert!(said.contains(&other.device) && !said.contains(Side::Other.group()), "{said}");
    let kept = world.server.admin().get(&path).success();
    assert_eq!(kept["group"], Side::Other.group());
    // Grants of other people are as unknown as grants that there are not.
    let own = world.asked(Side::Own, true);
    let answers = [&other.grant, &world.asked(Side::Nowhere, false).grant].map(|grant| {
        let answer = owner.delete(&format!("/v1/people/{}/grants/{grant}", own.person));
        (answer.status, without_request_id(&answer).replace(grant.as_str(), "…"))
    });
    assert_eq!(answers[0].0, 404);
    assert_eq!(answers[0], answers[1]);
}

fn page(rows: &BTreeMap<String, Vec<&str>>) -> String {
    let mut page = format!("{PAGE}| request | {} |\n", ROLES.join(" | "));
    page.push_str(&format!("| --- |{}\n", " --- |".repeat(ROLES.len())));
    for (name, cells) in rows {
        page.push_str(&format!("| `{name}` | {} |\n", cells.join(" | ")));
    }
    page
}

/// Compares a page with what it should hold, or writes it, with `CHAMPOLLION_BLESS` in the environment.
#[track_caller]
fn holds(path: &str, content: &str) {
    let file = workspace().join(path);
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::write(&file, content).expect("it can be written");
        return;
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == content,
        "{path} is not what the server does: run the test with CHAMPOLLION_BLESS=1 to write it"
    );
}
