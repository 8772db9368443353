//! A tree of files that are to be packed, with the modes and owners that they get.

use std::{
    collections::{BTreeMap, btree_map::Iter},
    fs::{self, File},
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The mode of files that everybody may read.
pub(crate) const READABLE: u32 = 0o644;

/// The mode of programs and folders.
pub(crate) const PROGRAM: u32 = 0o755;

/// A tree of files, by their paths from its root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
}

/// A file or a folder of a tree.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) content: Content,
    pub(crate) mode: u32,
    /// The number of the user and of the group whose it is.
    pub(crate) owner: u64,
}

/// The content of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Folder,
    Bytes(Vec<u8>),
    /// A file of this machine, which is too large to be held in memory.
    File(PathBuf),
}

impl Tree {
    /// Adds a file with the folders above it.
    pub(crate) fn add(&mut self, path: impl AsRef<Path>, mode: u32, content: Content) {
        self.add_owned(path, Entry { content, mode, owner: 0 });
    }

    /// Adds an entry of some owner; the folders above it are the system's.
    pub(crate) fn add_owned(&mut self, path: impl AsRef<Path>, entry: Entry) {
        let path = path.as_ref();
        for above in path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
            let folder = Entry { content: Content::Folder, mode: PROGRAM, owner: 0 };
            self.entries.entry(above.to_owned()).or_insert(folder);
        }
        self.entries.insert(path.to_owned(), entry);
    }

    pub(crate) fn text(&mut self, path: impl AsRef<Path>, text: impl Into<String>) {
        self.add(path, READABLE, Content::Bytes(text.into().into_bytes()));
    }

    pub(crate) fn copy(&mut self, path: impl AsRef<Path>, mode: u32, from: &Path) -> Result<()> {
        fs::metadata(from).with_context(|| format!("{} is missing", from.display()))?;
        self.add(path, mode, Content::File(from.to_owned()));
        Ok(())
    }

    /// Adds all of another tree.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (path, entry) in other {
            self.add_owned(path, entry.clone());
        }
    }

    /// The files, without the folders.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&PathBuf, &Entry)> {
        self.into_iter().filter(|(_, entry)| !matches!(entry.content, Content::Folder))
    }

    /// The bytes of all files together.
    pub(crate) fn bytes(&self) -> Result<u64> {
        self.files().map(|(_, entry)| entry.content.size()).sum()
    }
}

impl<'of> IntoIterator for &'of Tree {
    type Item = (&'of PathBuf, &'of Entry);
    type IntoIter = Iter<'of, PathBuf, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl Content {
    pub(crate) fn size(&self) -> Result<u64> {
        match self {
            Self::Folder => Ok(0),
            Self::Bytes(bytes) => Ok(bytes.len().try_into()?),
            Self::File(path) => Ok(fs::metadata(path)?.len()),
        }
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        match self {
            Self::Folder => Ok(Box::new(Cursor::new([]))),
            Self::Bytes(bytes) => Ok(Box::new(Cursor::new(bytes))),
            Self::File(path) => {
                let file = File::open(path);
                Ok(Box::new(file.with_context(|| format!("{} cannot be read", path.display()))?))
            }
        }
    }
}
