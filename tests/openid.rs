//! Sign-in by OpenID Connect, at a real provider that a browser of plain HTTP goes to.

use champollion_tests::{Answer, Browser, OpenidProvider, Outside, Server, Setup};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The address of the server as its people have it; the test goes to the real one.
const PUBLIC: &str = "http://champollion.example";

const SESSION: &str = "champollion-session";
const PENDING: &str = "champollion-openid";

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn server(provider: &OpenidProvider) -> Server {
    Setup::default().settings(&provider.settings(PUBLIC)).start()
}

fn add_person(server: &Server, email: &str, scope: &str) -> String {
    let wanted = json!({
        "name": "Lovelace", "firstName": "Ada", "email": email,
        "grants": [{ "role": "owner", "scope": scope }],
    });
    text(&server.admin().post("/v1/people", &wanted).success(), "id")
}

fn verified(email: &str) -> Json {
    json!({ "email": email, "email_verified": true })
}

/// Begins in a browser, goes to the provider, and gives the path by which it is sent back.
fn sent_back(
    server: &Server,
    provider: &OpenidProvider,
    browser: &mut Browser,
    home: &str,
) -> String {
    let begun = browser.get(&server.anybody(), &format!("/v1/session/openid{home}"));
    assert_eq!(begun.status, 303, "{}", begun.text);
    let back = provider.visited(begun.header("location"));
    back.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("it leads to {back}")).to_owned()
}

fn sign_in(server: &Server, provider: &OpenidProvider, browser: &mut Browser) -> Answer {
    let back = sent_back(server, provider, browser, "");
    browser.get(&server.anybody(), &back)
}

fn me(server: &Server, browser: &mut Browser) -> Answer {
    browser.get(&server.anybody(), "/v1/me")
}

#[test]
fn of_npm_a_person_who_was_added_signs_in_and_out() {
    let provider = OpenidProvider::start(PUBLIC);
    let mut server = server(&provider);
    let ada = add_person(&server, "ada@city.example", "group:water");
    provider.signs_in("subject-1", &verified("Ada@City.example"));
    let mut browser = Browser::default();
    let begun = browser.get(&server.anybody(), "/v1/session/openid");
    let (address, cookie) = (begun.header("location").to_owned(), begun.header("set-cookie"));
    for part in
        ["code_challenge=", "code_challenge_method=S256", "state=", "nonce=", "scope=openid"]
    {
        assert!(address.contains(part), "{part} is missing: {address}");
    }
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let back = provider.visited(&address);
    let back = back.strip_prefix(PUBLIC).expect("it leads back").to_owned();
    let signed_in = browser.get(&server.anybody(), &back);
    assert_eq!(signed_in.body["person"], ada, "{}", signed_in.text);
    assert!(browser.cookie(PENDING).is_none(), "the sign-in has ended");
    let shown = me(&server, &mut browser).success();
    assert_eq!(shown["person"]["email"], "ada@city.example", "{shown}");

    // The code and the way back are of use once.
    let again = browser.get(&server.anybody(), &back);
    again.problem(400, "openid-not-begun");

    // From now on the subject counts, and not the address, also after a restart.
    provider.signs_in("subject-1", &json!({ "email": "other@city.example" }));
    server.stop();
    server.restart();
    let later = sign_in(&server, &provider, &mut browser).success();
    assert_eq!(later["person"], ada, "{later}");

    // Signing out leads to the provider.
    let session = browser.cookie(SESSION).expect("there is a session");
    let headers = [("Cookie", &session[..]), ("Sec-Fetch-Site", "same-origin")];
    let ended = server.anybody().post_with("/v1/session/openid/end", &headers, b"").success();
    let end = text(&ended, "endAt");
    for part in ["id_token_hint=", "client_id=champollion", "post_logout_redirect_uri="] {
        assert!(end.contains(part), "{part} is missing: {end}");
    }
    assert_eq!(provider.page(&end).status, 200);
    me(&server, &mut browser).problem(401, "session-ended");
    let audit = server.admin().get("/v1/audit").text;
    for act in ["openid-link", "session-begin", "session-end"] {
        assert!(audit.contains(act), "{act} is not in the audit");
    }
    assert!(!server.log().contains(provider.secret()));
}

