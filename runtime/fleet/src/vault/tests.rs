//! The vault as a whole: stores that are sealed, migrated, and opened with the wrong keys.

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use champollion_store::{
    Batch, Sequence, SledOptions, SledStore, Store, StoreError, Table, codec::Text, tables,
};
use tempfile::TempDir;

use super::master_key::MasterKey;
use super::{
    KeyFrom, NONCE_BYTES, OpenedVault, RotationError, Stamp, Vault, VaultError, VaultSettings,
    key_file,
};

/// The value of a secret row.
const SECRET: &str = "{\"appKey\":\"00112233445566778899AABBCCDDEEFF\"}";

/// The part of it that must be found nowhere.
const KEY: &str = "00112233445566778899AABBCCDDEEFF";

const DEVICES: Table<String, String, Text, Text> = Table::new(tables::DEVICES);
const TOKENS: Table<String, String, Text, Text> = Table::new(tables::TOKENS);

/// A data folder and what lies beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn key_file(&self) -> PathBuf {
        self.0.path().join("data.key")
    }

    fn options(&self) -> SledOptions {
        SledOptions::new(self.data().join("store"))
    }

    /// The store without its vault, as somebody who has the files reads and writes it.
    fn bare(&self) -> SledStore {
        SledStore::open(&self.options()).unwrap()
    }

    async fn try_open(&self) -> Result<OpenedVault, VaultError> {
        let settings = VaultSettings { key_from: KeyFrom::File, key_file: PathBuf::new() };
        Vault::open(&self.options(), &self.data(), &settings).await
    }

    async fn open(&self) -> OpenedVault {
        match self.try_open().await {
            Ok(opened) => opened,
            Err(error) => panic!("{error}"),
        }
    }

    async fn refusal(&self) -> VaultError {
        match self.try_open().await {
            Ok(_) => panic!("the vault opens"),
            Err(error) => error,
        }
    }

    /// Whether a device is there with its keys once the vault is open.
    async fn is_whole(&self) -> bool {
        let opened = self.open().await;
        let device = DEVICES.get(&*opened.store, &"1".to_owned()).await.unwrap();
        opened.store.close().await.unwrap();
        device.as_deref() == Some(SECRET)
    }
}

async fn put(store: &dyn Store, row: &str, value: &str) {
    let mut batch = Batch::new();
    DEVICES.put(&mut batch, &row.to_owned(), &value.to_owned()).unwrap();
    store.commit(batch).await.unwrap();
}

/// A folder with a sealed device.
async fn sealed() -> Place {
    let place = Place::new();
    let opened = place.open().await;
    put(&*opened.store, "1", SECRET).await;
    opened.store.close().await.unwrap();
    place
}

/// A folder as it was written before there was a vault: a device that was removed, one that was changed, one that
/// stayed, a token, and a log of which the first entry is gone.
async fn written_before() -> Place {
    let place = Place::new();
    let store = place.bare();
    put(&store, "removed", SECRET).await;
    put(&store, "1", &SECRET.to_lowercase()).await;
    put(&store, "1", SECRET).await;
    let mut batch = Batch::new();
    DEVICES.delete(&mut batch, &"removed".to_owned());
    TOKENS.put(&mut batch, &"t".to_owned(), &"hash".to_owned()).unwrap();
    batch.append("records/water", "one").append("records/water", "two");
    batch.truncate("records/water", Sequence::new(1));
    store.commit(batch).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    place
}

fn files_hold(folder: &Path, wanted: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return files_hold(&path, wanted);
        }
        fs::read(&path).unwrap().windows(wanted.len()).any(|found| found == wanted)
    })
}

fn hold_the_key(folder: &Path) -> bool {
    files_hold(folder, KEY.as_bytes()) || files_hold(folder, KEY.to_lowercase().as_bytes())
}

#[tokio::test]
async fn what_is_secret_is_sealed_and_all_else_is_as_it_was() {
    let place = Place::new();
    let OpenedVault { store, .. } = place.open().await;
    put(&*store, "1", SECRET).await;
    let mut batch = Batch::new();
    TOKENS.put(&mut batch, &"t".to_owned(), &"in clear".to_owned()).unwrap();
    batch.append("log", "entry");
    store.commit(batch).await.unwrap();
    assert_eq!(DEVICES.get(&*store, &"1".to_owned()).await.unwrap().as_deref(), Some(SECRET));
    let all = DEVICES.pages(&*store).all().await.unwrap();
    assert_eq!(all, [("1".to_owned(), SECRET.to_owned())]);
    assert_eq!(store.read("log", Sequence::BEGINNING, 9).await.unwrap().len(), 1);
    store.close().await.unwrap();
    assert!(!hold_the_key(place.0.path()));
    assert!(files_hold(&place.data(), b"in clear"), "the test finds what it looks for");
    drop(store);
    assert!(place.is_whole().await);
}

