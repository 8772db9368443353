//! Sign-in of people: one-time links, passwords, sessions, second factors, and attempts to get in otherwise.

use std::{
    io::Write,
    process::Stdio,
    time::{Duration, Instant},
};

use champollion_tests::{Answer, MailServer, Server, Setup, Table, eventually};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha1::Sha1;
use ureq::http::Method;

const PASSWORD: &str = "seven lichens of a trombone";
const OTHER: &str = "correct parsley battery staple";

/// Bounds that the many sign-ins of a test do not meet.
const MANY: &str = "[sign-in]\ntries = 1000\ntries-per-minute = 1000\n";

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn add_person(server: &Server, email: &str, role: &str, scope: &str) -> String {
    let wanted = json!({
        "name": "Lovelace", "firstName": "Ada", "email": email,
        "grants": [{ "role": role, "scope": scope }],
    });
    text(&server.admin().post("/v1/people", &wanted).success(), "id")
}

fn invite(server: &Server, person: &str) -> String {
    let path = format!("/v1/people/{person}/invitation");
    text(&server.admin().post(&path, &json!({})).success(), "secret")
}

fn choose(server: &Server, link: &str, password: &str) -> Answer {
    server.anybody().post("/v1/password", &json!({ "link": link, "password": password }))
}

/// Adds a person with a password.
fn with_password(server: &Server, email: &str, role: &str, scope: &str) -> String {
    let person = add_person(server, email, role, scope);
    assert_eq!(choose(server, &invite(server, &person), PASSWORD).status, 204);
    person
}

fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    server.anybody().post("/v1/session", &json!({ "email": email, "password": password }))
}

/// The cookie of an answer, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().expect("a cookie has a value").to_owned()
}

/// Sends a request as a page of the server itself does.
fn page(server: &Server, cookie: &str, method: &Method, path: &str, body: &Json) -> Answer {
    let headers = [("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")];
    let sent = server.anybody().attempt_with(method, path, &headers, body.to_string().as_bytes());
    sent.unwrap_or_else(|error| panic!("{method} {path} is not answered: {error}"))
}

fn get(server: &Server, cookie: &str, path: &str) -> Answer {
    page(server, cookie, &Method::GET, path, &Json::Null)
}

#[test]
fn a_person_is_invited_signs_in_and_signs_out() {
    let mut server = Setup::default().settings(MANY).start();
    let person = add_person(&server, "ada@city.example", "owner", "group:water");
    let shown = server.admin_cli().run(&["people", "invite", "ada@city.example"]).success();
    let (page_of_link, link) = shown.trim().split_once('#').expect("a link has a secret");
    assert_eq!(page_of_link, "/choose-password");
    // A person who has no page types it on the command line.
    let mut command = server.cli("").command();
    command.env_remove("CHAMPOLLION_TOKEN").args(["people", "choose-password", shown.trim()]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    let mut input = child.stdin.take().expect("it reads");
    writeln!(input, "{PASSWORD}").expect("it takes the password");
    drop(input);
    assert!(child.wait().expect("it ends").success());
    choose(&server, link, OTHER).problem(404, "unusable-link");

    let begun = sign_in(&server, "Ada@City.example", PASSWORD);
    let set = begun.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "the server speaks no TLS: {set}");
    let cookie = cookie(&begun);
    let begun = begun.success();
    assert_eq!((&begun["person"], &begun["name"]), (&json!(person), &json!("Ada Lovelace")));
    assert!(!begun.to_string().contains("chmp_"), "programs of a page do not see the secret");
    let me = get(&server, &cookie, "/v1/me").success();
    assert_eq!(me["person"]["email"], "ada@city.example", "{me}");
    assert_eq!(me["expiresAt"], begun["endsAt"], "{me}");
    get(&server, &cookie, "/v1/records").success();

    // It goes on over a restart, and its secret lies nowhere.
    server.stop();
    server.restart();
    get(&server, &cookie, "/v1/me").success();
    let audit = server.admin().get("/v1/audit").text;
    for act in ["person-invite", "password-set", "session-begin"] {
        assert!(audit.contains(act), "{act} is not in the audit");
    }
    let secret = cookie.split_once('=').expect("it has a value").1;
    for hidden in [PASSWORD, secret, link] {
        assert!(!audit.contains(hidden) && !server.log().contains(hidden), "{hidden}");
    }
    // Signing in anew ends the session of the same browser.
    let body = json!({ "email": "ada@city.example", "password": PASSWORD });
    let again = page(&server, &cookie, &Method::POST, "/v1/session", &body);
    let rotated = self::cookie(&again);
    assert_ne!(rotated, cookie);
    get(&server, &cookie, "/v1/me").problem(401, "session-ended");
    assert_eq!(page(&server, &rotated, &Method::DELETE, "/v1/session", &Json::Null).status, 204);
    get(&server, &rotated, "/v1/me").problem(401, "session-ended");
    server.admin().delete("/v1/session").problem(409, "no-session");
}

