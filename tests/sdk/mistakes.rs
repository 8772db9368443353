//! Mistakes of an author, each told as what it is.

use std::fs;

use champollion_tests::{champollion, run, target, workspace};
use serde_json::json;
use tempfile::TempDir;

use super::{Desk, reading, says, uplink};

#[test]
fn each_failure_is_shown_as_what_it_is() {
    let desk = Desk::new("js");
    let vector = |name: &str, first: &str| uplink(name, &format!("{first}0000"), reading(0.0, 0));
    desk.vectors(&json!([
        vector("throws", "01"),
        vector("loops", "02"),
        vector("hoards", "03"),
        vector("reports", "04"),
        uplink("fails in vain", "050000", json!({ "failure": { "kind": "too-short" } })),
    ]));
    desk.write(
        "codec.js",
        "function decodeUplink(input) {\n  switch (input.bytes[0]) {\n  case 1:\n    return lengthOf(input);\n  \
         case 2: for (;;) {}\n  case 3: { const all = []; for (;;) all.push(new Uint8Array(100000)); }\n  \
         case 4: return { errors: ['no level in it'] };\n  }\n  return { data: { level: 0, battery: 0 } };\n}\n",
    );
    for (command, sentence) in
        [("build", "5 of 5"), ("test", "a server would refuse acme/tank-level 1.0.0")]
    {
        let output = if command == "test" { desk.test(&[]) } else { desk.run(&[command]) };
        let told = format!("{}{}", output.stdout, output.stderr);
        says(
            &told,
            &[
                "vector \"throws\" (FPort 2, 010000)",
                "ReferenceError",
                "at line 4",
                "vector \"loops\"",
                "used all of its 100000000 units of fuel",
                "vector \"hoards\"",
                "bytes of memory",
                "vector \"reports\"",
                "no level in it",
                "expects the failure too-short",
            ],
        );
        assert!(!told.contains("actual nothing"), "{told}");
        says(output.failure(), &[sentence]);
    }
    let for_programs = desk.run(&["build", "--json"]);
    assert_eq!(for_programs.stdout, "", "no text stands where JSON is expected");
    says(for_programs.failure(), &["5 of 5"]);
}

#[test]
fn all_differences_of_all_vectors_are_shown_at_once() {
    let desk = Desk::new("js");
    let mut reordered = reading(1.234, 95);
    reordered["reading"]["measurements"].as_array_mut().unwrap().reverse();
    desk.vectors(&json!([
        uplink("wrong", "04D25F", reading(2.5, 96)),
        uplink(
            "misspelt",
            "000000",
            json!({ "reading": {
            "data": { "levl": 0, "battery": 0 },
            "measurements": reading(0.0, 0)["reading"]["measurements"],
        } })
        ),
        uplink("reordered", "04D25F", reordered),
    ]));
    let told = desk.test(&[]);
    says(
        &told.stdout,
        &[
            "reading.data.level",
            "reading.data.battery",
            "reading.measurements[0].value",
            "reading.measurements[1].value",
            "reading.data.levl",
            "level came out with 0",
            "in another order",
            "contradicts the vector",
        ],
    );
    says(told.failure(), &["3 of 3"]);
}

/// A component tells the bytes of each value.
#[test]
fn differences_stand_beside_the_bytes_that_they_come_from() {
    let folder = TempDir::new().unwrap();
    let sources = workspace().join("decoders/elsys-ers-co2");
    for name in ["decoder.toml", "Cargo.toml"] {
        fs::copy(sources.join(name), folder.path().join(name)).unwrap();
    }
    fs::write(
        folder.path().join("vectors.json"),
        json!([{ "name": "warm", "uplink": { "fPort": 5, "payload": "0100FC0225" }, "expect": { "reading": {
            "data": { "temperature": 25.3, "humidity": 37 },
            "measurements": [
                { "quantity": "air.temperature", "value": 25.3 }, { "quantity": "air.humidity", "value": 37 }
            ],
        } } }])
        .to_string(),
    )
    .unwrap();
    let module = target().join("guests/wasm32-unknown-unknown/guest/elsys_ers_co2.wasm");
    assert!(module.is_file(), "{}: run `cargo xtask guests` first", module.display());
    let tested = run(champollion()
        .args(["test", "--no-unit-tests", "--module"])
        .arg(&module)
        .arg(folder.path())
        .env("COLUMNS", "300"));
    says(&tested.stdout, &["reading.data.temperature", "25.3", "25.2", "1..3 00FC"]);
}

