//! History in a PostgreSQL: one row a measurement, the same again changes nothing, and the dashboards find their columns.

use std::{fs, ops::Range};

use champollion_tests::{
    AXIOMA, Client, ELSYS, Postgres, PostgresSetup, Sensor, Server, Setup, Sources, eventually,
    thermometer, workspace,
};
use serde_json::{Value as Json, json};

/// Databases on this machine, without TLS, and no long pauses.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

/// The name of the database that is there from the beginning.
const DATABASE: &str = "champollion";

/// The dashboards, by their files.
const DASHBOARDS: [&str; 3] = ["water", "lighting", "territory"];

/// A route that keeps history in a database.
fn route(database: &Postgres, password: &str, more: &Json) -> Json {
    let url = format!("postgres://127.0.0.1:{}/{DATABASE}?sslmode=disable", database.port());
    let mut push = json!({ "url": url, "user": "champollion", "password": password });
    for (name, value) in more.as_object().expect("it is an object") {
        push[name] = value.clone();
    }
    json!({ "to": { "postgres": push }, "timeZone": "Europe/Paris" })
}

/// A server with a sensor of a decoder, and what that is tried with.
fn town_of(decoder: &str, id: &str) -> (Server, Sensor, Sources) {
    let server = Setup::default().settings(SETTINGS).start();
    let sources = server.publish_own(decoder);
    let sensor = Sensor::new(1);
    let mut registration = sensor.registration("water", Some(&format!("{id}@^1")));
    (registration["latitude"], registration["longitude"]) = (json!(48.5), json!(2.5));
    registration["tags"] = json!({ "street": "Rue X" });
    server.admin().put(&sensor.path(), &registration).success();
    (server, sensor, sources)
}

/// A server with a sensor that tells what it measures now.
fn town() -> (Server, Sensor, Sources) {
    town_of(ELSYS, "elsys/ers-co2")
}

/// Sends frames of the sensor from a counter on, and returns the number of their measurements.
fn send(server: &Server, sensor: &Sensor, sources: &Sources, f_cnts: Range<u32>) -> usize {
    let lns = server.lns();
    let mut measurements = 0;
    for (f_cnt, (uplink, expected)) in f_cnts.zip(sources.readings()) {
        lns.ingest(&sensor.frame(f_cnt, uplink.f_port, &uplink.payload.0)).success();
        measurements += expected["reading"]["measurements"].as_array().map_or(0, Vec::len);
    }
    measurements
}

fn count(database: &Postgres, what: &str) -> usize {
    let number = database.sql(DATABASE, &format!("SELECT count(*) FROM {what}"));
    number.parse().expect("it is a number")
}

/// Waits until the route has handed over so many records.
#[track_caller]
fn delivered(client: &Client, name: &str, number: u64) {
    eventually("the records are kept", || {
        let status = client.get(&format!("/v1/routes/{name}")).success()["status"].clone();
        (status["delivered"].as_u64() >= Some(number)).then_some(())
    });
}

#[test]
fn of_postgres_each_measurement_is_one_row_whatever_is_killed() {
    let mut database = Postgres::start();
    let (mut server, sensor, sources) = town();
    let admin = server.admin();
    let keeping = route(&database, "", &json!({}));
    admin.put("/v1/routes/history?group=water", &keeping).success();
    let path = "history?group=water";
    let mut rows = send(&server, &sensor, &sources, 1..3);
    delivered(&admin, path, 2);
    assert_eq!(count(&database, "champollion.measurements"), rows);
    let told = database.sql(
        DATABASE,
        "SELECT DISTINCT group_name, dev_eui, tags->>'street', latitude, decoder, local_time IS NOT NULL \
         FROM champollion.measurements",
    );
    let dev_eui = sensor.dev_eui();
    assert_eq!(told, format!("water|{dev_eui}|Rue X|48.5|elsys/ers-co2|t"));

    // The database is killed, and comes again: what waited is kept once.
    database.kill();
    rows += send(&server, &sensor, &sources, 3..5);
    eventually("the route says why", || {
        let status = admin.get(&format!("/v1/routes/{path}")).success()["status"].clone();
        let said = status["lastFailure"].to_string();
        said.contains("database").then_some(())
    });
    database.come();
    delivered(&admin, path, 4);
    assert_eq!(count(&database, "champollion.measurements"), rows);

    // The server is killed, and what it hands over again changes nothing.
    server.kill();
    server.restart();
    let admin = server.admin();
    rows += send(&server, &sensor, &sources, 5..6);
    delivered(&admin, path, 5);
    assert_eq!(count(&database, "champollion.measurements"), rows);
    let repeated = "WITH told AS (SELECT * FROM champollion.measurements LIMIT 5) \
                    INSERT INTO champollion.measurements SELECT * FROM told ON CONFLICT DO NOTHING";
    database.sql(DATABASE, repeated);
    assert_eq!(count(&database, "champollion.measurements"), rows);
    assert_eq!(
        count(&database, "champollion.series"),
        count(
            &database,
            "(SELECT DISTINCT measured_at, measurement_id FROM champollion.measurements) AS once"
        )
    );
    assert!(count(&database, "champollion.latest") > 0);
}

