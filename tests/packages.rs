//! Packages as they are handed out, made of the binary that is tested: installed, started, removed.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use champollion_packaging::{DATA_FOLDER, MASTER_KEY, Made, Release, SETTINGS_FILE};
use champollion_sdk::difference::difference;
use champollion_tests::{
    AXIOMA, Output, Sensor, Setup, Sources, built, digits, reading, run, run_within, target,
    workspace,
};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use rustix::process::getuid;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The time that a compilation may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// The packages, made once for all tests.
struct Packages {
    release: Release,
    package: Made,
    image: Made,
}

fn packages() -> &'static Packages {
    static MADE: OnceLock<Packages> = OnceLock::new();
    MADE.get_or_init(|| {
        // Statics are never dropped, so the folder is one that the next run empties.
        let folder = target().join("packages-of-tests");
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("there is room");
        let release = release(&folder);
        let [package, image] = write(&release, &folder.join("out"));
        Packages { release, package, image }
    })
}

/// A release of the binary without what debuggers read, which is most of it, and of three decoders.
fn release(folder: &Path) -> Release {
    let binary = folder.join("champollion");
    drop(run(Command::new("strip").arg("-o").arg(&binary).arg(built())).success());
    let library = folder.join("library");
    fs::create_dir(&library).expect("there is room");
    let file = PathBuf::from(Sources::file(AXIOMA));
    let name = file.file_name().expect("it has a name");
    fs::copy(&file, library.join(name)).expect("there is room");
    let moment = Timestamp::from_second(1_700_000_000).expect("it is a moment");
    Release { binary, library, sources: workspace().to_owned(), moment }
}

fn write(release: &Release, folder: &Path) -> [Made; 2] {
    let made = release.write(folder).unwrap_or_else(|error| panic!("no packages: {error:#}"));
    made.try_into().expect("there is a package and an image")
}

