//! The pages of alerts, used as people use them: a rule is tried, made, changed, paused and removed by forms.

use champollion_tests::{
    Answer, LUMINAIRE, Outside, SIGN_IN_SETTINGS, Sensor, Setup, Visitor, eventually,
};
use serde_json::{Value as Json, json};

use crate::list::Town;

const NEW: (&str, &str) = ("/partner/alerts/new", "/partner/alerts/new");

/// The page of the rule of these tests.
const OWN: &str = "/partner/alerts/water/rules/high";

/// The people that a rule tells.
const MAILS: (&str, &str) = ("mail", "ada@city.example, grace@city.example");

/// The settings that follow those of signing in where mails are sent.
const MAIL_SETTINGS: &str = "public-address = \"https://champollion.city.example\"\n[mail]\nhost = \"127.0.0.1\"\n\
                             port = 1\nsecurity = \"none\"\nfrom = \"champollion@city.example\"\n";

/// Gives a town a mail server, which is away. People come before it, since links of invitations would be mailed.
fn with_mails(mut town: Town) -> Town {
    town.server.change_settings(&format!("{SIGN_IN_SETTINGS}{MAIL_SETTINGS}"));
    town.server.stop();
    town.server.restart();
    town
}

/// Checks that an answer leads to another page.
#[track_caller]
fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), path);
}

/// Sends the form of a new rule on the index of water meters, with some fields otherwise.
#[track_caller]
fn send(town: &Town, owner: &Visitor, more: &[(&str, &str)]) -> Answer {
    let usual = [
        ("group", "water"),
        ("when", "above"),
        ("name", "high"),
        ("quantity", "water.volume"),
        ("limit", "100000"),
        ("unit", "L"),
        ("time", "2"),
        ("timeUnit", "hours"),
        ("language", "fr"),
    ];
    let said = |name: &str| more.iter().any(|(own, _)| *own == name);
    let usual = usual.into_iter().filter(|(name, _)| !said(name));
    let fields: Vec<(&str, &str)> = usual.chain(more.iter().copied()).collect();
    owner.send(&town.server, NEW, &fields)
}

fn rule(town: &Town) -> Json {
    town.server.admin().get("/v1/alerts/rules/high?group=water").success()
}

#[test]
fn a_rule_is_tried_made_changed_paused_and_removed() {
    let town = with_mails(Town::start());
    let owner = town.visitor("owner");
    let empty = owner.open(&town.server, "/partner/alerts/new?when=above").text;
    assert!(empty.contains("<option value=\"water.volume\""), "{empty}");
    for other in ["air.co2", "alarm.leak"] {
        let option = format!("<option value=\"{other}\"");
        assert!(!empty.contains(&option), "no decoder measures {other} here: {empty}");
    }
    let tried = send(&town, &owner, &[("limit", "0"), ("time", ""), ("act", "try")]);
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert!(tried.text.contains("The rule would have been raised once."), "{}", tried.text);
    assert!(tried.text.contains("name=\"limit\" value=\"0\""), "what was typed is there");
    let never = send(&town, &owner, &[("limit", "1e12"), ("act", "try")]);
    assert!(never.text.contains("would not have been raised"), "{}", never.text);
    let rule_of = |path: &str| town.server.admin().get(path);
    rule_of("/v1/alerts/rules/high?group=water").problem(404, "no-such-alert-rule");

    leads_to(&send(&town, &owner, &[MAILS]), &format!("{OWN}?done=alert-rule-made"));
    let made = rule(&town);
    let above = &made["when"]["above"];
    assert_eq!((&above["limit"], &above["unit"]), (&json!(100.0), &json!("m3")), "{made}");
    assert_eq!(above["for"]["seconds"], 7_200, "{made}");
    assert_eq!(made["tell"]["mail"], json!(["ada@city.example", "grace@city.example"]));
    assert_eq!(send(&town, &owner, &[]).status, 409, "it is not written over");

    let page = owner.open(&town.server, OWN).text;
    assert!(page.contains("name=\"limit\" value=\"100\""), "{page}");
    assert!(page.contains("<option value=\"hours\" selected"), "{page}");
    let act = |act: &str, fields: &[(&str, &str)]| {
        owner.send(&town.server, (OWN, &format!("{OWN}{act}")), fields)
    };
    leads_to(&act("/pause", &[]), &format!("{OWN}?done=alert-rule-paused"));
    let below = [("when", "below"), ("quantity", "water.volume"), ("limit", "2,5"), ("back", "3")];
    leads_to(&act("", &below), &format!("{OWN}?done=alert-rule-changed"));
    let changed = rule(&town);
    assert_eq!(changed["when"]["below"]["limit"], 2.5, "{changed}");
    assert!(changed["paused"] == true && changed["tell"].get("mail").is_none(), "{changed}");
    leads_to(&act("/resume", &[]), &format!("{OWN}?done=alert-rule-resumed"));
    assert_eq!(rule(&town)["paused"], false);
    let listed = owner.open(&town.server, "/partner/alerts").text;
    assert!(
        listed.contains(&format!("href=\"{OWN}\"")) && listed.contains("below 2.5 m³"),
        "{listed}"
    );
    leads_to(&act("/remove", &[("sure", "yes")]), "/partner/alerts?done=alert-rule-removed");
    assert_eq!(owner.open(&town.server, OWN).status, 404);
}