#[test]
fn the_page_of_a_link_loads_nothing_but_its_own_script() {
    let server = Server::start();
    let page = server.anybody().get("/choose-password");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    assert!(page.text.contains("src=\"/choose-password.js\""), "{}", page.text);
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let script = server.anybody().get("/choose-password.js");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert!(script.text.contains("/v1/password"), "{}", script.text);
}

#[test]
fn whether_there_is_an_account_is_not_told() {
    let server = Setup::default().settings(MANY).start();
    let ada = with_password(&server, "ada@city.example", "owner", "group:water");
    add_person(&server, "bob@city.example", "owner", "group:water");
    let suspended = with_password(&server, "eve@city.example", "reader", "group:water");
    server.admin().post(&format!("/v1/people/{suspended}/suspend"), &json!({})).success();
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@city.example", "a wrong password"),
        ("bob@city.example", PASSWORD),
        ("eve@city.example", PASSWORD),
        ("nobody@city.example", PASSWORD),
    ] {
        let began = Instant::now();
        let answer = sign_in(&server, email, password);
        answer.problem(401, "sign-in-failed");
        assert!(answer.header("set-cookie").is_empty());
        let took = began.elapsed();
        let mut body = answer.body;
        body.as_object_mut().expect("it is an object").remove("requestId");
        answers.push((body, took));
    }
    assert!(answers.windows(2).all(|two| two[0].0 == two[1].0), "{answers:?}");
    // Each derives a hash: none is answered at once.
    let quickest = answers.iter().map(|(_, took)| *took).min().expect("there are some");
    assert!(quickest > Duration::from_millis(5), "{answers:?}");
    assert!(server.admin().get("/v1/me").success()["person"].is_null());
    server.admin().get(&format!("/v1/people/{ada}")).success();
}

#[test]
fn attempts_are_bounded_for_each_account_and_address() {
    let settings = "[sign-in]\ntries = 3\ntries-per-minute = 1\n";
    let server = Setup::default().settings(settings).start();
    // By an e-mail address, of which it is not told whether there is one.
    let attempt = || sign_in(&server, "nobody@city.example", "x");
    for _ in 0..3 {
        attempt().problem(401, "sign-in-failed");
    }
    let refused = attempt();
    refused.problem(429, "too-many-sign-ins");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    // By the address that they come from.
    sign_in(&server, "other@city.example", "x").problem(429, "too-many-sign-ins");
}

#[test]
fn what_changes_anything_with_a_session_comes_from_the_own_pages() {
    let server = Setup::default().settings(MANY).start();
    with_password(&server, "ada@city.example", "owner", "group:water");
    let cookie = cookie(&sign_in(&server, "ada@city.example", PASSWORD));
    let body = json!({ "to": { "pull": {} } }).to_string();
    let put = |headers: &[(&str, &str)]| {
        let mut all = vec![("Cookie", cookie.as_str())];
        all.extend(headers);
        let sent =
            server.anybody().attempt_with(&Method::PUT, "/v1/routes/all", &all, body.as_bytes());
        sent.expect("it is answered")
    };
    let own = server.address().to_owned();
    for headers in [
        vec![],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
    ] {
        put(&headers).problem(403, "other-origin");
    }
    put(&[("Origin", &own)]).success();
    put(&[("Sec-Fetch-Site", "same-origin")]).success();
    let cross = [("Sec-Fetch-Site", "cross-site")];
    let body = json!({ "email": "ada@city.example", "password": PASSWORD }).to_string();
    let forged = server.anybody().post_with("/v1/session", &cross, body.as_bytes());
    forged.problem(403, "other-origin");
}

