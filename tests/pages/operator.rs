//! The operator's pages: first steps, decoders, requests, people, rights and the audit.

use champollion_tests::{SIGN_IN_SETTINGS, Server, Setup, thermometer};
use serde_json::{Value as Json, json};

use crate::signed_in::{SignedIn, server, text};

/// Text that would be a script if it were not escaped.
const HOSTILE: &str = "<script>alert(\"1\")</script>";

/// The pages of all sections.
const PAGES: [&str; 15] = [
    "/operator",
    "/operator/requests",
    "/operator/partners",
    "/operator/people",
    "/operator/decoders",
    "/operator/decoders/publish",
    "/operator/quarantine",
    "/operator/keys",
    "/operator/network-servers",
    "/operator/parked",
    "/operator/storage",
    "/operator/grants",
    "/operator/tokens",
    "/operator/quotas",
    "/operator/audit",
];

fn done_steps(page: &str) -> usize {
    page.matches(">done<").count()
}

#[track_caller]
fn add_partner(admin: &SignedIn<'_>, id: &str, name: &str, groups: &str) -> String {
    let fields = [("id", id), ("name", name), ("groups", groups)];
    admin.done("/operator/partners", "/operator/partners", &fields)
}

#[test]
fn what_is_wrong_with_a_network_server_is_said_in_french() {
    let settings = format!("{SIGN_IN_SETTINGS}[network-servers.city]\nkind = \"chirpstack\"\n");
    let server = Setup::default().settings(&settings).start();
    let admin = server.visitor("admin@city.example", "admin", "territory");
    let [english, french] = ["en", "fr"].map(|language| {
        admin.in_language(language).open(&server, "/operator/network-servers").text
    });
    assert!(english.contains("no token is bound to it"), "{english}");
    assert!(french.contains("Aucun jeton n’est lié à ce serveur réseau"), "{french}");
    assert!(french.contains("Aucun message n’est venu depuis le démarrage."), "{french}");
    assert!(!french.contains("no token is bound to it"), "{french}");
}

#[test]
fn first_steps_tick_themselves_off() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let before = admin.page("/operator?lang=en");
    assert!(before.contains("Approve the first partner") && before.contains(">to do<"), "{before}");
    // The admin who looks is there already.
    assert_eq!(done_steps(&before), 1, "{before}");
    let partner = add_partner(&admin, "city", "The city", "water, parking");
    assert!(partner.contains("The city") && partner.contains("parking, water"), "{partner}");
    server.publish(&thermometer("1.0.0"));
    assert_eq!(done_steps(&admin.page("/operator?lang=en")), 3);
}

#[test]
fn each_section_answers_in_each_language_and_to_those_who_may() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    for path in PAGES.into_iter().chain(["/operator/vault"]) {
        for language in ["en", "fr"] {
            let page = admin.page(&format!("{path}?lang={language}"));
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert_eq!(page.matches("<h1>").count(), 1, "{path}");
            assert!(!page.contains(">operator-"), "{path} has a text that is missing: {page}");
        }
    }
    let reader = SignedIn::of(&server, "reader", "group:water");
    for path in ["/operator", "/operator/tokens", "/operator/parked", "/operator/audit"] {
        assert_eq!(reader.open(path).status, 403, "{path}");
        assert_eq!(server.anybody().get(path).status, 401, "{path}");
    }
    let auditor = SignedIn::of(&server, "auditor", "territory");
    assert!(auditor.page("/operator?lang=en").contains("not for you to see"));
    assert_eq!(auditor.open("/operator/vault").status, 403);
    assert!(!auditor.page("/operator/people?lang=en").contains("Add a person"));
}

#[test]
fn what_others_have_written_is_never_markup() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    add_partner(&admin, "city", HOSTILE, "water");
    let person = json!({ "name": HOSTILE, "firstName": "<b>", "email": "eve@city.example" });
    server.admin().post("/v1/people", &person).success();
    let token = json!({ "name": HOSTILE, "role": "lns" });
    server.admin().post("/v1/tokens", &token).success();
    let pages =
        ["/operator/partners", "/operator/partners/city", "/operator/tokens", "/operator/audit"];
    for path in pages {
        let page = admin.page(path);
        assert!(page.contains("&lt;script&gt;"), "{path}: {page}");
        assert!(!page.contains(HOSTILE) && !page.contains("<script>"), "{path}");
    }
    assert!(!admin.page("/operator/people").contains("<b>"));
}

#[test]
fn a_form_is_taken_from_its_own_session_alone() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let forged = admin.send_without_token("/operator/partners");
    assert_eq!(forged.status, 403, "{}", forged.text);
    assert_eq!(server.admin().get("/v1/partners").success()["partners"], json!([]));
}

#[test]
fn what_is_wrong_is_said_at_the_form() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let fields = [("id", "Not A Name"), ("name", "The city"), ("groups", "")];
    let refused = admin.send("/operator/partners", "/operator/partners", &fields);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("value=\"The city\""), "what was filled in stays");
    assert!(refused.text.contains("role=\"alert\""), "{}", refused.text);
}