#[test]
fn what_is_wrong_with_a_rule_stands_at_its_field() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let wrong: &[(&[(&str, &str)], &str)] = &[
        (&[("limit", "1"), ("back", "2")], "back"),
        (&[("unit", "Cel")], "unit"),
        (&[("limit", "much")], "limit"),
        (&[("quantity", "air.co2")], "quantity"),
        (&[("quantity", "")], "quantity"),
        (&[("frames", "0")], "frames"),
        (&[("when", "outside"), ("low", "2"), ("high", "1"), ("unit", "")], "low"),
        (&[("when", "silent"), ("time", "0")], "time"),
        (&[("when", "alarm"), ("alarm", "water.volume")], "alarm"),
        (&[("device", "none")], "device"),
        (&[("mail", "ada")], "mail"),
        // This server sends none.
        (&[MAILS], "mail"),
        (&[("webhook", "http://10.0.0.1/")], "webhook"),
        (&[("mqttUrl", "https://broker.example"), ("mqttTopic", "a")], "mqttUrl"),
        (&[("name", "A B")], "name"),
    ];
    for (more, field) in wrong {
        let refused = send(&town, &owner, more);
        assert!([400, 422].contains(&refused.status), "{more:?}: {}", refused.text);
        let place = format!("id=\"fault-{field}\"");
        assert!(refused.text.contains(&place), "{more:?} is not at {field}: {}", refused.text);
    }
    let hostile = send(&town, &owner, &[("limit", "\"><script>alert(1)</script>")]);
    assert!(!hostile.text.contains("<script>alert"), "{}", hostile.text);
}

#[test]
fn what_is_wrong_is_said_in_the_language_of_the_page() {
    let town = Town::start();
    let owner = town.visitor("owner").in_language("fr");
    let refused = send(&town, &owner, &[("limit", "1"), ("back", "2")]).text;
    assert!(refused.contains("est au-delà de la limite"), "{refused}");
    assert!(!refused.contains("is beyond"), "it is said whole in French: {refused}");
    let unread = send(&town, &owner, &[("limit", "much")]).text;
    assert!(unread.contains("n’a pas la forme attendue"), "{unread}");
    assert!(unread.contains("class=\"beside\" lang=\"en\">when"), "{unread}");
}

#[test]
fn the_scope_of_a_rule_is_chosen_of_what_there_is() {
    let town = Town::start();
    let mut registration = Sensor::new(2).registration("water", None);
    registration["subGroup"] = json!("north");
    registration["useCase"] = json!("water-metering");
    town.server.admin().put(&Sensor::new(2).path(), &registration).success();
    let owner = town.visitor("owner");
    let form = owner.open(&town.server, "/partner/alerts/new?when=alarm").text;
    for choice in ["<option value=\"north\">north", "<option value=\"water-metering\">"] {
        assert!(form.contains(choice), "it lacks {choice}: {form}");
    }
    let scope = [("when", "alarm"), ("subGroup", "north"), ("useCase", "water-metering")];
    leads_to(&send(&town, &owner, &scope), &format!("{OWN}?done=alert-rule-made"));
    let made = rule(&town);
    assert_eq!(made["scope"], json!({ "subGroup": "north", "useCase": "water-metering" }));
    registration["subGroup"] = json!("south");
    town.server.admin().put(&Sensor::new(2).path(), &registration).success();
    let page = owner.open(&town.server, OWN).text;
    assert!(page.contains("<option value=\"north\" selected"), "it stays chosen: {page}");
    assert!(page.contains("<option value=\"south\">south"), "{page}");
}