#[test]
fn all_faults_of_the_files_are_told_before_anything_is_compiled() {
    let desk = Desk::new("js");
    fs::remove_file(desk.path("codec.js")).unwrap();
    desk.write("Cargo.toml", "this is no manifest of cargo's");
    desk.write(
        "decoder.toml",
        "id = \"acme\"\nversion = \"1.0.0\"\nname = \"Tank\"\nlicense = \"MIT\"\nmaintainer = \"Acme\"\n\
         [[ports]]\nport = \"2\"\ndirection = \"up\"\n[[fields]]\nname = \"level\"\ntype = \"nummer\"\n",
    );
    desk.vectors(&json!([
        { "name": "a", "uplink": { "fPort": 2, "payload": "0" }, "expect": { "reading": {} } },
        { "name": "b", "uplink": { "fPort": 2, "payload": "00" }, "expect": { "failure": { "kind": "oops" } } },
    ]));
    for command in ["test", "build", "bench"] {
        let output = desk.run(&[command]);
        says(
            output.failure(),
            &[
                "faults",
                "decoder.toml: line 1: \"acme\" names no decoder",
                "missing field `description`",
                "missing field `licence`",
                "missing field `devices`",
                "line 4: unknown field `license`: did you mean `licence`?",
                "line 7: ports[0].port must be an integer",
                "missing field `meaning` of ports[0]",
                "line 11: fields[0].type is \"nummer\": it is one of boolean, integer",
                "vectors.json: vector 1 (\"a\")",
                "vectors.json: vector 2 (\"b\")",
                "oops",
            ],
        );
        assert!(!output.stderr.contains("cargo"), "something was compiled: {output:?}");
    }
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let desk = Desk::new("js");
    desk.write("Cargo.toml", "[package]");
    let both = desk.test(&[]);
    says(&both.stderr, &["codec.js is taken", "Cargo.toml"]);
    drop(both.success());
    for (arguments, words) in [
        (&["publish", "codec.js"][..], &["champollion build"][..]),
        (&["publish", "."], &["it is a folder", "champollion build"]),
        (&["catalogue", "--server", "http://127.0.0.1:9"], &["CHAMPOLLION_SERVER"]),
    ] {
        says(desk.run(arguments).failure(), words);
    }
    fs::remove_file(desk.path("Cargo.toml")).unwrap();
    desk.write("vectors.json", "");
    says(desk.test(&[]).sentence(), &["vectors.json: it is empty", "champollion vectors add"]);
    fs::remove_file(desk.path("codec.js")).unwrap();
    says(desk.test(&[]).failure(), &["neither codec.js nor Cargo.toml", "it is empty"]);
    fs::remove_file(desk.path("decoder.toml")).unwrap();
    says(desk.test(&[]).failure(), &["decoder.toml", "champollion new"]);
}

#[test]
fn an_endless_loop_is_told_where_a_failure_is_expected() {
    let desk = Desk::new("js");
    desk.write("codec.js", "function decodeUplink(input) { for (;;) {} }");
    desk.vectors(&json!([uplink("a", "00", json!({ "failure": { "kind": "too-short" } }))]));
    let told = desk.test(&[]);
    says(&told.stdout, &["expects a failure of the kind too-short", "units of fuel"]);
    says(told.failure(), &["faults are told above"]);
    // As others may have it: a name that is misspelt in the code alone.
    let misspelt = Desk::new("js");
    misspelt.replace("codec.js", "battery:", "batery:");
    let blessed = misspelt.test(&["--bless"]);
    drop(blessed.success());
    says(&misspelt.test(&[]).stdout, &["battery (did you mean batery"]);
}
