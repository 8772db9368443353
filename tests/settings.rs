//! Settings, and starts that must fail with a sentence.

use std::{fs, net::TcpListener, path::Path, process::Command};

use champollion_tests::{Output, Server, Setup, champollion, run};
use tempfile::TempDir;

/// `champollion serve` on a folder of its own.
fn serve(folder: &Path) -> Command {
    let mut command = champollion();
    command.current_dir(folder).args(["serve", "--listen", "127.0.0.1:0"]);
    command
}

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

#[track_caller]
fn refused(output: &Output, names: &[&str]) {
    let said = output.sentence();
    for name in names {
        assert!(said.contains(name), "it does not name {name:?}: {said}");
    }
    assert!(!output.stdout.contains("listens"), "{output:?}");
}

#[test]
fn the_file_overrides_the_defaults_the_environment_the_file_and_arguments_both() {
    let folder = folder();
    let file = folder.path().join("champollion.toml");
    let settings = format!(
        "listen = \"127.0.0.1:1\"\ndata-dir = \"{}\"\n[http]\nbody-bytes = 2000\n[sandbox]\n\
         component-bytes = 3000\n",
        folder.path().join("from-file").display()
    );
    fs::write(&file, settings).expect("the file can be written");
    let server = Setup::default()
        .argument("--config")
        .argument(file.to_str().expect("the path is text"))
        .variable("CHAMPOLLION_HTTP__BODY_BYTES", "1000")
        .variable("CHAMPOLLION_DATA_DIR", "from-environment")
        // Variables of the command line tools are no settings.
        .variable("CHAMPOLLION_SERVER", "http://127.0.0.1:1")
        .variable("CHAMPOLLION_TOKEN", "chmp_lns_x")
        .variable("CHAMPOLLION_GUEST_TOOLCHAIN", "rustup")
        .start();
    // Address and folder came as arguments.
    assert!(!server.address().ends_with(":1"), "{}", server.address());
    assert!(server.data().join("store").is_dir());
    assert!(!folder.path().join("from-file").exists());
    assert!(!server.folder().join("from-environment").exists());

    let large = serde_json::json!({ "phyPayload": "00".repeat(1000) });
    let answer = server.lns().ingest(&large);
    assert!(answer.problem(413, "body-too-large").contains("1000"), "{}", answer.text);
    let publish = server.admin().put("/v1/registry/a/b/1.0.0", &"x".repeat(4000).into());
    assert!(publish.problem(413, "body-too-large").contains("3000"), "{}", publish.text);
}

#[test]
fn a_setting_that_is_wrong_is_named() {
    let folder = folder();
    let file = folder.path().join("settings.toml");
    let with_file = |text: &str| {
        fs::write(&file, text).expect("the file can be written");
        run(serve(folder.path()).arg("--config").arg(&file))
    };
    refused(&with_file("[retention]\nhuors = 12\n"), &["huors", "retention", "mean `hours`?"]);
    refused(&with_file("[retention]\nhours = \"many\"\n"), &["retention.hours", "settings.toml"]);
    refused(&with_file("[retention]\nhours = -1\n"), &["-1", "retention.hours"]);
    refused(&with_file("[store]\nmax-bytes = -1\n"), &["-1", "store.max-bytes"]);
    refused(&with_file("[retnetion]\nhours = 1\n"), &["retnetion", "mean `retention`?"]);
    refused(&with_file("[decoders.\"acme/meter\"]\nfeul = 1\n"), &["feul", "mean `fuel`?"]);
    refused(&with_file("listen = \"everywhere\"\n"), &["listen", "address"]);
    refused(&with_file("[log]\nformat = \"xml\"\n"), &["xml", "log.format"]);
    refused(&with_file("[log]\nfilter = \"a=b=c\"\n"), &["log.filter", "a=b=c"]);
    let broken = with_file("[retention\n");
    assert!(broken.failure().contains("settings.toml"), "{broken:?}");
    assert!(broken.failure().contains("line 1"), "{broken:?}");

    let missing = run(serve(folder.path()).args(["--config", "nowhere.toml"]));
    refused(&missing, &["nowhere.toml"]);
    let variable = |name: &str, value: &str| run(serve(folder.path()).env(name, value));
    refused(
        &variable("CHAMPOLLION_RETENTION__HUORS", "1"),
        &["CHAMPOLLION_RETENTION__HUORS", "mean `CHAMPOLLION_RETENTION__HOURS`?"],
    );
    refused(&variable("CHAMPOLLION_RETENTION__HOURS", "many"), &["many"]);
    refused(&variable("CHAMPOLLION_LISTEN", "everywhere"), &["listen", "address"]);
    let argument = run(champollion().args(["serve", "--listen", "everywhere"]));
    assert!(argument.failure().contains("everywhere"), "{argument:?}");
    assert!(!folder.path().join("champollion-data").exists(), "nothing was made");
}

#[test]
fn a_folder_is_for_one_server_at_a_time() {
    let first = Server::start();
    let data = first.data();
    let data = data.to_str().expect("the path is text");
    let second = run(serve(first.folder()).args(["--data-dir", data]));
    refused(&second, &[data, "already open"]);
    assert!(!second.stdout.contains("chmp_"), "{second:?}");
    assert_eq!(first.anybody().get("/readyz").status, 200, "the first one goes on");
}

#[test]
fn a_port_is_for_one_server_at_a_time() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it has an address").to_string();
    let output =
        run(champollion().current_dir(folder.path()).args(["serve", "--listen", &address]));
    refused(&output, &[&address, "in use"]);
    let is_empty = fs::read_dir(folder.path()).expect("it is there").next().is_none();
    assert!(is_empty, "nothing was made");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").expect("the file can be written");
    let inside = file.join("data");
    let output = run(serve(folder.path()).arg("--data-dir").arg(&inside));
    refused(&output, &[inside.to_str().expect("the path is text")]);
    let output = run(serve(folder.path()).arg("--data-dir").arg(&file));
    refused(&output, &[file.to_str().expect("the path is text")]);

    let nowhere = folder.path().join("missing/admin.token");
    let output = run(serve(folder.path()).arg("--admin-token-file").arg(&nowhere));
    refused(&output, &[nowhere.to_str().expect("the path is text")]);
    // The token was not made either: the next start can still show it.
    let server = Setup::default().showing_token().start();
    assert!(server.printed().contains("chmp_admin_"));
}

#[test]
fn the_defaults_are_a_file_that_can_be_used() {
    let folder = folder();
    let printed = run(champollion().args(["serve", "--print-config"])).success();
    for name in ["listen", "data-dir", "[retention]", "hours = 48", "[sandbox]", "[log]"] {
        assert!(printed.contains(name), "{name} is missing:\n{printed}");
    }
    let file = folder.path().join("champollion.toml");
    fs::write(&file, printed).expect("the file can be written");
    let path = file.to_str().expect("the path is text");
    let server = Setup::default().argument("--config").argument(path).start();
    assert_eq!(server.anybody().get("/readyz").status, 200);
}