#[test]
fn passwords_that_are_easy_to_guess_are_refused_and_the_link_can_be_used_again() {
    let server = Setup::default().settings(MANY).start();
    let person = add_person(&server, "ada@city.example", "reader", "group:water");
    let link = invite(&server, &person);
    let mut table = Table::default();
    let long = "x9".repeat(200);
    for weak in ["short", "password123", "qwertyuiop", "lovelace1815", &long] {
        table.expect(weak, &choose(&server, &link, weak), (400, "weak-password"), &["password"]);
    }
    table.finish();
    let newer = invite(&server, &person);
    choose(&server, &link, PASSWORD).problem(404, "unusable-link");
    assert_eq!(choose(&server, &newer, PASSWORD).status, 204);
    let cookie = cookie(&sign_in(&server, "ada@city.example", PASSWORD));
    let change = |current: &str, password: &str| {
        let body = json!({ "current": current, "password": password });
        page(&server, &cookie, &Method::PUT, "/v1/me/password", &body)
    };
    change("wrong", OTHER).problem(401, "sign-in-failed");
    assert_eq!(change(PASSWORD, OTHER).status, 204);
    // Somebody else may have the other sessions: all of them have ended.
    get(&server, &cookie, "/v1/me").problem(401, "session-ended");
    sign_in(&server, "ada@city.example", PASSWORD).problem(401, "sign-in-failed");
    sign_in(&server, "ada@city.example", OTHER).success();
    let machine = json!({ "current": PASSWORD, "password": OTHER });
    server.admin().put("/v1/me/password", &machine).problem(403, "forbidden");
}

#[test]
fn sessions_end_with_a_suspension_and_with_their_time() {
    let mut server = Setup::default().settings(MANY).start();
    let person = with_password(&server, "ada@city.example", "reader", "group:water");
    let cookie = cookie(&sign_in(&server, "ada@city.example", PASSWORD));
    get(&server, &cookie, "/v1/me").success();
    server.admin().post(&format!("/v1/people/{person}/suspend"), &json!({})).success();
    get(&server, &cookie, "/v1/me").problem(401, "session-ended");
    server.admin().post(&format!("/v1/people/{person}/resume"), &json!({})).success();
    get(&server, &cookie, "/v1/me").problem(401, "session-ended");
    sign_in(&server, "ada@city.example", PASSWORD).success();

    server.stop();
    server.change_settings(&format!("{MANY}behind-https = true\n"));
    server.restart();
    let set = sign_in(&server, "ada@city.example", PASSWORD).header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-champollion-session=") && set.contains("Secure"), "{set}");
}

#[test]
fn an_account_of_each_home_has_a_password_of_its_own() {
    let server = Setup::default().settings(MANY).start();
    let [water, waste] = ["group:water", "group:waste"]
        .map(|scope| add_person(&server, "eve@firm.example", "reader", scope));
    assert_eq!(choose(&server, &invite(&server, &water), PASSWORD).status, 204);
    assert_eq!(choose(&server, &invite(&server, &waste), OTHER).status, 204);
    let person = |password: &str| sign_in(&server, "eve@firm.example", password).success();
    assert_eq!(person(PASSWORD)["person"], json!(water));
    assert_eq!(person(OTHER)["person"], json!(waste));
    let named = json!({ "email": "eve@firm.example", "password": PASSWORD, "home": "group:waste" });
    server.anybody().post("/v1/session", &named).problem(401, "sign-in-failed");
}

#[test]
fn of_pypi_links_are_mailed_and_a_forgotten_password_is_chosen_anew() {
    let mail = MailServer::start();
    let address = "public-address = \"https://champollion.city.example/\"\n";
    let settings = format!("{MANY}{address}{}", mail.settings());
    let server = Setup::default().settings(&settings).start();
    let person = add_person(&server, "ada@city.example", "owner", "group:water");
    let sent =
        server.admin().post(&format!("/v1/people/{person}/invitation"), &json!({})).success();
    assert_eq!(sent["mailedTo"], "ada@city.example", "{sent}");
    assert!(!sent.to_string().contains("chmp_link_"), "the inviter does not see the link: {sent}");
    let came = |count: usize| {
        eventually("the mail comes", || Some(mail.mails()).filter(|mails| mails.len() == count))
    };
    let link_in = |mail: &str| {
        let begin = "https://champollion.city.example/choose-password#";
        let (_, rest) = mail.split_once(begin).unwrap_or_else(|| panic!("no link: {mail}"));
        rest.split_whitespace().next().expect("a link has a secret").to_owned()
    };
    let first = came(1).remove(0);
    assert!(first.contains("To: ada@city.example") && first.contains("Bonjour Ada"), "{first}");
    assert_eq!(choose(&server, &link_in(&first), PASSWORD).status, 204);
    sign_in(&server, "ada@city.example", PASSWORD).success();

    let forget =
        |email: &str| server.anybody().post("/v1/password/forgotten", &json!({ "email": email }));
    assert_eq!(forget("nobody@city.example").status, 202);
    assert_eq!(forget("ada@city.example").status, 202);
    let second = came(2).into_iter().find(|mail| *mail != first).expect("there is another one");
    assert_eq!(choose(&server, &link_in(&second), OTHER).status, 204);
    sign_in(&server, "ada@city.example", PASSWORD).problem(401, "sign-in-failed");
    sign_in(&server, "ada@city.example", OTHER).success();
    // Without mail the person is told to ask somebody.
    let without = Server::start();
    let body = json!({ "email": "ada@city.example" });
    without.anybody().post("/v1/password/forgotten", &body).problem(409, "no-mail");
}

