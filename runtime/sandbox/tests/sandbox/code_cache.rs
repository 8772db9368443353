//! Compiled code on disk: used when it is whole and ours, otherwise dropped and made anew.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

use champollion_sandbox::{
    CallError, Limits, LoadError, Sandbox, SandboxConfig, SandboxError, Value,
};
use tempfile::TempDir;

use crate::guests::{Answer, Guest, call, load};

/// The answer of the good decoder, and of another one.
const GOOD: f64 = 1.0;
const FOREIGN: f64 = 2.0;

#[test]
fn the_second_load_takes_the_code_from_the_folder() {
    let cache = Cache::new();
    cache.load_good();
    let file = cache.only_file();
    let (inode, modified) = identity(&file);
    cache.load_good();
    assert_eq!(identity(&cache.only_file()), (inode, modified), "it was not written again");
    // And it was read: another decoder's code under this name answers in its way.
    cache.plant_foreign_code();
    assert_eq!(value(&cache.sandbox(), &good()), FOREIGN);
}

#[test]
fn folder_and_files_are_for_their_owner_alone() {
    let cache = Cache::new();
    fs::create_dir(cache.folder()).unwrap();
    fs::set_permissions(cache.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    cache.load_good();
    assert_eq!(mode(&cache.folder()), 0o700);
    assert_eq!(mode(&cache.only_file()), 0o600);
}

#[test]
fn a_damaged_file_is_replaced() {
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 7] = [
        ("a byte of the code", |code| flipped(code, 5000)),
        ("a byte of the checksum", |code| flipped(code, 3)),
        ("the last byte", |code| {
            let last = code.len() - 1;
            flipped(code, last)
        }),
        ("half of it", |code| code[..code.len() / 2].to_vec()),
        ("more than there was", |code| [code, vec![0]].concat()),
        ("nothing", |_| Vec::new()),
        ("garbage", |_| vec![0xa5; 10_000]),
    ];
    let cache = Cache::new();
    cache.load_good();
    let file = cache.only_file();
    let whole = fs::read(&file).unwrap();
    for (what, damage) in damages {
        fs::write(&file, damage(whole.clone())).unwrap();
        cache.load_good();
        assert_eq!(fs::read(&file).unwrap(), whole, "{what}");
    }
}