/// A folder that packages are installed into, as into the root of a system.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let folder = TempDir::new().expect("there is room");
        let database = folder.path().join("var/lib/dpkg");
        fs::create_dir_all(database.join("info")).expect("there is room");
        for file in ["status", "available"] {
            File::create(database.join(file)).expect("there is room");
        }
        Self(folder)
    }

    /// Runs dpkg on the folder; its scripts run on this machine, and are told of the folder.
    fn dpkg(&self, arguments: &[&str]) -> Output {
        let root = format!("--root={}", self.0.path().display());
        let mut command = match getuid().is_root() {
            true => Command::new("dpkg"),
            false => {
                let mut command = Command::new("unshare");
                command.args(["--map-root-user", "dpkg"]);
                command
            }
        };
        command.args([&root, "--force-depends", "--force-script-chrootless"]);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        run(command.args(arguments))
    }

    fn path(&self, within: &str) -> PathBuf {
        self.0.path().join(within.trim_start_matches('/'))
    }

    /// The files that are there, but for those of dpkg itself.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.0.path(), self.0.path(), &mut found);
        found.retain(|file| !file.starts_with("var/lib/dpkg") && !file.starts_with("var/log"));
        found.sort();
        found
    }
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(root, &path, found);
        } else {
            let within = path.strip_prefix(root).expect("it is within");
            found.push(within.display().to_string());
        }
    }
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn of_dpkg_the_debian_package_is_installed_decodes_a_frame_and_goes() {
    let (root, packages) = (Root::new(), packages());
    let file = packages.package.path.display().to_string();
    drop(root.dpkg(&["--install", &file]).success());
    let key = root.path(MASTER_KEY);
    let digits = fs::read_to_string(&key).expect("a master key was made");
    assert_eq!(digits.trim().len(), 64, "the key has 32 bytes");
    assert!(digits.trim().bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert_eq!((mode(&key), mode(&root.path(SETTINGS_FILE))), (0o600, 0o600));
    let verified = root.dpkg(&["--verify", "champollion"]).success();
    assert_eq!(verified, "", "all files are those of the package");

    decodes_a_frame(&root, &digits);

    drop(root.dpkg(&["--install", &file]).success());
    let again = fs::read_to_string(&key).expect("it is there");
    assert_eq!(again, digits, "another installation keeps the key");
    drop(root.dpkg(&["--remove", "champollion"]).success());
    assert_eq!(root.files(), [SETTINGS_FILE, MASTER_KEY].map(|file| file[1..].to_owned()));
    let said = root.dpkg(&["--purge", "champollion"]).success();
    assert!(said.contains("master.key stay"), "{said}");
    assert_eq!(root.files(), [MASTER_KEY[1..].to_owned()], "data cannot be read without the key");
}

/// Starts the server as the unit does, on a folder and a port of the test, and has it decode a frame by the library
/// that was installed with it.
fn decodes_a_frame(root: &Root, master_key: &str) {
    let credentials = TempDir::new().expect("there is room");
    let put = |name: &str, text: &str| fs::write(credentials.path().join(name), text);
    put("champollion-master-key", master_key).expect("there is room");
    let settings = fs::read_to_string(root.path(SETTINGS_FILE)).expect("settings are there");
    assert!(settings.contains(&format!("data-dir = {DATA_FOLDER:?}")), "{settings}");
    let mut server = Setup::default()
        .binary(root.path("usr/bin/champollion"))
        .variable("CREDENTIALS_DIRECTORY", &credentials.path().display().to_string())
        .settings(&settings)
        .start();
    let publisher = root.path("publisher.key").display().to_string();
    let mut install = Command::new(root.path("usr/bin/champollion"));
    install.env("CHAMPOLLION_SERVER", server.address());
    install.env("CHAMPOLLION_TOKEN", server.admin_token());
    drop(run(install.args(["catalogue", "install", "--key", &publisher])).success());
    fs::remove_file(publisher).expect("the key of the library was made");

    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    let (uplink, expected) = Sources::of(AXIOMA).readings().swap_remove(0);
    let phy = digits(&sensor.phy(1, uplink.f_port, &uplink.payload.0));
    let frame = json!({ "phyPayload": phy, "receivedAt": "2019-07-22T11:37:52Z" });
    let receipt = server.lns().ingest(&frame).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");
    let page = server.partner("water").get("/v1/records").success();
    let decoded = reading(&page["records"][0]["record"]["decoded"]);
    assert_eq!(difference(&expected, &json!({ "reading": decoded })), None);
    assert!(server.stop().success());
}

#[test]
fn of_dpkg_the_debian_package_names_what_it_needs_and_holds() {
    let file = &packages().package.path;
    let field = |name: &str| {
        run(Command::new("dpkg-deb").arg("--field").arg(file).arg(name)).success().trim().to_owned()
    };
    assert_eq!(field("Package"), "champollion");
    let depends = field("Depends");
    assert!(depends.contains("libc6 (>= 2.") && depends.contains("ca-certificates"), "{depends}");
    let listed = run(Command::new("dpkg-deb").arg("--contents").arg(file)).success();
    for path in [
        "./usr/bin/champollion",
        "./usr/share/champollion/library/",
        "./usr/share/man/man1/champollion-serve.1.gz",
        "./usr/share/bash-completion/completions/champollion",
        "./usr/share/zsh/vendor-completions/_champollion",
        "./usr/share/fish/vendor_completions.d/champollion.fish",
        "./usr/lib/systemd/system/champollion.service",
        "./usr/share/doc/champollion/copyright",
        "./usr/share/doc/champollion/changelog.Debian.gz",
        "./usr/share/doc/champollion/examples/rules.yml",
        "./etc/champollion/champollion.toml",
    ] {
        assert!(listed.contains(path), "{path} is missing:\n{listed}");
    }
}

#[test]
fn of_dpkg_the_same_release_makes_the_same_packages() {
    let packages = packages();
    let folder = TempDir::new().expect("there is room");
    let [package, image] = write(&packages.release, folder.path());
    assert_eq!(package.digest, packages.package.digest);
    assert_eq!(image.digest, packages.image.digest);
}

/// The files of an archive, by their names; of those that are larger than some megabytes the beginning is left out.
fn unpacked(archive: impl Read) -> BTreeMap<String, (u64, Vec<u8>)> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().expect("it is an archive");
    let read = entries.map(|entry| {
        let mut entry = entry.expect("it can be read");
        let name = entry.path().expect("it has a name").display().to_string();
        let (owner, mut bytes) = (entry.header().uid().expect("a number"), Vec::new());
        entry.read_to_end(&mut bytes).expect("it can be read");
        (name, (owner, bytes))
    });
    read.collect()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
}

/// The part of an image that a list names by its digest and size.
fn part<'of>(files: &'of BTreeMap<String, (u64, Vec<u8>)>, named: &Json) -> &'of [u8] {
    let name = named["digest"].as_str().expect("it has a digest");
    let path = format!("blobs/sha256/{}", name.trim_start_matches("sha256:"));
    let (_, bytes) = files.get(&path).unwrap_or_else(|| panic!("{path} is missing"));
    assert_eq!(digest(bytes), name);
    assert_eq!(named["size"].as_u64(), u64::try_from(bytes.len()).ok());
    bytes
}