#[tokio::test]
async fn a_change_expects_what_was_read() {
    let place = sealed().await;
    let OpenedVault { store, .. } = place.open().await;
    let (_, seen) = DEVICES.get_seen(&*store, &"1".to_owned()).await.unwrap();
    let mut batch = Batch::new();
    DEVICES.replace(&mut batch, &seen, &"changed".to_owned()).unwrap();
    store.commit(batch.clone()).await.unwrap();
    let refused = store.commit(batch).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let mut batch = Batch::new();
    DEVICES.insert(&mut batch, &"1".to_owned(), &"again".to_owned()).unwrap();
    let refused = store.commit(batch).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let changed = DEVICES.get(&*store, &"1".to_owned()).await.unwrap();
    assert_eq!(changed.as_deref(), Some("changed"));
}

#[tokio::test]
async fn a_row_that_was_swapped_cut_off_or_written_in_clear_is_refused() {
    let place = sealed().await;
    let OpenedVault { store, .. } = place.open().await;
    put(&*store, "2", "another").await;
    store.close().await.unwrap();
    drop(store);
    let table = tables::DEVICES.as_str();
    let bare = place.bare();
    let [one, two] = [bare.get(table, b"1").await.unwrap(), bare.get(table, b"2").await.unwrap()];
    let (one, two) = (one.unwrap(), two.unwrap());
    bare.close().await.unwrap();
    drop(bare);
    for (value, says) in [
        (two.clone(), "belongs to another row"),
        (one[..one.len() - 1].to_vec(), "was changed"),
        (one[..10].to_vec(), "was changed"),
        (SECRET.as_bytes().to_vec(), "not sealed"),
        (Vec::new(), "not sealed"),
    ] {
        let bare = place.bare();
        let mut batch = Batch::new();
        batch.put(table, b"1", value);
        bare.commit(batch).await.unwrap();
        bare.close().await.unwrap();
        drop(bare);
        let OpenedVault { store, .. } = place.open().await;
        let error = store.get(table, b"1").await.unwrap_err().to_string();
        assert!(error.contains("the table devices at 1") && error.contains(says), "{error}");
        assert!(store.scan(table, b"", None, 9).await.is_err());
        assert_eq!(store.get(table, b"2").await.unwrap().as_deref(), Some(&b"another"[..]));
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_master_key_that_is_lost_wrong_or_unusable_is_told_and_nothing_is_lost() {
    let place = sealed().await;
    let file = place.key_file();
    let right = fs::read_to_string(&file).unwrap();

    fs::remove_file(&file).unwrap();
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Lost { .. }), "{error}");
    assert!(!file.exists(), "no other key is made");

    let text_of = |text: &str| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    };
    text_of("# a comment alone\n");
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Lost { .. }), "{error}");

    text_of(&"0".repeat(64));
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Wrong { .. }), "{error}");
    assert!(error.to_string().contains("the master key is wrong"), "{error}");

    text_of(&"0".repeat(63));
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Unusable { line: 1, .. }), "{error}");

    text_of(&right);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::ReadableByOthers { mode: 0o644, .. }), "{error}");

    text_of(&right);
    assert!(place.is_whole().await);
}

#[tokio::test]
async fn a_folder_written_before_is_sealed_and_nothing_of_it_stays() {
    let place = written_before().await;
    assert!(hold_the_key(&place.data()), "the test finds what it looks for");
    let OpenedVault { store, .. } = place.open().await;
    assert!(!hold_the_key(place.0.path()));
    let devices = DEVICES.pages(&*store).all().await.unwrap();
    assert_eq!(devices, [("1".to_owned(), SECRET.to_owned())]);
    assert_eq!(TOKENS.get(&*store, &"t".to_owned()).await.unwrap().as_deref(), Some("hash"));
    let entries = store.read("records/water", Sequence::BEGINNING, 9).await.unwrap();
    assert_eq!((entries.len(), entries[0].sequence), (1, Sequence::new(2)));
    let mut batch = Batch::new();
    batch.append("records/water", "three");
    assert_eq!(store.commit(batch).await.unwrap().appended, [Sequence::new(3)]);
    store.close().await.unwrap();
    drop(store);
    assert!(place.is_whole().await);
    assert!(!hold_the_key(place.0.path()));
}

#[tokio::test]
async fn a_migration_that_was_killed_begins_anew() {
    let place = written_before().await;
    // The key is made first; of the new files there is a part.
    key_file::write(&place.key_file(), &[&MasterKey::generate().unwrap()]).unwrap();
    let unfinished = place.data().join("store").join("sled.new");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("db"), "half of it").unwrap();
    assert!(place.is_whole().await);
    assert!(!unfinished.exists());
    assert!(!hold_the_key(place.0.path()));
}