/// Its checksum is right, and yet it is not what wasmtime wrote.
#[test]
fn code_of_another_engine_is_replaced() {
    let cache = Cache::new();
    cache.load_good();
    let file = cache.only_file();
    let whole = fs::read(&file).unwrap();
    let foreign = b"no code of this wasmtime";
    fs::write(&file, [sha256(foreign).as_slice(), foreign].concat()).unwrap();
    cache.load_good();
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_file_that_others_may_write_is_replaced() {
    for open_to in [0o666, 0o620, 0o602] {
        let cache = Cache::new();
        let file = cache.plant_foreign_code();
        fs::set_permissions(&file, fs::Permissions::from_mode(open_to)).unwrap();
        cache.load_good();
        assert_eq!(mode(&file), 0o600);
    }
}

#[test]
fn a_link_is_replaced_and_not_followed() {
    let cache = Cache::new();
    let file = cache.plant_foreign_code();
    let elsewhere = cache.root.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    let before = identity(&elsewhere);
    cache.load_good();
    assert!(fs::symlink_metadata(&file).unwrap().is_file(), "a plain file took the link's place");
    assert_eq!(identity(&elsewhere), before, "what the link leads to was not touched");
}

/// Only root can give files away, and only root could be tricked so: nobody else can take the
/// folder of another user.
#[test]
fn what_belongs_to_another_user_is_not_used() {
    const NOBODY: u32 = 65_534;
    let cache = Cache::new();
    let file = cache.plant_foreign_code();
    match chown(&file, Some(NOBODY), None) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
        changed => changed.unwrap(),
    }
    cache.load_good();

    // All of it is another user's, as if it had been there before.
    cache.plant_foreign_code();
    chown(&file, Some(NOBODY), None).unwrap();
    chown(cache.folder(), Some(NOBODY), None).unwrap();
    let refused = Sandbox::new(cache.config(Limits::default())).map(drop);
    assert!(
        matches!(&refused, Err(SandboxError::CodeCache { folder, .. }) if *folder == cache.folder()),
        "{refused:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_costs_only_time() {
    let cache = Cache::new();
    let sandbox = cache.sandbox();
    // Permissions would not stop root; that there is no folder does.
    fs::remove_dir(cache.folder()).unwrap();
    assert_eq!(value(&sandbox, &good()), GOOD);
    assert_eq!(value(&sandbox, &good()), GOOD);
    assert!(!cache.folder().exists());
}

#[test]
fn a_name_that_is_taken_costs_only_time() {
    let cache = Cache::new();
    cache.load_good();
    let file = cache.only_file();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::write(file.join("in the way"), "").unwrap();
    cache.load_good();
    assert!(file.is_dir());
    assert_eq!(fs::read_dir(cache.folder()).unwrap().count(), 1, "nothing is left lying about");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_typed_error() {
    let cache = Cache::new();
    fs::write(cache.folder(), "a file where the folder should be").unwrap();
    let refused = Sandbox::new(cache.config(Limits::default())).map(drop);
    assert!(
        matches!(&refused, Err(SandboxError::CodeCache { folder, .. }) if *folder == cache.folder()),
        "{refused:?}"
    );
}

/// Fuel is counted at run time, so the code is the same; the limits are each sandbox's own.
#[test]
fn sandboxes_with_different_limits_share_the_code_and_keep_their_limits() {
    let cache = Cache::new();
    let counts = Guest::running(
        "(loop $again
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
         (drop (memory.grow (i32.const 8)))",
    )
    .component();
    let generous = cache.sandbox();
    let little_fuel = cache.limited(Limits { fuel: 1000, ..Limits::default() });
    let little_memory = cache.limited(Limits { memory_bytes: 128 << 10, ..Limits::default() });
    let tiny_memory = cache.limited(Limits { memory_bytes: 64 << 10, ..Limits::default() });
    for _ in 0..2 {
        assert!(call(&load(&generous, &counts)).result.is_ok());
        assert_eq!(
            call(&load(&little_fuel, &counts)).result.unwrap_err(),
            CallError::OutOfFuel { limit: 1000 }
        );
        assert_eq!(
            call(&load(&little_memory, &counts)).result.unwrap_err(),
            CallError::OutOfMemory { wanted: 10 << 16, limit: 128 << 10 }
        );
        // What does not fit is refused as it would be without a cache, and the code stays.
        let refused = tiny_memory.load(&counts).map(drop);
        assert!(
            matches!(
                refused,
                Err(LoadError::Instantiation(CallError::OutOfMemory {
                    wanted: 131_072,
                    limit: 65_536
                }))
            ),
            "{refused:?}"
        );
    }
}

#[test]
fn what_is_refused_leaves_no_code_that_is_used() {
    let cache = Cache::new();
    let imports = wat::parse_str(r#"(component (import "clock" (func)))"#).unwrap();
    for _ in 0..2 {
        let refused = cache.sandbox().load(&imports).map(drop);
        assert!(matches!(refused, Err(LoadError::Imports { .. })), "{refused:?}");
    }
}

/// A folder for code in a folder that is removed with the test.
struct Cache {
    root: TempDir,
}

impl Cache {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("code")
    }

    fn config(&self, limits: Limits) -> SandboxConfig {
        SandboxConfig { limits, code_cache: Some(self.folder()), ..SandboxConfig::default() }
    }

    fn limited(&self, limits: Limits) -> Sandbox {
        Sandbox::new(self.config(limits)).unwrap()
    }

    /// A new one, as after a restart.
    fn sandbox(&self) -> Sandbox {
        self.limited(Limits::default())
    }

    /// Loads the good decoder as after a restart, and shows that it is that one.
    #[track_caller]
    fn load_good(&self) {
        assert_eq!(value(&self.sandbox(), &good()), GOOD);
    }

    /// Puts whole code of another decoder where that of the good one belongs: were it used, the
    /// good decoder would answer [`FOREIGN`].
    fn plant_foreign_code(&self) -> PathBuf {
        self.load_good();
        let other = Self::new();
        load(&other.sandbox(), &answering(FOREIGN));
        fs::copy(other.only_file(), self.only_file()).unwrap();
        self.only_file()
    }

    fn only_file(&self) -> PathBuf {
        let files: Vec<PathBuf> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

fn good() -> Vec<u8> {
    answering(GOOD)
}

fn answering(number: f64) -> Vec<u8> {
    Guest::answering(Answer::reading().measurement_of("water.volume", Value::Number(number)))
        .component()
}

fn value(sandbox: &Sandbox, component: &[u8]) -> f64 {
    match call(&load(sandbox, component)).result.unwrap().measurements[0].value {
        Value::Number(number) => number,
        ref other => panic!("{other:?} is no number"),
    }
}

/// Returns the parts of a file's identity that change when the file is written anew.
fn identity(file: &Path) -> (u64, (i64, i64)) {
    let metadata = fs::symlink_metadata(file).unwrap();
    (metadata.ino(), (metadata.mtime(), metadata.mtime_nsec()))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn flipped(mut code: Vec<u8>, index: usize) -> Vec<u8> {
    code[index] ^= 0x10;
    code
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let digest = champollion_sandbox::Digest::of(bytes).hex();
    data_encoding::HEXLOWER.decode(digest.as_bytes()).unwrap()
}