#[test]
fn a_package_is_tried_and_published_by_its_file() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let page = "/operator/decoders/publish";
    let package = thermometer("1.0.0");
    let file = ("package", package.file());
    let tried = admin.send_file(page, file, &[("try", "yes")]);
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert!(tried.text.contains("acme/thermometer"), "{}", tried.text);
    server.anybody().get("/v1/catalogue/acme/thermometer").problem(404, "unknown-decoder");
    let published = admin.send_file(page, file, &[]);
    assert_eq!(
        (published.status, published.header("location")),
        (303, "/operator/decoders/acme/thermometer?done=operator-published",)
    );
    // It is there already, and this one loses a field.
    let broken = admin.send_file(page, ("package", thermometer("1.0.1").file()), &[]);
    assert_eq!(broken.status, 422, "{}", broken.text);
    assert!(broken.text.contains("incompatible"), "{}", broken.text);
    let nothing = admin.send_file(page, ("package", b"no package"), &[]);
    assert!(nothing.text.contains("id=\"fault-package\""), "{}", nothing.text);
}

#[test]
fn a_signature_is_made_apart_and_comes_with_the_file() {
    let unsigned = "CHAMPOLLION_PUBLICATION__UNSIGNED";
    let server = Setup::default().settings(SIGN_IN_SETTINGS).variable(unsigned, "false").start();
    let admin = SignedIn::of(&server, "admin", "territory");
    let path = |name: &str| server.folder().join(name).to_str().expect("it is text").to_owned();
    let (key, file) = (path("acme.key"), path("thermometer.wasm"));
    let package = thermometer("1.0.0");
    std::fs::write(&file, package.file()).expect("the package can be written");
    let cli = server.admin_cli();
    let public = cli.run(&["registry", "keys", "new", &key]).success();
    let fields = [("key", public.trim()), ("name", "Acme"), ("namespaces", "acme, city")];
    let known = admin.done("/operator/keys", "/operator/keys", &fields);
    assert!(known.contains("acme, city"), "{known}");
    let page = "/operator/decoders/publish";
    let refused = admin.send_file(page, ("package", package.file()), &[]);
    assert_eq!(refused.status, 403, "{}", refused.text);
    let signature = cli.run(&["registry", "keys", "sign", "--key", &key, &file]).success();
    let signed = [("signature", signature.trim())];
    let published = admin.send_file(page, ("package", package.file()), &signed);
    assert_eq!(published.status, 303, "{}", published.text);
    let revoke = format!("/operator/keys/{}/revoke", public.trim());
    let revoked = admin.done("/operator/keys", &revoke, &[("reason", "It was lost")]);
    assert!(revoked.contains("It was lost"), "{revoked}");
}

#[test]
fn a_version_is_tried_promoted_and_rolled_back() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let page = "/operator/decoders/acme/thermometer";
    let change = format!("{page}/change");
    let shown =
        || text(&server.anybody().get("/v1/catalogue/acme/thermometer").success(), "version");
    let promote = [("change", "promote"), ("version", "1.1.0")];
    let tried = admin.done(page, &change, &[promote[0], promote[1], ("try", "yes")]);
    assert!(
        tried.contains("name=\"version\" value=\"1.1.0\""),
        "it can be done from here: {tried}"
    );
    assert_eq!(shown(), "1.0.0");
    admin.done(page, &change, &promote);
    assert_eq!(shown(), "1.1.0");
    let again = admin.send(page, &change, &promote);
    assert_eq!(again.status, 409, "{}", again.text);
    admin.done(page, &change, &[("change", "rollback"), ("to", "")]);
    assert_eq!(shown(), "1.0.0");
    admin.done(page, &change, &[("change", "shadow-run"), ("version", "1.1.0")]);
    assert!(admin.page(page).contains("value=\"shadow-end\""));
}

#[test]
fn a_version_is_set_aside_with_a_reason_and_lifted() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    server.publish(&thermometer("1.0.0"));
    let page = "/operator/decoders/acme/thermometer";
    let fields = [("version", "1.0.0"), ("reason", "It reads <air> as water")];
    let shown = admin.done(page, "/operator/quarantine/acme/thermometer", &fields);
    assert!(shown.contains("It reads &lt;air&gt; as water"), "{shown}");
    assert!(admin.page("/operator/quarantine").contains("acme/thermometer"));
    admin.done(page, "/operator/quarantine/acme/thermometer/1.0.0/lift", &[]);
    assert!(!admin.page("/operator/quarantine").contains("acme/thermometer"));
}

fn ask_for_approval(server: &Server) -> String {
    let wanted = json!({
        "name": "The valley",
        "applicant": { "name": "Lovelace", "firstName": "Ada", "email": "ada@valley.example" },
        "groups": ["water"],
        "declaration": {
            "mission": "Read the water meters of the valley",
            "period": { "from": "2026-01-01", "until": "2099-12-31" },
            "coverage": ["outdoor"],
            "objects": [{ "from": "2026-01-01", "number": 100, "places": "the town" }],
            "direction": "up",
            "frequency": { "up": { "messages": 24, "per": "day" } },
        },
    });
    text(&server.anybody().post("/v1/approvals", &wanted).success()["request"], "id")
}