#[tokio::test]
async fn a_migration_without_a_usable_key_leaves_the_folder_as_it_was() {
    let place = written_before().await;
    fs::write(place.key_file(), "no key").unwrap();
    fs::set_permissions(place.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Unusable { .. }), "{error}");
    let bare = place.bare();
    assert_eq!(DEVICES.get(&bare, &"1".to_owned()).await.unwrap().as_deref(), Some(SECRET));
    bare.close().await.unwrap();
    drop(bare);
    fs::remove_file(place.key_file()).unwrap();
    assert!(place.is_whole().await);
}

#[tokio::test]
async fn the_master_key_is_rotated_without_a_stop() {
    let place = sealed().await;
    let before = fs::read_to_string(place.key_file()).unwrap();
    let OpenedVault { store, vault } = place.open().await;
    let committed = store.clone();
    let rotated = vault
        .rotate(|batch, rotated| async move {
            assert_ne!(rotated.master_key, rotated.before);
            committed.commit(batch).await.map(drop)
        })
        .await
        .unwrap();
    assert_eq!(DEVICES.get(&*store, &"1".to_owned()).await.unwrap().as_deref(), Some(SECRET));
    put(&*store, "2", "after it").await;
    let again = vault
        .rotate(|batch, _| {
            let store = store.clone();
            async move { store.commit(batch).await.map(drop) }
        })
        .await
        .unwrap();
    assert_eq!(again.before, rotated.master_key);
    store.close().await.unwrap();
    drop((store, vault));
    assert!(place.is_whole().await);

    let after = fs::read_to_string(place.key_file()).unwrap();
    assert_eq!(after.lines().filter(|line| !line.starts_with('#')).count(), 1);
    fs::write(place.key_file(), &before).unwrap();
    let error = place.refusal().await;
    assert!(matches!(error, VaultError::Wrong { .. }), "{error}");
    fs::write(place.key_file(), &after).unwrap();
    assert!(place.is_whole().await);
}

#[tokio::test]
async fn nodes_know_each_other_also_where_one_has_not_heard_of_a_rotation() {
    let place = sealed().await;
    let OpenedVault { store, vault } = place.open().await;
    let (from, nonce) = (uuid::Uuid::nil(), [0; NONCE_BYTES]);
    let stamp = Stamp { from, to: "http://10.0.0.7:8080", moment_millis: 1, nonce };
    let sealed = vault.node_key().of_request(&stamp).seal(b"it", true).unwrap();
    let committed = store.clone();
    let commit = |batch, _| async move { committed.commit(batch).await.map(drop) };
    vault.rotate(commit).await.unwrap();
    store.close().await.unwrap();
    drop((store, vault));
    let OpenedVault { vault, .. } = place.open().await;
    assert_eq!(vault.node_key().of_request(&stamp).open(&sealed, true).unwrap(), b"it");
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_is_ended_at_the_next_start() {
    let place = sealed().await;
    let OpenedVault { store, vault } = place.open().await;
    let refused = vault.rotate(|_, _| async { Err("no room") }).await;
    assert!(matches!(refused, Err(RotationError::NotCommitted("no room"))), "{refused:?}");
    let text = fs::read_to_string(place.key_file()).unwrap();
    let keys = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(keys, 2, "both keys are there, whichever the store is sealed with");
    put(&*store, "2", "goes on").await;
    store.close().await.unwrap();
    drop((store, vault));
    assert!(place.is_whole().await);
    let ended = fs::read_to_string(place.key_file()).unwrap();
    assert_eq!(ended.lines().filter(|line| !line.starts_with('#')).count(), 1);
    assert_eq!(text.lines().nth(2), ended.lines().nth(2), "the new key is in force");
    assert!(place.is_whole().await);
}

#[tokio::test]
async fn a_key_that_the_operator_puts_first_is_taken() {
    let place = sealed().await;
    let OpenedVault { store, vault } = place.open().await;
    let own = MasterKey::generate().unwrap();
    let text = fs::read_to_string(place.key_file()).unwrap();
    fs::write(place.key_file(), format!("{}\n{text}", *own.reveal_digits())).unwrap();
    let rotated = vault
        .rotate(|batch, _| {
            let store = store.clone();
            async move { store.commit(batch).await.map(drop) }
        })
        .await
        .unwrap();
    assert_eq!(rotated.master_key, own.name());
    // A file with other keys alone is refused before anything is changed.
    fs::write(place.key_file(), "0".repeat(64)).unwrap();
    let refused = vault.rotate(|_, _| async { Ok::<(), Infallible>(()) }).await;
    assert!(matches!(refused, Err(RotationError::Vault(VaultError::Wrong { .. }))), "{refused:?}");
    assert_eq!(DEVICES.get(&*store, &"1".to_owned()).await.unwrap().as_deref(), Some(SECRET));
}
