//! Partners and people on the command line, and the review of rights.

use champollion_tests::Server;
use serde_json::json;

use super::{add_person, text};

#[test]
fn partners_and_people_are_managed_on_the_command_line() {
    let server = Server::start();
    let cli = server.admin_cli();
    let added = cli.run(&["partners", "add", "city", "--name", "The city", "--group", "water"]);
    assert!(added.success().contains("The city"));
    let changed = cli.json(&["partners", "change", "city", "--add-group", "light", "--json"]);
    assert_eq!(changed["groups"], json!(["light", "water"]), "{changed}");
    assert!(cli.run(&["partners", "list"]).success().contains("light water"));

    let ada = cli.json(&[
        "people",
        "add",
        "--name",
        "Lovelace",
        "--first-name",
        "Ada",
        "--email",
        "Ada@City.example",
        "--grant",
        "owner@partner:city",
        "--json",
    ]);
    assert_eq!((&ada["home"], &ada["email"]), (&json!("partner:city"), &json!("ada@city.example")));
    let granted = cli.run(&["people", "grant", "ada@city.example", "reader@group:water"]).success();
    assert!(granted.contains("reader@group:water"), "{granted}");
    let shown = cli.run(&["people", "show", "ada@city.example"]).success();
    assert!(shown.contains("owner@partner:city") && shown.contains("Ada Lovelace"), "{shown}");
    let listed = cli.run(&["people", "list"]).success();
    assert!(listed.contains("owner@partner:city reader@group:water"), "{listed}");
    let revoked = cli.run(&["people", "revoke", "ada@city.example", "reader@group:water"]);
    assert!(revoked.success().contains("revoked"));
    let corrected = cli.json(&["people", "change", "ada@city.example", "--name", "King", "--json"]);
    assert_eq!((&corrected["name"], &corrected["firstName"]), (&json!("King"), &json!("Ada")));
    let back = cli.json(&["people", "change", "ada@city.example", "--name", "Lovelace", "--json"]);
    assert_eq!(back["name"], "Lovelace");
    let last = cli.run(&["people", "revoke", "ada@city.example", "owner@partner:city"]);
    assert!(last.sentence().contains("last-owner"), "{}", last.sentence());
    let wrong = cli.run(&["people", "show", "nobody@city.example"]);
    assert!(wrong.sentence().contains("nobody@city.example"), "{}", wrong.sentence());
    let id = text(&ada, "id");
    let token =
        cli.run(&["tokens", "create", "--name", "Ada's", "--role", "person", "--person", &id]);
    let token = token.success().trim().to_owned();
    assert!(token.starts_with("chmp_person_"), "{token}");
    let me = server.cli(&token).run(&["tokens", "me"]).success();
    assert!(me.contains("Ada Lovelace") && me.contains("owner@partner:city"), "{me}");
    let machine = ["tokens", "create", "--name", "m", "--role", "reader", "--in", "group:water"];
    assert!(server.cli(&token).run(&machine).success().starts_with("chmp_reader_"));
}

#[test]
fn a_review_confirms_each_grant_or_ends_it() {
    let server = Server::start();
    let cli = server.admin_cli();
    for (email, scope) in
        [("ada@city.example", "group:water"), ("=eve@city.example", "group:light")]
    {
        add_person(&server, email, &[("owner", scope), ("reader", scope)]);
    }
    let file = |name: &str| server.folder().join(name).to_str().expect("it is text").to_owned();
    assert_eq!(cli.run(&["people", "review", "--out", &file("rights.xlsx")]).success(), "");
    let workbook = std::fs::read(file("rights.xlsx")).expect("it is written");
    assert!(workbook.starts_with(b"PK"));
    assert_eq!(cli.run(&["people", "review", "--out", &file("rights.csv")]).success(), "");
    let list = std::fs::read_to_string(file("rights.csv")).expect("it is written");
    let (grants, machines): (Vec<&str>, Vec<&str>) =
        list.lines().skip(1).partition(|line| line.contains("city.example"));
    assert_eq!(grants.len(), 4, "{list}");
    assert!(machines.iter().any(|line| line.contains("\"admin\"")), "{list}");
    assert!(list.contains("'=eve@city.example"), "no cell is a formula: {list}");
    // The readers are kept, one owner is to end, the other one is forgotten.
    let decided: String = list
        .lines()
        .map(|line| match line {
            _ if machines.contains(&line) => format!("{line}\"keep\"\r\n"),
            _ if line.contains("reader") => format!("{line}\"keep\"\r\n"),
            _ if line.contains("ada@") => format!("{line}\"end\"\r\n"),
            _ => format!("{line}\r\n"),
        })
        .collect();
    std::fs::write(file("decided.csv"), decided).expect("it is written");
    let undecided = ["people", "review", "--decided", &file("decided.csv")];
    let refused = cli.run(&undecided);
    // The last owner stays, and all the rest is done.
    assert!(refused.failure().contains("1 decision was refused"), "{}", refused.failure());
    assert!(refused.stdout.contains("last-owner"), "{}", refused.stdout);
    let kept = 2 + machines.len();
    let told = format!("{kept} confirmed, 1 refused, 1 undecided");
    assert!(refused.stdout.contains(&told), "{}", refused.stdout);
    let tokens = server.admin().get("/v1/tokens").success();
    assert_eq!(tokens.to_string().matches("confirmedAt").count(), machines.len(), "{tokens}");
    // A workbook that nobody has filled in decides nothing.
    let empty = cli.run(&["people", "review", "--decided", &file("rights.xlsx")]).success();
    assert_eq!(empty, format!("{} undecided\n", grants.len() + machines.len()));
    let people = server.admin().get("/v1/people").success();
    let confirmed = people.to_string().matches("confirmedAt").count();
    assert_eq!(confirmed, 2, "{people}");
    add_person(&server, "bob@city.example", &[("owner", "group:water"), ("owner", "group:light")]);
    let ended = ["people", "review", "--decided", &file("decided.csv"), "--end-undecided"];
    let done = cli.run(&ended).success();
    assert!(done.contains(&format!("{kept} confirmed, 2 ended")), "{done}");
    std::fs::write(file("wrong.csv"), "person,grant\n").expect("it is written");
    let wrong = cli.run(&["people", "review", "--decided", &file("wrong.csv")]);
    assert!(wrong.sentence().contains("decision"), "{}", wrong.sentence());
}