fn parsed(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).expect("it is JSON")
}

#[test]
fn of_dpkg_the_image_holds_what_its_lists_name_and_runs_without_rights() {
    let files = unpacked(File::open(&packages().image.path).expect("it is there"));
    assert_eq!(parsed(&files["oci-layout"].1), json!({ "imageLayoutVersion": "1.0.0" }));
    let index = parsed(&files["index.json"].1);
    let manifest = parsed(part(&files, &index["manifests"][0]));
    let config = parsed(part(&files, &manifest["config"]));
    assert_eq!(config["config"]["User"], "65532:65532", "{config}");
    assert_eq!(config["config"]["Entrypoint"], json!(["/usr/bin/champollion"]), "{config}");

    let layers = manifest["layers"].as_array().expect("there are layers");
    let plain: Vec<Vec<u8>> = layers
        .iter()
        .map(|layer| {
            let mut bytes = Vec::new();
            GzDecoder::new(part(&files, layer)).read_to_end(&mut bytes).expect("it is compressed");
            bytes
        })
        .collect();
    let digests: Vec<String> = plain.iter().map(|layer| digest(layer)).collect();
    assert_eq!(config["rootfs"]["diff_ids"], json!(digests));
    let mut tree = BTreeMap::new();
    plain.iter().for_each(|layer| tree.extend(unpacked(&layer[..])));
    for path in ["usr/bin/champollion", "etc/ssl/certs/ca-certificates.crt", "etc/passwd"] {
        assert!(tree.get(path).is_some_and(|(_, bytes)| !bytes.is_empty()), "{path} is missing");
    }
    assert_eq!(tree["var/lib/champollion/"].0, 65_532, "the volume is the server's");

    let docker = parsed(&files["manifest.json"].1);
    let named = docker[0]["Layers"].as_array().expect("they are listed");
    assert_eq!(named.len(), layers.len());
    for path in named.iter().chain([&docker[0]["Config"]]) {
        assert!(files.contains_key(path.as_str().expect("it is a path")), "{path} is missing");
    }
}

/// The program and its libraries are all that it needs: it runs where there is nothing else.
#[test]
fn of_dpkg_the_image_runs_on_its_own_files() {
    let folder = TempDir::new().expect("there is room");
    let files = unpacked(File::open(&packages().image.path).expect("it is there"));
    let index = parsed(&files["index.json"].1);
    let manifest = parsed(part(&files, &index["manifests"][0]));
    for layer in manifest["layers"].as_array().expect("there are layers") {
        let mut archive = tar::Archive::new(GzDecoder::new(part(&files, layer)));
        archive.set_preserve_ownerships(false);
        archive.unpack(folder.path()).expect("there is room");
    }
    let mut command = match getuid().is_root() {
        true => Command::new("chroot"),
        false => {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "chroot"]);
            command
        }
    };
    command.arg(folder.path()).args(["/usr/bin/champollion", "--version"]).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    assert!(run(&mut command).success().starts_with("champollion "));
}

#[test]
fn of_dpkg_the_command_of_the_project_packs_a_binary_that_is_there() {
    let folder = TempDir::new().expect("there is room");
    let release = &packages().release;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command.env("SOURCE_DATE_EPOCH", "1700000000").args(["xtask", "package", "--binary"]);
    command.arg(&release.binary).arg("--library").arg(&release.library);
    command.arg("--out").arg(folder.path());
    let output = run_within(&mut command, PATIENCE);
    let said = output.success();
    let packages = packages();
    assert!(said.contains(&packages.package.digest), "the package is the same:\n{said}");
    assert!(said.contains(" MB, sha256 "), "{said}");
}

/// The worst that the service is exposed to, in tenths of the ten that systemd counts.
const EXPOSURE: &str = "--threshold=20";

#[test]
fn of_systemd_the_service_is_shut_in() {
    let folder = TempDir::new().expect("there is room");
    let unit = workspace().join("packaging/debian/champollion.service");
    let text = fs::read_to_string(unit).expect("the unit is there");
    // Units are judged where their program is there.
    let text = text.replace("/usr/bin/champollion", &built().display().to_string());
    let file = folder.path().join("champollion.service");
    fs::write(&file, text).expect("there is room");
    let mut command = Command::new("systemd-analyze");
    drop(
        run(command.args(["security", "--no-pager", "--offline=true", EXPOSURE]).arg(&file))
            .success(),
    );
}