#[test]
fn of_npm_a_browser_gets_a_page_whose_names_are_text() {
    let provider = OpenidProvider::start(PUBLIC);
    let server = server(&provider);
    let wanted = json!({
        "name": "<b>Lovelace", "firstName": "Ada", "email": "ada@city.example",
        "grants": [{ "role": "reader", "scope": "group:water" }],
    });
    server.admin().post("/v1/people", &wanted).success();
    provider.signs_in("subject-1", &verified("ada@city.example"));
    let mut browser = Browser::default();
    let back = sent_back(&server, &provider, &mut browser, "");
    let pending = browser.cookie(PENDING).expect("a sign-in has begun");
    let headers = [("Cookie", &pending[..]), ("Accept", "text/html,application/xhtml+xml")];
    let page = server.anybody().attempt_with(&Method::GET, &back, &headers, b"");
    let page = page.expect("it is answered");
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(
        page.text.contains("Ada &lt;b&gt;Lovelace") && !page.text.contains("<b>"),
        "{}",
        page.text
    );
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let set: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2, "{set:?}");
}

#[test]
fn of_npm_nobody_gets_an_account_by_signing_in() {
    let provider = OpenidProvider::start(PUBLIC);
    let server = server(&provider);
    let ada = add_person(&server, "ada@city.example", "group:water");
    add_person(&server, "bob@city.example", "group:water");
    let refused = |subject: &str, claims: Json| {
        provider.signs_in(subject, &claims);
        let mut browser = Browser::default();
        let answer = sign_in(&server, &provider, &mut browser);
        answer.problem(403, "no-account");
        assert!(browser.cookie(SESSION).is_none());
    };
    refused("eve", verified("eve@city.example"));
    refused("eve", json!({ "email": "ada@city.example" }));
    refused("eve", json!({ "email": "ada@city.example", "email_verified": false }));
    refused("eve", json!({}));
    provider.signs_in("subject-1", &verified("ada@city.example"));
    sign_in(&server, &provider, &mut Browser::default()).success();
    // An address that passed on to somebody else opens no account of before.
    let refused = |subject: &str, claims: Json| {
        provider.signs_in(subject, &claims);
        let answer = sign_in(&server, &provider, &mut Browser::default());
        answer.problem(403, "no-account");
    };
    refused("subject-2", verified("ada@city.example"));
    // Who is suspended is as unknown as one who was never added.
    server.admin().post(&format!("/v1/people/{ada}/suspend"), &json!({})).success();
    refused("subject-1", verified("ada@city.example"));
    server.admin().post(&format!("/v1/people/{ada}/resume"), &json!({})).success();

    // Who looks after the account lets another identity in.
    let unlinked = server.admin_cli().run(&["people", "unlink-openid", "ada@city.example"]);
    assert!(unlinked.success().contains(&ada));
    server.admin().delete(&format!("/v1/people/{ada}/openid")).problem(409, "no-identity");
    provider.signs_in("subject-2", &verified("ada@city.example"));
    let signed_in = sign_in(&server, &provider, &mut Browser::default()).success();
    assert_eq!(signed_in["person"], ada, "{signed_in}");
    let people = server.admin().get("/v1/people").success();
    assert_eq!(people["people"].as_array().map(Vec::len), Some(2), "{people}");
}

#[test]
fn of_npm_of_several_accounts_the_home_says_which_one() {
    let provider = OpenidProvider::start(PUBLIC);
    let server = server(&provider);
    let [water, light] =
        ["group:water", "group:light"].map(|scope| add_person(&server, "ada@firm.example", scope));
    provider.signs_in("subject-1", &verified("ada@firm.example"));
    for _ in 0..2 {
        for (person, home) in [(&water, "?home=group:water"), (&light, "?home=group:light")] {
            let mut browser = Browser::default();
            let back = sent_back(&server, &provider, &mut browser, home);
            let signed_in = browser.get(&server.anybody(), &back).success();
            assert_eq!(signed_in["person"], person.as_str(), "{signed_in}");
        }
        let several = sign_in(&server, &provider, &mut Browser::default());
        assert!(several.problem(409, "several-accounts").contains("?home="));
        assert_eq!(several.body["homes"].as_array().map(Vec::len), Some(2), "{}", several.text);
    }
    let anybody = server.anybody();
    anybody.get("/v1/session/openid?home=nowhere:x").problem(400, "invalid-query");
    anybody.get("/v1/session/openid?return=/").problem(400, "invalid-query");
}

