//! Two partners, each with a group, devices, people, tokens and routes, and senders of each role.

use std::collections::HashMap;

use champollion_tests::{Answer, Client, LUMINAIRE, Outside, Sensor, Server, Setup};
use serde_json::{Value as Json, json};

use crate::{
    Operation,
    asked::{Asked, Side},
    rules::{Rule, declaration, schedule_of, wish},
};

/// The roles of the table, in the order of its columns.
pub(crate) const ROLES: [&str; 8] =
    ["reader", "operator", "owner", "partner", "lns", "publisher", "auditor", "admin"];

/// Bounds that the many requests of the table do not meet.
const SETTINGS: &str = "
[requests]
by-token-per-second = 0
by-group-per-second = 0
without-token-per-second = 0
[quotas]
tokens = 100000
routes = 1000
route-tests-per-minute = 100000
route-changes-per-minute = 100000
[people]
accounts = 100000
grants = 1000
tokens = 1000
";

/// A UUID of nothing.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

pub(crate) struct World {
    pub(crate) server: Server,
    _outside: Outside,
    clients: HashMap<&'static str, Client>,
    kept: HashMap<Side, Asked>,
    made: u32,
}

fn id(made: &Json) -> String {
    made["id"].as_str().expect("it has an id").to_owned()
}

impl World {
    pub(crate) fn new() -> Self {
        // Commands wait for a network server that is away.
        let outside = Outside::away(|_| (503, String::new()));
        let settings = format!(
            "[network-servers.city]\nkind = \"chirpstack\"\n\
             [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n{SETTINGS}",
            outside.url()
        );
        let server = Setup::default().settings(&settings).start();
        server.publish_own(LUMINAIRE);
        let admin = server.admin();
        for (number, side) in (1..).zip([Side::Own, Side::Other]) {
            let partner = json!({
                "id": side.partner(),
                "name": side.partner(),
                "groups": [side.group()],
            });
            admin.post("/v1/partners", &partner).success();
            let light = Sensor::new(number);
            let mut registration = light.registration(side.group(), Some("nas/ul20xx@^1"));
            registration["networkServer"] = json!("city");
            registration["tags"] = json!({ "kind": "light" });
            admin.put(&light.path(), &registration).success();
            let place = json!({ "point": "all" });
            admin.put(&format!("{}/point", light.path()), &place).success();
            let pull = json!({ "to": { "pull": {} } });
            admin.put(&format!("/v1/routes/all?group={}", side.group()), &pull).success();
            let owner =
                [json!({ "scope": format!("partner:{}", side.partner()), "role": "owner" })];
            person(&server, &format!("chief@{}.example", side.partner()), &owner);
        }
        let clients = ROLES.map(|role| (role, client(&server, role))).into();
        let mut world = Self { server, _outside: outside, clients, kept: HashMap::new(), made: 0 };
        for side in Side::ALL {
            let asked = world.fresh(side);
            world.kept.insert(side, asked);
        }
        world
    }

    pub(crate) fn client(&self, role: &str) -> Client {
        self.clients[role].clone()
    }

    /// The things of a side: those of before, or new ones.
    pub(crate) fn asked(&mut self, side: Side, fresh: bool) -> Asked {
        match fresh {
            true => self.fresh(side),
            false => self.kept[&side].clone(),
        }
    }

    /// Words that only answers about the other partner have.
    pub(crate) fn of_others(&self) -> Vec<String> {
        let Asked { device, command, schedule, person, grant, token, request, wish, side } =
            self.kept[&Side::Other].clone();
        let (group, partner) = (side.group().to_owned(), side.partner().to_owned());
        vec![device, command, schedule, person, grant, token, request, wish, group, partner]
    }