#[test]
fn of_postgres_moments_of_years_ago_have_a_place() {
    let database = Postgres::start();
    let (server, sensor, sources) = town_of(AXIOMA, "axioma/qalcosonic-w1");
    let keeping = route(&database, "", &json!({}));
    let admin = server.admin();
    admin.put("/v1/routes/history?group=water", &keeping).success();
    // The readings of the meter are of 2019.
    let rows = send(&server, &sensor, &sources, 1..2);
    delivered(&admin, "history?group=water", 1);
    assert_eq!(count(&database, "champollion.measurements_other"), rows);
    assert_eq!(count(&database, "champollion.measurements"), rows);
}

#[test]
fn of_postgres_a_month_that_a_clock_was_ahead_of_gets_its_partition() {
    let database = Postgres::start();
    let (server, sensor, sources) = town();
    let keeping = route(&database, "", &json!({}));
    let admin = server.admin();
    admin.put("/v1/routes/history?group=water", &keeping).success();
    let mut rows = send(&server, &sensor, &sources, 1..2);
    delivered(&admin, "history?group=water", 1);
    // The month to come has no partition yet, as it had none a month ago, and a clock tells of it.
    database.sql(
        DATABASE,
        "DO $$ BEGIN EXECUTE 'DROP TABLE champollion.measurements_' \
         || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM'); END $$",
    );
    database.sql(
        DATABASE,
        "INSERT INTO champollion.measurements \
         (measured_at, record_id, measurement_id, group_name, dev_eui, quantity, received_at) \
         VALUES (now() + interval '1 month', 'ahead', 'A', 'water', '70B3D5499AFFFFFF', 'air.co2', now())",
    );
    assert_eq!(count(&database, "champollion.measurements_other"), 1);
    rows += 1 + send(&server, &sensor, &sources, 2..4);
    delivered(&admin, "history?group=water", 3);
    assert_eq!(count(&database, "champollion.measurements_other"), 0);
    assert_eq!(count(&database, "champollion.measurements"), rows);
    let place = "SELECT tableoid::regclass = to_regclass('champollion.measurements_' \
                 || to_char(measured_at AT TIME ZONE 'UTC', 'YYYY_MM')) \
                 FROM champollion.measurements WHERE record_id = 'ahead'";
    assert_eq!(database.sql(DATABASE, place), "t");
}

#[test]
fn of_postgres_a_frame_that_is_decoded_once_more_counts_as_the_last_decoding_has_it() {
    let database = Postgres::start();
    let server = Setup::default().settings(SETTINGS).start();
    for version in ["1.0.0", "1.1.0"] {
        server.publish_candidate(&thermometer(version));
    }
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    let admin = server.admin();
    let keeping = route(&database, "", &json!({}));
    admin.put("/v1/routes/history?group=office", &keeping).success();
    // What the database has would be gone otherwise: nobody else waits for it.
    admin.put("/v1/routes/pulled?group=office", &json!({ "to": { "pull": {} } })).success();
    server.lns().ingest(&sensor.frame(1, 2, &[0, 0xD7, 40, 36])).success();
    delivered(&admin, "history?group=office", 1);
    let shown = |view: &str| {
        let sql = format!(
            "SELECT string_agg(quantity || ' ' || decoder_version, ', ' ORDER BY quantity) FROM champollion.{view}"
        );
        database.sql(DATABASE, &sql)
    };
    let first = "air.humidity 1.0.0, air.temperature 1.0.0";
    assert_eq!([shown("series"), shown("latest")], [first, first]);

    let redecode = |version: &str| {
        let decoder = format!("acme/thermometer@{version}");
        let since = "2020-01-01T00:00:00Z";
        let own = ["records", "redecode", "--decoder", &decoder, "--since", since, "--json"];
        assert_eq!(server.admin_cli().json(&own)["corrected"], 1);
    };
    redecode("1.1.0");
    delivered(&admin, "history?group=office", 2);
    let second = "air.humidity 1.1.0, air.temperature 1.1.0, battery.voltage 1.1.0";
    assert_eq!([shown("series"), shown("latest")], [second, second]);
    // Back again: the version before tells no battery.
    redecode("1.0.0");
    delivered(&admin, "history?group=office", 3);
    assert_eq!([shown("series"), shown("latest")], [first, first]);
    assert_eq!(count(&database, "champollion.measurements"), 7, "nothing is lost");
}