#[test]
fn a_mail_server_that_is_away_is_told_and_another_link_can_be_made() {
    let settings = format!(
        "{MANY}public-address = \"https://champollion.city.example\"\n[mail]\nhost = \"127.0.0.1\"\nport = 1\n\
         security = \"none\"\nfrom = \"champollion@city.example\"\n"
    );
    let server = Setup::default().settings(&settings).start();
    let person = add_person(&server, "ada@city.example", "owner", "group:water");
    let path = format!("/v1/people/{person}/invitation");
    server.admin().post(&path, &json!({})).problem(503, "mail-failed");
    server.admin().post(&path, &json!({})).problem(503, "mail-failed");
}

/// The code that an authenticator shows now, of a step more or less.
fn code(secret: &str, later: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("it is base 32");
    let step = jiff::Timestamp::now().as_second() / 30 + later;
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).expect("a key has any length");
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(hash[19] & 0xF);
    let word = u32::from_be_bytes([hash[at] & 0x7F, hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("{:06}", word % 1_000_000)
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_confirmed() {
    let server = Setup::default().settings(MANY).start();
    let person = with_password(&server, "ada@city.example", "admin", "territory");
    let cookie = cookie(&sign_in(&server, "ada@city.example", PASSWORD));
    let own = |path: &str, body: &Json| page(&server, &cookie, &Method::POST, path, body);
    // An admin without one reaches the own account alone, and makes no token that would reach more.
    get(&server, &cookie, "/v1/me").success();
    get(&server, &cookie, "/v1/me/tokens").success();
    let refused = get(&server, &cookie, "/v1/people");
    let said = refused.problem(403, "second-factor-needed");
    assert!(said.contains("/v1/me/second-factor/confirm"), "{said}");
    own("/v1/me/tokens", &json!({ "name": "around" })).problem(403, "second-factor-needed");
    let wanted = json!({ "name": "of Ada", "role": "person", "person": person });
    let token = server.admin().post("/v1/tokens", &wanted).success();
    let with_token = server.anybody().token(&text(&token, "token"));
    with_token.post("/v1/me/second-factor", &json!({})).problem(409, "no-session");
    let body = json!({ "code": "000000" });
    with_token.post("/v1/me/second-factor/confirm", &body).problem(409, "no-session");
    let begun = own("/v1/me/second-factor", &json!({})).success();
    let secret = text(&begun, "secret");
    assert!(text(&begun, "address").starts_with("otpauth://totp/"), "{begun}");
    // Until then the password is enough.
    sign_in(&server, "ada@city.example", PASSWORD).success();
    let confirm = "/v1/me/second-factor/confirm";
    own(confirm, &json!({ "code": "abcdef" })).problem(400, "wrong-code");
    let first = code(&secret, 0);
    assert_eq!(own(confirm, &json!({ "code": first })).status, 204);
    own("/v1/me/second-factor", &json!({})).problem(409, "already-so");
    get(&server, &cookie, "/v1/people").success();

    sign_in(&server, "ada@city.example", PASSWORD).problem(401, "code-needed");
    sign_in(&server, "ada@city.example", "wrong").problem(401, "sign-in-failed");
    let with = |code: &str| {
        let body = json!({ "email": "ada@city.example", "password": PASSWORD, "code": code });
        server.anybody().post("/v1/session", &body)
    };
    // Each code is taken once.
    with(&first).problem(401, "sign-in-failed");
    let next = code(&secret, 1);
    with(&next).success();
    with(&next).problem(401, "sign-in-failed");

    let path = format!("/v1/people/{person}/second-factor");
    with_token.delete(&path).problem(409, "no-session");
    let shown = server.admin_cli().run(&["people", "remove-second-factor", &person]).success();
    assert!(shown.contains("removed"), "{shown}");
    sign_in(&server, "ada@city.example", PASSWORD).success();
    let again = server.admin().delete(&format!("/v1/people/{person}/second-factor"));
    again.problem(409, "no-second-factor");
}

#[test]
fn the_settings_may_let_admins_work_without_a_second_factor() {
    let settings = format!("{MANY}admins-without-second-factor = true\n");
    let server = Setup::default().settings(&settings).start();
    with_password(&server, "ada@city.example", "admin", "territory");
    let cookie = cookie(&sign_in(&server, "ada@city.example", PASSWORD));
    get(&server, &cookie, "/v1/people").success();
}