#[test]
fn of_npm_a_sign_in_belongs_to_the_browser_that_began_it() {
    let provider = OpenidProvider::start(PUBLIC);
    let server = server(&provider);
    add_person(&server, "ada@city.example", "group:water");
    provider.signs_in("subject-1", &verified("ada@city.example"));
    let anybody = server.anybody();
    let (mut own, mut other) = (Browser::default(), Browser::default());
    let back = sent_back(&server, &provider, &mut own, "");
    // Another browser, one with a sign-in of its own, and none at all.
    other.get(&anybody, &back).problem(400, "openid-not-begun");
    let others = sent_back(&server, &provider, &mut other, "");
    other.get(&anybody, &back).problem(400, "openid-not-begun");
    anybody.get(&back).problem(400, "openid-not-begun");
    // A code of another sign-in does not go with the verifier.
    let code = |path: &str| {
        let (_, rest) = path.split_once("code=").expect("it has a code");
        rest.split('&').next().unwrap_or_default().to_owned()
    };
    let exchanged = back.replace(&code(&back), &code(&others));
    own.get(&anybody, &exchanged).problem(403, "openid-refused");
    for query in ["", "?state=x", "?code=x", "?state=x&code=y"] {
        let path = format!("/v1/session/openid/callback{query}");
        own.get(&anybody, &path).problem(400, "openid-not-begun");
    }
    // The provider refuses, in its own words.
    provider.refuses("not today");
    let refused = sign_in(&server, &provider, &mut own);
    assert!(refused.problem(403, "openid-refused").contains("not today"), "{}", refused.text);
    let token = server.admin().post("/v1/session/openid/end", &json!({}));
    token.problem(409, "no-session");
}

#[test]
fn of_npm_keys_that_change_are_fetched_and_a_provider_that_is_away_is_told() {
    let mut provider = OpenidProvider::start(PUBLIC);
    let server = server(&provider);
    let ada = add_person(&server, "ada@city.example", "group:water");
    provider.signs_in("subject-1", &verified("ada@city.example"));
    sign_in(&server, &provider, &mut Browser::default()).success();
    provider.change_keys();
    let signed_in = sign_in(&server, &provider, &mut Browser::default()).success();
    assert_eq!(signed_in["person"], ada, "{signed_in}");

    // The way back finds nobody; the session that there is goes on, and ends here alone.
    let mut browser = Browser::default();
    sign_in(&server, &provider, &mut browser).success();
    let mut later = Browser::default();
    let back = sent_back(&server, &provider, &mut later, "");
    provider.go();
    let away = later.get(&server.anybody(), &back);
    assert!(away.problem(503, "openid-unreachable").contains("reached"), "{}", away.text);
    assert!(away.header("retry-after").parse::<u32>().is_ok());
    me(&server, &mut browser).success();
    provider.come();
    sign_in(&server, &provider, &mut Browser::default()).success();
}

#[test]
fn of_npm_the_word_of_the_provider_is_the_second_factor_of_an_admin_where_settings_name_it() {
    let provider = OpenidProvider::start(PUBLIC);
    let mut server = server(&provider);
    let wanted = json!({
        "name": "Lovelace", "firstName": "Ada", "email": "ada@city.example",
        "grants": [{ "role": "admin", "scope": "territory" }],
    });
    server.admin().post("/v1/people", &wanted).success();
    let signed_in = |server: &Server, way: &Json| {
        provider.signs_in_by("subject-1", &verified("ada@city.example"), way);
        let mut browser = Browser::default();
        sign_in(server, &provider, &mut browser).success();
        browser
    };
    let works = |server: &Server, browser: &mut Browser| {
        browser.get(&server.anybody(), "/v1/people").success();
    };
    let is_refused = |server: &Server, browser: &mut Browser| {
        let refused = browser.get(&server.anybody(), "/v1/people");
        refused.problem(403, "second-factor-needed");
        me(server, browser).success();
    };
    let mfa = json!({ "amr": ["pwd", "mfa"] });
    let mut before = signed_in(&server, &mfa);
    is_refused(&server, &mut before);

    let plain = provider.settings(PUBLIC);
    let named =
        "second-factor-amr = [\"mfa\", \"hwk\"]\nsecond-factor-acr = [\"urn:example:strong\"]\n";
    server.change_settings(&format!("{plain}{named}"));
    server.stop();
    server.restart();
    is_refused(&server, &mut before);
    let mut by_method = signed_in(&server, &mfa);
    works(&server, &mut by_method);
    let begun = server.anybody().get("/v1/session/openid");
    let address = begun.header("location");
    assert!(address.contains("acr_values=urn%3Aexample%3Astrong"), "{address}");
    let mut by_context = signed_in(&server, &json!({ "acr": "urn:example:strong" }));
    works(&server, &mut by_context);
    for way in [json!({}), json!({ "amr": ["pwd"] }), json!({ "acr": "urn:example:weak" })] {
        is_refused(&server, &mut signed_in(&server, &way));
    }
    // The session is as good after a restart, and as long as the settings say so.
    server.stop();
    server.restart();
    works(&server, &mut by_method);
    server.change_settings(&format!("{plain}second-factor-acr = [\"urn:example:strong\"]\n"));
    server.stop();
    server.restart();
    is_refused(&server, &mut by_method);
    works(&server, &mut by_context);
    server.change_settings(&plain);
    server.stop();
    server.restart();
    is_refused(&server, &mut by_method);
}