#[test]
fn of_postgres_tables_of_an_earlier_version_are_brought_up_to_date() {
    let database = Postgres::start();
    let (server, sensor, sources) = town();
    let step = workspace().join("runtime/delivery/src/destinations/postgres/schema/1.sql");
    let step = fs::read_to_string(step).expect("it is there").replace("{schema}", "champollion");
    database.sql(DATABASE, &step);
    database.sql(DATABASE, "INSERT INTO champollion.schema_version (version) VALUES (1)");
    database.sql(DATABASE, "CREATE ROLE reader; GRANT USAGE ON SCHEMA champollion TO reader");
    database.sql(DATABASE, "GRANT SELECT ON ALL TABLES IN SCHEMA champollion TO reader");
    database.sql(DATABASE, "INSERT INTO champollion.readers VALUES ('reader', 'water')");
    let admin = server.admin();
    let keeping = route(&database, "", &json!({}));
    admin.put("/v1/routes/history?group=water", &keeping).success();
    let rows = send(&server, &sensor, &sources, 1..2);
    delivered(&admin, "history?group=water", 1);
    assert_eq!(count(&database, "champollion.schema_version"), 2);
    // Roles keep what was granted to them.
    let seen = |view: &str| {
        database.sql(DATABASE, &format!("SET ROLE reader; SELECT count(*) FROM champollion.{view}"))
    };
    assert_eq!(seen("series"), rows.to_string());
    assert_ne!(seen("latest"), "0");
}

#[test]
fn of_postgres_a_role_reads_its_groups_alone() {
    let database = Postgres::start();
    let (server, sensor, sources) = town();
    let admin = server.admin();
    let keeping = route(&database, "", &json!({}));
    admin.put("/v1/routes/history?group=water", &keeping).success();
    send(&server, &sensor, &sources, 1..2);
    delivered(&admin, "history?group=water", 1);
    // The statements of docs/history.md.
    let page = fs::read_to_string(workspace().join("docs/history.md")).expect("the page is there");
    let (_, after) = page.split_once("```sql\n").expect("the page has statements");
    let (statements, _) = after.split_once("```").expect("they end");
    database.sql(DATABASE, statements);
    let seen = |role: &str, what: &str| {
        database
            .sql(DATABASE, &format!("SET ROLE {role}; SELECT count(*) > 0 FROM champollion.{what}"))
    };
    for what in ["measurements", "series", "latest"] {
        assert_eq!(seen("grafana_water", what), "t", "{what}");
    }
    database.sql(DATABASE, "UPDATE champollion.readers SET group_name = 'light'");
    for what in ["measurements", "series", "latest"] {
        assert_eq!(seen("grafana_water", what), "f", "{what}");
    }
}

#[test]
fn of_postgres_dashboards_find_their_columns() {
    let database = Postgres::start();
    let (server, sensor, sources) = town();
    let keeping = route(&database, "", &json!({}));
    let admin = server.admin();
    admin.put("/v1/routes/history?group=water", &keeping).success();
    send(&server, &sensor, &sources, 1..3);
    delivered(&admin, "history?group=water", 2);
    for name in DASHBOARDS {
        let file = workspace().join(format!("examples/grafana/{name}.json"));
        let text = fs::read_to_string(file).expect("the dashboard is there");
        let dashboard: Json = serde_json::from_str(&text).expect("it is JSON");
        let panels = dashboard["panels"].as_array().expect("it has panels");
        assert!(panels.len() >= 4, "{name}");
        for panel in panels {
            let sql = panel["targets"][0]["rawSql"].as_str().expect("a panel has a statement");
            // The one macro of Grafana that the dashboards use.
            let mut statement = sql.to_owned();
            for column in ["measured_at", "received_at"] {
                let filter = format!("$__timeFilter({column})");
                let bounds = format!("{column} > now() - interval '7 days'");
                statement = statement.replace(&filter, &bounds);
            }
            assert!(!statement.contains("$__"), "{name}: {statement}");
            database.sql(DATABASE, &statement);
        }
    }
}

#[test]
fn of_postgres_what_is_wrong_is_told_in_words() {
    let database = PostgresSetup::default().asks_password().start();
    let (server, ..) = town();
    let admin = server.admin();
    let test = |definition: &Json| {
        admin.put("/v1/routes/history?group=water", definition).success();
        admin.post("/v1/routes/history/test?group=water", &json!({})).success()
    };
    let said = test(&route(&database, "wrong", &json!({}))).to_string();
    assert!(said.contains("does not let us in"), "{said}");
    let said = test(&route(&database, "correct horse", &json!({}))).to_string();
    assert!(!said.contains("does not let us in"), "{said}");
    assert_eq!(count(&database, "champollion.measurements"), 0, "a test leaves rows");
    // The password is hidden, and stays as it is.
    let shown = admin.get("/v1/routes/history?group=water").success();
    assert_eq!(shown["to"]["postgres"]["password"], "(hidden)");

    database.sql(DATABASE, "INSERT INTO champollion.schema_version (version) VALUES (999)");
    let newer = route(&database, "correct horse", &json!({ "batch": 7 }));
    let said = test(&newer).to_string();
    assert!(said.contains("version 999"), "{said}");

    let refuse = |definition: &Json| {
        admin
            .put("/v1/routes/other?group=water", definition)
            .problem(422, "invalid-route")
            .to_owned()
    };
    let mut clear = route(&database, "", &json!({}));
    clear["to"]["postgres"]["url"] = json!("postgres://me:secret@127.0.0.1/town");
    assert!(refuse(&clear).contains("say the name under user"));
    let mut raw = route(&database, "", &json!({}));
    raw["shape"] = json!("raw");
    assert!(refuse(&raw).contains("keeps measurements"));
}