#[test]
fn the_command_of_an_alert_is_shown_and_outlives_a_pause() {
    let outside = Outside::away(|_| (503, String::new()));
    let settings = format!(
        "{SIGN_IN_SETTINGS}[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n",
        outside.url()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let light = Sensor::new(1);
    let mut registration = light.registration("light", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    server.admin().put(&light.path(), &registration).success();
    let owner = server.visitor("owner@city.example", "owner", "group:light");
    let command = json!({
        "manualDimming": { "destination": [{ "address": "dali_broadcast", "dimmingLevel": 100 }] },
    });
    let rule = json!({ "when": { "alarm": {} }, "command": { "command": command } });
    let path = "/v1/alerts/rules/lamp?group=light";
    server.admin().put(path, &rule).success();

    let own = "/partner/alerts/light/rules/lamp";
    leads_to(
        &owner.send(&server, (own, &format!("{own}/pause")), &[]),
        &format!("{own}?done=alert-rule-paused"),
    );
    leads_to(
        &owner.send(&server, (own, &format!("{own}/resume")), &[]),
        &format!("{own}?done=alert-rule-resumed"),
    );
    let kept = server.admin().get(path).success();
    assert_eq!(kept["command"]["command"], command, "{kept}");
    assert!(owner.open(&server, own).text.contains("dali_broadcast"));

    // The metering of the light does not answer, which is an alarm.
    let fault = [
        0x01, 0x8E, 0xB2, 0x82, 0x66, 0x20, 0x00, 0x47, 0x07, 0x1A, 0x00, 0x02, 0x01, 0xDE, 0xFE,
        0x21, 0x00, 0x00,
    ];
    let mut frame = light.frame(1, 23, &fault);
    frame["receivedAt"] = json!(jiff::Timestamp::now());
    server.admin().ingest(&frame).success();
    let page = eventually("the command is sent", || {
        let page = owner.open(&server, "/partner/alerts?state=all").text;
        page.contains("Command sent").then_some(page)
    });
    let way = page.split("href=\"/partner/commands/").nth(1).expect("it leads to the command");
    let id = way.split('"').next().expect("it has an end");
    let shown = owner.open(&server, &format!("/partner/commands/{id}"));
    assert_eq!(shown.status, 200, "{}", shown.text);
}

#[test]
fn secrets_of_a_rule_are_shown_once_and_stay_where_none_is_typed() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let systems = [
        ("webhook", "https://recipient.example/alerts"),
        ("mqttUrl", "mqtts://broker.example"),
        ("mqttTopic", "alerts"),
        ("mqttUser", "ada"),
    ];
    let password = [("mqttPassword", "seven lichens")];
    let made = send(&town, &owner, &[&systems[..], &password].concat());
    assert!(made.status == 200 && made.text.contains("whsec_"), "{}", made.text);
    let page = owner.open(&town.server, OWN).text;
    assert!(!page.contains("whsec_") && !page.contains("seven lichens"), "{page}");
    let silent = [("when", "silent"), ("time", "2"), ("timeUnit", "days")];
    let changed = owner.send(&town.server, (OWN, OWN), &[&systems[..], &silent].concat());
    leads_to(&changed, &format!("{OWN}?done=alert-rule-changed"));
    let rule = rule(&town);
    assert_eq!(rule["when"], json!({ "silent": { "seconds": 172_800 } }));
    assert_eq!(rule["tell"]["mqtt"]["password"], "(hidden)", "{rule}");
    let elsewhere =
        [&systems[..1], &[("mqttUrl", "mqtts://other.example"), ("mqttTopic", "a")], &silent];
    let refused = owner.send(&town.server, (OWN, OWN), &elsewhere.concat());
    assert_eq!(refused.status, 422, "a secret goes nowhere else: {}", refused.text);
}

#[test]
fn a_reader_sees_a_rule_and_another_partner_sees_none() {
    let town = Town::start();
    leads_to(&send(&town, &town.visitor("owner"), &[]), &format!("{OWN}?done=alert-rule-made"));
    let reader = town.visitor("reader");
    let page = reader.open(&town.server, OWN);
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("above 100 m³") && !page.text.contains("name=\"limit\""),
        "{}",
        page.text
    );
    let listed = reader.open(&town.server, "/partner/alerts").text;
    assert!(!listed.contains("/partner/alerts/new"), "{listed}");
    let other = town.server.visitor("other@city.example", "owner", "group:light");
    let status = |path: &str| other.open(&town.server, path).status;
    assert_eq!(
        status(OWN),
        status("/partner/alerts/water/rules/none"),
        "it is as one that is missing"
    );
    assert_eq!(status("/partner/alerts/light/rules/high"), 404);
    let hostile =
        other.send(&town.server, NEW, &[("group", "water"), ("when", "alarm"), ("name", "a")]);
    assert!(hostile.status >= 400, "{}", hostile.text);
}

/// The rules that a page links to.
fn linked(page: &str) -> Vec<String> {
    let links = page.split("href=\"/partner/alerts/group-").skip(1);
    links.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn an_admin_sees_the_rules_of_all_groups_part_by_part() {
    let server = Setup::default().settings(SIGN_IN_SETTINGS).start();
    let groups: Vec<String> = (0..30).map(|number| format!("group-{number:02}")).collect();
    let partner = json!({ "id": "city", "name": "City", "groups": groups });
    server.admin().post("/v1/partners", &partner).success();
    for group in &groups {
        for rule in ["a", "b", "c", "d"] {
            let path = format!("/v1/alerts/rules/{rule}?group={group}");
            server.admin().put(&path, &json!({ "when": { "alarm": {} } })).success();
        }
    }
    let admin = server.visitor("admin@city.example", "admin", "territory");
    let first = admin.open(&server, "/partner/alerts?state=all").text;
    let mut links = first.split("href=\"").filter_map(|rest| Some(rest.split_once('"')?.0));
    let link = links.find(|link| link.contains("rules-after=")).expect("there are more");
    let link = link.replace("&amp;", "&");
    assert!(link.contains("state=all"), "what is asked stays: {link}");
    let second = admin.open(&server, &link).text;
    assert!(second.contains("rel=\"first\""), "{second}");
    let mut all = linked(&first);
    assert_eq!(all.len(), 100, "{first}");
    all.extend(linked(&second));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 120, "{second}");
    assert_eq!((all[0].as_str(), all[119].as_str()), ("00/rules/a", "29/rules/d"));
}