    fn fresh(&mut self, side: Side) -> Asked {
        self.made += 1;
        let number = self.made;
        // Of the same form as those that there are.
        if side == Side::Nowhere {
            return Asked {
                side,
                device: format!("02C4A3FFFE4{number:05X}"),
                command: NO_ID.to_owned(),
                schedule: NO_ID.to_owned(),
                person: NO_ID.to_owned(),
                grant: NO_ID.to_owned(),
                token: "0123456789abcdef".to_owned(),
                request: NO_ID.to_owned(),
                wish: NO_ID.to_owned(),
            };
        }
        let admin = self.server.admin();
        let device = format!("02C4A3FFFE3{number:05X}");
        let registration = json!({ "group": side.group(), "activation": { "networkServer": {} } });
        admin.put(&format!("/v1/devices/{device}"), &registration).success();
        let light = Sensor::new(if side == Side::Own { 1 } else { 2 });
        let command = json!({ "command": { "manualDimming": { "destination": [
            { "address": "dali_broadcast", "dimmingLevel": 100 },
        ] } } });
        let command = admin.post(&format!("{}/downlinks", light.path()), &command).success();
        let schedule = admin.post("/v1/schedules", &schedule_of(side.group())).success();
        let reader = [json!({ "scope": format!("group:{}", side.group()), "role": "reader" })];
        let address = format!("number-{number}@{}.example", side.partner());
        let person = person(&self.server, &address, &reader);
        let wanted = json!({ "name": "of a test", "role": "partner", "group": side.group() });
        let token = admin.post("/v1/tokens", &wanted).success();
        // A partner asks for one approval at a time, so each side has one request.
        let request = self.kept.get(&side).map(|kept| kept.request.clone()).unwrap_or_else(|| {
            let path = format!("/v1/partners/{}/approval", side.partner());
            id(&admin.post(&path, &declaration()).success())
        });
        // A partner has so many requests for decoders under way, so each side has one.
        let wish = self.kept.get(&side).map(|kept| kept.wish.clone()).unwrap_or_else(|| {
            let wanted = json!({ "partner": side.partner(), "wish": wish() });
            id(&admin.post("/v1/decoder-requests", &wanted).success())
        });
        Asked {
            side,
            request,
            wish,
            device,
            command: id(&command),
            schedule: id(&schedule),
            grant: id(&person["grants"][0]),
            person: id(&person),
            token: id(&token),
        }
    }

    /// Sends a request about some things.
    pub(crate) fn send(
        &self,
        client: &Client,
        operation: &Operation,
        rule: &Rule,
        asked: &Asked,
    ) -> Answer {
        let mut path = operation.template.clone();
        let id = match path.as_str() {
            of if of.starts_with("/v1/downlinks/") => &asked.command,
            of if of.starts_with("/v1/schedules/") => &asked.schedule,
            of if of.starts_with("/v1/approvals/") => &asked.request,
            of if of.starts_with("/v1/decoder-requests/") => &asked.wish,
            of if of.starts_with("/v1/people/") => &asked.person,
            of if of.starts_with("/v1/tokens/") => &asked.token,
            _ => NO_ID,
        };
        for (name, value) in [
            ("id", id),
            ("grant", &asked.grant),
            ("dev_eui", &asked.device),
            ("group", asked.side.group()),
            ("partner", asked.side.partner()),
            ("vendor", "nobody"),
            ("model", "nothing"),
            ("version", "1.0.0"),
            ("key", "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("name", "all"),
            ("number", "1"),
            ("point", "all"),
            ("file", "record.json"),
            ("date", "2026-01-01"),
        ] {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{path}: give the part of the path a value here");
        if matches!(rule, Rule::Query(_)) {
            path.push_str(&format!("?group={}", asked.side.group()));
        }
        // A stream of a route that is not there is refused, once it is clear that the sender may follow.
        if path.starts_with("/v1/records/stream") {
            path.push_str("&route=nothing");
        }
        client.send(&operation.method, &path, rule.body(asked).to_string().as_bytes())
    }
}

/// Adds a person with grants.
fn person(server: &Server, email: &str, grants: &[Json]) -> Json {
    let wanted =
        json!({ "name": "Lovelace", "firstName": "Ada", "email": email, "grants": grants });
    server.admin().post("/v1/people", &wanted).success()
}

/// A client in a role: a person's where people have it, and a machine's otherwise.
fn client(server: &Server, role: &'static str) -> Client {
    let scope = match role {
        "reader" | "operator" | "owner" => format!("partner:{}", Side::Own.partner()),
        "auditor" | "admin" | "publisher" => "territory".to_owned(),
        "partner" => return server.partner(Side::Own.group()),
        machine => return server.anybody().token(&server.new_token(machine, None)),
    };
    let grant = [json!({ "scope": scope, "role": role })];
    let person = person(server, &format!("{role}@own.example"), &grant);
    let wanted = json!({ "name": role, "role": "person", "person": id(&person) });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    server.anybody().token(made["token"].as_str().expect("it is shown"))
}