#[test]
fn of_npm_a_server_starts_while_its_provider_is_away() {
    let mut provider = OpenidProvider::start(PUBLIC);
    provider.go();
    let server = server(&provider);
    server.anybody().get("/v1/session/openid").problem(503, "openid-unreachable");
    provider.come();
    assert_eq!(server.anybody().get("/v1/session/openid").status, 303);
}

#[test]
fn without_a_provider_nobody_signs_in_by_openid_connect() {
    let server = Server::start();
    let anybody = server.anybody();
    let none = anybody.get("/v1/session/openid");
    assert!(none.problem(409, "no-openid").contains("[sign-in.openid]"), "{}", none.text);
    anybody.get("/v1/session/openid/callback?state=a&code=b").problem(409, "no-openid");
}

#[test]
fn settings_that_cannot_be_used_end_the_start_with_their_fault() {
    let good = "[sign-in]\npublic-address = \"https://champollion.example\"\n[sign-in.openid]\n\
                issuer = \"https://login.example\"\nclient-id = \"champollion\"\n";
    for (settings, fault) in [
        (good.replace("https://login.example", "http://login.example"), "https://"),
        (good.replace("client-id = \"champollion\"\n", ""), "client-id"),
        (good.replace("public-address = \"https://champollion.example\"\n", ""), "public-address"),
        (format!("{good}client-secret-file = \"/nowhere/secret\"\n"), "/nowhere/secret"),
        (format!("{good}second-factor-acr = [\"\"]\n"), "second-factor-acr"),
        (format!("{good}ca-file = \"/nowhere/ca.pem\"\n"), "/nowhere/ca.pem"),
        (format!("{good}client-secret = \"a\"\nclient-secret-file = \"/b\"\n"), "both"),
    ] {
        let folder = tempfile::tempdir().expect("there is room");
        let file = folder.path().join("champollion.toml");
        let data = folder.path().join("data");
        let own =
            format!("listen = \"127.0.0.1:0\"\ndata-dir = \"{}\"\n{settings}", data.display());
        std::fs::write(&file, own).expect("there is room");
        let mut command = champollion_tests::champollion();
        command.args(["serve", "--config"]).arg(&file);
        let ended = champollion_tests::run(&mut command);
        let said = ended.failure();
        assert!(said.contains("[sign-in.openid]") && said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn a_provider_that_answers_without_end_or_leads_elsewhere_is_left() {
    let elsewhere = Outside::start(|_| (200, "{}".to_owned()));
    // A document of three megabytes, where one has some thousand bytes.
    let provider = Outside::start(|_| (200, format!("{{\"x\":\"{}\"}}", "x".repeat(3 << 20))));
    let settings = format!(
        "[sign-in]\npublic-address = \"{PUBLIC}\"\n[sign-in.openid]\nissuer = \"{}\"\n\
         client-id = \"champollion\"\n",
        provider.url()
    );
    let server = Setup::default().settings(&settings).start();
    let begin = || server.anybody().get("/v1/session/openid");
    let said = begin().problem(503, "openid-unreachable").to_owned();
    assert!(said.contains("more than 1048576 bytes"), "{said}");
    provider.answer(|_| (302, String::new()));
    provider.leads_to(&format!("{}/.well-known/openid-configuration", elsewhere.url()));
    begin().problem(503, "openid-unreachable");
    assert!(elsewhere.asked().is_empty(), "{:?}", elsewhere.asked());
    // Others are answered meanwhile and after that.
    assert_eq!(server.anybody().get("/healthz").status, 200);
}
