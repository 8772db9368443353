//! Archives of trees that are the same for the same tree: entries in the order of their paths, one date, numbers for
//! owners.

use std::{
    io::{Read, Write},
    path::Path,
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use jiff::Timestamp;
use tar::{Builder, EntryType, Header};

use crate::tree::{Content, Entry, Tree};

/// The most bytes of a name that every reader of archives understands.
const NAME_BYTES: usize = 100;

/// Writes a tree as an archive; `prefix` begins all names, as `./` does in Debian's packages.
pub(crate) fn write(tree: &Tree, prefix: &str, moment: Timestamp, out: impl Write) -> Result<()> {
    let mut archive = Builder::new(out);
    for (path, entry) in tree {
        let header = header(path, entry, prefix, moment)?;
        archive.append(&header, entry.content.open()?)?;
    }
    archive.into_inner()?.flush()?;
    Ok(())
}

fn header(path: &Path, entry: &Entry, prefix: &str, moment: Timestamp) -> Result<Header> {
    let is_folder = matches!(entry.content, Content::Folder);
    let name = path.to_str().context("a name that is no text cannot be packed")?;
    let name = format!("{prefix}{name}{}", if is_folder { "/" } else { "" });
    ensure!(name.len() <= NAME_BYTES, "{name} is too long a name for an archive");
    let mut header = Header::new_gnu();
    header.set_entry_type(if is_folder { EntryType::Directory } else { EntryType::Regular });
    // The crate takes a leading `./` away from names that it sets itself.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_mode(entry.mode);
    header.set_uid(entry.owner);
    header.set_gid(entry.owner);
    header.set_mtime(seconds(moment)?);
    header.set_size(entry.content.size()?);
    header.set_cksum();
    Ok(header)
}

/// The date of an entry, which has none before 1970.
pub(crate) fn seconds(moment: Timestamp) -> Result<u64> {
    moment.as_second().try_into().context("packages are dated after 1970")
}

/// A writer that compresses, without the date and the name that gzip could note.
pub(crate) fn compressing<W: Write>(out: W) -> GzEncoder<W> {
    GzBuilder::new().write(out, Compression::default())
}

/// Compresses bytes that are at hand.
pub(crate) fn compressed(mut bytes: impl Read) -> Result<Vec<u8>> {
    let mut packed = compressing(Vec::new());
    std::io::copy(&mut bytes, &mut packed)?;
    Ok(packed.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{PROGRAM, READABLE};

    fn packed(tree: &Tree) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(tree, "./", Timestamp::from_second(1_000_000_000).unwrap(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_tree_makes_the_same_archive_whatever_the_order_in_which_it_was_filled() {
        let (mut one, mut other) = (Tree::default(), Tree::default());
        one.text("usr/share/a", "a");
        one.add("usr/bin/b", PROGRAM, Content::Bytes(vec![7; 1_000]));
        other.add("usr/bin/b", PROGRAM, Content::Bytes(vec![7; 1_000]));
        other.text("usr/share/a", "a");
        assert_eq!(packed(&one), packed(&other));
    }

    #[test]
    fn an_archive_names_folders_modes_dates_and_owners() {
        let mut tree = Tree::default();
        tree.add_owned("var/lib/x", Entry { content: Content::Folder, mode: 0o700, owner: 65_532 });
        tree.add("etc/y", READABLE, Content::Bytes(b"why".to_vec()));
        let bytes = packed(&tree);
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            assert_eq!(header.mtime().unwrap(), 1_000_000_000);
            (name, header.mode().unwrap(), header.uid().unwrap(), header.size().unwrap())
        });
        let found: Vec<_> = entries.collect();
        let row = |name: &str, mode, owner, size| (name.to_owned(), mode, owner, size);
        let expected = [
            row("./etc/", 0o755, 0, 0),
            row("./etc/y", 0o644, 0, 3),
            row("./var/", 0o755, 0, 0),
            row("./var/lib/", 0o755, 0, 0),
            row("./var/lib/x/", 0o700, 65_532, 0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_that_old_readers_would_cut_is_refused() {
        let mut tree = Tree::default();
        tree.text("x".repeat(NAME_BYTES), "");
        let moment = Timestamp::UNIX_EPOCH;
        assert!(write(&tree, "./", moment, Vec::new()).unwrap_err().to_string().contains("long"));
    }
}
