//! The library of decoders, installed into a server by one command.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use champollion_tests::{AXIOMA, Cli, DECODERS, Server, Setup, Sources, target};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A server that takes signed packages alone.
fn strict() -> Server {
    Setup::default().variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false").start()
}

/// A folder with packages of the library, and some other file.
fn shelf() -> TempDir {
    let folder = TempDir::new().expect("there is room");
    for decoder in DECODERS {
        let name = format!("{decoder}.wasm");
        fs::copy(Sources::file(decoder), folder.path().join(name)).expect("there is room");
    }
    fs::write(folder.path().join("README"), "packages").expect("there is room");
    folder
}

struct Installing {
    cli: Cli,
    folder: TempDir,
    key: String,
}

impl Installing {
    fn of(server: &Server) -> Self {
        let folder = shelf();
        let key = folder.path().join("library.key").display().to_string();
        Self { cli: server.admin_cli(), folder, key }
    }

    fn arguments<'of>(&'of self, more: &[&'of str]) -> Vec<&'of str> {
        let folder = self.folder.path().to_str().expect("the path is text");
        let mut arguments = vec!["catalogue", "install", "--json", "--from", folder];
        arguments.extend(more);
        arguments
    }

    /// The report of an installation that succeeds.
    fn report(&self, more: &[&str]) -> Json {
        self.cli.json(&self.arguments(more))
    }
}

fn verdicts(report: &Json) -> Vec<(String, String)> {
    let packages = report["packages"].as_array().expect("they are listed");
    let text = |row: &Json, member: &str| row[member].as_str().unwrap_or_default().to_owned();
    packages.iter().map(|row| (text(row, "id"), text(row, "verdict"))).collect()
}

fn all(verdict: &str) -> Vec<(String, String)> {
    let ids = ["axioma/qalcosonic-w1", "elsys/ers-co2", "nas/ul20xx"];
    ids.map(|id| (id.to_owned(), verdict.to_owned())).to_vec()
}

#[test]
fn the_library_is_installed_by_one_command_and_a_second_one_changes_nothing() {
    let server = strict();
    let installing = Installing::of(&server);
    assert_eq!(verdicts(&installing.report(&["--dry-run"])), all("new"));
    assert!(!fs::exists(&installing.key).expect("it can be looked for"), "a trial makes no key");
    let key = ["--key", installing.key.as_str()];
    let report = installing.report(&key);
    assert_eq!(verdicts(&report), all("published"), "{report}");
    assert_eq!(report["packages"][0]["channel"], "stable", "{report}");
    assert_eq!(report["key"]["isNew"], true, "{report}");
    assert_eq!(report["key"]["namespaces"], json!(["axioma", "elsys", "nas"]), "{report}");
    let keys = server.admin().get("/v1/registry/keys").success();
    assert_eq!(keys["keys"][0]["key"], report["key"]["key"], "{keys}");

    let again = installing.report(&key);
    assert_eq!(verdicts(&again), all("there"));
    assert_eq!(again["key"]["isNew"], false, "{again}");
    let lines = server.admin().get("/v1/registry/index").text;
    let folder = installing.folder.path().display().to_string();
    let told =
        installing.cli.run(&[&["catalogue", "install", "--from", &folder][..], &key].concat());
    assert!(told.success().contains("there already"));
    assert_eq!(server.admin().get("/v1/registry/index").text, lines, "nothing was written");
}

#[test]
fn a_use_case_or_all_that_begin_with_its_word_choose_the_packages() {
    let server = strict();
    let installing = Installing::of(&server);
    for name in ["water", "water-metering"] {
        let found = verdicts(&installing.report(&["--dry-run", "--use", name]));
        assert_eq!(found, [("axioma/qalcosonic-w1".to_owned(), "new".to_owned())], "{name}");
    }
    let two = installing.report(&["--dry-run", "--use", "water", "--use", "street-lighting"]);
    assert_eq!(verdicts(&two).len(), 2, "{two}");
    let unknown = installing.cli.run(&installing.arguments(&["--dry-run", "--use", "wine"]));
    assert!(unknown.sentence().contains("wine"), "{}", unknown.sentence());
}

#[test]
fn what_cannot_be_installed_is_told_and_everything_else_is() {
    let server = strict();
    let installing = Installing::of(&server);
    let key = ["--key", installing.key.as_str()];
    // A version of the same name with other content, and a vendor of somebody else.
    let other = Sources::of(AXIOMA).manifest_with("description = \"", "description = \"Other: ");
    let file = installing.folder.path().join(format!("{AXIOMA}.wasm"));
    let own = fs::read(&file).expect("it is there");
    fs::write(&file, other.package().file()).expect("there is room");
    drop(installing.report(&[&key[..], &["--use", "water"]].concat()));
    fs::write(&file, own).expect("there is room");
    let public = champollion_registry::keys::SecretKey::generate().expect("randomness").public();
    let elsys = json!({ "key": public, "name": "Elsys", "namespaces": ["elsys"] });
    server.admin().post("/v1/registry/keys", &elsys).success();

    let refused = installing.cli.run(&installing.arguments(&key));
    let said = refused.failure();
    assert!(said.contains("axioma/qalcosonic-w1") && said.contains("another package"), "{said}");
    assert!(said.contains("belongs to the key") && said.contains("Elsys"), "{said}");
    let catalogue = server.anybody().get("/v1/catalogue").success();
    let ids: Vec<&str> = catalogue["decoders"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|decoder| decoder["id"].as_str())
        .collect();
    assert_eq!(ids, ["axioma/qalcosonic-w1", "nas/ul20xx"]);
}

#[test]
fn water_meters_of_all_makers_show_one_set_of_quantities() {
    show_one_set_of_quantities("water", 12);
}

#[test]
fn street_lights_of_all_makers_show_one_set_of_quantities() {
    show_one_set_of_quantities("street-lighting", 4);
}

/// Devices of all makers are found together by their use, and each quantity has one unit over all of them.
fn show_one_set_of_quantities(use_case: &str, fewest: usize) {
    let server = Server::start();
    let (cli, folder) = (server.admin_cli(), TempDir::new().expect("there is room"));
    let key = folder.path().join("key").display().to_string();
    let library = target().join("decoders").display().to_string();
    let install = ["catalogue", "install", "--from", &library, "--key", &key, "--use", use_case];
    drop(cli.run(&install).success());
    let found = cli.json(&["catalogue", "--use", use_case, "--json"]);
    let decoders = found["decoders"].as_array().expect("they are listed");
    assert!(decoders.len() >= fewest, "{} decoders of {use_case}", decoders.len());
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for decoder in decoders {
        let fields = decoder["fields"].as_array().into_iter().flatten();
        for field in fields.filter(|field| field["quantity"].is_string()) {
            let quantity = field["quantity"].as_str().expect("it is a text").to_owned();
            columns.entry(quantity).or_default().insert(field["unit"].to_string());
        }
    }
    let several: Vec<_> = columns.iter().filter(|(_, units)| units.len() > 1).collect();
    assert!(several.is_empty(), "quantities in several units: {several:?}");

    let measured = found["measured"].as_array().expect("the one set is told");
    let name = |row: &Json| row["quantity"].as_str().expect("it is a text").to_owned();
    let names: BTreeSet<String> = measured.iter().map(name).collect();
    assert_eq!(names.len(), measured.len(), "a quantity stands in the set twice");
    assert!(names.iter().eq(columns.keys()), "the set is not that of the fields: {names:?}");
    for row in measured {
        let (quantity, unit) = (name(row), row["unit"].as_str().unwrap_or_default());
        let expected = if unit.is_empty() { "null".to_owned() } else { format!("{unit:?}") };
        assert!(columns[&quantity].contains(&expected), "{quantity} is not in {expected}");
    }
    // What the use is known by comes first, and its first quantity is one that several makers' devices measure.
    let of_use = measured.iter().take_while(|row| row["ofUse"] == true).count();
    let others = &measured[of_use..];
    assert!(of_use > 0 && others.iter().all(|row| row["ofUse"] == false), "{measured:?}");
    let first = measured[0]["decoders"].as_array().into_iter().flatten();
    let makers: BTreeSet<&str> =
        first.filter_map(|id| Some(id.as_str()?.split_once('/')?.0)).collect();
    assert!(
        makers.len() >= (fewest - 1).min(10),
        "{} is of {makers:?} alone",
        measured[0]["quantity"]
    );
}

#[test]
fn a_folder_that_is_no_library_is_refused() {
    let server = strict();
    let cli = server.admin_cli();
    let empty = TempDir::new().expect("there is room");
    let folder = empty.path().display().to_string();
    let install = ["catalogue", "install", "--dry-run", "--from", &folder];
    assert!(cli.run(&install).sentence().contains("no file in it is a package"));
    fs::write(empty.path().join("broken.wasm"), "nothing").expect("there is room");
    assert!(cli.run(&install).sentence().contains("broken.wasm"));
    let keyless = cli.run(&["catalogue", "install", "--from", &folder]);
    assert!(keyless.failure().contains("--key"), "{}", keyless.failure());
}
