//! The Debian package: an archive of `ar` with the files, and with what dpkg must know of them.

use std::{
    fs::File,
    io::{BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::{
    digests::md5,
    gather::{DOCUMENTS, Gathered},
    linked::Linked,
    maintained,
    settings::SETTINGS_FILE,
    tarball::{self, compressed, compressing},
    tree::{Content, PROGRAM, Tree},
};

/// The revision of the package, of one version of the program.
const REVISION: u32 = 1;

/// The people who answer for the package.
const MAINTAINER: &str = "The authors of Champollion <champollion@localhost>";

/// The mode of a file that only root reads.
const PRIVATE: u32 = 0o600;

/// Writes the package into a folder, and gives its path.
pub(crate) fn write(
    gathered: &Gathered,
    linked: &Linked,
    moment: Timestamp,
    folder: &Path,
) -> Result<PathBuf> {
    let version = format!("{}-{REVISION}", gathered.version);
    let data = data(gathered, &version, moment)?;
    let control = control(&data, &fields(&version, linked, &data)?)?;
    let path = folder.join(format!("champollion_{version}_{}.deb", linked.processor.debian));
    let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    let mut package = Members::new(BufWriter::new(file), moment)?;
    package.add("debian-binary", b"2.0\n".len(), &b"2.0\n"[..])?;
    let packed = archive(&control, moment)?;
    package.add("control.tar.gz", size(&packed)?, packed)?;
    let packed = archive(&data, moment)?;
    package.add("data.tar.gz", size(&packed)?, packed)?;
    package.out.flush()?;
    Ok(path)
}

/// The files of the package.
fn data(gathered: &Gathered, version: &str, moment: Timestamp) -> Result<Tree> {
    let mut tree = gathered.core.clone();
    tree.extend(&gathered.documents);
    let settings = Content::Bytes(gathered.settings.clone().into_bytes());
    tree.add(SETTINGS_FILE.trim_start_matches('/'), PRIVATE, settings);
    tree.text("usr/lib/systemd/system/champollion.service", maintained::UNIT);
    tree.text(format!("{DOCUMENTS}/copyright"), maintained::COPYRIGHT);
    let changes = compressed(changes(version, moment).as_bytes())?;
    let path = format!("{DOCUMENTS}/changelog.Debian.gz");
    tree.add(path, crate::tree::READABLE, Content::Bytes(changes));
    Ok(tree)
}

/// The log of changes of the package, in the form that Debian's tools read.
fn changes(version: &str, moment: Timestamp) -> String {
    let date = moment.strftime("%a, %d %b %Y %H:%M:%S +0000");
    format!(
        "champollion ({version}) unstable; urgency=medium\n\n  * Version {version}; changelog.gz has its changes.\n\n \
         -- {MAINTAINER}  {date}\n"
    )
}

/// The fields that dpkg reads of the package.
fn fields(version: &str, linked: &Linked, data: &Tree) -> Result<String> {
    let mut depends: Vec<String> = linked.packages()?.into_iter().collect();
    depends.push("ca-certificates".to_owned());
    let (depends, architecture) = (depends.join(", "), linked.processor.debian);
    let kilobytes = data.bytes()?.div_ceil(1024);
    Ok(format!(
        "Package: champollion\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {kilobytes}\nDepends: {depends}\nRecommends: systemd\nSection: net\nPriority: optional\n\
         Description: decoder of what LoRaWAN sensors send\n \
         Champollion takes frames from LoRaWAN network servers, checks and decrypts them, runs\n \
         the decoder of each device in a sandbox, and hands every partner its data.\n \
         .\n \
         The package has the server, its command line, and the library of decoders.\n"
    ))
}

/// The files that dpkg reads and runs.
fn control(data: &Tree, fields: &str) -> Result<Tree> {
    let mut tree = Tree::default();
    tree.text("control", fields);
    tree.text("conffiles", format!("{SETTINGS_FILE}\n"));
    tree.text("md5sums", md5sums(data)?);
    let scripts = [
        ("postinst", maintained::AFTER_INSTALLATION),
        ("prerm", maintained::BEFORE_REMOVAL),
        ("postrm", maintained::AFTER_REMOVAL),
    ];
    for (name, script) in scripts {
        tree.add(name, PROGRAM, Content::Bytes(script.as_bytes().to_vec()));
    }
    Ok(tree)
}

/// The digests of the files; dpkg looks after those that people change by itself.
fn md5sums(data: &Tree) -> Result<String> {
    let is_changed = |path: &Path| Path::new("/").join(path) == Path::new(SETTINGS_FILE);
    let lines = data
        .files()
        .filter(|(path, _)| !is_changed(path))
        .map(|(path, entry)| Ok(format!("{}  {}\n", md5(entry.content.open()?)?, path.display())));
    lines.collect()
}

/// A compressed archive of a tree, in a file that has no name.
fn archive(tree: &Tree, moment: Timestamp) -> Result<File> {
    let mut packed = compressing(BufWriter::new(tempfile::tempfile()?));
    tarball::write(tree, "./", moment, &mut packed)?;
    let mut file = packed.finish()?.into_inner()?;
    file.rewind()?;
    Ok(file)
}

fn size(file: &File) -> Result<usize> {
    Ok(file.metadata()?.len().try_into()?)
}

/// An archive as `ar` makes it, with members that have short names.
struct Members<W> {
    out: W,
    seconds: u64,
}

impl<W: Write> Members<W> {
    fn new(mut out: W, moment: Timestamp) -> Result<Self> {
        out.write_all(b"!<arch>\n")?;
        Ok(Self { out, seconds: tarball::seconds(moment)? })
    }

    fn add(&mut self, name: &str, size: usize, mut content: impl Read) -> Result<()> {
        let Self { out, seconds } = self;
        writeln!(out, "{name:<16}{seconds:<12}{0:<6}{0:<6}{1:<8}{size:<10}`", 0, "100644")?;
        std::io::copy(&mut content, out)?;
        if size % 2 == 1 {
            // Members begin at even places.
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_heads_of_sixty_bytes_and_begin_at_even_places() {
        let mut archive = Members::new(Vec::new(), Timestamp::UNIX_EPOCH).unwrap();
        archive.add("odd", 3, &b"abc"[..]).unwrap();
        archive.add("even", 2, &b"de"[..]).unwrap();
        let text = String::from_utf8(archive.out).unwrap();
        let head = "odd             0           0     0     100644  3         `\n";
        assert_eq!(head.len(), 60);
        assert!(text.starts_with(&format!("!<arch>\n{head}abc\neven ")), "{text:?}");
        assert!(text.ends_with("`\nde"), "{text:?}");
    }

    #[test]
    fn digests_leave_out_the_file_that_people_change() {
        let mut tree = Tree::default();
        tree.text("etc/champollion/champollion.toml", "x");
        tree.text("usr/share/y", "abc");
        assert_eq!(md5sums(&tree).unwrap(), "900150983cd24fb0d6963f7d28e17f72  usr/share/y\n");
    }

    #[test]
    fn the_log_of_changes_has_the_date_that_debian_reads() {
        let text = changes("1.2.3-1", Timestamp::from_second(1_000_000_000).unwrap());
        assert!(text.ends_with("  Sun, 09 Sep 2001 01:46:40 +0000\n"), "{text}");
        assert!(text.starts_with("champollion (1.2.3-1) unstable;"), "{text}");
    }
}