#[test]
fn a_request_is_checked_remarked_on_and_decided() {
    let settings = format!("{SIGN_IN_SETTINGS}[approvals]\nchecks = [\"Is it public?\"]\n");
    let server = Setup::default().settings(&settings).start();
    let admin = SignedIn::of(&server, "admin", "territory");
    let id = ask_for_approval(&server);
    assert!(admin.page("/operator/requests?state=waiting").contains("The valley"));
    let page = format!("/operator/requests/{id}");
    let request = admin.page(&page);
    for part in ["Read the water meters of the valley", "the town", "Is it public?"] {
        assert!(request.contains(part), "{part}: {request}");
    }
    let decision = format!("{page}/decision");
    let yes = [("letter", "Dear Ada,\nwelcome."), ("partner", "valley"), ("accepted", "yes")];
    let early = admin.send(&page, &decision, &yes);
    assert_eq!(early.status, 409, "a check is left: {}", early.text);
    assert!(early.text.contains("welcome."), "the letter is not lost");
    admin.done(&page, &format!("{page}/checks/1"), &[("passed", "yes"), ("note", "It is")]);
    let fields = [("text", "When do you begin?"), ("question", "yes")];
    let asked = admin.done(&page, &format!("{page}/remarks"), &fields);
    assert!(asked.contains("When do you begin?"), "{asked}");
    let decided = admin.done(&page, &decision, &yes);
    assert!(decided.contains("/operator/partners/valley"), "{decided}");
    assert!(decided.contains("/choose-password#"), "the invitation is handed over: {decided}");
    assert!(admin.page("/operator/partners/valley?lang=en").contains(">in force<"));
}

#[test]
fn rights_are_confirmed_ended_and_filed() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let fields = [
        ("firstName", "Grace"),
        ("name", "Hopper"),
        ("email", "grace@city.example"),
        ("role", "reader"),
        ("scope", "group:water"),
    ];
    let added = admin.done("/operator/people", "/operator/people", &fields);
    assert!(added.contains("Grace Hopper"), "{added}");
    let people = server.admin().get("/v1/people").success();
    let all = people["people"].as_array().expect("it is a list");
    let grace = all.iter().find(|person| person["name"] == "Hopper").expect("she is there");
    let grant =
        format!("/operator/grants/{}/{}", text(grace, "id"), text(&grace["grants"][0], "id"));
    admin.done("/operator/grants", &format!("{grant}/confirm"), &[]);
    let path = format!("/v1/people/{}", text(grace, "id"));
    let confirmed = server.admin().get(&path).success();
    assert!(confirmed["grants"][0]["confirmedAt"].is_string(), "{confirmed}");
    let workbook = admin.open("/operator/grants/workbook");
    assert!(workbook.text.starts_with("PK"), "a workbook is an archive");
    let table = admin.open("/tables/gateways.csv");
    assert!(table.text.starts_with("id,firstHeardAt,"), "{}", table.text);
    let french = admin.open("/tables/gateways.csv?lang=fr");
    assert!(french.text.starts_with("\u{feff}id;firstHeardAt;"), "{}", french.text);
    assert!(admin.open("/tables/availability.xlsx").text.starts_with("PK"));
    assert_eq!(admin.open("/tables/tokens.csv").status, 404);
    admin.done("/operator/grants", &format!("{grant}/end"), &[]);
    assert_eq!(server.admin().get(&path).success()["grants"], json!([]));
    let wrong = admin.send("/operator/grants", &format!("{grant}/forget"), &[]);
    assert_eq!(wrong.status, 404);
}

#[test]
fn the_secret_of_a_token_is_on_one_page_alone() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    let fields = [("name", "The meters"), ("role", "partner"), ("group", "water")];
    let made = admin.done("/operator/tokens", "/operator/tokens", &fields);
    let (_, after) = made.split_once("id=\"secret\">").expect("the secret is shown");
    let secret = after.split('<').next().expect("it ends").to_owned();
    assert_eq!(server.anybody().token(&secret).get("/v1/me").success()["name"], "The meters");
    assert!(!admin.page("/operator/tokens").contains(&secret));
}

#[test]
fn the_audit_is_searched_and_its_end_is_checked() {
    let server = server();
    let admin = SignedIn::of(&server, "admin", "territory");
    add_partner(&admin, "city", "The city", "water");
    add_partner(&admin, "valley", "The valley", "gas");
    let found = admin.page("/operator/audit?lang=en&action=partner-add&q=valley");
    assert!(found.contains("valley") && !found.contains(">city<"), "{found}");
    assert!(found.contains("The signature is right"), "{found}");
    let none = admin.page("/operator/audit?lang=en&q=nobody-did-this");
    assert!(none.contains("No line has all of this"), "{none}");
    assert!(admin.page("/operator/audit/check?lang=en").contains("all is as it should be"));
    let lines: Vec<Json> = server
        .admin()
        .get("/v1/audit")
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let by = lines.iter().filter(|line| line["action"] == "partner-add");
    assert!(by.clone().count() == 2 && by.clone().all(|line| line["by"]["from"].is_string()));
}
